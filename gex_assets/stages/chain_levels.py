"""From the rows of a chain to its levels under one convention: weights and signs applied, kernels called, sums per window.

Shared by `silver_gex_levels` and by the calculator for chains handed in by a caller. Which rows belong together (scopes), what
is remembered from window to window and how a table is made of it is said in `gex_levels`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.black76 import chain_greeks
from gex_assets.kernels.exposure import gamma_exposure, scale_factor, signs
from gex_assets.kernels.gamma_profile import nearest_roots, profile_coefficient, profile_roots
from gex_assets.kernels.levels import StrikeLevels, strike_levels
from gex_assets.market.conventions import HIGH_GAMMA_STRIKES, SECONDARY_WALL_SHARE, Convention

__all__ = ["ChainRows", "Flip", "SignedChain", "further_exposures", "levels", "signed", "zero_gamma", "zero_gamma_band"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_DAYS_PER_YEAR: Final = 365.0
_PER_VOL_POINT: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRows:
    """Rows of W windows, together by window, then by expiration, strikes ascending; NaN where something is not known.

    Attributes
    ----------
    first : (W + 1,) position of each window's first row.
    strikes : (U,) all strikes, ascending. [index points]
    place : (n,) position of the row's strike in `strikes`.
    expiration : (n,) number of the row's expiration.
    forward : (n,) the expiration's own forward. [index points]
    price : (n,) what scales and dollar deltas are taken at: the forward, or the spot price of a chain handed in. [index points]
    years : (n,) time to expiration. [years]
    multiplier : (n,) value of a point. [USD per point]
    gamma : (n,) [1/point]
    total_vol, total_vol_bid, total_vol_ask : (n,) volatility * sqrt(years): gamma's, at the bid, at the ask. [1]
    vanna, call_delta, put_delta, call_charm, put_charm : (n,) as in `kernels.black76`.
    quoted : (n,) whether the strike was quoted recently.
    weights : name of a weight -> (of calls, of puts), (n,) each. [contracts]
    """

    first: Int
    strikes: Float
    place: Int
    expiration: Int
    forward: Float
    price: Float
    years: Float
    multiplier: Float
    gamma: Float
    total_vol: Float
    total_vol_bid: Float
    total_vol_ask: Float
    vanna: Float
    call_delta: Float
    put_delta: Float
    call_charm: Float
    put_charm: Float
    quoted: Bool
    weights: Mapping[str, tuple[Float, Float]]

    @property
    def windows(self) -> int:
        """How many windows there are, with rows or without."""
        return self.first.size - 1

    @property
    def window(self) -> Int:
        """(n,) position of each row's window."""
        return np.repeat(np.arange(self.windows), np.diff(self.first))

    def only(self, chosen: Bool) -> ChainRows:
        """The rows chosen, of the same windows."""
        if chosen.all():
            return self
        rows = {name: getattr(self, name)[chosen] for name in _ROW_COLUMNS}
        weights = {name: (call[chosen], put[chosen]) for name, (call, put) in self.weights.items()}
        return replace(self, first=_first_of(chosen, self.first), weights=weights, **rows)


