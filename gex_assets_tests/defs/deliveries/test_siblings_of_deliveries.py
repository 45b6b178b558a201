"""Other deliveries of the kinds that once went wrong: answers by hand from the contract, judged in published tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import ingest
from gex_assets_tests.defs.deliveries.small_lakes import (
    BOOK,
    CALL,
    FUTURES,
    MINUTE,
    NEWER,
    OLDER,
    OPTIONS,
    PUT,
    QUOTES,
    Given,
    at,
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
from gex_assets_tests.lake.made_up_files import MIDNIGHT


def future_jobs() -> list[Given]:
    """B1's kind: a newer job asks for one future from minute 5 on, and has its first record at minute 7."""
    ladder = (("B", 6900, 5, 1), ("A", 6901, 4, 2))
    both = mbo(
        *snapshot(1, *ladder),
        *snapshot(2, *ladder),
        (240, 2, "TB", {"price": 6901, "size": 2}),
        (360, 2, "CB", {"price": 6900, "size": 5, "order_id": 1}),
    )
    late = mbo((420, 2, "AB", {"price": 6899.75, "size": 3, "order_id": 3}))
    one = {"symbols": ["ESM6"], "stype_in": "raw_symbol"}
    return [
        Given("future_mbo", both, FUTURES, OLDER),
        Given("future_mbo", late, {2: "ESM6"}, NEWER, start=5 * MINUTE, asked=one),
    ]


def test_b1_a_newer_job_of_one_future_takes_over_at_its_start_not_at_its_first_record(tmp_path: Path) -> None:
    done = made(tmp_path, future_jobs(), "silver_future_quotes")
    found = quotes(tmp_path, 2, "silver_future_quotes")
    assert list(found) == list(quotes(tmp_path, 1, "silver_future_quotes")) == ends((0, 600))
    at(found[365], bid_price=6900.0, bid_depth=5, is_complete=True, book_state="ok", aggressor_net=2)
    at(found[425], bid_price=6900.0, bid_depth=8, bid_add_size=3, bid_pull_size=0, is_complete=True, aggressor_net=2)
    older, newer = sorted(rows(tmp_path, "raw_future_mbo"), key=lambda row: row["job_id"])
    assert (older["rank"], older["superseded"], newer["rank"], newer["superseded"]) == (2, 1, 1, 0)
    assert older["superseded_by"] == [newer["path"]]
    assert said(done, "raw_future_mbo", "superseded", NEWER)
    assert [row["record_index"] for row in rows(tmp_path, "bronze_future_mbo") if row["instrument_id"] == 2] == [3, 4, 5, 6, 8]


