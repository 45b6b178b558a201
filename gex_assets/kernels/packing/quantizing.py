"""Numbers as unsigned codes: 0 is missing, else one more than a whole number of steps; and back.

Two rulers: `linear` has steps of equal size and any sign, `log` has steps of equal ratio for what is not negative.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LARGEST", "from_indices", "from_linear", "from_log", "to_indices", "to_linear", "to_log", "unzigzag", "zigzag"]

Float = NDArray[np.float64]
Codes = NDArray[np.uint32]

LARGEST = 1 << 30
"""A code counts at most so many steps from zero. Beyond it a value is missing: grey is better than wrong."""


def zigzag(whole: NDArray[np.int32]) -> Codes:
    """Whole numbers of either sign as unsigned ones, small where they are near zero: 0, -1, 1, -2 become 0, 1, 2, 3.

    Parameters
    ----------
    whole : any shape.

    Returns
    -------
    (n << 1) ^ (n >> 31), in the same shape.
    """
    return ((whole << 1) ^ (whole >> 31)).view(np.uint32)


def unzigzag(codes: Codes) -> NDArray[np.int32]:
    """The inverse of `zigzag`.

    >>> unzigzag(zigzag(np.array([0, -1, 1, -(2**31)], dtype=np.int32))).tolist()
    [0, -1, 1, -2147483648]
    """
    return ((codes >> np.uint32(1)) ^ (~(codes & np.uint32(1)) + np.uint32(1))).view(np.int32)


def from_linear(values: ArrayLike, *, step: float) -> Codes:
    """Codes on a ruler with equal steps.

    Parameters
    ----------
    values : any shape; NaN and infinities are missing.
    step : size of a step, > 0. [unit of the values]

    Returns
    -------
    0 where missing or more than `LARGEST` steps from zero; else zigzag(round(value/step)) + 1.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.rint(np.asarray(values, dtype=np.float64) / step)
        known = np.abs(steps) <= LARGEST
    whole = np.where(known, steps, 0.0).astype(np.int32)
    return np.where(known, zigzag(whole) + np.uint32(1), np.uint32(0))


def to_linear(codes: Codes, *, step: float) -> Float:
    """Values of codes made by `from_linear`, off by at most half a step; NaN where missing."""
    return np.where(codes == 0, np.nan, unzigzag(np.where(codes == 0, np.uint32(0), codes - np.uint32(1))) * step)


def from_log(values: ArrayLike, *, step: float, base: float) -> Codes:
    """Codes on a ruler with equal ratios.

    Parameters
    ----------
    values : any shape; NaN, infinities and what is negative are missing.
    step : logarithm of the ratio of neighbouring values, > 0. [1]
    base : the smallest value, > 0; what is below it, 0 included, becomes it. [unit of the values]

    Returns
    -------
    0 where missing; else max(0, round(ln(value/base)/step)) + 1.
    """
    given = np.asarray(values, dtype=np.float64)
    known = (given >= 0.0) & np.isfinite(given)
    steps = np.rint(np.log(np.maximum(np.where(known, given, base), base) / base) / step)
    return np.where(known, steps.astype(np.uint32) + np.uint32(1), np.uint32(0))


def to_log(codes: Codes, *, step: float, base: float) -> Float:
    """Values of codes made by `from_log`, off by at most half a step's ratio; NaN where missing."""
    return np.where(codes == 0, np.nan, base * np.exp(step * (codes.astype(np.float64) - 1.0)))


def from_indices(indices: ArrayLike) -> Codes:
    """Codes of positions in a list of words; a negative position is missing.

    >>> from_indices(np.array([-1, 0, 2])).tolist()
    [0, 1, 3]
    """
    given = np.asarray(indices, dtype=np.int64)
    return np.where(given < 0, 0, given + 1).astype(np.uint32)


def to_indices(codes: Codes) -> NDArray[np.int64]:
    """Positions of codes made by `from_indices`; -1 where missing."""
    return codes.astype(np.int64) - 1
