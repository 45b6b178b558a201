"""Requests that end early, snapshots that follow snapshots, broken files, and kinds whose claims differ."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gex_assets_tests.defs.deliveries.small_lakes import (
    BOOK,
    CALL,
    CHAIN,
    FUTURE_QUOTES,
    FUTURES,
    HOUR,
    MINUTE,
    NEWER,
    OPTIONS,
    PUT,
    QUOTES,
    SPREAD,
    Given,
    at,
    ends,
    made,
    mbo,
    over_midnight,
    quotes,
    rows,
    run,
    said,
    snapshot,
    take,
)
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, definitions, mapping, stat_records

pytestmark = pytest.mark.long

MONDAY = date(2026, 1, 5)


def test_b15_an_open_request_over_midnight_ends_on_its_last_date_only(tmp_path: Path) -> None:
    one = over_midnight(end=None)
    assert [came.status for came in take(tmp_path, [one])] == ["added"] * 2
    for day in (MONDAY, DAY):
        assert run(tmp_path, FUTURE_QUOTES, day=day).success
    assert list(quotes(tmp_path, 1, FUTURE_QUOTES, day=MONDAY)) == ends((-120, 0))
    assert quotes(tmp_path, 1, FUTURE_QUOTES) == {}
    (raw,) = rows(tmp_path, "raw_future_mbo")
    at(raw, claim_times=[{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + 62 * SECOND + 1}])


def test_b9_a_delivery_that_touches_and_opens_with_a_snapshot_alone_replaces_the_book(tmp_path: Path) -> None:
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS, end=3 * MINUTE),
        Given(
            "option_mbo",
            mbo(*snapshot(CALL, ("B", 9, 8, 21), seconds=180, clear=False)),
            OPTIONS,
            start=3 * MINUTE,
        ),
    ]
    made(tmp_path, files, QUOTES)
    found = quotes(tmp_path, CALL)
    at(found[180], bid_depth=5, ask_depth=4, is_complete=True)
    at(found[185], bid_depth=8, ask_depth=0, bid_add_size=0, bid_pull_size=0, ask_pull_size=0, is_complete=True)


@pytest.mark.parametrize(
    ("symbols", "stype", "weekly", "success"),
    [
        (["ES.OPT"], "parent", False, True),
        (["ESH6 C6900"], "raw_symbol", False, True),
        (["ES.OPT", "EW1.OPT"], "parent", True, False),
        (["ES.OPT", "EW1.OPT"], "parent", False, False),  # it maps no weekly, but asked for them
    ],
)
def test_b4_a_broken_lone_file_is_set_aside_where_a_job_covers_what_it_asked_for(
    tmp_path: Path, symbols: list[str], stype: str, weekly: bool, success: bool
) -> None:
    asked = {"symbols": symbols, "stype_in": stype}
    named = {CALL: OPTIONS[CALL], **({103: "EW1G6 C6900"} if weekly else {})}
    lone = Given("option_mbo", mbo((400, CALL, "AB", {})), named, start=5 * MINUTE, asked=asked)
    (came, _) = take(tmp_path, [lone, Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS, NEWER)])
    path = tmp_path / "lake" / str(came.key)
    path.write_bytes(path.read_bytes()[:-1])
    done = run(tmp_path, QUOTES)
    assert done.success == success, done
    if success:
        at(quotes(tmp_path, CALL)[600], bid_depth=5)
        (raw,) = rows(tmp_path, "raw_option_mbo")
        assert raw["set_aside"] == [came.key]


def test_b16_statistics_of_an_earlier_day_are_read_by_its_own_claims(tmp_path: Path) -> None:
    def stats(quantity: int, seconds: int) -> Any:
        said = {"ts_recv": seconds * SECOND, "instrument_id": CALL, "stat_type": 9, "ts_ref": MIDNIGHT - 24 * HOUR}
        return stat_records([{**said, "quantity": quantity}], version=3)

    times = {"start": -24 * HOUR, "end": 0}
    names = {"mappings": [mapping(OPTIONS[CALL], CALL, MONDAY)]}
    lone = {**times, "end": -HOUR, "asked": names}
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS),
        Given("option_statistics", stats(100, -7_200), {}, **{**times, "asked": names, "end": -1}),
        Given("option_statistics", stats(110, -7_300), {}, **lone),
    ]
    assert [one.status for one in take(tmp_path, files)] == ["added"] * 3
    assert run(tmp_path, CHAIN).success
    assert [row["quantity"] for row in rows(tmp_path, "bronze_option_statistics")] == [110]
    assert {row["call_open_interest"] for row in rows(tmp_path, CHAIN)} == {110.0}


def test_b12_names_that_only_a_lone_files_header_did_not_find_are_a_warning(tmp_path: Path) -> None:
    asked = {"symbols": ["ES.OPT", "EW5.OPT"], "not_found": ("EW5.OPT",)}
    done = made(tmp_path, [Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS, asked=asked)], QUOTES)
    assert said(done, "raw_option_mbo", "EW5.OPT")
    assert list(quotes(tmp_path, CALL)) == ends((0, 600))


def test_options_and_futures_of_different_times_have_windows_of_their_own(tmp_path: Path) -> None:
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK)), OPTIONS, end=MINUTE),
        Given(
            "future_mbo",
            mbo(*snapshot(1, ("B", 6900, 5, 1), ("A", 6901, 4, 2), seconds=30), (40, 1, "TB", {"price": 6901, "size": 1})),
            FUTURES,
            start=30 * SECOND,
            end=2 * MINUTE,
        ),
    ]
    done = made(tmp_path, files, "gold_trigger_outcomes", "regime_events", "silver_future_bbo")
    assert not done.failed_checks

    def ends_of(name: str) -> list[int]:
        return sorted({(row["ts_window_end"] - MIDNIGHT) // SECOND for row in rows(tmp_path, name)})

    assert ends_of("silver_forward") == ends_of("silver_gex") == ends_of("regime_scores") == ends((0, 60))
    assert ends_of("silver_vacuum") == ends_of(FUTURE_QUOTES) == ends((30, 120))
    mids = {(row["ts_window_end"] - MIDNIGHT) // SECOND: row["future_mid"] for row in rows(tmp_path, "silver_forward")}
    assert (mids[30], mids[35], mids[60]) == (None, 6900.5, 6900.5)


def test_b8_a_spreads_flow_after_a_hole_starts_with_its_legs(tmp_path: Path) -> None:
    named = {**OPTIONS, SPREAD: "UD:1V: VT 111"}
    common = {"instrument_id": SPREAD, "raw_symbol": named[SPREAD], "leg_count": 2, "leg_ratio_qty_denominator": 1}
    parts = [
        {**common, "leg_index": place, "leg_instrument_id": one, "leg_side": side, "leg_ratio_qty_numerator": ratio}
        for place, (one, side, ratio) in enumerate([(CALL, "A", 3), (PUT, "B", 1)])
    ]
    books = [*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK)]
    files = [
        Given("option_mbo", mbo(*books, (60, SPREAD, "TB", {"size": 2})), named, end=3 * MINUTE),
        Given("option_mbo", mbo((300, SPREAD, "TA", {"size": 1})), named, start=4 * MINUTE),
        Given("option_definition", definitions(parts, version=3), named),
    ]
    made(tmp_path, files, CHAIN)
    chain = {(row["ts_window_end"] - MIDNIGHT) // SECOND: row for row in rows(tmp_path, CHAIN)}
    assert list(chain) == ends((0, 180), (240, 600))
    at(chain[180], call_flow_inventory=6, put_flow_inventory=-2)
    at(chain[245], call_flow_inventory=0, put_flow_inventory=0)
    at(chain[305], call_flow_inventory=-3, put_flow_inventory=1, call_resting_size=None)


@pytest.mark.parametrize(("deleted", "weight"), [(False, "open_interest"), (True, "resting_size")])
def test_b16_open_interest_that_was_withdrawn_before_the_first_window_is_no_weight(
    tmp_path: Path, deleted: bool, weight: str
) -> None:
    ref = MIDNIGHT - 24 * HOUR
    said = [(-7200, 1), *([(-3600, 2)] if deleted else [])]
    stats = [
        {
            "ts_recv": at * SECOND,
            "instrument_id": CALL,
            "stat_type": 9,
            "ts_ref": ref,
            "quantity": 5,
            "update_action": action,
        }
        for at, action in said
    ]
    names = {"mappings": [mapping(OPTIONS[CALL], CALL, MONDAY)]}
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK)), OPTIONS, end=MINUTE),
        Given("option_statistics", stat_records(stats, version=3), {}, start=-24 * HOUR, end=0, asked=names),
    ]
    made(tmp_path, files, "silver_gex_levels")
    assert {row["weight_used"] for row in rows(tmp_path, "silver_gex_levels") if row["convention"] == "field"} == {weight}
