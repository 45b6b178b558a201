"""A page of rows: planned from what is published, then read in a thread.

A plan names the days, their states and what is wanted of them. Its hash is the ETag.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Final

import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.lake.lineage import while_running
from gex_assets.lake.notes.convention_versions import refuse_gone, refuse_unknown
from gex_assets.lake.ranges.row_query import RowQuery
from gex_assets.lake.ranges.scan import scan, schema_of
from gex_assets.lake.stored import StoredTable
from gex_assets.schemas.availability import availability
from gex_assets.schemas.table import Table
from gex_assets.serve.answers.cursors import Cursor
from gex_assets.serve.answers.moments import day_of, is_clock, moment_ns
from gex_assets.serve.answers.parameters import ByStrike, RowParameters
from gex_assets.serve.answers.problems import ProblemError
from gex_assets.serve.catalogue import Catalogue, PublishedDay
from gex_assets.time_units import DAY_NS, SECOND_NS, WINDOW_NS, midnight_ns

__all__ = ["Deadline", "Page", "ReplacedError", "RowPlan", "moment_text", "plan_rows", "read_page"]

_MOST_CELLS: Final = 1_000_000
"""Cells of a page, which bound its memory; a vector counts as its elements."""
_FORM: Final = 2
"""Rises when the same data are to be answered in another form: ETags change with it."""
_CONTEXT: Final = ("convention", "convention_version", "weight_used", "scale", "scope")
_EPOCH_DAY: Final = date(1970, 1, 1)

Deadline = Callable[[], None]
"""Called between two reads; raises where the time is over."""


class ReplacedError(Exception):
    """A day was published again after the plan was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlan:
    """What is to be read for a page.

    Attributes
    ----------
    days : published days in order, with the hash of each.
    cursor : where the page begins; None at the first row.
    limit : rows of the page.
    request : hash of the parameters without the cursor, limit and format.
    """

    product: str
    query: RowQuery
    days: Sequence[tuple[PublishedDay, str]]
    cursor: Cursor | None
    limit: int
    request: str

    @property
    def identity(self) -> str:
        """Hash of all that the rows of the page depend on."""
        parts = [_FORM, self.query.table.version, self.request, self.limit, str(self.cursor or ""), [sha for _, sha in self.days]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows and what must be said with them.

    Attributes
    ----------
    days : days that rows of the page come from, and days without a wanted row in between.
    known_since_ns : the latest moment since when a row of the page could be known. [UNIX ns UTC]
    next : cursor of the next page; None at the end.
    partial : of days that were still running when they were made: that they were, and until when, in words.
    """

    plan: RowPlan
    rows: pa.Table
    days: Sequence[tuple[PublishedDay, str]]
    known_since_ns: int | None
    next: str | None
    conventions: Sequence[dict[str, object]] = field(default_factory=tuple)
    partial: Mapping[date, str] = field(default_factory=dict)


def plan_rows(catalogue: Catalogue, table: Table, product: str, asked: RowParameters) -> RowPlan:
    """Decide what is to be read. Hashes of days that were never asked for are looked up, which takes time.

    Raises
    ------
    ProblemError
        A parameter cannot be used, or there is no such day.
    """
    first, last = _days_asked(asked)
    snapshot = catalogue.snapshot
    limits = {"cursor", "limit", "format", "times", "notes"}
    parameters = asked.model_dump(mode="json", by_alias=True, exclude=limits, exclude_none=True)
    request = hashlib.sha256(json.dumps([table.name, product, parameters], sort_keys=True).encode()).hexdigest()
    cursor = None if asked.cursor is None else Cursor.parsed(asked.cursor, request=request)
    names_no_day = (first is None and last is None) or any(is_clock(one) for one in (asked.since, asked.until))
    if cursor is not None and names_no_day:
        # "the last published day" is another one when a day is published, and so may be "the only day of the range", which a time
        # without a date is of: the next page goes on with the day of the page before
        first = last = cursor.day
    if first is None and last is None:
        latest = catalogue.latest(table.name, product)
        found: Sequence[PublishedDay] = () if latest is None else (latest,)
    else:
        found = snapshot.days(table.name, product, first, last)
    if not found and cursor is None and (first == last or not snapshot.days(table.name, product)):
        raise _no_day(catalogue, table, product, first)
    _refuse_unknown_conventions(catalogue, table, product, asked, [one.day for one in found])
    query = _query(table, asked, single=found[0].day if len(found) == 1 else first if first == last else None)
    if cursor is not None:
        found = [one for one in found if one.day >= cursor.day]
    days = [(one, catalogue.sha256(one)) for one in found if query.may_hold(one.day)]
    if cursor is not None:
        if not days or days[0][0].day != cursor.day:
            raise ProblemError(
                HTTPStatus.CONFLICT, f"Expected {cursor.day} as the page before has read it, was removed: begin without a cursor"
            )
        cursor.check_state(days[0][1])
    width = sum(_width(one) for one in schema_of(query).types)
    return RowPlan(
        product=product,
        query=query,
        days=days,
        cursor=cursor,
        limit=max(1, min(asked.limit, _MOST_CELLS // max(1, width))),
        request=request,
    )


def read_page(catalogue: Catalogue, plan: RowPlan, *, deadline: Deadline) -> Page:
    """Read the rows of a page; one row group is in memory at a time, next to the page.

    Raises
    ------
    ReplacedError
        A day was published again since the plan was made.
    LakeError
        A file cannot be read.
    """
    parts: list[pa.Table] = []
    left, read, following = plan.limit, [], None
    partial: dict[date, str] = {}
    for published, sha256 in plan.days:
        deadline()
        stored = StoredTable(catalogue.lake.fs, published.key)
        if stored.tag != published.tag:
            raise ReplacedError
        first = plan.cursor.row if plan.cursor is not None and plan.cursor.day == published.day else 0
        read.append((published, sha256))
        if stored.partial_until_ns is not None:
            partial[published.day] = while_running(stored.partial_until_ns)
        for part in scan(stored, plan.query, first=first):
            deadline()
            taken = part.rows.slice(0, left)
            if taken.num_rows:
                parts.append(_with_date(taken, published.day))
            left -= taken.num_rows
            if taken.num_rows < part.rows.num_rows:
                following = Cursor.of(
                    day=published.day, sha256=sha256, row=int(part.numbers[taken.num_rows]), request=plan.request
                )
                break
        if following is not None:
            break
    empty = _with_date(schema_of(plan.query).empty_table(), _EPOCH_DAY)
    rows = pa.concat_tables([empty, *parts]).unify_dictionaries().combine_chunks()
    column = availability(plan.query.table).column
    since = None
    if column is not None and column in rows.column_names and rows.num_rows:
        import pyarrow.compute as pc

        since = pc.max(rows[column]).as_py()
    return Page(
        plan=plan,
        rows=rows,
        days=read,
        known_since_ns=since,
        next=None if following is None else str(following),
        conventions=_conventions(rows),
        partial=partial,
    )


def _days_asked(asked: RowParameters) -> tuple[date | None, date | None]:
    if asked.date is not None:
        if asked.first is not None or asked.last is not None:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, "date: Expected a day or a range, was both: leave out from and to"
            )
        day = day_of(asked.date, what="date")
        return day, day
    first = None if asked.first is None else day_of(asked.first, what="from")
    last = None if asked.last is None else day_of(asked.last, what="to")
    if first is not None and last is not None and first > last:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"from: Expected a day up to {last}, was {first}: exchange them")
    return first, last


def _no_day(catalogue: Catalogue, table: Table, product: str, day: date | None) -> ProblemError:
    days = catalogue.snapshot.days(table.name, product)
    if not days:
        return ProblemError(
            HTTPStatus.NOT_FOUND,
            f"Expected a published day of {table.name} of {product}, was none: products are {catalogue.snapshot.products}",
        )
    return ProblemError(
        HTTPStatus.NOT_FOUND,
        f"Expected a published day of {table.name} of {product}, was none on {day}: days are {days[0].day} to {days[-1].day},"
        " /v1/days names them",
    )


def _query(table: Table, asked: RowParameters, *, single: date | None) -> RowQuery:
    """The query of a request.

    Raises
    ------
    ProblemError
        A column is unknown, or a condition cannot be used.
    """
    moment = "ts_window_end" if "ts_window_end" in table.column_names else None
    between: dict[str, tuple[float, float]] = {}
    if isinstance(asked, ByStrike):
        if asked.strike_from is not None and asked.strike_to is not None and asked.strike_from > asked.strike_to:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"strike_from: Expected a strike up to {asked.strike_to:g}, was {asked.strike_from:g}: exchange them",
            )
        if asked.strike_from is not None or asked.strike_to is not None:
            between["strike"] = (asked.strike_from or 0.0, float("inf") if asked.strike_to is None else asked.strike_to)
        if asked.expiration is not None:
            start = midnight_ns(day_of(asked.expiration, what="expiration"))
            between["ts_expiration"] = (start, start + DAY_NS - SECOND_NS)
    since = None if asked.since is None else moment_ns(asked.since, day=single, what="since")
    until = None if asked.until is None else moment_ns(asked.until, day=single, what="until")
    if since is not None and until is not None and since > until:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "since: Expected a moment before until, was a later one: exchange them"
        )
    try:
        return RowQuery(
            table=table,
            columns=_columns(table, asked.columns),
            moment=moment,
            since_ns=since,
            until_ns=until,
            every_ns=None if asked.every is None else asked.every * WINDOW_NS,
            equal={name: frozenset(words.split(",")) for name, words in asked.equal().items() if words is not None},
            between=between,
        )
    except LakeError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}: /v1/schema/{table.name} names them") from error


def _refuse_unknown_conventions(
    catalogue: Catalogue, table: Table, product: str, asked: RowParameters, days: Sequence[date]
) -> None:
    words = asked.equal().get("convention")
    names = () if words is None else words.split(",")
    try:
        refuse_unknown(catalogue.lake, names)
        refuse_gone(catalogue.lake, table.name, names, product=product, days=days)
    except LakeError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


def _columns(table: Table, asked: str | None) -> tuple[str, ...]:
    """Columns wanted, after those that an answer cannot do without: its key, and what its numbers mean."""
    if asked is None:
        return ()
    wanted = dict.fromkeys(name for name in asked.split(",") if name)
    always = [name for name in table.column_names if name in (*table.key, *_CONTEXT) or name == availability(table).column]
    return tuple(dict.fromkeys([*always, *wanted]))


def _with_date(rows: pa.Table, day: date) -> pa.Table:
    return rows.add_column(
        0, pa.field("date", pa.date32(), nullable=False), pa.repeat(pa.scalar(day, pa.date32()), rows.num_rows)
    )


def _width(kind: pa.DataType) -> int:
    return int(kind.list_size) if pa.types.is_fixed_size_list(kind) else 5 if pa.types.is_nested(kind) else 1


def _conventions(rows: pa.Table) -> list[dict[str, object]]:
    """The conventions of the rows: each combination of name, version, weight and scale once."""
    there = [name for name in _CONTEXT if name in rows.column_names and name != "scope"]
    if "convention" not in there:
        return []
    plain = rows.select(there)
    plain = pa.table(
        {name: plain[name].cast(pa.string()) if pa.types.is_dictionary(plain[name].type) else plain[name] for name in there}
    )
    return list(plain.group_by(there).aggregate([]).to_pylist())


def moment_text(ns: int) -> str:
    """A moment to the second, in ISO 8601."""
    return datetime.fromtimestamp(ns // SECOND_NS, UTC).isoformat().replace("+00:00", "Z")
