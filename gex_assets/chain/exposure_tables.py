"""The exposures of a chain as tables: by strike over all expirations, and by expiration with its own levels."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.at_the_money import distance_in_sigmas
from gex_assets.analytics.chain_levels import SignedChain, folded, levels
from gex_assets.analytics.zero_gamma import ZeroGamma, ZeroGammaFinder
from gex_assets.chain.arrow_columns import float_table, floats, integers, texts
from gex_assets.chain.pricing.priced_chain import ExpirationSlice
from gex_assets.kernels.exposure.levels import StrikeLevels

__all__ = ["EXPIRATION_COLUMNS", "by_expiration", "by_strike", "strikes_table", "sums_at", "zero_gamma_finder"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

EXPIRATION_COLUMNS: Final = MappingProxyType(
    {
        "ts_expiration": "moment of expiration; NULL where only years are known, or neither [UNIX ns UTC]",
        "years": "time to expiration; NULL where not known [years]",
        "options": "options with an exposure",
        "gamma_from": "where its gammas come from first: published, iv or implied",
        "forward": "what the expiration's options are priced with [index points]",
        "forward_se": "twice the standard error of the quotes' forward; NULL where it is the spot price [index points]",
        "forward_pairs": "pairs of call and put behind the forward; 0 where it is the spot price",
        "call_gex": "signed exposure of calls; NULL where there is none",
        "put_gex": "signed exposure of puts; NULL where there is none",
        "net_gex": "their sum",
        "gross_gex": "sum of the magnitudes",
        "call_wall": "wall of this expiration alone [index points]",
        "put_wall": "wall of this expiration alone [index points]",
        "zero_gamma": "of this expiration alone, nearest the spot price [index points]",
        "zero_gamma_sigmas": "its distance from the spot price in one day's standard deviations of the price",
    }
)
"""Column of `Analysis.expirations` -> what it holds. Exposures are in the convention's scale."""


def by_strike(chain: SignedChain) -> pa.Table:
    """Signed exposures by strike, over all expirations; NULL where a right has none at the strike.

    Strikes of several futures are prices on one axis, as walls are.
    """
    rows = chain.rows
    strikes, place = (rows.strikes, rows.place) if rows.axis is None else (rows.axis.price, rows.axis.place)
    call, put = (sums_at(place, values, size=strikes.size) for values in (chain.call_exposure, chain.put_exposure))
    net = np.where(np.isnan(call) & np.isnan(put), np.nan, np.nan_to_num(call) + np.nan_to_num(put))
    return strikes_table(strikes, call=call, put=put, net=net)


def sums_at(place: Int, values: Float, *, size: int) -> Float:
    """(size,) sums of what is known at each place; NaN where nothing is.

    Parameters
    ----------
    place : (n,) position of each value; -1 where it has none.
    values : (n,) NaN where missing.
    size : how many places there are.
    """
    there = ~np.isnan(values) & (place >= 0)
    total = np.bincount(place[there], weights=values[there], minlength=size)
    return np.where(np.bincount(place[there], minlength=size) > 0, total, np.nan)


def strikes_table(strikes: Float, *, call: Float, put: Float, net: Float) -> pa.Table:
    """(S,) each as a table; NaN becomes NULL."""
    columns = {"strike": strikes, "call_gex": call, "put_gex": put, "net_gex": net}
    return float_table(columns)


def zero_gamma_finder(chain: SignedChain, *, chosen: Bool, rate: float) -> ZeroGammaFinder:
    """A finder over strikes in place of options, where the rule re-prices: a strike has one volatility."""
    reprices = chain.convention.flip_rule == "profile_nearest" and bool((chain.rows.total_vol > 0.0).any())
    return ZeroGammaFinder(folded(chain) if reprices else chain, chosen=chosen, rate=rate)


def by_expiration(
    chain: SignedChain,
    slices: ExpirationSlice,
    *,
    found: StrikeLevels,
    zero_gamma: ZeroGamma,
    price: float,
    rate: float,
    sigma: float,
) -> pa.Table:
    """Exposures and levels of every expiration alone: its rows are taken as a window of their own.

    Parameters
    ----------
    chain : all rows under a convention, one window.
    slices : the expirations of the same rows.
    found, zero_gamma : totals, walls and zero gamma of the whole chain; where there is one expiration, they are its own.
    price : the spot price. [index points]
    rate : continuously compounded. [1/year]
    sigma : one day's standard deviation of the price, NaN where unknown. [1]
    """
    size = slices.years.size
    if size > 1:
        each = replace(chain, rows=replace(chain.rows, first=slices.first))
        reference = np.full(size, price)
        found = levels(each, reference=reference)
        zero_gamma = zero_gamma_finder(each, chosen=np.zeros(size, dtype=np.bool_), rate=rate).find(
            reference=reference, found=found
        )
    exposed = ~(np.isnan(chain.call_magnitude) & np.isnan(chain.put_magnitude))
    options = np.diff(np.concatenate([[0], np.cumsum(exposed)])[slices.first])
    columns = {
        "years": slices.years,
        "forward": np.where(np.isnan(slices.years), np.nan, slices.forward),
        "forward_se": slices.forward_se,
        "call_gex": found.call,
        "put_gex": found.put,
        "net_gex": found.net,
        "gross_gex": found.gross,
        "call_wall": found.call_wall,
        "put_wall": found.put_wall,
        "zero_gamma": zero_gamma.nearest,
        "zero_gamma_sigmas": distance_in_sigmas(zero_gamma.nearest, reference=np.full(size, price), sigma=np.full(size, sigma)),
    }
    made = {name: floats(values) for name, values in columns.items()}
    made["ts_expiration"] = integers(slices.ts_expiration, size=size)
    made["gamma_from"] = texts(slices.gamma_from)
    made |= {"options": integers(options, size=size), "forward_pairs": integers(slices.pairs, size=size)}
    return pa.table({name: made[name] for name in EXPIRATION_COLUMNS})
