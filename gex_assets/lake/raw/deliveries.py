"""What lies in the raw layer and whether it has settled: names, sizes and times only, so that a sensor can look often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from gex_assets.errors import BadFileError
from gex_assets.lake.raw.layout import RAW_KINDS, Fingerprint, FoundFile, find_files
from gex_assets.lake.raw.sidecars import Sidecars, read_sidecars
from gex_assets.lake.tables import Lake

__all__ = ["Delivery", "delivered"]

_ZSTD_MAGIC: Final = bytes.fromhex("28b52ffd")


class Delivery(NamedTuple):
    """A delivered file, unread.

    `complete`: its manifest names it with this size; `plausible`: it begins as a compressed file does; `registered`: its
    day's raw table has a row for it, of this size and made after it was written.
    """

    raw_table: str
    day: date
    path: str
    size_bytes: int
    mtime_ns: int
    complete: bool
    plausible: bool
    registered: bool


def delivered(lake: Lake, *, product: str) -> Iterator[Delivery]:
    """Every delivered file of a product, in order of kind, day and job; a file that vanishes meanwhile is left out."""
    sidecars = cache(_sidecars)
    for kind in RAW_KINDS:
        registered: dict[date, dict[str, tuple[int, int]]] = {}
        for found in find_files(lake.root, kind=kind, product=product):
            mark = _fingerprint(found)
            if mark is None:
                continue
            table = f"raw_{kind}"
            if found.day not in registered:
                registered[found.day] = _registered(lake, table, product=product, day=found.day)
            size, made_ns = registered[found.day].get(found.key, (-1, 0))
            stated = sidecars(found.path.parent)
            named = stated.files.get(found.file_name) if stated is not None and stated.files is not None else None
            yield Delivery(
                raw_table=table,
                day=found.day,
                path=found.key,
                size_bytes=mark.size_bytes,
                mtime_ns=mark.mtime_ns,
                complete=named is not None and named.size_bytes == mark.size_bytes,
                plausible=_begins_compressed(found.path),
                registered=size == mark.size_bytes and made_ns >= mark.mtime_ns,
            )


def _fingerprint(found: FoundFile) -> Fingerprint | None:
    try:
        return found.fingerprint
    except BadFileError:
        return None


def _sidecars(folder: Path) -> Sidecars | None:
    """The sidecars, or None while they cannot be read: a manifest that is still being written vouches for nothing."""
    try:
        return read_sidecars(folder)
    except BadFileError:
        return None


def _registered(lake: Lake, table: str, *, product: str, day: date) -> dict[str, tuple[int, int]]:
    stored = lake.find(table, product=product, day=day)
    info = lake.fs.info(lake.key(table, product=product, day=day))
    if stored is None or info is None:
        return {}
    return {row["path"]: (row["size_bytes"], info.modified_ns) for row in stored.read(["path", "size_bytes"]).to_pylist()}


def _begins_compressed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ZSTD_MAGIC)) == _ZSTD_MAGIC
    except OSError:
        return False
