from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.market.symbols import Refusal
from gex_assets.stages.bronze import trades as bronze_trades
from gex_assets.stages.bronze.instrument_names import InstrumentNames, Refused
from gex_assets.stages.bronze.mbo import option_orders
from gex_assets.stages.bronze.trades import defined_spreads
from gex_assets.stages.silver.chain_weights import TradedContracts
from gex_assets_tests.lake.made_up_files import MIDNIGHT, orders, random_orders
from gex_assets_tests.stages.bronze.made_up_bronze import IDS, blocks, defined, option_tables, reference
from gex_assets_tests.twins import bronze as twin

NAME = "UD:1V: VT 2942369"
HOUR = 3_600 * 10**9


def leg(at: int, **said: Any) -> dict[str, Any]:
    usual = {"leg_count": 2, "leg_instrument_id": 100 + at, "leg_ratio_qty_numerator": 1, "leg_ratio_qty_denominator": 1}
    return {"instrument_id": 7, "raw_symbol": NAME, "leg_index": at, "leg_side": "BA"[at % 2], **usual, **said}


def legs(*rows: dict[str, Any]) -> tuple[Any, int]:
    tally: Counter[str] = Counter()
    found = defined_spreads(defined(list(rows)), ids=[7], tally=tally)
    return (found[7][-1].legs if 7 in found else None), tally["legs_incomplete"]


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
        {"leg_ratio_qty_numerator": -1},
        {"leg_ratio_qty_numerator": 3, "leg_ratio_qty_denominator": 2},
        {"leg_ratio_qty_denominator": -1},
        {"leg_index": 0},
    ],
)
def test_a_leg_that_is_not_said_whole_takes_all_of_them(second: dict[str, Any]) -> None:
    assert legs(leg(0), leg(1, **second)) == (None, 1)


def test_before_version_3_there_are_no_legs() -> None:
    assert legs(leg(0, leg_count=0)) == (None, 0)
    assert defined_spreads(None, ids=[7], tally=Counter()) == {}


def test_legs_that_come_in_several_records_are_all_there_with_the_last() -> None:
    rows = [leg(0, ts_recv=MIDNIGHT), leg(1, ts_recv=MIDNIGHT + 5), leg(0, ts_recv=MIDNIGHT + 9, leg_ratio_qty_numerator=3)]
    tally: Counter[str] = Counter()
    (found,) = defined_spreads(defined(rows), ids=[7], tally=tally).values()
    assert [None if one.legs is None else [each["ratio"] for each in one.legs] for one in found] == [None, [1, 1], [3, 1]]
    assert not tally


SPREAD = 200
FIRST, SECOND = "UD:1V: VT 111", "UD:1V: GN 222"
CALL, PUT = 11, 12


def definition(raw_symbol: str, at: int, sides: str, *, action: str = "A") -> list[dict[str, Any]]:
    """Call and put of a spread: the side that its buyer takes in each."""
    return [
        leg(
            place,
            instrument_id=SPREAD,
            raw_symbol=raw_symbol,
            ts_recv=MIDNIGHT + at,
            leg_instrument_id=number,
            leg_side=side,
            security_update_action=action,
        )
        for place, (number, side) in enumerate(zip((CALL, PUT), sides, strict=True))
    ]


def traded(definitions: list[dict[str, Any]], bought: dict[int, int], *, block: int = 10) -> pa.Table:
    """Trades of the spread, by moment after midnight and size."""
    _, instruments = reference()
    rows = [{"ts_recv": at, "instrument_id": SPREAD, "action": "T", "side": "B", "size": size} for at, size in bought.items()]
    tables = option_orders(
        blocks(orders(rows), block),
        instruments=instruments,
        names=InstrumentNames({}, {SPREAD: Refused(FIRST, Refusal.USER_DEFINED_SPREAD)}),
        definitions=defined(definitions),
        stretch_records=1 << 20,
        tally=Counter(),
    )
    return pa.concat_tables([table for name, table in tables if name == "bronze_option_trades"])


def flow(table: pa.Table) -> list[int]:
    """What passive parties took on of call and put by the day's end."""
    contracts = TradedContracts(tally=Counter())
    contracts.add(table)
    sums = contracts.at(np.array([MIDNIGHT + 24 * HOUR]), instrument_ids=np.array([CALL, PUT], dtype=np.uint32))
    return [-one for one in sums.spread_net[0].tolist()]


