"""The lake that is there: whoever only reads or computes never makes one, so that a mistyped name is noticed.

`gex ingest`, `gex sample` and `gex demo` make lakes. They open `Lake` directly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gex_assets.errors import LakeError
from gex_assets.lake.keys import VIEWS_KEY
from gex_assets.lake.tables import Lake
from gex_assets.lake_address import local_folder
from gex_assets.schemas.registry import TABLES

__all__ = ["existing_lake"]

_OURS: Final = frozenset({VIEWS_KEY, "raw", "truth", "_rejected", "_live", "_pages", "_journals", "_ledgers", "_locks", *TABLES})
_ANYWHERE: Final = frozenset({"README.md"})
"""What a folder may hold before the first file is delivered; hidden names too."""

_WHAT_TO_DO: Final = (
    "name another with --lake DIR or GEX_LAKE, or make one there with `gex ingest PATH…`, `gex sample --start DATE` or `gex demo`"
)


def existing_lake(folder: Path | str) -> Lake:
    """Open a lake that is there. An empty folder is one, to which nothing was delivered yet.

    Raises
    ------
    LakeError
        The folder is missing, or it holds other things and nothing of a lake.
    """
    path = local_folder(folder)
    if not path.exists():
        raise LakeError(f"Expected a lake at {path.absolute()}, was nothing: {_WHAT_TO_DO}")
    if not path.is_dir():
        raise LakeError(f"Expected a lake at {path.absolute()}, was a file: {_WHAT_TO_DO}")
    try:
        names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - _ANYWHERE
    except OSError as error:
        raise LakeError(f"Expected a lake at {path.absolute()} that can be read, was: {error.strerror}") from error
    if names and not names & _OURS:
        raise LakeError(f"Expected a lake at {path.absolute()}, was a folder of other things ({min(names)}): {_WHAT_TO_DO}")
    return Lake(path)
