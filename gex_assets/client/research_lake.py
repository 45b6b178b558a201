"""A lake opened for reading: which tables and days there are, and rows of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import pyarrow as pa

from gex_assets.client.moments import Moment, moment_ns
from gex_assets.client.table_range import TableRange, Times
from gex_assets.errors import LakeError
from gex_assets.lake.existing import existing_lake
from gex_assets.lake.freshness import is_partial
from gex_assets.lake.notes.convention_versions import refuse_gone, refuse_unknown
from gex_assets.lake.ranges.row_query import RowQuery
from gex_assets.lake.tables import Lake
from gex_assets.schemas.availability import availability
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table
from gex_assets.settings import load
from gex_assets.time_units import DAY_NS, WINDOW_NS, midnight_ns

if TYPE_CHECKING:
    from gex_assets.lake.ranges.relations import Relations

__all__ = ["ResearchLake", "open_lake"]

Condition = str | Sequence[str] | tuple[float, float]
"""A word, several of them, or the least and the largest number wanted."""


def open_lake(folder: Path | str | None = None, *, product: str | None = None) -> ResearchLake:
    """Open a lake for reading. Nothing is created or locked, and what is published meanwhile is seen by the next call.

    Parameters
    ----------
    folder : of the lake; by default that of the settings (GEX_LAKE, gex.toml, or data).
    product : whose rows are meant where none is named; by default the settings' first.

    Raises
    ------
    LakeError
        There is no lake.

    Examples
    --------
    >>> lake = open_lake("data")                                               # doctest: +SKIP
    >>> lake.silver_gex_levels.arrow()                                         # doctest: +SKIP
    >>> lake.table("silver_gex", since="2026-01-06T14:30", every=12).pandas()  # doctest: +SKIP
    """
    settings = load(lake=folder)
    return ResearchLake(existing_lake(settings.lake), product=product or settings.default_product)


class ResearchLake:
    """A lake for reading; each table is an attribute of its name.

    Parameters
    ----------
    product : whose rows are meant where none is named.
    """

    def __init__(self, lake: Lake, *, product: str) -> None:
        self._lake = lake
        self.product = product

    def __repr__(self) -> str:
        return f"ResearchLake({self._lake.uri!r}, product={self.product!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the DuckDB behind relations, if one was opened."""
        if "_relations" in self.__dict__:
            self._relations.close()
            del self.__dict__["_relations"]

    @property
    def tables(self) -> Mapping[str, Table]:
        """Every table by name, with what a row is, its key, and each column's type, unit and description."""
        return MappingProxyType(TABLES)

    def days(self, table: str = "silver_gex_levels", *, product: str | None = None, whole: bool = False) -> list[date]:
        """Published days of a table, in order.

        Parameters
        ----------
        whole : whether partial days are left out: those that were still running when they were made. Every file is looked at.

        Raises
        ------
        LakeError
            There is no such table.
        """
        name, whose = _known(table).name, product or self.product
        return [day for day in self._lake.days(name, whose) if not (whole and is_partial(self._lake, name, whose, day))]

    def lineage(self, table: str, day: date, *, product: str | None = None) -> pa.Table:
        """What a published table-day was made from, down to the sha256 of each delivered file: a row per input.

        Columns: `made`, `product`, `date`, `code_version`, `settings_hash`, `input`, `sha256`, and `now`, which says whether what
        lies there now is that (`same`, `changed`, `gone`).

        Raises
        ------
        LakeError
            There is no such table, or it is not published on that day.
        """
        from gex_assets.lake.origins.ancestry import ancestry_table

        return ancestry_table(self._lake, _known(table).name, product=product or self.product, day=day)

    def table(
        self,
        name: str,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        columns: Sequence[str] | None = None,
        convention: str | Sequence[str] | None = None,
        scope: str | Sequence[str] | None = None,
        where: Mapping[str, Condition] = MappingProxyType({}),
        every: int | None = None,
        product: str | None = None,
        times: Times = "timestamp",
        whole: bool = False,
    ) -> TableRange:
        """Rows of a table, not read yet.

        Parameters
        ----------
        name : of the table.
        since, until : since <= moment < until, by the column that says since when a row could be known; days, moments, ISO 8601
            text or UNIX ns. Tables without such a column are chosen by day.
        columns : in the order wanted; all by default.
        convention, scope : one or several; all by default.
        where : further conditions: column -> word, words, or (least, largest) number.
        every : only windows whose end is a multiple of so many windows of 5 s; 12 is once a minute.
        product : whose rows.
        times : "timestamp" or "ns".
        whole : whether partial days are left out, as of `days`.

        Raises
        ------
        LakeError
            There is no such table, column or convention, or a condition does not suit it.
        """
        table, whose = _known(name), product or self.product
        if times not in ("timestamp", "ns"):
            raise LakeError(f"times: Expected timestamp or ns, was {times!r}")
        moment = availability(table).column if availability(table).column in ("ts_window_end", "ts_recv") else None
        first = None if since is None else moment_ns(since, what="since")
        last = None if until is None else moment_ns(until, what="until")
        conditions = dict(where) | {
            column: value for column, value in (("convention", convention), ("scope", scope)) if value is not None
        }
        equal, between = _conditions(conditions)
        refuse_unknown(self._lake, equal.get("convention", ()))
        query = RowQuery(
            table=table,
            columns=tuple(columns or ()),
            moment=moment,
            since_ns=first if moment is not None else None,
            until_ns=last if moment is not None else None,
            every_ns=_every(every, table, moment),
            equal=equal,
            between=between,
        )
        days = [
            day
            for day in self._lake.days(name, whose)
            if query.may_hold(day)
            and (moment is not None or _is_within(day, first, last))
            and not (whole and is_partial(self._lake, name, whose, day))
        ]
        refuse_gone(self._lake, name, equal.get("convention", ()), product=whose, days=days)
        return TableRange(
            product=whose, days=tuple(days), query=query, times=times, _lake=self._lake, _relations=lambda: self._relations
        )

    def sql(self, query: str) -> pa.Table:
        """Run one query over the views of all tables, as `gex query` does.

        Raises
        ------
        LakeError
            The query does more than read, or DuckDB refuses it.
        """
        from gex_assets.lake.queries import query as ask

        return ask(self._lake, query)

    def __getattr__(self, name: str) -> TableRange:
        if name in TABLES:
            return self.table(name)
        raise AttributeError(f"Expected a table or a member of the lake, was {name!r}: lake.tables names the tables")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *TABLES]

    @cached_property
    def _relations(self) -> Relations:
        from gex_assets.lake.ranges.relations import Relations

        return Relations(self._lake)


