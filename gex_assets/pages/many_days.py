"""What is known of a product's days without reading large tables: which are published or partial, and the history of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from gex_assets.lake.freshness import day_partial_until
from gex_assets.lake.tables import Lake
from gex_assets.pages.day_tables import DayTables
from gex_assets.schemas.regime_history import REGIME_HISTORY
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets.time_units import DAY_NS, MINUTE_NS

__all__ = ["DayState", "Path", "history_rows", "paths_of_days", "states_of_days"]

_PATH_MINUTES: Final = 10
_WALLS: Final = ("call_wall", "put_wall")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """What names of objects and at most one footer say of a day.

    Attributes
    ----------
    published : how many of the day's tables are published.
    refused : tables whose latest delivery was refused or rejected.
    partial_until_ns : up to when its tables go, where they were made while the day was still running. [UNIX ns UTC]
    """

    day: date
    published: int
    refused: tuple[str, ...] = ()
    partial_until_ns: int | None = None

    @property
    def status(self) -> str:
        """`rejected` where a delivery was, `partial` of a part of the day, else `published`, `partly` or `missing`."""
        if self.refused:
            return "rejected"
        if self.partial_until_ns is not None:
            return "partial"
        if self.published >= len(DAY_TABLES):
            return "published"
        return "partly" if self.published else "missing"


def states_of_days(lake: Lake, product: str) -> list[DayState]:
    """All days with a published table or a refused delivery, newest first."""
    published: dict[date, set[str]] = {}
    refused: dict[date, list[str]] = {}
    for name in DAY_TABLES:
        for day in lake.days(name, product):
            published.setdefault(day, set()).add(name)
        for day in lake.refused_days(name, product):
            if lake.rejection(name, product=product, day=day) is not None:
                refused.setdefault(day, []).append(name)
    with_history = set(lake.days(REGIME_HISTORY.name, product))
    found = []
    for day in sorted({*published, *refused}, reverse=True):
        tables = published.get(day, set())
        there = {*tables, REGIME_HISTORY.name} if day in with_history else tables
        found.append(
            DayState(
                day=day,
                published=len(tables),
                refused=tuple(refused.get(day, ())),
                partial_until_ns=day_partial_until(lake, there, product=product, day=day),
            )
        )
    return found


def history_rows(lake: Lake, product: str, *, days: Iterable[date] | None = None) -> list[dict[str, Any]]:
    """Rows of `regime_history` without its inputs, oldest day first; each has its `date`.

    Parameters
    ----------
    days : only these; all by default.
    """
    wanted = None if days is None else set(days)
    columns = [name for name in REGIME_HISTORY.column_names if name != "inputs"]
    rows = []
    for day in lake.days(REGIME_HISTORY.name, product):
        stored = lake.find(REGIME_HISTORY.name, product=product, day=day) if wanted is None or day in wanted else None
        rows += [] if stored is None else [{"date": day, **row} for row in stored.read(columns).to_pylist()]
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The course of a day in few numbers, for a small picture.

    Attributes
    ----------
    minutes : since midnight UTC.
    prices : NaN where there is none.
    signs : of net exposure: -1 or 1, and 0 within two of its standard errors or where unknown.
    call_wall, put_wall : the last known ones. [index points]
    """

    minutes: Sequence[float]
    prices: Sequence[float]
    signs: Sequence[int]
    call_wall: float | None
    put_wall: float | None


def paths_of_days(lake: Lake, product: str, days: Iterable[date]) -> dict[date, Path]:
    """The course of each day under `field`, a point every ten minutes."""
    found = {}
    for day in days:
        path = _path(DayTables(lake, product=product, day=day))
        if path is not None:
            found[day] = path
    return found


def _path(day: DayTables) -> Path | None:
    stored = day.lake.find("silver_gex_levels", product=day.product, day=day.day)
    if stored is None:
        return None
    rows = stored.read(("ts_window_end", "convention", "scope", "reference_price", "net_gex", "net_gex_se", *_WALLS))
    rows = rows.filter(pc.and_(pc.equal(rows["convention"], "field"), pc.equal(rows["scope"], "selected")))
    if not rows.num_rows:
        return None
    ends = rows["ts_window_end"].to_numpy()
    step = _PATH_MINUTES * MINUTE_NS if ends[-1] - ends[0] > DAY_NS // 8 else MINUTE_NS
    kept = np.flatnonzero(ends % step == 0)
    rows = rows.take(kept if len(kept) > 1 else np.arange(rows.num_rows))
    net, error = (np.asarray(rows[name].to_numpy(), dtype=np.float64) for name in ("net_gex", "net_gex_se"))
    known = np.isfinite(net) & ~(np.abs(net) < 2 * error)
    return Path(
        minutes=((rows["ts_window_end"].to_numpy() - day.midnight_ns) / MINUTE_NS).tolist(),
        prices=np.asarray(rows["reference_price"].to_numpy(), dtype=np.float64).tolist(),
        signs=np.where(known, np.sign(net), 0).astype(int).tolist(),
        call_wall=_last(rows["call_wall"].to_pylist()),
        put_wall=_last(rows["put_wall"].to_pylist()),
    )


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)