@pytest.mark.long
def test_b1_cut_before_the_newer_jobs_first_record_every_earlier_row_is_the_same(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    made(whole, future_jobs(), "silver_future_quotes")
    made(cut, [one.cut(6 * MINUTE + 1) for one in future_jobs()], "silver_future_quotes")
    moments = [{end: quotes(root, 2, "silver_future_quotes")[end] for end in ends((0, 360))} for root in (whole, cut)]
    assert moments[0] == moments[1]


def test_b4_three_lone_pieces_two_that_touch_and_one_after_a_hole(tmp_path: Path) -> None:
    first = mbo(
        *snapshot(CALL, *BOOK),
        *snapshot(PUT, *BOOK),
        (179.9, CALL, "FB", {"price": 10, "size": 2, "order_id": 1, "flags": 0}),
    )
    second = mbo(
        (180.1, CALL, "CB", {"price": 10, "size": 2, "order_id": 1}),
        (240, CALL, "TB", {"price": 11, "size": 6}),
    )
    third = mbo(
        (490, CALL, "AB", {"price": 9.5, "size": 2, "order_id": 9}),
        *snapshot(CALL, ("A", 12, 7, 20), ("B", 11.5, 1, 21), seconds=510, clear=False),
    )
    pieces = [
        Given("option_mbo", first, OPTIONS, end=3 * MINUTE),
        Given("option_mbo", second, OPTIONS, start=3 * MINUTE, end=6 * MINUTE),
        Given("option_mbo", third, OPTIONS, start=8 * MINUTE),
    ]
    made(tmp_path, pieces, "silver_option_quotes")
    found = quotes(tmp_path, CALL)
    assert list(found) == list(quotes(tmp_path, PUT)) == ends((0, 360), (480, 600))
    at(found[180], mid_event=True, bid_depth=5)
    at(found[185], mid_event=False, bid_depth=3, bid_pull_size=2, bid_pull_rest_size=2, bid_exec_size=0, is_complete=True)
    at(found[360], aggressor_net=6, last_trade_price=11.0, book_state="ok")
    at(found[485], aggressor_net=0, last_trade_price=None, bid_depth=0, ask_depth=0, is_complete=False)
    at(found[495], book_state="suspect", bid_depth=2, bid_add_size=2, is_complete=False)
    at(found[515], book_state="ok", bid_depth=1, ask_depth=7, is_complete=True, bid_add_size=0, bid_pull_size=0, ask_add_size=0)


def test_b4_of_two_equal_requests_the_later_is_read_even_where_it_is_silent(tmp_path: Path) -> None:
    older = mbo(*snapshot(CALL, *BOOK), (60, CALL, "AB", {"price": 10, "size": 2, "order_id": 3}), (90, PUT, "AB", {}))
    newer = mbo(*snapshot(CALL, *BOOK), (300, CALL, "AA", {"price": 11, "size": 1, "order_id": 4}))
    done = made(tmp_path, [Given("option_mbo", newer, OPTIONS, NEWER), Given("option_mbo", older, OPTIONS, OLDER)], QUOTES)
    found = quotes(tmp_path, CALL)
    at(found[65], bid_depth=5, bid_add_size=0, ask_depth=4)
    at(found[305], bid_depth=5, ask_depth=5, ask_add_size=1)
    assert quotes(tmp_path, PUT) == {}
    by_job = {row["job_id"]: row for row in rows(tmp_path, "raw_option_mbo")}
    assert (by_job[OLDER]["superseded"], by_job[NEWER]["superseded"]) == (5, 0)
    assert said(done, "raw_option_mbo", "superseded")


def recording(tmp_path: Path) -> list[Given]:
    """A recording of ten minutes with a gap in minutes 3 and 4; marked as one where it lies."""
    heard = mbo(
        *snapshot(CALL, *BOOK),
        (90, CALL, "CB", {"price": 10, "size": 5, "order_id": 1}),
        (200, CALL, "AB", {"price": 10.5, "size": 9, "order_id": 8}),
        (250, CALL, "AA", {"price": 11, "size": 2, "order_id": 9}),
        (300, CALL, "RN", {"order_id": 0, "size": 0}),
        (300, CALL, "AB", {"price": 9, "size": 3, "order_id": 10}),
    )
    bought = mbo((100, CALL, "AB", {"price": 10.25, "size": 1, "order_id": 5}))
    return [
        Given("option_mbo", heard, OPTIONS),
        Given("option_mbo", bought, OPTIONS, start=MINUTE, end=3 * MINUTE),
    ]


def test_b4_a_lone_file_stands_above_a_recording_and_the_recordings_gap_is_a_hole(tmp_path: Path) -> None:
    heard, bought = recording(tmp_path)
    (came,) = take(tmp_path, [heard])
    note = tmp_path / "lake" / str(came.key).rpartition("/")[0] / "delivery.json"
    gap = [MIDNIGHT + 2 * MINUTE, MIDNIGHT + 4 * MINUTE]
    note.write_text(json.dumps({**json.loads(note.read_text()), "kind": "recording", "gaps": [gap]}))
    path = bought.write(tmp_path / "downloads" / "bought")
    assert [one.status for one in ingest(LocalFileSystem(tmp_path / "lake"), [path])] == ["added"]
    done = run(tmp_path, QUOTES)
    assert done.success, done.failure
    found = quotes(tmp_path, CALL)
    assert list(found) == ends((0, 180), (240, 600))
    at(found[105], bid_depth=6, bid_price=10.25, bid_pull_size=0, is_complete=True, book_state="ok")
    at(found[245], bid_depth=0, ask_depth=0, is_complete=False)
    at(found[255], book_state="suspect", ask_depth=2, is_complete=False)
    at(found[305], book_state="one_sided", bid_depth=3, ask_depth=0, is_complete=True, ask_pull_size=0, bid_add_size=3)
    worse, better = sorted(rows(tmp_path, "raw_option_mbo"), key=lambda row: -row["rank"])
    assert (worse["rank"], worse["superseded"], worse["unclaimed"]) == (2, 1, 1)
    assert (better["rank"], better["superseded"], better["unclaimed"]) == (1, 0, 0)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(("bad", "end", "success"), [("older", 10, True), ("older", 11, False), ("newer", 10, False)])
def test_b4_a_broken_file_is_set_aside_only_where_a_better_one_covers_it(
    tmp_path: Path, bad: str, end: int, success: bool
) -> None:
    records = mbo(*snapshot(CALL, *BOOK))
    files = [
        Given("option_mbo", records, OPTIONS, OLDER, end=end * MINUTE),
        Given("option_mbo", records, OPTIONS, NEWER),
    ]
    take(tmp_path, files)
    broken = tmp_path / "lake" / str(rows_path(tmp_path, OLDER if bad == "older" else NEWER))
    truncate(broken)
    done = run(tmp_path, "raw_option_mbo")
    assert done.success == success
    if success:
        assert [row["job_id"] for row in rows(tmp_path, "raw_option_mbo")] == [NEWER]
        assert OLDER in rows(tmp_path, "raw_option_mbo")[0]["set_aside"][0]
        assert said(done, OLDER)


def rows_path(tmp_path: Path, job: str) -> Path:
    """A job's file in the lake."""
    (found,) = (tmp_path / "lake").rglob(f"{job}/*.dbn.zst")
    return found


@pytest.mark.long
def test_b5_limits_in_metadata_end_a_claim_and_yield_to_a_request_without(tmp_path: Path) -> None:
    options = mbo(*snapshot(CALL, *BOOK), (181, CALL, "AB", {"price": 10, "size": 1, "order_id": 3}))
    futures = mbo(*snapshot(1, *BOOK), (241, 1, "AB", {"price": 10, "size": 1, "order_id": 3}))
    files = [
        Given("option_mbo", options, OPTIONS, OLDER, limit=4),
        Given("future_mbo", futures, FUTURES, OLDER, limit=100),
    ]
    done = made(tmp_path, files, QUOTES, "silver_future_quotes")
    assert list(quotes(tmp_path, CALL)) == ends((0, 180))
    assert list(quotes(tmp_path, 1, "silver_future_quotes")) == ends((0, 240))
    assert said(done, "raw_option_mbo", "limit")
    assert not said(done, "raw_future_mbo", "limit")


def test_b5_an_older_job_without_a_limit_stands_above_a_newer_one_with_it_and_an_open_one_ends_early(tmp_path: Path) -> None:
    whole = mbo(*snapshot(CALL, *BOOK))
    cut = mbo(*snapshot(CALL, ("B", 10, 9, 1)), (60, CALL, "AB", {"price": 10, "size": 1, "order_id": 3}))
    futures = mbo(*snapshot(1, *BOOK), (300, 1, "AB", {"price": 10, "size": 1, "order_id": 3}))
    files = [
        Given("option_mbo", whole, OPTIONS, OLDER),
        Given("option_mbo", cut, OPTIONS, NEWER, limit=50),
        Given("future_mbo", futures, FUTURES, end=None),
    ]
    made(tmp_path, files, QUOTES, "silver_future_quotes")
    found = quotes(tmp_path, CALL)
    assert list(found) == ends((0, 600))
    at(found[65], bid_depth=5, ask_depth=4, bid_add_size=0)
    assert list(quotes(tmp_path, 1, "silver_future_quotes")) == ends((0, 300))
    assert {row["job_id"]: row["superseded"] for row in rows(tmp_path, "raw_option_mbo")} == {OLDER: 0, NEWER: 3}


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("future_mbo", {"symbols": ["ES.n.0"], "stype_in": "continuous"}),
        ("future_mbo", {"symbols": ["ESH6", "ES.v.1"], "stype_in": "raw_symbol"}),
    ],
)
def test_b6_other_continuous_symbols_are_refused_at_the_door(tmp_path: Path, kind: str, asked: dict[str, object]) -> None:
    for job in (None, NEWER):
        (refused,) = take(tmp_path, [Given(kind, mbo(*snapshot(1, *BOOK)), {1: "ESH6"}, job, asked=asked)])
        assert refused.status == "refused"
        assert "continuous" in refused.why
    assert not list((tmp_path / "lake").rglob("*.dbn.zst"))


