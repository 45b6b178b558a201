"""A full disk, a lake that may not be written and a file system without locks: one line that says so, and nothing half there."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gex_assets.defs.run import run_days
from gex_assets.errors import LakeError
from gex_assets.lake.keys import page_key
from gex_assets.schemas.pages import PAGES
from gex_assets_tests.conftest import DAY as WHOLE_DAY
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.faults.tiny_lake import DAYS, TinyLake, as_no_superuser, command_of, make_tiny, objects, ran

DAY = DAYS[0]
OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
"""A command in a process that may mount what only it sees."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny") / "lake", days=1)


def skip_without_own_mounts() -> None:
    if subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces: a full disk cannot be tried")


def kilobytes(lake: Path) -> int:
    """Room of its files on a file system of pages of 4 kB."""
    return sum(-(-path.stat().st_size // 4096) * 4 for path in lake.rglob("*"))


def left_staged(lake: Path) -> list[str]:
    return [path.name for path in lake.rglob(".*.staged*")]


@pytest.mark.long
def test_a_full_disk_is_said_in_one_line_and_the_run_goes_on_from_there(tiny: Path, tmp_path: Path) -> None:
    """The lake lies on a file system of its own that has no room for the larger tables."""
    skip_without_own_mounts()
    mounted, kept = tmp_path / "mounted", tmp_path / "kept"
    mounted.mkdir()
    # The file system ends with the process that mounted it, so what is visible on it is copied out first.
    script = (
        f"mount -t tmpfs -o size={kilobytes(tiny) + 400}k tmpfs {mounted} && cp -r {tiny}/. {mounted}/ && ("
        + " ".join(command_of(mounted, DAY))
        + f"; echo ended with $?; cp -r {mounted} {kept})"
    )
    code, said = ran([*OWN_MOUNTS, "sh", "-c", script], tmp_path / "home")
    assert code == 0, said
    assert "ended with 1" in said
    assert "Expected room and permission to write" in said
    assert "No space left on device (" in said
    assert "Traceback" not in said
    shutil.rmtree(kept / "_locks", ignore_errors=True)
    seen = objects(kept)
    assert left_staged(kept) == []
    code, said = ran(command_of(kept, DAY), tmp_path / "home")  # where there is room
    assert code == 0, said
    assert seen.items() <= objects(kept).items()


@pytest.mark.soak
@pytest.mark.long
@pytest.mark.parametrize(("days", "jobs"), [(0, 1), (1, 1), (1, 2)])
def test_a_range_fills_the_disk_and_its_own_command_completes_it(tmp_path: Path, days: int, jobs: int) -> None:
    """There is room for so many days and a little more; later, for all of them."""
    skip_without_own_mounts()
    kind = TinyLake(count=3)
    delivered, clean = kind.make(tmp_path / "delivered"), tmp_path / "clean"
    shutil.copytree(delivered, clean)
    code, said = ran(kind.range_of(clean), tmp_path / "home")
    assert code == 0, said
    whole = objects(clean)
    of_a_day = (kilobytes(clean) - kilobytes(delivered)) / len(kind.days)
    size = kilobytes(delivered) + 20 + int(of_a_day * (days and days + 0.8))
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    script = f"""
        set -u
        PATH={Path(sys.executable).parent}:$PATH
        mount -t tmpfs -o size={size}k tmpfs {mounted} && cp -r {delivered}/. {mounted}/ || exit 9
        {" ".join(kind.range_of(mounted, "--jobs", str(jobs)))} > {tmp_path}/filled 2>&1
        echo "ended with $?" >> {tmp_path}/filled
        cp -r {mounted} {tmp_path}/after_filling
        mount -o remount,size=100m {mounted}
        sed -n 's/^run again: //p' {tmp_path}/filled > {tmp_path}/again
        sh {tmp_path}/again > {tmp_path}/completed 2>&1
        echo "ended with $?" >> {tmp_path}/completed
        cp -r {mounted} {tmp_path}/at_the_end
    """
    code, said = ran([*OWN_MOUNTS, "sh", "-c", script], tmp_path / "home")
    assert code == 0, said
    filled, completed = (tmp_path / "filled").read_text(), (tmp_path / "completed").read_text()
    assert filled.endswith("ended with 1\n"), filled
    assert "Traceback" not in filled + completed
    failed = re.findall(r"^failed: (\S+): (.+)$", filled, flags=re.MULTILINE)
    assert 1 <= len(failed) <= len(kind.days) - days
    for _, why in failed:
        assert re.search(r"Expected room and permission to write \S+, was: No space left on device \(.*\): make room", why), why
    seen = objects(tmp_path / "after_filling")
    assert seen.items() <= whole.items()
    for day in kind.days:
        of_day = {key for key in whole if f"date={day}/" in key}
        pages = [tmp_path / "after_filling" / page_key(name, product="ES", day=day) for name in PAGES]
        is_whole = of_day <= set(seen) and all(page.is_file() for page in pages)  # room may end between the tables and a page
        assert is_whole is (str(day) not in dict(failed))
    assert left_staged(tmp_path / "after_filling") == []
    assert completed.endswith("ended with 0\n"), completed
    assert objects(tmp_path / "at_the_end") == whole
    assert left_staged(tmp_path / "at_the_end") == []


@pytest.mark.long
def test_a_lake_that_may_not_be_written_is_said_in_one_line(tiny: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(tiny, lake)
    folders = [lake, *(path for path in lake.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        code, said = ran(command_of(lake, DAY), tmp_path / "home", before=as_no_superuser)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert code == 1, said
    assert "Permission denied" in said
    assert "Expected" in said
    assert "Traceback" not in said
    assert objects(lake) == {}


def test_a_file_system_without_locks_is_refused_in_words(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(LakeError, match=r"file system with locks for .*, was: No locks available: put the lake on a disk"):
        list(run_days(settings_for(fresh), [WHOLE_DAY]))
    assert objects(fresh) == {}
