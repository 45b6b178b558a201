"""The book by zones: small cases worked out by hand, wild sequences and two real hours as the twin says, any blocks and room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.order_book import zones as drawn
from gex_assets.kernels.order_book.books import MISSING, OrderBooks
from gex_assets.kernels.order_book.zone_edges import ZONES
from gex_assets.kernels.order_book.zones import PER_SIDE, SIDE_COLUMNS, ZONE_COLUMNS
from gex_assets_tests.kernels.order_book.made_up_zones import TICK, around_a_mid
from gex_assets_tests.kernels.order_book.real_file import ENDS, FUTURE, columns, real_records
from gex_assets_tests.kernels.order_book.runs import GAP, NS, START, compiled, record, rows_of
from gex_assets_tests.kernels.order_book.wild_sequences import Case, run_twin, through_the_kernel, wild_way
from gex_assets_tests.twins.dict_book import Record
from gex_assets_tests.twins.vacuum import ZoneBooks


def as_kernel(numbers: dict[str, Any] | None) -> dict[str, int]:
    """The twin's numbers as the kernel's columns."""
    if numbers is None:
        return dict.fromkeys(ZONE_COLUMNS, MISSING)
    found = {"start_bid": numbers["bid"], "start_ask": numbers["ask"], "start_complete": int(numbers["complete"])}
    for side in ("bid", "ask"):
        for name in (*ZONES, "size_ticks"):
            for moment in ("start", "end"):
                found[f"{side}_{moment}_{name}"] = numbers[moment][side][name]
        for name in ("add", "pull_rest"):
            found |= {f"{side}_{name}_{zone}": numbers["flow"][side, name, zone] for zone in ZONES}
        for name in ("toward", "away"):
            found[f"{side}_{name}"] = sum(numbers["flow"][side, f"reprice_{name}", zone] for zone in ZONES)
        best = numbers["best_ticks"][side]
        found[f"{side}_best_ticks"] = MISSING if best is None else best
    return found


def zones_of_twin(case: Case, tick: int) -> list[dict[str, int]]:
    books = ZoneBooks(tick=tick, window_ends=case.ends, instruments=case.instruments, claims=case.claims)
    return [as_kernel(books.zones[row["ts_window_end"], row["instrument_id"]]) for row in run_twin(books, case)]


def only_zones(rows: Sequence[dict[str, Any]]) -> list[dict[str, int]]:
    return [{name: row[name] for name in ZONE_COLUMNS} for row in rows]


def first_difference(seed: int, records: tuple[int, int]) -> tuple[Any, ...] | None:
    case, tick = around_a_mid(seed, records=records)
    way = wild_way(seed, case)
    found = only_zones(through_the_kernel(case, replace(way, places=way.places | {"zone_tick": tick})).rows)
    expected = zones_of_twin(case, tick)
    for place, (one, other) in enumerate(zip(found, expected, strict=True)):
        if one != other:
            return seed, place, {name: (one[name], other[name]) for name in one if one[name] != other[name]}
    return None


def test_the_positions_in_compiled_code_are_those_of_the_columns() -> None:
    assert len(set(ZONE_COLUMNS)) == drawn.SIDES_FROM + 2 * SIDE_COLUMNS
    assert ZONE_COLUMNS[drawn.START_COMPLETE] == "start_complete"
    assert ZONE_COLUMNS[drawn.SIDES_FROM : drawn.SIDES_FROM + 2] == ("bid_start_at", "bid_start_near")
    assert ZONE_COLUMNS[drawn.SIDES_FROM + SIDE_COLUMNS] == "ask_start_at"
    assert (PER_SIDE[drawn.END_FROM], PER_SIDE[drawn.FLOWS_FROM], PER_SIDE[drawn.BEST_TICKS]) == (
        "end_at",
        "add_at",
        "best_ticks",
    )
    flows = PER_SIDE[drawn.FLOWS_FROM : drawn.FLOWS_FROM + drawn.FLOWS]
    for name, position in (
        ("add_at", drawn.ADD),
        ("pull_rest_at", drawn.PULL_REST),
        ("toward", drawn.TOWARD),
        ("away", drawn.AWAY),
    ):
        assert flows[position - drawn.ADD] == name
    assert flows[-1] == "away"


@pytest.mark.long
def test_wild_sequences_have_the_zones_of_the_twin() -> None:
    assert [found for seed in range(400) if (found := first_difference(seed, (50, 200)))] == []


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_longer_wild_sequences_have_the_zones_of_the_twin(seed: int) -> None:
    assert first_difference(1_000 + seed, (2_000, 3_000)) is None


@pytest.mark.long
def test_many_wild_sequences_have_the_zones_of_the_twin() -> None:
    assert [found for seed in range(10_000, 13_000) if (found := first_difference(seed, (10, 400)))] == []


def test_wild_sequences_reach_every_column_often() -> None:
    met: Counter[str] = Counter()
    for seed in range(400):
        for row in zones_of_twin(*around_a_mid(seed, records=(50, 200))):
            met.update(name for name, value in row.items() if value not in (0, MISSING))
            met.update(["no reference"] if row["start_bid"] == MISSING else ["reference"])
            met.update(["no best"] if row["start_bid"] != MISSING and row["bid_best_ticks"] == MISSING else [])
    assert {name: met[name] for name in (*ZONE_COLUMNS, "no reference", "reference", "no best") if met[name] < 4} == {}


@pytest.mark.long
def test_two_real_hours_have_the_zones_of_the_twin() -> None:
    """All 1,440 windows in the kernel, 300 of them, half before the opening auction, in the twin."""
    books = OrderBooks(window_ends=np.array(ENDS), zone_tick=TICK)
    books.list_instruments(instrument_ids=np.array([FUTURE], np.uint32))
    found = rows_of([*books.apply(columns()), *books.finish()], ends=ENDS)
    some = ENDS[570:870]
    records = [one for one in real_records() if one.ts_recv < some[-1]]
    assert only_zones(found)[570:870] == zones_of_twin(Case(records, some, {FUTURE: (None, None)}), TICK)
    known = [row["start_bid"] != MISSING for row in found]
    assert (sum(known[:720]), sum(known[720:])) == (480, 719)


def zones(*records: Record, windows: int = 2, **options: Any) -> list[dict[str, Any]]:
    ends = options.pop("ends", [START + 5 * NS * (k + 1) for k in range(windows)])
    rows = compiled(records, ends=ends, instruments={1: (START - 1, None)}, zone_tick=TICK, **options)[0]
    return only_zones(rows)


def said(row: dict[str, int], **expected: int) -> None:
    """The columns named are so, and every other is 0."""
    assert {name: value for name, value in row.items() if value} == {name: value for name, value in expected.items() if value}


BOOK = (
    record(0, "A", 1, "B", 99.75, 4),
    record(0, "A", 2, "A", 100.25, 6),
)
"""The mid is 100.00, one tick on either side."""
QUIET = {"start_bid": 99_750_000_000, "start_ask": 100_250_000_000}
RESTING = {
    "bid_start_at": 4,
    "bid_end_at": 4,
    "bid_start_size_ticks": 4,
    "bid_end_size_ticks": 4,
    "bid_best_ticks": 1,
    "ask_start_at": 6,
    "ask_end_at": 6,
    "ask_start_size_ticks": 6,
    "ask_end_size_ticks": 6,
    "ask_best_ticks": 1,
}


def test_a_window_without_an_ok_book_at_its_start_has_no_zones() -> None:
    first, second = zones(*BOOK)
    assert set(first.values()) == {MISSING}
    said(second, **QUIET, **RESTING)


@pytest.mark.parametrize(
    "spoil",
    [
        record(1, "C", 2, "A", 100.25, 6),
        record(1, "A", 9, "B", 100.25, 1),
        record(1, "N", 0, "N", None, 0, flags=128 | GAP),
        record(1, "R", 0, "N", None, 0),
    ],
    ids=["one-sided", "crossed", "suspect", "empty"],
)
def test_no_zones_are_drawn_around_a_book_that_is_not_ok(spoil: Record) -> None:
    _, second = zones(*BOOK, spoil)
    assert set(second.values()) == {MISSING}


def test_an_expired_book_has_no_zones() -> None:
    ends = [START + 5 * NS, START + 10 * NS]
    rows = compiled(BOOK, ends=ends, instruments={1: (START - 1, START + 5 * NS)}, zone_tick=TICK)[0]
    assert {row["start_bid"] for row in rows} == {MISSING}


@pytest.mark.parametrize(
    ("price", "ticks", "zone"),
    [
        (99.00, 0, "at"),
        (100.00, 0, "at"),
        (100.50, 2, "at"),
        (100.70, 2, "at"),
        (100.75, 3, "near"),
        (101.25, 5, "near"),
        (101.50, 6, "mid"),
        (103.50, 14, "mid"),
        (103.75, 15, "far"),
        (105.00, 20, "far"),
        (105.20, 20, "far"),
        (105.25, 21, None),
    ],
)
def test_an_ask_stands_in_the_zone_of_its_whole_ticks_above_the_mid(price: float, ticks: int, zone: str | None) -> None:
    """It is added (10), grows (3), rests half a second, loses 2 and goes (11): all in the zone where it stands."""
    row = zones(
        *BOOK,
        record(5.0, "A", 7, "A", price, 10),
        record(5.1, "M", 7, "A", price, 13),
        record(5.6, "M", 7, "A", price, 11),
        record(7, "C", 7, "A", price, 11),
        record(8, "A", 8, "A", price, 5),
    )[1]
    changed = {"ask_add": 10 + 3 + 5, "ask_pull_rest": 2 + 11, "ask_end": 5}
    expected = RESTING | {f"{name}_{zone}": size for name, size in changed.items() if zone not in (None, "at")}
    if zone == "at":
        expected |= {"ask_add_at": 18, "ask_pull_rest_at": 13, "ask_end_at": 6 + 5}
    if zone is not None:
        expected["ask_end_size_ticks"] = 6 + 5 * ticks
    if price < 100.25:
        expected["ask_best_ticks"] = 0
    said(row, **QUIET, **expected)


@pytest.mark.parametrize(("price", "ticks"), [(99.50, 2), (99.30, 2), (99.25, 3), (101.00, 0), (94.75, 21)])
def test_a_bid_stands_as_many_whole_ticks_below_the_mid(price: float, ticks: int) -> None:
    row = zones(*BOOK, record(6, "A", 7, "B", price, 10))[1]
    zone = {2: "at", 3: "near", 0: "at", 21: None}[ticks]
    assert sum(row[f"bid_add_{one}"] for one in ZONES) == (10 if zone else 0)
    assert row["bid_end_size_ticks"] == 4 + (10 * ticks if zone else 0)
    assert row["bid_best_ticks"] == min(ticks, 1)


def test_a_mid_between_two_ticks_counts_whole_ticks_from_there() -> None:
    """Mid 99.875: the best ask is half a tick away, which is none; the next one and a half, which is one."""
    row = zones(record(0, "A", 1, "B", 99.75, 4), record(0, "A", 2, "A", 100.00, 6), record(0, "A", 3, "A", 100.25, 8))[1]
    assert (row["ask_start_size_ticks"], row["bid_start_size_ticks"]) == (8 * 1, 0)
    assert (row["ask_best_ticks"], row["bid_best_ticks"]) == (0, 0)


def test_a_mid_of_half_a_billionth_is_exact() -> None:
    """Mid 100.0000000005: an ask at 100.25 is half a billionth less than a tick away, which is none; so is the bid."""
    row = zones(record(0, "A", 1, "B", 99.750000001, 4), record(0, "A", 2, "A", 100.25, 6), record(0, "A", 3, "A", 100.5, 8))[1]
    assert (row["ask_best_ticks"], row["bid_best_ticks"]) == (0, 0)
    assert (row["ask_start_size_ticks"], row["bid_start_size_ticks"]) == (8 * 1, 0)


def test_the_zones_stay_where_they_were_while_the_price_runs_and_are_drawn_again_with_the_next_window() -> None:
    """The asks are lifted to 101.25 and the bids follow to 101.00: five ticks above the old mid, none from the new, 101.125."""
    _, second, third = zones(
        *BOOK,
        record(6, "C", 2, "A", 100.25, 6),
        record(6, "A", 3, "A", 101.25, 6),
        record(7, "A", 4, "B", 101.00, 9),
        windows=3,
    )
    assert (second["ask_best_ticks"], second["ask_end_near"], second["ask_end_at"]) == (5, 6, 0)
    assert (second["bid_best_ticks"], second["bid_end_at"], second["bid_add_at"]) == (0, 4 + 9, 9)
    assert (third["start_bid"], third["start_ask"]) == (101_000_000_000, 101_250_000_000)
    assert (third["ask_start_at"], third["bid_start_at"], third["bid_start_near"]) == (6, 9, 4)


def test_a_pull_of_what_had_not_rested_and_a_fill_are_no_pull() -> None:
    row = zones(
        *BOOK,
        record(5.0, "A", 7, "A", 100.50, 10),
        record(5.4, "C", 7, "A", 100.50, 10),
        record(6, "F", 2, "A", 100.25, 2, flags=0),
        record(6, "C", 2, "A", 100.25, 2),
    )[1]
    assert sum(row[f"ask_pull_rest_{zone}"] for zone in ZONES) == 0
    assert row["ask_end_at"] == 4


def test_zones_drawn_again_do_not_restart_an_orders_age() -> None:
    """Added 0.3 s before the window's border and pulled 0.2 s after it: it had rested."""
    row = zones(*BOOK, record(4.7, "A", 7, "A", 100.50, 10), record(5.2, "C", 7, "A", 100.50, 10))[1]
    assert row["ask_pull_rest_at"] == 10


