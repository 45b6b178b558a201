"""Other definitions, statistics and odd values of the kinds that once went wrong, judged in published tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard

from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping
from gex_assets_tests.defs.deliveries.small_lakes import (
    BOOK,
    CALL,
    CHAIN,
    FUTURES,
    HOUR,
    MINUTE,
    NEWER,
    OLDER,
    OPTIONS,
    PUT,
    QUOTES,
    SPREAD,
    Given,
    at,
    chain_of,
    ends,
    made,
    mbo,
    quotes,
    rows,
    run,
    said,
    snapshot,
    take,
)
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, definitions, mapping, stat_records

pytestmark = pytest.mark.long

MONDAY = MIDNIGHT - 24 * HOUR
FRIDAY = MIDNIGHT - 96 * HOUR


def defined(*stated: tuple[float, int, str, Any]) -> np.ndarray:
    """Definitions as (seconds, instrument, symbol, columns)."""
    records = [
        {"ts_recv": int(seconds * SECOND), "instrument_id": one, "raw_symbol": name, **other}
        for seconds, one, name, other in stated
    ]
    return definitions(records, version=3)


def listed_late() -> list[Given]:
    orders = mbo(*snapshot(CALL, *BOOK), (360, PUT, "AB", {"price": 10, "size": 3}))
    terms = defined(
        (120, PUT, OPTIONS[PUT], {}),
        (300, CALL, OPTIONS[CALL], {}),
        (240, 102, "ESH6 C7000", {}),  # steps back: it counts from 300 on
    )
    named = {**OPTIONS, 102: "ESH6 C7000"}
    return [Given("option_mbo", orders, named), Given("option_definition", terms, named)]


def test_b2_definitions_in_the_middle_of_the_file_list_what_has_no_record_yet(tmp_path: Path) -> None:
    made(tmp_path, listed_late(), QUOTES)
    assert list(quotes(tmp_path, CALL)) == ends((0, 600))
    put, silent = quotes(tmp_path, PUT), quotes(tmp_path, 102)
    assert list(silent) == ends((300, 600))
    assert {row["book_state"] for row in silent.values()} == {"unseen"}
    assert list(put) == ends((120, 600))
    at(put[360], book_state="unseen", bid_depth=0)
    at(put[365], book_state="one_sided", bid_depth=3)


def test_b2_cut_before_the_first_record_and_a_definition_the_rows_before_are_the_same(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    made(whole, listed_late(), QUOTES)
    made(cut, [one.cut(200 * SECOND) for one in listed_late()], QUOTES)
    for one in (CALL, PUT, 102):
        early = [{end: row for end, row in quotes(root, one).items() if end <= 200} for root in (whole, cut)]
        assert early[0] == early[1]
    assert len(quotes(cut, PUT)) == len(ends((120, 600)))


@pytest.mark.parametrize("expirations", ["front", 1])
def test_b3_a_nearer_series_that_comes_late_changes_no_row_before_it(tmp_path: Path, expirations: Any) -> None:
    named = {CALL: "ESM6 C6900", PUT: "EW2F6 P6900", 102: "ESH6 C8000"}
    orders = mbo(*snapshot(CALL, *BOOK), (180, 102, "AB", {}), (420, PUT, "AB", {}))
    terms = defined((300, 102, "ESH6 C8000", {}), (480, PUT, "EW2F6 P6900", {}))
    asked = {"symbols": ["ES.OPT", "EW2.OPT"]}
    files = [Given("option_mbo", orders, named, asked=asked), Given("option_definition", terms, named, asked=asked)]
    found = {}
    for cut in (150, 240, 330, 450, 600):
        root = tmp_path / str(cut)
        made(
            root,
            [one.cut(cut * SECOND) for one in files],
            QUOTES,
            expirations=expirations,
            option_families=("quarterly", "weekly"),
        )
        found[cut] = rows(root, QUOTES)
        for shorter, known in found.items():
            until = MIDNIGHT + shorter * SECOND
            assert [row for row in found[cut] if row["ts_window_end"] <= until] == [
                row for row in known if row["ts_window_end"] <= until
            ], (shorter, cut)


def legs(seconds: float, name: str, *parts: tuple[int, str, int]) -> list[tuple[float, int, str, Any]]:
    """A spread's definition, one record for each leg (instrument, side, ratio)."""
    return [
        (
            seconds,
            SPREAD,
            name,
            {
                "leg_count": len(parts),
                "leg_index": place,
                "leg_instrument_id": one,
                "leg_side": side,
                "leg_ratio_qty_numerator": ratio,
                "leg_ratio_qty_denominator": 1,
            },
        )
        for place, (one, side, ratio) in enumerate(parts)
    ]


