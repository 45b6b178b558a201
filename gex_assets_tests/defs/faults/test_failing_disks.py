"""A full disk, a lake that may not be written and a file system without locks: one line that says so, and nothing half there."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gex_assets.defs.run import run_days
from gex_assets.errors import LakeError
from gex_assets_tests.conftest import DAY as WHOLE_DAY
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.faults.tiny_lake import DAYS, as_no_superuser, command_of, make_tiny, objects, ran

DAY = DAYS[0]
OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
"""A command in a process that may mount what only it sees."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny") / "lake", days=1)


@pytest.mark.long
def test_a_full_disk_is_said_in_one_line_and_the_run_goes_on_from_there(tiny: Path, tmp_path: Path) -> None:
    """The lake lies on a file system of its own that has no room for the larger tables."""
    if subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces: a full disk cannot be tried")
    mounted, kept = tmp_path / "mounted", tmp_path / "kept"
    mounted.mkdir()
    size = sum(path.stat().st_size for path in tiny.rglob("*") if path.is_file()) // 1024 + 400
    # The file system ends with the process that mounted it, so what is visible on it is copied out first.
    script = (
        f"mount -t tmpfs -o size={size}k tmpfs {mounted} && cp -r {tiny}/. {mounted}/ && ("
        + " ".join(command_of(mounted, DAY))
        + f"; echo ended with $?; cp -r {mounted} {kept})"
    )
    code, said = ran([*OWN_MOUNTS, "sh", "-c", script], tmp_path / "home")
    assert code == 0, said
    assert "ended with 1" in said
    assert "Expected room and permission to write" in said
    assert "No space left on device" in said
    assert "Traceback" not in said
    shutil.rmtree(kept / "_locks", ignore_errors=True)
    seen = objects(kept)
    assert [path.name for path in kept.rglob(".*.staged")] == []
    code, said = ran(command_of(kept, DAY), tmp_path / "home")  # where there is room
    assert code == 0, said
    assert seen.items() <= objects(kept).items()


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
