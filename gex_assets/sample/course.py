"""What both markets, options and futures, are given of a day: the front future's price and the phase of trading, step by step.

`price_path` draws the price and knows the calendar; the compiled loops read the arrays. Nothing here computes anything.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLOSED", "OPEN", "PRE_OPEN", "QUIET_STRIDE", "Course"]

CLOSED: Final = 0
PRE_OPEN: Final = 1
OPEN: Final = 2
QUIET_STRIDE: Final = 4
"""Outside of the busy stretch the price moves in one step of so many."""


class Course(NamedTuple):
    """One day, step by step.

    Attributes
    ----------
    price : (steps,) the front future's price. [index points]
    phase : (steps,) `CLOSED`, `PRE_OPEN` or `OPEN`.
    is_busy : (steps,) within the stretch of real intensity.
    start_ns, step_ns : beginning of the first step [UNIX ns], length of a step [ns].
    """

    price: NDArray[np.float64]
    phase: NDArray[np.int8]
    is_busy: NDArray[np.bool_]
    start_ns: int
    step_ns: int