def test_b8_a_spreads_id_used_three_times_in_ten_minutes(tmp_path: Path) -> None:
    first, second, third = "UD:1V: VT 111", "UD:1V: GN 222", "UD:1V: RR 333"
    named = {**OPTIONS, SPREAD: first}
    terms = defined(
        (0, CALL, OPTIONS[CALL], {}),
        (0, PUT, OPTIONS[PUT], {}),
        *legs(0, first, (CALL, "B", 1), (PUT, "A", 1)),
        *legs(180, second, (CALL, "A", 1), (PUT, "B", 1)),
        *legs(360, third, (CALL, "B", 1), (PUT, "B", 2)),
    )
    traded = mbo(
        *snapshot(CALL, *BOOK),
        *snapshot(PUT, *BOOK),
        (60, SPREAD, "TB", {"size": 7}),
        (180, SPREAD, "TB", {"size": 3}),
        (359, SPREAD, "TN", {"size": 2}),
        (420, SPREAD, "TA", {"size": 5}),
    )
    made(tmp_path, [Given("option_mbo", traded, named), Given("option_definition", terms, named)], CHAIN)
    assert [row["raw_symbol"] for row in rows(tmp_path, "bronze_option_trades")] == [first, second, second, third]
    chain = chain_of(tmp_path)
    for end, call, put, call_volume, put_volume in [
        (60, 0, 0, 0, 0),
        (65, -7, 7, 7, 7),
        (180, -7, 7, 7, 7),
        (185, -4, 4, 10, 10),
        (360, -4, 4, 12, 12),
        (425, 1, 14, 17, 22),
    ]:
        at(chain[end], call_flow_inventory=call, put_flow_inventory=put, call_volume=call_volume, put_volume=put_volume)


def test_b9_futures_from_the_afternoon_are_incomplete_until_a_clear(tmp_path: Path) -> None:
    start = 15 * HOUR
    noon = 15 * 3600
    records = mbo(
        (noon + 1, 1, "AB", {"price": 6900, "size": 5, "order_id": 1}),
        (noon + 1, 1, "AA", {"price": 6901, "size": 5, "order_id": 2}),
        (noon + 2, 2, "AA", {"price": 6951, "size": 5, "order_id": 2}),
        (noon + 60, 2, "RN", {"order_id": 0, "size": 0}),
        (noon + 60, 2, "AA", {"price": 6950, "size": 1, "order_id": 3}),
    )
    done = made(
        tmp_path,
        [Given("future_mbo", records, FUTURES, NEWER, start=start, end=start + 5 * MINUTE)],
        "silver_future_quotes",
    )
    one, two = (quotes(tmp_path, future, "silver_future_quotes") for future in (1, 2))
    assert list(one) == list(two) == ends((noon, noon + 300))
    assert {(row["book_state"], row["is_complete"]) for row in one.values()} == {("ok", False)}
    at(two[noon + 60], is_complete=False, ask_depth=5)
    at(two[noon + 65], is_complete=True, ask_depth=1, ask_pull_size=0, ask_add_size=1)
    assert said(done, "silver_future_quotes", "books_are_complete")


@pytest.mark.parametrize(("start", "complete"), [(0, True), (23 * 60 + 30, False)])
def test_b9_the_start_of_the_week_stands_behind_a_sundays_books(tmp_path: Path, start: int, complete: bool) -> None:
    sunday = date(2026, 1, 4)
    before = -48 * 3600
    first = before + 23 * 3600 + 30 * 60 + 5
    records = mbo(
        (first, CALL, "AB", {"price": 10, "size": 5, "order_id": 1}), (first, CALL, "AA", {"price": 11, "size": 4, "order_id": 2})
    )
    times = {"start": before * SECOND + start * MINUTE, "end": -24 * HOUR}
    mappings = [mapping(OPTIONS[CALL], CALL, sunday)]
    one = Given("option_mbo", records, {}, **times, asked={"mappings": mappings})
    (came,) = take(tmp_path, [one])
    assert (came.status, came.day) == ("added", sunday), came.why
    done = run(tmp_path, QUOTES, day=sunday)
    assert done.success, done.failure
    found = quotes(tmp_path, CALL, day=sunday)
    assert list(found) == ends((before + 84_605, before + 86_400))
    assert {row["is_complete"] for row in found.values()} == {complete}
    assert said(done, QUOTES, "books_are_complete") != complete


