"""The true zero gamma of a sample: net exposure re-priced with its forward and surface, on a dense grid, refined by Brent.

Plain numpy and scipy on purpose: it judges `kernels.exposure.gamma_profile` and must share nothing with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

__all__ = ["true_zero_gamma"]

Float = NDArray[np.float64]

_DOWN, _UP = np.log(0.8), np.log(1.2)
_STEP_POINTS: Final = 2.0
_NEGLIGIBLE: Final = 1e-9
"""Prices at which the profile is below this share of its peak have no sign, as for the published zero gamma."""


def true_zero_gamma(*, F: float, K: Float, total_vol: Float, net_weight: Float) -> float:
    """Price nearest F, within 20 % of it, at which Σ w Γ(P, K) P² changes sign, volatilities staying at their strikes.

    Parameters
    ----------
    F : true forward. [index points]
    K : (S,) strikes. [index points]
    total_vol : (S,) true volatility of the strike times √T. [1]
    net_weight : (S,) calls less puts. [contracts]

    Returns
    -------
    The root [index points]; NaN where there is none.
    """

    def net(shift: Float) -> Float:
        d_plus = (np.log(F / K) + shift[:, None]) / total_vol + total_vol / 2
        bells = np.exp(-0.5 * d_plus**2) / total_vol
        return np.asarray(np.exp(shift) * (bells @ net_weight))

    grid = np.linspace(_DOWN, _UP, 1 + int(np.ceil((_UP - _DOWN) * F / _STEP_POINTS)))
    values = net(grid)
    signs = np.where(np.abs(values) > _NEGLIGIBLE * np.abs(values).max(initial=0.0), np.sign(values), 0.0)
    has_sign = np.flatnonzero(signs)
    turns = np.flatnonzero(signs[has_sign[1:]] != signs[has_sign[:-1]])
    roots = [
        brentq(lambda y: float(net(np.array([y]))[0]), grid[has_sign[k]], grid[has_sign[k + 1]], xtol=1e-14)
        for k in turns.tolist()
    ]
    prices = F * np.exp(np.array(roots))
    return float(prices[np.abs(prices - F).argmin()]) if prices.size else float("nan")
