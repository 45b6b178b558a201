"""The parameters of the options' makers and customers when a day begins, from each option's distance to the money.

Near the money several makers quote in the venue's ticks and follow every move. Further out spreads and tolerances grow. Deep in
the money books are one-sided or empty. Intensities come from the profile; how makers act is in `quotes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.sample.instruments import Listing
from gex_assets.sample.options.customers import Flow
from gex_assets.sample.options.orders import COARSE, COARSE_FROM, MAKERS
from gex_assets.sample.options.quotes import ASK_ONLY, BID_ONLY, BOTH, Quoting
from gex_assets.sample.profile import STEP_NS, Profile
from gex_assets.sample.staging import Attraction

__all__ = ["Care", "care", "flow", "quoting"]

Float = NDArray[np.float64]

NEVER: Final = 2**62
HALF_TICKS: Final = 0.72
BAND_TICKS: Final = 0.03
USUAL_TICKS: Final = 6950 / 0.05
"""Price of ES in ticks of its options."""

DEEP_ENOUGH: Final = 0.25
"""Standard deviations in the money from which quotes move in steps of two ticks."""
SECOND_SERIES_SHARE: Final = 0.1
LATER_AFTERNOONS_SHARE: Final = 0.2
STAGED_WIDTHS: Final = 0.2
"""Standard deviation of the logarithm of half spreads in staged profiles.

