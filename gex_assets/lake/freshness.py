"""Whether a table-day is up to date: its lineage compared with the present inputs, code and settings.

The status command and the runs that reuse a day ask the same question here. Footers and noted hashes are read. Rows are read
only of small tables of which other tables use some columns.
"""

from __future__ import annotations

import contextlib
import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from gex_assets.errors import BadFileError, LakeError
from gex_assets.lake.lineage import columns_read, sidecars_key, source_of
from gex_assets.lake.raw.layout import RAW_KINDS, RawKind, find_files
from gex_assets.lake.raw.sidecars import facts_digest
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake
from gex_assets.schemas.bronze_option_statistics import STATISTICS_DAYS
from gex_assets.schemas.table import Table

__all__ = ["HISTORY_SOURCE", "Freshness", "delivered_inputs", "delivered_sha256"]

_HASH_BLOCK: Final = 1 << 18

HISTORY_SOURCE: Final = "regime_scores"
"""The table whose published days a table that spans days is computed from, next to its own row before."""


class Freshness:
    """Compares lineages with the present state. The answer for a table-day is remembered for those computed from it.

    Parameters
    ----------
    tables : all tables by name.
    digest : the settings' digest for a table, as it would enter its lineage now (`Settings.digest(table.settings)`).
    """

    def __init__(self, lake: Lake, tables: Mapping[str, Table], digest: Callable[[Table], str]) -> None:
        self.lake = lake
        self._tables = tables
        self._digest = digest
        self._known: dict[str, tuple[str, ...]] = {}
        self._days: dict[tuple[str, str], list[date]] = {}

    def why_stale(self, stored: StoredTable, table: Table, product: str, day: date) -> tuple[str, ...]:
        """Every reason why a run of all tables would change the table-day; none where it is up to date."""
        if table.spans_days and stored.key not in self._known:
            self._look_at_days_before(table, product, day)
        if stored.key not in self._known:
            self._known[stored.key] = tuple(self._reasons(stored, table, product, day, deep=True))
        return self._known[stored.key]

    def _look_at_days_before(self, table: Table, product: str, day: date) -> None:
        """Start with the first day: each day is computed from the one before, so recursion would be as deep as there are days."""
        for earlier in self._published_days(table.name, product):
            if earlier < day and self.lake.key(table.name, product=product, day=earlier) not in self._known:
                with contextlib.suppress(LakeError):  # a day that cannot be read is a reason of the next one
                    before = self.lake.open(table.name, product=product, day=earlier)
                    self._known[before.key] = tuple(self._reasons(before, table, product, earlier, deep=True))

    def why_recompute(self, stored: StoredTable, table: Table, product: str, day: date) -> str | None:
        """The first reason why a run of this table alone, with its present inputs, would change it."""
        return next(self._reasons(stored, table, product, day, deep=False), None)

    def _reasons(self, stored: StoredTable, table: Table, product: str, day: date, *, deep: bool) -> Iterator[str]:
        try:
            lineage = stored.lineage
        except LakeError:
            yield "its lineage cannot be read"
            return
        if lineage.code_version != table.version:
            yield f"code version {lineage.code_version} -> {table.version}"
        if lineage.settings_hash != self._digest(table):
            yield f"settings changed: one of {', '.join(table.settings)}" if table.settings else "settings changed"
        for key, sha256 in sorted(lineage.inputs.items()):
            found = self._input_reason(key, sha256, result=stored, deep=deep)
            if found is not None:
                yield found
        for key in self._expected_inputs(table, product, day):
            if key not in lineage.inputs:
                yield f"input {key} is new"
            elif table.layer == "raw" and sidecars_key(key) not in lineage.inputs:
                yield f"what the sidecars of input {key} say is new"

    def _expected_inputs(self, table: Table, product: str, day: date) -> Iterator[str]:
        yield from delivered_inputs(self.lake, table.name, product, day)
        if table.spans_days:
            days = self._published_days(HISTORY_SOURCE, product)
            place = bisect_left(days, day)
            if days[place : place + 1] == [day]:
                yield self.lake.key(HISTORY_SOURCE, product=product, day=day)
            if place:
                yield self.lake.key(table.name, product=product, day=days[place - 1])

    def _published_days(self, name: str, product: str) -> list[date]:
        if (name, product) not in self._days:
            self._days[name, product] = self.lake.days(name, product)
        return self._days[name, product]

    def _input_reason(self, key: str, sha256: str, *, result: StoredTable, deep: bool) -> str | None:
        source = source_of(key)
        if key == sidecars_key(source):
            return self._sidecars_reason(source, sha256)
        if self.lake.fs.info(source) is None:
            return f"input {source} is gone"
        place = self.lake.table_day(source)
        if place is None:
            return f"input {source} changed" if self._changed_since(source, sha256, result=result) else None
        name, product, day = place
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

    def _sidecars_reason(self, source: str, sha256: str) -> str | None:
        """A file that is gone is a reason of its own: what its sidecars say then is none."""
        if self.lake.fs.info(source) is None:
            return None
        try:
            found = facts_digest(self.lake.fs, source)
        except BadFileError:
            return f"the sidecars of input {source} cannot be read"
        return None if found == sha256 else f"what the sidecars of input {source} say changed"

    def _changed_since(self, key: str, sha256: str, *, result: StoredTable) -> bool:
        """Whether a delivered file has other bytes now. A file older than the table-day is not read.

        Delivered files are large: reading them all would take as long as a run.
        """
        info, made = self.lake.fs.info(key), self.lake.fs.info(result.key)
        if info is not None and made is not None and info.modified_ns <= made.modified_ns:
            return False
        return delivered_sha256(self.lake, key) != sha256


def delivered_inputs(lake: Lake, name: str, product: str, day: date) -> Iterator[str]:
    """Keys of the delivered files that a table-day is computed from; none for tables computed from tables only."""
    if name == "bronze_option_statistics":
        for back in range(1, STATISTICS_DAYS + 1):
            yield from _files(lake, "option_statistics", product, day - timedelta(days=back))
    for kind in RAW_KINDS:
        if name == f"raw_{kind}":
            yield from _files(lake, kind, product, day)


def delivered_sha256(lake: Lake, key: str) -> str | None:
    """Hash of a delivered file's bytes, computed once per process and state; None where the file is gone."""
    info = lake.fs.info(key)
    if info is None:
        return None
    noted = lake.fs.noted_sha256(key, info.tag)
    if noted is None:
        digest = hashlib.sha256()
        with contextlib.closing(lake.fs.stream(key)) as file:
            while block := file.read(_HASH_BLOCK):
                digest.update(block)
        noted = digest.hexdigest()
        lake.fs.note_sha256(key, info.tag, noted, stored=False)
    return noted


def _files(lake: Lake, kind: RawKind, product: str, day: date) -> Iterator[str]:
    return (found.key for found in find_files(lake.fs, kind=kind, product=product, day=day))
