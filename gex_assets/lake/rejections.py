"""Why the latest delivery of a table-day was not published, as it is kept in the lake until a later one is.

Two things are kept: rows that broke their contract, with the reason (`tables.py` writes them), and delivered files that were
refused before there were rows (`raw/refusals.py`). Of the latter there is the reason only, with the state of the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.keys import reason_key, table_day_key

__all__ = ["RefusedFile", "Rejection", "read_rejection", "write_rejection"]


class RefusedFile(NamedTuple):
    """The state of a delivered file when its day was refused.

    Attributes
    ----------
    modified_ns : its time. [UNIX ns UTC]
    sha256 : of its bytes; None where it was not read.
    sidecars : digest of what its sidecars said of it (`freshness.sidecars_digest`).
    """

    size_bytes: int
    modified_ns: int
    tag: str
    sha256: str | None
    sidecars: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why the latest delivery of a table-day was not published.

    Attributes
    ----------
    failures : further reasons, or what to do.
    rejected_at : in UTC, as ISO 8601; empty where it is not known.
    file, expected, was : of refused files: the one that the reason names, what it should have been and what it was.
    files : of refused files: all files of the table-day by key, in the state in which they were refused.
    """

    reason: str
    failures: tuple[str, ...] = ()
    rejected_at: str = ""
    file: str = ""
    expected: str = ""
    was: str = ""
    files: Mapping[str, RefusedFile] = field(default_factory=dict)


def read_rejection(fs: FileSystem, name: str, *, product: str, day: date) -> Rejection | None:
    """Why the latest delivery of a table-day was rejected or refused; None if it was not."""
    rows_are_kept = fs.info(table_day_key(name, product=product, day=day, rejected=True)) is not None
    key = reason_key(name, product=product, day=day)
    if not rows_are_kept and fs.info(key) is None:
        return None
    try:
        rejection = _parsed(json.loads(fs.read_bytes(key)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Rejection(reason="its reason cannot be read")
    # A reason alone, which names no files, is what a killed process left: its rows were not stored yet, or just removed.
    return rejection if rows_are_kept or rejection.files else None


def write_rejection(
    fs: FileSystem, name: str, *, product: str, day: date, reason: str, failures: Sequence[str] = (), **more: Any
) -> Rejection:
    """Store the reason of a rejection; call it under the lock of the table-day.

    Parameters
    ----------
    more : `file`, `expected`, `was` and `files` of refused files.
    """
    rejected_at = datetime.now(UTC).isoformat(timespec="seconds")
    rejection = Rejection(reason=reason, failures=tuple(failures), rejected_at=rejected_at, **more)
    note: dict[str, Any] = {"reason": reason, "failures": list(failures), "rejected_at": rejected_at}
    if rejection.files:
        note |= {"file": rejection.file, "expected": rejection.expected, "was": rejection.was}
        note["files"] = {key: refused._asdict() for key, refused in sorted(rejection.files.items())}
    staged = fs.stage(reason_key(name, product=product, day=day))
    try:
        staged.path.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
        staged.publish()
    finally:
        staged.discard()
    return rejection


def _parsed(note: dict[str, Any]) -> Rejection:
    return Rejection(
        reason=str(note["reason"]),
        failures=tuple(str(failure) for failure in note["failures"]),
        rejected_at=str(note["rejected_at"]),
        file=str(note.get("file", "")),
        expected=str(note.get("expected", "")),
        was=str(note.get("was", "")),
        files={str(key): _parsed_file(state) for key, state in note.get("files", {}).items()},
    )


def _parsed_file(state: dict[str, Any]) -> RefusedFile:
    sha256 = state["sha256"]
    return RefusedFile(
        size_bytes=int(state["size_bytes"]),
        modified_ns=int(state["modified_ns"]),
        tag=str(state["tag"]),
        sha256=None if sha256 is None else str(sha256),
        sidecars=str(state["sidecars"]),
    )
