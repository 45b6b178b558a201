"""Whether a table-day is up to date: its lineage compared with the present inputs, code and settings.

The status command, the runs that reuse a day and the file sensor ask the same question here. Any difference of a delivered
file's size, time or tag from what was noted with its hash triggers a look. The hash of its bytes decides. So an untouched
archive is never read again, and a touched file once. Footers and noted hashes are read. Rows are read only of small tables of
which other tables use some columns.
"""

from __future__ import annotations

import contextlib
import hashlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, Protocol

from gex_assets.errors import BadFileError, LakeError
from gex_assets.lake.keys import DayKey
from gex_assets.lake.lineage import Lineage, columns_read, sidecars_key, source_of, while_running
from gex_assets.lake.raw.layout import RAW_KINDS, RawKind, find_files
from gex_assets.lake.raw.sidecars import facts_digest
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.schemas.table import Table

__all__ = [
    "HISTORY_SOURCE",
    "UNREADABLE",
    "Contract",
    "Freshness",
    "Made",
    "day_partial_until",
    "delivered_inputs",
    "delivered_sha256",
    "is_partial",
    "noted_sha256",
    "partial_until",
    "sidecars_digest",
]

_HASH_BLOCK: Final = 1 << 18

UNREADABLE: Final = "unreadable"
"""What a lineage states of sidecars that could not be read, where the file was left out for it."""

HashOf = Callable[[Lake, str], str | None]
"""Finds the hash of a delivered file; None where it is not known."""

HISTORY_SOURCE: Final = "regime_scores"
"""The table whose published days a table that spans days is computed from, next to its own row before."""


class Made(Protocol):
    """An object of the lake that says what it was made from: a table-day or a page."""

    @property
    def key(self) -> str:
        """Its name in the lake."""

    @property
    def lineage(self) -> Lineage:
        """What it was made from; LakeError if it does not say."""


class Contract(Protocol):
    """What a freshly made object would state in its lineage: the contract of a table or of a page."""

    @property
    def name(self) -> str:
        """The table or the page."""

    @property
    def version(self) -> str:
        """Of the code."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Names of the settings that it depends on."""

    @property
    def shows(self) -> tuple[str, ...]:
        """Tables of the day of which it says whether they are published; a table of rows says that of none."""

    @property
    def spans_days(self) -> bool:
        """Whether it depends on other days."""