def _known(name: str) -> Table:
    if name not in TABLES:
        from difflib import get_close_matches

        near = get_close_matches(name, TABLES, n=1)
        raise LakeError(f"Expected a table of {', '.join(TABLES)}, was {name!r}" + (f": did you mean {near[0]}?" if near else ""))
    return TABLES[name]


def _every(every: int | None, table: Table, moment: str | None) -> int | None:
    if every is None:
        return None
    if moment != "ts_window_end":
        raise LakeError(f"every: Expected a table of windows, was {table.name}: leave it out")
    if every < 1:
        raise LakeError(f"every: Expected at least 1 window, was {every}")
    return every * WINDOW_NS


def _conditions(given: Mapping[str, Condition]) -> tuple[dict[str, frozenset[str]], dict[str, tuple[float, float]]]:
    equal: dict[str, frozenset[str]] = {}
    between: dict[str, tuple[float, float]] = {}
    for name, value in given.items():
        words = _words(value)
        if words:
            equal[name] = words
        elif isinstance(value, tuple) and len(value) == 2 and not any(isinstance(one, str) for one in value):
            # integers stay integers: nanoseconds have more digits than a floating-point number
            between[name] = cast("tuple[float, float]", value)
        else:
            raise LakeError(f"{name}: Expected a word, words, or a pair of numbers (least, largest), was {value!r}")
    return equal, between


def _words(value: Any) -> frozenset[str]:
    """A word or several; none where the value is something else."""
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, Collection) and all(isinstance(one, str) for one in value):
        return frozenset(str(one) for one in value)
    return frozenset()


def _is_within(day: date, first: int | None, last: int | None) -> bool:
    """Whether a UTC date is wanted, of a table that is chosen by day."""
    start = midnight_ns(day)
    return (first is None or start >= first // DAY_NS * DAY_NS) and (last is None or start < last)
