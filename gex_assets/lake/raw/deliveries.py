"""The delivered files and whether they have settled. Only names, sizes and times are read, so a sensor can look often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from typing import NamedTuple

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.source import is_compressed
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.layout import RAW_KINDS, find_files, folder_of, source_of_file
from gex_assets.lake.raw.sidecars import Sidecars, read_sidecars
from gex_assets.lake.tables import Lake

__all__ = ["Delivery", "delivered"]


class Delivery(NamedTuple):
    """A delivered file, unread.

    Attributes
    ----------
    path : its key.
    complete : whether its manifest lists it with this size.
    plausible : whether it begins as a compressed file does.
    registered : whether its day's raw table has a row for it, of this size and written later than the file.
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
    """Every delivered file of a product, in order of kind, day and job. A file that vanishes meanwhile is left out."""
    sidecars = cache(partial(_sidecars, lake.fs))
    for kind in RAW_KINDS:
        registered: dict[date, dict[str, tuple[int, int]]] = {}
        for found in find_files(lake.fs, kind=kind, product=product):
            plausible = _begins_compressed(lake.fs, found.key)
            if plausible is None:
                continue
            table = f"raw_{kind}"
            if found.day not in registered:
                registered[found.day] = _registered(lake, table, product=product, day=found.day)
            size, made_ns = registered[found.day].get(found.key, (-1, 0))
            stated = sidecars(folder_of(found.key))
            named = stated.files.get(found.file_name) if stated is not None and stated.files is not None else None
            yield Delivery(
                raw_table=table,
                day=found.day,
                path=found.key,
                size_bytes=found.info.size_bytes,
                mtime_ns=found.info.modified_ns,
                complete=named is not None and named.size_bytes == found.info.size_bytes,
                plausible=plausible,
                registered=size == found.info.size_bytes and made_ns >= found.info.modified_ns,
            )


def _sidecars(filesystem: FileSystem, folder: str) -> Sidecars | None:
    """The sidecars; None while they cannot be read, as a manifest that is still being written."""
    try:
        return read_sidecars(filesystem, folder)
    except BadFileError:
        return None


def _registered(lake: Lake, table: str, *, product: str, day: date) -> dict[str, tuple[int, int]]:
    stored = lake.find(table, product=product, day=day)
    info = lake.fs.info(lake.key(table, product=product, day=day))
    if stored is None or info is None:
        return {}
    return {row["path"]: (row["size_bytes"], info.modified_ns) for row in stored.read(["path", "size_bytes"]).to_pylist()}


def _begins_compressed(filesystem: FileSystem, key: str) -> bool | None:
    """Whether a file begins as a compressed one does; None where it has vanished."""
    try:
        return is_compressed(source_of_file(filesystem, key))
    except FileNotFoundError:
        return None
    except OSError:
        return False
