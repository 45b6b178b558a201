"""A range of days at a terminal of 80 columns: every line fits, words stay whole, and the line that is redrawn is never cut."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from gex_assets_tests.defs.faults.tiny_lake import TinyLake

WIDTH = 80
KIND = TinyLake(count=3, defects="all", dbn_version=3)
"""Its files have faults, so that there are long warnings."""
STEERING = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def at_a_terminal(command: list[str], folder: Path) -> tuple[int, str]:
    """What a terminal of the width gets, and the exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    known = {name: value for name, value in os.environ.items() if not name.startswith(("GEX_", "DAGSTER_HOME", "COLUMNS"))}
    environment = known | {"TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                block = os.read(ours, 65_536)
            except OSError:  # on Linux the end of a terminal that nobody holds any more
                break
            if not block:
                break
            written += block
        os.close(ours)
    return process.returncode, written.decode()


@pytest.mark.long
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_line_of_a_range_fits(tmp_path: Path, jobs: str) -> None:
    KIND.make(tmp_path / "lake")
    first, *_, last = map(str, KIND.days)
    words = ["run", "--lake", "lake", "--date", first, "--to", last, "--jobs", jobs]
    code, written = at_a_terminal([sys.executable, "-m", "gex_assets.cli", *words], tmp_path)
    assert code == 0, written
    # what was redrawn counts too: each drawing begins at the left edge
    drawn = [STEERING.sub("", part) for part in re.split(r"[\r\n]+", written)]
    assert [part for part in drawn if len(part) > WIDTH] == []
    redrawn = [part for part in drawn if part.startswith("  … ")]
    assert redrawn or jobs == "1"  # tables of a minute are made before one is shown
    assert [part for part in redrawn if not re.fullmatch(r"  … [^ ,:].*(ago|rows/s|B/s|left)", part)] == []
    said = "\n".join(part for part in drawn if part and part not in redrawn)
    warned = re.search(r"^    warning (.|\n      )+$", said, flags=re.MULTILINE)
    assert warned is not None, said
    assert "To do: " in re.sub(r"\s+", " ", said)
    assert re.search(r"^3 days: 3 published$", said, flags=re.MULTILINE), said
    assert "Traceback" not in said
