"""What is stale or missing of the known days, and what making it again would read: the plan of `gex refresh`.

A table that is stale or missing is planned with all that is made from it. What turns out to be up to date is reused by its asset.
What was refused or rejected is left alone until its files, or else its inputs, its code or its settings change. So is what is
made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from itertools import groupby
from typing import Any, Final

import dagster as dg

from gex_assets.defs.build import build_defs
from gex_assets.defs.partitions import why_outside
from gex_assets.defs.product_assets import product_of
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.keys import page_key
from gex_assets.lake.status import TableState, looks_again, status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.settings import Settings

__all__ = ["PlannedDay", "Refresh", "planned_refresh"]

_READ_FILES: Final = ("raw", "bronze")
"""Layers whose tables read delivered files: those of their own kind, or of the raw tables they are made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDay:
    """What is made again of one product's day.

    Attributes
    ----------
    made : tables and pages that are stale or missing, in the order of the tables.
    below : further ones that are made from those: they are reused where nothing that they read changed.
    files : delivered files that are read, with their sizes. [bytes]
    tables : published tables of the day that are read and are up to date, with their sizes. [bytes]
    left : rejected ones that are left alone.
    waiting : stale or missing ones that are made from those: they wait.
    keys : assets of `made` and `below`.
    """

    product: str
    day: date
    made: tuple[TableState, ...]
    below: tuple[str, ...]
    files: Mapping[str, int]
    tables: Mapping[str, int]
    left: tuple[TableState, ...]
    waiting: tuple[str, ...]
    keys: tuple[dg.AssetKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """The plan.

    Attributes
    ----------
    days : days of which something is made or left alone, by product and day.
    history : days of `regime_history` that are stale or missing, or will be; one run updates all of them.
    outside : days that the calendar does not have, each with why and what to do.
    """

    days: tuple[PlannedDay, ...]
    history: tuple[date, ...]
    outside: Mapping[date, str]

    @property
    def only(self) -> dict[date, list[dg.AssetKey]]:
        """The assets to run of each day, of all products."""
        found: dict[date, list[dg.AssetKey]] = {}
        for one in self.days:
            if one.keys:
                found.setdefault(one.day, []).extend(one.keys)
        return dict(sorted(found.items()))


def planned_refresh(
    settings: Settings,
    lake: Lake,
    *,
    products: Iterable[str] | None = None,
    first: date | None = None,
    last: date | None = None,
    say: Callable[[str], None] | None = None,
    now: datetime | None = None,
) -> Refresh:
    """Plan what makes every known day up to date. Nothing is made, and no rows of large tables are read.

    Parameters
    ----------
    products : those of the settings by default.
    first, last : the days, both included; all known ones by default.
    say : called with what takes long, before it is done.
    now : which day is running; by default the one of the clock.

    Raises
    ------
    LakeError
        The lake cannot be read.
    """
    from gex_assets.pages.bundle import brief_page_contract, day_page_contract

    def digest(table: Any) -> str:
        return settings.digest(table.settings)

    definitions = build_defs(settings)
    graph = definitions.resolve_asset_graph()
    freshness = Freshness(lake, TABLES, digest)
    names = tuple(settings.products if products is None else products)
    states = status(
        lake, tables=TABLES, products=names, digest=digest, pages=[day_page_contract(), brief_page_contract()], say=say
    )
    states = [state for state in states if (first is None or first <= state.day) and (last is None or state.day <= last)]
    days, outside, history = list[PlannedDay](), dict[date, str](), set[date]()
    for (product, day), group in groupby(states, key=lambda state: (state.product, state.day)):
        of_day = list(group)
        own = (key for key in graph.get_all_asset_keys() if product_of(key, default=settings.default_product) == product)
        keys = {key.path[-1]: key for key in own}
        parents = {name: {up.path[-1] for up in graph.get(key).parent_keys} for name, key in keys.items()}
        calendars = (graph.get(key).partitions_def for key in keys.values())  # the history has none
        planned = _planned_day(of_day, parents, keys, sizes=partial(_size, lake), freshness=freshness)
        calendar = next((one for one in calendars if isinstance(one, dg.DailyPartitionsDefinition)), None)
        why = None if calendar is None else why_outside(calendar, now=now or datetime.now(UTC))(day)
        if planned.made and why is not None:
            outside[day] = why
            continue
        if planned.made or planned.left:
            days.append(planned)
        feeds = "regime_scores" in {*planned.below, *(state.table for state in planned.made)}
        if feeds or any(state.table not in DAY_TABLES and _can_be_made(state) for state in _tables(of_day)):
            history.add(day)
    return Refresh(days=tuple(days), history=tuple(sorted(history)), outside=dict(sorted(outside.items())))


def _planned_day(
    states: Sequence[TableState],
    parents: Mapping[str, Collection[str]],
    keys: Mapping[str, dg.AssetKey],
    *,
    sizes: Callable[[TableState], int],
    freshness: Freshness,
) -> PlannedDay:
    product, day = states[0].product, states[0].day
    own = [state for state in states if state.table in keys and (state.table in DAY_TABLES or state.table in PAGES)]
    left = tuple(state for state in own if state.state == "rejected" and not looks_again(state))
    blocked = _with_below([state.table for state in left], parents)
    wrong = [state for state in own if state.state != "published" and state not in left]
    made = tuple(state for state in wrong if state.table not in blocked)
    planned = _with_below([state.table for state in made], parents) - blocked
    by_name = {state.table: state for state in own}
    read = {name for table in planned for name in parents[table]}
    return PlannedDay(
        product=product,
        day=day,
        made=made,
        below=tuple(state.table for state in own if state.table in planned and state not in made),
        files=dict(sorted(_files({state.table for state in made}, parents, product, day, freshness))),
        tables={
            state.table: sizes(state) for state in own if state.table in read - planned and by_name[state.table].is_published
        },
        left=left,
        waiting=tuple(state.table for state in wrong if state.table in blocked),
        keys=tuple(keys[state.table] for state in own if state.table in planned),
    )


def _files(
    made: Collection[str], parents: Mapping[str, Collection[str]], product: str, day: date, freshness: Freshness
) -> Iterator[tuple[str, int]]:
    """The delivered files that are read, with their sizes."""
    for name in made:
        table = TABLES.get(name)
        if table is None or (table.layer not in _READ_FILES and not table.statistics_days):
            continue
        for source in (name, *(up for up in parents[name] if up.startswith("raw_"))):
            for key in freshness.delivered(TABLES[source], product, day):
                info = freshness.lake.fs.info(key)
                if info is not None:
                    yield key, info.size_bytes


def _with_below(tables: Iterable[str], parents: Mapping[str, Collection[str]]) -> set[str]:
    """The tables and everything that is made from them."""
    reached, grown = set(tables), True
    while grown:
        more = {name for name, ups in parents.items() if name not in reached and reached & set(ups)}
        reached |= more
        grown = bool(more)
    return reached


def _can_be_made(state: TableState) -> bool:
    return state.state in ("stale", "missing") or looks_again(state)


def _tables(states: Iterable[TableState]) -> Iterator[TableState]:
    return (state for state in states if state.table in TABLES)


def _size(lake: Lake, state: TableState) -> int:
    if state.table in TABLES:
        return state.size_bytes
    info = lake.fs.info(page_key(state.table, product=state.product, day=state.day))
    return 0 if info is None else info.size_bytes
