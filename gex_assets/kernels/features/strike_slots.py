"""The strikes around a price: which are nearest, the values at them, and how these change at a fixed strike.

Arrays in, arrays out: windows run along the first axis. Reading the arrays from tables, and the columns' names, belong to the
stage.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "at_slots",
    "differences",
    "imbalance",
    "intensity",
    "nearest_strikes",
    "pull_add_log",
    "rank_weighted_mean",
    "sum_of_known",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_EPSILON: Final = 1e-9
"""Keeps the quotient of two zeros a number."""


def nearest_strikes(*, strikes: Float, listed: Bool, reference: Float, per_side: int = 5) -> Int:
    """Positions of the nearest listed strikes above and at or below a price, by rank.

    Parameters
    ----------
    strikes : (S,) ascending. [index points]
    listed : (W, S) whether the strike is listed in the window.
    reference : (W,) price that ranks them; NaN where unknown. [index points]
    per_side : slots above and slots below.

    Returns
    -------
    (W, 2 per_side) positions in `strikes`: the nearest above (> reference) first, outwards, then the nearest below
    (<= reference), outwards; -1 where there are no more strikes or the reference is NaN.
    """
    windows = np.arange(listed.shape[0])
    slots = np.full((listed.shape[0], 2 * per_side), -1, dtype=np.int64)
    if strikes.size == 0:
        return slots
    above = listed & (strikes[None, :] > reference[:, None])
    below = listed & (strikes[None, :] <= reference[:, None])
    ranked = (np.cumsum(above, axis=1), np.cumsum(below[:, ::-1], axis=1)[:, ::-1])
    for side, (candidates, rank) in enumerate(zip((above, below), ranked, strict=True)):
        for place in range(per_side):
            position = np.argmax(candidates & (rank == place + 1), axis=1)
            found = candidates[windows, position] & (rank[windows, position] == place + 1)
            slots[found, side * per_side + place] = position[found]
    return slots


def at_slots(*, values: Float, slots: Int) -> Float:
    """Pick the values of each window's slots.

    Parameters
    ----------
    values : (W, S) or (W, S, F).
    slots : (W, N) positions among the S; -1 where the slot is empty.

    Returns
    -------
    (W, N) or (W, N, F); NaN where the slot is empty.
    """
    windows = np.arange(slots.shape[0])[:, None]
    if values.shape[1] == 0:
        return np.full((*slots.shape, *values.shape[2:]), np.nan)
    picked = values[windows, np.maximum(slots, 0)].astype(np.float64, copy=False)
    picked[slots < 0] = np.nan
    return picked


def differences(*, present: Float, before: tuple[Float, Float, Float], run: Int) -> tuple[Float, Float, Float]:
    """First, second and third difference per window.

    d1_t = x_t - x_{t-1}, d2_t = d1_t - d1_{t-1}, d3_t = d2_t - d2_{t-1}. For slot features pass the values of the *same
    strikes* in the windows before, not those of the slot then: so a slot that changes its strike makes no jump.

    Parameters
    ----------
    present : (W, …) values at the window's end.
    before : the same one, two and three windows ago, same shape.
    run : (W,) windows without a gap before each, from `runs.run_lengths`.

    Returns
    -------
    d1, d2, d3, each (W, …), in the unit of the values; NaN where a value is NaN or where fewer than 1, 2, 3 windows lie
    before without a gap.
    """
    one, two, three = before
    first = present - one
    first_before = one - two
    second = first - first_before
    third = second - (first_before - (two - three))
    room = (slice(None), *(None,) * (present.ndim - 1))
    return tuple(  # type: ignore[return-value]
        np.where((run >= order)[room], step, np.nan) for order, step in ((1, first), (2, second), (3, third))
    )


def sum_of_known(values: Float) -> Float:
    """Sum of the known values along the last axis; NaN only where none is known.

    Added one by one in order, so that the result does not depend on how many windows are computed together.
    """
    total = np.full(values.shape[:-1], np.nan)
    for position in range(values.shape[-1]):
        value = values[..., position]
        total = np.where(np.isnan(value), total, np.where(np.isnan(total), value, total + value))
    return total


def imbalance(*, one: Float, other: Float) -> Float:
    """(one - other)/(one + other + 1e-9), between -1 and 1 for magnitudes; NaN where either is NaN."""
    return (one - other) / (one + other + _EPSILON)


def intensity(*, flow: Float, depth_at_start: Float) -> Float:
    """flow/(depth at the window's start + 1); NaN where that depth is unknown. [1]."""
    return flow / (depth_at_start + 1.0)


def rank_weighted_mean(values: Float, *, per_side: int = 5) -> Float:
    """Mean of the slots' values weighted by 1/rank, rank 1 being the nearest on each side.

    Parameters
    ----------
    values : (W, 2 per_side) in the order of `nearest_strikes`; NaN where a slot is empty.

    Returns
    -------
    (W,) the sum of value/rank over the sum of 1/rank, both over the known slots; NaN where none is known.
    """
    weight = np.tile(1.0 / np.arange(1, per_side + 1), 2)
    known = np.where(np.isnan(values), np.nan, weight)
    return sum_of_known(values * weight) / sum_of_known(known)


def pull_add_log(*, pulled: Float, added: Float) -> Float:
    """ln((pulled + 1e-9)/(added + 1e-9)) of gamma-weighted sizes; NaN where either is NaN. [1]."""
    return np.log((pulled + _EPSILON) / (added + _EPSILON))
