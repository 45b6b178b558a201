"""The state of every table-day: published, rejected, missing or stale, and why. Only footers and names are read.

Stale means that an input, the code or a setting is not what the published state was computed from. The settings are not known
here: the caller gives their digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from gex_assets.errors import LakeError
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.raw.layout import RAW_KINDS, find_files
from gex_assets.lake.tables import Lake
from gex_assets.schemas.table import Table

__all__ = ["State", "TableState", "known_days", "status"]

State = Literal["published", "stale", "rejected", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """The state of one table-day.

    Attributes
    ----------
    state : `rejected` where the latest delivery was, even if an earlier one is still published.
    why : what makes it stale, or why it was rejected; empty where it is published or missing.
    is_published : whether there is a published state; `rows` and `size_bytes` are that state's.
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
    """Return the states of the tables, by product, day and table.

    Parameters
    ----------
    digest : the settings' digest for a table, as its lineage would state it now (`Settings.digest(table.settings)`).
    day : one day; by default all days with a delivered, published or rejected object.
    """
    judge = Freshness(lake, tables, digest)
    states = []
    for product in products:
        for each in known_days(lake, tables, product) if day is None else [day]:
            states += [_state(judge, table, product, each) for table in tables.values()]
    return states


def known_days(lake: Lake, tables: Iterable[str], product: str) -> list[date]:
    """Days with a delivered, published or rejected object, in order."""
    days = {found.day for kind in RAW_KINDS for found in find_files(lake.fs, kind=kind, product=product)}
    for name in tables:
        days.update(lake.days(name, product), lake.days(name, product, rejected=True))
    return sorted(days)


def _state(judge: Freshness, table: Table, product: str, day: date) -> TableState:
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