def test_b7_a_small_file_half_of_unmapped_ids_fails_beside_a_large_good_one(tmp_path: Path) -> None:
    good = mbo(*[(place, CALL, "AB", {"order_id": place + 1}) for place in range(500)])
    half = mbo(*[(place, 999 if place % 2 else PUT, "AB", {"order_id": place + 1}) for place in range(20)])
    asked = {"symbols": ["ESH6 C6900"], "stype_in": "raw_symbol"}, {"symbols": ["ESH6 P6900"], "stype_in": "raw_symbol"}
    files = [
        Given("option_mbo", good, {CALL: OPTIONS[CALL]}, OLDER, asked=asked[0]),
        Given("option_mbo", half, {PUT: OPTIONS[PUT]}, NEWER, asked=asked[1]),
    ]
    done = made(tmp_path, files, "bronze_option_mbo")
    assert any("books_are_sane" in text and "unknown_instrument" in text for text in done.failed_checks), done
    assert {row["job_id"]: row["unmapped"] for row in rows(tmp_path, "raw_option_mbo")} == {OLDER: 0, NEWER: 10}


def test_b7_exactly_a_twentieth_of_unmapped_ids_is_only_a_warning(tmp_path: Path) -> None:
    records = mbo(*[(place, 7 if place < 5 else 1, "AB", {"order_id": place + 1}) for place in range(100)])
    done = made(tmp_path, [Given("future_mbo", records, FUTURES)], "bronze_future_mbo")
    assert not [text for text in done.failed_checks if "books_are_sane" in text]
    assert any("books_are_sane" in text and "5 unknown_instrument" in text for text in done.warnings)


