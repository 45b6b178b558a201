"""Our own note in a folder of delivered files, `delivery.json`: what kind of delivery it is, and when each file first came.

The vendor's sidecars say what was asked for. They do not say when a lone file came, nor which of our own recordings have gaps.
Rank and claims of deliveries need both. A folder without a note was filled by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

from gex_assets.errors import BadFileError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.json_files import JsonFile

__all__ = ["NOTE_NAME", "DeliveryKind", "DeliveryNote", "note_file", "read_note"]

DeliveryKind = Literal["job", "lone", "recording"]

NOTE_NAME: Final = "delivery.json"

_VERSION: Final = 1
_MOMENTS: Final = range(2**63)


@dataclass(frozen=True, slots=True)
class DeliveryNote:
    """What is noted of a folder of delivered files.

    Attributes
    ----------
    kind : a job of the vendor, lone files of one request, or a recording of our own.
    requested_at : when the request was made; None where nobody knows. [UNIX ns UTC]
    first_ingested_at : file name -> when the file first came; a replaced file keeps it. [UNIX ns UTC]
    gaps : [start, end) in which a recording lacks records, in order and disjoint. [UNIX ns UTC]
    """

    kind: DeliveryKind
    requested_at: int | None = None
    first_ingested_at: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[tuple[int, int], ...] = ()


def read_note(filesystem: FileSystem, folder: str) -> DeliveryNote | None:
    """Read the note of a folder; None where there is none.

    Raises
    ------
    BadFileError
        It cannot be read, or is of another version.
    """
    file = JsonFile(filesystem, folder, NOTE_NAME)
    content = file.load()
    if content is None:
        return None
    if file.get(content, "version", int) != _VERSION:
        raise BadFileError(f"{file}: Expected version {_VERSION}, was {content['version']}")
    kind = file.get(content, "kind", str)
    if kind not in get_args(DeliveryKind):
        raise BadFileError(f"{file}: Expected a kind of {', '.join(get_args(DeliveryKind))}, was {kind[:40]!r}")
    requested_at = file.optional(content, "requested_at", int)
    first = file.optional(content, "first_ingested_at", dict) or {}
    return DeliveryNote(
        kind=kind,
        requested_at=None if requested_at is None else _moment(file, requested_at),
        first_ingested_at={str(name): _moment(file, moment) for name, moment in first.items()},
        gaps=_gaps(file, file.optional(content, "gaps", list) or []),
    )


def note_file(filesystem: FileSystem, folder: str, *, kind: DeliveryKind, file_name: str, now_ns: int) -> None:
    """Note that a file of a folder has come. A file that is noted already keeps its time, and a folder its kind.

    Parameters
    ----------
    kind : of the folder, where it has no note yet.
    now_ns : the time now. [UNIX ns UTC]

    Raises
    ------
    BadFileError
        The note that is there cannot be read.
    LakeBusyError
        Another process is writing it.
    """
    key = f"{folder}/{NOTE_NAME}"
    with filesystem.lock(key):
        note = read_note(filesystem, folder) or DeliveryNote(kind)
        if file_name in note.first_ingested_at:
            return
        _write(filesystem, key, replace(note, first_ingested_at={**note.first_ingested_at, file_name: now_ns}))


def _write(filesystem: FileSystem, key: str, note: DeliveryNote) -> None:
    content = {
        "version": _VERSION,
        "kind": note.kind,
        "requested_at": note.requested_at,
        "first_ingested_at": dict(sorted(note.first_ingested_at.items())),
        "gaps": [list(gap) for gap in note.gaps],
    }
    filesystem.clear_staged(key)
    staged = filesystem.stage(key)
    try:
        staged.path.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")
        staged.publish()
    finally:
        staged.discard()


def _moment(file: JsonFile, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in _MOMENTS:
        raise BadFileError(f"{file}: Expected a moment in ns, was {str(value)[:40]!r}")
    return value


def _gaps(file: JsonFile, entries: list[Any]) -> tuple[tuple[int, int], ...]:
    gaps: list[tuple[int, int]] = []
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 2:
            raise BadFileError(f"{file}: Expected gaps as [start, end], was {str(entry)[:60]!r}")
        start, end = (_moment(file, moment) for moment in entry)
        if end <= start or (gaps and start < gaps[-1][1]):
            raise BadFileError(f"{file}: Expected gaps in order, each with its start before its end, was [{start}, {end}]")
        gaps.append((start, end))
    return tuple(gaps)
