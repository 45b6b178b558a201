"""Gamma, volatility and forward of every option of a caller's chain, from what the caller has of them.

Given gammas are used as they are; else they follow from given volatilities; else from quotes, as in `silver_gex_chain`: put-call
parity for each expiration's forward, volatilities of the out-of-the-money side, a robust smile where one can be fitted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import ChainRows
from gex_assets.analytics.gamma_volatility import Quotes, gamma_volatility
from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.reading import Options
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError
from gex_assets.kernels.pricing.black76 import ChainGreeks, chain_greeks
from gex_assets.kernels.pricing.filled_gaps import neighbours
from gex_assets.kernels.pricing.parity_forward import parity_forward
from gex_assets.time_units import YEAR_NS

__all__ = ["ExpirationSlice", "PricedChain", "price_chain"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


class _Volatility(NamedTuple):
    """(n,) total volatility: gamma's, at the bid, at the ask, and what the chain is re-priced with.

    The last is gamma's where there is one, and where quotes give none that of the nearest strikes that have one: what is worth
    less than a tick here may be the largest gamma at another price.
    """

    used: Float
    bid: Float
    ask: Float
    repriced: Float


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
    """

    first: Int
    ts_expiration: Int | None
    years: Float
    forward: Float
    forward_se: Float
    pairs: Int


class PricedChain(NamedTuple):
    """A chain as one window of rows, and its expirations."""

    rows: ChainRows
    slices: ExpirationSlice


class _Forwards(NamedTuple):
    """(n,) forward of each option's expiration, with twice its standard error and the pairs behind it."""

    forward: Float
    se: Float
    pairs: Int


def price_chain(
    options: Options, *, spot: float, multiplier: float, as_of_ns: int | None, rate: float, warnings: Warnings
) -> PricedChain:
    """Price a chain: one window, one row per option, by expiration and strike.

    Parameters
    ----------
    options : as read.
    spot : price that exposures are taken at, and the forward of expirations whose quotes give none. [index points]
    multiplier : value of a point. [USD per point]
    as_of_ns : the moment the chain is of, from which years to expiration are counted. [UNIX ns UTC]
    rate : continuously compounded. [1/year]
    warnings : told of options left out and of assumptions made.

    Raises
    ------
    ChainError
        Neither gamma nor volatility nor quotes are given, or the time to expiration is needed and cannot be known.
    """
    years = _years(options, as_of_ns, warnings)
    if "gamma" not in options.numbers and years is None:
        raise ChainError(_what_is_needed(options, as_of_ns))
    options, years, series = _in_order(options, years, warnings)
    given = options.numbers

    nothing = np.full(len(options), np.nan)
    found = _Forwards(np.full(len(options), spot), nothing, np.zeros(len(options), dtype=np.int64))
    vol = _Volatility(nothing, nothing, nothing, nothing)
    quoted = "bid" in given and "ask" in given
    if not np.isnan(years).all():
        if quoted:
            found = _forwards(options, series, years, spot=spot, rate=rate)
        if "iv" in given:
            total_vol = _positive(given["iv"]) * np.sqrt(years)
            vol = vol._replace(used=total_vol, repriced=total_vol)
        elif quoted:
            vol = _from_quotes(options, series, years, found.forward, rate=rate)
        if "gamma" not in given:
            on_spot = found.pairs == 0
            warnings.count("forward_is_spot", on_spot, "are priced with the spot price as forward, as no quotes give one")
    greeks = _greeks(options, found.forward, years, vol.used, rate=rate)
    strikes, place = np.unique(options.strike, return_inverse=True)
    rows = ChainRows(
        first=np.array([0, len(options)]),
        strikes=strikes,
        place=place,
        expiration=series,
        forward=found.forward,
        price=np.full(len(options), spot),
        years=years,
        multiplier=np.full(len(options), multiplier),
        total_vol=vol.repriced,
        total_vol_bid=vol.bid,
        total_vol_ask=vol.ask,
        quoted=np.ones(len(options), dtype=np.bool_),
        weights={
            name: (np.where(options.is_call, given[name], np.nan), np.where(options.is_call, np.nan, given[name]))
            for name in WEIGHTS
            if name in given
        },
        **{**greeks._asdict(), "gamma": given.get("gamma", greeks.gamma)},
    )
    starts = np.concatenate([np.flatnonzero(np.diff(series, prepend=-1)), [len(options)]])
    at = starts[:-1]
    return PricedChain(
        rows,
        ExpirationSlice(
            first=starts,
            ts_expiration=None if options.ts_expiration is None else options.ts_expiration[at],
            years=years[at],
            forward=found.forward[at],
            forward_se=found.se[at],
            pairs=found.pairs[at],
        ),
    )


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


