"""Levels of published tables: before a session from `open_levels`, within a day from `silver_gex_levels`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.brief.stored_levels import day_and_rows_before
from gex_assets.conventions import no_such_convention
from gex_assets.errors import GexError
from gex_assets.lake.lineage import while_running
from gex_assets.lake.ranges.latest import last_known_window, rows_at
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.report.levels.named import LevelSet, level_set
from gex_assets.time_units import SECOND_NS

__all__ = ["levels_before", "levels_within"]


def levels_before(
    lake: Lake, *, product: str, session: date | None, conventions: Sequence[str], scope: str
) -> tuple[LevelSet, ...]:
    """Levels before a session.

    Parameters
    ----------
    session : as for `rows_before`.
    conventions : in this order.

    Raises
    ------
    GexError
        No levels are published for the session, or none of a convention or scope.
    """
    day, rows, _ = day_and_rows_before(lake, product=product, session=session)
    about = f"before the session{_partial(lake.find('open_levels', product=product, day=day))}"
    return tuple(
        level_set(row, product=product, about=about, ts_known=row["ts_known"]) for row in _chosen(rows, conventions, scope)
    )


def levels_within(
    lake: Lake, *, product: str, day: date, clock: time | None, conventions: Sequence[str], scope: str
) -> tuple[LevelSet, ...]:
    """Levels of the last window that ends by a moment.

    Parameters
    ----------
    clock : the moment, UTC; None for the last window in which levels are known.

    Raises
    ------
    GexError
        The day has no such window, or no levels of a convention or scope.
    LakeError
        The day is not published.
    """
    stored = lake.open("silver_gex_levels", product=product, day=day)
    end = last_known_window(stored, "net_gex") if clock is None else _last_until(stored.read(["ts_window_end"]), day, clock)
    if end is None:
        raise GexError(f"Expected a window of {day}{f' by {clock}' if clock else ''} with levels, was none")
    about = f"{datetime.fromtimestamp(end // SECOND_NS, tz=UTC):%H:%M:%S} UTC{_partial(stored)}"
    return tuple(
        level_set(row, product=product, about=about, ts_known=end) for row in _chosen(rows_at(stored, end), conventions, scope)
    )


def _partial(stored: StoredTable | None) -> str:
    """That the day was still running, as a part of a title; nothing for whole days."""
    until = None if stored is None else stored.partial_until_ns
    return "" if until is None else f" ({while_running(until)})"


def _last_until(ends: pa.Table, day: date, clock: time) -> int | None:
    until = int(datetime.combine(day, clock, tzinfo=UTC).timestamp()) * SECOND_NS
    found: int | None = pc.max(ends.filter(pc.less_equal(ends["ts_window_end"], until))["ts_window_end"]).as_py()
    return found


def _chosen(rows: pa.Table, conventions: Sequence[str], scope: str) -> list[dict[str, Any]]:
    """One row per convention, in their order."""
    by_key = {(row["convention"], row["scope"]): row for row in rows.to_pylist()}
    names, scopes = (sorted({key[place] for key in by_key}) for place in (0, 1))
    for convention in conventions:
        if convention not in names:
            raise GexError(no_such_convention(convention, names))
    if scope not in scopes:
        raise GexError(f"Expected a scope of {', '.join(scopes)}, was {scope!r}")
    return [by_key[convention, scope] for convention in conventions]
