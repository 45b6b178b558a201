"""`gex run` as it is typed: the end of a range, days without files, missing lakes, and whose instance keeps the runs."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.lake.keys import day_lock_key
from gex_assets.lake.tables import Lake
from gex_assets_tests.cli.typed import gex
from gex_assets_tests.conftest import DAY

NEXT = DAY + timedelta(days=1)
RAW = ("--select", "group:raw")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--date", str(DAY)),
        ("history",),
        ("status",),
        ("query", "SELECT 1"),
        ("study", "truth"),
    ],
)
def test_a_mistyped_lake_is_an_error_and_makes_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = gex(*words, "--lake", "daat", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"gex: Expected a lake at {tmp_path / 'daat'}, was nothing: name another with --lake DIR")
    assert not list(tmp_path.iterdir())


def test_failed_days_are_named_with_the_command_that_runs_them_again(fresh: Path, tmp_path: Path) -> None:
    for path in fresh.rglob("*.definition.dbn.zst"):
        path.write_bytes(path.read_bytes()[:-1])
    done = gex("run", "--lake", "lake", "--date", str(DAY), "--to", str(NEXT), *RAW, cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "2 days: 1 published, 1 failed" in lines
    assert "CRASHED" not in done.stdout  # a refused file is not read once more
    assert f"no files: {NEXT}" in lines
    (failed,) = [line for line in lines if line.startswith("failed: ")]
    assert failed.startswith(f"failed: {DAY}: raw_option_definition: ")
    assert lines[-1] == f"run again: gex run --lake lake --select group:raw --date {DAY}"
    assert done.stderr.strip() == "gex: Expected 2 days to be published, was 1: 1 failed"


def test_a_day_without_files_is_published_empty_and_said(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    done = gex("run", "--lake", "lake", "--date", str(DAY), *RAW, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"no files: {len(list((tmp_path / 'lake').rglob('data.parquet')))} tables published empty" in done.stdout
    strict = gex("run", "--lake", "lake", "--date", str(DAY), "--require-files", *RAW, cwd=tmp_path)
    assert strict.returncode == 3
    assert strict.stderr.strip() == f"gex: Expected files of every day, was none for {DAY}: see `gex ingest --lake lake`"


@pytest.mark.long
def test_a_day_with_files_is_one_whatever_is_selected(fresh: Path, tmp_path: Path) -> None:
    for selected in ("group:raw", 'key:"raw_option_statistics"'):
        done = gex("run", "--lake", "lake", "--date", str(DAY), "--require-files", "--select", selected, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "no files" not in done.stdout


def test_yesterday_is_a_day(tmp_path: Path) -> None:
    """A Saturday has no session: nothing is to be done, which is no failure of a daily job."""
    (tmp_path / "lake").mkdir()
    before = datetime.now(UTC).date()
    done = gex("run", "--lake", "lake", "--date", "yesterday", *RAW, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    days = {f"{day - timedelta(days=1)}" for day in (before, datetime.now(UTC).date())}
    assert any(day in done.stdout for day in days)


def test_today_is_not_over(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    done = gex("run", "--lake", "lake", "--date", "today", *RAW, cwd=tmp_path)
    assert done.returncode == 1
    assert "today is still running: wait until it is over" in done.stderr or "no Saturday" in done.stderr


def test_a_held_day_is_not_waited_for_longer_than_asked(fresh: Path, tmp_path: Path) -> None:
    with Lake(fresh).fs.lock(day_lock_key(DAY)):
        done = gex("run", "--lake", "lake", "--date", str(DAY), "--wait", "0.001", *RAW, cwd=tmp_path)
    assert done.returncode == 1
    assert f"waiting for process {os.getpid()} on " in done.stdout
    assert f"Expected {DAY} to be free within 0.001 min, was held by process {os.getpid()} on " in done.stdout
    assert f"run again: gex run --lake lake --select group:raw --wait 0.001 --date {DAY}" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("own", [True, False])
def test_only_the_lake_of_the_settings_is_kept_in_the_shared_instance(delivered: Path, tmp_path: Path, own: bool) -> None:
    shutil.copytree(delivered, tmp_path / "lake")
    home = tmp_path / "home"
    home.mkdir()
    lake = {"GEX_LAKE": "lake"} if own else {}
    done = gex("run", "--lake", "./lake", "--date", str(DAY), *RAW, cwd=tmp_path, DAGSTER_HOME=str(home), **lake)
    assert done.returncode == 0, done.stderr
    with dg.DagsterInstance.from_config(str(home)) as instance:
        tags = [run.tags for run in instance.get_runs()]
    assert [(one["gex/lake"], one["gex/why"]) for one in tags] == [(f"{tmp_path}/lake", "gex run --select group:raw")] * own
    assert ("its runs are not kept in the instance that `dg dev` shows" in done.stdout) is not own


@pytest.mark.long
def test_another_exported_home_is_said(delivered: Path, tmp_path: Path) -> None:
    shutil.copytree(delivered, tmp_path / "data")
    homes = [tmp_path / name for name in ("exported", "written")]
    for home in homes:
        home.mkdir()
    (tmp_path / ".env").write_text(f"DAGSTER_HOME={homes[1]}\n")
    done = gex("run", "--date", str(DAY), *RAW, cwd=tmp_path, DAGSTER_HOME=str(homes[0]))
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"gex: DAGSTER_HOME is exported as {homes[0]}, but ")
    assert f"says {homes[1]}: `dg dev` and gex both use the latter" in done.stderr
    with dg.DagsterInstance.from_config(str(homes[1])) as instance:
        assert len(instance.get_runs()) == 1


def test_a_setting_in_env_counts_unless_it_is_exported(delivered: Path, tmp_path: Path) -> None:
    shutil.copytree(delivered, tmp_path / "elsewhere")
    (tmp_path / ".env").write_text("GEX_LAKE=elsewhere\n")
    assert f"ES {DAY}" in gex("status", cwd=tmp_path).stdout
    exported = gex("status", cwd=tmp_path, GEX_LAKE="nothing")
    assert "Expected a lake at" in exported.stderr


CONVENTION = '[[conventions]]\nname = "mine"\nversion = 1\nscale = "{scale}"\n'


@pytest.mark.parametrize("words", [("status",), ("run", "--date", str(DAY)), ("query", "SELECT 1")])
def test_an_unusable_convention_is_refused_by_every_command(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "gex.toml").write_text(CONVENTION.format(scale="usd_per_pct"))
    done = gex(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("gex: conventions: convention mine.scale: Expected one of usd_per_1pct, ")


@pytest.mark.long
def test_a_convention_changed_under_its_version_is_refused_before_anything_is_computed(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published, tmp_path / "data")
    (tmp_path / "gex.toml").write_text(CONVENTION.format(scale="usd_per_point"))
    words = ("run", "--date", str(DAY), "--select", 'key:"silver_gex_levels"')
    done = gex(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    (tmp_path / "gex.toml").write_text(CONVENTION.format(scale="usd_per_1pct"))
    for again in (words, ("status",)):
        done = gex(*again, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith(
            "gex: convention mine.version: Expected a number above 1, because other choices stand under 1"
        )


def test_a_variable_that_is_no_setting_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    done = gex("status", cwd=tmp_path, GEX_RATES="0.05")
    assert done.returncode == 0
    assert done.stderr == "gex: GEX_RATES is no setting and changes nothing: did you mean GEX_RATE?\n"
