"""Calls and puts of a chain side by side: one place per expiration and strike, and what stands there of each right."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["StrikeLadder"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class StrikeLadder(NamedTuple):
    """The L strikes of E expirations, by expiration, ascending within one.

    Attributes
    ----------
    first : (E + 1,) position of each expiration's first strike.
    strike : (L,) [index points]
    place : (n,) position of each option's strike.
    is_call : (n,)
    """

    first: Int
    strike: Float
    place: Int
    is_call: Bool

    @classmethod
    def of(cls, *, strike: Float, is_call: Bool, series: Int) -> Self:
        """Make one of options in the order of their expirations, then strikes.

        Parameters
        ----------
        strike, is_call : (n,) [index points]
        series : (n,) number of the option's expiration.
        """
        new_series = np.diff(series, prepend=-1) != 0
        is_new = new_series | (np.diff(strike, prepend=np.nan) != 0.0)
        place = np.cumsum(is_new) - 1
        starts = place[new_series]
        size = int(place[-1]) + 1 if place.size else 0
        return cls(np.append(starts, size), strike[is_new], place, is_call)

    @property
    def slices(self) -> list[slice]:
        """Where the strikes of each expiration stand."""
        return [slice(start, stop) for start, stop in zip(self.first[:-1].tolist(), self.first[1:].tolist(), strict=True)]

    def sides(self, values: Float) -> tuple[Float, Float]:
        """(L,) each: values of the options by strike, of calls and of puts; NaN where a right has none.

        Of options that come twice the first known value counts.
        """
        found = []
        for of_right in (self.is_call, ~self.is_call):
            side = np.full(self.strike.size, np.nan)
            chosen = np.flatnonzero(of_right & ~np.isnan(values))[::-1]
            side[self.place[chosen]] = values[chosen]
            found.append(side)
        return found[0], found[1]

    def of_other_right(self, values: Float) -> Float:
        """(n,) what the other right has at each option's strike; NaN where it has nothing."""
        calls, puts = self.sides(values)
        return np.where(self.is_call, puts[self.place], calls[self.place])
