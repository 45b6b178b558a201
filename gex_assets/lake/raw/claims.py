"""Which file is read for which instrument at which moment: what each delivered file claims, and which claim is better.

A claim is instruments times stretches of time. It is known from the request, its mappings and the definitions, before any record
is read. Claims are ranked by their kind and age. A record is read where its own file claims it and no better file does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.records.cover import READ, SUPERSEDED, UNMAPPED, Cover, Part, cover_of
from gex_assets.schemas.vendor_shapes import CLAIMED

__all__ = ["Claim", "Rank", "Times", "claimed_stretches", "claims_of", "cover_among", "intersection", "union", "without"]

Times = tuple[tuple[int, int], ...]
"""Stretches [start, end), ascending, disjoint. [UNIX ns UTC]."""

_EVER: Final = np.iinfo(np.int64).max


class Rank(NamedTuple):
    """How good a file's claim is; the largest is the best.

    Attributes
    ----------
    kind : a vendor's job, above a lone file, above a recording.
    is_unlimited : requests without a limit are above those with one.
    date : of the request, else in the job's name, else of the first ingest; ISO, empty where unknown.
    time_ns : of the request, else of the first ingest; -1 where unknown. [UNIX ns UTC]
    sha256 : decides where all else is equal.
    """

    kind: int
    is_unlimited: bool
    date: str
    time_ns: int
    sha256: str


JOB, LONE, RECORDING = 2, 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one file claims on a day.

    Attributes
    ----------
    rank : 1 for the best file of the day, then 2, and so on.
    times : when.
    ids : (n,) instruments that it maps on the day, ascending.
    since : further instruments, from the moment of a definition on whose symbol was asked for. [UNIX ns UTC]
    ts_complete : from when on its books are complete whatever came before; None where nothing says so. [UNIX ns UTC]
    """

    rank: int
    times: Times
    ids: NDArray[np.uint32]
    since: Mapping[int, int] = field(default_factory=dict)
    ts_complete: tuple[int, ...] = ()


def claims_of(
    files: pa.Table, *, week_starts: Sequence[int] = (), since: Mapping[str, Mapping[int, int]] | None = None
) -> list[Claim]:
    """The claims of the files of a raw table, in its order.

    Parameters
    ----------
    week_starts : moments at which books begin empty, because a trading week begins. [UNIX ns UTC]
    since : by path, instruments that definitions add (`Claim.since`).
    """
    added = since or {}
    columns = ["path", "rank", "claim_times", "claimed_instruments", "ts_snapshot"]
    claims = []
    for row in files.select(columns).to_pylist():
        times = tuple((part["ts_start"], part["ts_end"]) for part in row["claim_times"])
        snapshot = () if row["ts_snapshot"] is None else (row["ts_snapshot"],)
        claims.append(
            Claim(
                rank=row["rank"],
                times=times,
                ids=np.array(row["claimed_instruments"], dtype=np.uint32),
                since=added.get(row["path"], {}),
                ts_complete=tuple(sorted({*snapshot, *week_starts})),
            )
        )
    return claims


def cover_among(claim: Claim, others: Iterable[Claim], *, names_hold: Mapping[int, Times] | None = None) -> Cover:
    """Which records of a file are read: where it claims them and no better file does.

    Parameters
    ----------
    others : the day's other claims; worse ones do not matter.
    names_hold : for instruments whose name holds in a part of the day only: when.
    """
    better = sorted((other for other in others if other.rank < claim.rank), key=lambda other: other.rank)
    holding = names_hold or {}
    patterns: dict[tuple[Part, ...], list[int]] = {}
    for key, ids in _alike(claim, better, apart=holding).items():
        parts = _parts(claim, better, key)
        for one in ids:
            cut = _cut(parts, holding[one]) if one in holding else parts
            patterns.setdefault(cut, []).append(one)
    return cover_of(patterns)


class _Key(NamedTuple):
    """What instruments share that are read alike: since when each claim has them; -1 for always, `_EVER` for never."""

    own: int
    better: tuple[int, ...]


