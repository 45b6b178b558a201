"""Axes: which numbers they reach, where their ticks stand and what is written there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gex_assets.pages.words import clock, window_clock
from gex_assets.time_units import MINUTE_NS

__all__ = ["Axis", "hours_axis", "nice_axis"]

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_COARSE_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_HOURS: Final = (5, 10, 15, 30, 60, 120, 180, 240, 360)
"""Minutes between two ticks of a day."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis reaches, and its ticks with what is written at them."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    unit: str = ""

    def place(self, value: float) -> float:
        """Where a value stands: 0 at the low end, 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


def nice_axis(
    values: Iterable[float | None],
    *,
    unit: str = "",
    text: Callable[[float], str] = "{:g}".format,
    ticks: int = 5,
    zero: bool = False,
    margin: float = 0.06,
) -> Axis:
    """An axis that reaches over all known values, with ticks at round numbers.

    Parameters
    ----------
    values : what is drawn; missing ones are None or NaN. Without any, the axis reaches from 0 to 1.
    text : writes a tick.
    ticks : about how many.
    zero : whether 0 is on the axis.
    margin : what is added at each end, as a share of the reach.
    """
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    reach = high - low
    if reach <= 1e-12 * max(abs(low), abs(high)):
        reach = abs(high) * 0.02 or 1.0
        low, high = low - reach / 2, high + reach / 2
    low, high = low - margin * reach, high + margin * reach
    step = _step((high - low) / ticks)
    places = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return Axis(low, high, tuple((float(place), text(float(place))) for place in places), unit)


def _step(least: float) -> float:
    size = 10.0 ** math.floor(math.log10(least))
    # a quarter has a digit more than its neighbours: where ticks are written with as many as the others need, 0.25 reads 0.2
    factors = _STEPS if size >= 10 else _COARSE_STEPS
    return next(size * factor for factor in factors if size * factor >= least * (1 - 1e-9))


def hours_axis(first_ns: int, last_ns: int, *, ticks: int = 7) -> Axis:
    """An axis of a day's moments, with ticks at full hours or round minutes [UNIX ns UTC]."""
    if last_ns <= first_ns:
        last_ns = first_ns + MINUTE_NS
    minutes = next((one for one in _HOURS if (last_ns - first_ns) / (one * MINUTE_NS) <= ticks), _HOURS[-1])
    step = minutes * MINUTE_NS
    places = range(-(-first_ns // step) * step, last_ns + 1, step)
    return Axis(
        float(first_ns),
        float(last_ns),
        tuple((float(place), window_clock(place) if place == last_ns else clock(place)) for place in places),
        "UTC",
    )
