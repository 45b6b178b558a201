r"""Levels of a chain: totals, walls and strikes of note, found on exposures summed by strike over all expirations.

Everything here compares strikes with each other at face value; the flip found by re-pricing the whole chain at other prices is
in `gamma_profile`, what a sign model or a scale is in `exposure`.

A strike has an exposure where its call, its put or both have one: a missing side adds nothing and is never taken for a zero,
a strike without either is not there.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["StrikeLevels", "strike_levels"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

TIE: Final = 1e-12
"""Values that differ by less, relative to the larger, are equal: sums over expirations differ by their rounding."""


class StrikeLevels(NamedTuple):
    """What the strikes of each of W windows say; NaN where there is no answer.

    Attributes
    ----------
    strikes : (W,) strikes with an exposure. [strikes]
    net, call, put : (W,) signed exposure, of both, of the calls, of the puts. [unit of the magnitudes]
    gross : (W,) sum of the magnitudes. [unit of the magnitudes]
    call_wall, put_wall : (W,) [index points]
    call_wall_exposure, put_wall_exposure : (W,) the value by which the wall was chosen. [unit of the magnitudes]
    call_wall_share, put_wall_share : (W,) that value's share of the values of its sign on its side of F, in (0, 1]. [1]
    secondary_call_wall, secondary_put_wall : (W,) next in rank, if its value is large enough beside the wall's. [index points]
    abs_gamma_strike : (W,) the largest call + put magnitude. [index points]
    high_gamma_strikes : (W, highest) the largest net exposures by absolute value other than 0, largest first. [index points]
    crossing : (W,) the sign change between neighbouring strikes that is nearest F. [index points]
    crossings : (R,) all of them, by window, ascending within a window. [index points]
    first_crossing : (W + 1,) position of each window's first in `crossings`.
    """

    strikes: Int
    net: Float
    call: Float
    put: Float
    gross: Float
    call_wall: Float
    put_wall: Float
    call_wall_exposure: Float
    put_wall_exposure: Float
    call_wall_share: Float
    put_wall_share: Float
    secondary_call_wall: Float
    secondary_put_wall: Float
    abs_gamma_strike: Float
    high_gamma_strikes: Float
    crossing: Float
    crossings: Float
    first_crossing: Int


def strike_levels(
    *,
    first: Int,
    stop: Int,
    strikes: Float,
    place: Int,
    call_magnitude: Float,
    put_magnitude: Float,
    call_sign: Float,
    put_sign: Float,
    F: Float,
    by_net: bool,
    secondary_share: float,
    highest: int,
) -> StrikeLevels:
    r"""Totals, walls and crossings of every window.

    Walls: with `by_net` the call wall is the strike above F with the largest positive call - put, the put wall the strike at
    or below F with the most negative one, both of magnitudes, whatever the signs; otherwise the strike above F with the largest
    call magnitude and the one at or below F with the largest put magnitude. Only values other than 0 make a wall. Equal values
    (within rounding): the strike nearest F.

    Crossings: where the signed nets of two neighbouring strikes differ in sign, by linear interpolation; a net of exactly 0
    between different signs is the crossing itself, a row of such zeros counts once, at the price of the row nearest F.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop); no row belongs to two windows.
    strikes : (U,) ascending: all strikes that rows speak of. [index points]
    place : (n,) position of the row's strike in `strikes`; several rows of a window may share one (expirations).
    call_magnitude, put_magnitude : (n,) exposure >= 0; NaN where missing. [any one unit]
    call_sign, put_sign : (n,) -1, 0 or 1; NaN makes the side missing.
    F : (W,) reference price; where it is NaN there are totals, but no walls and no crossings. [index points]
    by_net : the rule of the walls.
    secondary_share : share of the wall's value that a secondary wall has at least. [1]
    highest : how many strikes of the largest net exposure are named.

    Returns
    -------
    StrikeLevels
    """
    windows = F.shape[0]
    columns = np.full((windows, len(_COLUMNS)), np.nan)
    counts = np.zeros(windows, dtype=np.int64)
    high_gamma_strikes = np.full((windows, highest), np.nan)
    crossings = np.empty(place.shape[0])
    first_crossing = np.zeros(windows + 1, dtype=np.int64)
    _all_windows(
        first,
        stop,
        strikes,
        place,
        call_magnitude,
        put_magnitude,
        call_sign,
        put_sign,
        F,
        by_net,
        secondary_share,
        counts,
        columns,
        high_gamma_strikes,
        crossings,
        first_crossing,
    )
    named = {name: columns[:, position] for position, name in enumerate(_COLUMNS)}
    return StrikeLevels(
        strikes=counts,
        high_gamma_strikes=high_gamma_strikes,
        crossings=crossings[: first_crossing[-1]].copy(),
        first_crossing=first_crossing,
        **named,
    )


_COLUMNS: Final = (
    "net",
    "call",
    "put",
    "gross",
    "call_wall",
    "call_wall_exposure",
    "call_wall_share",
    "secondary_call_wall",
    "put_wall",
    "put_wall_exposure",
    "put_wall_share",
    "secondary_put_wall",
    "abs_gamma_strike",
    "crossing",
)
"""In the order that `_all_windows` fills them."""


@njit(cache=True, nogil=True)
def _better(value: float, strike: float, best: float, best_strike: float, F: float) -> bool:
    """Whether a value outranks the best so far: larger, or as large and nearer F (nearer 0 without F)."""
    if math.isnan(best_strike):
        return True
    if abs(value - best) > TIE * max(abs(value), abs(best)):
        return value > best
    centre = 0.0 if math.isnan(F) else F
    return abs(strike - centre) < abs(best_strike - centre)


@njit(cache=True, nogil=True)
def _wall(low: int, high: int, strikes: Float, values: Float, F: float, secondary_share: float, out: Float) -> None:
    """Wall among strikes [low, high) by the largest value > 0: (strike, value, share, secondary) into out."""
    total = 0.0
    wall, largest = math.nan, math.nan
    for i in range(low, high):
        if values[i] > 0.0:
            total += values[i]
            if _better(values[i], strikes[i], largest, wall, F):
                wall, largest = strikes[i], values[i]
    out[:] = math.nan
    if math.isnan(wall):
        return
    second, next_largest = math.nan, math.nan
    for i in range(low, high):
        candidate = values[i] > 0.0 and strikes[i] != wall and values[i] >= secondary_share * largest
        if candidate and _better(values[i], strikes[i], next_largest, second, F):
            second, next_largest = strikes[i], values[i]
    out[0] = wall
    out[1] = largest
    out[2] = min(largest / total, 1.0)
    out[3] = second


@njit(cache=True, nogil=True)
def _crossings(n: int, strikes: Float, net: Float, F: float, out: Float, count: int) -> int:
    """Sign changes between neighbouring strikes into out from position count on; returns the position after the last."""
    last = -1
    for i in range(n):
        if net[i] == 0.0:
            continue
        if last >= 0 and (net[i] > 0.0) != (net[last] > 0.0):
            if last == i - 1:
                out[count] = strikes[last] - net[last] * (strikes[i] - strikes[last]) / (net[i] - net[last])
            else:
                out[count] = min(max(F, strikes[last + 1]), strikes[i - 1])
            count += 1
        last = i
    return count


@njit(cache=True, nogil=True)
def _highest(n: int, strikes: Float, net: Float, F: float, taken: NDArray[np.bool_], out: Float) -> None:
    """Strikes of the largest net exposures by absolute value, largest first."""
    taken[:n] = False
    for rank in range(out.shape[0]):
        best = -1
        for i in range(n):
            if taken[i] or net[i] == 0.0:
                continue
            if best < 0 or _better(abs(net[i]), strikes[i], abs(net[best]), strikes[best], F):
                best = i
        if best < 0:
            return
        taken[best] = True
        out[rank] = strikes[best]


@njit(cache=True, nogil=True)
def _all_windows(
    first: Int,
    stop: Int,
    all_strikes: Float,
    place: Int,
    call_magnitude: Float,
    put_magnitude: Float,
    call_sign: Float,
    put_sign: Float,
    F: Float,
    by_net: bool,  # noqa: FBT001
    secondary_share: float,
    counts: Int,
    columns: Float,
    highest: Float,
    crossings: Float,
    first_crossing: Int,
) -> None:
    size = all_strikes.shape[0]
    call_sum = np.zeros(size)
    put_sum = np.zeros(size)
    net_sum = np.zeros(size)
    there = np.zeros(size, dtype=np.bool_)
    strikes = np.empty(size)
    call = np.empty(size)
    put = np.empty(size)
    net = np.empty(size)
    taken = np.empty(size, dtype=np.bool_)
    count = 0
    for w in range(F.shape[0]):
        first_crossing[w + 1] = count
        calls = puts = 0
        call_total = put_total = gross = 0.0
        low, high = size, -1
        for k in range(first[w], stop[w]):
            at = place[k]
            signed_call = call_magnitude[k] * call_sign[k]
            signed_put = put_magnitude[k] * put_sign[k]
            if not math.isnan(signed_call):
                calls += 1
                call_total += signed_call
                gross += call_magnitude[k]
                call_sum[at] += call_magnitude[k]
                net_sum[at] += signed_call
            if not math.isnan(signed_put):
                puts += 1
                put_total += signed_put
                gross += put_magnitude[k]
                put_sum[at] += put_magnitude[k]
                net_sum[at] += signed_put
            if not math.isnan(signed_call) or not math.isnan(signed_put):
                there[at] = True
                low, high = min(low, at), max(high, at)
        n = 0
        at_or_below = 0
        for at in range(low, high + 1):
            if there[at]:
                strikes[n] = all_strikes[at]
                call[n] = call_sum[at]
                put[n] = put_sum[at]
                net[n] = net_sum[at]
                if strikes[n] <= F[w]:
                    at_or_below = n + 1
                n += 1
            call_sum[at] = put_sum[at] = net_sum[at] = 0.0
            there[at] = False
        counts[w] = n
        if n == 0:
            continue
        row = columns[w]
        if calls > 0:
            row[1] = call_total
        if puts > 0:
            row[2] = put_total
        row[0] = (call_total if calls > 0 else 0.0) + (put_total if puts > 0 else 0.0)
        row[3] = gross
        best = -1
        for i in range(n):
            together = call[i] + put[i]
            if together > 0.0 and (best < 0 or _better(together, strikes[i], call[best] + put[best], strikes[best], F[w])):
                best = i
        if best >= 0:
            row[12] = strikes[best]
        _highest(n, strikes, net, F[w], taken, highest[w])
        if math.isnan(F[w]):
            continue
        count = _crossings(n, strikes, net, F[w], crossings, count)
        for i in range(first_crossing[w + 1], count):
            if math.isnan(row[13]) or abs(crossings[i] - F[w]) < abs(row[13] - F[w]):
                row[13] = crossings[i]
        first_crossing[w + 1] = count
        if by_net:
            for i in range(n):
                call[i] -= put[i]
                put[i] = -call[i]
        _wall(at_or_below, n, strikes, call, F[w], secondary_share, row[4:8])
        _wall(0, at_or_below, strikes, put, F[w], secondary_share, row[8:12])
        if by_net:
            row[9] = -row[9]
