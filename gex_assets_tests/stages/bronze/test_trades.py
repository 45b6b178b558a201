from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from gex_assets.stages.bronze import trades as bronze_trades
from gex_assets.stages.bronze.trades import spread_legs
from gex_assets_tests.lake.made_up_files import random_orders
from gex_assets_tests.stages.bronze.made_up_bronze import IDS, blocks, defined, option_tables

NAME = "UD:1V: VT 2942369"


def leg(at: int, **said: Any) -> dict[str, Any]:
    usual = {"leg_count": 2, "leg_instrument_id": 100 + at, "leg_ratio_qty_numerator": 1, "leg_ratio_qty_denominator": 1}
    return {"instrument_id": 7, "raw_symbol": NAME, "leg_index": at, "leg_side": "BA"[at % 2], **usual, **said}


def legs(*rows: dict[str, Any]) -> tuple[Any, int]:
    tally: Counter[str] = Counter()
    found = spread_legs(defined(list(rows)), tally)
    return found.get((7, NAME)), tally["legs_incomplete"]


def test_legs_come_in_the_order_of_their_index() -> None:
    expected = [{"instrument_id": 100, "ratio": 2, "side": "B"}, {"instrument_id": 101, "ratio": 1, "side": "A"}]
    first = leg(0, leg_ratio_qty_numerator=4, leg_ratio_qty_denominator=2)
    assert legs(leg(1), first) == (expected, 0)
    assert legs(leg(1), first, leg(0, leg_instrument_id=5)) == (expected, 0)


@pytest.mark.parametrize(
    "second",
    [
        {"leg_side": "N"},
        {"leg_side": ""},
        {"leg_ratio_qty_numerator": 0},
        {"leg_ratio_qty_numerator": 3, "leg_ratio_qty_denominator": 2},
        {"leg_index": 0},
    ],
)
def test_a_leg_that_is_not_said_whole_takes_all_of_them(second: dict[str, Any]) -> None:
    assert legs(leg(0), leg(1, **second)) == (None, 1)


def test_before_version_3_there_are_no_legs() -> None:
    assert legs(leg(0, leg_count=0)) == (None, 0)
    assert spread_legs(None, Counter()) == {}


def test_row_groups_come_when_enough_trades_have(monkeypatch: pytest.MonkeyPatch) -> None:
    records = random_orders(2_000, seed=3, ids=IDS)
    _, (whole,), _ = option_tables(blocks(records, 100), 64)
    monkeypatch.setattr(bronze_trades, "ROWS_PER_GROUP", 50)
    _, parts, _ = option_tables(blocks(records, 100), 64)
    assert len(parts) > 2
    assert all(50 <= part.num_rows < 50 + 64 for part in parts[:-1])
    assert [row for part in parts for row in part.to_pylist()] == whole.to_pylist()