def _what_is_needed(options: Options, as_of_ns: int | None) -> str:
    has = [name for name in ("iv", "bid", "ask") if name in options.numbers]
    if not has or has in (["bid"], ["ask"]):
        return f"Expected gamma, iv, or bid and ask in the chain, was {', '.join(options.numbers) or 'neither'}"
    if options.ts_expiration is None:
        return f"Expected expiration (with as_of) or years with {', '.join(has)}, was neither"
    return f"Expected as_of with expirations, was {as_of_ns}"


def _years(options: Options, as_of_ns: int | None, warnings: Warnings) -> Float | None:
    """(n,) time to expiration; None where it cannot be known."""
    if not {"gamma", "iv"} & set(options.numbers) and not {"bid", "ask"} <= set(options.numbers):
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


def _positive(values: Float) -> Float:
    return np.where(values > 0.0, values, np.nan)


class _Ladder(NamedTuple):
    """Quotes of one expiration by strike, NaN where not two-sided, and where each of its options stands in them."""

    strikes: Float
    place: Int
    sides: dict[str, Float]


def _ladder(options: Options, rows: Int) -> _Ladder:
    strikes, place = np.unique(options.strike[rows], return_inverse=True)
    bid, ask = options.numbers["bid"][rows], options.numbers["ask"][rows]
    two_sided = (bid > 0.0) & (ask >= bid)
    sides = {}
    for right, of_right in (("call", options.is_call[rows]), ("put", ~options.is_call[rows])):
        chosen = np.flatnonzero(two_sided & of_right)[::-1]
        for name, values in (("bid", bid), ("ask", ask)):
            side = np.full(strikes.size, np.nan)
            side[place[chosen]] = values[chosen]
            sides[f"{right}_{name}"] = side
    return _Ladder(strikes, place, sides)


def _of_each(series: Int) -> list[Int]:
    """Rows of each expiration; they lie together."""
    return np.split(np.arange(series.size), np.flatnonzero(np.diff(series)) + 1) if series.size else []


def _forwards(options: Options, series: Int, years: Float, *, spot: float, rate: float) -> _Forwards:
    """Parity forward of each option's expiration, the spot price where there is none."""
    size = len(options)
    result = _Forwards(np.full(size, spot), np.full(size, np.nan), np.zeros(size, dtype=np.int64))
    for rows in _of_each(series):
        ladder = _ladder(options, rows)
        discount = np.exp(-rate * years[rows[:1]])
        sides = {name: side[None, :] for name, side in ladder.sides.items()}
        found = parity_forward(
            strikes=ladder.strikes,
            call_bid=sides["call_bid"],
            call_ask=sides["call_ask"],
            put_bid=sides["put_bid"],
            put_ask=sides["put_ask"],
            discount=discount,
        )
        if found.forward[0] > 0.0:
            result.forward[rows], result.se[rows], result.pairs[rows] = found.forward[0], found.se[0], found.n_used[0]
    return result


def _from_quotes(options: Options, series: Int, years: Float, forward: Float, *, rate: float) -> _Volatility:
    """(n,) each: calls and puts of a strike share the volatility of the out-of-the-money side."""
    found = _Volatility(*(np.full(len(options), np.nan) for _ in _Volatility._fields))
    for rows in _of_each(series):
        ladder = _ladder(options, rows)
        T = years[rows[:1]]
        call, put = (Quotes(*(ladder.sides[f"{right}_{name}"][None, :] for name in ("bid", "ask"))) for right in ("call", "put"))
        sigma = gamma_volatility(call=call, put=put, F=forward[rows[:1]], K=ladder.strikes, T=T, r=rate)
        used = sigma.used[0]
        gaps = neighbours(first=np.array([0, used.size]), strike=ladder.strikes, known=~np.isnan(used))
        for out, values in zip(found, (used, sigma.bid[0], sigma.ask[0], gaps.fill(used)), strict=True):
            out[rows] = values[ladder.place] * np.sqrt(T)
    return found
