"""From the rows of a chain to its levels under one convention: weights and signs are applied, then summed by window.

Shared by `silver_gex_levels` and the calculator for a caller's chain. Zero gamma and its band are in `zero_gamma`, changes since
the window before in `level_changes`, standard errors in `level_errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.analytics.strike_axis import StrikeAxis
from gex_assets.conventions import HIGH_GAMMA_STRIKES, SECONDARY_WALL_SHARE, Convention
from gex_assets.kernels.exposure.exposure import gamma_exposure, scale_factor, signs
from gex_assets.kernels.exposure.levels import StrikeLevels, strike_levels
from gex_assets.kernels.exposure.weighted_sums import GreeksOfRows, Holdings, weighted_sums

__all__ = ["ChainRows", "Scope", "SignedChain", "folded", "further_exposures", "levels", "row_exposures", "signed"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_DAYS_PER_YEAR: Final = 365.0
_PER_VOL_POINT: Final = 0.01


class Scope(NamedTuple):
    """Rows that are summed together: [first, stop) of each of W windows, so only expirations next to each other."""

    first: Int
    stop: Int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRows:
    """Rows of W windows, by window, then expiration, then strike, ascending; NaN where a value is not known.

    Attributes
    ----------
    first : (W + 1,) position of each window's first row.
    strikes : (U,) all strikes, ascending. [index points]
    place : (n,) position of the row's strike in `strikes`.
    expiration : (n,) number of the row's expiration.
    forward : (n,) the expiration's own forward. [index points]
    price : (n,) price in scales and dollar deltas: the forward, or the spot price of a caller's chain. [index points]
    years : (n,) time to expiration. [years]
    multiplier : (n,) value of a point. [USD per point]
    gamma : (n,) [1/point]
    total_vol, total_vol_bid, total_vol_ask : (n,) volatility * sqrt(years): gamma's, at the bid, at the ask. [1]
    vanna, call_delta, put_delta, call_charm, put_charm : (n,) as in `kernels.pricing.black76`.
    quoted : (n,) whether the strike was quoted recently.
    weights : name of a weight -> (of calls, of puts), (n,) each. [contracts]
    axis : where the strikes stand when those of several futures are compared; None where each stands at itself.
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
    axis: StrikeAxis | None = None

    @property
    def windows(self) -> int:
        """Number of windows, with rows or without."""
        return self.first.size - 1

    @property
    def whole(self) -> Scope:
        """All rows of every window."""
        return Scope(self.first[:-1], self.first[1:])

    @property
    def expiration_starts(self) -> Int:
        """(G + 1,) position of the first row of each expiration in each window, then the number of rows."""
        window = np.repeat(np.arange(self.windows), np.diff(self.first))
        is_new = (np.diff(window, prepend=-1) != 0) | (np.diff(self.expiration, prepend=-1) != 0)
        return np.append(np.flatnonzero(is_new), window.size)

    def of_windows(self, chosen: Bool) -> ChainRows:
        """Rows of the chosen windows alone; `strikes` keeps all."""
        if chosen.all():
            return self
        rows = np.repeat(chosen, np.diff(self.first))
        first = np.concatenate([[0], np.cumsum(np.diff(self.first)[chosen])])
        return replace(self.of_rows(rows), first=first)

    def of_rows(self, chosen: Bool) -> ChainRows:
        """The chosen rows of all windows; `strikes` keeps all."""
        columns = {name: getattr(self, name)[chosen] for name in _ROW_COLUMNS}
        weights = {name: (call[chosen], put[chosen]) for name, (call, put) in self.weights.items()}
        first = np.concatenate([[0], np.cumsum(chosen)])[self.first]
        axis = None if self.axis is None else self.axis.of_rows(chosen)
        return replace(self, first=first, weights=weights, axis=axis, **columns)