_ROW_COLUMNS: Final = tuple(one.name for one in fields(ChainRows) if one.name not in ("first", "strikes", "weights"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedChain:
    """Rows under a convention: magnitudes in its scale, signs and sizes of its weight, (n,) each; NaN where missing.

    Without a usable weight (`weight` is None) everything is NaN.
    """

    rows: ChainRows
    convention: Convention
    weight: str | None
    call_magnitude: Float
    put_magnitude: Float
    call_sign: Float
    put_sign: Float
    call_size: Float
    put_size: Float

    def only(self, chosen: Bool) -> SignedChain:
        """The rows chosen, of the same windows."""
        if chosen.all():
            return self
        return replace(self, rows=self.rows.only(chosen), **{name: getattr(self, name)[chosen] for name in _SIGNED_COLUMNS})


_SIGNED_COLUMNS: Final = ("call_magnitude", "put_magnitude", "call_sign", "put_sign", "call_size", "put_size")


class Flip(NamedTuple):
    """Zero gamma of W windows: the nearest (NaN: none), all of them with each window's first, and the profile's peak."""

    nearest: Float
    roots: Float
    first: Int
    peak: Float


def signed(rows: ChainRows, *, convention: Convention, weight: str | None) -> SignedChain:
    """Magnitudes and signs of every row.

    Parameters
    ----------
    rows : the chain; under `flow_signed` its weights must hold `flow_inventory`.
    convention : gives scale and sign model.
    weight : the weight chosen of the convention's, or None.

    Raises
    ------
    SettingsError
        The convention's scale or sign model is unknown.
    """
    nothing = np.full(rows.place.size, np.nan)
    call, put = rows.weights[weight] if weight is not None else (nothing, nothing)
    call_flow, put_flow = rows.weights.get("flow_inventory", (nothing, nothing))
    call_sign, put_sign = signs(sign_model=convention.sign_model, call_flow=call_flow, put_flow=put_flow)
    market: dict[str, Any] = {"gamma": rows.gamma, "F": rows.price, "multiplier": rows.multiplier, "scale": convention.scale}
    return SignedChain(
        rows=rows,
        convention=convention,
        weight=weight,
        call_magnitude=gamma_exposure(weight=call, **market),
        put_magnitude=gamma_exposure(weight=put, **market),
        call_sign=call_sign,
        put_sign=put_sign,
        call_size=np.abs(call),
        put_size=np.abs(put),
    )


def levels(chain: SignedChain, *, reference: Float) -> StrikeLevels:
    """Totals, walls and crossings by the convention's wall rule.

    Parameters
    ----------
    chain : rows under a convention.
    reference : (W,) reference price; NaN where there is none. [index points]
    """
    return _strike_levels(chain, reference, chain.call_magnitude, chain.put_magnitude)


def further_exposures(chain: SignedChain) -> dict[str, Float]:
    """Shares of the weight and exposures other than gamma's.

    Returns
    -------
    coverage : (W,) share of the weight at strikes with a gamma; NaN without weight. [1]
    quoted_share : (W,) share of the weight at strikes quoted recently; NaN without weight. [1]
    dex : (W,) sum of sign · delta · abs(weight) · multiplier · price. [USD]
    vanna_exposure : (W,) its change per 0.01 of volatility. [USD per vol point]
    charm_exposure : (W,) its change per calendar day passing. [USD per day]
    """
    rows = chain.rows
    window, windows = rows.window, rows.windows
    size = _known_or_zero(chain.call_size) + _known_or_zero(chain.put_size)
    whole = np.bincount(window, weights=size, minlength=windows)
    shares = {}
    for name, counted in (("coverage", ~np.isnan(rows.gamma)), ("quoted_share", rows.quoted)):
        part = np.bincount(window, weights=np.where(counted, size, 0.0), minlength=windows)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares[name] = np.where(whole > 0.0, np.minimum(part / whole, 1.0), np.nan)

    dollars = rows.multiplier * rows.price
    calls = chain.call_sign * chain.call_size * dollars
    puts = chain.put_sign * chain.put_size * dollars
    return {
        **shares,
        "dex": _sum_of_known(window, windows, calls * rows.call_delta, puts * rows.put_delta),
        "vanna_exposure": _sum_of_known(window, windows, calls * rows.vanna, puts * rows.vanna) * _PER_VOL_POINT,
        "charm_exposure": _sum_of_known(window, windows, calls * rows.call_charm, puts * rows.put_charm) / _DAYS_PER_YEAR,
    }


def zero_gamma(chain: SignedChain, *, reference: Float, found: StrikeLevels, rate: float) -> Flip:
    """Where net exposure changes sign, by the convention's flip rule.

    Parameters
    ----------
    chain : rows under a convention.
    reference : (W,) reference price; NaN gives no roots. [index points]
    found : what `levels` made of the same rows.
    rate : continuously compounded. [1/year]
    """
    if chain.convention.flip_rule == "strike_sign_change":
        return Flip(found.crossing, found.crossings, found.first_crossing, np.zeros(reference.size))
    roots = profile_roots(**_profile(chain, chain.rows.total_vol, rate=rate), F=reference)
    return Flip(roots.nearest, roots.price, roots.first, roots.peak)


def zero_gamma_band(chain: SignedChain, *, reference: Float, flip: Flip, chosen: Bool, rate: float) -> tuple[Float, Float]:
    """How far the nearest flip moves under other assumptions that are as good.

    Under `profile_nearest` these are gamma's volatility, the bid's and the ask's, each staying at its strike and moving along
    with the price; under `strike_sign_change`, where nothing moves, gamma at the bid's and at the ask's volatility. Where a
    strike has no volatility at the bid or ask, gamma's is used; a variant without a flip says nothing. Without any volatility
    at bid or ask there is no band under `strike_sign_change`.

    Parameters
    ----------
    chain, reference, rate : as for `zero_gamma`.
    flip : what `zero_gamma` found.
    chosen : (W,) the windows to answer for.

    Returns
    -------
    (lowest, highest), (W,) each; NaN in other windows and where there is no flip. [index points]
    """
    low, high = np.full(reference.size, np.nan), np.full(reference.size, np.nan)
    windows = np.flatnonzero(chosen & ~np.isnan(flip.nearest) & _has_assumptions(chain))
    if windows.size == 0:
        return low, high
    few = _of_windows(chain, windows)
    rows, price, peak = few.rows, reference[windows], flip.peak[windows]
    variants = [flip.nearest[windows]]
    for total_vol in (rows.total_vol, rows.total_vol_bid, rows.total_vol_ask):
        vol = np.where(total_vol > 0.0, total_vol, rows.total_vol)
        if few.convention.flip_rule == "strike_sign_change":
            variants.append(_strike_levels(few, price, *_magnitudes_at(few, vol, rate=rate)).crossing)
            continue
        market = {**_profile(few, vol, rate=rate), "smile": rows.expiration[_repriceable(few)], "F": price, "peak": peak}
        if total_vol is not rows.total_vol:
            variants.append(nearest_roots(**market, sticky_moneyness=False))
        variants.append(nearest_roots(**market, sticky_moneyness=True))
    low[windows] = np.fmin.reduce(variants)
    high[windows] = np.fmax.reduce(variants)
    return low, high


def _has_assumptions(chain: SignedChain) -> Bool:
    """(W,) whether there is more than one assumption to be made: re-pricing, or a volatility at the bid or ask."""
    rows = chain.rows
    if chain.convention.flip_rule == "profile_nearest":
        return np.ones(rows.windows, dtype=np.bool_)
    quoted = (rows.total_vol_bid > 0.0) | (rows.total_vol_ask > 0.0)
    return np.bincount(rows.window, weights=quoted, minlength=rows.windows) > 0.0


def _strike_levels(chain: SignedChain, reference: Float, call_magnitude: Float, put_magnitude: Float) -> StrikeLevels:
    rows = chain.rows
    return strike_levels(
        first=rows.first,
        strikes=rows.strikes,
        place=rows.place,
        call_magnitude=call_magnitude,
        put_magnitude=put_magnitude,
        call_sign=chain.call_sign,
        put_sign=chain.put_sign,
        F=reference,
        by_net=chain.convention.wall_rule == "net_side",
        secondary_share=SECONDARY_WALL_SHARE,
        highest=HIGH_GAMMA_STRIKES,
    )


def _repriceable(chain: SignedChain) -> Bool:
    return (chain.rows.total_vol > 0.0) & (chain.rows.forward > 0.0)


def _profile(chain: SignedChain, total_vol: Float, *, rate: float) -> dict[str, Any]:
    """What the kernels of re-pricing ask for; rows without weight keep their place in the smile."""
    rows, use = chain.rows, _repriceable(chain)
    weight = _known_or_zero(chain.call_sign * chain.call_size) + _known_or_zero(chain.put_sign * chain.put_size)
    dollars = rows.multiplier * scale_factor(scale=chain.convention.scale, F=rows.price, multiplier=rows.multiplier)
    coefficient = profile_coefficient(signed_weight=weight, F=rows.forward, T=rows.years, r=rate, dollars=dollars)
    return {
        "first": _first_of(use, rows.first),
        "moneyness": np.log(rows.forward[use] / rows.strikes[rows.place[use]]),
        "total_vol": total_vol[use],
        "coefficient": _known_or_zero(coefficient[use]),
    }


def _magnitudes_at(chain: SignedChain, total_vol: Float, *, rate: float) -> tuple[Float, Float]:
    """Magnitudes of calls and puts with gamma at another volatility."""
    rows = chain.rows
    gamma = chain_greeks(F=rows.forward, K=rows.strikes[rows.place], T=rows.years, total_vol=total_vol, r=rate).gamma
    known = (rows.gamma > 0.0) & ~np.isnan(gamma)
    change = np.ones(rows.gamma.size)
    np.divide(gamma, rows.gamma, out=change, where=known)
    return chain.call_magnitude * change, chain.put_magnitude * change


def _of_windows(chain: SignedChain, windows: Int) -> SignedChain:
    """The same chain with these windows alone."""
    lengths = np.diff(chain.rows.first)
    kept = np.zeros(chain.rows.windows, dtype=np.bool_)
    kept[windows] = True
    few = chain.only(np.repeat(kept, lengths))
    first = np.concatenate([[0], np.cumsum(lengths[windows])])
    return replace(few, rows=replace(few.rows, first=first))


def _first_of(chosen: Bool, first: Int) -> Int:
    """Each window's first row when only the chosen rows are left."""
    return np.concatenate([[0], np.cumsum(chosen)])[first]


def _known_or_zero(values: Float) -> Float:
    return np.where(np.isnan(values), 0.0, values)


def _sum_of_known(window: Int, windows: int, calls: Float, puts: Float) -> Float:
    """(W,) sum over both rights of what is known; NaN where nothing is."""
    known = np.bincount(window, weights=(~np.isnan(calls)).astype(np.float64) + ~np.isnan(puts), minlength=windows)
    total = np.bincount(window, weights=_known_or_zero(calls) + _known_or_zero(puts), minlength=windows)
    return np.where(known > 0.0, total, np.nan)
