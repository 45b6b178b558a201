"""Numbers of a day that the UI plots from day to day: where exposure, flip and walls ended, and how sure they were."""

from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa

from gex_assets.analytics.reach import FLIP_COLUMNS, larger_error, shown_flip

__all__ = ["day_numbers"]

_CLOSING: Final = {"net_gex": "net_gex", "call_wall": "call_wall", "put_wall": "put_wall", "coverage": "coverage"}
"""Columns of `silver_gex_levels` whose last known values are shown, and what they are called."""

_LEVELS: Final = (
    *("ts_window_end", "convention", "scope", "reference_price", *_CLOSING),
    *(*FLIP_COLUMNS, "zero_gamma_sigmas", "flip_rule"),
)


def day_numbers(name: str, read: Callable[[Sequence[str]], pa.Table]) -> dict[str, float]:
    """Numbers of a table-day by name; none of tables that have none, and none where a value is missing.

    `silver_gex_levels`: `closing_{what}_{convention}` of the last window with a reference price, over all selected expirations.
    A flip out of reach is none. Its error is the larger of standard error and half band. [index points]
    `regime_scores`: `mean_confidence_{convention}` and `unknown_share_{convention}`.

    Parameters
    ----------
    name : the table.
    read : gives columns of its day.
    """
    if name == "silver_gex_levels":
        return _closing(read(_LEVELS))
    if name == "regime_scores":
        return _means(read(("convention", "confidence", "regime")))
    return {}


def _closing(levels: pa.Table) -> dict[str, float]:
    last: dict[str, int] = {}
    columns = {name: levels[name].to_pylist() for name in ("ts_window_end", "convention", "scope", "reference_price")}
    for at, (_, convention, scope, price) in enumerate(zip(*columns.values(), strict=True)):
        if scope == "selected" and price is not None:
            last[convention] = at  # rows come by window
    found: dict[str, float | None] = {}
    for convention, at in sorted(last.items()):
        row = shown_flip(levels.slice(at, 1).to_pylist()[0])
        found |= {f"closing_{said}_{convention}": row[name] for name, said in _CLOSING.items()}
        flip, low, high = row["zero_gamma"], row["zero_gamma_low"], row["zero_gamma_high"]
        found[f"closing_flip_{convention}"] = flip
        error = larger_error(row["zero_gamma_se"], low=low, high=high, rule=row["flip_rule"])
        found[f"closing_flip_error_{convention}"] = error
    return {name: float(value) for name, value in found.items() if value is not None}


def _means(scores: pa.Table) -> dict[str, float]:
    confidences: dict[str, list[float]] = {}
    known: dict[str, list[bool]] = {}
    for convention, confidence, regime in zip(*(column.to_pylist() for column in scores.columns), strict=True):
        known.setdefault(convention, []).append(regime is not None)
        if confidence is not None:
            confidences.setdefault(convention, []).append(confidence)
    means = {f"mean_confidence_{name}": sum(values) / len(values) for name, values in sorted(confidences.items())}
    return means | {f"unknown_share_{name}": 1.0 - sum(values) / len(values) for name, values in sorted(known.items())}
