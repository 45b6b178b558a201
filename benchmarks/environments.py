"""Virtual environments of the peers, made when first asked for, with the versions that `peers/*.txt` pin.

Wheels only. A peer that cannot be installed has a reason in the table. It is not an error.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["PEERS", "Absent", "python_of", "said_of"]

PEERS: Final = Path(__file__).resolve().parent / "peers"
_HOME: Final = Path(__file__).resolve().parent / "out" / "peers"


class Absent(Exception):  # noqa: N818
    """A peer that is not to be had here; the message says why."""


@cache
def python_of(peer: str) -> Path:
    """The Python of a peer's environment, made where it is not there yet.

    Raises
    ------
    Absent
        Its packages cannot be installed here.
    """
    pins = PEERS / f"{peer}.txt"
    home = _HOME / peer
    python = home / "bin" / "python"
    done = home / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        venv.create(home, with_pip=True, clear=True)
        argv = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
            "-r",
            str(pins),
        ]
        found = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603
        if found.returncode:
            errors = [line for line in found.stderr.splitlines() if line.startswith("ERROR")]
            raise Absent(f"{peer} cannot be installed under Python {sys.version.split()[0]}: {(errors or ['pip failed'])[0]}")
        done.write_text(pins.read_text(encoding="utf-8"), encoding="utf-8")
    return python


def said_of(peer: str) -> str:
    """The version that a peer's pins name first, for the record of a run."""
    return (PEERS / f"{peer}.txt").read_text(encoding="utf-8").splitlines()[0].partition("==")[2]
