from __future__ import annotations

from datetime import time
from pathlib import Path

import numpy as np
import pytest

from gex_assets.errors import LakeError
from gex_assets.sample import progress
from gex_assets.sample.market import make_sample
from gex_assets_tests.sample.made_up_samples import TUESDAY

MINUTE = (time(14, 30), time(14, 31))


def test_a_disk_without_room_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    class Usage:
        free = 10**9

    def usage(path: Path) -> Usage:
        asked.append(path)
        return Usage()

    monkeypatch.setattr(progress.shutil, "disk_usage", usage)
    with pytest.raises(LakeError, match=r"Expected 2\.\d GB free at .*new for about 88,000,000 option records .*, was 1\.0 GB"):
        make_sample(tmp_path / "new", start=TUESDAY, days=1, profile="full")
    assert asked == [tmp_path]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_it_says_what_it_will_make_and_how_it_went(tmp_path: Path) -> None:
    told: list[str] = []
    report = make_sample(tmp_path, start=TUESDAY, days=1, profile="full", records=60_000, session=MINUTE, progress=told.append)
    records = next(one.file.records for one in report.files if one.kind == "option_mbo")
    assert told[0].startswith("1 day: about 60,000 option records and ")
    assert "GB free" in told[0]
    assert any(line.startswith(f"2026-01-06: options: {records:,} records in ") and line.endswith(" M/s") for line in told)


def test_progress_is_told_every_few_seconds() -> None:
    seconds = iter([0.0, 1.0, 6.0, 7.0, 12.0, 12.5])
    told: list[str] = []
    counted = progress.counted(iter([np.zeros(10, "V1")] * 4), what="options", say=told.append, clock=lambda: next(seconds))
    assert sum(len(block) for block in counted) == 40
    assert told == [
        "options: 20 records so far, 0.00 M/s",
        "options: 40 records so far, 0.00 M/s",
        "options: 40 records in 12 s, 0.00 M/s",
    ]
