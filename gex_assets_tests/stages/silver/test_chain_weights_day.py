"""The chain's weights of a published day against sums over its bronze trades and statistics, trade by trade in plain Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from gex_assets.lake.tables import Lake
from gex_assets.stages.silver.gex_chain import QUOTE_COLUMNS, gex_chain
from gex_assets_tests.conftest import DAY

Row = dict[str, Any]
OPEN_INTEREST = 9


@pytest.fixture(scope="module")
def tables(published: Path) -> dict[str, Any]:
    names = (
        "bronze_option_instruments",
        "bronze_option_trades",
        "bronze_option_statistics",
        "silver_option_quotes",
        "silver_forward",
        "silver_gex_chain",
    )
    lake = Lake(published)
    return {name: lake.open(name, product="ES", day=DAY).read() for name in names}


def recomputed(tables: dict[str, Any], end: int, open_ratio: float) -> dict[tuple[float, str], dict[str, float | None]]:
    """(strike, right) -> every weight at a window's end."""
    options = {row["instrument_id"]: row for row in tables["bronze_option_instruments"].to_pylist() if row["selected"]}
    interest: dict[int, tuple[tuple[int, int], float]] = {}
    for row in tables["bronze_option_statistics"].to_pylist():
        if row["stat_type"] == OPEN_INTEREST and row["ts_recv"] < end and row["quantity"] is not None:
            when = (row["ts_ref"], row["ts_recv"])
            if row["instrument_id"] not in interest or interest[row["instrument_id"]][0] <= when:
                interest[row["instrument_id"]] = (when, row["quantity"])
    volume: Counter[int] = Counter()
    bought: Counter[int] = Counter()
    for row in sorted(tables["bronze_option_trades"].to_pylist(), key=lambda row: row["record_index"]):
        if row["ts_recv"] + row["ts_recv_behind"] >= end:
            continue
        legs = row["legs"] or [] if row["is_spread"] else [{"instrument_id": row["instrument_id"], "ratio": 1, "side": "B"}]
        for leg in legs:
            contracts = row["size"] * leg["ratio"]
            volume[leg["instrument_id"]] += contracts
            aggressor = {"B": 1, "A": -1}.get(row["side"], 0)
            bought[leg["instrument_id"]] += contracts * aggressor * {"B": 1, "A": -1}[leg["side"]]
    resting = {
        row["instrument_id"]: row["bid_depth"] + row["ask_depth"]
        for row in tables["silver_option_quotes"]
        .filter(pc.equal(tables["silver_option_quotes"]["ts_window_end"], end))
        .to_pylist()
    }
    found = {}
    for number, option in options.items():
        known = interest.get(number, (None, None))[1]
        found[option["strike"], option["right"]] = {
            "resting_size": float(resting.get(number, 0)),
            "open_interest": known,
            "flow_inventory": -float(bought[number]),
            "volume": float(volume[number]),
            "oi_plus_flow": None if known is None else known + open_ratio * abs(bought[number]),
        }
    return found


def assert_weights(chain: list[Row], expected: dict[tuple[float, str], dict[str, float | None]]) -> None:
    assert len(chain) > 100
    for row in chain:
        for letter, right in (("C", "call"), ("P", "put")):
            ours = {name: row[f"{right}_{name}"] for name in expected[row["strike"], letter]}
            assert ours == expected[row["strike"], letter], (row["strike"], right)


def test_the_day_has_what_makes_weights_hard(tables: dict[str, Any]) -> None:
    trades = tables["bronze_option_trades"].to_pylist()
    assert sum(row["is_spread"] and len(row["legs"] or []) > 1 for row in trades) >= 1
    assert sum(not row["is_spread"] for row in trades) > 20
    assert {row["side"] for row in trades} >= {"A", "B"}


@pytest.mark.parametrize("place", [3, 50, -1])
def test_every_weight_is_the_sum_of_what_was_traded_and_published(tables: dict[str, Any], place: int) -> None:
    ends = sorted(set(tables["silver_gex_chain"]["ts_window_end"].to_pylist()))
    chain = tables["silver_gex_chain"].filter(pc.equal(tables["silver_gex_chain"]["ts_window_end"], ends[place])).to_pylist()
    expected = recomputed(tables, ends[place], 0.5)
    assert_weights(chain, expected)
    if place == -1:
        assert sum(weights["flow_inventory"] != 0 for weights in expected.values()) > 10


@pytest.mark.parametrize("open_ratio", [0.0, 0.25, 1.0])
def test_another_open_ratio_opens_another_share_of_the_flow(tables: dict[str, Any], open_ratio: float) -> None:
    quotes = tables["silver_option_quotes"].select(QUOTE_COLUMNS)
    last = pc.max(quotes["ts_window_end"]).as_py()
    (chain,) = gex_chain(
        [quotes.filter(pc.equal(quotes["ts_window_end"], last))],
        instruments=tables["bronze_option_instruments"],
        forward=[tables["silver_forward"]],
        statistics=tables["bronze_option_statistics"],
        trades=tables["bronze_option_trades"],
        product="ES",
        rate=0.04,
        open_ratio=open_ratio,
        expirations="front",
        tally=Counter(),
    )
    assert_weights(chain.to_pylist(), recomputed(tables, last, open_ratio))
