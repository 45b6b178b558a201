r"""The re-priced profile tabulated: net exposure at given prices, volatilities staying at their strikes.

What the profile is, and where it changes sign, is in `gamma_profile`; the sums are those of `profile_sum`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.exposure import profile_sum
from gex_assets.kernels.exposure.profile_sum import (
    DOUBT,
    ROW_COEFFICIENT,
    ROW_MONEYNESS,
    ROW_TERM,
    ROW_TOTAL_VOL,
    STRIKE,
    longest_window,
    net_exposure,
    terms,
    total,
    weighted_rows,
)
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.pricing import normal

__all__ = ["profile_at"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def profile_at(
    *,
    first: Int,
    stop: Int,
    moneyness: Float,
    total_vol: Float,
    coefficient: Float,
    F: Float,
    price: Float,
    first_price: Int,
    power: float,
) -> Float:
    r"""Net exposure at each price, in the unit of the scale: (p/F)^power · Σ b_k/s_k · exp(-½ d₊²) with all forwards times p/F.

    Summed in vector code. Where that sum is so close to zero that its sign is not certain, it is summed exactly, as for roots. So
    between neighbouring prices of different sign lies a root of `profile_roots`.

    Parameters
    ----------
    first, stop : (W,) each window's rows are [first, stop).
    moneyness, total_vol, coefficient : (n,) as for `profile_roots`.
    F : (W,) reference price > 0 that the shift is applied to. [index points]
    price : (P,) > 0, by window. [index points]
    first_price : (W + 1,) each window's prices are [first_price[w], first_price[w + 1]).
    power : of the price in gamma times the scale's factor: 1 for `usd_per_1pct`. [1]

    Returns
    -------
    (P,) net exposure; 0 for a window without rows. [unit of the scale]
    """
    out = np.zeros(price.shape[0])
    _tabulate(first, stop, moneyness, total_vol, coefficient, F, price, first_price, power, out)
    return out


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def _tabulate(
        begins: Int,
        ends: Int,
        all_m: Float,
        all_s: Float,
        all_b: Float,
        F: Float,
        price: Float,
        first_price: Int,
        power: float,
        out: Float,
    ) -> None:
        unit  # noqa: B018
        none = np.empty(0, dtype=np.int64)
        work = np.empty((4, longest_window(begins, ends)))
        for w in range(F.shape[0]):
            count = weighted_rows(begins[w], ends[w], all_m, all_s, all_b, work)
            if count == 0:
                continue
            for j in range(first_price[w], first_price[w + 1]):
                shift = price[j] / F[w]
                y = math.log(shift)
                terms(y, count, work[ROW_MONEYNESS], work[ROW_TOTAL_VOL], work[ROW_COEFFICIENT], work[ROW_TERM])
                value, size = total(count, work[ROW_TERM])
                if abs(value) <= DOUBT * size:
                    value = net_exposure(
                        y, 0, count, none, work[ROW_MONEYNESS], work[ROW_TOTAL_VOL], work[ROW_COEFFICIENT], STRIKE
                    )
                out[j] = value * shift**power

    return _tabulate


_tabulate: Final = _compiled(fingerprint(normal, profile_sum) ^ normal.COEFFICIENTS ^ profile_sum.CONSTANTS)
