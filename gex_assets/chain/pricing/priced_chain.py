"""Gamma, volatility and forward of every option of a caller's chain, from what the caller has of them.

`volatilities` gives one volatility per strike and one forward per expiration. Here gammas and other greeks follow from them, or
published gammas stand in the net. The profile is always re-priced with those volatilities.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.pricing.futures import axis_of_futures, future_names
from gex_assets.chain.pricing.placeholders import with_decimal_volatilities
from gex_assets.chain.pricing.published_gammas import are_confirmed
from gex_assets.chain.pricing.strike_ladder import StrikeLadder
from gex_assets.chain.pricing.volatilities import forwards, ladder_quotes, strike_volatility
from gex_assets.chain.reading import IV_DECIMAL, IV_PERCENT, Options
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing.black76 import ChainGreeks, chain_greeks
from gex_assets.time_units import YEAR_NS

__all__ = ["GAMMA_SOURCES", "ExpirationSlice", "GammaSource", "PricedChain", "price_chain"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

GammaSource = Literal["published", "iv", "implied"]

GAMMA_SOURCES: Final = MappingProxyType(
    {"published": "published gammas", "iv": "published volatilities", "implied": "bid and ask"}
)
"""Where gammas come from -> what the chain must have."""


class ExpirationSlice(NamedTuple):
    """The E expirations of a chain, earliest first.

    Attributes
    ----------
    first : (E + 1,) position of each one's first row.
    ts_expiration : (E,) or None where only years are known, or nothing. [UNIX ns UTC]
    years : (E,) time to expiration; NaN where not known. [years]
    forward : (E,) what the expiration's options are priced with. [index points]
    forward_se : (E,) twice the standard error of the quotes' forward; NaN where the forward is the spot price. [index points]
    pairs : (E,) pairs of a call and a put that the forward rests on; 0 where it is the spot price.
    gamma_from : (E,) of `GAMMA_SOURCES`.
    """

    first: Int
    ts_expiration: Int | None
    years: Float
    forward: Float
    forward_se: Float
    pairs: Int
    gamma_from: tuple[GammaSource, ...]


class PricedChain(NamedTuple):
    """A chain as one window of rows, its expirations, and the names of the futures that its options are on.

    `published` is (n,) the published gammas of the same rows, NaN where there is none. [1/point]
    """

    rows: ChainRows
    slices: ExpirationSlice
    futures: tuple[str, ...]
    published: Float


def price_chain(
    options: Options,
    *,
    spot: float,
    multiplier: float,
    as_of_ns: int | None,
    rate: float,
    warnings: Warnings,
    gamma: GammaSource | None = None,
) -> PricedChain:
    """Price a chain: one window, one row per option, by expiration and strike.

    Parameters
    ----------
    options : as read, without placeholders.
    spot : price that exposures are taken at, and the forward of expirations whose quotes give none. [index points]
    multiplier : value of a point. [USD per point]
    as_of_ns : the moment the chain is of, from which years to expiration are counted. [UNIX ns UTC]
    rate : continuously compounded. [1/year]
    warnings : told of options left out and of assumptions made.
    gamma : where gammas come from. None: published ones, but in expirations whose quotes give a forward only where these confirm
        them; else quotes that give a forward, published volatilities, other quotes: the first that the expiration has.

    Raises
    ------
    ChainError
        What gammas are to come from is not given, or the time to expiration is needed and cannot be known.
    """
    years = _years(options, as_of_ns, warnings)
    _check_inputs(options, gamma, years=years, as_of_ns=as_of_ns)
    options, years, series = _in_order(options, years, warnings)
    options = with_decimal_volatilities(options, years=years, spot=spot, rate=rate, warnings=warnings)
    ladder = StrikeLadder.of(strike=options.strike, is_call=options.is_call, series=series)
    starts = np.append(np.flatnonzero(np.diff(series, prepend=-1)), len(options))
    at, size = starts[:-1], np.diff(starts)

    timed = bool((~np.isnan(years)).any())
    given, nothing = options.numbers, np.full(len(options), np.nan)
    quotes = ladder_quotes(ladder, bid=given["bid"], ask=given["ask"]) if timed and {"bid", "ask"} <= set(given) else None
    found = forwards(ladder, quotes, years=years[at], spot=spot, rate=rate)
    told = given.get("iv", nothing)
    vol = strike_volatility(
        ladder,
        quotes=quotes,
        published=told if gamma != "implied" else None,
        forward=found.forward,
        years=years[at],
        rate=rate,
        quotes_first=found.by_quotes,
    )
    forward = np.repeat(found.forward, size)
    greeks = _greeks(options, forward, years, vol.used[ladder.place], rate=rate)
    own = given.get("gamma", nothing)
    there = own > 0.0
    published = own if there.all() else np.where(there, own, _positive_or(ladder.of_other_right(own), own))
    by_quotes = np.where(vol.by_quotes[ladder.place], greeks.gamma, np.nan)
    parts = [slice(start, stop) for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)]
    sources = tuple(
        gamma or _source(published[part], by_quotes[part], told[part], is_call=options.is_call[part], has_forward=has_forward)
        for part, has_forward in zip(parts, found.by_quotes.tolist(), strict=True)
    )
    first = np.repeat(np.array([one != "published" for one in sources], dtype=np.bool_), size)
    contradicted = first & (published > 0.0) & np.repeat(found.by_quotes, size)
    if gamma is None:
        warnings.count(
            "gammas_contradict_quotes",
            contradicted,
            "have a published gamma and are of an expiration whose quotes contradict these: gammas come from the quotes",
        )
    chosen = _chosen(gamma, computed=greeks.gamma, published=published, first=first)
    by_parity = ~there & (published > 0.0) & (chosen == published)
    warnings.count("gamma_of_the_other_right", by_parity, "have no gamma of their own and take the other right's at their strike")
    takes = np.isnan(told) & ~vol.by_quotes[ladder.place] & (vol.used[ladder.place] > 0.0)
    warnings.count("iv_of_the_other_right", takes, "have no volatility of their own and take the other right's at their strike")
    on_spot = np.repeat(~found.by_quotes, size) & (greeks.gamma > 0.0) & (chosen == greeks.gamma) & (chosen != published)
    warnings.count("forward_is_spot", on_spot, "are priced with the spot price as forward, as no quotes give one")
    rows = ChainRows(
        first=np.array([0, len(options)]),
        strikes=(strikes := np.unique(options.strike)),
        place=np.searchsorted(strikes, options.strike),
        expiration=series,
        forward=forward,
        price=np.full(len(options), spot),
        years=years,
        multiplier=np.full(len(options), multiplier),
        total_vol=vol.repriced[ladder.place],
        total_vol_bid=vol.bid[ladder.place],
        total_vol_ask=vol.ask[ladder.place],
        quoted=np.ones(len(options), dtype=np.bool_),
        weights={
            name: (np.where(options.is_call, given[name], np.nan), np.where(options.is_call, np.nan, given[name]))
            for name in WEIGHTS
            if name in given
        },
        axis=axis_of_futures(options, forward=np.where(np.repeat(found.by_quotes, size), forward, np.nan), warnings=warnings),
        gamma=chosen,
        vanna=greeks.vanna,
        call_delta=greeks.call_delta,
        put_delta=greeks.put_delta,
        call_charm=greeks.call_charm,
        put_charm=greeks.put_charm,
    )
    slices = ExpirationSlice(
        first=starts,
        ts_expiration=None if options.ts_expiration is None else options.ts_expiration[at],
        years=years[at],
        forward=found.forward,
        forward_se=found.se,
        pairs=found.pairs,
        gamma_from=sources,
    )
    return PricedChain(rows, slices, future_names(options), published)


def _positive_or(values: Float, others: Float) -> Float:
    return np.where(values > 0.0, values, others)


def _source(published: Float, by_quotes: Float, told: Float, *, is_call: Bool, has_forward: bool) -> GammaSource:
    """Where the gammas of one expiration come from first, where nothing is asked for."""
    if (published > 0.0).any() and (not has_forward or are_confirmed(published, by_quotes, is_call=is_call)):
        return "published"
    return "iv" if not has_forward and (told > 0.0).any() else "implied"


def _chosen(asked: GammaSource | None, *, computed: Float, published: Float, first: Bool) -> Float:
    """(n,) gammas: computed where `first`, else published; unless a source is asked for, the other where one is missing."""
    one, other = np.where(first, computed, published), np.where(first, published, computed)
    return one if asked is not None else np.where(np.isnan(one), other, one)


def _check_inputs(options: Options, asked: GammaSource | None, *, years: Float | None, as_of_ns: int | None) -> None:
    """Refuse a chain from which no gamma can come as it is asked for."""
    given = options.numbers
    has = {
        "published": "gamma" in given,
        "iv": any(name in given for name in ("iv", IV_DECIMAL, IV_PERCENT)),
        "implied": {"bid", "ask"} <= set(given),
    }
    if asked is not None and not has[asked]:
        there = ", ".join(GAMMA_SOURCES[name] for name, is_there in has.items() if is_there) or "none of them"
        raise ChainError(f"Expected {GAMMA_SOURCES[asked]} in the chain, was {there}")
    if not any(has.values()):
        raise ChainError(f"Expected gamma, iv, or bid and ask in the chain, was {', '.join(given) or 'neither'}")
    if years is not None or (has["published"] and asked in (None, "published")):
        return
    named = [name for name in ("iv", IV_DECIMAL, IV_PERCENT, "bid", "ask") if name in given]
    if options.ts_expiration is None:
        raise ChainError(f"Expected expiration (with as_of) or years with {', '.join(named)}, was neither")
    raise ChainError(f"Expected as_of with expirations, was {as_of_ns}")


def _in_order(options: Options, years: Float | None, warnings: Warnings) -> tuple[Options, Float, Int]:
    """Options that have not expired, by expiration, strike and right (calls first), with their years (NaN) and expirations."""
    if years is not None:
        expired = years <= 0.0
        warnings.count("expired", expired, "have expired and are left out")
        options, years = options.only(~expired), years[~expired]
    series = _series(options, years)
    order = np.lexsort((~options.is_call, options.strike, series))
    options, series = options.only(order), series[order]
    same = (np.diff(options.strike) == 0.0) & (np.diff(options.is_call.astype(np.int8)) == 0) & (np.diff(series) == 0)
    repeated = np.concatenate([[False], same])[: len(options)]
    warnings.count("duplicates", repeated, "repeat a strike, right and expiration: all are counted")
    return options, np.full(len(options), np.nan) if years is None else years[order], series


def _years(options: Options, as_of_ns: int | None, warnings: Warnings) -> Float | None:
    """(n,) time to expiration; None where it cannot be known."""
    timeless = not {"gamma", "iv", IV_DECIMAL, IV_PERCENT} & set(options.numbers)
    if timeless and not {"bid", "ask"} <= set(options.numbers):
        return None
    if "years" in options.numbers:
        return options.numbers["years"]
    if options.ts_expiration is None:
        return None
    if as_of_ns is None:
        warnings.add("no_as_of", "expirations are given but not the moment the chain is of: nothing is re-priced")
        return None
    return (options.ts_expiration - as_of_ns) / YEAR_NS


def _series(options: Options, years: Float | None) -> Int:
    """Number of each option's expiration, earliest first; one where none is known."""
    if options.ts_expiration is not None:
        return np.unique(options.ts_expiration, return_inverse=True)[1]
    if years is not None:
        return np.unique(years, return_inverse=True)[1]
    return np.zeros(len(options), dtype=np.int64)


def _greeks(options: Options, forward: Float, years: Float, total_vol: Float, *, rate: float) -> ChainGreeks:
    if np.isnan(total_vol).all():
        return ChainGreeks(*(np.full(len(options), np.nan),) * len(ChainGreeks._fields))
    return chain_greeks(F=forward, K=options.strike, T=years, total_vol=total_vol, r=rate)
