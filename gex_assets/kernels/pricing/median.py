"""The median of a few numbers inside compiled code, and what makes a median deviation a standard deviation.

Two robust fits use it: the forward by put-call parity and the smile. Nothing here is cached by itself: a unit that calls
`median` closes over the fingerprint of this module.
"""

from __future__ import annotations

from typing import Final

from numba import njit

from gex_assets.kernels.pricing.lanes import Floats

__all__ = ["NORMAL_MAD", "median"]

NORMAL_MAD: Final = 1.482602218505602
"""1/Φ⁻¹(3/4): median absolute deviation times this is the standard deviation of normal errors."""


@njit(nogil=True, error_model="numpy")
def median(values: Floats, count: int) -> float:
    """Median of the first `count` values: the middle one, or the mean of the middle two.

    Hoare's selection; the values are left in another order.

    Parameters
    ----------
    values : (n,) none of them NaN; changed in place.
    count : from 1 to n.
    """
    upper = count // 2
    first, last = 0, count - 1
    begin = 0  # no value before it is larger than any from it on
    while first < last:
        pivot = values[(first + last) // 2]
        i, j = first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if upper <= j:
            last = j
        elif upper >= i:
            first = i
            begin = i if i < upper else begin
        else:
            break
    if count % 2 == 1:
        return float(values[upper])
    lower = values[begin]
    for i in range(begin + 1, upper):
        lower = max(lower, values[i])
    return 0.5 * float(lower + values[upper])
