"""A day in `dagster dev`: the settings of now count for the next run, and the button Terminate ends a command's run, too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.execution.run_tags import DAY as PARTITION
from gex_assets.lake.keys import day_lock_key
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.settings import load
from gex_assets_tests.cli.patched import started
from gex_assets_tests.defs.dagster_dev import PATIENCE, DagsterDev, dagster_dev, wait_until
from gex_assets_tests.defs.faults.tiny_lake import DAYS, make_tiny, objects

pytestmark = pytest.mark.long

NAME = "bronze_option_instruments"
WRITING = """
from gex_assets.lake.tables import Staged
written = Staged.write
def write(self, rows):
    written(self, rows)
    if self.table.name == "raw_option_mbo":
        reached("there")
        sleep()
Staged.write = write
"""


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def done(dev: DagsterDev, instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    ended = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    wait_until(lambda: status_of(instance, run_id) in ended, dev.log)
    return status_of(instance, run_id)


def command(folder: Path, home: Path, *more: str) -> subprocess.Popen[str]:
    words = ("run", "--date", str(DAYS[0]), *more, "--select", "group:raw")
    return started(folder, WRITING, *words, DAGSTER_HOME=str(home), GEX_LAKE="lake")


@pytest.mark.parametrize(
    "more",
    [pytest.param((), id="a day"), pytest.param(("--to", str(DAYS[1])), id="a range", marks=pytest.mark.soak)],
)
def test_terminate_ends_the_run_of_a_command_and_no_other(tmp_path: Path, more: tuple[str, ...]) -> None:
    lake, home = make_tiny(tmp_path / "lake"), tmp_path / "home"
    with dagster_dev(home, lake) as dev, dg.DagsterInstance.from_config(str(home)) as instance:
        with command(tmp_path, home, *more) as child:
            wait_until((tmp_path / "there").exists, dev.log)
            (run,) = instance.get_runs()
            (tmp_path / "patched/sitecustomize.py").unlink()  # whoever is started next is not patched
            dev.terminate(run.run_id)
            out, err = child.communicate(timeout=PATIENCE)
        assert done(dev, instance, run.run_id) == dg.DagsterRunStatus.CANCELED
        others = {one.tags[PARTITION]: one.status for one in instance.get_runs() if one.run_id != run.run_id}
    seen = {key for key in objects(lake) if str(DAYS[0]) in key}
    assert not any("raw_option_mbo" in key for key in seen)
    assert list(lake.rglob(".*.staged*")) == []
    with Lake(lake).fs.lock(day_lock_key(DAYS[0])):
        pass
    assert "Traceback" not in err
    if not more:
        assert child.returncode == 130, out + err
        return
    # The day is not tried again, the next one is run.
    assert child.returncode == 1, out + err
    assert others == {str(DAYS[1]): dg.DagsterRunStatus.SUCCESS}
    assert (
        f"failed: {DAYS[0]}: the process was asked to end, as Terminate in the UI does: what it was writing is discarded" in out
    )
    assert "2 days: 1 published, 1 failed" in out


def test_settings_that_change_count_for_the_next_run(tmp_path: Path) -> None:
    lake, home = make_tiny(tmp_path / "lake", days=1), tmp_path / "home"
    with dagster_dev(home, lake) as dev, dg.DagsterInstance.from_config(str(home)) as instance:
        for text in ("", "max_dte = 80\n", ""):
            (lake / "gex.toml").write_text(text)
            run_id = dev.launch("raw_to_bronze", day=str(DAYS[0]))
            assert done(dev, instance, run_id) == dg.DagsterRunStatus.SUCCESS
            made = Lake(lake).open(NAME, product="ES", day=DAYS[0]).lineage
            assert made.settings_hash == load(lake=lake).digest(TABLES[NAME].settings), text
