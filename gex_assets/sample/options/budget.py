"""The budget of records of profiles that have one (`full`): how many the options' file gets, when, and of which expirations.

A budget is spread over hours and expirations as real days are. A smaller budget makes a quieter day: the price moves less and
the futures trade less, as on real days with fewer messages. The loop that spends the budget is `budget_loop`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import SettingsError
from gex_assets.sample.course import CLOSED, OPEN
from gex_assets.sample.instruments import day_start_ns
from gex_assets.sample.market_day import MarketDay
from gex_assets.sample.options.budget_loop import RecordBudget
from gex_assets.sample.options.makers import Care
from gex_assets.sample.options.quotes import Quoting
from gex_assets.sample.price_path import phases, request
from gex_assets.sample.profile import STEP_NS, Profile
from gex_assets.sample.seeds import generator

__all__ = ["DRAIN", "FEWEST", "budgeted", "expected_records", "record_budget"]

Float = NDArray[np.float64]

USUAL_DAY: Final = date(2026, 1, 6)
"""A Tuesday with its usual hours, the day whose records a budget states."""

FEWEST: Final = 50_000
"""Smallest budget; a smaller one would hardly exceed the snapshot."""

MOST_A_STEP: Final = 4_000
"""Largest budget, as mean records per step of a request."""

DRAIN: Final = 65_536
"""Records after which the tape is drained."""

BURST_SHAPE: Final = 1.5
"""Shape of the gamma distribution of a step's intensity around its mean."""

PRE_OPEN_SHARE: Final = 0.2
NEAR_PAIRS: Final = 24.0
FAR_WEIGHT: Final = 0.2
"""An option's weight in its series is FAR_WEIGHT + exp(-(rank / NEAR_PAIRS)²)."""


def _weights(*, profile: Profile, product: str, day: date, start_ns: int, end_ns: int) -> Float:
    """Relative intensity of every step of a request."""
    if profile.budget is None:
        raise SettingsError(f"Expected a profile with a budget of records, was {profile.name!r}")
    phase = phases(product=product, day=day, start_ns=start_ns, end_ns=end_ns)
    hours = (start_ns - day_start_ns(day) + np.arange(len(phase)) * float(STEP_NS)) / 3.6e12
    middles = np.arange(-1, 25) + 0.5
    heights = np.array([profile.budget.hours[-1], *profile.budget.hours, profile.budget.hours[0]])
    return np.asarray(
        np.interp(hours, middles, heights) * np.where(phase == OPEN, 1.0, np.where(phase == CLOSED, 0.0, PRE_OPEN_SHARE))
    )


def _of_usual_day(*, profile: Profile, product: str, session: tuple[time, time] | None) -> Float:
    start, end = request(day=USUAL_DAY, session=session)
    return _weights(profile=profile, product=product, day=USUAL_DAY, start_ns=start, end_ns=end)


def budgeted(profile: Profile, *, records: int | None, product: str, session: tuple[time, time] | None) -> Profile:
    """Give a profile another budget: `records` in the options' file of one request on a usual day.

    Parameters
    ----------
    records : how many; None leaves the profile as it is.
    session : the part of the day that is requested; None is the whole day.

    Raises
    ------
    SettingsError
        The profile has no budget, or the number is too small or too large for the request.
    """
    if records is None:
        return profile
    if profile.budget is None:
        raise SettingsError(f"Expected a number of records only with a profile that has a budget (full), was {profile.name!r}")
    own = _of_usual_day(profile=profile, product=product, session=session)
    most = MOST_A_STEP * max(int(np.count_nonzero(own)), 1)
    if not FEWEST <= records <= most:
        raise SettingsError(f"Expected from {FEWEST:,} to {most:,} records for this part of a day, was {records:,}")
    whole = records * float(_of_usual_day(profile=profile, product=product, session=None).sum()) / max(float(own.sum()), 1e-9)
    ratio = whole / profile.budget.records
    calmer, quieter = min(ratio, 1.0) ** 0.5, min(ratio, 2.0)
    return replace(
        profile,
        budget=replace(profile.budget, records=round(whole)),
        busy_move=profile.busy_move * calmer,
        quiet_move=profile.quiet_move * calmer,
        spread_trades=max(round(profile.spread_trades * quieter), 1),
        future_noise_busy=profile.future_noise_busy * quieter,
        future_noise_quiet=profile.future_noise_quiet * quieter,
        future_trades_busy=profile.future_trades_busy * quieter,
        future_trades_quiet=profile.future_trades_quiet * quieter,
    )


def expected_records(*, profile: Profile, product: str, day: date, start_ns: int, end_ns: int) -> int:
    """Approximate records of the options' file of a request; 0 for a profile without a budget."""
    if profile.budget is None:
        return 0
    own = float(_weights(profile=profile, product=product, day=day, start_ns=start_ns, end_ns=end_ns).sum())
    return round(profile.budget.records * own / float(_of_usual_day(profile=profile, product=product, session=None).sum()))


def _alias(weights: Float) -> tuple[Float, NDArray[np.int64]]:
    """Walker's alias table: index k is kept with probability `keep[k]`, else it stands for `other[k]`."""
    scaled = weights * (len(weights) / weights.sum())
    keep, other = np.ones(len(weights)), np.arange(len(weights))
    small, large = ([k for k in range(len(weights)) if (scaled[k] < 1.0) == is_small] for is_small in (True, False))
    while small and large:
        k, giver = small.pop(), large[-1]
        keep[k], other[k] = scaled[k], giver
        scaled[giver] -= 1.0 - scaled[k]
        if scaled[giver] < 1.0:
            small.append(large.pop())
    return keep, other


def record_budget(*, market: MarketDay, care: Care, quoting: Quoting, snapshot: NDArray[np.int64], seed: int) -> RecordBudget:
    """Make a day's budget.

    Parameters
    ----------
    snapshot : (series,) records of the snapshot, which count as spent.
    seed : of the day's simulation.
    """
    profile, path = market.profile, market.path
    if profile.budget is None:
        raise SettingsError(f"Expected a profile with a budget of records, was {profile.name!r}")
    asked: dict[str, Any] = {
        "profile": profile,
        "product": market.product.name,
        "day": market.day,
        "start_ns": path.start_ns,
        "end_ns": path.end_ns,
    }
    weights = _weights(**asked)
    weights *= generator(seed, "bursts").gamma(BURST_SHAPE, 1.0 / BURST_SHAPE, len(weights))
    progress = np.cumsum(weights) / max(float(weights.sum()), 1e-300)
    last = np.array([one.ts_expiration for one in market.listing.series])
    last = np.clip((last - path.start_ns) // STEP_NS, 0, len(progress) - 1)
    share = np.array(profile.budget.shares[: market.series])
    share *= 1.0 / float(np.sum(share * progress[last]) or 1.0)
    weight = np.where(quoting.sides > 0, FAR_WEIGHT + np.exp(-((care.rank / NEAR_PAIRS) ** 2)), 0.0)
    first = np.searchsorted(care.series, np.arange(market.series))
    keep, other = np.ones(len(weight)), np.arange(len(weight))
    for begin, stop in pairwise([*first.tolist(), len(weight)]):
        keep[begin:stop], own = _alias(weight[begin:stop])
        other[begin:stop] = begin + own
    return RecordBudget(
        progress=progress,
        goal=np.maximum(expected_records(**asked) * share - snapshot, 0.0),
        written=np.zeros(market.series, np.int64),
        series=care.series,
        first=first,
        length=np.diff(np.append(first, len(weight))),
        keep=keep,
        other=other,
        trades=profile.budget.trades,
        drain=DRAIN,
    )
