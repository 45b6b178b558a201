"""The study's baselines, rules that others use: the forward of one strike, and gamma at a strike's own quote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.pricing.black76 import chain_greeks
from gex_assets.stages.expirations_in_force import years_to_expiration
from gex_assets.stages.ladders import ladders_of
from gex_assets.stages.quote_grid import GRID_KEYS, STATE, quote_grid
from gex_assets.stages.silver.forward import QUOTE_COLUMNS

__all__ = ["one_strike_forwards", "quoted_gamma"]

Float = NDArray[np.float64]


def one_strike_forwards(groups: Sequence[pa.Table], *, instruments: pa.Table, rate: float) -> pa.Table:
    """Forward of each expiration by the VIX's rule: K + e^(rT)(C - P) of the one strike with the least |C - P|, of midpoints.

    Parameters
    ----------
    groups : tables of whole windows of `silver_option_quotes` (at least `QUOTE_COLUMNS`).
    instruments : `bronze_option_instruments` of the day.
    rate : continuously compounded. [1/year]

    Returns
    -------
    ts_window_end, ts_expiration, one_strike (NaN without a pair of ok quotes). [index points]

    References
    ----------
    Cboe, "Volatility Index Methodology: Cboe Volatility Index", step 1 ("Select the options to be used").
    """
    ladders = ladders_of(instruments, tally=Counter())
    columns = [name for name in QUOTE_COLUMNS if name not in GRID_KEYS]
    parts = []
    for group in groups:
        grid = quote_grid(group, instrument_ids=ladders.instrument_ids, columns=columns)
        middle = np.where(grid.columns["book_state"] == STATE["ok"], 0.5, np.nan)
        middle = middle * (grid.columns["bid_price"] + grid.columns["ask_price"])
        for ladder in ladders.by_expiration:
            both = (ladder.call >= 0) & (ladder.put >= 0)
            difference = middle[:, ladder.call[both]] - middle[:, ladder.put[both]]
            distance = np.where(np.isnan(difference), np.inf, np.abs(difference))
            nearest = distance.argmin(axis=1) if distance.shape[1] else np.zeros(grid.ends.size, dtype=np.int64)
            rows = np.arange(grid.ends.size)
            years = years_to_expiration(ends=grid.ends, ts_expiration=ladder.ts_expiration)
            found = np.full(grid.ends.size, np.nan)
            if distance.shape[1]:
                found = ladder.strikes[both][nearest] + np.exp(rate * years) * difference[rows, nearest]
            expirations = np.full(grid.ends.size, ladder.ts_expiration, dtype=np.int64)
            parts.append(pa.table({"ts_window_end": grid.ends, "ts_expiration": expirations, "one_strike": found}))
    return pa.concat_tables(parts)


def quoted_gamma(*, F: Float, K: Float, T: Float, iv: Float, rate: float) -> Float:
    """Gamma at the volatility of the strike's own midpoint, nothing fitted; NaN where it has none. [1/point]."""
    return np.asarray(chain_greeks(F=F, K=K, T=T, total_vol=iv * np.sqrt(T), r=rate).gamma)
