"""The published tables of one product and day as a page reads them: by column, by moment, or not at all where there are none.

What was read becomes the lineage of the page.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.lake.keys import reason_key
from gex_assets.lake.lineage import columns_key, end_of_orders
from gex_assets.lake.tables import Lake, Rejection, StoredTable
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets.schemas.registry import TABLES
from gex_assets.time_units import midnight_ns

__all__ = ["CheckNote", "DayTables", "RunNotes"]

_MOMENT: Final = "ts_window_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNote:
    """What a check said of a table of the day.

    Attributes
    ----------
    verdict : `ok`, `warn` or `failed`.
    """

    table: str
    name: str
    verdict: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNotes:
    """What only the orchestrator keeps of a day: verdicts of checks and what runs took.

    Attributes
    ----------
    seconds, rows_per_second, peak_memory_mb : by table, of its latest materialization; absent where not kept.
    """

    checks: Sequence[CheckNote] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    rows_per_second: Mapping[str, float] = field(default_factory=dict)
    peak_memory_mb: Mapping[str, float] = field(default_factory=dict)


class DayTables:
    """The published tables of one day.

    Parameters
    ----------
    lake, product, day : which tables.
    run : what the orchestrator keeps of the day; None where nobody asked it.

    Attributes
    ----------
    inputs : key of each object that was read -> sha256, for the lineage of the page.
    """

    def __init__(self, lake: Lake, *, product: str, day: date, run: RunNotes | None = None) -> None:
        self.lake = lake
        self.product = product
        self.day = day
        self.run = run
        self.inputs: dict[str, str] = {}
        self._stored: dict[str, StoredTable | None] = {}
        self._read: dict[tuple[str, tuple[str, ...]], pa.Table] = {}
        self._at: dict[tuple[str, tuple[str, ...]], list[tuple[frozenset[int], pa.Table]]] = {}

    def __repr__(self) -> str:
        return f"DayTables({self.product} {self.day} of {self.lake.uri!r})"

    def stored(self, name: str) -> StoredTable | None:
        """The published table-day; None where there is none. It is opened once, so a page shows one state of it."""
        if name not in self._stored:
            found = self.lake.find(name, product=self.product, day=self.day)
            self._stored[name] = found
            if found is not None:
                self.inputs[found.key] = found.sha256()
        return self._stored[name]

    def read(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Columns of a table of modest size; no rows where it is not published."""
        wanted = name, tuple(columns)
        if wanted not in self._read:
            stored = self.stored(name)
            self._read[wanted] = _none_of(name, columns) if stored is None else stored.read(columns)
        return self._read[wanted]

    def at(self, name: str, columns: Sequence[str], moments: Iterable[int]) -> pa.Table:
        """Rows of some windows of a table of any size: only row groups that hold one of them are read, and those once.

        Parameters
        ----------
        moments : ends of the windows. [UNIX ns UTC]
        """
        stored, wanted = self.stored(name), sorted(set(moments))
        asked = list(dict.fromkeys((_MOMENT, *columns)))
        if stored is None or not wanted:
            return _none_of(name, asked)
        kept = self._at.setdefault((name, tuple(asked)), [])
        found = next((rows for moments_read, rows in kept if moments_read.issuperset(wanted)), None)
        if found is None:
            found = self._rows_at(stored, name, asked, wanted)
            kept.append((frozenset(wanted), found))
        return found.filter(pc.is_in(found[_MOMENT], pa.array(wanted, type=pa.int64()))).combine_chunks()

    def _rows_at(self, stored: StoredTable, name: str, asked: Sequence[str], wanted: Sequence[int]) -> pa.Table:
        parts = [_none_of(name, asked)]
        for number in range(stored.num_row_groups):
            bounds = stored.group_bounds(number, _MOMENT)
            if bounds is None or any(bounds[0] <= moment <= bounds[1] for moment in wanted):
                rows = stored.group(number, asked)
                parts.append(rows.filter(pc.is_in(rows[_MOMENT], pa.array(wanted, type=pa.int64()))))
        return pa.concat_tables(parts[1:] or parts).unify_dictionaries().combine_chunks()

    def read_inputs(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Columns of a small table, of which only these values become part of the lineage."""
        stored = self.lake.find(name, product=self.product, day=self.day)
        if stored is None:
            return _none_of(name, columns)
        self.inputs[columns_key(stored.key, columns)] = stored.digest(columns)
        return stored.read(columns)

    @property
    def partial_until_ns(self) -> int | None:
        """Of a day that was still running: up to when the tables that were opened go. [UNIX ns UTC]."""
        opened = {stored.key: stored.partial_until_ns for stored in self._stored.values() if stored is not None}
        return end_of_orders({key: until for key, until in opened.items() if until is not None})

    @property
    def published(self) -> list[str]:
        """Names of the tables that its page waits for and that are published, in the order of the layers.

        Tables for the next session are not among them: the next day's statistics make them again, without this page.
        """
        return [name for name in DAY_PAGE.shows if self.stored(name) is not None]

    @property
    def rejections(self) -> Iterator[tuple[str, Rejection]]:
        """Tables of the page whose latest delivery was rejected or refused, with why, in the order of the layers.

        What the page says nothing of is left out, as tables for the next session: no later run of theirs would draw it again.
        """
        found = ((name, self._rejection(name)) for name in DAY_PAGE.shows)
        return ((name, why) for name, why in found if why is not None)

    def _rejection(self, name: str) -> Rejection | None:
        """Why the latest delivery of a table was rejected or refused, which is part of the lineage; None where it was not."""
        rejection = self.lake.rejection(name, product=self.product, day=self.day)
        if rejection is not None:
            key = reason_key(name, product=self.product, day=self.day)
            with contextlib.suppress(FileNotFoundError):  # rows may be kept without a reason that can be read
                self.inputs[key] = hashlib.sha256(self.lake.fs.read_bytes(key)).hexdigest()
        return rejection

    @cached_property
    def midnight_ns(self) -> int:
        """The day's first moment [UNIX ns UTC]."""
        return midnight_ns(self.day)

    @cached_property
    def windows(self) -> NDArray[np.int64]:
        """Ends of the day's windows, as the levels have them [UNIX ns UTC]."""
        return np.unique(self.read("silver_gex_levels", (_MOMENT,))[_MOMENT].to_numpy())


def _none_of(name: str, columns: Sequence[str]) -> pa.Table:
    fields: dict[str, Any] = {column.name: column.type for column in TABLES[name].columns}
    return pa.table({column: pa.array([], type=fields[column]) for column in columns})
