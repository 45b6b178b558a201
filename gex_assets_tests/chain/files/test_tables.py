from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.chain import analyze, read_chain_file
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import codes, read
from gex_assets_tests.chain.made_up_chains import AS_OF

TABLE = {
    "strike": [5990.0, 6000.0, 6010.0],
    "right": ["P", "C", "C"],
    "gamma": [0.01, 0.02, 0.01],
    "open_interest": [100, 200, 400],
    "expiration": ["2026-01-16", "2026-01-16", "2026-01-16"],
}
PM = int(datetime(2026, 1, 16, 21, 0, tzinfo=UTC).timestamp()) * 10**9


def table_csv(columns: dict[str, Any], delimiter: str = ",") -> str:
    lines = [delimiter.join(columns), *(delimiter.join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines) + "\n"


def test_plain_tables_in_every_form_read_the_same(tmp_path: Path) -> None:
    pq.write_table(pa.table(TABLE), tmp_path / "chain.parquet")
    listed = [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]
    renamed = {"Strike Price": 0, "optionType": 0, "Gamma": 0, "OI": 0, "expirationDate": 0}
    forms = [
        read_chain_file(tmp_path / "chain.parquet"),
        read(tmp_path, table_csv(TABLE)),
        read(tmp_path, table_csv(TABLE, ";")),
        read(tmp_path, table_csv(TABLE, "\t")),
        read(tmp_path, table_csv(dict(zip(renamed, TABLE.values(), strict=True)))),
        read(tmp_path, json.dumps(TABLE)),
        read(tmp_path, json.dumps(listed)),
        read(tmp_path, "\n".join(json.dumps(row) for row in listed)),
        read(tmp_path, json.dumps({"symbol": "SPX", "spot": 6000, "as_of": "2026-01-06T15:00Z", "chain": listed})),
    ]
    for found in forms:
        assert {name: values.tolist() for name, values in found.columns.items()} == {
            **{name: TABLE[name] for name in ("strike", "right", "gamma")},
            "open_interest": [100.0, 200.0, 400.0],
            "expiration": [PM] * 3,
        }
    assert (forms[-1].symbol, forms[-1].spot, forms[-1].as_of) == ("SPX", 6000.0, AS_OF)
    assert (forms[0].symbol, forms[0].spot, forms[0].as_of) == (None, None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([date(2026, 1, 16)] * 3, PM),
        (["2026-01-16T15:30:00-06:00"] * 3, PM + 1_800 * 10**9),
        ([20260116] * 3, PM),
        ([PM + 5] * 3, PM + 5),
        ([datetime(2026, 1, 16, 14, 30, tzinfo=UTC)] * 3, PM - int(6.5 * 3600) * 10**9),
        ([datetime(2026, 1, 16)] * 3, PM),  # noqa: DTZ001
    ],
)
def test_expirations_of_every_type(tmp_path: Path, values: list[Any], expected: int) -> None:
    pq.write_table(pa.table({**TABLE, "expiration": values}), tmp_path / "chain.parquet")
    assert read_chain_file(tmp_path / "chain.parquet").columns["expiration"].tolist() == [expected] * 3


def test_option_symbols_stand_for_strike_right_and_moment(tmp_path: Path) -> None:
    symbols = ["O:SPX260116P05990000", "SPXW  260116C06000000", "SPX260116C06010500"]
    plain = {"option_symbol": symbols, "gamma": TABLE["gamma"], "oi": TABLE["open_interest"]}
    found = read(tmp_path, table_csv(plain))
    assert found.columns["strike"].tolist() == [5990.0, 6000.0, 6010.5]
    assert found.columns["right"].tolist() == ["P", "C", "C"]
    assert found.columns["expiration"].tolist() == [PM - int(6.5 * 3600) * 10**9, PM, PM - int(6.5 * 3600) * 10**9]
    assert found.symbol == "SPX"


def test_settlement_decides_where_no_symbol_does(tmp_path: Path) -> None:
    found = read(tmp_path, table_csv({**TABLE, "settlement": ["am", "pm", "AM"]}))
    assert found.columns["expiration"].tolist() == [PM - int(6.5 * 3600) * 10**9, PM, PM - int(6.5 * 3600) * 10**9]
    with pytest.raises(ChainError, match=r"Expected am or pm in column settlement of chain.csv, was 'noon'"):
        read(tmp_path, table_csv({**TABLE, "settlement": ["am", "pm", "noon"]}))


def test_price_moment_and_symbol_in_columns_of_their_own(tmp_path: Path) -> None:
    columns = {
        **TABLE,
        "underlying": ["^SPX"] * 3,
        "underlying_price": [6001.5] * 3,
        "quote_datetime": ["2026-01-06 15:00:00"] * 3,
    }
    found = read(tmp_path, table_csv(columns))
    assert (found.symbol, found.spot, found.as_of) == ("SPX", 6001.5, AS_OF)
    mixed = read(tmp_path, table_csv({**columns, "underlying_price": [1, 2, 3], "quote_datetime": ["2026-01-06"] * 3}))
    assert (mixed.spot, mixed.as_of, codes(mixed)) == (None, None, ["no_clock"])


def test_volatilities_in_percent_are_put_right_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, table_csv({**TABLE, "iv": [18.5, 15.0, 0.0]}))
    assert found.columns["iv"].tolist()[:2] == [0.185, 0.15]
    assert math.isnan(float(found.columns["iv"][2]))
    assert codes(found) == ["iv_in_percent"]
    assert read(tmp_path, table_csv({**TABLE, "iv": ["18.5%", "15%", ""]})).columns["iv"].tolist()[:2] == [0.185, 0.15]


def test_one_row_per_strike(tmp_path: Path) -> None:
    found = read(tmp_path, "strike,call_gamma,call_oi,put_gamma,put_oi\n500,0.01,1000,0.01,500\n")
    answer = analyze(symbol="SPY", spot=500.0, chain=found.columns, convention="magic8")
    assert (answer.total_call_gex, answer.total_put_gex, answer.net_gex) == (-500_000.0, 250_000.0, -250_000.0)
