"""Zero gamma as people see it: no more digits than it has, and no price that is out of reach."""

from __future__ import annotations

import math
from typing import Final

import pyarrow as pa

from gex_assets.analytics.reach import FLIP_COLUMNS, is_in_reach, larger_error, price_with_error

__all__ = ["NONE_IN_REACH", "with_zero_gamma_text", "zero_gamma_text"]

NONE_IN_REACH: Final = "none in reach"

_COLUMNS: Final = (*FLIP_COLUMNS, "zero_gamma_sigmas", "flip_rule")


def zero_gamma_text(
    price: float | None,
    *,
    error: float | None,
    low: float | None,
    high: float | None,
    sigmas: float | None,
    rule: str | None = None,
) -> str:
    """Zero gamma with the larger of its standard error and half of its band, of which two digits are shown.

    Parameters
    ----------
    price : NaN and None: there is none. [index points]
    error : its standard error; None where unknown. [index points]
    low, high : its band; None where unknown. [index points]
    sigmas : its distance in one day's standard deviations; None where unknown.
    rule : of `larger_error`.

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
    return price_with_error(price, larger_error(error, low=low, high=high, rule=rule), thousands=True)


def with_zero_gamma_text(answer: pa.Table) -> pa.Table:
    """The same rows with one column `zero gamma` of text in place of price, error, band, distance and rule."""
    place = answer.column_names.index(_COLUMNS[0])
    texts = [
        zero_gamma_text(price, error=error, low=low, high=high, sigmas=sigmas, rule=rule)
        for price, error, low, high, sigmas, rule in zip(*(answer[name].to_pylist() for name in _COLUMNS), strict=True)
    ]
    return answer.drop_columns(list(_COLUMNS)).add_column(place, "zero gamma", pa.array(texts, type=pa.string()))
