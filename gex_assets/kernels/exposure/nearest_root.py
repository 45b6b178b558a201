r"""The root of a re-priced profile nearest the price, searched outwards: for other volatilities and other stickiness.

What the profile is, and how all of its roots are found, is in `gamma_profile`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.exposure import profile_sum
from gex_assets.kernels.exposure.profile_sum import (
    DOUBT,
    DOWN,
    MONEYNESS,
    ROW_COEFFICIENT,
    ROW_MONEYNESS,
    ROW_TERM,
    ROW_TOTAL_VOL,
    STRIKE,
    UP,
    crossing_between,
    grid_step,
    least_sign,
    longest_window,
    net_exposure,
    smile_at,
    terms,
    total,
    weighted_rows,
)
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import normal

__all__ = ["nearest_roots"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def nearest_roots(
    *,
    first: Int,
    stop: Int,
    smile: Int,
    moneyness: Float,
    total_vol: Float,
    coefficient: Float,
    F: Float,
    peak: Float,
    sticky_moneyness: bool,
) -> Float:
    r"""The root nearest F alone, searched outwards from F, for other volatilities or with the smile moving along.

    On the way only the sign of the profile matters. It is taken from a sum in vector code. Where that sum is too close to zero or
    to the floor of what is negligible, the exact sum decides.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop).
    smile : (n,) number of the row's expiration; rows of one expiration lie together, strikes ascending.
    moneyness, total_vol, coefficient : (n,) as for `profile_roots`; `total_vol` may be another (at the bid, at the ask).
    F : (W,) reference price; NaN gives NaN. [index points]
    peak : (W,) of `Roots`.
    sticky_moneyness : read each strike's σ√T from today's smile at its shifted moneyness, linear between strikes and constant
        beyond the first and last, instead of leaving it at the strike.

    Returns
    -------
    (W,) nearest root; NaN where none is within 20 %. [index points]
    """
    out = np.full(F.shape[0], np.nan)
    stickiness = MONEYNESS if sticky_moneyness else STRIKE
    _outward(first, stop, smile, moneyness, total_vol, coefficient, F, peak, stickiness, out)
    return out


@njit(nogil=True)
def _moved_smile(y: float, start: int, stop: int, smile: Int, m: Float, s: Float, b: Float, out: Float) -> None:
    """σ√T of the rows with a weight after a shift of e^y, read from today's smiles."""
    count = 0
    begin = start
    while begin < stop:
        end = begin + 1
        while end < stop and smile[end] == smile[begin]:
            end += 1
        at = begin
        for k in range(begin, end):
            if b[k] != 0.0:
                out[count], at = smile_at(m[k] + y, begin, end, at, m, s)
                count += 1
        begin = end


@njit(nogil=True)
def _signed(
    y: float,
    floor: float,
    count: int,
    work: Float,
    start: int,
    stop: int,
    smile: Int,
    m: Float,
    s: Float,
    b: Float,
    stickiness: int,
) -> float:
    """A number with the profile's sign, whose size is above the floor exactly where the profile's is."""
    if stickiness == MONEYNESS:
        _moved_smile(y, start, stop, smile, m, s, b, work[ROW_TOTAL_VOL])
    terms(y, count, work[ROW_MONEYNESS], work[ROW_TOTAL_VOL], work[ROW_COEFFICIENT], work[ROW_TERM])
    value, size = total(count, work[ROW_TERM])
    doubt = DOUBT * size
    if abs(value) > doubt and abs(abs(value) - floor) > doubt:
        return value
    return net_exposure(y, start, stop, smile, m, s, b, stickiness)


def _compiled(unit: int) -> Any:  # noqa: C901 - the search is one compiled loop
    @njit(cache=True, nogil=True)
    def _outward(  # noqa: C901, PLR0912 - the search is one compiled loop: both directions share bounds and last values
        begins: Int, ends: Int, smile: Int, m: Float, s: Float, b: Float, F: Float, peak: Float, stickiness: int, out: Float
    ) -> None:
        unit  # noqa: B018
        work = np.empty((4, longest_window(begins, ends)))
        for w in range(F.shape[0]):
            start, stop = begins[w], ends[w]
            if not F[w] > 0.0 or start == stop or peak[w] == 0.0:
                continue
            count = weighted_rows(start, stop, m, s, b, work)
            floor = least_sign(peak[w], start, stop, s, b)
            step = grid_step(start, stop, s, b, F[w])
            centre = _signed(0.0, floor, count, work, start, stop, smile, m, s, b, stickiness)
            # the last significant value found in either direction, and where; before the first, that of the other direction
            known = abs(centre) > floor
            up_y, up_value, up_known = 0.0, centre, known
            down_y, down_value, down_known = 0.0, centre, known
            reach_up, reach_down = UP, DOWN
            best = math.inf
            for j in range(1, math.ceil(-DOWN / step) + 1):
                y = j * step
                if y <= reach_up:
                    value = _signed(y, floor, count, work, start, stop, smile, m, s, b, stickiness)
                    if abs(value) > floor:
                        if up_known and (value > 0.0) != (up_value > 0.0):
                            root = F[w] * math.exp(crossing_between(up_y, y, start, stop, smile, m, s, b, stickiness))
                            if abs(root - F[w]) < best:
                                best = abs(root - F[w])
                                out[w] = root
                                reach_down = max(reach_down, math.log(max(1.0 - best / F[w], 0.5)) - step)
                            reach_up = -1.0
                        if not down_known and not up_known:
                            down_y, down_value, down_known = y, value, True
                        up_y, up_value, up_known = y, value, True
                if -y >= reach_down:
                    value = _signed(-y, floor, count, work, start, stop, smile, m, s, b, stickiness)
                    if abs(value) > floor:
                        if down_known and (value > 0.0) != (down_value > 0.0):
                            root = F[w] * math.exp(crossing_between(-y, down_y, start, stop, smile, m, s, b, stickiness))
                            if abs(root - F[w]) < best:
                                best = abs(root - F[w])
                                out[w] = root
                                reach_up = min(reach_up, math.log(1.0 + best / F[w]) + step)
                            reach_down = 1.0
                        if not up_known:
                            up_y, up_value, up_known = -y, value, True
                        down_y, down_value, down_known = -y, value, True

    return _outward


_outward: Final = _compiled(fingerprint(normal, profile_sum) ^ normal.COEFFICIENTS ^ profile_sum.CONSTANTS)
