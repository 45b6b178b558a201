"""Volatilities for strikes that have none of their own: those of the nearest strikes that have one.

For re-pricing only. An option worth less than a tick at today's price has no two-sided quote, but its gamma may be the largest at
a price some percent away. A profile without it is biased towards the strikes that are quoted. The curve through the quotes is in
`smile`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Neighbours", "neighbours"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Neighbours(NamedTuple):
    """Where each row takes its value from.

    Attributes
    ----------
    before, after : (n,) positions of rows. A row with a value of its own is both; so is the only neighbour of a row beyond the
        outermost value. -1 where a group has no value.
    part : (n,) share of `after` in the value. [1]
    """

    before: Int
    after: Int
    part: Float

    def fill(self, values: Float) -> Float:
        """(n,) values with their gaps filled; NaN where the group has none."""
        filled = values[self.before] + self.part * (values[self.after] - values[self.before])
        return np.where(self.before < 0, np.nan, filled)


def neighbours(*, first: Int, strike: Float, known: Bool) -> Neighbours:
    """The strikes between which a strike without a value lies: straight between them, level beyond the outermost.

    Parameters
    ----------
    first : (G + 1,) position of each group's first row; each group is filled from its own rows.
    strike : (n,) ascending within a group. [index points]
    known : (n,) whether a row has a value of its own.
    """
    before, after = np.full(strike.size, -1, dtype=np.int64), np.full(strike.size, -1, dtype=np.int64)
    _find(first, known, before, after)
    part = np.zeros(strike.size)
    between = np.flatnonzero(before != after)
    low, high = strike[before[between]], strike[after[between]]
    part[between] = (strike[between] - low) / (high - low)
    return Neighbours(before, after, part)


@njit(cache=True, nogil=True)
def _find(first: Int, known: Bool, before: Int, after: Int) -> None:
    for g in range(first.shape[0] - 1):
        start, stop = first[g], first[g + 1]
        last = -1
        for k in range(start, stop):
            last = k if known[k] else last
            before[k] = last
        last = -1
        for k in range(stop - 1, start - 1, -1):
            last = k if known[k] else last
            after[k] = last
            if before[k] < 0:
                before[k] = after[k]
            elif after[k] < 0:
                after[k] = before[k]