class Freshness:
    """Compares lineages with the present state. The answer for a table-day is remembered for those computed from it.

    Parameters
    ----------
    tables : all tables by name.
    digest : the settings' digest for a table, as it would enter its lineage now (`Settings.digest(table.settings)`).
    say : called before a delivered file is read, which may take minutes, with what is read.
    running : the UTC day of which partial states are up to date, because it is not over; None where nobody computes such a day.
    """

    def __init__(
        self,
        lake: Lake,
        tables: Mapping[str, Table],
        digest: Callable[[Any], str],
        *,
        say: Callable[[str], None] | None = None,
        running: date | None = None,
    ) -> None:
        self.lake = lake
        self.running = running
        self._tables = tables
        self._digest = digest
        self._say = say
        self._known: dict[str, tuple[str, ...]] = {}
        self._taken_over: list[tuple[str, str, date, tuple[str, ...]]] = []
        self._days: dict[tuple[str, str], list[date]] = {}
        self._files: dict[tuple[RawKind, str], dict[date, list[str]]] = {}

    def remember(self, table: str, product: str, day: date, why: tuple[str, ...]) -> None:
        """Take over what was said of a table-day when all that it depends on was as it is now: `why_stale` does not look again.

        Ten years have sixty thousand of them, so their keys are made when the first question comes.
        """
        self._taken_over.append((table, product, day, why))

    def why_stale(self, stored: Made, table: Contract, product: str, day: date) -> tuple[str, ...]:
        """Every reason why a run of all tables would change the table-day; none where it is up to date."""
        while self._taken_over:
            name, of_product, of_day, why = self._taken_over.pop()
            self._known[self.lake.key(name, product=of_product, day=of_day)] = why
        if table.spans_days and stored.key not in self._known:
            self._look_at_days_before(table, product, day)
        if stored.key not in self._known:
            self._known[stored.key] = tuple(self._reasons(stored, table, product, day, deep=True))
        return self._known[stored.key]

    def _look_at_days_before(self, table: Contract, product: str, day: date) -> None:
        """Start with the first day: each day is computed from the one before, so recursion would be as deep as there are days."""
        for earlier in self._published_days(table.name, product):
            if earlier < day and self.lake.key(table.name, product=product, day=earlier) not in self._known:
                with contextlib.suppress(LakeError):  # a day that cannot be read is a reason of the next one
                    before = self.lake.open(table.name, product=product, day=earlier)
                    self._known[before.key] = tuple(self._reasons(before, table, product, earlier, deep=True))

    def why_recompute(self, stored: Made, table: Contract, product: str, day: date) -> str | None:
        """The first reason why a run of this table alone, with its present inputs, would change it."""
        return next(self._reasons(stored, table, product, day, deep=False), None)

    def _reasons(self, stored: Made, table: Contract, product: str, day: date, *, deep: bool) -> Iterator[str]:
        try:
            lineage = stored.lineage
        except LakeError:
            yield "its lineage cannot be read"
            return
        if lineage.partial_until_ns is not None and day != self.running:
            yield f"{while_running(lineage.partial_until_ns)}: `gex run --date {day}` makes it of the whole day"
        made_otherwise = lineage.code_version != table.version
        if made_otherwise:
            yield f"code version {lineage.code_version} -> {table.version}"
        if lineage.settings_hash != self._digest(table):
            made_otherwise = True
            yield f"settings changed: one of {', '.join(table.settings)}" if table.settings else "settings changed"
        for key, sha256 in sorted(lineage.inputs.items()):
            place = self.lake.table_day(source_of(key))
            found = None if place is None else self._table_reason(key, sha256, place, deep=deep)
            if found is not None:
                yield found
        # A table that is recomputed for another reason needs no reading of delivered files: they are large.
        yield from self.delivered_reasons(
            stored, table, product, day, sha256=noted_sha256 if made_otherwise else self._delivered_sha256
        )
        if table.spans_days:
            yield from (f"input {key} is new" for key in self._days_read(table, product, day) if key not in lineage.inputs)
        for name in table.shows:
            key = self.lake.key(name, product=product, day=day)
            if key not in lineage.inputs and self.lake.fs.info(key) is not None:
                yield f"input {name} is new"

    def delivered_reasons(
        self, stored: Made, table: Contract, product: str, day: date, *, sha256: HashOf | None = None
    ) -> Iterator[str]:
        """Every reason among the delivered files and their sidecars why a run of this table alone would change it.

        Parameters
        ----------
        sha256 : finds the hash of a delivered file, `delivered_sha256` by default. Where it returns None, the file counts as
            unchanged.

        Raises
        ------
        LakeError
            The lineage cannot be read.
        """
        inputs = stored.lineage.inputs
        for key, hashed in sorted(inputs.items()):
            source = source_of(key)
            if self.lake.table_day(source) is not None:
                continue
            if key == sidecars_key(source):
                found = self._sidecars_reason(source, hashed)
            elif self.lake.fs.info(source) is None:
                found = f"input {source} is gone"
            else:
                present = (sha256 or delivered_sha256)(self.lake, source)
                found = None if present in (None, hashed) else f"input {source} changed"
            if found is not None:
                yield found
        for key in self.delivered(table, product, day):
            if key not in inputs:
                yield f"input {key} is new"
            elif sidecars_key(key) not in inputs:
                yield f"what the sidecars of input {key} say is new"

    def _delivered_sha256(self, lake: Lake, key: str) -> str | None:
        info = lake.fs.info(key) if self._say is not None else None
        if self._say is not None and info is not None and lake.fs.noted_sha256(key, info.tag) is None:
            self._say(f"reading {key} ({info.size_bytes / 1e6:,.1f} MB): it changed since its hash was noted")
        return delivered_sha256(lake, key)

    def delivered(self, table: Contract, product: str, day: date) -> Iterator[str]:
        """Keys of the delivered files that a table-day is computed from, as `delivered_inputs`."""
        return _delivered_inputs(table.name, day, partial(self._files_of, product=product))

    def _files_of(self, kind: RawKind, day: date, *, product: str) -> Iterable[str]:
        """Files of a day. A kind is listed once."""
        if (kind, product) not in self._files:
            listed: dict[date, list[str]] = {}
            for found in find_files(self.lake.fs, kind=kind, product=product):
                listed.setdefault(found.day, []).append(found.key)
            self._files[kind, product] = listed
        return self._files[kind, product].get(day, ())

    def _days_read(self, table: Contract, product: str, day: date) -> Iterator[str]:
        """What a table that spans days reads of its source and of itself; partial days are left out."""
        days = self._published_days(HISTORY_SOURCE, product)
        place = bisect_left(days, day)
        if days[place : place + 1] == [day]:
            yield self.lake.key(HISTORY_SOURCE, product=product, day=day)
        before = next((one for one in reversed(days[:place]) if not is_partial(self.lake, HISTORY_SOURCE, product, one)), None)
        if before is not None:
            yield self.lake.key(table.name, product=product, day=before)

    def _published_days(self, name: str, product: str) -> list[date]:
        if (name, product) not in self._days:
            self._days[name, product] = self.lake.days(name, product)
        return self._days[name, product]

    def _table_reason(self, key: str, sha256: str, place: DayKey, *, deep: bool) -> str | None:
        name, product, day = place
        if self.lake.fs.info(source_of(key)) is None:
            return f"input {source_of(key)} is gone"
        try:
            stored = self.lake.open(name, product=product, day=day)
            columns = columns_read(key)
            found = stored.sha256() if columns is None else stored.digest(columns)
        except LakeError:
            return f"input {name} cannot be read"
        if found != sha256:
            return f"input {name} changed"
        table = self._tables.get(name)
        if deep and columns_read(key) is None and table is not None and self.why_stale(stored, table, product, day):
            return f"input {name} is stale"
        return None

    def _sidecars_reason(self, source: str, digest: str) -> str | None:
        """A file that is gone is a reason of its own: what its sidecars say then is none."""
        if self.lake.fs.info(source) is None:
            return None
        found = sidecars_digest(self.lake, source)
        if found == digest:
            return None
        if found == UNREADABLE:
            return f"the sidecars of input {source} cannot be read"
        return f"what the sidecars of input {source} say changed"


