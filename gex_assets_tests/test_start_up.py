"""Commands that only read answer at once: they load nothing of what only computing needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numba", "scipy", "dagster", "databento", "pandas", "pandera", "pyarrow.compute")
COMMAND = f"""
import sys
from gex_assets.cli import gex
gex(sys.argv[1:], standalone_mode=False)
print([name for name in {HEAVY} if name in sys.modules])
"""


@pytest.mark.parametrize("words", [["--help"], ["status"], ["query", "SELECT 1 AS a"]])
def test_commands_that_only_read_load_no_heavy_modules(words: list[str], tmp_path) -> None:
    done = subprocess.run([sys.executable, "-c", COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
