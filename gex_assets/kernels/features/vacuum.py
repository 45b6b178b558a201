"""How a side of a book recedes from a price or builds up before it: ratios of depths, distances and flow by zone.

Arrays in, arrays out, NaN where a number is missing. The sizes come from `order_book.zones`; `stages.silver.vacuum` combines the
numbers into features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["away_share", "log_ratio", "mean_distance", "per_one_more", "relative_log"]

Float = NDArray[np.float64]


def mean_distance(*, size_ticks: Float, size: Float, empty_ticks: float) -> Float:
    """Size-weighted mean distance of a side from the reference, its "centre of mass".

    Parameters
    ----------
    size_ticks : (…) sum of size times distance over the zones. [contracts x ticks]
    size : (…) sum of size over the zones. [contracts]
    empty_ticks : the distance of a side without size in its zones. [ticks]

    Returns
    -------
    (…) distance >= 0; NaN where either is NaN. [ticks]
    """
    com = np.full(np.shape(size), float(empty_ticks))
    com[np.isnan(size) | np.isnan(size_ticks)] = np.nan
    np.divide(size_ticks, size, out=com, where=size > 0.0)
    return com


def log_ratio(over: Float, under: Float) -> Float:
    """ln((over + 1)/(under + 1)) of two numbers that are not negative; NaN where either is NaN. [1]."""
    ratio: Float = np.log((over + 1.0) / (under + 1.0))
    return ratio


def per_one_more(part: Float, whole: Float) -> Float:
    """part/(whole + 1), defined for an empty whole and below 1 for a part of it; NaN where either is NaN. [1]."""
    return part / (whole + 1.0)


def relative_log(flow: Float, depth: Float) -> Float:
    """ln(1 + flow/(depth + 1)); NaN where either is NaN. [1]."""
    grown: Float = np.log(1.0 + per_one_more(flow, depth))
    return grown


def away_share(*, away: Float, toward: Float) -> Float:
    """away/(away + toward + 1) of the sizes re-priced, 0.5 where nothing was; NaN where either is NaN. [1]."""
    both = away + toward
    return np.where(both == 0.0, 0.5, away / (both + 1.0))
