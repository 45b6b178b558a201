"""Files that `gex ingest` refused: they are not in the lake, but whoever asks for its state shall see that they were given.

A refusal is kept until the same path is taken in. It counts only while the file is there as it was: a file that was removed or
replaced needs no attention, or another look.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.notes.ledger import change_ledger, read_ledger

if TYPE_CHECKING:
    from gex_assets.lake.raw.ingest import Ingested

__all__ = ["RefusedDelivery", "keep_refusals", "refused_deliveries"]

_LEDGER: Final = "refused_deliveries"
_MOST: Final = 1_000
"""Refusals that are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class RefusedDelivery:
    """A file that was refused.

    Attributes
    ----------
    refused_at : in UTC, as ISO 8601.
    why : "Expected …, was …".
    """

    path: Path
    refused_at: str
    why: str


def keep_refusals(fs: FileSystem, results: Sequence[Ingested]) -> None:
    """Keep what was refused, and forget earlier refusals of what was taken in.

    Raises
    ------
    LakeError
        The lake cannot be written.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    refused = {
        _path(one.source): {
            "refused_at": now,
            "why": one.why.removeprefix(f"{one.source}: "),  # the path is said with it, in one form
            "state": _state(one.source),
        }
        for one in results
        if one.status == "refused"
    }
    taken = {_path(one.source) for one in results if one.status != "refused"}

    def changed(kept: dict[str, Any]) -> dict[str, Any]:
        left = {path: one for path, one in kept.items() if path not in taken} | refused
        newest = sorted(left.items(), key=lambda item: str(item[1].get("refused_at", "")))[-_MOST:]
        return dict(newest)

    change_ledger(fs, _LEDGER, changed)


def refused_deliveries(fs: FileSystem) -> list[RefusedDelivery]:
    """Refused files that are still where they were, unchanged, the latest refusal last.

    Raises
    ------
    LakeError
        What is kept cannot be read.
    """
    found = [
        RefusedDelivery(Path(path), str(one.get("refused_at", "")), str(one.get("why", "")))
        for path, one in read_ledger(fs, _LEDGER).items()
        if isinstance(one, dict) and one.get("state") == _state(Path(path))
    ]
    return sorted(found, key=lambda one: (one.refused_at, one.path))


def _path(source: Path) -> str:
    """The file's path from the root, without `..`."""
    return os.path.abspath(source)  # noqa: PTH100 (Path.absolute keeps `..`, Path.resolve follows links)


def _state(path: Path) -> str:
    """Size and time of a file; empty where it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"
