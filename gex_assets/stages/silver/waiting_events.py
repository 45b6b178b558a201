"""What was received by option and moment, kept until a window that ends after it counts it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Events", "Ids", "Waiting", "positions"]

Int = NDArray[np.int64]
Ids = NDArray[np.uint32]
Events = NDArray[np.void]


class Waiting:
    """Events that no window has counted yet.

    Parameters
    ----------
    kind : fields of an event; `ts` is its moment [UNIX ns UTC].
    order : fields by which events are sorted, the most significant first: `ts` and those that decide where two came at once.
    """

    def __init__(self, kind: np.dtype[np.void], *, order: tuple[str, ...]) -> None:
        self._order = order
        self._events: Events = np.zeros(0, dtype=kind)
        self._last_end = -1

    def add(self, events: Events) -> None:
        """Add events, in any order; of equal ones the later added comes later."""
        self._events = self.sorted(np.concatenate([self._events, events]))

    def sorted(self, events: Events) -> Events:
        """These events in order."""
        return events[np.lexsort([events[name] for name in reversed(self._order)])]

    def until(self, ends: Int) -> Events:
        """Take out the events before the last of these windows ends.

        Raises
        ------
        ValueError
            The windows do not follow those of the call before.
        """
        if ends[0] <= self._last_end:
            raise ValueError(f"Expected windows that end after {self._last_end}, was {ends[0]}")
        self._last_end = int(ends[-1])
        count = int(np.searchsorted(self._events["ts"], ends[-1], side="left"))
        taken, self._events = self._events[:count], self._events[count:]
        return taken


def positions(ids: Ids, instrument_ids: Ids) -> tuple[Int, NDArray[np.bool_]]:
    """Where each id stands among `instrument_ids`, ascending, and whether it is one of them."""
    position = np.searchsorted(instrument_ids, ids)
    known = position < instrument_ids.size
    known[known] = instrument_ids[position[known]] == ids[known]
    return position, known
