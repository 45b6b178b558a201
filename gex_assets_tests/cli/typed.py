"""The command as it is typed, in a process of its own, without the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["gex"]


def gex(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("GEX_", "DAGSTER_HOME"))}
    return subprocess.run(
        [sys.executable, "-m", "gex_assets.cli", *words],
        cwd=cwd,
        env=known | environment,
        capture_output=True,
        text=True,
        check=False,
    )
