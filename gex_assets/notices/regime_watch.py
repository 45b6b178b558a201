"""When a regime is another one: it must stay for a while, as near a threshold it may change with every window.

`regime_events` has every change. Of two hours of the sample there were thirty, most of which lasted for seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RegimeChange", "RegimeWatch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeChange:
    """A regime that stayed.

    Attributes
    ----------
    before, now : the regime that stayed before, and this one.
    since : end of the first of the windows in a row that have it. [UNIX ns UTC]
    ts : end of the window in which it has stayed for long enough. [UNIX ns UTC]
    changes : changes of known regimes since the regime before had stayed; 1 where it went over at once.
    """

    before: str
    now: str
    since: int
    ts: int
    changes: int


class RegimeWatch:
    """The state of one convention's regime.

    Parameters
    ----------
    hold_windows : windows in a row that have another regime before it counts. Windows without a regime count for nothing.
    """

    def __init__(self, *, hold_windows: int) -> None:
        self._hold = hold_windows
        self._standing: str | None = None
        self._last: str | None = None
        self._since = 0
        self._windows = 0
        self._changes = 0

    def see(self, ts: int, regime: str | None) -> RegimeChange | None:
        """The change that a window completes; None where there is none. The day's first regime is no change.

        Parameters
        ----------
        ts : end of the window. [UNIX ns UTC]
        regime : None where it is unknown: that forgets nothing.
        """
        if regime is None:
            return None
        if self._standing is None:
            self._standing = self._last = regime
            return None
        if regime != self._last:
            self._last, self._since, self._windows = regime, ts, 0
            self._changes += 1
        if regime == self._standing:
            self._windows += 1
            if self._windows >= self._hold:
                self._changes = 0
            return None
        self._windows += 1
        if self._windows < self._hold:
            return None
        found = RegimeChange(before=self._standing, now=regime, since=self._since, ts=ts, changes=self._changes)
        self._standing, self._changes = regime, 0
        return found
