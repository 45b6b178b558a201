"""The delivered files by day, whether they have settled, and what a day's state is.

A sensor looks often and at everything, so a look is cheap: one listing of names, sizes, times and tags. Files are opened only
of a day whose listing differs from the one before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Final

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.source import is_compressed
from gex_assets.lake.filesystem import FileSystem, ObjectInfo
from gex_assets.lake.freshness import sidecars_digest
from gex_assets.lake.raw.delivery_notes import NOTE_NAME
from gex_assets.lake.raw.layout import RAW_KINDS, FoundFile, RawKind, find_files, folder_of, source_of_file
from gex_assets.lake.raw.sidecars import SIDECAR_NAMES, Sidecars, read_sidecars
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES

__all__ = ["DeliveredDay", "delivered_days", "settling"]

_STATISTICS_DAYS: Final = sorted({away for table in TABLES.values() for away in table.statistics_days})
"""Other days, counted from a day, whose statistics its tables read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredDay:
    """The delivered files that one day's tables are computed from, unread.

    Attributes
    ----------
    files : of the day itself, of all kinds.
    others : statistics of other days, which some of its tables read too.
    sidecars : size, time and tag of the sidecars and of our own note in the folders of all these files.
    """

    day: date
    files: tuple[FoundFile, ...]
    others: tuple[FoundFile, ...]
    sidecars: tuple[ObjectInfo, ...]

    @property
    def listing(self) -> tuple[str, str]:
        """Digests of names, sizes, times and tags: of the files, and of the sidecars. While they are the same nothing is read."""
        return _digest(f"{_line(file.info)} {file.info.tag}" for file in (*self.files, *self.others)), _digest(
            f"{_line(info)} {info.tag}" for info in self.sidecars
        )

    def state(self, lake: Lake) -> str:
        """Digest of the files' names, sizes and times, and of what the sidecars say of these files.

        A sidecar of many days changes the state of those of which it says something else now. A tag is no part of it: other
        owners or links change every tag of an archive.
        """
        return _digest(f"{_line(file.info)} {sidecars_digest(lake, file.key)}" for file in (*self.files, *self.others))

    def of(self, kind: RawKind) -> list[FoundFile]:
        """The day's files of a kind."""
        return [file for file in self.files if file.kind == kind]


def delivered_days(lake: Lake, *, product: str) -> dict[date, DeliveredDay]:
    """All delivered files of a product by day, from one listing of each kind. Also days without a file of their own."""
    found = {kind: find_files(lake.fs, kind=kind, product=product) for kind in RAW_KINDS}
    of_day: dict[date, list[FoundFile]] = {}
    statistics: dict[date, list[FoundFile]] = {}
    for kind, files in found.items():
        for file in files:
            of_day.setdefault(file.day, []).append(file)
            if kind == "option_statistics":
                for away in _STATISTICS_DAYS:
                    statistics.setdefault(file.day - timedelta(days=away), []).append(file)
    sidecars = cache(partial(_sidecar_infos, lake.fs))
    days = {}
    for day in sorted({*of_day, *statistics}):
        own, others = tuple(of_day.get(day, ())), tuple(statistics.get(day, ()))
        folders = dict.fromkeys(folder_of(file.key) for file in (*own, *others))
        infos = tuple(info for folder in folders for info in sidecars(folder))
        days[day] = DeliveredDay(day=day, files=own, others=others, sidecars=infos)
    return days


def settling(lake: Lake, delivered: DeliveredDay, *, watched: bool) -> str | None:
    """Why the files of a day are not to be read yet, in words; None where they have settled.

    A file has settled when its manifest lists it with its size and everything that the manifest lists next to it is there. It
    has settled too when it was watched: neither it nor its sidecars changed for as long as the caller wants. No file's time
    says so. It is of the sender's clock, which may lag, so that what still grows looks old, or be ahead, or stand still.

    A file of the day itself must also begin as a compressed file does. One of another day is left out later, if it cannot be
    read.

    Parameters
    ----------
    watched : whether the caller has seen the day's listing unchanged for long enough, by a clock of its own.
    """
    sidecars = cache(partial(_sidecars, lake.fs))
    infos: dict[str, list[ObjectInfo]] = {}
    for info in delivered.sidecars:
        infos.setdefault(folder_of(info.key), []).append(info)
    for file in (*delivered.files, *delivered.others):
        if not watched and not _is_complete(file, sidecars, infos.get(folder_of(file.key), [])):
            return f"{file.key} may still be growing: no manifest vouches for it, so it must be seen unchanged for a while"
    for file in delivered.files:
        begins = _begins_compressed(lake.fs, file.key)
        if begins is None:
            return f"{file.key} is being replaced"
        if not begins:
            return f"{file.key} is empty or begins as no compressed file does: deliver it again, or remove it"
    return None


def _is_complete(file: FoundFile, sidecars: Callable[[str], Sidecars | None], near: Iterable[ObjectInfo]) -> bool:
    """Whether the manifest lists the file with its size, and every sidecar that it lists is there as it says."""
    there = {info.key.rpartition("/")[2] for info in near}
    if "manifest.json" not in there:  # nothing is read of an archive without manifests
        return False
    said = sidecars(folder_of(file.key))
    if said is None or said.files is None:
        return False
    stated = said.files.get(file.file_name)
    has_all = all(name in there for name in SIDECAR_NAMES if name in said.files)
    return stated is not None and stated.size_bytes == file.info.size_bytes and has_all


def _sidecars(filesystem: FileSystem, folder: str) -> Sidecars | None:
    """The sidecars; None while they cannot be read, as a manifest that is still being written."""
    try:
        return read_sidecars(filesystem, folder)
    except BadFileError:
        return None


def _sidecar_infos(filesystem: FileSystem, folder: str) -> tuple[ObjectInfo, ...]:
    found = (filesystem.info(f"{folder}/{name}") for name in (*SIDECAR_NAMES, NOTE_NAME))
    return tuple(info for info in found if info is not None)


def _begins_compressed(filesystem: FileSystem, key: str) -> bool | None:
    """Whether a file begins as a compressed one does; None where it has vanished."""
    try:
        return is_compressed(source_of_file(filesystem, key))
    except FileNotFoundError:
        return None
    except OSError:
        return False


def _line(info: ObjectInfo) -> str:
    return f"{info.key} {info.size_bytes} {info.modified_ns}"


def _digest(lines: Iterator[str] | Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
