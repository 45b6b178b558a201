"""Ctrl-C and termination of `gex run` and `gex demo`, sent to a process of its own at a moment that the process states itself."""

from __future__ import annotations

import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from gex_assets.lake.tables import Lake
from gex_assets_tests.cli.patched import PATIENCE, started, wait_for
from gex_assets_tests.conftest import DAY
from gex_assets_tests.long_cases import mostly_long

NEXT = DAY + timedelta(days=1)
TABLE = "raw_option_mbo"

WRITING = f"""
from gex_assets.lake.tables import Staged
written = Staged.write
def write(self, rows):
    written(self, rows)
    if self.table.name == {TABLE!r}:
        reached("there")
        {{wait}}
Staged.write = write
"""

FAILS_OTHERWISE = """try:
            sleep()
        except BaseException:
            raise ImportError('initialization failed') from None"""


@pytest.fixture
def folder(delivered: Path, tmp_path: Path) -> Path:
    shutil.copytree(delivered, tmp_path / "lake")
    return tmp_path


RUN = ("run", "--lake", "lake", "--date", str(DAY), "--to", str(NEXT), "--select", "group:raw")


@pytest.mark.parametrize("number", mostly_long([signal.SIGINT, signal.SIGTERM]))
@pytest.mark.parametrize(
    "wait",
    [
        pytest.param("sleep()", id="in Python"),
        pytest.param(FAILS_OTHERWISE, id="in an import that fails in its own way"),
    ],
)
def test_the_first_signal_discards_the_table_and_ends_the_range(folder: Path, number: int, wait: str) -> None:
    child = started(folder, WRITING.format(wait=wait), *RUN)
    wait_for(folder / "there", child)
    child.send_signal(number)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130, err
    assert "gex: ending; anything half written is discarded. Press Ctrl-C again to end at once" in err
    assert "Traceback" not in err
    assert f"interrupted; done: no day; not done: {DAY} to {NEXT}" in out
    assert f"resume: gex run --lake lake --select group:raw --date {DAY} --to {NEXT}" in out.splitlines()
    assert f"{NEXT} (2 of 2" not in out  # the next day has not begun
    lake = Lake(folder / "lake")
    assert lake.find(TABLE, product="ES", day=DAY) is None
    assert not list((folder / "lake").rglob(".*.staged"))
    assert not list((folder / "lake").rglob(".*.lock"))


def test_the_second_signal_ends_at_once(folder: Path) -> None:
    stubborn = "try:\n            sleep()\n        except BaseException:\n            reached('stubborn')\n            sleep()"
    child = started(folder, WRITING.format(wait=stubborn), *RUN)
    wait_for(folder / "there", child)
    child.send_signal(signal.SIGINT)
    wait_for(folder / "stubborn", child)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert Lake(folder / "lake").find(TABLE, product="ES", day=DAY) is None


@pytest.mark.long
def test_days_that_were_done_before_are_named(folder: Path) -> None:
    """The second day is interrupted while its lock is waited for."""
    patch = f"""
from gex_assets.lake import local_filesystem
locked = local_filesystem.locked
def slow(path, key, **more):
    if key == "_locks/date={NEXT}":
        reached("there")
        sleep()
    return locked(path, key, **more)
local_filesystem.locked = slow
"""
    child = started(folder, patch, *RUN)
    wait_for(folder / "there", child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130, err
    assert f"interrupted; done: {DAY}; not done: {NEXT}" in out
    assert out.splitlines()[-1] == f"resume: gex run --lake lake --select group:raw --date {NEXT}"


@pytest.mark.long
def test_the_demo_names_its_days_and_how_to_go_on(folder: Path) -> None:
    """The sample is the delivered one under the demo's days, of which the first is interrupted in its first table."""
    patch = f"""
from types import SimpleNamespace
import gex_assets.demo, gex_assets.report.lake, gex_assets.sample.market
from datetime import date
days = (date.fromisoformat("{DAY}"), date.fromisoformat("{NEXT}"))
gex_assets.demo.refuse_foreign_files = lambda *_: None
gex_assets.sample.market.make_sample = lambda *_, **__: SimpleNamespace(days=days)
gex_assets.report.lake.sample_lines = lambda _: []
""" + WRITING.format(wait="sleep()").replace(TABLE, "gold_vector_dictionary")
    child = started(folder, patch, "demo", "--lake", "lake", "--date", str(DAY), "--days", "2")
    wait_for(folder / "there", child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert f"interrupted; done: no day; not done: {DAY} to {NEXT}" in out.splitlines()
    assert out.splitlines()[-1] == f"resume: gex run --lake lake --date {DAY} --to {NEXT}"
    assert f"\n{NEXT}\n" not in out


@pytest.mark.parametrize("words", mostly_long([(*RUN[:5], *RUN[7:]), RUN], short=1))
def test_an_interruption_while_dagster_is_imported_ends_in_order(folder: Path, words: tuple[str, ...]) -> None:
    """Of one day in the command's own process, of a range in that of its days."""
    patch = """
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "gex_assets.defs.build":
            reached("there")
            sleep()
sys.meta_path.insert(0, Slow())
"""
    child = started(folder, patch, *words)
    wait_for(folder / "there", child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert f"interrupted; done: no day; not done: {DAY}" in out
    assert "Traceback" not in err
