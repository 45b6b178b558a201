"""From order records to features: every formula by hand, all rows as the twin says, which future, gaps, the future cut off."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.market.sessions import Session
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.schemas.silver_vacuum import SILVER_VACUUM, base_features
from gex_assets.stages.silver.vacuum import UNDERLYING_COLUMNS, vacuum
from gex_assets.stages.windows import Windows, windows_of
from gex_assets_tests.kernels.order_book.made_up_zones import TICK, around_a_mid
from gex_assets_tests.kernels.order_book.real_file import real_records
from gex_assets_tests.kernels.order_book.runs import LAST, NS, SNAPSHOT, START, Claimed, record
from gex_assets_tests.stages.rows_agree import differences
from gex_assets_tests.stages.silver.made_up_quotes import SYMBOLS, claimed, cut, orders
from gex_assets_tests.twins.dict_book import Record
from gex_assets_tests.twins.vacuum import ZoneBooks, features, vacuum_rows

DAY = date(2026, 1, 6)
WINDOWS = windows_of([Session(START, START + 40 * NS, DAY)])
ENDS = WINDOWS.ends.tolist()
FRONT = ["ESH6", "ESM6", "ESU6"]
H, M, U = 3, 70, 5
"""Instruments of `SYMBOLS`, by delivery."""


LONG_AGO, FAR_AHEAD = START - 10**9 * NS, START + 10**9 * NS
COMPLETE = {one: [(LONG_AGO, FAR_AHEAD, LONG_AGO)] for one in (*SYMBOLS, 17077)}
"""Claims over everything, with complete books."""


def named(names: Mapping[int, Sequence[str]]) -> pa.Table:
    rows = [(end, name) for end, said in sorted(names.items()) for name in said]
    schema = pa.schema([SILVER_GEX.arrow_schema().field(name) for name in UNDERLYING_COLUMNS])
    return pa.table({"ts_window_end": [end for end, _ in rows], "underlying": [name for _, name in rows]}).cast(schema)


def tables_of(
    records: Sequence[Record],
    names: Mapping[int, Sequence[str]] | None = None,
    *,
    windows: Windows = WINDOWS,
    places: Sequence[int] = (),
    symbols: Mapping[int, str] = SYMBOLS,
    tally: Counter[str] | None = None,
    claims: Claimed | None = COMPLETE,
) -> list[pa.Table]:
    given = orders(records)
    given = given.append_column("symbol", pa.array([symbols[one.instrument_id] for one in records], pa.string()))
    tables = list(
        vacuum(
            cut(given, places),
            underlyings=named(names or {}),
            windows=windows,
            tick=0.25,
            product="ES",
            day=DAY,
            tally=Counter() if tally is None else tally,
            claims=None if claims is None else claimed(claims),
        )
    )
    assert all(table.schema == SILVER_VACUUM.arrow_schema() for table in tables)
    return tables


def rows_of(records: Sequence[Record], names: Mapping[int, Sequence[str]] | None = None, **options: Any) -> list[dict[str, Any]]:
    return [row for table in tables_of(records, names, **options) for row in table.to_pylist()]


def twin_rows(
    records: Sequence[Record],
    names: Mapping[int, Sequence[str]],
    *,
    ends: Sequence[int] = ENDS,
    symbols: Mapping[int, str] = SYMBOLS,
    claims: Claimed | None = COMPLETE,
) -> list[dict[str, Any]]:
    met = {one.instrument_id for one in records}
    books = ZoneBooks(tick=TICK, window_ends=ends, instruments=dict.fromkeys(met, (None, None)), claims=claims)
    books.run(records)
    underlyings = {end: list(said) for end, said in names.items()}
    return vacuum_rows(books, symbols=dict(symbols), underlyings=underlyings, front_order=FRONT)


def several_futures(seed: int) -> list[Record]:
    """A wild stream of three futures around a mid each."""
    case, _ = around_a_mid(4 * seed + 1, records=(200, 300))
    ids = dict(zip(sorted({one.instrument_id for one in case.records}), (H, M, U, H), strict=False))
    moments = np.linspace(START - 6 * NS, START + 42 * NS, len(case.records)).astype(np.int64).tolist()
    paced = zip(case.records, moments, strict=True)
    return [one._replace(instrument_id=ids.get(one.instrument_id, U), ts_recv=ts_recv) for one, ts_recv in paced]


@pytest.mark.parametrize("seed", range(16))
def test_rows_are_what_the_twin_says_whatever_the_stretches(seed: int) -> None:
    records = several_futures(seed)
    names = {end: [["ESH6"], ["ESM6"], ["ESH6", "ESM6"], []][(place // 2 + seed) % 4] for place, end in enumerate(ENDS)}
    found = tables_of(records, names)
    assert not differences([row for table in found for row in table.to_pylist()], twin_rows(records, names))
    assert tables_of(records, names, places=[0, 7, 7, 50, 51, 120]) == found


@pytest.mark.parametrize("seed", range(8))
def test_rows_within_claims_are_what_the_twin_says(seed: int) -> None:
    """Holes, touching stretches, and books that are complete from some moment on, or never."""
    records, dice = several_futures(seed), random.Random(seed)
    names = {end: [["ESH6"], ["ESM6"], []][(place + seed) % 3] for place, end in enumerate(ENDS)}
    moments = [START + half * NS * 5 // 2 for half in range(-2, 18)]
    for claims in (
        None,
        {one: [] for one in SYMBOLS},
        *({one: some_stretches(dice, moments) for one in SYMBOLS} for _ in range(4)),
    ):
        found = rows_of(records, names, claims=claims)
        assert not differences(found, twin_rows(records, names, claims=claims)), claims


def some_stretches(dice: random.Random, moments: Sequence[int]) -> list[tuple[int, int, int | None]]:
    edges = sorted(dice.sample(moments, 4))
    found = [(start, end, dice.choice([None, start, dice.choice(moments)])) for start, end in pairwise(edges)]
    return dice.choice([found, found[::2], found[:1], [(LONG_AGO, FAR_AHEAD, dice.choice(moments))]])


def test_wild_rows_hold_numbers_for_every_feature() -> None:
    known: Counter[str] = Counter()
    for seed in range(48):
        for row in rows_of(several_futures(seed), dict.fromkeys(ENDS, ("ESH6",))):
            known.update(name for name, value in row.items() if value not in (None, 0.0))
    assert {name for name in SILVER_VACUUM.column_names if known[name] == 0} == set()


def test_two_real_hours_are_what_the_twin_says() -> None:
    opens = 1_703_545_200 * NS
    windows = windows_of([Session(opens - 300 * NS, opens - 120 * NS, DAY), Session(opens, opens + 600 * NS, DAY)])
    records = [one for one in real_records() if one.ts_recv < opens + 600 * NS]
    symbols = {17077: "ESH6"}
    found = rows_of(records, windows=windows, symbols=symbols)
    assert not differences(found, twin_rows(records, {}, ends=windows.ends.tolist(), symbols=symbols))
    assert len(found) == len(windows)
    assert sum(row["f7_vacuum_total_log"] is not None for row in found) > 100


BOOK = (
    # (order, side, price, size): the mid is 100.00, a tick 0.25.
    *((1, "A", 100.25, 6), (2, "A", 100.75, 3), (3, "A", 101.50, 2), (4, "A", 104.00, 5), (5, "A", 106.00, 50)),
    *((11, "B", 99.75, 8), (12, "B", 99.25, 4), (13, "B", 95.00, 2)),
)
"""Asks by ticks: 1 (AT), 3 (NEAR), 6 (MID), 16 (FAR), 24 (beyond). Bids: 1 (AT), 3 (NEAR), 20 (FAR)."""


def book(instrument: int = H, seconds: float = 0) -> list[Record]:
    return [record(seconds, "A", order, side, price, size, instrument=instrument) for order, side, price, size in BOOK]


def live(seconds: float, action: str, *rest: Any, **more: Any) -> Record:
    return record(seconds, action, *rest, instrument=more.pop("instrument", H), **more)


WORKED = [
    *book(),
    live(6, "A", 21, "A", 100.50, 3),  # ask added at tick 2: AT
    live(6, "A", 22, "A", 101.00, 1),  # ask added at tick 4: NEAR
    live(6, "A", 23, "A", 110.00, 9),  # ask added at tick 40: ignored
    live(7, "C", 1, "A", 100.25, 6),  # rested ask pulled at tick 1: AT
    live(7, "C", 2, "A", 100.75, 2),  # 2 of 3 pulled at tick 3: NEAR
    live(7, "C", 5, "A", 106.00, 50),  # pulled at tick 24: ignored
    live(8, "M", 3, "A", 102.50, 4),  # from tick 6 to 10, with 4: away
    live(8, "M", 4, "A", 103.00, 5),  # from tick 16 to 12: toward
    live(8, "A", 31, "B", 99.50, 5),  # bid added at tick 2: AT
    live(8, "C", 12, "B", 99.25, 4),  # rested bid pulled at tick 3: NEAR
    live(8, "M", 13, "B", 95.25, 2),  # from tick 20 to 19: toward
]
"""The asks then rest at ticks 2 (3), 3 (1), 4 (1), 10 (4), 12 (5), 40 (9); the bids at 1 (8), 2 (5), 19 (2)."""


def test_every_feature_of_a_worked_window() -> None:
    row = rows_of(WORKED)[1]
    assert (row["symbol"], row["reference_price"], row["book_state"]) == ("ESH6", 100.0, "ok")
    ask_start = (6 * 1 + 3 * 3 + 2 * 6 + 5 * 16) / 16  # 107/16
    ask_end = (3 * 2 + 1 * 3 + 1 * 4 + 4 * 10 + 5 * 12) / 14  # 113/14
    bid_start = (8 * 1 + 4 * 3 + 2 * 20) / 14  # 60/14
    bid_end = (8 * 1 + 5 * 2 + 2 * 19) / 15  # 56/15
    ask_disp, bid_disp = math.log((ask_end + 1) / (ask_start + 1)), math.log((bid_end + 1) / (bid_start + 1))
    ask_pull_add = math.log((8 + 1) / (4 + 1))  # 6 + 2 pulled, 3 + 1 added
    bid_pull_add = math.log((4 + 1) / (5 + 1))
    expected = {
        "f1_ask_com_disp_log": ask_disp,
        "f1_ask_slope_convex_log": math.log((0 + 1) / (2 + 1)),  # FAR 0, NEAR 1 + 1
        "f1_ask_slope_inner_log": math.log((2 + 1) / (3 + 1)),
        "f1_ask_at_share_delta": 3 / 15 - 6 / 17,
        "f1_ask_near_share_delta": 2 / 15 - 3 / 17,
        "f1_ask_reprice_away_share_rest": 4 / (4 + 5 + 1),
        "f2_ask_pull_add_log_rest": ask_pull_add,
        "f2_ask_pull_intensity_log_rest": math.log(1 + 8 / 17),
        "f2_ask_at_pull_share_rest": 6 / 9,
        "f2_ask_near_pull_share_rest": 2 / 9,
        "f3_bid_com_disp_log": bid_disp,
        "f3_bid_slope_convex_log": math.log((2 + 1) / (0 + 1)),
        "f3_bid_slope_inner_log": math.log((0 + 1) / (13 + 1)),
        "f3_bid_at_share_delta": 13 / 16 - 8 / 15,
        "f3_bid_near_share_delta": 0 / 16 - 4 / 15,
        "f3_bid_reprice_away_share_rest": 0 / (0 + 2 + 1),
        "f4_bid_pull_add_log_rest": bid_pull_add,
        "f4_bid_pull_intensity_log_rest": math.log(1 + 4 / 15),
        "f4_bid_at_pull_share_rest": 0 / 5,
        "f4_bid_near_pull_share_rest": 4 / 5,
        "f5_vacuum_expansion_log": ask_disp + bid_disp,
        "f6_vacuum_decay_log": ask_pull_add + bid_pull_add,
        "f7_vacuum_total_log": ask_disp + bid_disp + ask_pull_add + bid_pull_add,
        "f8_ask_bbo_dist_ticks": 2,
        "f9_bid_bbo_dist_ticks": 1,
        "u1_ask_com_disp_log": ask_disp,
        "u2_ask_slope_convex_log": math.log(1 / 3),
        "u2_ask_slope_inner_log": math.log(3 / 4),
        "u3_ask_at_share_decay": 6 / 17 - 3 / 15,
        "u3_ask_near_share_decay": 3 / 17 - 2 / 15,
        "u4_ask_reprice_away_share_rest": 0.4,
        "u5_ask_pull_add_log_rest": ask_pull_add,
        "u6_ask_pull_intensity_log_rest": math.log(25 / 17),
        "u7_ask_at_pull_share_rest": 6 / 9,
        "u7_ask_near_pull_share_rest": 2 / 9,
        "u8_bid_com_approach_log": -bid_disp,
        "u9_bid_slope_support_log": -math.log(3),
        "u9_bid_slope_inner_log": math.log(14),
        "u10_bid_at_share_rise": 13 / 16 - 8 / 15,
        "u10_bid_near_share_rise": -4 / 15,
        "u11_bid_reprice_toward_share_rest": 1.0,
        "u12_bid_add_pull_log_rest": math.log(6 / 5),
        "u13_bid_add_intensity_log": math.log(1 + 5 / 15),
        "u14_bid_far_pull_share_rest": 1 - 0 - 4 / 5,
        "u15_up_expansion_log": ask_disp - bid_disp,
        "u16_up_flow_log": ask_pull_add - bid_pull_add,
        "u17_up_total_log": ask_disp - bid_disp + ask_pull_add - bid_pull_add,
        "u18_ask_bbo_dist_ticks": 2,
        "u19_bid_bbo_dist_ticks": 1,
    }
    assert list(expected) == list(base_features())
    assert set(features(None)) == set(base_features())  # the twin knows every feature
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_a_quiet_window_has_a_row_that_says_so() -> None:
    """Nothing happens: no displacement, no flow, half of the re-pricing that was not; the slopes are those of the book."""
    row = rows_of(book())[1]
    for name in ("f1_ask_com_disp_log", "f1_ask_at_share_delta", "f2_ask_pull_add_log_rest", "f4_bid_near_pull_share_rest"):
        assert row[name] == 0.0
    assert row["f1_ask_reprice_away_share_rest"] == row["u11_bid_reprice_toward_share_rest"] == 0.5
    assert row["f3_bid_slope_convex_log"] == pytest.approx(math.log(3 / 5))
    assert row["u14_bid_far_pull_share_rest"] == 1.0
    assert not any(math.copysign(1, row[name]) < 0 for name in base_features() if row[name] == 0.0)


def test_an_empty_side_is_twenty_ticks_away_and_has_no_best_price() -> None:
    row = rows_of([*book(), live(6, "R", 0, "N", None, 0)])[1]
    assert row["f1_ask_com_disp_log"] == pytest.approx(math.log(21 / (107 / 16 + 1)))
    assert (row["f8_ask_bbo_dist_ticks"], row["u19_bid_bbo_dist_ticks"], row["book_state"]) == (None, None, "empty")
    assert row["f1_ask_slope_convex_log"] == 0.0


def test_the_first_values_are_null_and_differences_follow_one_by_one() -> None:
    rows = rows_of(
        [*book(), live(11, "C", 1, "A", 100.25, 2), live(16, "C", 1, "A", 100.25, 1), live(21, "A", 51, "A", 100.5, 7)]
    )
    name = "f1_ask_slope_inner_log"
    at = [6, 6, 4, 3, 10]
    x = [None, *(math.log(4 / (depth + 1)) for depth in at[1:])]
    assert [row[name] for row in rows[:5]] == pytest.approx(x)
    assert [row[f"d1_{name}"] for row in rows[:5]] == pytest.approx([None, None, x[2] - x[1], x[3] - x[2], x[4] - x[3]])
    assert [row[f"d2_{name}"] for row in rows[:4]] == pytest.approx([None, None, None, x[3] - 2 * x[2] + x[1]])
    assert rows[4][f"d3_{name}"] == pytest.approx(x[4] - 3 * x[3] + 3 * x[2] - x[1])
    assert [row[f"d3_{name}"] for row in rows[:4]] == [None] * 4
    assert [value for key, value in rows[0].items() if key not in ("ts_window_end", "symbol", "session_date", "book_state")] == (
        [None] * (1 + 8 + 4 * len(base_features()))
    )


def test_no_difference_reaches_over_a_gap_while_the_book_goes_on() -> None:
    windows = windows_of([Session(START, START + 20 * NS, DAY), Session(START + 60 * NS, START + 80 * NS, DAY)])
    rows = rows_of(book(), windows=windows)
    assert len(rows) == 8
    assert [row["d1_f8_ask_bbo_dist_ticks"] for row in rows] == [None, None, 0.0, 0.0, None, 0.0, 0.0, 0.0]
    assert [row["d3_f8_ask_bbo_dist_ticks"] for row in rows] == [None] * 7 + [0.0]
    assert [row["f8_ask_bbo_dist_ticks"] for row in rows] == [None] + [1.0] * 7


def test_no_ok_book_at_the_start_is_null_and_breaks_the_differences() -> None:
    rows = rows_of([*book(), live(14, "A", 61, "B", 100.25, 1), live(16, "C", 61, "B", 100.25, 1)])
    assert [row["book_state"] for row in rows[1:5]] == ["ok", "crossed", "ok", "ok"]
    assert [row["reference_price"] for row in rows[1:5]] == [100.0, 100.0, None, 100.0]
    assert [row["d1_u2_ask_slope_inner_log"] is None for row in rows[1:7]] == [True, False, True, True, False, False]


def trade(seconds: float, size: int, *, instrument: int) -> Record:
    return record(seconds, "T", 0, "B", 100.0, size, instrument=instrument)


def test_without_options_the_future_traded_most_so_far_is_kept() -> None:
    """M6 overtakes H6 in the third window, H6 it in the fifth by one contract less than it had, which is not enough."""
    records = [*book(M), *book(H), *book(U), trade(1, 5, instrument=H), trade(11, 9, instrument=M), trade(21, 3, instrument=H)]
    assert [row["symbol"] for row in rows_of(records)] == ["ESH6", "ESH6", *["ESM6"] * 6]


def test_of_equal_volume_the_earliest_delivery_is_kept() -> None:
    records = [*book(U), *book(M, 6), trade(7, 4, instrument=M), trade(7, 4, instrument=U), *book(H, 21)]
    assert [row["symbol"] for row in rows_of(records)] == ["ESU6", *["ESM6"] * 7]


def test_a_delivery_is_earlier_by_its_year_first() -> None:
    records = [*book(M), *book(H)]
    assert {row["symbol"] for row in rows_of(records, symbols={M: "ESU6", H: "ESH7"})} == {"ESU6"}


def test_the_volume_of_windows_long_past_counts_across_row_groups() -> None:
    windows = windows_of([Session(START, START + 2500 * NS, DAY)])
    records = [*book(M), *book(H), trade(1, 5, instrument=M), trade(2000, 4, instrument=H), trade(2100, 2, instrument=H)]
    rows = rows_of(records, windows=windows)
    assert [row["symbol"] for row in rows] == ["ESM6"] * 420 + ["ESH6"] * 80
    assert {row["d3_f8_ask_bbo_dist_ticks"] for row in rows[4:]} == {0.0}


def test_the_future_that_silver_gex_names_is_kept_and_its_differences_look_back_on_its_own_windows() -> None:
    """The underlying rolls from H6 to M6 in the fourth window: M6's differences are M6's."""
    records = [*book(H), *book(M), live(16, "C", 1, "A", 100.25, 2, instrument=M), trade(1, 5, instrument=U)]
    rows = rows_of(records, {end: ["ESH6" if place < 3 else "ESM6"] for place, end in enumerate(ENDS)})
    assert [row["symbol"] for row in rows] == ["ESH6"] * 3 + ["ESM6"] * 5
    name = "u2_ask_slope_inner_log"
    assert rows[3][f"d1_{name}"] == pytest.approx(math.log(4 / 5) - math.log(4 / 7))
    assert rows[3][f"d2_{name}"] == pytest.approx(rows[3][f"d1_{name}"])
    assert rows[3][f"d3_{name}"] is None


def test_two_underlyings_have_two_rows_in_the_order_of_the_alphabet() -> None:
    rows = rows_of([*book(M), *book(H)], dict.fromkeys(ENDS, ("ESM6", "ESH6")))
    assert [(row["ts_window_end"], row["symbol"]) for row in rows] == [(end, name) for end in ENDS for name in ("ESH6", "ESM6")]


def test_a_future_named_but_not_met_has_rows_that_know_nothing() -> None:
    records = [*book(H), *book(M, 11)]
    rows = rows_of(records, {**dict.fromkeys(ENDS[:4], ("ESM6",)), **dict.fromkeys(ENDS[4:], ("ESZ9",))})
    assert [row["book_state"] for row in rows] == ["unseen", "unseen", "ok", "ok", *["unseen"] * 4]
    assert [row["reference_price"] for row in rows] == [None, None, None, 100.0, *[None] * 4]


def test_rows_begin_with_the_first_record_of_any_future() -> None:
    rows = rows_of(book(H, 17), dict.fromkeys(ENDS, ("ESM6",)))
    assert [row["ts_window_end"] for row in rows] == ENDS[3:]


def test_without_futures_there_are_no_rows() -> None:
    assert rows_of([], dict.fromkeys(ENDS, ("ESH6",))) == []


def test_of_two_instruments_with_one_symbol_the_lower_is_kept_and_the_other_counted() -> None:
    tally: Counter[str] = Counter()
    records = [*book(M), live(11, "A", 1, "A", 100.25, 1, instrument=H)]
    rows = rows_of(records, symbols={H: "ESH6", M: "ESH6"}, tally=tally, places=[len(BOOK)])
    assert [row["book_state"] for row in rows[:4]] == ["ok", "ok", "one_sided", "one_sided"]
    assert (tally["future_quoted_twice"], tally["rows"], tally["records"]) == (6, 8, len(BOOK) + 1)
    assert tally["windows_without_reference_price"] == 1 + 6


def test_snapshot_books_are_known_from_the_window_after() -> None:
    records = [one._replace(flags=SNAPSHOT | LAST, ts_recv=START) for one in book()]
    rows = rows_of(records)
    assert [row["reference_price"] for row in rows[:3]] == [None, 100.0, 100.0]
    assert rows[1]["u13_bid_add_intensity_log"] == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_rows_know_nothing_of_what_comes_after_their_window(seed: int) -> None:
    records = several_futures(seed)
    names = dict.fromkeys(ENDS[2:], ("ESH6",))
    whole = pa.concat_tables(tables_of(records, names))
    for end, following in pairwise(ENDS):
        kept = [one for one in records if one.ts_recv < end]
        tables = tables_of(kept, {when: said for when, said in names.items() if when <= end})
        found = pa.concat_tables([SILVER_VACUUM.empty(), *tables])
        before, expected = (table.filter(pc.less(table["ts_window_end"], following)) for table in (found, whole))
        assert before.to_pylist() == expected.to_pylist()
        assert before.num_rows or not kept
