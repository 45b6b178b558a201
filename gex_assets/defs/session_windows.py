"""The windows that a table of one day must have, and the check that it has them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.defs.table_day import PublishCheck, TableDay
from gex_assets.lake.tables import StoredTable
from gex_assets.market.sessions import Session, sessions
from gex_assets.schemas.checks import windows_cover_the_session
from gex_assets.time_units import WINDOW_NS

if TYPE_CHECKING:
    from gex_assets.stages.windows import Windows

__all__ = ["future_rows", "has_windows", "instrument_rows", "same_windows_as", "session_windows", "windows_of_table"]


def session_windows(day: TableDay, raw: str) -> "Windows":
    """The windows of the session that lie within the claims of the day's files; none where no file was delivered.

    Parameters
    ----------
    raw : the raw table that registers the day's order files.
    """
    from gex_assets.stages.windows import windows_of

    return windows_of(_sessions(day, raw))


def _sessions(day: TableDay, raw: str) -> Iterator[Session]:
    from gex_assets.lake.raw.claims import union

    files = day.open(raw).read(["claim_times"])
    claimed = union((part["ts_start"], part["ts_end"]) for times in files["claim_times"].to_pylist() for part in times)
    for start, end in claimed:
        yield from sessions(product=day.product, day=day.day, start_ns=start, end_ns=end)


def windows_of_table(stored: StoredTable) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Distinct window ends of a table, ascending, in UNIX ns."""
    found = [np.unique(group["ts_window_end"].to_numpy()) for group in stored.groups(columns=["ts_window_end"])]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def has_windows(ends: np.ndarray[Any, np.dtype[np.int64]], *, rows: Iterable[tuple[int, int, int]]) -> PublishCheck:
    """Check that a table has exactly the windows in which at least one instrument has a row.

    Parameters
    ----------
    ends : (W,) window ends of the session. [UNIX ns]
    rows : when instruments have rows: (listed, start, end of a claim), see `instrument_rows`. [UNIX ns]
    """
    every = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
    first = np.searchsorted(ends, np.maximum(every[:, 0] + 1, every[:, 1] + WINDOW_NS))
    behind = np.maximum(np.searchsorted(ends, every[:, 2], side="right"), first)
    steps = np.bincount(first, minlength=len(ends) + 1) - np.bincount(behind, minlength=len(ends) + 1)
    expected = ends[np.cumsum(steps)[: len(ends)] > 0]
    return lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=expected)


def instrument_rows(listed: Mapping[int, int], claims: pa.Table) -> Iterator[tuple[int, int, int]]:
    """When instruments have rows: once listed, within a claim. Claims that touch are one.

    Parameters
    ----------
    listed : moment by instrument id. [UNIX ns]
    claims : rows of `vendor_shapes.CLAIMED`.
    """
    from gex_assets.lake.raw.claims import union

    stretches: dict[int, list[tuple[int, int]]] = {}
    for one, start, end in zip(*(claims[name].to_pylist() for name in ("instrument_id", "ts_start", "ts_end")), strict=True):
        if one in listed:
            stretches.setdefault(one, []).append((start, end))
    for one, known in stretches.items():
        for start, end in union(known):
            yield listed[one], start, end


def future_rows(day: TableDay, orders: StoredTable, claims: pa.Table) -> Iterator[tuple[int, int, int]]:
    """When the day's futures have rows: as `instrument_rows`, each future listed by its first record.

    Parameters
    ----------
    orders : `bronze_future_mbo` of the day.
    claims : rows of `vendor_shapes.CLAIMED`.
    """
    from gex_assets.lake.raw.merge import seen_instruments

    files = day.open("raw_future_mbo").read()
    futures = {one for group in orders.groups(["instrument_id"]) for one in pc.unique(group["instrument_id"]).to_pylist()}
    seen = zip(*(seen_instruments(files)[name].to_pylist() for name in ("instrument_id", "ts_recv_first")), strict=True)
    return instrument_rows({one: moment for one, moment in seen if one in futures}, claims)


def same_windows_as(upstream: StoredTable) -> PublishCheck:
    """Check that a table has exactly the windows of another."""
    return lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=windows_of_table(upstream))