def test_b10_undefined_sizes_change_nothing_whatever_the_action(tmp_path: Path) -> None:
    none = 2**32 - 1
    records = mbo(
        *snapshot(CALL, *BOOK, ("A", 12, none, 30)),
        (60, CALL, "MB", {"price": 10.5, "size": none, "order_id": 1}),
        (120, CALL, "CA", {"price": 11, "size": none, "order_id": 2}),
        (180, CALL, "FB", {"price": 10, "size": none, "order_id": 1, "flags": 0}),
        (180, CALL, "CB", {"price": 10, "size": 2, "order_id": 1}),
        (240, CALL, "TB", {"price": 11, "size": none}),
        (300, CALL, "AB", {"price": 9, "size": none, "order_id": 9}),
        (360, CALL, "MB", {"price": 9, "size": 3, "order_id": 9}),
    )
    done = made(tmp_path, [Given("option_mbo", records, OPTIONS)], CHAIN)
    found = quotes(tmp_path, CALL)
    at(found[5], bid_depth=5, ask_depth=4, ask_levels=1)
    at(found[65], bid_price=10.0, bid_depth=5, bid_reprice_toward_size=0, bid_pull_size=0, bid_add_size=0)
    at(found[125], ask_depth=4, ask_pull_size=0)
    at(found[185], bid_depth=3, bid_pull_size=2, bid_exec_size=0)
    at(found[245], trade_buy_size=0, aggressor_net=0, last_trade_price=None)
    at(found[305], bid_depth=3, bid_add_size=0)
    at(found[365], bid_depth=6, bid_add_size=3, bid_add_count=1)
    assert said(done, "books_are_sane", "6 undefined_size")
    chain = chain_of(tmp_path)
    at(chain[600], call_volume=0, call_flow_inventory=0, call_resting_size=10)


def test_b11_multipliers_below_0_and_undefined_are_the_products_and_a_ratio_of_0_is_no_leg(tmp_path: Path) -> None:
    named = {**OPTIONS, 102: "ESH6 C7000", SPREAD: "UD:1V: VT 111"}
    terms = defined(
        (0, CALL, OPTIONS[CALL], {"unit_of_measure_qty": -50 * SECOND}),
        (0, PUT, OPTIONS[PUT], {"unit_of_measure_qty": 20 * SECOND}),
        (0, 102, "ESH6 C7000", {}),
        *legs(0, "UD:1V: VT 111", (CALL, "B", 0), (PUT, "A", 1)),
    )
    orders = mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK), (60, SPREAD, "TB", {"size": 7}))
    done = made(tmp_path, [Given("option_mbo", orders, named), Given("option_definition", terms, named)], "bronze_option_trades")
    found = {row["instrument_id"]: row["multiplier"] for row in rows(tmp_path, "bronze_option_instruments")}
    assert found == {CALL: 50.0, PUT: 20.0, 102: 50.0}
    assert said(done, "names_and_terms_agree", "2 odd_multiplier")
    (trade,) = rows(tmp_path, "bronze_option_trades")
    at(trade, is_spread=True, legs=None, size=7)


def test_b15_futures_across_midnight_are_two_days_and_books_start_empty(tmp_path: Path) -> None:
    records = mbo(
        (-110, 1, "AB", {"price": 6900, "size": 5, "order_id": 1}),
        (-60, 1, "TB", {"price": 6901, "size": 2}),
        (30, 1, "AA", {"price": 6901, "size": 4, "order_id": 2}),
    )
    monday = date(2026, 1, 5)
    names = [mapping("ESH6", 1, monday, 2)]
    one = Given("future_mbo", records, {}, start=-2 * MINUTE, end=3 * MINUTE, asked={"mappings": names})
    came = take(tmp_path, [one])
    assert [(one.day, one.status) for one in came] == [(monday, "added"), (DAY, "added")]
    for day in (monday, DAY):
        assert run(tmp_path, "silver_future_quotes", day=day).success
    before, after = (quotes(tmp_path, 1, "silver_future_quotes", day=day) for day in (monday, DAY))
    assert list(before) == [end for end in ends((-120, 0)) if end > -110]
    assert list(after) == ends((30, 180))
    at(before[0], bid_depth=5, aggressor_net=2, is_complete=False)
    at(after[35], bid_depth=0, ask_depth=4, aggressor_net=0, is_complete=False, book_state="one_sided")


