"""How gamma answers to its volatility and its forward, and its standard error at every strike.

The formulas of the volatility's own errors are in `kernels.exposure.smile_errors`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.exposure.net_error import BETWEEN
from gex_assets.kernels.exposure.smile_errors import SmileErrors

__all__ = ["GammaResponse", "gamma_error", "gamma_response"]

Float = NDArray[np.float64]


class GammaResponse(NamedTuple):
    """Relative changes of gamma, any one shape; NaN where gamma is.

    Attributes
    ----------
    by_vol : per unit of volatility, (d₊ d₋ − 1)/σ. [√year]
    by_forward : per unit of ln F, the volatility held, −1 − d₊/s. A scale's power of the price adds to it. [1]
    """

    by_vol: Float
    by_forward: Float


def gamma_response(*, F: Float, K: Float, T: Float, total_vol: Float) -> GammaResponse:
    """Relative changes of Black-76 gamma.

    Parameters
    ----------
    F, K, T, total_vol : forward and strike [index points], time [years] and σ√T [1], shapes that broadcast.
    """
    d_plus = np.log(F / K) / total_vol + total_vol / 2
    by_vol = (d_plus * (d_plus - total_vol) - 1.0) * np.sqrt(T) / total_vol
    return GammaResponse(by_vol, -1.0 - d_plus / total_vol)


def gamma_error(*, gamma: Float, F: Float, response: GammaResponse, smiles: SmileErrors, forward_error: Float) -> Float:
    """Standard error of gamma from the quotes' width, the smile's shape and the forward's error, to first order.

    Parameters
    ----------
    gamma, F : (n,) [1/point], [index points]
    response : of the same n strikes.
    smiles : how the volatilities respond, with which gamma was found.
    forward_error : (n,) standard error of F. [index points]

    Returns
    -------
    (n,) [1/point]; NaN where gamma or one of the errors is.
    """
    quotes = smiles.own**2 + np.einsum("ij,ij->i", smiles.curve, smiles.curve)
    by_forward = (response.by_vol * smiles.tilt + response.by_forward / F) * forward_error
    return np.asarray(gamma * np.sqrt(response.by_vol**2 * (quotes + (BETWEEN * smiles.shape) ** 2) + by_forward**2))
