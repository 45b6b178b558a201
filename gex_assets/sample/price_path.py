"""The sample market's price: a level for every date, and within a day a path in small steps with one busy stretch.

The path is a random walk, or follows the day's stage (`staging`) where the profile says so.

The true price at a window's end is that of the last step before it. A day's path depends on the request and the seed alone. The
phases of trading are taken from the calendar here. What follows from the price is `market_day`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.market.expirations import chicago_date
from gex_assets.market.sessions import sessions
from gex_assets.sample.course import CLOSED, OPEN, PRE_OPEN, QUIET_STRIDE
from gex_assets.sample.instruments import SUNDAY, day_end_ns, day_start_ns
from gex_assets.sample.levels import index_level
from gex_assets.sample.profile import STEP_NS, STEPS_PER_WINDOW, Profile
from gex_assets.sample.seeds import generator
from gex_assets.sample.staging import stage, staged_logs
from gex_assets.time_units import MINUTE_NS, SECOND_NS

__all__ = ["Path", "path", "phases", "request"]

Float = NDArray[np.float64]

PRE_OPEN_WEEKDAY_NS: Final = 15 * MINUTE_NS
PRE_OPEN_SUNDAY_NS: Final = 60 * MINUTE_NS
DRIFT_BUSY, DRIFT_QUIET = 2e-4, 2e-5
STAGED_DRIFT: Final = 0.4
"""A staged price travels about 1 % a day: its market expects half as much again as that of the random walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The price of one request.

    Attributes
    ----------
    start_ns, end_ns : the request, multiples of a window.
    index : (steps,) the index, constant within a step. [index points]
    drift : (windows,) logarithm of the volatility's slow change in each window.
    phase : (steps,) closed, pre-open or open.
    is_busy : (steps,) within the stretch of real intensity.
    """

    start_ns: int
    end_ns: int
    index: Float
    drift: Float
    phase: NDArray[np.int8]
    is_busy: NDArray[np.bool_]


def request(*, day: date, session: tuple[time, time] | None) -> tuple[int, int]:
    """Moments [start, end) that a day's request covers, by UTC times of day; an end of 00:00 is the end of the day [UNIX ns]."""
    start, end = day_start_ns(day), day_end_ns(day)
    if session is None:
        return start, end
    first, last = (int(timedelta(hours=at.hour, minutes=at.minute, seconds=at.second).total_seconds()) for at in session)
    return start + first * SECOND_NS, start + last * SECOND_NS if last else end


def _busy(*, day: date, session: tuple[time, time] | None, profile: Profile) -> tuple[int, int]:
    if session is None or not profile.busy_in_session:
        return request(day=day, session=(profile.busy_start, profile.busy_end))
    start, end = request(day=day, session=session)
    half = min((end - start) // 4, 30 * MINUTE_NS)
    middle = (start + end) // 2
    return middle - half, middle + half


def phases(*, product: str, day: date, start_ns: int, end_ns: int) -> NDArray[np.int8]:
    """Closed, pre-open or open, for every step of a request."""
    moments = start_ns + np.arange((end_ns - start_ns) // STEP_NS, dtype=np.int64) * STEP_NS
    phase = np.full(len(moments), CLOSED, np.int8)
    for stretch in sessions(product=product, day=day):
        if stretch.open_ns > day_start_ns(day):
            is_sunday = chicago_date(stretch.open_ns).weekday() == SUNDAY
            before = PRE_OPEN_SUNDAY_NS if is_sunday else PRE_OPEN_WEEKDAY_NS
            phase[(moments >= stretch.open_ns - before) & (moments < stretch.open_ns)] = PRE_OPEN
    for stretch in sessions(product=product, day=day):
        phase[(moments >= stretch.open_ns) & (moments < stretch.close_ns)] = OPEN
    return phase


def path(*, product: str, day: date, session: tuple[time, time] | None, profile: Profile, seed: int) -> Path:
    """Draw the price of a day's request.

    Parameters
    ----------
    session : UTC times of day the request is restricted to. The busy stretch is then its middle half (at most an hour), if the
        profile is `busy_in_session`.
    """
    start_ns, end_ns = request(day=day, session=session)
    phase = phases(product=product, day=day, start_ns=start_ns, end_ns=end_ns)
    steps = len(phase)
    moments = start_ns + np.arange(steps, dtype=np.int64) * STEP_NS
    busy_start, busy_end = _busy(day=day, session=session, profile=profile)
    is_busy = (moments >= busy_start) & (moments < busy_end) & (phase == OPEN)
    dice = generator(seed, product, "path", day.isoformat(), start_ns, end_ns)
    windows = steps // STEPS_PER_WINDOW
    in_busy = is_busy[::STEPS_PER_WINDOW]
    if profile.is_staged:
        logs = staged_logs(stage(product=product, day=day, seed=seed), moments=moments, is_busy=is_busy, dice=dice)
        drift = STAGED_DRIFT + np.cumsum(np.where(in_busy, DRIFT_BUSY / 2, DRIFT_QUIET) * dice.standard_normal(windows))
        return Path(start_ns=start_ns, end_ns=end_ns, index=np.exp(logs), drift=drift, phase=phase, is_busy=is_busy)
    move = np.where(is_busy, profile.busy_move, profile.quiet_move) / np.sqrt(STEPS_PER_WINDOW)
    move *= np.exp(_slow(dice, steps))
    jumps = is_busy | (np.arange(steps) % QUIET_STRIDE == 0)
    move = np.where(is_busy, move, move * np.sqrt(QUIET_STRIDE)) * jumps * (phase == OPEN)
    returns = move * dice.standard_normal(steps)
    level = index_level(product=product, day=day, seed=seed)
    if session is None and np.any(move > 0):
        share = np.cumsum(move**2) / np.sum(move**2)
        overnight = np.log(index_level(product=product, day=day + timedelta(days=1), seed=seed) / level)
        logs = np.cumsum(returns) + share * (overnight - np.sum(returns))
    else:
        logs = np.cumsum(returns)
    drift = np.cumsum(np.where(in_busy, DRIFT_BUSY, DRIFT_QUIET) * dice.standard_normal(windows))
    return Path(start_ns=start_ns, end_ns=end_ns, index=level * np.exp(logs), drift=drift, phase=phase, is_busy=is_busy)


def _slow(dice: np.random.Generator, steps: int) -> Float:
    """Logarithm of the volatility's slow variation; its exponential has a mean square of one.

    It is an AR(1) series with a knot every five minutes, interpolated between them.
    """
    every = 1200
    knots = steps // every + 2
    noise, value, values = dice.standard_normal(knots), 0.0, np.zeros(knots)
    for k in range(knots):
        value = 0.8 * value + 0.6 * noise[k]
        values[k] = value
    spread = 0.2
    return np.asarray(np.interp(np.arange(steps), np.arange(knots) * every, values * spread) - spread**2, np.float64)
