"""`gex run` of a range whose processes are killed: the day is tried once more, the others go on, the runs are marked."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.lake.tables import Lake
from gex_assets_tests.cli.patched import PATIENCE, started
from gex_assets_tests.cli.typed import gex
from gex_assets_tests.conftest import DAY

NEXT = DAY + timedelta(days=1)
TABLE = "raw_option_definition"
RANGE = ("run", "--date", str(DAY), "--to", str(NEXT), "--select", f'key:"{TABLE}"')

KILLED = f"""
import os, signal
from gex_assets.lake.tables import Staged
written = Staged.write
def write(self, rows):
    written(self, rows)
    if self._lineage.day.isoformat() == {str(DAY)!r} and not ({{once}} and (here / "killed").exists()):
        reached("killed")
        os.kill(os.getpid(), signal.SIGKILL)
Staged.write = write
"""


@pytest.mark.long
@pytest.mark.parametrize(("once", "jobs"), [(True, "1"), (False, "1"), (False, "2")])
def test_a_killed_process_costs_its_day_one_attempt(delivered: Path, tmp_path: Path, once: bool, jobs: str) -> None:
    shutil.copytree(delivered, tmp_path / "lake")
    home = tmp_path / "home"
    home.mkdir()
    words = (*RANGE, "--jobs", jobs)
    child = started(tmp_path, KILLED.format(once=once), *words, DAGSTER_HOME=str(home), GEX_LAKE="lake")
    out, err = child.communicate(timeout=PATIENCE)
    lines = out.splitlines()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = instance.get_runs()
        ended = Counter((run.tags["dagster/partition"], run.status) for run in runs)
        failed = [run.run_id for run in runs if run.status == dg.DagsterRunStatus.FAILURE]
        said = {entry.message for run_id in failed for entry in instance.all_logs(run_id)}
    assert "The process that ran the day was killed by SIGKILL." in " ".join(said)
    assert "  CRASHED: the process was killed by SIGKILL" in lines
    assert f"{DAY} once more, while no other day runs" in lines
    assert ended[str(NEXT), dg.DagsterRunStatus.SUCCESS] == 1
    assert ended[str(DAY), dg.DagsterRunStatus.FAILURE] == (1 if once else 2)
    assert ended[str(DAY), dg.DagsterRunStatus.SUCCESS] == int(once)
    assert sum(ended.values()) == 3, ended
    assert Lake(tmp_path / "lake").find(TABLE, product="ES", day=NEXT) is not None
    if once:
        assert child.returncode == 0, err
        assert "2 days: 2 published" in lines
        return
    assert child.returncode == 1
    assert "2 days: 1 published, 1 failed" in lines
    what = "the process was killed by SIGKILL, twice: if memory ran out, end other programs or set GEX_THREADS=1"
    assert f"failed: {DAY}: {what}" in lines
    assert lines[-1].startswith("run again: gex run --select ")
    assert lines[-1].endswith(f"--jobs {jobs} --date {DAY}")


def test_a_range_that_cannot_run_is_refused_in_one_line(fresh: Path, tmp_path: Path) -> None:
    """What holds for every day is no crash, and is said once."""
    words = ("--lake", "lake", "--date", str(DAY), "--to", str(NEXT))
    done = gex("run", *words, "--select", "nothing of this name", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("gex: Expected a selection such as ")
    assert "CRASHED" not in done.stdout
    assert "Traceback" not in done.stderr
    assert gex("run", *words, "--jobs", "0", cwd=tmp_path).returncode == 2
