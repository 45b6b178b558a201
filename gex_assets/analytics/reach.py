"""Which zero gamma people are shown, and how unsure it is: one rule for text, pages, pictures and plots.

A price farther than `IN_REACH_SIGMAS` of one day's standard deviations is no level that anybody trades at today. Tables keep it,
with its distance. Whatever people look at has none there. Where the distance is not known, the price is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gex_assets.defaults import IN_REACH_SIGMAS

__all__ = [
    "FLIP_COLUMNS",
    "LEAST_ERROR",
    "OUT_OF_REACH",
    "in_reach",
    "is_in_reach",
    "larger_error",
    "price_with_error",
    "shown_flip",
    "sigmas_by_hedge",
]

Float = NDArray[np.float64]

FLIP_COLUMNS: Final = ("zero_gamma", "zero_gamma_se", "zero_gamma_low", "zero_gamma_high")
"""What is shown of zero gamma, or not."""

OUT_OF_REACH: Final = "out_of_reach"
"""The reason why a row that has one is shown without."""

LEAST_ERROR: Final = 0.01
"""The least error that is shown as a number. [index points]"""


def is_in_reach(sigmas: float | None) -> bool:
    """Whether a price at this distance [one day's standard deviations] is worth showing; an unknown distance is.

    Examples
    --------
    >>> is_in_reach(3.0), is_in_reach(3.01), is_in_reach(None), is_in_reach(float("nan"))
    (True, False, True, True)
    """
    return sigmas is None or not sigmas > IN_REACH_SIGMAS


def in_reach(values: Float, sigmas: ArrayLike) -> Float:
    """The values, NaN where the distance [one day's standard deviations] is too large."""
    return np.where(np.asarray(sigmas, dtype=np.float64) > IN_REACH_SIGMAS, np.nan, values)


def shown_flip(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as people see it: without zero gamma, and with the reason `OUT_OF_REACH`, where it is too far away.

    Parameters
    ----------
    row : of the levels of a day or of a chain. What it lacks of `FLIP_COLUMNS` and `zero_gamma_sigmas` is unknown.
    """
    shown = dict(row)
    if row.get("zero_gamma") is not None and not is_in_reach(row.get("zero_gamma_sigmas")):
        shown |= dict.fromkeys(FLIP_COLUMNS) | {"zero_gamma_reason": OUT_OF_REACH}
    return shown


def larger_error(error: float | None, *, low: float | None, high: float | None, rule: str | None = None) -> float | None:
    """The larger of a standard error and half of a band; None where neither is known.

    Parameters
    ----------
    rule : the rule that found the price, where known. `strike_sign_change` has no error: its band between many signs is
        narrow and says nothing of the next one.

    Examples
    --------
    >>> larger_error(0.5, low=6990.0, high=7010.0), larger_error(None, low=None, high=None)
    (10.0, None)
    """
    half = None if low is None or high is None or rule == "strike_sign_change" else (high - low) / 2.0
    return max((one for one in (error, half) if one is not None), default=None)


def price_with_error(price: float, error: float | None, *, thousands: bool = False) -> str:
    """A price and how unsure it is, of which two digits are shown.

    Examples
    --------
    >>> price_with_error(8032.81, 29.0), price_with_error(8032.81, 0.6, thousands=True), price_with_error(8032.81, None)
    ('8033 ± 29', '8,032.81 ± 0.60', '8032.8')
    """
    comma = "," if thousands else ""
    if error is None or not error > 0.0:
        return f"{price:{comma}.1f}"
    digits = min(max(1 - math.floor(math.log10(error)), 0), 2)
    said = f"{error:{comma}.{digits}f}" if error >= LEAST_ERROR / 2 else f"<{LEAST_ERROR}"
    return f"{price:{comma}.{digits}f} ± {said}"


def sigmas_by_hedge(
    price: ArrayLike, *, reference: ArrayLike, hedge: ArrayLike, net: ArrayLike, scale: str, multiplier: float
) -> Float:
    """How far prices are from the reference, where a table has `hedge_per_sigma` in place of the deviation itself.

    Parameters
    ----------
    price, reference : (n,) [index points]
    hedge : (n,) of `regimes.hedge_per_sigma`. [USD]
    net : (n,) the net exposure that it was computed from. [scale]
    scale, multiplier : as there.

    Returns
    -------
    (n,) [one day's standard deviations]; NaN where an input is missing, or the exposure is 0.
    """
    # Both load compiled code, which the graph's definitions and the command line do without.
    from gex_assets.analytics.at_the_money import distance_in_sigmas
    from gex_assets.analytics.regimes import hedge_per_sigma

    prices, references, hedges, nets = (np.asarray(one, dtype=np.float64) for one in (price, reference, hedge, net))
    of_one = hedge_per_sigma(nets, scale=scale, price=references, multiplier=multiplier, one_day_sigma=np.ones_like(nets))
    sigma = np.divide(hedges, of_one, out=np.full(of_one.shape, np.nan), where=of_one > 0.0)
    away = distance_in_sigmas(prices, reference=references, sigma=np.where(sigma > 0.0, sigma, np.nan))
    return np.asarray(away, dtype=np.float64)
