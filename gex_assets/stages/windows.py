"""The windows of a day, 5 s each on the UTC grid within sessions, and the row groups in which they are written.

`market.sessions` says when sessions are; kernels compute what happens within a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from gex_assets.time_units import WINDOW_NS

__all__ = ["ROWS_PER_GROUP", "WINDOWS_PER_GROUP", "Stretch", "Windows", "windows_of", "windows_per_group"]

WINDOWS_PER_GROUP: Final = 240
"""Most consecutive windows, counted from the day's first, in a row group of the quotes. Fewer where the rows would be more than
`ROWS_PER_GROUP`. Tables made of quotes have the same groups."""

ROWS_PER_GROUP: Final = 1 << 17
"""Most rows in a row group of the quotes. A group is in memory as a whole, and so is what later stages make of it."""

_WINDOWS_PER_MINUTE: Final = 12


class Stretch(Protocol):
    """An uninterrupted stretch of trading: `market.sessions.Session`."""

    @property
    def open_ns(self) -> int:
        """Where it begins, in UNIX ns UTC."""

    @property
    def close_ns(self) -> int:
        """Where it ends, in UNIX ns UTC."""

    @property
    def session_date(self) -> date:
        """The date that the exchange counts it to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of a day, ascending; closed hours leave gaps.

    Attributes
    ----------
    ends : (W,) a window holds ts_recv in [end - 5 s, end). [UNIX ns UTC]
    session_date : (W,) datetime64[D], the Globex trade date.
    """

    ends: NDArray[np.int64]
    session_date: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.ends)

    def groups(self, instruments: int = 1) -> Iterator[slice]:
        """The windows of each row group, for this number of instruments with rows."""
        step = windows_per_group(instruments)
        for first in range(0, len(self), step):
            yield slice(first, min(first + step, len(self)))


def windows_per_group(instruments: int) -> int:
    """Number of windows in a row group, for this number of instruments: whole minutes, at least one, at most 240 windows."""
    minutes = ROWS_PER_GROUP // (max(1, instruments) * _WINDOWS_PER_MINUTE)
    return min(max(1, minutes) * _WINDOWS_PER_MINUTE, WINDOWS_PER_GROUP)


def windows_of(sessions: Iterable[Stretch]) -> Windows:
    """All windows of the UTC grid that lie wholly inside a session.

    Parameters
    ----------
    sessions : disjoint stretches with `open_ns`, `close_ns` (half-open) and `session_date`, in any order. [UNIX ns UTC]
    """
    ends: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    dates: list[NDArray[np.datetime64]] = [np.empty(0, "datetime64[D]")]
    for session in sorted(sessions, key=lambda session: session.open_ns):
        first = -(-session.open_ns // WINDOW_NS)
        last = session.close_ns // WINDOW_NS
        found = (np.arange(first, last, dtype=np.int64) + 1) * WINDOW_NS
        ends.append(found)
        dates.append(np.full(len(found), np.datetime64(session.session_date, "D")))
    return Windows(ends=np.concatenate(ends), session_date=np.concatenate(dates))