@pytest.mark.parametrize(
    ("stood", "goes", "expected"),
    [
        (100.50, 101.00, {"ask_away": 7}),
        (101.00, 100.50, {"ask_toward": 7}),
        (100.50, 120.00, {"ask_away": 7}),
        (120.00, 100.50, {}),
        (120.00, 121.00, {}),
    ],
)
def test_a_reprice_counts_where_the_order_stood_by_its_new_size(stood: float, goes: float, expected: dict[str, int]) -> None:
    row = zones(*BOOK, record(1, "A", 7, "A", stood, 10), record(6, "M", 7, "A", goes, 7))[1]
    assert {name: row[name] for name in ("ask_toward", "ask_away", "bid_toward", "bid_away") if row[name]} == expected
    assert sum(row[f"ask_{flow}_{zone}"] for flow in ("add", "pull_rest") for zone in ZONES) == 0


def test_an_order_that_changes_sides_is_pulled_where_it_stood_and_added_where_it_stands() -> None:
    row = zones(*BOOK, record(1, "A", 7, "A", 101.00, 10), record(6, "M", 7, "B", 99.25, 3))[1]
    assert (row["ask_pull_rest_near"], row["bid_add_near"]) == (10, 3)


def test_a_duplicate_add_is_pulled_where_it_stood() -> None:
    row = zones(*BOOK, record(1, "A", 7, "A", 101.00, 10), record(6, "A", 7, "A", 102.00, 3))[1]
    assert (row["ask_pull_rest_near"], row["ask_add_mid"]) == (10, 3)


