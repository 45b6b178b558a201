"""What runs took is kept by settings and class of sizes; a note that cannot be read or written changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.lake.keys import ledger_key
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.notes.day_memory import keep_peaks, kept_peaks, size_class

GB = 10**9


def test_the_latest_peak_of_each_table_is_kept_by_class(tmp_path: Path) -> None:
    fs = LocalFileSystem(tmp_path)
    for delivered, peak in ((1_000_000, GB), (1_000_001, 3 * GB), (1_000_002, 2 * GB), (5_000_000, GB)):
        keep_peaks(fs, "these", delivered=delivered, peaks={"raw": peak})
    keep_peaks(fs, "these", delivered=5_000_000, peaks={"gold": 3 * GB})
    assert kept_peaks(fs, "these") == {size_class(1_000_000): {"raw": 2 * GB}, size_class(5_000_000): {"raw": GB, "gold": 3 * GB}}
    assert kept_peaks(fs, "others") == {}


@pytest.mark.parametrize(("peak", "is_news"), [(GB, False), (GB - 60_000_000, False), (GB + 1, True), (GB - 110_000_000, True)])
def test_a_peak_that_is_hardly_another_is_not_written(tmp_path: Path, peak: int, is_news: bool) -> None:
    fs = LocalFileSystem(tmp_path)
    keep_peaks(fs, "these", delivered=1, peaks={"raw": GB - 1_000})
    before = fs.info(ledger_key("day_memory"))
    assert kept_peaks(fs, "these") == {1: {"raw": GB}}
    keep_peaks(fs, "these", delivered=1, peaks={"raw": peak})
    assert (fs.info(ledger_key("day_memory")) != before) is is_news


def test_settings_of_long_ago_are_forgotten(tmp_path: Path) -> None:
    fs = LocalFileSystem(tmp_path)
    for number in range(20):
        keep_peaks(fs, f"settings {number}", delivered=1, peaks={"raw": GB})
    assert len(fs.read_bytes(ledger_key("day_memory"))) < 2_000
    assert kept_peaks(fs, "settings 19") == {1: {"raw": GB}}


@pytest.mark.parametrize(
    "content",
    [
        "[",
        "[]",
        '{"these": 5}',
        '{"these": {"tables": {"a": 1}}}',
        '{"these": {"tables": {"1": 3}}}',
        '{"these": {"peaks": {"1": 3}}}',
    ],
)
def test_what_cannot_be_read_is_nothing(tmp_path: Path, content: str) -> None:
    fs = LocalFileSystem(tmp_path)
    place = fs.path(ledger_key("day_memory"))
    place.parent.mkdir()
    place.write_text(content)
    assert kept_peaks(fs, "these") == {}
    keep_peaks(fs, "these", delivered=1, peaks={"raw": GB})
    if content.startswith("{"):  # what is no object at all is left to whoever mends it
        assert kept_peaks(fs, "these") == {1: {"raw": GB}}


def test_a_lake_that_cannot_be_written_goes_without(tmp_path: Path) -> None:
    (tmp_path / "_ledgers").write_text("no folder")
    fs = LocalFileSystem(tmp_path)
    keep_peaks(fs, "these", delivered=1, peaks={"raw": GB})
    assert kept_peaks(fs, "these") == {}
