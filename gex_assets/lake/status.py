"""Where every table-day stands: published, rejected, missing or stale, and why. Footers and names only, no rows are read.

Stale means that a run would find something else than the published state was made of: an input, the code or a setting.
What the settings are is not known here: the caller brings their digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from gex_assets.errors import LakeError
from gex_assets.lake.raw_layout import RAW_KINDS, find_files
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake
from gex_assets.schemas.table import Table

__all__ = ["State", "TableState", "known_days", "status"]

State = Literal["published", "stale", "rejected", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """Where one table-day stands.

    Attributes
    ----------
    state : `rejected` where the latest delivery was, even if an earlier one is still published.
    why : what makes it stale, why it was rejected; empty where it is published or missing.
    is_published : whether there is a published state, of which `rows` and `size_bytes` speak.
    """

    table: str
    product: str
    day: date
    state: State
    why: tuple[str, ...] = ()
    is_published: bool = False
    rows: int = 0
    size_bytes: int = 0


def status(
    lake: Lake,
    *,
    tables: Mapping[str, Table],
    products: Iterable[str],
    digest: Callable[[Table], str],
    day: date | None = None,
) -> list[TableState]:
    """Where the tables stand, by product, day and table.

    Parameters
    ----------
    digest : the settings' digest for a table, as it would enter its lineage now (`Settings.digest(table.settings)`).
    day : one day; by default all days of which anything was delivered, published or rejected.
    """
    judge = _Freshness(lake, tables, digest)
    states = []
    for product in products:
        for each in known_days(lake, tables, product) if day is None else [day]:
            states += [_state(judge, table, product, each) for table in tables.values()]
    return states


def known_days(lake: Lake, tables: Iterable[str], product: str) -> list[date]:
    """Days of which anything was delivered, published or rejected, in order."""
    days = {found.day for kind in RAW_KINDS for found in find_files(lake.root, kind=kind, product=product)}
    for name in tables:
        days.update(lake.days(name, product), lake.days(name, product, rejected=True))
    return sorted(days)


def _state(judge: _Freshness, table: Table, product: str, day: date) -> TableState:
    unreadable: tuple[str, ...] = ()
    try:
        stored = judge.lake.find(table.name, product=product, day=day)
    except LakeError as error:
        stored, unreadable = None, (str(error),)
    rejection = judge.lake.rejection(table.name, product=product, day=day)
    state: State = "missing"
    why: tuple[str, ...] = ()
    if rejection is not None:
        state, why = "rejected", (rejection.reason, *rejection.failures)
    elif unreadable:
        state, why = "stale", unreadable
    elif stored is not None:
        why = judge.why_stale(stored, table, product, day)
        state = "stale" if why else "published"
    return TableState(
        table=table.name,
        product=product,
        day=day,
        state=state,
        why=why,
        is_published=stored is not None or bool(unreadable),
        rows=stored.num_rows if stored is not None else 0,
        size_bytes=stored.size_bytes if stored is not None else 0,
    )


class _Freshness:
    """Compares lineages with what is there now; what was found of one table-day is remembered for those made of it."""

    def __init__(self, lake: Lake, tables: Mapping[str, Table], digest: Callable[[Table], str]) -> None:
        self.lake = lake
        self._tables = tables
        self._digest = digest
        self._known: dict[str, tuple[str, ...]] = {}

    def why_stale(self, stored: StoredTable, table: Table, product: str, day: date) -> tuple[str, ...]:
        """Every reason why a run would find something else; nothing where the table-day is as it should be."""
        if stored.key not in self._known:
            self._known[stored.key] = tuple(self._reasons(stored, table, product, day))
        return self._known[stored.key]

    def _reasons(self, stored: StoredTable, table: Table, product: str, day: date) -> Iterator[str]:
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
            found = self._input_reason(key, sha256, made_of=stored)
            if found is not None:
                yield found
        yield from (f"input {key} is new" for key in self._delivered(table, product, day) if key not in lineage.inputs)

    def _input_reason(self, key: str, sha256: str, *, made_of: StoredTable) -> str | None:
        info = self.lake.fs.info(key)
        if info is None:
            return f"input {key} is gone"
        place = self.lake.table_day(key)
        if place is None:
            return f"input {key} changed" if self._delivered_sha256(key, made_of=made_of) not in {None, sha256} else None
        name, product, day = place
        try:
            stored = self.lake.open(name, product=product, day=day)
        except LakeError:
            return f"input {name} cannot be read"
        if stored.sha256() != sha256:
            return f"input {name} changed"
        table = self._tables.get(name)
        return f"input {name} is stale" if table is not None and self.why_stale(stored, table, product, day) else None

    def _delivered_sha256(self, key: str, *, made_of: StoredTable) -> str | None:
        """Hash of a delivered file that was written after the table-day; None for one that cannot have changed since.

        Delivered files are large: reading them all would make a look at the lake as long as a run.
        """
        info = self.lake.fs.info(key)
        made = self.lake.fs.info(made_of.key)
        if info is None or made is None or info.modified_ns <= made.modified_ns:
            return None
        noted = self.lake.fs.noted_sha256(key, info.fingerprint)
        if noted is None:
            with self.lake.fs.local_path(key).open("rb") as file:
                noted = hashlib.file_digest(file, "sha256").hexdigest()
            self.lake.fs.note_sha256(key, info.fingerprint, noted, keep=False)
        return noted

    def _delivered(self, table: Table, product: str, day: date) -> list[str]:
        for kind in RAW_KINDS:
            if table.name == f"raw_{kind}":
                return [found.key for found in find_files(self.lake.root, kind=kind, product=product, day=day)]
        return []
