"""The state of a lake as lines of text: a line per day or range of days, and below it what is wrong, one cause a day.

What only follows from another table of the same day is counted and not listed: a refused file leaves twenty tables missing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from gex_assets.escaping import visible
from gex_assets.lake.lineage import NO_RECORDS_YET, WHILE_RUNNING
from gex_assets.report.lake import size_text
from gex_assets.report.text import lines_of, new_table

if TYPE_CHECKING:  # `gex status` shall not load compiled code
    from gex_assets.lake.status import TableState

__all__ = ["DayState", "json_lines", "states_of_days", "status_lines"]

_STATES: Final = ("published", "partial", "stale", "rejected", "missing")
_MOST_REASONS: Final = 3
_DAYS_ONE_BY_ONE: Final = 20
"""Of more days than these, equal ones that follow one another share a line."""

_MOST_LINES: Final = 24
_MOST_CAUSES: Final = 6
_OF_A_TABLE: Final = re.compile(r"input (\w+)[/ ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """All tables of one product on one day.

    Attributes
    ----------
    cause : the table that the others wait for; None where all are published, or partial as the day is still running.
    follows : tables that are not published, or stale, because of others of the day.
    others : further tables with a cause of their own.
    """

    product: str
    day: date
    tables: tuple[TableState, ...]
    cause: TableState | None
    follows: tuple[str, ...]
    others: tuple[TableState, ...]

    @property
    def state(self) -> str:
        """The state of the cause; `published` where there is none, or `partial`."""
        if self.cause is not None:
            return self.cause.state
        return "published" if self.partial is None else "partial"

    @property
    def partial(self) -> str | None:
        """That tables were made while the day was still running, and until when the first of them goes, in words."""
        found = (reason for state in self.tables for reason in state.why if reason.startswith(WHILE_RUNNING))
        return next((reason.partition(": ")[0] for reason in found), None)

    @property
    def counts(self) -> dict[str, int]:
        """How many tables are in each state."""
        counts = Counter(state.state for state in self.tables)
        return {name: counts[name] for name in _STATES}

    @property
    def rows(self) -> int:
        """Rows of the published tables."""
        return sum(state.rows for state in self.tables)

    @property
    def size_bytes(self) -> int:
        """Size of the published tables."""
        return sum(state.size_bytes for state in self.tables)


def states_of_days(states: Sequence[TableState]) -> list[DayState]:
    """The days of the states, which come by product, day and table, each with its cause."""
    days = []
    for (product, day), group in groupby(states, key=lambda state: (state.product, state.day)):
        of_day = tuple(group)
        bad = [state for state in of_day if state.state not in ("published", "partial")]
        roots = [state for at, state in enumerate(bad) if not _follows(state, bad[:at])]
        roots.sort(key=lambda state: state.state != "rejected")  # a refusal explains most; the order of tables stays
        days.append(
            DayState(
                product=product,
                day=day,
                tables=of_day,
                cause=roots[0] if roots else None,
                follows=tuple(state.table for state in bad if state not in roots),
                others=tuple(roots[1:]),
            )
        )
    return days


def _follows(state: TableState, before: Sequence[TableState]) -> bool:
    """Whether a table is what it is because of tables before it."""
    if state.state == "missing":
        return bool(before)
    names = {one.table for one in before}
    is_partial_too = any(reason.startswith(WHILE_RUNNING) for one in before for reason in one.why)

    def is_of_another(reason: str) -> bool:
        found = _OF_A_TABLE.match(reason)
        return (found is not None and found[1] in names) or (is_partial_too and reason.startswith(WHILE_RUNNING))

    return state.state == "stale" and bool(state.why) and all(map(is_of_another, state.why))


def status_lines(
    days: Sequence[DayState], *, day: date | None, width: int, whole: bool = False, today: date | None = None
) -> Iterator[str]:
    """One day table by table, or all days with a count of their tables by state.

    Parameters
    ----------
    day : the day that was asked for; None for all.
    whole : whether every day and every cause is listed, however many there are.
    today : the UTC day that is still running.
    """
    if not days:
        yield "Nothing was delivered, published or rejected yet. Start with `gex ingest PATH…` or `gex demo`."
    elif day is not None:
        yield from _tables_of_a_day(days, width, today)
    else:
        yield from _days(days, width, whole=whole, today=today)
    for each in days:
        if each.day == today:
            yield _running_text(each)


def json_lines(days: Sequence[DayState], *, by_table: bool) -> Iterator[str]:
    """One JSON object a day, or a table and day."""
    for each in days:
        about: dict[str, Any] = {"product": each.product, "day": each.day.isoformat()}
        if by_table:
            for state in each.tables:
                yield json.dumps(
                    about
                    | {"table": state.table, "state": state.state, "why": list(state.why)}
                    | {"rows": state.rows, "size_bytes": state.size_bytes}
                )
            continue
        cause = each.cause
        yield json.dumps(
            about
            | {
                "state": each.state,
                "partial": each.partial,
                "tables": each.counts,
                "rows": each.rows,
                "size_bytes": each.size_bytes,
            }
            | {"cause": None if cause is None else {"table": cause.table, "state": cause.state, "why": list(cause.why)}}
            | {"follows": list(each.follows), "others": [state.table for state in each.others]}
        )


def _tables_of_a_day(days: Sequence[DayState], width: int, today: date | None) -> Iterator[str]:
    table = new_table()
    for name, justify in (("table", "left"), ("state", "left"), ("rows", "right"), ("size", "right"), ("why", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    for each in days:
        for state in each.tables:
            rows, size = (f"{state.rows:,}", size_text(state.size_bytes)) if state.is_published else ("", "")
            table.add_row(
                f"{each.product} {state.table}", state.state, rows, size, _why(state) or _instead_of_why(state, each, today)
            )
    yield from lines_of(table, width)


def _days(days: Sequence[DayState], width: int, *, whole: bool, today: date | None) -> Iterator[str]:
    one_by_one = whole or len(days) <= _DAYS_ONE_BY_ONE
    ranges = [[day] for day in days] if one_by_one else [list(group) for _, group in groupby(days, key=_alike)]
    left_out = ranges[:-_MOST_LINES] if not one_by_one and len(ranges) > _MOST_LINES else []
    table = new_table()
    met = [name for name in _STATES if any(day.counts[name] for day in days)]
    for name in ("day", *([] if one_by_one else ["days"]), *met, "rows", "size"):
        table.add_column(name, justify="left" if name == "day" else "right", no_wrap=True)
    if left_out:
        table.add_row("… earlier", *_totals([day for group in left_out for day in group], met, counted=True))
    for group in ranges[len(left_out) :]:
        first, last = group[0], group[-1]
        name = f"{first.product} {first.day}" + (f" … {last.day}" if len(group) > 1 else "")
        table.add_row(name, *_totals(group, met, counted=not one_by_one))
    yield from lines_of(table, width)
    causes = [day for day in days if day.cause is not None]
    shown = causes if whole or one_by_one else causes[-_MOST_CAUSES:]
    for each in shown:
        yield _cause_text(each, today)
    if len(shown) < len(causes):
        yield f"… {len(causes) - len(shown):,} earlier days that are not whole: gex status --failed lists them"


def _alike(day: DayState) -> tuple[object, ...]:
    """Days that are alike in this share a line; the reasons are listed below."""
    cause = day.cause
    return (day.product, day.state, None if cause is None else cause.table, None if cause is None else tuple(day.counts.items()))


def _totals(days: Sequence[DayState], met: Sequence[str], *, counted: bool) -> list[str]:
    counts = {name: sum(day.counts[name] for day in days) for name in met}
    return [
        *([f"{len(days):,}"] if counted else []),
        *(f"{counts[name]:,}" if counts[name] else "" for name in met),
        f"{sum(day.rows for day in days):,}",
        size_text(sum(day.size_bytes for day in days)),
    ]


def _cause_text(day: DayState, today: date | None) -> str:
    assert day.cause is not None  # noqa: S101 (the caller's days have one)
    said = f"{day.product} {day.day} {day.cause.table} is {day.cause.state}: {_why(day.cause) or _what_to_do(day.cause, today)}"
    if day.follows:
        said += f"; {len(day.follows)} table{'s follow' if len(day.follows) > 1 else ' follows'} from it"
    if day.others:
        of = "a cause of its own" if len(day.others) == 1 else "causes of their own"
        said += f"; {len(day.others)} more with {of}, see gex status --date {day.day}"
    return said


def _running_text(day: DayState) -> str:
    """What a day that is not over says of itself: until when it is made, and that the calendar of the UI does not have it."""
    return (
        f"{day.product} {day.day} is still running: {_made_of(day.partial)}. "
        "`gex run --date today --partial` makes what has come. "
        f"The UI's calendar ends with yesterday, {day.day - timedelta(days=1)}."
    )


def _made_of(partial: str | None) -> str:
    """What is made of a day that is not over.

    Parameters
    ----------
    partial : as of `DayState.partial`.
    """
    until = None if partial is None else partial.removeprefix(f"{WHILE_RUNNING}, ")
    if until is None:
        return "nothing is made of it"
    return f"it is made, with {until}" if until == NO_RECORDS_YET else f"what came {until} is made"


def _what_to_do(state: TableState, today: date | None) -> str:
    """What makes a table that is missing."""
    if state.day == today:
        return "`gex run --date today --partial` makes what has come"
    if state.table == "regime_history":
        return "`gex history` makes it"
    return f"`gex run --date {state.day}` makes it"


def _instead_of_why(state: TableState, day: DayState, today: date | None) -> str:
    """What to say of a table without a reason of its own: what makes it, once a day."""
    if state.is_published or day.cause is None:
        return ""
    if state.table == day.cause.table:
        return _what_to_do(state, today)
    return f"follows from {day.cause.table}" if state.table in day.follows else ""


def _why(state: TableState) -> str:
    more = len(state.why) - _MOST_REASONS
    return visible("; ".join(state.why[:_MOST_REASONS])) + (f"; and {more} more" if more > 0 else "")