def test_b15_statistics_of_three_dates_are_three_files_and_all_count_on_the_last(tmp_path: Path) -> None:
    stats = stat_records(
        [
            {"ts_recv": int(hours * HOUR), "instrument_id": CALL, "stat_type": 9, "ts_ref": ref, "quantity": quantity}
            for hours, ref, quantity in [(-30, FRIDAY, 90), (-10, MONDAY, 100), (0, MONDAY, 110)]
        ],
        version=3,
    )
    names = [mapping(OPTIONS[CALL], CALL, date(2026, 1, 4), 3)]
    asked = {"mappings": names}
    orders = Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS)
    came = take(tmp_path, [Given("option_statistics", stats, {}, start=-36 * HOUR, end=HOUR, asked=asked), orders])
    assert [one.day for one in came] == [date(2026, 1, 4), date(2026, 1, 5), DAY, DAY]
    assert run(tmp_path, CHAIN).success
    found = [(row["file_date"].day, row["quantity"]) for row in rows(tmp_path, "bronze_option_statistics")]
    assert found == [(4, 90), (5, 100), (6, 110)]
    assert {row["call_open_interest"] for row in rows(tmp_path, CHAIN)} == {110.0}


def test_b16_a_deletion_withdraws_only_the_value_that_it_names(tmp_path: Path) -> None:
    undated = 2**64 - 1
    stated = [
        (60, FRIDAY, 90, 1),
        (120, MONDAY, 100, 1),
        (180, undated, 777, 1),
        (240, FRIDAY, 90, 2),
        (300, MONDAY, 100, 2),
        (360, MONDAY, 110, 1),
        (420, FRIDAY, 95, 1),
    ]
    stats = stat_records(
        [
            {
                "ts_recv": seconds * SECOND,
                "instrument_id": CALL,
                "stat_type": 9,
                "ts_ref": ref,
                "quantity": quantity,
                "update_action": action,
            }
            for seconds, ref, quantity, action in stated
        ],
        version=3,
    )
    files = [Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS), Given("option_statistics", stats, OPTIONS)]
    made(tmp_path, files, CHAIN)
    chain = chain_of(tmp_path)
    for end, value, ref in [
        (60, None, None),
        (65, 90, FRIDAY),
        (125, 100, MONDAY),
        (185, 100, MONDAY),
        (245, 100, MONDAY),
        (305, 777, None),
        (365, 110, MONDAY),
        (425, 110, MONDAY),
    ]:
        at(chain[end], call_open_interest=value, call_open_interest_ts_ref=ref)


def skip_frames(path: Path) -> None:
    """Put frames that readers skip before, between and after a file's frames."""
    skipped = b"\x5a\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    content, out = path.read_bytes(), b""
    while content:
        frame = zstandard.ZstdDecompressor().decompressobj()
        frame.decompress(content)
        rest = frame.unused_data
        out += skipped + content[: len(content) - len(rest)]
        content = rest
    path.write_bytes(out + skipped)


def test_b16_frames_to_be_skipped_lie_anywhere_and_futures_are_asked_for_by_id(tmp_path: Path) -> None:
    named = (SymbolMapping("1", (MappingInterval(DAY, date(2026, 1, 7), "ESH6"),)),)
    by_id = {"symbols": ["1"], "stype_in": "instrument_id", "stype_out": "raw_symbol", "mappings": named}
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS, OLDER, spoil=skip_frames),
        Given("future_mbo", mbo(*snapshot(1, *BOOK)), {}, asked=by_id, spoil=skip_frames),
    ]
    made(tmp_path, files, QUOTES, "silver_future_quotes")
    at(quotes(tmp_path, CALL)[600], bid_depth=5, is_complete=True)
    at(quotes(tmp_path, 1, "silver_future_quotes")[600], bid_depth=5, symbol="ESH6", is_complete=True)