_ROW_COLUMNS: Final = tuple(one.name for one in fields(ChainRows) if one.name not in ("first", "strikes", "weights", "axis"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedChain:
    """Rows under a convention, (n,) arrays; NaN where missing, and everywhere without a weight (`weight` is None).

    Attributes
    ----------
    call_magnitude, put_magnitude : gamma · abs(weight) · multiplier · scale(price). [unit of the convention's scale]
    call_sign, put_sign : -1, 0 or 1 by the convention's sign model.
    call_size, put_size : abs(weight). [contracts]
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

    @property
    def call_exposure(self) -> Float:
        """(n,) signed exposure of the calls [unit of the convention's scale]."""
        return self.call_magnitude * self.call_sign

    @property
    def put_exposure(self) -> Float:
        """(n,) signed exposure of the puts [unit of the convention's scale]."""
        return self.put_magnitude * self.put_sign

    @property
    def call_contracts(self) -> Float:
        """(n,) signed size of the calls [contracts]."""
        return self.call_sign * self.call_size

    @property
    def put_contracts(self) -> Float:
        """(n,) signed size of the puts [contracts]."""
        return self.put_sign * self.put_size

    @property
    def factor(self) -> Float:
        """(n,) exposure of one contract per unit of gamma: multiplier · scale(price)."""
        rows = self.rows
        return rows.multiplier * scale_factor(scale=self.convention.scale, F=rows.price, multiplier=rows.multiplier)


def signed(rows: ChainRows, *, convention: Convention, weight: str | None) -> SignedChain:
    """Magnitudes and signs of every row.

    Parameters
    ----------
    rows : the chain; its weights must hold `flow_inventory` under `flow_signed`.
    convention : gives scale and sign model.
    weight : one of the convention's weights, or None.

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


def folded(chain: SignedChain) -> SignedChain:
    """The chain with rows of one expiration, strike and total volatility as one: what re-pricing needs, at half the work.

    The signed contracts of a fold are the sum of its rows'. They stand as calls: re-pricing does not tell calls from puts, and no
    other sum may be taken of a folded chain.
    """
    rows = chain.rows
    window = np.repeat(np.arange(rows.windows), np.diff(rows.first))
    keys = (window, rows.expiration, rows.place)
    same = np.logical_and.reduce([np.diff(key) == 0 for key in keys])
    same &= (np.diff(rows.total_vol) == 0.0) & (np.diff(rows.forward) == 0.0)
    begins = np.append(True, ~same)[: window.size]
    at = np.flatnonzero(begins)
    contracts = _of_both(chain.call_contracts, chain.put_contracts)
    total = np.bincount(np.cumsum(begins) - 1, weights=np.nan_to_num(contracts), minlength=at.size)
    few = rows.of_rows(begins)
    nothing = np.full(at.size, np.nan)
    return replace(
        chain,
        rows=few,
        call_sign=np.sign(total),
        call_size=np.abs(total),
        call_magnitude=nothing,
        put_sign=nothing,
        put_size=nothing,
        put_magnitude=nothing,
    )


def levels(
    chain: SignedChain,
    *,
    reference: Float,
    scope: Scope | None = None,
    magnitudes: tuple[Float, Float] | None = None,
) -> StrikeLevels:
    """Totals, walls and crossings by the convention's wall rule; prices are those of the rows' axis.

    Parameters
    ----------
    chain : rows under a convention.
    reference : (W,) reference price; NaN where there is none. [index points]
    scope : which rows; all by default.
    magnitudes : (n,) of calls and of puts in place of the chain's own. [unit of the convention's scale]
    """
    rows, scope = chain.rows, scope or chain.rows.whole
    call_magnitude, put_magnitude = magnitudes or (chain.call_magnitude, chain.put_magnitude)
    strikes, place = (rows.strikes, rows.place) if rows.axis is None else (rows.axis.price, rows.axis.place)
    return strike_levels(
        first=scope.first,
        stop=scope.stop,
        strikes=strikes,
        place=place,
        call_magnitude=call_magnitude,
        put_magnitude=put_magnitude,
        call_sign=chain.call_sign,
        put_sign=chain.put_sign,
        F=reference,
        by_net=chain.convention.wall_rule == "net_side",
        secondary_share=SECONDARY_WALL_SHARE,
        highest=HIGH_GAMMA_STRIKES,
    )


def row_exposures(chain: SignedChain) -> dict[str, Float]:
    """Exposures other than gamma's of every row, call and put together: the terms that `further_exposures` adds up.

    Returns
    -------
    dex : (n,) sum over rights of sign · delta · abs(weight) · multiplier · price. [USD]
    vanna_exposure : (n,) its change per 0.01 of volatility. [USD per vol point]
    charm_exposure : (n,) its change per calendar day passing. [USD per day]
    Each is NaN where neither right is known.
    """
    rows = chain.rows
    dollars = rows.multiplier * rows.price
    calls, puts = chain.call_contracts * dollars, chain.put_contracts * dollars
    return {
        "dex": _of_both(calls * rows.call_delta, puts * rows.put_delta),
        "vanna_exposure": _of_both(calls * rows.vanna, puts * rows.vanna) * _PER_VOL_POINT,
        "charm_exposure": _of_both(calls * rows.call_charm, puts * rows.put_charm) / _DAYS_PER_YEAR,
    }


def _of_both(calls: Float, puts: Float) -> Float:
    """The sum of what is known; NaN where neither is."""
    return np.where(np.isnan(calls), puts, calls + np.where(np.isnan(puts), 0.0, puts))


def further_exposures(chain: SignedChain, *, scope: Scope | None = None) -> dict[str, Float]:
    """Shares of the weight and exposures other than gamma's.

    Returns
    -------
    coverage : (W,) share of the weight at strikes with a gamma; NaN without weight. [1]
    quoted_share : (W,) share of the weight at strikes quoted recently; NaN without weight. [1]
    dex : (W,) sum of sign · delta · abs(weight) · multiplier · price. [USD]
    vanna_exposure : (W,) its change per 0.01 of volatility. [USD per vol point]
    charm_exposure : (W,) its change per calendar day passing. [USD per day]
    """
    rows, scope = chain.rows, scope or chain.rows.whole
    sums = weighted_sums(
        first=scope.first,
        stop=scope.stop,
        held=Holdings(
            call_sign=chain.call_sign,
            call_size=chain.call_size,
            put_sign=chain.put_sign,
            put_size=chain.put_size,
            dollars=rows.multiplier * rows.price,
        ),
        greeks=GreeksOfRows(
            gamma=rows.gamma,
            call_delta=rows.call_delta,
            put_delta=rows.put_delta,
            vanna=rows.vanna,
            call_charm=rows.call_charm,
            put_charm=rows.put_charm,
        ),
        quoted=rows.quoted,
    )
    return {
        "coverage": sums.with_gamma,
        "quoted_share": sums.quoted,
        "dex": sums.delta,
        "vanna_exposure": sums.vanna * _PER_VOL_POINT,
        "charm_exposure": sums.charm / _DAYS_PER_YEAR,
    }
