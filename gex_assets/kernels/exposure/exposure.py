"""Exposure from gamma: the factor of each scale, the sign of each sign model, and the magnitude of an exposure.

Which scale and sign model a convention uses, and a contract's multiplier, are given by the caller. Walls and crossings are in
`levels`, zero gamma is in `gamma_profile`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gex_assets.errors import SettingsError

__all__ = ["SCALE_NAMES", "SIGN_MODEL_NAMES", "gamma_exposure", "power_of_price", "scale_factor", "signs"]

Float = NDArray[np.float64]

SCALE_NAMES: Final = ("usd_per_1pct", "usd_per_point", "delta_per_point", "contracts_per_1pct")

_POWERS: Final = {"usd_per_1pct": 2.0, "usd_per_point": 1.0, "delta_per_point": 0.0, "contracts_per_1pct": 1.0}

_CONSTANT_SIGNS: Final = {
    "long_call_short_put": (1.0, -1.0),
    "short_call_long_put": (-1.0, 1.0),
    "gross": (1.0, 1.0),
}
SIGN_MODEL_NAMES: Final = (*_CONSTANT_SIGNS, "flow_signed")


def scale_factor(*, scale: str, F: ArrayLike, multiplier: ArrayLike) -> Float:
    """Turn gamma * contracts * multiplier into the unit of a scale.

    ====================== =================== =======================================
    scale                  factor              unit of the exposure
    ====================== =================== =======================================
    ``usd_per_1pct``       F² · 0.01           USD of delta per 1 % move
    ``usd_per_point``      F                   USD of delta per point, at price F
    ``delta_per_point``    1                   contracts · multiplier per point
    ``contracts_per_1pct`` F · 0.01/multiplier futures to trade per 1 % move
    ====================== =================== =======================================

    Parameters
    ----------
    scale : one of `SCALE_NAMES`.
    F : forward (or spot) of the expiration, any shape. [index points]
    multiplier : value of a point, broadcast against F. [USD per point]

    Returns
    -------
    Factor in the broadcast shape of F and multiplier; NaN where F is NaN.

    Raises
    ------
    SettingsError
        The scale has another name.

    References
    ----------
    d(delta in USD) for dF = 0.01 F is gamma · F · multiplier · contracts · 0.01 F.
    """
    price: Float
    per_point: Float
    price, per_point = np.broadcast_arrays(np.asarray(F, dtype=np.float64), np.asarray(multiplier, dtype=np.float64))
    match scale:
        case "usd_per_1pct":
            return price * price * 0.01
        case "usd_per_point":
            return price.copy()
        case "delta_per_point":
            return np.where(np.isnan(price), np.nan, 1.0)
        case "contracts_per_1pct":
            return price * 0.01 / per_point
    raise SettingsError(f"Expected a scale of {SCALE_NAMES}, was {scale!r}")


def power_of_price(*, scale: str) -> float:
    """The power of F in a scale's factor.

    Parameters
    ----------
    scale : one of `SCALE_NAMES`.

    Raises
    ------
    SettingsError
        The scale has another name.
    """
    if scale not in _POWERS:
        raise SettingsError(f"Expected a scale of {SCALE_NAMES}, was {scale!r}")
    return _POWERS[scale]


def gamma_exposure(
    *, gamma: ArrayLike, weight: ArrayLike, F: ArrayLike, multiplier: ArrayLike, scale: str = "usd_per_1pct"
) -> Float:
    """Magnitude of an exposure: gamma · abs(weight) · multiplier · scale(F).

    Parameters
    ----------
    gamma : Black-76 gamma. [1/point]
    weight : contracts; its sign is left to the sign model. [contracts]
    F : the expiration's own forward. [index points]
    multiplier : value of a point. [USD per point]
    scale : one of `SCALE_NAMES`.

    Returns
    -------
    Exposure >= 0 in the broadcast shape, in the scale's unit; NaN where any input is NaN.

    Raises
    ------
    SettingsError
        The scale has another name.
    """
    factor = scale_factor(scale=scale, F=F, multiplier=multiplier) * np.asarray(multiplier, dtype=np.float64)
    return np.asarray(gamma, dtype=np.float64) * np.abs(np.asarray(weight, dtype=np.float64)) * factor


def signs(*, sign_model: str, call_flow: ArrayLike, put_flow: ArrayLike) -> tuple[Float, Float]:
    """Sign that a model gives the exposures of calls and of puts.

    Parameters
    ----------
    sign_model : one of `SIGN_MODEL_NAMES`; each is an assumption about who holds what, none is a fact.
    call_flow, put_flow : measured inventory of the passive parties, used by ``flow_signed`` only; they also give the
        shapes returned. [contracts]

    Returns
    -------
    (sign of calls, sign of puts), each -1, 0 or 1; NaN with ``flow_signed`` where the inventory is NaN.

    Raises
    ------
    SettingsError
        The sign model has another name.
    """
    call, put = np.asarray(call_flow, dtype=np.float64), np.asarray(put_flow, dtype=np.float64)
    if sign_model == "flow_signed":
        return np.sign(call), np.sign(put)
    if sign_model not in _CONSTANT_SIGNS:
        raise SettingsError(f"Expected a sign model of {SIGN_MODEL_NAMES}, was {sign_model!r}")
    of_calls, of_puts = _CONSTANT_SIGNS[sign_model]
    return np.full(call.shape, of_calls), np.full(put.shape, of_puts)
