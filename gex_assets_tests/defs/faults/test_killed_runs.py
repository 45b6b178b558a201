"""Whole Dagster runs are killed (SIGKILL): what is visible is whole, the next run gives the bytes of a run that nobody killed."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.defs.faults.tiny_lake import (
    DAYS,
    PATIENCE,
    command_of,
    make_tiny,
    objects,
    ran,
    started,
    tables_there,
)

pytestmark = pytest.mark.long

DAY = DAYS[0]
KILLS = 5


@pytest.fixture(scope="module")
def delivered_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny") / "lake", days=1)


@pytest.fixture(scope="module")
def clean(delivered_tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tables of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("clean")
    shutil.copytree(delivered_tiny, folder / "lake")
    code, said = ran(command_of(folder / "lake", DAY), folder / "home")
    assert code == 0, said
    return objects(folder / "lake")


def kill_when(lake: Path, home: Path, *, tables: int, pause: float) -> bool:
    """Run the day, kill it a moment after so many tables are there; whether it was still running then."""
    end = time.monotonic() + PATIENCE
    with started(command_of(lake, DAY), home) as process:
        while tables_there(lake, DAY) < tables and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_leaves_whole_tables_and_the_next_gives_the_same_bytes(
    delivered_tiny: Path, clean: dict[str, str], tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    tables, pause = draw.randrange(len(DAY_TABLES)), draw.uniform(0.0, 0.4)
    sys.stdout.write(f"seed {seed}: killed {pause:.3f} s after {tables} tables\n")
    lake = tmp_path / "lake"
    shutil.copytree(delivered_tiny, lake)
    assert kill_when(lake, tmp_path / "home", tables=tables, pause=pause)
    seen = objects(lake)
    assert seen.items() <= clean.items()
    assert len(seen) < len(clean) or not Lake(lake).fs.info("gex.duckdb")
    code, said = ran(command_of(lake, DAY), tmp_path / "home")
    assert code == 0, said
    assert objects(lake) == clean
    assert [path.name for path in lake.rglob(".*.staged")] == []


def test_two_runs_of_a_day_at_once_go_one_after_the_other(delivered_tiny: Path, clean: dict[str, str], tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(delivered_tiny, lake)
    with (
        started(command_of(lake, DAY), tmp_path / "first") as first,
        started(command_of(lake, DAY), tmp_path / "second") as second,
    ):
        said = [process.communicate(timeout=PATIENCE)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], said
    assert objects(lake) == clean
    # Whoever came second found everything up to date.
    assert sorted("reused" in one for one in said) == [False, True]
