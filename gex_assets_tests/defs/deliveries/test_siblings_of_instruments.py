"""Claims that differ by instrument, mappings of other days, and statistics and legs at their edges."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gex_assets.lake.raw.layout import folder_of
from gex_assets_tests.defs.deliveries.small_lakes import (
    BOOK,
    CALL,
    CHAIN,
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
from gex_assets_tests.lake.made_up_files import MIDNIGHT, SECOND, definitions, mapping, stat_records

pytestmark = pytest.mark.long

MONDAY = MIDNIGHT - 24 * HOUR


def only(one: int) -> dict[str, Any]:
    """A job that asks for one option."""
    return {"names": {one: OPTIONS[one]}, "asked": {"symbols": [OPTIONS[one]], "stype_in": "raw_symbol"}}


def test_a_hole_of_one_option_is_missing_in_the_chain_while_the_other_goes_on(tmp_path: Path) -> None:
    call = mbo(*snapshot(CALL, *BOOK), (60, CALL, "TB", {"price": 11, "size": 6}))
    again = mbo((420, CALL, "TA", {"price": 10, "size": 2}), (480, CALL, "RN", {"order_id": 0, "size": 0}))
    put = mbo(*snapshot(PUT, *BOOK), (60, PUT, "TB", {"price": 11, "size": 3}))
    files = [
        Given("option_mbo", put, job=OLDER, **only(PUT)),
        Given("option_mbo", call, job=NEWER, end=3 * MINUTE, **only(CALL)),
        Given("option_mbo", again, start=6 * MINUTE, **only(CALL)),
    ]
    made(tmp_path, files, CHAIN)
    assert list(quotes(tmp_path, CALL)) == ends((0, 180), (360, 600))
    assert list(quotes(tmp_path, PUT)) == ends((0, 600))
    chain = chain_of(tmp_path)
    assert list(chain) == ends((0, 600))
    put_side = {"put_resting_size": 9.0, "put_flow_inventory": -3.0, "put_volume": 3.0}
    at(chain[180], call_resting_size=9.0, call_flow_inventory=-6.0, call_volume=6.0, **put_side)
    at(chain[300], call_resting_size=None, call_gex_resting=None, **put_side)
    at(chain[425], call_resting_size=None, call_flow_inventory=2.0, **put_side)
    at(chain[485], call_resting_size=0.0, call_flow_inventory=2.0, **put_side)


def test_two_jobs_of_an_option_each_one_after_the_other(tmp_path: Path) -> None:
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), job=OLDER, end=5 * MINUTE, **only(CALL)),
        Given("option_mbo", mbo(*snapshot(PUT, *BOOK, seconds=300)), job=NEWER, start=5 * MINUTE, **only(PUT)),
    ]
    made(tmp_path, files, CHAIN)
    assert list(quotes(tmp_path, CALL)) == ends((0, 300))
    assert list(quotes(tmp_path, PUT)) == ends((300, 600))
    chain = chain_of(tmp_path)
    assert list(chain) == ends((0, 600))
    at(chain[300], call_resting_size=9.0, put_resting_size=None)
    at(chain[305], call_resting_size=None, put_resting_size=9.0)


def test_b7_an_id_that_the_header_maps_on_another_day_alone_is_unmapped(tmp_path: Path) -> None:
    names = {"mappings": [mapping(OPTIONS[CALL], CALL), mapping(OPTIONS[PUT], PUT, date(2026, 1, 5))]}
    records = mbo(*snapshot(CALL, *BOOK), (60, PUT, "AB", {}))
    done = made(tmp_path, [Given("option_mbo", records, {}, asked=names)], QUOTES)
    assert quotes(tmp_path, PUT) == {}
    assert list(quotes(tmp_path, CALL)) == ends((0, 600))
    assert any("books_are_sane" in text and "1 unknown_instrument" in text for text in done.failed_checks)


def test_b8_legs_that_are_no_whole_ratio_or_not_all_there_are_none(tmp_path: Path) -> None:
    named = {**OPTIONS, SPREAD: "UD:1V: VT 111", 201: "UD:1V: VT 222"}

    def leg(one: int, place: int, option: int, **other: Any) -> dict[str, Any]:
        said = {"instrument_id": one, "raw_symbol": named[one], "leg_count": 2, "leg_index": place, "leg_side": "B"}
        ratio = {"leg_ratio_qty_numerator": 1, "leg_ratio_qty_denominator": 1}
        return {**said, "leg_instrument_id": option, **ratio, **other}

    terms = [leg(SPREAD, 0, CALL), leg(SPREAD, 1, PUT, leg_ratio_qty_denominator=2), leg(201, 0, CALL)]
    trades = mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK), (60, SPREAD, "TB", {"size": 4}), (61, 201, "TB", {"size": 2}))
    files = [Given("option_mbo", trades, named), Given("option_definition", definitions(terms, version=3), named)]
    made(tmp_path, files, CHAIN)
    assert [(row["size"], row["legs"]) for row in rows(tmp_path, "bronze_option_trades")] == [(4, None), (2, None)]
    at(chain_of(tmp_path)[600], call_flow_inventory=0, put_flow_inventory=0, call_volume=0)


def test_b16_a_deletion_before_its_value_and_an_undated_value_of_its_own(tmp_path: Path) -> None:
    stated = [
        {"ts_recv": 60 * SECOND, "ts_ref": MONDAY, "update_action": 2},
        {"ts_recv": 120 * SECOND, "ts_ref": MONDAY, "quantity": 100},
        {"ts_recv": 180 * SECOND, "ts_ref": MONDAY, "quantity": 103},
        {"ts_recv": 240 * SECOND, "ts_ref": MONDAY, "update_action": 2},
    ]
    puts = [{"ts_recv": 120 * SECOND, "quantity": 40}]
    stats = [{"instrument_id": CALL, "stat_type": 9, **row} for row in stated]
    stats += [{"instrument_id": PUT, "stat_type": 9, **row} for row in puts]
    orders = mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK), (30, PUT, "TA", {"price": 10, "size": 10}))
    ordered = stat_records(sorted(stats, key=lambda row: row["ts_recv"]), version=3)
    made(tmp_path, [Given("option_mbo", orders, OPTIONS), Given("option_statistics", ordered, OPTIONS)], CHAIN)
    chain = chain_of(tmp_path)
    assert [chain[end]["call_open_interest"] for end in (65, 125, 185, 245, 600)] == [None, 100.0, 103.0, None, None]
    at(chain[125], put_open_interest=40.0, put_open_interest_ts_ref=None, put_oi_plus_flow=45.0)


@pytest.mark.parametrize("end", [None, 10 * MINUTE])
def test_b5_a_recording_of_open_end_stops_with_its_last_record_and_its_gap(tmp_path: Path, end: int | None) -> None:
    heard = mbo(*snapshot(CALL, *BOOK), (250, CALL, "AB", {"price": 10, "size": 1, "order_id": 5}))
    (came,) = take(tmp_path, [Given("option_mbo", heard, OPTIONS, end=end)])
    note = tmp_path / "lake" / folder_of(str(came.key)) / "delivery.json"
    gaps = [[MIDNIGHT + 60 * SECOND, MIDNIGHT + 120 * SECOND], [MIDNIGHT + 500 * SECOND, MIDNIGHT + 700 * SECOND]]
    note.write_text(json.dumps({**json.loads(note.read_text()), "kind": "recording", "gaps": gaps}))
    done = run(tmp_path, QUOTES)
    assert done.success, done.failure
    found = quotes(tmp_path, CALL)
    assert list(found) == ends((0, 60), (120, 250 if end is None else 500))
    at(found[125], book_state="suspect", is_complete=False, bid_depth=0)
    assert said(done, QUOTES, "books_are_complete")


def test_b1_a_date_of_request_in_our_note_stands_above_the_date_in_a_jobs_name(tmp_path: Path) -> None:
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, ("B", 10, size, 1))), OPTIONS, job) for job, size in ((OLDER, 3), (NEWER, 6))
    ]
    came = take(tmp_path, files)
    note = tmp_path / "lake" / folder_of(str(came[0].key)) / "delivery.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "requested_at": MIDNIGHT + 30 * 24 * HOUR}))
    assert run(tmp_path, QUOTES).success
    at(quotes(tmp_path, CALL)[600], bid_depth=3)
    assert {row["job_id"]: row["rank"] for row in rows(tmp_path, "raw_option_mbo")} == {OLDER: 1, NEWER: 2}


def test_b8_definitions_of_two_jobs_are_in_force_by_their_claims(tmp_path: Path) -> None:
    named = {**OPTIONS, SPREAD: "UD:1V: VT 111"}

    def terms(*stated: tuple[int, str]) -> Any:
        common = {"instrument_id": SPREAD, "raw_symbol": named[SPREAD], "leg_count": 1, "leg_index": 0, "leg_instrument_id": CALL}
        ratio = {"leg_ratio_qty_numerator": 1, "leg_ratio_qty_denominator": 1}
        return definitions(
            [{**common, **ratio, "ts_recv": at * SECOND, "leg_side": side} for at, side in stated],
            version=3,
        )

    trades = [(seconds, SPREAD, "TB", {"size": size}) for seconds, size in ((60, 1), (390, 10), (450, 100))]
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK), *trades), named),
        Given("option_definition", terms((0, "B"), (360, "A")), named, OLDER),
        Given("option_definition", terms((420, "A")), named, NEWER, start=5 * MINUTE),
    ]
    made(tmp_path, files, CHAIN)
    chain = chain_of(tmp_path)
    assert [chain[end]["call_flow_inventory"] for end in (60, 65, 395, 455)] == [0.0, -1.0, -11.0, 89.0]
    assert {row["job_id"]: row["superseded"] for row in rows(tmp_path, "raw_option_definition")} == {OLDER: 1, NEWER: 0}
