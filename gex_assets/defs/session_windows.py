"""The windows that a table of one day must have, and the check that it has them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from gex_assets.defs.table_day import PublishCheck, TableDay
from gex_assets.lake.tables import StoredTable
from gex_assets.market.sessions import Session, sessions
from gex_assets.schemas.checks import windows_cover_the_session

if TYPE_CHECKING:
    from gex_assets.stages.windows import Windows

__all__ = ["first_moment", "has_windows", "same_windows_as", "session_windows", "windows_of_table"]


def session_windows(day: TableDay, raw: str) -> "Windows":
    """The windows of the session within what was requested from the vendor; none where no file was delivered.

    Parameters
    ----------
    raw : the raw table that registers the day's order files.
    """
    from gex_assets.stages.windows import windows_of

    return windows_of(_sessions(day, raw))


def _sessions(day: TableDay, raw: str) -> Sequence[Session]:
    files = day.open(raw).read(["request_start", "request_end"])
    if not files.num_rows:
        return ()
    return sessions(
        product=day.product,
        day=day.day,
        start_ns=pc.min(files["request_start"]).as_py(),
        end_ns=pc.max(files["request_end"]).as_py(),
    )


def windows_of_table(stored: StoredTable) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Distinct window ends of a table, ascending, in UNIX ns."""
    found = [np.unique(group["ts_window_end"].to_numpy()) for group in stored.groups(columns=["ts_window_end"])]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def first_moment(orders: StoredTable) -> int | None:
    """The venue's clock at the first record, in UNIX ns; None without records."""
    first = next(orders.stretches(["ts_recv", "ts_recv_behind"]), None)
    return None if first is None else int(first["ts_recv"][0].as_py() + first["ts_recv_behind"][0].as_py())


def has_windows(ends: np.ndarray[Any, np.dtype[np.int64]], *, from_ns: int | None) -> PublishCheck:
    """Check that a table has exactly the windows that end after a moment.

    Parameters
    ----------
    ends : window ends of the session. [UNIX ns]
    from_ns : the moment of the first listed instrument or first record; None where no window is expected. [UNIX ns]
    """
    expected = ends[ends > from_ns] if from_ns is not None else ends[:0]
    return lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=expected)


def same_windows_as(upstream: StoredTable) -> PublishCheck:
    """Check that a table has exactly the windows of another."""
    return lambda stored: windows_cover_the_session(found=windows_of_table(stored), expected=windows_of_table(upstream))
