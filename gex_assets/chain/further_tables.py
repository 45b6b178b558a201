"""Further tables of a chain: other greeks by strike, exposure by strike and expiration, the day's own part, the profile."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import SignedChain, row_exposures
from gex_assets.analytics.zero_gamma import profile_of
from gex_assets.chain.arrow_columns import float_table, integers, texts
from gex_assets.chain.exposure_tables import sums_at
from gex_assets.chain.pricing.priced_chain import ExpirationSlice
from gex_assets.kernels.exposure.profile_grid import profile_at
from gex_assets.market.expirations import chicago_date

__all__ = [
    "PROFILE_COLUMNS",
    "STRIKE_EXPIRATION_COLUMNS",
    "STRIKE_GREEK_COLUMNS",
    "ZERO_DTE_COLUMNS",
    "ChainBehind",
    "by_strike_and_expiration",
    "greeks_by_strike",
    "profile_over_prices",
    "zero_dte_split",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

STRIKE_GREEK_COLUMNS: Final = MappingProxyType(
    {
        "strike": "as in `Analysis.strikes` [index points]",
        "dex": "delta exposure, signed by the convention; NULL where no option has a volatility [USD]",
        "vanna_exposure": "its change per 0.01 of volatility [USD per vol point]",
        "charm_exposure": "its change per calendar day passing [USD per day]",
    }
)
"""Column of `Analysis.strike_greeks` -> what it holds; sums over expirations."""

STRIKE_EXPIRATION_COLUMNS: Final = MappingProxyType(
    {
        "ts_expiration": "moment of expiration; NULL where only years are known, or neither [UNIX ns UTC]",
        "years": "time to expiration; NULL where not known [years]",
        "strike": "of the options [index points]",
        "call_gex": "signed exposure of the calls; NULL where there is none",
        "put_gex": "signed exposure of the puts; NULL where there is none",
        "net_gex": "their sum",
        "dex": "as in `strike_greeks` [USD]",
        "vanna_exposure": "as in `strike_greeks` [USD per vol point]",
        "charm_exposure": "as in `strike_greeks` [USD per day]",
    }
)
"""Column of `Analysis.strike_expirations` -> what it holds. Exposures of gamma are in the convention's scale."""

ZERO_DTE_COLUMNS: Final = MappingProxyType(
    {
        "part": "0dte: expires on the day of `as_of`, as Chicago names it; later: all others",
        "options": "options with an exposure",
        "call_gex": "signed exposure of the calls; NULL where there is none",
        "put_gex": "signed exposure of the puts; NULL where there is none",
        "net_gex": "their sum; NULL where there is no exposure",
        "gross_gex": "sum of the magnitudes",
        "gross_share": "its share of the chain's gross exposure [1]",
    }
)
"""Column of `Analysis.zero_dte` -> what it holds. Exposures are in the convention's scale."""


PROFILE_COLUMNS: Final = MappingProxyType(
    {
        "price": "the price that the spot price is moved to; forwards move by the same percentage [index points]",
        "net_gex": "net exposure there, volatilities staying at their strikes",
    }
)
"""Column of `Analysis.profile` -> what it holds. Exposures are in the convention's scale."""

_PROFILE_REACH: Final = 0.1
_PROFILE_PRICES: Final = 201
"""Prices of the profile, evenly from 10 % below the spot price to 10 % above it."""


class ChainBehind(NamedTuple):
    """A chain under a convention: one window, a row per option, its expirations, its moment [UNIX ns UTC], the rate [1/year]."""

    signed: SignedChain
    slices: ExpirationSlice
    as_of_ns: int | None
    rate: float


def greeks_by_strike(behind: ChainBehind) -> pa.Table:
    """Exposures of delta, vanna and charm, summed over expirations."""
    rows, greeks = behind.signed.rows, row_exposures(behind.signed)
    strikes, place = (rows.strikes, rows.place) if rows.axis is None else (rows.axis.price, rows.axis.place)
    columns = {"strike": strikes} | {name: sums_at(place, values, size=strikes.size) for name, values in greeks.items()}
    return float_table({name: columns[name] for name in STRIKE_GREEK_COLUMNS})


def by_strike_and_expiration(behind: ChainBehind) -> pa.Table:
    """Exposures of every strike of every expiration, calls and puts together in a row."""
    chain, slices = behind.signed, behind.slices
    rows, greeks = chain.rows, row_exposures(chain)
    strike = rows.strikes[rows.place]
    is_new = (np.diff(rows.expiration, prepend=-1) != 0) | (np.diff(rows.place, prepend=-1) != 0)
    place, at = np.cumsum(is_new) - 1, np.flatnonzero(is_new)
    expiration = rows.expiration[at]
    call, put = (sums_at(place, values, size=at.size) for values in (chain.call_exposure, chain.put_exposure))
    columns = {
        "years": slices.years[expiration],
        "strike": strike[at],
        "call_gex": call,
        "put_gex": put,
        "net_gex": _net(call, put),
        **{name: sums_at(place, values, size=at.size) for name, values in greeks.items()},
    }
    moments = None if slices.ts_expiration is None else slices.ts_expiration[expiration]
    return float_table(columns).add_column(0, "ts_expiration", integers(moments, size=at.size))


def profile_over_prices(behind: ChainBehind, *, spot: float) -> pa.Table | None:
    """Net exposure of the chain re-priced at prices around the spot price; None without volatilities or times to expiration."""
    profile = profile_of(behind.signed, rate=behind.rate)
    if not profile.rows.size:
        return None
    prices = spot * np.linspace(1.0 - _PROFILE_REACH, 1.0 + _PROFILE_REACH, _PROFILE_PRICES)
    net = profile_at(
        **profile.within(behind.signed.rows.whole),
        moneyness=profile.moneyness,
        total_vol=profile.total_vols[0],
        coefficient=profile.coefficient,
        F=np.array([spot]),
        price=prices,
        first_price=np.array([0, prices.size]),
        power=profile.power,
    )
    return float_table(dict(zip(PROFILE_COLUMNS, (prices, net), strict=True)))


def zero_dte_split(behind: ChainBehind) -> pa.Table | None:
    """Exposures of what expires on the day of the chain, and of all else; None without moments of expiration or `as_of`."""
    chain, slices, as_of_ns = behind.signed, behind.slices, behind.as_of_ns
    if as_of_ns is None or slices.ts_expiration is None:
        return None
    today = chicago_date(as_of_ns)
    is_today = np.array([chicago_date(moment) == today for moment in slices.ts_expiration.tolist()], dtype=np.bool_)
    place = np.where(is_today[chain.rows.expiration], 0, 1)
    call, put = (sums_at(place, values, size=2) for values in (chain.call_exposure, chain.put_exposure))
    magnitude = np.where(np.isnan(chain.call_magnitude), chain.put_magnitude, chain.call_magnitude)
    gross = np.nan_to_num(sums_at(place, magnitude, size=2))
    options = np.bincount(place[~np.isnan(magnitude)], minlength=2)
    share = np.full(2, np.nan)
    np.divide(gross, gross.sum(), out=share, where=gross.sum() > 0.0)
    made = float_table({"call_gex": call, "put_gex": put, "net_gex": _net(call, put), "gross_gex": gross, "gross_share": share})
    made = made.append_column("part", texts(["0dte", "later"])).append_column("options", integers(options, size=2))
    return made.select(list(ZERO_DTE_COLUMNS))


def _net(call: Float, put: Float) -> Float:
    """The sum of what is known; NaN where neither is."""
    return np.where(np.isnan(call) & np.isnan(put), np.nan, np.nan_to_num(call) + np.nan_to_num(put))
