"""Where delivered files lie in the lake, and how they are called: names into paths and paths into names, no content.

`raw/source=databento/product_type=future_option/symbol=ES/table=market_by_order_dbn/[JOB/]glbx-mdp3-20260106.mbo.dbn.zst`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

from gex_assets.errors import BadFileError, LakeError
from gex_assets.market.products import PRODUCTS

__all__ = [
    "DATASET",
    "RAW_KINDS",
    "Fingerprint",
    "FoundFile",
    "RawKind",
    "day_bounds",
    "day_named_by",
    "find_files",
    "kind_of",
    "raw_file_name",
    "raw_folder",
    "strange_names",
]

DATASET: Final = "GLBX.MDP3"

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
_JOB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_DAY: Final = timedelta(days=1)


class Fingerprint(NamedTuple):
    """What changes when a file is delivered anew, without reading it."""

    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A delivered file by its place and name; nothing of it has been read.

    Attributes
    ----------
    job_id : the folder of its job; empty where it lies in the table's folder itself.
    key : its place relative to the lake's root, POSIX.
    """

    day: date
    job_id: str
    file_name: str
    kind: RawKind
    product: str
    key: str
    path: Path

    @property
    def fingerprint(self) -> Fingerprint:
        """Size and time of change."""
        try:
            stat = self.path.stat()
        except OSError as error:
            raise BadFileError(f"Expected a readable file at {self.path}, was: {error.strerror}") from error
        return Fingerprint(stat.st_size, stat.st_mtime_ns)


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
        No table is made from them.
    """
    for kind, place in RAW_KINDS.items():
        if (place.product_type, place.schema) == (product_type, schema):
            return kind
    raise BadFileError(f"Expected mbo, definition or statistics of options or mbo of futures, was {schema} of {product_type}")


def raw_folder(*, kind: RawKind, product: str, job_id: str = "") -> str:
    """Folder of a kind's files, relative to the lake's root.

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


def find_files(root: Path, *, kind: RawKind, product: str, day: date | None = None) -> list[FoundFile]:
    """Find the delivered files of a kind, of one day or of all, in order of day, job and name.

    Hidden files and those of other names are passed over: see `strange_names`.
    """
    folder = root / raw_folder(kind=kind, product=product)
    found = []
    for path in _files(folder):
        match = _NAME.fullmatch(path.name)
        if match is None or match[2] != RAW_KINDS[kind].schema:
            continue
        named = _date(match[1])
        if named is None or (day is not None and named != day):
            continue
        job_id = "" if path.parent == folder else path.parent.name
        found.append(FoundFile(named, job_id, path.name, kind, product, path.relative_to(root).as_posix(), path))
    return sorted(found)


def day_named_by(file_name: str) -> date | None:
    """The day in the name of a delivered file; None where the name is of another form."""
    match = _NAME.fullmatch(file_name)
    return None if match is None else _date(match[1])


def strange_names(root: Path, *, kind: RawKind, product: str, day: date) -> list[str]:
    """Files that carry the day and look delivered, but by their name belong to no table here: split or misplaced ones."""
    folder = root / raw_folder(kind=kind, product=product)
    known = {file.path for file in find_files(root, kind=kind, product=product, day=day)}
    return sorted(
        path.relative_to(root).as_posix()
        for path in _files(folder)
        if f"{day:%Y%m%d}" in path.name and ".dbn" in path.name and path not in known
    )


def _files(folder: Path) -> list[Path]:
    """Visible files of a table's folder and of its jobs' folders."""
    if not folder.is_dir():
        return []
    visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
    jobs = [path for path in visible if path.is_dir() and _JOB.fullmatch(path.name)]
    inside = [path for job in jobs for path in job.iterdir() if not path.name.startswith(".")]
    return [path for path in [*visible, *inside] if path.is_file()]


def _date(digits: str) -> date | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
