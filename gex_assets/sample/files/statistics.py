"""The statistics of a day: early and final open interest of the trade date before, and the settlements of the day.

Open interest has the shape of real chains: puts below the price, calls above it, more at round strikes. It changes a little from
day to day. It depends on the seed and the dates alone, not on the simulated trades.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.lake.dbn.reader import UNDEF_PRICE, UNDEF_STAT_QUANTITY, statistics_dtype
from gex_assets.market.expirations import chicago_ns
from gex_assets.market.holidays import previous_business_day
from gex_assets.sample.instruments import Listing, day_end_ns, day_start_ns
from gex_assets.sample.levels import index_level
from gex_assets.sample.seeds import generator
from gex_assets.sample.staging import staged_interest
from gex_assets.schemas.vendor_shapes import StatType, StatUpdateAction

__all__ = ["Release", "open_interest", "releases", "settlements", "statistics"]

EARLY: Final = time(0, 5)
FINAL: Final = time(9, 10)
SETTLED: Final = time(15, 35)
SESSION_START: Final = time(17, 0, 10)
"""When the venue publishes, in Chicago: the early count at night, the final one in the morning and as a session starts."""

SETTLEMENT_NOISE: Final = 0.2
"""Standard deviation of settlements around the surface, before they are rounded. [ticks]"""

FINAL_AND_ACTUAL: Final = 3
UNDEFINED_SHARE: Final = 0.02
CHANNEL: Final = 1
SPREAD_NS: Final = 900_000
FRIDAY: Final = 4
BUILT_BEFORE: Final = timedelta(days=80)
"""Open interest is centred on the price so long before the expiration."""

DRAWS: Final = 8192

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Release:
    """One publication of a statistic for every option: its time [UNIX ns], kind, trade date, and values (NaN undefined)."""

    ts_ns: int
    stat_type: StatType
    trade_date: date
    values: Float


def open_interest(
    *, product: str, listing: Listing, trade_date: date, is_final: bool, seed: int, is_staged: bool = False
) -> Float:
    """Open interest of every option at the end of a trade date, NaN where the venue states none [contracts].

    Parameters
    ----------
    is_final : False for the early count, which is off by about 1 % at a fifth of the strikes.
    is_staged : concentrated as `staging` says.
    """
    levels = {
        one.symbol: index_level(
            product=product, day=one.expires - (BUILT_BEFORE if one.family == "quarterly" else timedelta()), seed=seed
        )
        for one in listing.series
    }
    out = np.empty(len(listing.options))
    for k, option in enumerate(listing.options):
        noise, undefined = _own_draws(seed, product, option.symbol)
        level = levels[option.series.symbol]
        away = (option.strike / level - 1.0) * (1.0 if option.right == "C" else -1.0)
        shape = np.exp(-(((away - 0.035) / 0.07) ** 2)) + 0.15 * np.exp(-abs(away) / 0.15)
        rounded = 3.0 if option.strike % 500 == 0 else 1.8 if option.strike % 100 == 0 else 1.0
        share = 1.25 if option.right == "P" else 1.0
        value = 4000.0 * shape * rounded * share * np.exp(0.6 * noise)
        if is_staged:
            value = staged_interest(option, level=level, product=product, seed=seed, noise=noise)
        out[k] = np.nan if undefined < UNDEFINED_SHARE and abs(away) > 0.2 else value
    draw = np.array([option.instrument_id * 2_654_435_761 % DRAWS for option in listing.options])
    change = generator(seed, product, "open interest", trade_date.isoformat()).standard_normal(DRAWS)[draw]
    out = np.asarray(np.round(out * (1.0 + 0.03 * np.clip(change, -3, 3))), np.float64)
    if not is_final:
        early = generator(seed, product, "early count", trade_date.isoformat())
        is_off, by = early.random(DRAWS)[draw] < 0.2, early.standard_normal(DRAWS)[draw]
        return np.where(is_off, np.round(out * (1.0 + 0.01 * by)), out)
    return out


@lru_cache(maxsize=1 << 16)
def _own_draws(seed: int, product: str, symbol: str) -> tuple[float, float]:
    """A normal and a uniform draw of an option's own: the same on every date, and asked for several times on each."""
    dice = generator(seed, product, "open interest", symbol)
    return dice.standard_normal(), dice.random()


