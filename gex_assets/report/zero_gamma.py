"""Zero gamma as people see it: no more digits than it has, and no price that is out of reach."""

from __future__ import annotations

import math
from typing import Final

import pyarrow as pa

from gex_assets.defaults import IN_REACH_SIGMAS

__all__ = ["NONE_IN_REACH", "is_in_reach", "with_zero_gamma_text", "zero_gamma_text"]

NONE_IN_REACH: Final = "none in reach"

_LEAST: Final = 0.01
"""The least error that is shown as a number. [index points]"""

_COLUMNS: Final = ("zero_gamma", "zero_gamma_se", "zero_gamma_low", "zero_gamma_high", "zero_gamma_sigmas")


def is_in_reach(sigmas: float | None) -> bool:
    """Whether a price at this distance [one day's standard deviations] is worth showing; an unknown distance is."""
    return sigmas is None or sigmas <= IN_REACH_SIGMAS


def zero_gamma_text(
    price: float | None, *, error: float | None, low: float | None, high: float | None, sigmas: float | None
) -> str:
    """Zero gamma with the larger of its standard error and half of its band, of which two digits are shown.

    Parameters
    ----------
    price : NaN and None: there is none. [index points]
    error : its standard error; None where unknown. [index points]
    low, high : its band; None where unknown. [index points]
    sigmas : its distance in one day's standard deviations; None where unknown.

    Examples
    --------
    >>> zero_gamma_text(8032.81, error=0.6, low=8010.0, high=8068.0, sigmas=1.2)
    '8,033 ± 29'
    >>> zero_gamma_text(8032.81, error=0.6, low=None, high=None, sigmas=None)
    '8,032.81 ± 0.60'
    >>> zero_gamma_text(8032.81, error=0.6, low=8010.0, high=8068.0, sigmas=12.4)
    'none in reach'
    """
    if price is None or math.isnan(price):
        return "–"
    if not is_in_reach(sigmas):
        return NONE_IN_REACH
    half = None if low is None or high is None else (high - low) / 2.0
    unsure = max((one for one in (error, half) if one is not None and one > 0.0), default=None)
    if unsure is None:
        return f"{price:,.1f}"
    digits = min(max(1 - math.floor(math.log10(unsure)), 0), 2)
    return f"{price:,.{digits}f} ± " + (f"{unsure:,.{digits}f}" if unsure >= _LEAST / 2 else f"<{_LEAST}")


def with_zero_gamma_text(answer: pa.Table) -> pa.Table:
    """The same rows with one column `zero gamma` of text in place of price, error, band and distance."""
    place = answer.column_names.index(_COLUMNS[0])
    texts = [
        zero_gamma_text(price, error=error, low=low, high=high, sigmas=sigmas)
        for price, error, low, high, sigmas in zip(*(answer[name].to_pylist() for name in _COLUMNS), strict=True)
    ]
    return answer.drop_columns(list(_COLUMNS)).add_column(place, "zero gamma", pa.array(texts, type=pa.string()))
