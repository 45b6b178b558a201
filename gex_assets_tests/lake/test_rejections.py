"""A rejection is read back as it was written, whatever lies in its place."""

from __future__ import annotations

from datetime import date

import pytest

from gex_assets.lake.keys import reason_key
from gex_assets.lake.rejections import RefusedFile, read_rejection, write_rejection
from gex_assets.lake.tables import Lake
from gex_assets_tests.lake.made_up_objects import put
from gex_assets_tests.lake.made_up_tables import LEVELS, levels, publish, reject

DAY = date(2026, 1, 6)
PLACE = {"product": "ES", "day": DAY}
FILES = {
    "raw/a": RefusedFile(5, 7, "5-7", "0" * 64, "unreadable"),
    "raw/b": RefusedFile(6, 8, "6-8", None, "1" * 64),
}


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def read(lake: Lake, name: str = "made_up_levels"):
    return read_rejection(lake.fs, name, **PLACE)


def test_a_refusal_is_read_back_without_rows(lake):
    written = write_rejection(
        lake.fs, "raw_option_mbo", **PLACE, reason="refused", failures=["do this"], file="a", expected="x", was="y", files=FILES
    )
    assert read(lake, "raw_option_mbo") == written
    assert (written.files, written.file, written.expected, written.was) == (FILES, "a", "x", "y")
    assert lake.refused_days("raw_option_mbo", "ES") == [DAY]
    assert lake.days("raw_option_mbo", "ES", rejected=True) == []


def test_rejected_rows_are_read_back_with_their_reason(lake):
    reject(lake, LEVELS, levels(range(1)), reason="no")
    found = read(lake)
    assert (found.reason, found.failures, dict(found.files)) == ("no", ("Expected this, was that",), {})


def test_refused_files_replace_rejected_rows_and_rows_replace_refused_files(lake):
    reject(lake, LEVELS, levels(range(1)), reason="rows")
    lake.refuse("made_up_levels", **PLACE, reason="files", files=FILES)
    assert read(lake).reason == "files"
    assert lake.days("made_up_levels", "ES", rejected=True) == []
    reject(lake, LEVELS, levels(range(1)), reason="rows")
    assert (read(lake).reason, dict(read(lake).files)) == ("rows", {})
    publish(lake, LEVELS, levels(range(1)))
    assert read(lake) is None
    assert lake.refused_days("made_up_levels", "ES") == []


def test_a_reason_alone_that_names_no_files_is_none(lake):
    """What a killed process left: it had not stored the rows yet, or had removed them already."""
    write_rejection(lake.fs, "made_up_levels", **PLACE, reason="no")
    assert read(lake) is None


NO_STATE = b'{"reason": "x", "failures": [], "rejected_at": "", "files": {"a": {}}}'


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"reason": "x"}', NO_STATE])
def test_a_reason_that_cannot_be_read_says_so(lake, content):
    put(lake.fs, reason_key("made_up_levels", **PLACE), content)
    assert read(lake).reason == "its reason cannot be read"
