from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from gex_assets_tests.chain.files.made_up_files import codes, read
from gex_assets_tests.chain.made_up_chains import quotes, rows

CHAIN = rows()


def test_options_on_something_else_and_adjusted_ones_are_left_out(tmp_path: Path) -> None:
    document = json.loads(quotes(CHAIN))
    document["data"]["options"] += [
        {"option": symbol, "open_interest": 5, "gamma": 0.1} for symbol in ("SPX1260116C06000000", "VIX260121C00020000", "SPX?")
    ]
    found = read(tmp_path, json.dumps(document))
    assert len(found) == len(CHAIN)
    assert {"adjusted", "other_underlying", "unknown_symbol"} <= set(codes(found))


def test_a_saturday_is_the_friday_before_it(tmp_path: Path) -> None:
    document = {"data": {"symbol": "SPX", "options": [{"option": "SPX120218C01300000", "open_interest": 1, "gamma": 0.01}]}}
    found = read(tmp_path, json.dumps(document))
    assert found.columns["expiration"].tolist() == [int(datetime(2012, 2, 17, 14, 30, tzinfo=UTC).timestamp()) * 10**9]
    assert codes(found) == ["expiration_on_a_closed_day"]
