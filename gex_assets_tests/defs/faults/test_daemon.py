"""Days are backfilled by Dagster's own daemon, which dies in the middle and is started again; one day's file is corrupt."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus

from gex_assets.defs.build import build_defs
from gex_assets.defs.jobs import CHECK_DAY
from gex_assets.lake.keys import table_day_key
from gex_assets.lake.tables import Lake
from gex_assets.sample.market import sample_days
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.backfills import add_backfill
from gex_assets_tests.defs.faults.tiny_lake import PATIENCE, TinyLake, objects

REPOSITORY = Path(__file__).parents[3]
TABLES = ("raw_option_definition", "raw_option_statistics")
"""What the days are backfilled with: their files are verified. Starting and ending a run is most of its work."""
FIRST = date(2023, 1, 3)
"""So long ago that a thousand days are over."""
FOLDER = "raw/source=databento/product_type=future_option/symbol=ES/table=statistics_dbn"


def corrupt_file_of(lake: Path, day: date) -> None:
    """A lone file of statistics that is none."""
    folder = lake / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"glbx-mdp3-{day:%Y%m%d}.statistics.dbn.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"no frame at all" * 100)


def make_home(home: Path) -> Path:
    """A DAGSTER_HOME with the repository's dagster.yaml, in which dead runs are looked for every few seconds.

    One that the crash caught between its request and its start has no process to look for: Dagster gives it up after a time,
    three minutes by default.
    """
    home.mkdir()
    usual = (REPOSITORY / "dagster.yaml").read_text()
    monitoring = "run_monitoring:\n"
    assert monitoring in usual
    often = f"{monitoring}  poll_interval_seconds: 5\n  cancel_timeout_seconds: 10\n  start_timeout_seconds: 60\n"
    (home / "dagster.yaml").write_text(usual.replace(monitoring, often))
    return home


@contextlib.contextmanager
def daemon(home: Path, lake: Path) -> Iterator[None]:
    """Dagster's daemon with the project's definitions. It, its code server and its runs are killed (SIGKILL) at the end."""
    environment = os.environ | {"DAGSTER_HOME": str(home), "GEX_LAKE": str(lake), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "gex_assets.definitions"]
    with (home / "daemon.log").open("a") as log:
        running = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def wait_for(what: Callable[[], bool], home: Path, *, patience: float) -> None:
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, (home / "daemon.log").read_text()[-4000:]
        time.sleep(0.5)


def published(lake: Path, days: tuple[date, ...]) -> set[date]:
    return {day for day in days if (lake / table_day_key(TABLES[-1], product="ES", day=day)).exists()}


def backfill_through_a_crash(folder: Path, *, count: int) -> None:
    lake, home = TinyLake(start=FIRST).make(folder / "lake"), make_home(folder / "home")
    days, patience = sample_days(start=FIRST, days=count), max(PATIENCE, 10.0 * count)
    bad = days[count // 2]
    corrupt_file_of(lake, bad)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        graph = build_defs(settings_for(lake)).resolve_asset_graph()
        add_backfill(instance, graph, name="many", keys=[dg.AssetKey(table) for table in TABLES], days=days)

        def status() -> BulkActionStatus:
            found = instance.get_backfill("many")
            assert found is not None
            return found.status

        with daemon(home, lake):
            wait_for(lambda: len(published(lake, days)) >= count // 5, home, patience=patience)
        before = published(lake, days)
        assert len(before) < count - 1  # it died in the middle
        assert status() == BulkActionStatus.REQUESTED
        seen = objects(lake)
        with daemon(home, lake):
            wait_for(lambda: status() not in (BulkActionStatus.REQUESTED, BulkActionStatus.COMPLETED), home, patience=patience)
        assert status() == BulkActionStatus.COMPLETED_FAILED  # for the corrupt file alone
        assert published(lake, days) == set(days) - {bad}
        after = objects(lake)
        assert seen.items() <= after.items()  # what stood before the crash was not made again otherwise
        runs = [run for run in instance.get_runs() if run.job_name != CHECK_DAY]  # a sensor asks for it after a failure
        of_bad = [run for run in runs if run.tags["dagster/partition"] == bad.isoformat()]
        ended = Counter(run.status for run in of_bad)
        assert ended[dg.DagsterRunStatus.FAILURE] >= 1
        # A refused file is not read again and again: another try is there only where the crash ended the first.
        assert len(of_bad) <= 2
    opened = Lake(lake)
    for day in sorted(set(days) - {bad}):
        for table in TABLES:
            assert opened.open(table, product="ES", day=day).read() is not None
    assert [path.name for path in lake.rglob(".*.staged")] == []


@pytest.mark.long
@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=pytest.mark.soak)])
def test_days_survive_a_crash_of_the_daemon_and_one_corrupt_file(tmp_path: Path, count: int) -> None:
    backfill_through_a_crash(tmp_path, count=count)
