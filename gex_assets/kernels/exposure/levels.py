r"""Levels of a chain: totals, walls and the strikes of largest gamma, from exposures summed by strike over all expirations.

Strikes are compared with each other at today's price. Zero gamma, found by re-pricing the whole chain at other prices, is in
`gamma_profile`; what a sign model or a scale is, in `exposure`.

A strike has an exposure where its call, its put or both have one. A missing side adds nothing and is not a zero. A strike
without either side has no exposure and does not count.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["StrikeLevels", "better", "strike_levels"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

TIE: Final = 1e-12
"""Values that differ by at most this share of the larger are equal: sums over expirations differ by their rounding.

So a net exposure of at most this share of its gross is 0: equal calls and puts have no sign."""


class _Rows(NamedTuple):
    """Rows of a chain: position of the strike, magnitudes and signs of both sides."""

    place: Int
    call_magnitude: Float
    put_magnitude: Float
    call_sign: Float
    put_sign: Float


class _Strikes(NamedTuple):
    """Sums by strike: the strikes with an exposure, ascending, and their exposures; magnitudes of call and put, signed net."""

    strike: Float
    call: Float
    put: Float
    net: Float
    there: Bool


class _Totals(NamedTuple):
    """Sums over all strikes: the signed calls and puts, how many of each are known, and the magnitudes of both."""

    call: float
    put: float
    calls: int
    puts: int
    gross: float


class StrikeLevels(NamedTuple):
    """Levels of W windows; NaN where there is none.

    Attributes
    ----------
    strikes : (W,) strikes with an exposure. [strikes]
    net, call, put : (W,) signed exposure, of both, of the calls, of the puts. [unit of the magnitudes]
    gross : (W,) sum of the magnitudes. [unit of the magnitudes]
    call_wall, put_wall : (W,) [index points]
    call_wall_exposure, put_wall_exposure : (W,) the value by which the wall was chosen. [unit of the magnitudes]
    call_wall_share, put_wall_share : (W,) that value's share of the values of its sign on its side of F, in (0, 1]. [1]
    secondary_call_wall, secondary_put_wall : (W,) next in rank, if its share of the wall's value is large enough. [index points]
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

    Walls with `by_net`: the call wall is the strike above F with the largest positive difference call − put; the put wall is the
    strike at or below F with the most negative one. The differences are of magnitudes, whatever the signs. Walls otherwise: the
    strike above F with the largest call magnitude, and the one at or below F with the largest put magnitude. Only values other
    than 0 make a wall. Of equal values (within rounding), the strike nearest F is the wall.

    Crossings: where the signed nets of two neighbouring strikes differ in sign, by linear interpolation. A net of exactly 0
    between different signs is the crossing itself. A row of such zeros is one crossing, at the price in it that is nearest F.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop); no row belongs to two windows.
    strikes : (U,) ascending among those of a window: the strikes of all rows. [index points]
    place : (n,) position of the row's strike in `strikes`; several rows of a window may share one (expirations). A row at -1 has
        a part in the totals only.
    call_magnitude, put_magnitude : (n,) exposure >= 0; NaN where missing. [any one unit]
    call_sign, put_sign : (n,) -1, 0 or 1; NaN makes the side missing.
    F : (W,) reference price; where it is NaN there are totals, but no walls and no crossings. [index points]
    by_net : the rule of the walls.
    secondary_share : share of the wall's value that a secondary wall has at least. [1]
    highest : how many `high_gamma_strikes` are found.
    """
    windows = F.shape[0]
    columns = {name: np.full(windows, np.nan) for name in StrikeLevels._fields}
    out = StrikeLevels(**columns)._replace(
        strikes=np.zeros(windows, dtype=np.int64),
        high_gamma_strikes=np.full((windows, highest), np.nan),
        crossings=np.empty(place.shape[0]),
        first_crossing=np.zeros(windows + 1, dtype=np.int64),
    )
    rows = _Rows(place, call_magnitude, put_magnitude, call_sign, put_sign)
    _all_windows(first, stop, strikes, rows, F, by_net, secondary_share, out)
    return out._replace(crossings=out.crossings[: out.first_crossing[-1]].copy())


@njit(cache=True, nogil=True)
def better(value: float, strike: float, best: float, best_strike: float, F: float) -> bool:
    """Whether a value outranks the best so far: larger, or as large and nearer F (nearer 0 without F)."""
    if math.isnan(best_strike):
        return True
    if abs(value - best) > TIE * max(abs(value), abs(best)):
        return value > best
    centre = 0.0 if math.isnan(F) else F
    return abs(strike - centre) < abs(best_strike - centre)


@njit(cache=True, nogil=True)
def _wall(
    low: int, high: int, strikes: Float, values: Float, F: float, secondary_share: float
) -> tuple[float, float, float, float]:
    """Wall among strikes [low, high) by the largest value > 0: (strike, value, share, secondary); NaN where there is none."""
    total = 0.0
    wall, largest = math.nan, math.nan
    for i in range(low, high):
        if values[i] > 0.0:
            total += values[i]
            if better(values[i], strikes[i], largest, wall, F):
                wall, largest = strikes[i], values[i]
    if math.isnan(wall):
        return math.nan, math.nan, math.nan, math.nan
    second, next_largest = math.nan, math.nan
    for i in range(low, high):
        candidate = values[i] > 0.0 and strikes[i] != wall and values[i] >= secondary_share * largest
        if candidate and better(values[i], strikes[i], next_largest, second, F):
            second, next_largest = strikes[i], values[i]
    return wall, largest, min(largest / total, 1.0), second


@njit(cache=True, nogil=True)
def _crossings(n: int, strikes: Float, net: Float, F: float, out: Float, count: int) -> int:
    """Sign changes between neighbouring strikes into `out` from position `count` on; returns the position after the last."""
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
def _nearest(first: int, stop: int, prices: Float, F: float) -> float:
    """The first of the prices nearest F among positions [first, stop); NaN where there is none."""
    nearest = math.nan
    for i in range(first, stop):
        if math.isnan(nearest) or abs(prices[i] - F) < abs(nearest - F):
            nearest = prices[i]
    return nearest


@njit(cache=True, nogil=True)
def _highest(n: int, strikes: Float, net: Float, F: float, taken: Bool, out: Float) -> None:
    """Strikes of the largest net exposures by absolute value, largest first."""
    taken[:n] = False
    for rank in range(out.shape[0]):
        best = -1
        for i in range(n):
            if taken[i] or net[i] == 0.0:
                continue
            if best < 0 or better(abs(net[i]), strikes[i], abs(net[best]), strikes[best], F):
                best = i
        if best < 0:
            return
        taken[best] = True
        out[rank] = strikes[best]


@njit(cache=True, nogil=True)
def _largest_together(n: int, by_strike: _Strikes, F: float) -> float:
    """The strike with the largest call + put magnitude above 0; NaN where there is none."""
    best, largest = math.nan, math.nan
    for i in range(n):
        together = by_strike.call[i] + by_strike.put[i]
        if together > 0.0 and better(together, by_strike.strike[i], largest, best, F):
            best, largest = by_strike.strike[i], together
    return best


@njit(cache=True, nogil=True)
def _add_rows(start: int, stop: int, rows: _Rows, sums: _Strikes) -> tuple[_Totals, int, int]:
    """Add the rows [start, stop) to the sums at their strikes' positions; (totals, [low, high) of the positions used)."""
    place, call_magnitude, put_magnitude, call_sign, put_sign = rows
    calls = puts = 0
    call_total = put_total = gross = 0.0
    low, high = sums.there.shape[0], 0
    for k in range(start, stop):
        at = place[k]
        signed_call = call_magnitude[k] * call_sign[k]
        signed_put = put_magnitude[k] * put_sign[k]
        if not math.isnan(signed_call):
            calls += 1
            call_total += signed_call
            gross += call_magnitude[k]
            if at >= 0:
                sums.call[at] += call_magnitude[k]
                sums.net[at] += signed_call
        if not math.isnan(signed_put):
            puts += 1
            put_total += signed_put
            gross += put_magnitude[k]
            if at >= 0:
                sums.put[at] += put_magnitude[k]
                sums.net[at] += signed_put
        if at >= 0 and not (math.isnan(signed_call) and math.isnan(signed_put)):
            sums.there[at] = True
            low, high = min(low, at), max(high, at + 1)
    return _Totals(call_total, put_total, calls, puts, gross), low, high


