"""Exposure at the listed strikes nearest the price, above it and below: what a move meets ahead and leaves behind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import Scope, SignedChain
from gex_assets.kernels.features.strike_slots import at_slots, nearest_strikes, sum_of_known

__all__ = ["ExposureAround", "exposure_around"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class ExposureAround(NamedTuple):
    """Sums over a few strikes of W windows, (W,) each in the unit of the scale; NaN where nothing is known.

    Attributes
    ----------
    net_above, net_below : signed by the convention.
    gross_above, gross_below : magnitudes of calls and puts.
    """

    net_above: Float
    net_below: Float
    gross_above: Float
    gross_below: Float


def exposure_around(
    chain: SignedChain, *, reference: Float, front: Int, scope: Scope | None = None, per_side: int = 5
) -> ExposureAround:
    """Add up the exposure at the nearest strikes on each side, as `silver_gex` ranks them.

    Strikes are those that options on the front's future have. Of other futures counts what stands at the same price of the axis.

    Parameters
    ----------
    chain : rows of W windows under a convention.
    reference : (W,) price that ranks the strikes; NaN gives NaN. [index points]
    front : (W,) number of the front's future, as in the rows' axis; not read where the rows have none.
    scope : which rows; all by default.
    per_side : strikes above (> reference) and strikes below (<= reference).
    """
    rows, scope = chain.rows, scope or chain.rows.whole
    net, gross = (
        sum_of_known(np.stack(both, axis=-1))
        for both in ((chain.call_exposure, chain.put_exposure), (chain.call_magnitude, chain.put_magnitude))
    )
    if rows.axis is None:
        price, future = rows.strikes[rows.place], None
    else:
        there = rows.axis.place >= 0
        price = np.where(there, rows.axis.price[rows.axis.place], np.nan)
        future = np.where(there, rows.axis.future[rows.axis.place], -1)
    out = ExposureAround(*np.full((4, rows.windows), np.nan))
    for window, (first, stop) in enumerate(zip(scope.first.tolist(), scope.stop.tolist(), strict=True)):
        own = np.ones(stop - first, dtype=np.bool_) if future is None else future[first:stop] == front[window]
        if not own.any():
            continue
        strikes, place = np.unique(price[first:stop][own], return_inverse=True)
        slots = nearest_strikes(
            strikes=strikes,
            listed=np.ones((1, strikes.size), dtype=np.bool_),
            reference=reference[[window]],
            per_side=per_side,
        )
        for values, above, below in ((net, out.net_above, out.net_below), (gross, out.gross_above, out.gross_below)):
            at = at_slots(values=_by_strike(values[first:stop][own], place, strikes.size)[None, :], slots=slots)[0]
            above[window], below[window] = sum_of_known(at[:per_side]), sum_of_known(at[per_side:])
    return out


def _by_strike(values: Float, place: Int, size: int) -> Float:
    """Sums of what is known per strike; NaN where nothing is."""
    known = ~np.isnan(values)
    sums = np.bincount(place[known], weights=values[known], minlength=size)
    return np.where(np.bincount(place[known], minlength=size) > 0, sums, np.nan)
