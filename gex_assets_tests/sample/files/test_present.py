"""A sample replaces nothing in silence: what the lake holds of its days is refused, or replaced where that was asked for."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, find_files
from gex_assets.sample.market import make_sample

TUESDAY = date(2026, 1, 6)
WEDNESDAY = TUESDAY + timedelta(days=1)
SATURDAY, SUNDAY = date(2026, 1, 10), date(2026, 1, 11)
MINUTE = (time(15, 0), time(15, 1))
EVENING = (time(23, 30), time(23, 31))


def everything(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def files(lake: Path, day: date) -> dict[str, list[str]]:
    """Keys of a day's files by kind."""
    fs = LocalFileSystem(lake)
    return {kind: [one.key for one in find_files(fs, kind=kind, product="ES", day=day)] for kind in RAW_KINDS}


def all_are_complete(lake: Path) -> bool:
    """Whether each manifest lists what is there, and each folder has one."""
    for folder in {path.parent for path in (lake / "raw").rglob("*.dbn.zst")}:
        listed = {one["filename"] for one in json.loads((folder / "manifest.json").read_text())["files"]}
        if listed != {path.name for path in folder.iterdir() if path.name != "manifest.json" and not path.name.startswith(".")}:
            return False
    return True


@pytest.mark.parametrize("seed", [7, 8], ids=["the same sample", "another one"])
def test_days_that_are_there_are_refused_and_stay(tmp_path: Path, seed: int) -> None:
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE)
    before = everything(tmp_path)
    with pytest.raises(
        LakeError, match=r"Expected no files of ES 2026-01-06 in the lake, was 4 \(.*: replace them with --overwrite"
    ):
        make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, seed=seed)
    assert everything(tmp_path) == before


def test_a_saturday_does_not_reach_for_sundays_files(tmp_path: Path) -> None:
    told: list[str] = []
    make_sample(tmp_path, start=SATURDAY, days=1, session=EVENING, progress=told.append)
    assert told[0] == f"{SATURDAY} is a Saturday, which has no session: the sample begins on {SUNDAY}"
    with pytest.raises(LakeError, match=f"Expected no files of ES {SUNDAY}"):
        make_sample(tmp_path, start=SATURDAY, days=1, session=EVENING)


def test_the_same_sample_again_gives_the_same_bytes(tmp_path: Path) -> None:
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE)
    before = everything(tmp_path)
    told: list[str] = []
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, overwrite=True, progress=told.append)
    assert everything(tmp_path) == before
    assert told[0] == f"replacing 4 files of {TUESDAY}"


def test_another_sample_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """Also where the first one's job has a second day, which stays."""
    make_sample(tmp_path, start=TUESDAY, days=2, session=MINUTE)
    first, second = files(tmp_path, TUESDAY), files(tmp_path, WEDNESDAY)
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, seed=8, overwrite=True)
    again = files(tmp_path, TUESDAY)
    assert all(len(keys) == 1 for keys in again.values())
    assert all(again[kind] != first[kind] for kind in RAW_KINDS)
    assert files(tmp_path, WEDNESDAY) == second
    assert all_are_complete(tmp_path)


def test_statistics_of_the_day_before_are_not_delivered_twice(tmp_path: Path) -> None:
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE)
    before = everything(tmp_path)
    told: list[str] = []
    make_sample(tmp_path, start=WEDNESDAY, days=1, session=MINUTE, progress=told.append)
    after = everything(tmp_path)
    assert {key: after[key] for key in before} == before
    assert files(tmp_path, TUESDAY) == {
        kind: [key for key in before if key in files(tmp_path, TUESDAY)[kind]] for kind in RAW_KINDS
    }
    assert len(files(tmp_path, TUESDAY)["option_statistics"]) == 1
    assert f"statistics of {TUESDAY} are there and stay" in told


def test_files_that_no_sample_made_are_never_replaced(tmp_path: Path) -> None:
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE)
    (truth,) = (tmp_path / "truth" / "product=ES").iterdir()
    truth.rename(truth.with_name("date=2020-01-02"))
    with pytest.raises(LakeError, match="which no sample made"):
        make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, overwrite=True)


def test_another_product_is_in_nobodys_way(tmp_path: Path) -> None:
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE)
    before = everything(tmp_path)
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, product="NQ")
    assert {key: content for key, content in everything(tmp_path).items() if key in before} == before


@pytest.mark.parametrize("at", ["futures", "options", "truth"])
def test_an_interrupted_sample_leaves_no_files_and_can_be_made_again(tmp_path: Path, at: str) -> None:
    def interrupt(line: str) -> None:
        if line.endswith(at):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE, progress=interrupt)
    assert not list(tmp_path.rglob("*.dbn.zst*"))
    make_sample(tmp_path, start=TUESDAY, days=1, session=MINUTE)
    assert all(len(keys) == 1 for keys in files(tmp_path, TUESDAY).values())
