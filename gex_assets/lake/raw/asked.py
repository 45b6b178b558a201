"""What a delivered file was asked for, and how it ranks among the others of its day: known before any record is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import Header
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.claims import JOB, LONE, RECORDING, Claim, Rank, Times, intersection, without
from gex_assets.lake.raw.delivery_notes import DeliveryNote
from gex_assets.lake.raw.layout import DATASET, RAW_KINDS, FoundFile, day_bounds
from gex_assets.lake.raw.mapped_ids import mapped_on
from gex_assets.lake.raw.requests import not_found, request_of
from gex_assets.lake.raw.sidecars import Query, Sidecars
from gex_assets.market.symbols import parent_of

__all__ = ["Asked", "asked_by", "check_header", "rank_of"]

_KINDS: Final = {"job": JOB, "lone": LONE, "recording": RECORDING}
_MOST_RECORDS: Final = 2**63 - 1
_JOB_NAME: Final = re.compile(r"[A-Z0-9]+-(\d{4})(\d{2})(\d{2})-[A-Z0-9]+", re.ASCII)
"""A batch job of the vendor carries the date of its request in its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a file was asked for on one day.

    Attributes
    ----------
    symbols, stype_in : as requested.
    start_ns, end_ns : [start, end) cut to the day. [UNIX ns UTC]
    is_open : whether the file's last record says where it ends: its request was open, limited, or goes on into the future.
    limit : most records; None for all.
    gaps : holes of a recording.
    ids : instruments that it maps on the day, ascending.
    unmapped : symbols of the request that exist and of which it maps no instrument.
    """

    symbols: frozenset[str]
    stype_in: str | None
    start_ns: int
    end_ns: int
    is_open: bool
    limit: int | None
    gaps: Times
    ids: NDArray[np.uint32]
    unmapped: frozenset[str]

    def times(self, *, last_moment: int | None) -> Times:
        """When the file may be read; `last_moment` is that of its last record, None without records. [UNIX ns UTC]."""
        end = self.end_ns
        if self.is_open:
            end = self.start_ns if last_moment is None else min(end, last_moment + 1)
        return without(((self.start_ns, end),), self.gaps) if end > self.start_ns else ()

    def is_covered_by(self, claim: Claim, other: Asked) -> bool:
        """Whether a verified file covers all that this one was asked for."""
        if without(((self.start_ns, self.end_ns),), claim.times):
            return False
        if self.unmapped and not (self.unmapped <= other.symbols and self.stype_in == other.stype_in):
            return False
        return bool(np.isin(self.ids, claim.ids).all())


def asked_by(
    filesystem: FileSystem | None,
    found: FoundFile,
    header: Header,
    *,
    sidecars: Sidecars,
    note: DeliveryNote | None,
    name: str,
    now_ns: int | None = None,
) -> Asked:
    """What a file was asked for, by metadata.json, header and our own note of its delivery.

    Parameters
    ----------
    name : how messages name the file.
    now_ns : of a day that is still running, the moment now: no file holds what comes later. None for days that are over.
        [UNIX ns UTC]

    Raises
    ------
    BadFileError
        See `check_header`; a limit that no table can hold; or an instrument is mapped to something that is no id.
    """
    start_ns, end_ns = check_header(found, header, sidecars, name=name)
    query = sidecars.query
    limits = [limit for limit in (header.limit, query.limit if query else None) if limit is not None]
    if wrong := [limit for limit in limits if not 0 < limit <= _MOST_RECORDS]:
        raise BadFileError(f"{name}: Expected a limit from 1 to {_MOST_RECORDS} records, was {wrong[0]}")
    ends = [end for end in (header.end_ns, query.end_ns if query else None) if end is not None]
    mapped = mapped_on(filesystem, found.key, header, day=found.day, name=name)
    answered = {name for one in mapped for name in (one.raw_symbol, str(one.instrument_id), parent_of(one.raw_symbol))}
    return Asked(
        symbols=frozenset(header.symbols),
        stype_in=header.stype_in,
        start_ns=start_ns,
        end_ns=end_ns,
        is_open=bool(limits) or not ends or (now_ns is not None and end_ns > now_ns),
        limit=min(limits, default=None),
        gaps=note.gaps if note is not None and note.kind == "recording" else (),
        ids=np.unique(np.array([one.instrument_id for one in mapped], dtype=np.uint32)),
        unmapped=frozenset(header.symbols) - answered - {*not_found(header, sidecars)},
    )


def rank_of(found: FoundFile, *, sidecars: Sidecars, note: DeliveryNote | None, limit: int | None, sha256: str) -> Rank:
    """How good a file's claim is: by its kind, its limit and its age, never by an alphabet.

    A folder without a note of ours holds a job of the vendor where its sidecars or the form of its name say so.
    """
    job = _JOB_NAME.fullmatch(found.job_id or sidecars.job_id or "")
    kind = note.kind if note is not None else ("job" if sidecars.job_id or job else "lone")
    requested = note.requested_at if note is not None else None
    ingested = note.first_ingested_at.get(found.file_name) if note is not None else None
    time_ns = next((one for one in (requested, ingested) if one is not None), -1)
    if requested is not None:
        day = _date_of(requested)
    elif job is not None:
        day = "-".join(job.groups())
    else:
        day = "" if ingested is None else _date_of(ingested)
    return Rank(kind=_KINDS[kind], is_unlimited=limit is None, date=day, time_ns=time_ns, sha256=sha256)


def _date_of(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, tz=UTC).date().isoformat()


def check_header(found: FoundFile, header: Header, sidecars: Sidecars, *, name: str) -> tuple[int, int]:
    """Check that a header is of the dataset, schema, product and day that the file's place and name say.

    Parameters
    ----------
    name : how messages name the file.

    Returns
    -------
    [start, end) that header, metadata.json and the day have in common. [UNIX ns UTC]

    Raises
    ------
    BadFileError
        It is of another.
    """
    place = RAW_KINDS[found.kind]
    _expect(name, "dataset", DATASET, header.dataset)
    _expect(name, "schema", place.schema, header.schema)
    _expect(name, "product and kind", (found.product, place.product_type), request_of(header, sidecars, name=name))
    bounds = _cut(name, found.day, "the header", header.start_ns, header.end_ns)
    if sidecars.query is None:
        return bounds
    _expect(name, "dataset in metadata.json", DATASET, sidecars.query.dataset)
    _expect(name, "schema in metadata.json", place.schema, sidecars.query.schema)
    asked_for = _cut(name, found.day, "metadata.json", sidecars.query.start_ns, sidecars.query.end_ns)
    common = intersection((bounds,), (asked_for,))
    if not common:
        raise BadFileError(
            f"{name}: Expected metadata.json and the header to have a time in common, was "
            f"{_request(sidecars.query)} and [{_moment(header.start_ns)}, {_moment(header.end_ns)})"
        )
    return common[0]


def _expect(name: str, what: str, expected: object, was: object) -> None:
    if expected != was:
        raise BadFileError(f"{name}: Expected {what} {expected!r}, was {was!r}")


def _cut(name: str, day: date, source: str, start_ns: int, end_ns: int | None) -> tuple[int, int]:
    """Cut a request to a day."""
    day_start, day_end = day_bounds(day)
    start, end = max(start_ns, day_start), day_end if end_ns is None else min(end_ns, day_end)
    if start >= end:
        raise BadFileError(f"{name}: Expected {source} to cover {day}, was the request [{_moment(start_ns)}, {_moment(end_ns)})")
    return start, end


def _request(query: Query) -> str:
    return f"[{_moment(query.start_ns)}, {_moment(query.end_ns)})"


def _moment(ts_ns: int | None) -> str:
    """A moment in words; metadata.json can hold any number."""
    return "open" if ts_ns is None else str(np.datetime64(max(min(ts_ns, 2**63 - 1), 1 - 2**63), "ns"))