def _alike(claim: Claim, better: Sequence[Claim], *, apart: Iterable[int] = ()) -> dict[_Key, list[int]]:
    """The claim's instruments by what the claims say of them."""
    mapped = claim.ids.tolist()
    has = [np.isin(claim.ids, other.ids) for other in better]
    special = {*claim.since, *apart}.union(*(other.since for other in better)) if better or claim.since or apart else set()
    found: dict[_Key, list[int]] = {}
    for at, one in enumerate(mapped):
        if one in special:
            continue
        key = _Key(-1, tuple(-1 if mask[at] else _EVER for mask in has))
        found.setdefault(key, []).append(one)
    known = set(mapped)
    for one in sorted(special):
        own = -1 if one in known else claim.since.get(one, _EVER)
        if own < _EVER:
            found.setdefault(_Key(own, tuple(_since(other, one) for other in better)), []).append(one)
    return found


def _since(claim: Claim, instrument_id: int) -> int:
    at = int(np.searchsorted(claim.ids, instrument_id))
    if at < len(claim.ids) and claim.ids[at] == instrument_id:
        return -1
    return claim.since.get(instrument_id, _EVER)


def _parts(claim: Claim, better: Sequence[Claim], key: _Key) -> tuple[Part, ...]:
    """The stretches of some instruments of a claim, with the best claim that has each."""
    left = _from(claim.times, key.own)
    parts = [Part(start, end, UNMAPPED) for start, end in without(claim.times, left)]
    for other, since in zip(better, key.better, strict=True):
        taken = intersection(left, _from(other.times, since))
        parts += [Part(start, end, SUPERSEDED + other.rank) for start, end in taken]
        left = without(left, taken)
    parts += [Part(start, end, READ) for start, end in left]
    return tuple(sorted(parts))


def _cut(parts: Iterable[Part], times: Times) -> tuple[Part, ...]:
    return tuple(Part(start, end, part.status) for part in parts for start, end in intersection(((part.start, part.end),), times))


def claimed_stretches(
    claims: Sequence[Claim], *, instruments: Iterable[int] | None = None, names_hold: Mapping[int, Times] | None = None
) -> pa.Table:
    """When records of each instrument are read, whichever file they are in.

    Parameters
    ----------
    claims : of a day's files.
    instruments : those of interest; all by default.
    names_hold : as for `cover_among`.

    Returns
    -------
    Rows of `vendor_shapes.CLAIMED`, by instrument and time. Stretches that touch come from two files.
    """
    ranked = sorted(claims, key=lambda one: one.rank)
    wanted = None if instruments is None else set(instruments)
    holding = names_hold or {}
    found: dict[int, list[tuple[int, int, int | None]]] = {}
    for at, claim in enumerate(ranked):
        better = ranked[:at]
        for key, ids in _alike(claim, better, apart=holding).items():
            parts = [part for part in _parts(claim, better, key) if part.status == READ]
            for one in ids:
                if wanted is not None and one not in wanted:
                    continue
                cut = _cut(parts, holding[one]) if one in holding else parts
                found.setdefault(one, []).extend((part.start, part.end, _complete(claim, part)) for part in cut)
    rows = [(one, *stretch) for one in sorted(found) for stretch in sorted(found[one], key=lambda stretch: stretch[:2])]
    columns = zip(*rows, strict=True) if rows else [[]] * len(CLAIMED.names)
    return pa.table(dict(zip(CLAIMED.names, (list(column) for column in columns), strict=True)), schema=CLAIMED)


def _complete(claim: Claim, part: Part) -> int | None:
    return next((moment for moment in claim.ts_complete if part.start <= moment < part.end), None)


def _from(times: Times, since: int) -> Times:
    return times if since < 0 else tuple((max(start, since), end) for start, end in times if end > since)


def intersection(one: Times, other: Times) -> Times:
    """The moments that are in both."""
    return tuple((max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d))


def without(times: Times, taken: Times) -> Times:
    """The moments of `times` that are not in `taken`."""
    left = list(times)
    for start, end in taken:
        left = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]]
    return tuple(left)


def union(stretches: Iterable[tuple[int, int]]) -> Times:
    """The moments in any of the stretches; those that touch are joined."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