def test_b1_three_jobs_of_which_each_newer_one_asks_for_less(tmp_path: Path) -> None:
    def add(seconds: float, one: int, size: int, order: int) -> tuple[float, int, str, dict[str, int]]:
        return (seconds, one, "AB", {"price": 9, "size": size, "order_id": order})

    oldest = [*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK)]
    oldest += [add(at + 1, one, 1, 10 + place) for place, at in enumerate(range(0, 600, 60)) for one in OPTIONS]
    middle = [add(at + 2, CALL, 10, 30 + place) for place, at in enumerate((120, 180))]
    newest = [add(at + 3, one, 100, 40 + place) for place, at in enumerate((180, 240)) for one in OPTIONS]
    call_only = {"symbols": [OPTIONS[CALL]], "stype_in": "raw_symbol"}
    last = "GLBX-20260123-000000000"
    files = [
        Given("option_mbo", mbo(*newest), OPTIONS, last, start=3 * MINUTE, end=5 * MINUTE),
        Given("option_mbo", mbo(*oldest), OPTIONS, OLDER),
        Given("option_mbo", mbo(*middle), {CALL: OPTIONS[CALL]}, NEWER, start=2 * MINUTE, end=4 * MINUTE, asked=call_only),
    ]
    made(tmp_path, files, QUOTES)
    call, put = quotes(tmp_path, CALL), quotes(tmp_path, PUT)
    assert list(call) == list(put) == ends((0, 600))
    assert [call[end]["bid_depth"] - 5 for end in range(60, 601, 60)] == [1, 2, 12, 112, 212, 213, 214, 215, 216, 217]
    assert [put[end]["bid_depth"] - 5 for end in range(60, 601, 60)] == [1, 2, 3, 103, 203, 204, 205, 206, 207, 208]
    assert {row["is_complete"] for row in (*call.values(), *put.values())} == {True}
    found = {
        row["job_id"]: (row["rank"], row["superseded"], len(row["superseded_by"])) for row in rows(tmp_path, "raw_option_mbo")
    }
    assert found == {last: (1, 0, 0), NEWER: (2, 1, 1), OLDER: (3, 5, 2)}


