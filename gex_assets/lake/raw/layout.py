"""Where delivered files lie in the lake and what they are called: keys from names and names from keys, no content.

`raw/source=databento/product_type=future_option/symbol=ES/table=market_by_order_dbn/[JOB/]glbx-mdp3-20260106.mbo.dbn.zst`
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from gex_assets.errors import BadFileError, LakeError
from gex_assets.lake.dbn.records import DATASET
from gex_assets.lake.dbn.source import Source
from gex_assets.lake.filesystem import FileSystem, ObjectInfo
from gex_assets.market.products import PRODUCTS

__all__ = [
    "DATASET",
    "RAW_KINDS",
    "FoundFile",
    "RawKind",
    "day_bounds",
    "day_named_by",
    "delivered_kinds",
    "find_files",
    "first_day",
    "folder_of",
    "hash_of_file",
    "kind_of",
    "raw_file_name",
    "raw_folder",
    "source_of_file",
    "strange_names",
]

RawKind = Literal["option_mbo", "future_mbo", "option_definition", "option_statistics"]


class _Place(NamedTuple):
    product_type: Literal["future_option", "future"]
    table: str
    schema: str


RAW_KINDS: Final[dict[RawKind, _Place]] = {
    "option_mbo": _Place("future_option", "market_by_order_dbn", "mbo"),
    "future_mbo": _Place("future", "market_by_order_dbn", "mbo"),
    "option_definition": _Place("future_option", "definition_dbn", "definition"),
    "option_statistics": _Place("future_option", "statistics_dbn", "statistics"),
}

_NAME: Final = re.compile(r"glbx-mdp3-(\d{8})\.(mbo|definition|statistics)\.dbn\.zst", re.ASCII)
_JOB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}", re.ASCII)  # what `names.checked_key` allows
_DAY: Final = timedelta(days=1)
_HASH_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A delivered file by its place and name. Its content has not been read.

    Attributes
    ----------
    job_id : the folder of its job; empty where it lies in the table's folder itself.
    key : its place in the lake.
    info : size, time and tag when it was found.
    """

    day: date
    job_id: str
    file_name: str
    kind: RawKind
    product: str
    key: str
    info: ObjectInfo


def day_bounds(day: date) -> tuple[int, int]:
    """Start and end (exclusive) of a UTC day. [UNIX ns UTC]."""
    start, end = (
        int(datetime(one.year, one.month, one.day, tzinfo=UTC).timestamp()) * 1_000_000_000 for one in (day, day + _DAY)
    )
    return start, end


def kind_of(*, product_type: str, schema: str | None) -> RawKind:
    """The kind of raw table that files of a product type and schema belong to.

    Raises
    ------
    BadFileError
        No table is computed from them.
    """
    for kind, place in RAW_KINDS.items():
        if (place.product_type, place.schema) == (product_type, schema):
            return kind
    raise BadFileError(f"Expected mbo, definition or statistics of options or mbo of futures, was {schema} of {product_type}")


def raw_folder(*, kind: RawKind, product: str, job_id: str = "") -> str:
    """Folder of a kind's files in the lake.

    Raises
    ------
    LakeError
        The product is unknown, or the job's name cannot be a folder's.
    """
    if product not in PRODUCTS:
        raise LakeError(f"Expected a product of {', '.join(PRODUCTS)}, was {product!r}")
    if job_id and not _JOB.fullmatch(job_id):
        raise LakeError(f"Expected a job's name of letters, digits, '-', '_' and '.', was {job_id!r}")
    place = RAW_KINDS[kind]
    folder = f"raw/source=databento/product_type={place.product_type}/symbol={product}/table={place.table}"
    return f"{folder}/{job_id}" if job_id else folder


def raw_file_name(*, kind: RawKind, day: date) -> str:
    """Name of a kind's file for a day, as a batch download gives it."""
    return f"glbx-mdp3-{day:%Y%m%d}.{RAW_KINDS[kind].schema}.dbn.zst"