def settlements(fair: Float, *, tick: float, day: date, seed: int) -> Float:
    """Settlement prices of a day: the surface's, each strike's off by a little, not below zero [index points].

    The venue's settlements keep put-call parity, so a strike's call and put are off by the same.

    Parameters
    ----------
    fair : (options,) prices on the surface when the venue settles, each call before its put; NaN stays NaN. [index points]
    tick : least step of an option's price. [index points]
    """
    noise = generator(seed, "settlements", day.isoformat()).standard_normal(fair.size // 2)
    return np.maximum(fair + SETTLEMENT_NOISE * tick * np.repeat(noise, 2), 0.0)


def releases(
    *, product: str, day: date, listing: Listing, settlements: Float | None, seed: int, is_staged: bool = False
) -> tuple[Release, ...]:
    """List what is published within a UTC date, in the order of time.

    Parameters
    ----------
    settlements : (options,) settlement prices of the day, NaN for an expired option; None leaves them out. [index points]
    """
    is_business = previous_business_day(day) == day
    before = previous_business_day(day - timedelta(days=1))

    def counted(*, is_final: bool) -> Float:
        return open_interest(
            product=product, listing=listing, trade_date=before, is_final=is_final, seed=seed, is_staged=is_staged
        )

    made: list[Release] = []
    if is_business:
        made.append(Release(chicago_ns(day, EARLY), StatType.OPEN_INTEREST, before, counted(is_final=False)))
        made.append(Release(chicago_ns(day, FINAL), StatType.OPEN_INTEREST, before, counted(is_final=True)))
        if settlements is not None:
            made.append(Release(chicago_ns(day, SETTLED), StatType.SETTLEMENT_PRICE, day, settlements))
    if day.weekday() != FRIDAY:
        made.append(Release(chicago_ns(day, SESSION_START), StatType.OPEN_INTEREST, before, counted(is_final=True)))
    start, end = day_start_ns(day), day_end_ns(day)
    return tuple(sorted((r for r in made if start <= r.ts_ns < end), key=lambda r: r.ts_ns))


def statistics(*, listing: Listing, published: tuple[Release, ...], version: int, dice: np.random.Generator) -> NDArray[np.void]:
    """Make the statistics records of a day, one for every option and release."""
    count = len(listing.options)
    out = np.zeros(count * len(published), statistics_dtype(version))
    ids = np.array([option.instrument_id for option in listing.options], np.uint32)
    undefined = UNDEF_STAT_QUANTITY[version]
    for k, release in enumerate(published):
        rows = out[k * count : (k + 1) * count]
        rows["instrument_id"] = ids
        rows["ts_event"] = release.ts_ns + np.arange(count) * SPREAD_NS
        rows["ts_recv"] = rows["ts_event"] + dice.integers(90_000, 600_000, count).astype(np.uint64)
        rows["ts_ref"] = day_start_ns(release.trade_date)
        known = ~np.isnan(release.values)
        values = np.where(known, release.values, 0.0)
        is_price = release.stat_type == StatType.SETTLEMENT_PRICE
        rows["price"] = np.where(known & is_price, np.round(values * 20.0).astype(np.int64) * 50_000_000, UNDEF_PRICE)
        rows["quantity"] = np.where(known & (not is_price), values.astype(np.int64), undefined)
        rows["stat_type"] = release.stat_type
        rows["stat_flags"] = FINAL_AND_ACTUAL if is_price else 0
        rows["sequence"] = 1_000_000 * (k + 1) + np.arange(count) // 8
    out["length"] = out.dtype.itemsize // 4
    out["rtype"] = 24
    out["publisher_id"] = 1
    out["channel_id"] = CHANNEL
    out["update_action"] = StatUpdateAction.NEW
    out["ts_in_delta"] = dice.integers(12_000, 20_000, len(out))
    return out