def test_an_id_that_is_given_to_another_spread_within_the_day_has_the_legs_of_the_moment() -> None:
    said = definition(FIRST, 0, "BA") + definition(SECOND, 22 * HOUR + HOUR // 2, "AB")
    table = traded(said, {10 * HOUR: 7, 23 * HOUR + HOUR // 2: 3})
    assert table["raw_symbol"].to_pylist() == [FIRST, SECOND]
    assert flow(table) == [-4, 4]


def test_a_definition_that_comes_after_the_trade_gives_it_no_legs() -> None:
    table = traded(definition(FIRST, 10 * HOUR, "BA"), {10 * HOUR - 1: 7, 10 * HOUR: 2})
    assert [row is None for row in table["legs"].to_pylist()] == [True, False]
    assert table["raw_symbol"].to_pylist() == [FIRST, FIRST]
    assert flow(table) == [-2, 2]


def test_a_deleted_definition_gives_no_legs_from_then_on() -> None:
    said = definition(FIRST, 0, "BA") + definition(FIRST, 10 * HOUR, "BA", action="D")
    assert flow(traded(said, {10 * HOUR - 1: 7, 10 * HOUR: 2})) == [-7, 7]
    again = said + definition(FIRST, 12 * HOUR, "AB", action="M")
    assert flow(traded(again, {9 * HOUR: 7, 11 * HOUR: 100, 12 * HOUR: 1})) == [-6, 6]


def test_the_deletion_of_the_old_definition_leaves_the_new_one() -> None:
    said = definition(FIRST, 0, "BA") + definition(SECOND, 5, "AB") + definition(FIRST, 5, "BA", action="D")
    table = traded(said, {4: 7, 6: 3})
    assert table["raw_symbol"].to_pylist() == [FIRST, SECOND]
    assert flow(table) == [-4, 4]


def test_time_does_not_step_back_for_definitions_either() -> None:
    """A trade behind the clock counts at the clock, and so do its legs."""
    said = definition(FIRST, 0, "BA") + definition(SECOND, 6, "AB")
    table = traded(said, {7: 3, 5: 2})
    assert table["ts_recv_behind"].to_pylist() == [0, 2]
    assert table["raw_symbol"].to_pylist() == [SECOND, SECOND]


@pytest.mark.parametrize("seed", range(8))
def test_names_and_legs_are_those_of_the_slow_twin_and_of_every_cut(seed: int) -> None:
    dice = random.Random(seed)
    said: list[dict[str, Any]] = []
    for at in sorted(dice.sample(range(100), 8)):
        rows = definition(dice.choice([FIRST, SECOND]), at, dice.choice(["BA", "AB", "BB", "BN"]), action=dice.choice("AAAMD"))
        said += rows[: dice.choice([1, 2, 2, 2])]
    bought = {at: dice.randrange(1, 5) for at in sorted(dice.sample(range(100), 20))}
    whole = traded(said, bought, block=dice.choice([1, 7, 100])).to_pylist()
    assert [(row["raw_symbol"], row["legs"]) for row in whole] == [
        twin.spread_at(said, SPREAD, MIDNIGHT + at, mapped=FIRST) for at in bought
    ]
    cut = dice.randrange(1, 100)
    before = {at: size for at, size in bought.items() if at < cut}
    if before:
        rows = traded([row for row in said if row["ts_recv"] < MIDNIGHT + cut], before).to_pylist()
        assert rows == whole[: len(before)]


def test_row_groups_come_when_enough_trades_have(monkeypatch: pytest.MonkeyPatch) -> None:
    records = random_orders(2_000, seed=3, ids=IDS)
    _, (whole,), _ = option_tables(blocks(records, 100), 64)
    monkeypatch.setattr(bronze_trades, "ROWS_PER_GROUP", 50)
    _, parts, _ = option_tables(blocks(records, 100), 64)
    assert len(parts) > 2
    assert all(50 <= part.num_rows < 50 + 64 for part in parts[:-1])
    assert [row for part in parts for row in part.to_pylist()] == whole.to_pylist()