@njit(cache=True, nogil=True)
def _take_sums(low: int, high: int, sums: _Strikes, F: float, into: _Strikes) -> tuple[int, int]:
    """Move the sums of the strikes there among [low, high) into `into`, leave zeros; (how many, how many of them up to F)."""
    n = at_or_below = 0
    for at in range(low, high):
        if sums.there[at]:
            into.strike[n] = sums.strike[at]
            into.call[n] = sums.call[at]
            into.put[n] = sums.put[at]
            into.net[n] = 0.0 if abs(sums.net[at]) <= TIE * (sums.call[at] + sums.put[at]) else sums.net[at]
            n += 1
            if sums.strike[at] <= F:
                at_or_below = n
        sums.call[at] = sums.put[at] = sums.net[at] = 0.0
        sums.there[at] = False
    return n, at_or_below


@njit(cache=True, nogil=True)
def _write_totals(w: int, totals: _Totals, out: StrikeLevels) -> None:
    """Totals of window w; a side without a known exposure is NaN, and 0 in the net."""
    net = 0.0
    if totals.calls > 0:
        out.call[w] = totals.call
        net += totals.call
    if totals.puts > 0:
        out.put[w] = totals.put
        net += totals.put
    out.net[w] = 0.0 if abs(net) <= TIE * totals.gross else net
    out.gross[w] = totals.gross


