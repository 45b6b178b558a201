"""One axis for strikes of several futures: where a strike stands on the axis of the front's future.

Futures of one index differ by carry: the June future may stand 50 points above the March future. A strike K of another future is
reached when that future stands at K. Where all futures move by the same percentage, the front's then stands at
K · F_front / F_future. Strikes of the front's future stand at K itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["StrikeAxis", "strike_axis"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_SAME: Final = 1e-9
"""Prices that differ by at most this share of themselves are one price: they are products of prices, and rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeAxis:
    """Prices at which the strikes of W windows stand, A of them.

    Attributes
    ----------
    first : (W + 1,) position of each window's first price.
    price : (A,) ascending within a window. [index points]
    strike : (A,) the strike that stands there: that of the front's future, else of the earliest expiration. [index points]
    future : (A,) that strike's future, by its number.
    place : (n,) position of each row's price; -1 where it has none.
    """

    first: Int
    price: Float
    strike: Float
    future: Int
    place: Int

    def of_rows(self, chosen: Bool) -> StrikeAxis:
        """Some of the rows; the axis keeps all prices."""
        return replace(self, place=self.place[chosen])

    def find(self, price: Float) -> tuple[Float, Int]:
        """What stands at a price of each window.

        Parameters
        ----------
        price : (W,) of the axis; NaN where there is none. [index points]

        Returns
        -------
        Its strike [index points], NaN where there is none, and the strike's future, -1 where there is none.
        """
        at = np.full(price.size, -1)
        for window in np.flatnonzero(~np.isnan(price)).tolist():
            start, stop = self.first[window], self.first[window + 1]
            at[window] = start + np.searchsorted(self.price[start:stop], price[window])
        if not self.price.size:
            return np.full(price.size, np.nan), at
        return np.where(at >= 0, self.strike[at], np.nan), np.where(at >= 0, self.future[at], -1)


def strike_axis(*, first: Int, strike: Float, forward: Float, future: Int, front: Int, front_forward: Float) -> StrikeAxis | None:
    """Put the strikes of every window on one axis.

    F_future is the forward of the future's earliest expiration that has one. So strikes of one future keep their distances, and
    those of its expirations stand together.

    Parameters
    ----------
    first : (W + 1,) position of each window's first row; rows come by expiration within a window.
    strike : (n,) [index points]
    forward : (n,) the expiration's own forward; NaN where unknown. [index points]
    future : (n,) number of the future that the row's options are exercised into; -1 where unknown: such a row has no place.
    front : (W,) number of the front's future.
    front_forward : (W,) its forward; NaN where unknown. Without it strikes of other futures have no place. [index points]

    Returns
    -------
    The axis; None where all rows are of the front's future, so that every strike stands at itself.
    """
    window = np.repeat(np.arange(front.size), np.diff(first))
    own = future == front[window]
    if own.all():
        return None
    ratio = front_forward[window] / _forward_of_future(window, future, forward)
    price = np.where(own, strike, np.where(future < 0, np.nan, strike * ratio))
    rows = np.flatnonzero(~np.isnan(price))
    rows = rows[np.lexsort((~own[rows], price[rows], window[rows]))]
    begins = np.ones(rows.size, dtype=np.bool_)
    begins[1:] = (np.diff(window[rows]) > 0) | (np.diff(price[rows]) > _SAME * price[rows[1:]])
    group = np.cumsum(begins) - 1
    # What stands at a price is the first row of the front's future there, else the first row.
    rank = np.where(own[rows], 0, rows.size) + np.arange(rows.size)
    named = rows[np.minimum.reduceat(rank, np.flatnonzero(begins)) % max(rows.size, 1)] if rows.size else rows
    place = np.full(strike.size, -1, dtype=np.int64)
    place[rows] = group
    return StrikeAxis(
        first=np.searchsorted(window[named], np.arange(front.size + 1)),
        price=price[named],
        strike=strike[named],
        future=future[named],
        place=place,
    )


def _forward_of_future(window: Int, future: Int, forward: Float) -> Float:
    """(n,) forward of the earliest expiration on each row's future in its window that has one; NaN without any."""
    key = window * (int(future.max(initial=0)) + 1) + future
    known = np.flatnonzero((forward > 0.0) & (future >= 0))
    keys, at = np.unique(key[known], return_index=True)
    place = np.minimum(np.searchsorted(keys, key), max(keys.size - 1, 0))
    if not keys.size:
        return np.full(key.size, np.nan)
    return np.where(keys[place] == key, forward[known[at]][place], np.nan)
