"""Other statistics, late names and holes of the kinds that once went wrong, judged in published tables."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

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

FRIDAY, MONDAY, TUESDAY = MIDNIGHT - 96 * HOUR, MIDNIGHT - 24 * HOUR, MIDNIGHT


def open_interest(*stated: tuple[float, int, int, int]) -> np.ndarray:
    """Open interest as (seconds, instrument, ts_ref, quantity)."""
    records = [
        {"ts_recv": int(seconds * SECOND), "instrument_id": one, "stat_type": 9, "ts_ref": ref, "quantity": quantity}
        for seconds, one, ref, quantity in stated
    ]
    return stat_records(records, version=3)


@pytest.mark.parametrize("same", [False, True])
def test_b4_definitions_of_two_jobs_are_read_by_what_was_asked_for(tmp_path: Path, same: bool) -> None:
    def terms(*stated: tuple[int, int]) -> np.ndarray:
        records = [
            {"instrument_id": one, "raw_symbol": OPTIONS[one], "unit_of_measure_qty": size * SECOND} for one, size in stated
        ]
        return definitions(records, version=3)

    one = {"symbols": [OPTIONS[CALL]], "stype_in": "raw_symbol"}
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK)), OPTIONS),
        Given("option_definition", terms((CALL, 20), (PUT, 20)), OPTIONS, OLDER),
        Given("option_definition", terms((CALL, 25)), OPTIONS, NEWER)
        if same
        else Given("option_definition", terms((CALL, 25)), {CALL: OPTIONS[CALL]}, NEWER, asked=one),
    ]
    made(tmp_path, files, "bronze_option_instruments")
    found = {row["instrument_id"]: (row["multiplier"], row["source"]) for row in rows(tmp_path, "bronze_option_instruments")}
    assert found == {CALL: (25.0, "definition"), PUT: (50.0, "symbol") if same else (20.0, "definition")}


def test_b4_statistics_of_a_newer_job_take_over_at_its_start(tmp_path: Path) -> None:
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS),
        Given("option_statistics", open_interest((60, CALL, FRIDAY, 90), (240, CALL, MONDAY, 100)), OPTIONS, OLDER),
        Given("option_statistics", open_interest((300, CALL, MONDAY, 105)), OPTIONS, NEWER, start=3 * MINUTE),
    ]
    made(tmp_path, files, CHAIN)
    chain = chain_of(tmp_path)
    assert [chain[end]["call_open_interest"] for end in (60, 65, 245, 300, 305)] == [None, 90.0, 90.0, 90.0, 105.0]
    assert {row["job_id"]: row["superseded"] for row in rows(tmp_path, "raw_option_statistics")} == {OLDER: 1, NEWER: 0}


def test_b16_flow_counts_from_the_end_of_the_session_that_open_interest_is_about(tmp_path: Path) -> None:
    evening = 23 * 3600
    morning = mbo(*snapshot(CALL, *BOOK), (30, CALL, "TB", {"price": 11, "size": 8}))
    late = mbo((evening + 60, CALL, "TA", {"price": 10, "size": 6}))
    stats = open_interest((120, CALL, MONDAY, 100), (300, CALL, TUESDAY, 120))
    files = [
        Given("option_mbo", morning, OPTIONS),
        Given("option_mbo", late, OPTIONS, start=(evening - 120) * SECOND, end=(evening + 300) * SECOND),
        Given("option_statistics", stats, OPTIONS, end=24 * HOUR),
    ]
    made(tmp_path, files, CHAIN)
    chain = chain_of(tmp_path)
    assert list(chain) == ends((0, 600), (evening, evening + 300))
    at(chain[65], call_oi_plus_flow=None, call_flow_inventory=-8)
    at(chain[125], call_oi_plus_flow=104.0)
    at(chain[305], call_oi_plus_flow=120.0, call_flow_inventory=-8)
    at(chain[evening + 60], call_oi_plus_flow=120.0, call_flow_inventory=0, call_resting_size=None)
    at(chain[evening + 65], call_oi_plus_flow=123.0, call_flow_inventory=6)


def test_b16_statistics_of_five_days_before_count_and_of_six_do_not(tmp_path: Path) -> None:
    files = [Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS)]
    for days, quantity, ref in [(6, 50, MONDAY), (5, 60, FRIDAY)]:
        day = DAY - timedelta(days=days)
        start = -days * 24 * HOUR
        names = {"mappings": [mapping(OPTIONS[CALL], CALL, day)]}
        stats = open_interest((start // SECOND + 60, CALL, ref, quantity))
        files.append(Given("option_statistics", stats, {}, start=start, end=start + 24 * HOUR, asked=names))
    assert [one.status for one in take(tmp_path, files)] == ["added"] * 3
    assert run(tmp_path, CHAIN).success
    assert [row["file_date"] for row in rows(tmp_path, "bronze_option_statistics")] == [date(2026, 1, 1)]
    assert {(row["call_open_interest"], row["call_open_interest_ts_ref"]) for row in rows(tmp_path, CHAIN)} == {(60.0, FRIDAY)}


def test_b7_statistics_of_unmapped_ids_are_judged_and_left_out(tmp_path: Path) -> None:
    stats = open_interest((1, CALL, MONDAY, 5), (2, 999, MONDAY, 7))
    files = [Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS), Given("option_statistics", stats, OPTIONS)]
    done = made(tmp_path, files, "bronze_option_statistics")
    assert said(done, "bronze_option_statistics", "1 unmapped_statistic")
    assert [(row["instrument_id"], row["quantity"]) for row in rows(tmp_path, "bronze_option_statistics")] == [(CALL, 5)]


def test_b2_what_the_header_does_not_map_is_read_from_its_definition_on_if_it_was_asked_for(tmp_path: Path) -> None:
    late, weekly, spread = 102, 103, 201
    orders = mbo(
        *snapshot(CALL, *BOOK),
        (30, weekly, "AB", {}),
        (60, late, "AB", {"price": 9, "size": 2, "order_id": 1}),
        (90, spread, "TB", {"size": 4}),
        (100, SPREAD, "TB", {"size": 1}),
        (180, late, "AB", {"price": 9, "size": 3, "order_id": 2}),
    )
    listed = [(0, weekly, "EW3F6 C6900"), (0, spread, "UD:1V: VT 222"), (0, CALL, OPTIONS[CALL]), (120, late, "ESH6 C7000")]
    records = [{"ts_recv": moment * SECOND, "instrument_id": one, "raw_symbol": name} for moment, one, name in listed]
    files = [
        Given("option_mbo", orders, {CALL: OPTIONS[CALL], SPREAD: "UD:1V: VT 111"}),
        Given("option_definition", definitions(records, version=3), {CALL: OPTIONS[CALL], SPREAD: "UD:1V: VT 111"}),
    ]
    done = made(tmp_path, files, QUOTES, "bronze_option_trades", option_families=("quarterly", "weekly"))
    found = quotes(tmp_path, late)
    assert list(found) == ends((120, 600))
    at(found[180], book_state="unseen")
    at(found[185], bid_depth=3, bid_add_size=3)
    assert quotes(tmp_path, weekly) == {}
    assert [row["instrument_id"] for row in rows(tmp_path, "bronze_option_trades")] == [SPREAD]
    assert said(done, "books_are_sane", "3 unknown_instrument")


def test_b10_a_futures_trade_and_cancel_of_no_size_change_nothing(tmp_path: Path) -> None:
    none = 2**32 - 1
    records = mbo(
        *snapshot(1, ("B", 6900, 5, 1), ("A", 6901, 4, 2)),
        (60, 1, "TB", {"price": 6901, "size": none}),
        (61, 1, "TB", {"price": 6900.5, "size": 2}),
        (120, 1, "CB", {"price": 6900, "size": none, "order_id": 1}),
        (180, 1, "MA", {"price": 6900.75, "size": none, "order_id": 2}),
        (240, 1, "AB", {"price": 6900, "size": none, "order_id": 1}),
    )
    made(tmp_path, [Given("future_mbo", records, FUTURES)], "silver_future_quotes", "silver_future_bbo")
    found = quotes(tmp_path, 1, "silver_future_quotes")
    at(found[65], vwap=6900.5, trade_buy_size=2, aggressor_net=2, last_trade_price=6900.5)
    at(found[600], bid_price=6900.0, bid_depth=5, ask_price=6901.0, ask_depth=4, is_complete=True, book_state="ok")
    assert {found[end]["bid_pull_size"] + found[end]["bid_add_size"] for end in (125, 245)} == {0}
    assert [(row["bid_price"], row["ask_price"]) for row in rows(tmp_path, "silver_future_bbo")] == [(6900.0, 6901.0)]


def test_b15_a_request_over_a_weekend_is_a_friday_and_a_sunday(tmp_path: Path) -> None:
    friday, sunday = date(2026, 1, 9), date(2026, 1, 11)
    start, opening = 3 * 24 * 3600 + 21 * 3600 + 58 * 60, 5 * 24 * 3600 + 23 * 3600
    records = mbo(
        (start + 1, 1, "AB", {"price": 6900, "size": 5, "order_id": 1}),
        (opening - 600, 1, "AB", {"price": 6890, "size": 2, "order_id": 7}),
        (opening + 1, 1, "AA", {"price": 6901, "size": 4, "order_id": 8}),
    )
    names = {"mappings": [mapping("ESH6", 1, friday, 3)]}
    one = Given("future_mbo", records, {}, start=start * SECOND, end=(opening + 120) * SECOND, asked=names)
    assert [came.day for came in take(tmp_path, [one])] == [friday, sunday]
    for day in (friday, sunday):
        assert run(tmp_path, "silver_future_quotes", day=day).success
    before, after = (quotes(tmp_path, 1, "silver_future_quotes", day=day) for day in (friday, sunday))
    assert list(before) == ends((start, start + 120))
    assert {row["is_complete"] for row in before.values()} == {False}
    assert list(after) == ends((opening, opening + 120))
    at(after[opening + 5], bid_depth=2, ask_depth=4, book_state="ok", is_complete=True, bid_add_size=0, ask_add_size=4)