def test_snapshot_records_are_in_the_book_and_no_flow() -> None:
    row = zones(*BOOK, record(6, "A", 7, "A", 101.00, 10, flags=40))[1]
    assert (row["ask_end_near"], row["ask_add_near"]) == (10, 0)


def test_a_window_behind_a_gap_starts_with_the_book_as_records_left_it_in_between() -> None:
    ends = [START + 5 * NS, START + 65 * NS]
    row = zones(*BOOK, record(30, "A", 7, "A", 101.00, 10), record(59.9, "C", 1, "B", 99.75, 1), ends=ends)[1]
    assert (row["start_ask"], row["ask_start_near"], row["ask_add_near"]) == (100_250_000_000, 10, 0)
    assert (row["bid_start_at"], row["bid_pull_rest_at"]) == (3, 0)


def test_a_book_cleared_inside_the_window_ends_empty() -> None:
    row = zones(*BOOK, record(6, "R", 0, "N", None, 0))[1]
    assert (row["ask_start_at"], row["ask_end_at"], row["ask_end_size_ticks"], row["ask_best_ticks"]) == (6, 0, 0, MISSING)


def test_zones_change_nothing_else_and_blocks_change_no_zones() -> None:
    case, _ = around_a_mid(5, records=(2_000, 2_500))
    plain = through_the_kernel(case, replace(wild_way(5, case), at=()))
    with_zones = [
        through_the_kernel(case, replace(wild_way(5, case), at=at, places={"zone_tick": TICK})).rows
        for at in ((), range(0, len(case.records), 97))
    ]
    assert with_zones[0] == with_zones[1]
    assert [{name: row[name] for name in plain.rows[0]} for row in with_zones[0]] == plain.rows


def test_cut_after_any_window_earlier_zones_are_the_same() -> None:
    for seed in range(40):
        case, _ = around_a_mid(seed, records=(50, 100))
        whole = zones_by_window(case.records, case)
        clocks = np.maximum.accumulate([one.ts_recv for one in case.records]) if case.records else np.array([])
        for end, following in pairwise(case.ends):
            kept = [one for one, clock in zip(case.records, clocks, strict=True) if clock < end]
            cut = zones_by_window(kept, case)
            assert {key: row for key, row in cut.items() if key[0] < following} == {
                key: row for key, row in whole.items() if key[0] < following
            }


def zones_by_window(records: Sequence[Record], case: Case) -> dict[tuple[int, int], dict[str, int]]:
    instruments = dict.fromkeys(case.instruments, (START - 10**12, None))
    rows = compiled(records, ends=case.ends, instruments=instruments, zone_tick=TICK)[0]
    return {(row["ts_window_end"], row["instrument_id"]): {name: row[name] for name in ZONE_COLUMNS} for row in rows}