@njit(cache=True, nogil=True)
def _all_windows(
    first: Int,
    stop: Int,
    all_strikes: Float,
    rows: _Rows,
    F: Float,
    by_net: bool,  # noqa: FBT001
    secondary_share: float,
    out: StrikeLevels,
) -> None:
    size = all_strikes.shape[0]
    sums = _Strikes(all_strikes, np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size, dtype=np.bool_))
    here = _Strikes(np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.empty(size, dtype=np.bool_))
    strike, call, put, net, taken = here
    count = 0
    for w in range(F.shape[0]):
        out.first_crossing[w + 1] = count
        totals, low, high = _add_rows(first[w], stop[w], rows, sums)
        n, at_or_below = _take_sums(low, high, sums, F[w], here)
        out.strikes[w] = n
        if totals.calls + totals.puts == 0:
            continue
        _write_totals(w, totals, out)
        if n == 0:
            continue
        out.abs_gamma_strike[w] = _largest_together(n, here, F[w])
        _highest(n, strike, net, F[w], taken, out.high_gamma_strikes[w])
        if math.isnan(F[w]):
            continue
        before, count = count, _crossings(n, strike, net, F[w], out.crossings, count)
        out.crossing[w] = _nearest(before, count, out.crossings, F[w])
        out.first_crossing[w + 1] = count
        if by_net:
            for i in range(n):
                call[i] -= put[i]
                put[i] = -call[i]
        wall, value, share, second = _wall(at_or_below, n, strike, call, F[w], secondary_share)
        out.call_wall[w], out.call_wall_exposure[w] = wall, value
        out.call_wall_share[w], out.secondary_call_wall[w] = share, second
        wall, value, share, second = _wall(0, at_or_below, strike, put, F[w], secondary_share)
        out.put_wall[w], out.put_wall_exposure[w] = wall, -value if by_net else value
        out.put_wall_share[w], out.secondary_put_wall[w] = share, second
