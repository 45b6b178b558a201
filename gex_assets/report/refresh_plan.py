"""What `gex refresh` would read and make: a line per day, and below it every cause with what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from gex_assets.escaping import visible
from gex_assets.report.lake import size_text
from gex_assets.report.status_page import states_of_days
from gex_assets.schemas.pages import PAGES
from gex_assets.wording import counted

if TYPE_CHECKING:
    from gex_assets.defs.upkeep.refresh import PlannedDay, Refresh
    from gex_assets.lake.status import TableState

__all__ = ["refresh_lines"]

_MOST_REASONS: Final = 3


def refresh_lines(plan: Refresh) -> Iterator[str]:
    """The lines of a plan; one that says so where nothing is to be made."""
    made = [day for day in plan.days if day.made]
    for day in plan.days:
        yield from _day(day)
    if plan.history:
        first, last = plan.history[0], plan.history[-1]
        yield f"regime_history: {counted(len(plan.history), 'date')} from {first} to {last}, and what follows from them"
    for outside, why in plan.outside.items():
        yield f"{outside} is left alone: {why}"
    if made or plan.history:
        days = {day.day for day in made}
        files = {key: size for day in made for key, size in day.files.items()}
        yield (
            f"{counted(len(days), 'day')}: {_counted([state for day in made for state in day.made])} to make,"
            f" {counted(len(files), 'file')} ({size_text(sum(files.values()))}) to read"
        )
    else:
        yield "Nothing to make: every table of every known day is up to date" + (
            ", but for what is left alone." if plan.days or plan.outside else "."
        )


def _day(day: PlannedDay) -> Iterator[str]:
    if day.made:
        parts = [counted(len(day.files), "file") + f" ({size_text(sum(day.files.values()))})"] if day.files else []
        parts += [counted(len(day.tables), "table") + f" ({size_text(sum(day.tables.values()))})"] if day.tables else []
        read = f", reads {' and '.join(parts)}" if parts else ""
        again = f", looks at {len(day.below)} made from them" if day.below else ""
        yield f"{day.product} {day.day}: makes {_counted(day.made)}{read}{again}"
        (causes,) = states_of_days(day.made)
        for state in (causes.cause, *causes.others):
            if state is not None:
                yield f"    {state.table} is {_state(state)}"
        if causes.follows:
            yield f"    from {'it' if not causes.others else 'them'} follow {', '.join(causes.follows)}"
    for state in day.left:
        yield f"{day.product} {day.day}: {state.table} is left alone, it was rejected: {_why(state)}"
    if day.waiting:
        yield f"    for it wait {', '.join(day.waiting)}"


def _counted(states: Sequence[TableState]) -> str:
    pages = sum(state.table in PAGES for state in states)
    parts = [(len(states) - pages, "table"), (pages, "page")]
    return " and ".join(counted(count, what) for count, what in parts if count) or "no table"


def _state(state: TableState) -> str:
    return f"{state.state}: {_why(state)}" if state.why else state.state


def _why(state: TableState) -> str:
    more = len(state.why) - _MOST_REASONS
    return visible("; ".join(state.why[:_MOST_REASONS])) + (f"; and {more} more" if more > 0 else "")