def find_files(filesystem: FileSystem, *, kind: RawKind, product: str, day: date | None = None) -> list[FoundFile]:
    """Find the delivered files of a kind, of one day or of all, in order of day, job and name.

    Hidden files and files of other names are left out: see `strange_names`.
    """
    found = []
    folder = raw_folder(kind=kind, product=product)
    for info in filesystem.list(folder) if day is None else _infos_of_a_day(filesystem, folder, kind, day):
        delivered = _delivered(folder, info.key)
        named = None if delivered is None else _day_of(kind, delivered.name)
        if delivered is not None and named is not None:
            found.append(FoundFile(named, delivered.job_id, delivered.name, kind, product, info.key, info))
    return sorted(found)


def _infos_of_a_day(filesystem: FileSystem, folder: str, kind: RawKind, day: date) -> Iterator[ObjectInfo]:
    """The files that name the day. An archive of ten years has thousands of others, of which only the names are looked at."""
    name = raw_file_name(kind=kind, day=day)
    infos = (filesystem.info(key) for key in filesystem.keys(folder, having=name) if key.endswith(f"/{name}"))
    return (info for info in infos if info is not None)


def first_day(filesystem: FileSystem, *, kind: RawKind, product: str) -> date | None:
    """The earliest day of which a file of a kind was delivered, by names alone; None without any."""
    folder = raw_folder(kind=kind, product=product)
    delivered = (_delivered(folder, key) for key in filesystem.keys(folder))
    days = (_day_of(kind, one.name) for one in delivered if one is not None)
    return min((day for day in days if day is not None), default=None)


def delivered_kinds(filesystem: FileSystem, *, product: str) -> Mapping[date, frozenset[RawKind]]:
    """Day -> kinds of which a file was delivered, by names alone: one listing of each kind, and no file is looked at."""
    found: dict[date, set[RawKind]] = {}
    for kind in RAW_KINDS:
        folder = raw_folder(kind=kind, product=product)
        for key in filesystem.keys(folder):
            one = _delivered(folder, key)
            day = None if one is None else _day_of(kind, one.name)
            if day is not None:
                found.setdefault(day, set()).add(kind)
    return {day: frozenset(kinds) for day, kinds in found.items()}


def source_of_file(filesystem: FileSystem, key: str) -> Source:
    """A delivered file of the lake, to be read."""
    return Source(filesystem.uri(key), lambda: filesystem.stream(key))


def hash_of_file(filesystem: FileSystem, key: str) -> str:
    """The sha256 of a delivered file's bytes, whatever they are; empty where they cannot be read."""
    digest = hashlib.sha256()
    try:
        with closing(filesystem.stream(key)) as stored:
            while block := stored.read(_HASH_BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def folder_of(key: str) -> str:
    """The folder that holds an object."""
    return key.rpartition("/")[0]


def day_named_by(file_name: str) -> date | None:
    """The day in the name of a delivered file; None where the name is of another form."""
    match = _NAME.fullmatch(file_name)
    return None if match is None else _date(match[1])


def strange_names(filesystem: FileSystem, *, kind: RawKind, product: str, day: date) -> list[str]:
    """Keys of files that name the day and look delivered, but belong to no table by their name: split or misplaced files."""
    folder = raw_folder(kind=kind, product=product)
    return sorted(
        key
        for key in filesystem.keys(folder, having=f"{day:%Y%m%d}")
        if (delivered := _delivered(folder, key)) is not None
        and _day_of(kind, delivered.name) is None
        and ".dbn" in delivered.name
    )


class _Delivered(NamedTuple):
    """The folder of a job, empty where the file lies in the table's folder itself, and the file's name."""

    job_id: str
    name: str


def _delivered(folder: str, key: str) -> _Delivered | None:
    """Job and name of a file of a table's folder or of its jobs' folders, one level deep; None for any other."""
    job_id, _, name = key.removeprefix(f"{folder}/").rpartition("/")
    return _Delivered(job_id, name) if not job_id or _JOB.fullmatch(job_id) else None


def _day_of(kind: RawKind, name: str) -> date | None:
    """The day that a name of a kind's file names; None for any other name."""
    match = _NAME.fullmatch(name)
    return None if match is None or match[2] != RAW_KINDS[kind].schema else _date(match[1])


def _date(digits: str) -> date | None:
    try:
        return date.fromisoformat(digits)
    except ValueError:
        return None
