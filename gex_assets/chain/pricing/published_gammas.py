"""Published gammas: whether they are rounded, and whether the quotes of the same options confirm them.

A gamma that was computed with another forward than the options' own is too small for one right and too large for the other. A sum
over many strikes shows it, where rounding averages out.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["GAMMA_STEP", "are_confirmed", "are_rounded"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

GAMMA_STEP: Final = 1e-4
"""Step of gammas that are published with four decimals. [1/point]"""

_FEWEST_ROUNDED: Final = 20
"""Fewer gammas than this are not enough to conclude that they are rounded."""

_CONFIRMED_WITHIN: Final = 0.005
"""Sums of published gammas agree with those of the quotes where they differ by less than this share, on top of rounding."""

_ROUNDING_ERRORS: Final = 3.0


def are_rounded(gamma: Float) -> bool:
    """Whether all of the positive gammas, at least twenty, have no more than four decimals."""
    steps = gamma[gamma > 0.0] / GAMMA_STEP
    return steps.size >= _FEWEST_ROUNDED and bool((np.abs(steps - np.round(steps)) < 1e-6).all())


def are_confirmed(published: Float, computed: Float, *, is_call: Bool) -> bool:
    """Whether published gammas agree with those that quotes give, by their sums over calls and over puts.

    Parameters
    ----------
    published, computed : (n,) of one expiration; rows where one of them is NaN or 0 do not count. [1/point]
    is_call : (n,)

    Returns
    -------
    True also where no row has both: nothing contradicts.
    """
    step = GAMMA_STEP if are_rounded(published) else 0.0
    for right in (is_call, ~is_call):
        both = right & (published > 0.0) & (computed > 0.0)
        expected = float(computed[both].sum())
        rounding = _ROUNDING_ERRORS * step * math.sqrt(int(both.sum()) / 12.0)
        if abs(float(published[both].sum()) - expected) > _CONFIRMED_WITHIN * expected + rounding:
            return False
    return True