def test_b4_of_two_jobs_of_one_date_the_one_that_came_later_is_read_whatever_its_letters(tmp_path: Path) -> None:
    low, high = "GLBX-20260121-AAAAAAAAAA", "GLBX-20260121-ZZZZZZZZZZ"
    first = mbo(*snapshot(CALL, *BOOK))
    second = mbo(*snapshot(CALL, ("B", 10, 8, 1)))
    made(tmp_path, [Given("option_mbo", first, OPTIONS, high), Given("option_mbo", second, OPTIONS, low)], QUOTES)
    at(quotes(tmp_path, CALL)[600], bid_depth=8, ask_depth=0)
    assert {row["job_id"]: row["rank"] for row in rows(tmp_path, "raw_option_mbo")} == {low: 1, high: 2}


def test_b4_a_piece_after_a_hole_that_opens_with_a_snapshot_is_complete_for_all_that_it_maps(tmp_path: Path) -> None:
    first = mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK), (60, CALL, "TA", {"price": 10, "size": 4}))
    second = mbo(*snapshot(CALL, ("B", 9, 1, 7), ("A", 12, 1, 8), seconds=480), (540, CALL, "TB", {"price": 12, "size": 1}))
    pieces = [
        Given("option_mbo", second, OPTIONS, start=8 * MINUTE),
        Given("option_mbo", first, OPTIONS, end=5 * MINUTE),
    ]
    made(tmp_path, pieces, QUOTES)
    call, put = quotes(tmp_path, CALL), quotes(tmp_path, PUT)
    assert list(call) == list(put) == ends((0, 300), (480, 600))
    at(call[300], bid_depth=5, ask_depth=4, aggressor_net=-4, book_state="ok")
    at(call[485], bid_depth=1, ask_depth=1, aggressor_net=0, book_state="ok", is_complete=True, bid_add_size=0, bid_pull_size=0)
    at(call[545], aggressor_net=1, last_trade_price=12.0)
    at(put[485], bid_depth=0, ask_depth=0, is_complete=True)


def test_b5_a_cut_request_ends_a_nanosecond_after_its_clock_and_metadata_cut_a_header(tmp_path: Path) -> None:
    options = mbo(
        *snapshot(CALL, *BOOK),
        (180 - 1e-9, CALL, "AB", {"price": 10, "size": 1, "order_id": 3}),
        (100, CALL, "AB", {"price": 10, "size": 1, "order_id": 4}),
    )
    futures = mbo(*snapshot(1, *BOOK), (420, 1, "AB", {"price": 10, "size": 1, "order_id": 3}))
    assert int(options["ts_recv"][3]) == MIDNIGHT + 3 * MINUTE - 1
    files = [
        Given("option_mbo", options, OPTIONS, limit=5),
        Given("future_mbo", futures, FUTURES, NEWER, said_end=5 * MINUTE),
    ]
    done = made(tmp_path, files, QUOTES, "silver_future_quotes")
    assert said(done, "raw_option_mbo", "limit")
    found = quotes(tmp_path, CALL)
    assert list(found) == ends((0, 180))
    at(found[180], bid_depth=7, bid_add_size=2)
    assert list(quotes(tmp_path, 1, "silver_future_quotes")) == ends((0, 300))
    (raw,) = rows(tmp_path, "raw_future_mbo")
    at(raw, unclaimed=1, claim_times=[{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + 5 * MINUTE}])