Deep in the money, strikes a step apart have prices of equal fractions. Equal spreads would round them all in one direction."""
SECONDS_PER_STEP: Final = STEP_NS / 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """How near to the money each option is when the day begins.

    Attributes
    ----------
    rank : number of strikes between the option's and the price, within its series; 0 is nearest.
    depth : points in the money, negative out of it, in at-the-money standard deviations of its expiration.
    premium : fair price. [ticks]
    series : 0 the front expiration, 1 the next …
    is_front : whether the option's series is followed at full care.
    unit : the venue's coarse ticks that one step of a quote has: more where the price is large against the tick.
    """

    rank: NDArray[np.int64]
    depth: Float
    premium: Float
    series: NDArray[np.int64]
    is_front: NDArray[np.bool_]
    unit: int


def care(
    *, listing: Listing, forwards: Float, deviations: Float, premium: Float, tick: float, is_followed: NDArray[np.bool_]
) -> Care:
    """Judge every option's place.

    Parameters
    ----------
    forwards, deviations : (series,) forward, and at-the-money standard deviation up to the expiration. [points]
    premium : (options,) fair price. [ticks]
    tick : of the options' prices. [points]
    is_followed : (series,) series quoted at full care.
    """
    symbols = [one.symbol for one in listing.series]
    series = np.array([symbols.index(option.series.symbol) for option in listing.options])
    strikes = np.array([option.strike for option in listing.options], np.float64)
    is_call = np.array([option.right == "C" for option in listing.options])
    inside = np.where(is_call, 1.0, -1.0) * (forwards[series] - strikes)
    rank = np.zeros(len(series), np.int64)
    for k in range(len(symbols)):
        for right in (True, False):
            own = np.flatnonzero((series == k) & (is_call == right))
            order = np.argsort(np.abs(strikes[own] - forwards[k]), kind="stable")
            rank[own[order]] = np.arange(len(own)) // 2
    return Care(
        rank=rank,
        depth=inside / deviations[series],
        premium=premium,
        series=series,
        is_front=is_followed[series],
        unit=max(1, round(forwards[0] / tick / USUAL_TICKS)),
    )


def quoting(
    *,
    listing: Listing,
    care: Care,
    profile: Profile,
    dice: np.random.Generator,
    start_ns: int,
    stale_from: NDArray[np.int64],
) -> Quoting:
    """Fit each option with makers: how many, how wide, how tolerant, from when until when."""
    count = len(listing.options)
    is_near = (care.rank <= profile.near_pairs) & care.is_front
    is_expensive, coarse_step = care.premium >= COARSE_FROM, COARSE * care.unit
    venue_tick = np.where(is_expensive, float(coarse_step), 1.0)
    distance = np.maximum(care.rank - profile.near_pairs, 0) / profile.near_pairs
    inside = np.clip(care.depth, 0.0, 6.0)
    width = np.where(is_near, 1.0 + 0.15 * inside, 2.0 + 2.0 * distance + 2.5 * inside)
    grid = np.where(is_expensive & (care.unit > 1), coarse_step, 0)
    grid[is_near & (inside > DEEP_ENOUGH) & is_expensive] = 2 * coarse_step
    coarse = ~is_near & is_expensive
    grid[coarse] = coarse_step * np.minimum(
        2 + (3 * inside[coarse]).astype(np.int64) + (2 * distance[coarse]).astype(np.int64), 20
    )
    step = np.where(grid > 0, grid, venue_tick)
    band = np.where(is_near, BAND_TICKS * venue_tick * (0.85 + 0.5 * inside), 0.5 * step * np.where(care.is_front, 1.0, 1.3))
    makers = np.where(is_near, 2 + dice.integers(0, profile.makers - 1, count), 1 + dice.integers(0, 2, count))
    whims = dice.random(count)
    sides = np.full(count, BOTH)
    sides[(care.depth > 2.2) & (care.rank > profile.near_pairs)] = BID_ONLY
    sides[(care.depth > 2.2) & (care.rank > profile.near_pairs) & (whims < 0.5)] = ASK_ONLY
    sides[(care.depth > 3.0) & (care.rank > profile.near_pairs) & (whims < 0.8)] = 0
    sides[(care.depth < -5.0) & (whims < 0.4)] = 0
    offset = np.sort(dice.choice(np.array([0, 1, 1, 2, 2, 3]), size=(count, MAKERS)), axis=1)
    offset[:, 0] = 0
    usual = np.exp(dice.normal(np.log(26.0), 0.5, (count, MAKERS)))
    usual = np.where(is_near[:, None], usual, usual * 0.7)
    starts = np.array([0 if o.ts_listed is None else (o.ts_listed - start_ns) // STEP_NS + 40 for o in listing.options])
    half = HALF_TICKS * venue_tick * width
    usual_sizes = np.maximum(usual, 1.0).astype(np.int64)
    replaces = dice.random((count, MAKERS)) < np.where(np.arange(MAKERS) == 0, 0.3, 0.5)
    if profile.is_staged:
        half *= np.exp(STAGED_WIDTHS * np.clip(dice.standard_normal(count), -1.0, 2.0))
    expires = np.array([(option.series.ts_expiration - start_ns) // STEP_NS for option in listing.options])
    return Quoting(
        makers=np.minimum(makers, MAKERS).astype(np.int64),
        offset=offset.astype(np.int64),
        replaces=replaces,
        size=usual_sizes,
        half=half,
        band=band,
        grid=grid.astype(np.int64),
        sides=sides.astype(np.int64),
        starts=starts.astype(np.int64),
        stale_from=stale_from,
        expires=expires.astype(np.int64),
    )


def flow(*, care: Care, listing: Listing, profile: Profile, preferred: Sequence[Attraction] = ()) -> Flow:
    """Say who trades and rests orders where: mostly near the money of the front series; customers buy puts and sell calls.

    Parameters
    ----------
    preferred : options that have a share of all trades of their own.
    """
    near = np.exp(-((care.rank / (0.6 * profile.near_pairs)) ** 2))
    share = np.where(care.is_front, 1.0, SECOND_SERIES_SHARE)
    afternoons = [k for k, one in enumerate(listing.series) if one.family != "quarterly"]
    share[np.isin(care.series, afternoons[1:])] = LATER_AFTERNOONS_SHARE
    if profile.budget is not None:
        share = np.array(profile.budget.shares)[care.series]
    is_call = np.array([option.right == "C" for option in listing.options])
    inside = np.clip(care.depth, -1.0, 1.0)
    weight = share * near * np.where(inside > 0, 0.5, 1.0)
    buys = np.where(is_call, 0.42, 0.6) + 0.1 * np.where(is_call, inside, -inside)
    if preferred:
        weight *= (1.0 - sum(one.share for one in preferred)) / weight.sum()
    for one in preferred:
        weight[one.option] += one.share
        buys[one.option] = one.buys
    return Flow(
        noise=np.cumsum(share * (near + 0.02)),
        trades=np.cumsum(weight),
        buys=buys,
        noise_rate=np.array([profile.option_noise_quiet, profile.option_noise_busy]) * SECONDS_PER_STEP,
        trade_rate=np.array([profile.option_trades_quiet, profile.option_trades_busy]) * SECONDS_PER_STEP,
    )
