"""The exposures of a chain as tables: by strike over all expirations, and by expiration with its own levels."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.chain_levels import SignedChain, levels
from gex_assets.analytics.zero_gamma import ZeroGamma, ZeroGammaFinder
from gex_assets.chain.pricing import ExpirationSlice
from gex_assets.kernels.exposure.levels import StrikeLevels

__all__ = ["EXPIRATION_COLUMNS", "by_expiration", "by_strike", "strikes_table"]

Float = NDArray[np.float64]

EXPIRATION_COLUMNS: Final = MappingProxyType(
    {
        "ts_expiration": "moment of expiration; NULL where only years are known, or neither [UNIX ns UTC]",
        "years": "time to expiration; NULL where not known [years]",
        "options": "options with an exposure",
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
    }
)
"""Column of `Analysis.expirations` -> what it holds. Exposures are in the convention's scale."""


def by_strike(chain: SignedChain) -> pa.Table:
    """Signed exposures by strike, over all expirations; NULL where a right has none at the strike."""
    place, size = chain.rows.place, chain.rows.strikes.size
    sums, known = [], []
    for signed_exposure in (chain.call_magnitude * chain.call_sign, chain.put_magnitude * chain.put_sign):
        there = ~np.isnan(signed_exposure)
        sums.append(np.bincount(place[there], weights=signed_exposure[there], minlength=size))
        known.append(np.bincount(place[there], minlength=size) > 0)
    call, put = (np.where(there, total, np.nan) for total, there in zip(sums, known, strict=True))
    net = np.where(known[0] | known[1], sums[0] + sums[1], np.nan)
    return strikes_table(chain.rows.strikes, call=call, put=put, net=net)


def strikes_table(strikes: Float, *, call: Float, put: Float, net: Float) -> pa.Table:
    """(S,) each as a table; NaN becomes NULL."""
    columns = {"strike": strikes, "call_gex": call, "put_gex": put, "net_gex": net}
    return pa.table({name: pa.array(values, type=pa.float64(), from_pandas=True) for name, values in columns.items()})


def by_expiration(
    chain: SignedChain, slices: ExpirationSlice, *, found: StrikeLevels, zero_gamma: ZeroGamma, price: float, rate: float
) -> pa.Table:
    """Exposures and levels of every expiration alone: its rows are taken as a window of their own.

    Parameters
    ----------
    chain : all rows under a convention, one window.
    slices : the expirations of the same rows.
    found, zero_gamma : totals, walls and zero gamma of the whole chain; where there is one expiration, they are its own.
    price : the spot price. [index points]
    rate : continuously compounded. [1/year]
    """
    size = slices.years.size
    if size > 1:
        each = replace(chain, rows=replace(chain.rows, first=slices.first))
        reference = np.full(size, price)
        found = levels(each, reference=reference)
        zero_gamma = ZeroGammaFinder(each, chosen=np.zeros(size, dtype=np.bool_), rate=rate).find(
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
    }
    made = {name: pa.array(values, type=pa.float64(), from_pandas=True) for name, values in columns.items()}
    made["ts_expiration"] = pa.array([None] * size if slices.ts_expiration is None else slices.ts_expiration, type=pa.int64())
    made |= {"options": pa.array(options, type=pa.int64()), "forward_pairs": pa.array(slices.pairs, type=pa.int64())}
    return pa.table({name: made[name] for name in EXPIRATION_COLUMNS})
