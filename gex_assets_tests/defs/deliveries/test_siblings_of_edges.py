"""Sibling cases at edges: a snapshot right after another, and a limit that ends on the second date of a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gex_assets_tests.defs.deliveries.small_lakes import (
    BOOK,
    CALL,
    FUTURE_QUOTES,
    OPTIONS,
    QUOTES,
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
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND

MONDAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("kind", "table", "one", "name"), [("option_mbo", QUOTES, CALL, OPTIONS[CALL]), ("future_mbo", FUTURE_QUOTES, 1, "ESH6")]
)
def test_a_snapshot_right_after_a_snapshot_in_one_file_replaces_the_book(
    tmp_path: Path, kind: str, table: str, one: int, name: str
) -> None:
    """A quiet instrument: its opening snapshot ends (168) at 00:00, then no record until a snapshot without R at 00:03.

    SPEC 1 "a snapshot, with or without R, replaces the book".
    """
    first = snapshot(one, *BOOK)
    first[-1][3].pop("snapshot")
    first[-1][3]["flags"] = 168
    second = snapshot(one, ("B", 9, 8, 21), seconds=180, clear=False)
    made(tmp_path, [Given(kind, mbo(*first, *second), {one: name})], table)
    found = quotes(tmp_path, one, table)
    at(found[180], bid_depth=5, ask_depth=4, is_complete=True)
    at(found[185], bid_depth=8, ask_depth=0, bid_add_size=0, bid_pull_size=0, ask_pull_size=0, is_complete=True)


@pytest.mark.parametrize("asked", [{"limit": 3}, {"limit": 3, "end": None}])
def test_a_limited_lone_file_over_midnight_is_cut_on_its_last_date_only(tmp_path: Path, asked: dict[str, Any]) -> None:
    """Monday is whole, because the file has a record of Tuesday. An open end over midnight (no limit) does so already."""
    one = over_midnight(**asked)
    assert [came.status for came in take(tmp_path, [one])] == ["added"] * 2
    done = {day: run(tmp_path, FUTURE_QUOTES, day=day) for day in (MONDAY, DAY)}
    before, after = (quotes(tmp_path, 1, FUTURE_QUOTES, day=day) for day in done)
    assert list(before) == ends((-120, 0))
    assert list(after) == []
    (raw,) = rows(tmp_path, "raw_future_mbo")
    at(raw, claim_times=[{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + 62 * SECOND + 1}])
    assert not said(done[MONDAY], "raw_future_mbo", "limit")
    assert said(done[DAY], "raw_future_mbo", "limit")