def partial_until(lake: Lake, name: str, *, product: str, day: date) -> int | None:
    """Of a table-day that was made while its day was still running: up to when. [UNIX ns UTC].

    None for whole days, where there is none, and where it cannot be read.
    """
    with contextlib.suppress(LakeError):
        stored = lake.find(name, product=product, day=day)
        return None if stored is None else stored.partial_until_ns
    return None


def day_partial_until(lake: Lake, tables: Collection[str], *, product: str, day: date) -> int | None:
    """Of a day that was made while it was still running: up to when, by the last of its tables that is made of something.

    The history is of whole days only: nothing is opened of a day that it has.

    Parameters
    ----------
    tables : those of the day that are published.

    Returns
    -------
    None for whole days, and where it cannot be read. [UNIX ns UTC]
    """
    if any(TABLES[name].spans_days for name in tables):
        return None
    until = None
    for name in (name for name in reversed(DAY_TABLES) if name in tables):
        with contextlib.suppress(LakeError):
            stored = lake.find(name, product=product, day=day)
            if stored is not None:
                until = stored.lineage.partial_until_ns
                if stored.lineage.inputs:
                    break
    return until


def is_partial(lake: Lake, name: str, product: str, day: date) -> bool:
    """Whether a table-day was made while its day was still running."""
    return partial_until(lake, name, product=product, day=day) is not None


def sidecars_digest(lake: Lake, key: str) -> str:
    """Hash of what the sidecars say of a delivered file; `UNREADABLE` where they cannot be read."""
    try:
        return facts_digest(lake.fs, key)
    except BadFileError:
        return UNREADABLE


def delivered_inputs(lake: Lake, name: str, product: str, day: date) -> Iterator[str]:
    """Keys of the delivered files that a table-day is computed from; none for tables computed from tables only."""

    def files(kind: RawKind, of: date) -> list[str]:
        return [found.key for found in find_files(lake.fs, kind=kind, product=product, day=of)]

    return _delivered_inputs(name, day, files)


def _delivered_inputs(name: str, day: date, files: Callable[[RawKind, date], Iterable[str]]) -> Iterator[str]:
    table = TABLES.get(name)
    for away in () if table is None else table.statistics_days:
        yield from files("option_statistics", day + timedelta(days=away))
    for kind in RAW_KINDS:
        if name == f"raw_{kind}":
            yield from files(kind, day)


def noted_sha256(lake: Lake, key: str) -> str | None:
    """Hash of a delivered file's bytes, if it was noted with its present size, time and tag. The file is not read."""
    info = lake.fs.info(key)
    return None if info is None else lake.fs.noted_sha256(key, info.tag)


def delivered_sha256(lake: Lake, key: str) -> str | None:
    """Hash of a delivered file's bytes, computed once per state and noted with it; None where the file is gone.

    It is empty where the file cannot be read.
    Where the note cannot be stored, as in a folder that is read-only, it is computed once per process and state.
    """
    info = lake.fs.info(key)
    if info is None:
        return None
    noted = lake.fs.noted_sha256(key, info.tag)
    if noted is None:
        digest = hashlib.sha256()
        try:
            with contextlib.closing(lake.fs.stream(key)) as file:
                while block := file.read(_HASH_BLOCK):
                    digest.update(block)
        except FileNotFoundError:
            return None
        except OSError:
            return ""
        noted = digest.hexdigest()
        if lake.fs.info(key) == info:  # else it was replaced while it was read
            lake.fs.note_sha256(key, info.tag, noted, stored=True)
    return noted
