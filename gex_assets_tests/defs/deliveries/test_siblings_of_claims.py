"""Claims that meet, overlap, step back or hold nothing: answers by hand from the contract, judged in published tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gex_assets.kernels import black76
from gex_assets.lake.raw.layout import folder_of
from gex_assets_tests.defs.deliveries.small_lakes import (
    BOOK,
    CALL,
    FUTURE_QUOTES,
    FUTURES,
    MINUTE,
    NEWER,
    OLDER,
    OPTIONS,
    PUT,
    QUOTES,
    SPREAD,
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
from gex_assets_tests.lake.made_up_files import MIDNIGHT, SECOND, definitions

pytestmark = pytest.mark.long

ONE_CALL = {"symbols": [OPTIONS[CALL]], "stype_in": "raw_symbol"}


def test_a_lone_file_that_fills_a_recordings_gap_leaves_no_hole(tmp_path: Path) -> None:
    heard = mbo(
        *snapshot(CALL, *BOOK),
        (60, CALL, "TB", {"price": 11, "size": 3}),
        (250, CALL, "CB", {"price": 10, "size": 2, "order_id": 1}),
        (251, CALL, "CB", {"price": 10, "size": 1, "order_id": 6}),
    )
    bought = mbo((121, CALL, "AB", {"price": 10, "size": 7, "order_id": 6}), (200, CALL, "TA", {"price": 10, "size": 1}))
    (came, _) = take(
        tmp_path,
        [Given("option_mbo", heard, OPTIONS), Given("option_mbo", bought, OPTIONS, start=2 * MINUTE, end=4 * MINUTE)],
    )
    note = tmp_path / "lake" / folder_of(str(came.key)) / "delivery.json"
    gap = [MIDNIGHT + 2 * MINUTE, MIDNIGHT + 4 * MINUTE]
    note.write_text(json.dumps({**json.loads(note.read_text()), "kind": "recording", "gaps": [gap]}))
    assert run(tmp_path, QUOTES).success
    found = quotes(tmp_path, CALL)
    assert list(found) == ends((0, 600))
    assert {(row["is_complete"], row["book_state"]) for row in found.values()} == {(True, "ok")}
    at(found[240], bid_depth=12, aggressor_net=2, bid_orders=2)
    at(found[255], bid_depth=9, bid_pull_size=3, aggressor_net=2, last_trade_price=10.0)


def test_edges_off_the_grid_leave_out_the_windows_that_they_cut_and_books_go_on(tmp_path: Path) -> None:
    first = mbo(*snapshot(1, *BOOK), (176.5, 1, "TB", {"price": 11, "size": 1}))
    touching = mbo((178.5, 1, "AB", {"price": 10, "size": 2, "order_id": 3}), (179, 1, "TB", {"price": 11, "size": 4}))
    late = mbo(
        (302, 1, "AB", {"price": 9, "size": 1, "order_id": 4}),
        (303, 1, "TA", {"price": 9, "size": 2}),
        (306, 1, "AB", {"price": 9, "size": 1, "order_id": 5}),
    )
    pieces = [
        Given("future_mbo", first, FUTURES, end=177_300_000_000),
        Given("future_mbo", touching, FUTURES, start=177_300_000_000, end=297_300_000_000),
        Given("future_mbo", late, FUTURES, start=301_200_000_000),
    ]
    made(tmp_path, pieces, FUTURE_QUOTES)
    found = quotes(tmp_path, 1, FUTURE_QUOTES)
    assert list(found) == ends((0, 295), (305, 600))
    at(found[180], bid_depth=7, bid_add_size=2, trade_buy_size=5, aggressor_net=5, is_complete=True)
    at(found[310], bid_depth=2, bid_add_size=1, trade_sell_size=0, aggressor_net=-2, is_complete=False, book_state="suspect")


def test_a_doubtful_book_stays_so_into_the_next_delivery_until_its_snapshot(tmp_path: Path) -> None:
    first = mbo(*snapshot(CALL, *BOOK), (60, CALL, "AB", {"price": 9, "order_id": 3, "flags": 128 | 4}))
    second = mbo(
        (190, CALL, "AB", {"price": 9, "size": 2, "order_id": 4}),
        *snapshot(CALL, ("B", 10, 6, 1), ("A", 11, 4, 2), seconds=240),
        (300, CALL, "CB", {"price": 10, "size": 6, "order_id": 1}),
    )
    pieces = [
        Given("option_mbo", first, OPTIONS, end=3 * MINUTE),
        Given("option_mbo", second, OPTIONS, start=3 * MINUTE),
    ]
    made(tmp_path, pieces, QUOTES)
    found = quotes(tmp_path, CALL)
    assert [found[end]["book_state"] for end in (60, 65, 180, 195, 240, 245, 305)] == ["ok", *["suspect"] * 4, "ok", "one_sided"]
    at(found[195], bid_depth=8, is_complete=True)
    at(found[245], bid_depth=6, ask_depth=4, bid_add_size=0, bid_pull_size=0, ask_pull_size=0, is_complete=True)
    at(found[305], bid_pull_size=6, bid_pull_rest_size=6, bid_depth=0)


def test_a_record_that_steps_back_has_its_own_files_moment(tmp_path: Path) -> None:
    def add(seconds: float, size: int, order: int) -> tuple[float, int, str, dict[str, int]]:
        return (seconds, CALL, "AB", {"price": 10, "size": size, "order_id": order})

    older = mbo(*snapshot(CALL, *BOOK), add(299, 10, 3), add(310, 100, 4), add(298, 1_000, 5))
    newer = mbo(add(299, 10_000, 6), add(301, 20, 7), add(299.5, 200, 8))
    files = [
        Given("option_mbo", older, OPTIONS, OLDER),
        Given("option_mbo", newer, {CALL: OPTIONS[CALL]}, NEWER, start=5 * MINUTE, asked=ONE_CALL),
    ]
    made(tmp_path, files, QUOTES)
    found = quotes(tmp_path, CALL)
    at(found[300], bid_depth=15)
    at(found[305], bid_depth=235, bid_add_size=220)
    at(found[600], bid_depth=235)
    counted = {row["job_id"]: (row["superseded"], row["unclaimed"]) for row in rows(tmp_path, "raw_option_mbo")}
    assert counted == {OLDER: (2, 0), NEWER: (0, 1)}


def test_at_one_moment_the_better_file_comes_first(tmp_path: Path) -> None:
    older = mbo((60, PUT, "AB", {"order_id": 1}), (60, PUT, "AB", {"order_id": 2}))
    newer = mbo((60, CALL, "AB", {"order_id": 3}), (60, CALL, "AB", {"order_id": 4}))
    files = [
        Given("option_mbo", newer, {CALL: OPTIONS[CALL]}, NEWER, asked=ONE_CALL),
        Given("option_mbo", older, OPTIONS, OLDER),
    ]
    made(tmp_path, files, "bronze_option_mbo")
    found = sorted((row["record_index"], row["order_id"]) for row in rows(tmp_path, "bronze_option_mbo"))
    assert found == [(0, 3), (1, 4), (2, 1), (3, 2)]


def test_a_newer_job_without_a_record_takes_over_all_the_same(tmp_path: Path) -> None:
    older = mbo(*snapshot(1, *BOOK), *snapshot(2, *BOOK), (400, 2, "CB", {"price": 10, "size": 5, "order_id": 1}))
    files = [
        Given("future_mbo", older, FUTURES, OLDER),
        Given(
            "future_mbo",
            mbo(),
            {2: "ESM6"},
            NEWER,
            start=5 * MINUTE,
            asked={"symbols": ["ESM6"], "stype_in": "raw_symbol"},
        ),
    ]
    made(tmp_path, files, FUTURE_QUOTES)
    found = quotes(tmp_path, 2, FUTURE_QUOTES)
    assert list(found) == ends((0, 600))
    at(found[600], bid_depth=5, book_state="ok", is_complete=True)


def test_the_same_lone_request_given_again_replaces_its_file_and_the_day(tmp_path: Path) -> None:
    one = Given("option_mbo", mbo(*snapshot(CALL, *BOOK)), OPTIONS)
    made(tmp_path, [one], QUOTES)
    again = replace(one, records=mbo(*snapshot(CALL, ("B", 10, 8, 1))))
    made(tmp_path, [again], QUOTES)
    (raw,) = rows(tmp_path, "raw_option_mbo")
    at(raw, records=2, rank=1, superseded=0)
    at(quotes(tmp_path, CALL)[600], bid_depth=8, ask_depth=0)


def test_jobs_of_one_date_that_nobody_dated_are_decided_by_their_hash_and_said(tmp_path: Path) -> None:
    files = [
        Given("option_mbo", mbo(*snapshot(CALL, ("B", 10, size, 1))), OPTIONS, f"GLBX-20260121-{letter * 10}")
        for letter, size in (("A", 3), ("B", 6))
    ]
    for came in take(tmp_path, files):
        (tmp_path / "lake" / folder_of(str(came.key)) / "delivery.json").unlink()
    done = run(tmp_path, QUOTES)
    assert done.success, done.failure
    better, worse = sorted(rows(tmp_path, "raw_option_mbo"), key=lambda row: row["rank"])
    assert better["sha256"] > worse["sha256"]
    assert better["is_tied"] or worse["is_tied"]
    assert said(done, "raw_option_mbo.claims_are_whole", "sha256 decides")
    at(quotes(tmp_path, CALL)[600], bid_depth=3 if "AAAA" in better["job_id"] else 6)


def test_b8_an_outrights_name_ends_where_its_id_goes_to_a_spread(tmp_path: Path) -> None:
    orders = mbo(*snapshot(CALL, *BOOK), *snapshot(PUT, *BOOK), (400, CALL, "AB", {"price": 10, "size": 9, "order_id": 5}))
    terms = definitions(
        [
            {"instrument_id": CALL, "raw_symbol": OPTIONS[CALL]},
            {"instrument_id": PUT, "raw_symbol": OPTIONS[PUT]},
            {"instrument_id": CALL, "raw_symbol": "UD:1V: VT 111", "ts_recv": 5 * MINUTE},
        ],
        version=3,
    )
    named = {**OPTIONS, SPREAD: "UD:1V: GN 9"}
    made(tmp_path, [Given("option_mbo", orders, named), Given("option_definition", terms, named)], QUOTES)
    assert list(quotes(tmp_path, CALL)) == ends((0, 300))
    assert list(quotes(tmp_path, PUT)) == ends((0, 600))


@pytest.mark.parametrize("opened", [True, False])
def test_b9_a_forward_of_books_that_nothing_opened_is_at_most_weak(tmp_path: Path, opened: bool) -> None:
    strikes = np.arange(6600.0, 7225.0, 25.0)
    named: dict[int, str] = {}
    records = []
    for right in "CP":
        prices = black76.price(F=6900.0, K=strikes, T=73.56 / 365, sigma=0.2, r=0.04, is_call=right == "C")
        for strike, price in zip(strikes, prices, strict=True):
            one = 1_000 + len(named)
            named[one] = f"ESH6 {right}{strike:.0f}"
            middle = round(price * 20) / 20
            resting = (("B", middle - 0.5, 5, 1), ("A", middle + 0.5, 5, 2))
            if opened:
                records += snapshot(one, *resting)
            else:
                records += [
                    (1, one, f"A{side}", {"price": cost, "size": 5, "order_id": order}) for side, cost, _, order in resting
                ]
    made(tmp_path, [Given("option_mbo", mbo(*records), named, end=MINUTE)], "silver_gex_chain")
    forwards = [row for row in rows(tmp_path, "silver_forward") if row["ts_window_end"] > MIDNIGHT + 5 * SECOND]
    assert {row["quality"] for row in forwards} == {"ok" if opened else "weak"}
    assert all(abs(row["forward"] - 6900) < 0.2 for row in forwards)
    chain = [row for row in rows(tmp_path, "silver_gex_chain") if row["ts_window_end"] > MIDNIGHT + 5 * SECOND]
    assert {row["call_resting_size"] for row in chain} == {10.0 if opened else None}
    assert {row["put_gex_resting"] is None for row in chain} == {not opened}
