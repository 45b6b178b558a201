"""What is staged in the profiles `lively` and `wide`: two walls, a price that visits them, open interest and flow that make them.

A day of these profiles has a story, for pictures and demonstrations. In the morning the price drifts up to a strike with many
calls, turns there several times within a few points, and does not pass it before the stock exchanges close: a wall that holds.
In the afternoon it falls to a strike with many puts, bounces once, crosses it and leaves: a wall that breaks. Customers trade at
few strikes all day. Seed and day decide where and when. Times are Chicago's. A holiday's early close cuts the story; a Sunday has
none.

The price knows the walls. So nothing that is found between exposure and price in a staged sample says anything about a market,
not even as a placebo. The profiles `small` and `full` have a price that knows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.signal import lfilter

from gex_assets.market.expirations import chicago_ns
from gex_assets.market.holidays import is_business_day
from gex_assets.market.products import product as product_of
from gex_assets.sample.course import QUIET_STRIDE
from gex_assets.sample.instruments import STEPS, Listing, Option, day_end_ns, day_start_ns, quarterlies
from gex_assets.sample.levels import index_level
from gex_assets.sample.profile import STEP_NS
from gex_assets.sample.seeds import generator
from gex_assets.sample.surface import carry, years
from gex_assets.time_units import MINUTE_NS

__all__ = ["Attraction", "Stage", "attractions", "stage", "staged_interest", "staged_logs"]

Float = NDArray[np.float64]

OPENING, CLOSING = time(8, 30), time(15, 0)

STORY: Final = (
    ((2, 0), 40, -0.05, 0.15),
    ((7, 45), 30, 0.0, 0.1),
    ((8, 30), 0, 0.1, 0.1),
    ((8, 55), 6, -0.15, 0.08),
)
"""Time of day, its greatest shift [min], and distance from the price at midnight with its standard deviation [steps]."""

AT_THE_CALL_WALL: Final = (
    ((10, 15), 12, -0.06, 0.02),
    ((10, 45), 6, -0.36, 0.06),
    ((11, 10), 8, -0.05, 0.02),
    ((11, 40), 8, -0.30, 0.06),
    ((12, 5), 8, -0.10, 0.03),
)
"""The same from the call wall: the price touches it, and turns."""

AT_THE_PUT_WALL: Final = (
    ((13, 5), 8, 0.12, 0.05),
    ((13, 22), 3, 0.42, 0.06),
    ((13, 45), 5, -0.15, 0.04),
    ((14, 2), 3, -0.05, 0.03),
    ((14, 35), 6, -0.72, 0.05),
    ((15, 0), 0, -0.60, 0.06),
)
"""The same from the put wall: a bounce, the crossing, a return to it from below, and away."""

WALLS_APART: Final = 2
NEAREST_PUT_WALL: Final = 0.3
"""Distances of the walls from each other and of the put wall from the price at midnight, at least. [steps]"""

CEILING: Final = -0.02
"""Where the price turns at the latest, from the call wall. [steps]"""

WANDERING_BUSY, WANDERING_QUIET = 0.09, 0.03
FORGOTTEN_NS: Final = 8 * MINUTE_NS
"""The price wanders around the story with these standard deviations [steps], and forgets it in this time."""

MOVES_BUSY, MOVES_QUIET = 1 / 24, QUIET_STRIDE / 240
"""Chance of a move in a step that may have one: every 6 s and once a minute on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A day's story, in prices of the front future.

    Attributes
    ----------
    call_wall, put_wall : strikes. [index points]
    step : the unit of distances. [index points]
    at, price : corners of the story: moments [UNIX ns], prices. [index points]
    until : the price stays below the call wall before this moment. [UNIX ns]
    ts_expiration : of the front future. [UNIX ns]
    """

    call_wall: int
    put_wall: int
    step: int
    at: tuple[int, ...]
    price: tuple[float, ...]
    until: int
    ts_expiration: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attraction:
    """An option that customers prefer: its position, its share of all trades, and the chance that they buy."""

    option: int
    share: float
    buys: float


@lru_cache(maxsize=256)
def stage(*, product: str, day: date, seed: int) -> Stage:
    """Write the story of a day; it depends on these arguments alone."""
    step = STEPS[product]
    expiration = quarterlies(product=product_of(product), day=day, count=1)[0].ts_expiration
    start, end = day_start_ns(day), day_end_ns(day)
    first = index_level(product=product, day=day, seed=seed) * float(carry(T=years(ts_ns=start, ts_expiration=expiration)))
    last = index_level(product=product, day=day + timedelta(days=1), seed=seed)
    last *= float(carry(T=years(ts_ns=end, ts_expiration=expiration)))
    put_wall = int((first - NEAREST_PUT_WALL * step) // step) * step
    call_wall = put_wall + WALLS_APART * step
    corners = {start: first, end: last}
    if is_business_day(day):
        dice = generator(seed, product, "stage", day.isoformat())
        middle = min(max(first, put_wall + 0.6 * step), call_wall - 0.9 * step)
        for origin, chapter in ((middle, STORY), (call_wall, AT_THE_CALL_WALL), (put_wall, AT_THE_PUT_WALL)):
            for (hour, minute), shift, away, spread in chapter:
                moment = chicago_ns(day, time(hour, minute)) + int(dice.uniform(-shift, shift) * MINUTE_NS)
                corners[moment] = origin + step * (away + spread * float(np.clip(dice.standard_normal(), -1.5, 1.5)))
    at = sorted(corners)
    return Stage(
        call_wall=call_wall,
        put_wall=put_wall,
        step=step,
        at=tuple(at),
        price=tuple(corners[moment] for moment in at),
        until=chicago_ns(day, CLOSING),
        ts_expiration=expiration,
    )


def staged_logs(told: Stage, *, moments: NDArray[np.int64], is_busy: NDArray[np.bool_], dice: np.random.Generator) -> Float:
    """Logarithm of the index at every step [index points].

    Parameters
    ----------
    moments : (steps,) their beginnings. [UNIX ns]
    is_busy : (steps,) the busy stretch, in which the price moves often.
    """
    steps = np.arange(len(moments))
    kept = np.exp(-STEP_NS / FORGOTTEN_NS)
    wandering = lfilter([np.sqrt(1.0 - kept**2)], [1.0, -kept], dice.standard_normal(len(moments)))
    wandering *= told.step * np.where(is_busy, WANDERING_BUSY, WANDERING_QUIET)
    origin = told.at[0]
    story = PchipInterpolator(np.subtract(told.at, origin) / 1e9, told.price)
    price = story((moments - origin) / 1e9) + wandering
    highest = told.call_wall + CEILING * told.step
    price = np.where(moments < told.until, np.minimum(price, 2.0 * highest - price), price)
    may_move = is_busy | (steps % QUIET_STRIDE == 0)
    moves = may_move & (dice.random(len(moments)) < np.where(is_busy, MOVES_BUSY, MOVES_QUIET))
    since = np.maximum.accumulate(np.where(moves, steps, 0))
    index = price / carry(T=years(ts_ns=moments, ts_expiration=told.ts_expiration))
    return np.asarray(np.log(index[since]), np.float64)


AFTERNOON_CONTRACTS, QUARTERLY_CONTRACTS, WALL_CONTRACTS = 900.0, 4000.0, 9000.0
"""Scale of the open interest, and how many contracts more a wall has. [contracts]"""


def staged_interest(option: Option, *, level: float, product: str, seed: int, noise: float) -> float:
    """Open interest of an option, concentrated as in real chains: round strikes, calls above the price, puts below [contracts].

    Parameters
    ----------
    level : price around which it was built. [index points]
    noise : a standard normal draw of the option's own.
    """
    step, is_call = STEPS[product], option.right == "C"
    away = (option.strike / level - 1.0) * (1.0 if is_call else -1.0)
    roundness = next(
        (weight for unit, weight in ((20, 7.0), (4, 4.5), (2, 2.4), (1, 1.3)) if option.strike % (unit * step) == 0), 0.4
    )
    share = 1.0 if is_call else 1.25
    if option.series.family == "quarterly":
        shape = np.exp(-(((away - 0.035) / 0.05) ** 2)) + 0.12 * np.exp(-abs(away) / 0.15)
        return float(QUARTERLY_CONTRACTS * shape * roundness * share * np.exp(0.4 * noise))
    shape = np.exp(-(((away - 0.007) / 0.010) ** 2)) + 0.2 * np.exp(-abs(away) / 0.03)
    told = stage(product=product, day=option.series.expires, seed=seed)
    wall = WALL_CONTRACTS if option.strike == (told.call_wall if is_call else told.put_wall) else 0.0
    inside = 0.35 if away < -0.002 else 1.0
    return float((AFTERNOON_CONTRACTS * shape * roundness * share * inside + wall) * np.exp(0.25 * noise))


PREFERRED: Final = (
    ("C", WALLS_APART, 0.16, 0.14),
    ("C", WALLS_APART + 1, 0.06, 0.75),
    ("C", 1, 0.05, 0.5),
    ("P", 0, 0.18, 0.84),
    ("P", -1, 0.07, 0.8),
)
"""Right, steps above the put wall, share of all trades, chance of buying.

Customers sell the upper wall's calls and buy the lower's puts, so that makers are long at the one and short at the other."""

QUARTERLY_SHARE: Final = 0.25
"""Share of the front quarterly's options in what is said for the first series."""


def attractions(listing: Listing, told: Stage) -> tuple[Attraction, ...]:
    """List the options that customers prefer, in the first series and in the front quarterly."""
    quarterly = [one for one in listing.series if one.family == "quarterly"]
    wanted: dict[tuple[str, str, int], tuple[float, float]] = {}
    for series, of_all in ((listing.series[0], 1.0), *((one, QUARTERLY_SHARE) for one in quarterly[:1])):
        for right, away, share, buys in PREFERRED:
            wanted.setdefault((series.symbol, right, told.put_wall + away * told.step), (share * of_all, buys))
    found = [(k, wanted.get((one.series.symbol, one.right, one.strike))) for k, one in enumerate(listing.options)]
    return tuple(Attraction(option=k, share=its[0], buys=its[1]) for k, its in found if its is not None)
