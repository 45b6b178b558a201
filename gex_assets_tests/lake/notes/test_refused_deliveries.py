"""A file that `gex ingest` refused is remembered while it is there as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.keys import ledger_key
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.notes.refused_deliveries import keep_refusals, refused_deliveries
from gex_assets.lake.raw.ingest import ingest
from gex_assets_tests.lake.made_up_files import MIDNIGHT, SECOND, random_orders, write_orders


@pytest.fixture
def fs(tmp_path: Path) -> LocalFileSystem:
    return LocalFileSystem(tmp_path / "lake")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "downloads" / "glbx-mdp3-20260106.mbo.dbn.zst"
    write_orders(path, [random_orders(100, seed=6)], start_ns=MIDNIGHT, end_ns=MIDNIGHT + 86_400 * SECOND)
    return path


def take(fs: LocalFileSystem, path: Path) -> None:
    keep_refusals(fs, ingest(fs, [path]))


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-1])
    return path


def test_a_refusal_is_kept_with_its_reason(fs: LocalFileSystem, good: Path) -> None:
    take(fs, cut(good))
    (kept,) = refused_deliveries(fs)
    assert kept.path == good
    assert kept.why.startswith("Expected ")  # the path stands next to it
    assert kept.refused_at.endswith("+00:00")


def test_a_path_has_one_form_however_it_was_given(fs: LocalFileSystem, good: Path) -> None:
    take(fs, cut(good).parent / ".." / good.parent.name / good.name)
    (kept,) = refused_deliveries(fs)
    assert (kept.path, ".." in kept.why) == (good, False)


@pytest.mark.parametrize("becomes", ["removed", "touched", "longer"])
def test_a_file_that_is_no_longer_as_it_was_is_not_shown(fs: LocalFileSystem, good: Path, becomes: str) -> None:
    take(fs, cut(good))
    if becomes == "removed":
        good.unlink()
    elif becomes == "touched":
        os.utime(good, ns=(1, 1))
    else:
        good.write_bytes(good.read_bytes() + b"x")
    assert refused_deliveries(fs) == []


def test_what_is_taken_in_later_is_forgotten(fs: LocalFileSystem, good: Path) -> None:
    whole = good.read_bytes()
    take(fs, cut(good))
    good.write_bytes(whole)
    take(fs, good)
    assert refused_deliveries(fs) == []
    assert b"glbx" not in fs.read_bytes(ledger_key("refused_deliveries"))


def test_others_stay_and_nothing_is_written_without_a_refusal(fs: LocalFileSystem, good: Path) -> None:
    take(fs, good)
    assert fs.info(ledger_key("refused_deliveries")) is None
    other = good.with_name("other.dbn.zst")
    other.write_bytes(b"no file of the vendor")
    take(fs, other)
    take(fs, good)
    assert [one.path for one in refused_deliveries(fs)] == [other]


def test_a_ledger_that_cannot_be_read_is_named(fs: LocalFileSystem) -> None:
    path = fs.path(ledger_key("refused_deliveries"))
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(LakeError, match=r"Expected a JSON object in _ledgers/refused_deliveries\.json, was: "):
        refused_deliveries(fs)
