"""The columns of a picture as matrices of codes: a row per row of the axis, a column per window or group of windows.

Tables are read a row group at a time, and only the columns needed. One blob's matrices are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.analytics.reach import FLIP_COLUMNS, in_reach
from gex_assets.kernels.packing.quantizing import LARGEST, from_indices, from_linear
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes, numbers_of, places_of, words_of
from gex_assets.pages.picture.chain_matrices import line_columns
from gex_assets.pages.picture.columns import (
    CODES,
    DAY_COLUMNS,
    EXPIRATION_COLUMNS,
    LEVEL_COLUMNS,
    NET,
    PROFILE,
    REGIME_COLUMNS,
    VACUUM,
    Coding,
)
from gex_assets.pages.picture.filling import Filling, Packable
from gex_assets.time_units import MINUTE_NS

__all__ = [
    "PRICE_ERROR_READS",
    "core",
    "expiration_rows",
    "level_rows",
    "level_values",
    "price_rows",
    "profile",
    "profile_rows",
    "regime_rows",
]

Codes = NDArray[np.uint32]
Float = NDArray[np.float64]
Int = NDArray[np.int64]

_MOMENT: Final = "ts_window_end"
PRICE_ERROR_READS: Final = ("is_front", "forward", "forward_se", "reference_price")
"""Of `silver_forward`: what `price_rows` and the error of the price are read from."""
_SHARE_OF_GROSS: Final = 3e-6
"""Step of net exposures, as a share of a small gross exposure of the same row: the digits shown are those of the tables."""
_GROSS: Final = Coding(name="gross_gex", axis="levels", label="gross exposure")
"""Read for the steps of others; not packed."""
_SMALL: Final = 0.01
"""The quantile that stands for a small gross exposure."""
_SHARE_OF_LARGEST: Final = 2.0**-9
"""Step of a profile, as a share of its largest value."""


def core(tables: DayTables, axes: Axes) -> Iterator[Packable]:
    """Columns without which nothing can be drawn: by window, expiration, line and level."""
    yield from _day(tables, axes)
    yield from _expirations(tables, axes)
    yield from line_columns(tables, axes)
    yield from _levels(tables, axes)
    yield from _regimes(tables, axes)


def profile(tables: DayTables, axes: Axes) -> list[Packable]:
    """Net exposure over prices, in every minute the latest that was known when its first window ended."""
    matrix = Filling(PROFILE, axes, dtype=np.float64, missing=np.nan)
    if not matrix.cells.size:
        return []
    for rows in _groups(tables, "silver_gex_profile", (_MOMENT, "convention", "scope", "price", "net_gex")):
        window = _shown_from(axes, rows[_MOMENT].to_numpy(), every=PROFILE.every)
        matrix.put(numbers_of(rows, "net_gex"), row=profile_rows(axes, rows), window=window)
    return [_by_blocks(PROFILE, matrix.cells, [_step_of_largest(one) for one in np.split(matrix.cells, len(axes.profiles))])]


def _groups(tables: DayTables, name: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    stored = tables.stored(name)
    if stored is not None:
        yield from stored.groups(columns)


def _day(tables: DayTables, axes: Axes) -> Iterator[Packable]:
    number, reference, error, vacuum = (Filling(one, axes) for one in DAY_COLUMNS)
    number.put_values(axes.k.astype(np.float64), row=np.zeros(axes.windows, dtype=np.int64), window=np.arange(axes.windows))
    for rows in _groups(tables, "silver_gex_levels", (_MOMENT, "reference_price")):
        _put_day(reference, axes, rows, "reference_price")
    for rows in _groups(tables, "silver_forward", (_MOMENT, *PRICE_ERROR_READS)):
        window = axes.window_of(rows[_MOMENT].to_numpy())
        error.put_values(numbers_of(rows, "forward_se"), row=price_rows(axes, rows), window=window)
    for rows in _groups(tables, "silver_vacuum", (_MOMENT, VACUUM)):
        _put_day(vacuum, axes, rows, VACUUM)
    for one in (number, reference, error, vacuum):
        yield one.done()


def _put_day(matrix: Filling, axes: Axes, rows: pa.Table, name: str) -> None:
    window = axes.window_of(rows[_MOMENT].to_numpy())
    matrix.put_values(numbers_of(rows, name), row=np.zeros(window.size, dtype=np.int64), window=window)


def price_rows(_: Axes, rows: pa.Table) -> Int:
    """0 for the rows of the forward that is the reference price, else -1: a future's price is taken as exact."""
    same = numbers_of(rows, "forward") == numbers_of(rows, "reference_price")
    is_front = rows["is_front"].to_numpy(zero_copy_only=False).astype(np.bool_)
    return np.where(is_front & same, 0, -1)


def expiration_rows(axes: Axes, rows: pa.Table) -> Int:
    """Number of the expiration of each row; -1 where the axes have none."""
    return places_of(axes.expirations, rows["ts_expiration"].to_numpy())


def level_rows(axes: Axes, rows: pa.Table) -> Int:
    """Number of the level row of each row, by convention and scope."""
    return _pair_numbers(rows, axes.levels)


def regime_rows(axes: Axes, rows: pa.Table) -> Int:
    """Number of the level row of each row of scores, which are those of the scope `selected`."""
    return _numbered(rows, "convention", {name: row for row, (name, scope) in enumerate(axes.levels) if scope == "selected"})


def profile_rows(axes: Axes, rows: pa.Table) -> Int:
    """Number of the curve and price of each row."""
    curve, price = _pair_numbers(rows, axes.profiles), places_of(axes.prices, numbers_of(rows, "price"))
    return np.where((curve < 0) | (price < 0), -1, curve * axes.prices.size + price)


def level_values(rows: pa.Table, name: str) -> Float:
    """Values of a column of levels; a flip out of reach is none, as in the texts."""
    values = numbers_of(rows, name)
    return in_reach(values, numbers_of(rows, "zero_gamma_sigmas")) if name in FLIP_COLUMNS else values


def _expirations(tables: DayTables, axes: Axes) -> Iterator[Packable]:
    (forward,) = (Filling(one, axes) for one in EXPIRATION_COLUMNS)
    for rows in _groups(tables, "silver_forward", (_MOMENT, "ts_expiration", "forward")):
        window = axes.window_of(rows[_MOMENT].to_numpy())
        forward.put_values(numbers_of(rows, "forward"), row=expiration_rows(axes, rows), window=window)
    yield forward.done()


def _numbered(rows: pa.Table, name: str, known: Mapping[str, int]) -> Int:
    words, word = words_of(rows, name)
    return np.array([*(known.get(one, -1) for one in words), -1], dtype=np.int64)[word]


def _pair_numbers(rows: pa.Table, pairs: Sequence[tuple[str, str]]) -> Int:
    known = {pair: number for number, pair in enumerate(pairs)}
    names, name = words_of(rows, "convention")
    scopes, scope = words_of(rows, "scope")
    numbers = np.array([[known.get((one, other), -1) for other in scopes] for one in names], dtype=np.int64)
    return numbers.reshape(len(names), len(scopes))[name, scope]


def _levels(tables: DayTables, axes: Axes) -> Iterator[Packable]:
    matrices = [_exposures(one, axes) if one is NET else Filling(one, axes) for one in LEVEL_COLUMNS]
    gross = _exposures(_GROSS, axes)
    names = (_MOMENT, "convention", "scope", "zero_gamma_sigmas", _GROSS.name, *(one.name for one in LEVEL_COLUMNS))
    for rows in _groups(tables, "silver_gex_levels", names):
        place = {"row": level_rows(axes, rows), "window": axes.window_of(rows[_MOMENT].to_numpy())}
        for matrix in matrices:
            put = matrix.put if matrix.coding is NET else matrix.put_values
            put(level_values(rows, matrix.coding.name), **place)
        gross.put(numbers_of(rows, _GROSS.name), **place)
    for matrix in matrices:
        if matrix.coding is NET:
            yield _by_blocks(matrix.coding, matrix.cells, [_step_of_net(row) for row in gross.cells])
        else:
            yield matrix.done()


def _exposures(coding: Coding, axes: Axes) -> Filling:
    """Numbers whose steps are known when all are there."""
    return Filling(coding, axes, dtype=np.float64, missing=np.nan)


def _regimes(tables: DayTables, axes: Axes) -> Iterator[Packable]:
    matrices = [Filling(one, axes) for one in REGIME_COLUMNS]
    for rows in _groups(tables, "regime_scores", (_MOMENT, "convention", *(one.name for one in REGIME_COLUMNS))):
        place = {"row": regime_rows(axes, rows), "window": axes.window_of(rows[_MOMENT].to_numpy())}
        for matrix in matrices:
            name = matrix.coding.name
            if matrix.coding.kind == "code":
                known = {word: number for number, word in enumerate(CODES[name])}
                matrix.put(from_indices(_numbered(rows, name, known)), **place)
            else:
                matrix.put_values(numbers_of(rows, name), **place)
    for matrix in matrices:
        yield matrix.done()


def _shown_from(axes: Axes, ts: Int, *, every: int) -> Int:
    """The first window of the first group that begins when what is known at `ts` is known, a minute later at most; -1: none."""
    kept = np.searchsorted(axes.ends, ts)
    window = -(-kept // every) * every
    there = window < axes.windows
    begins = axes.ends[np.where(there, window, 0)] if axes.windows else np.zeros_like(ts)
    return np.where(there & (begins - ts <= MINUTE_NS * axes.stride), window, -1)


def _by_blocks(coding: Coding, values: Float, steps: Sequence[float]) -> Packable:
    """Quantize blocks of rows of equal size, each with its own step."""
    blocks = np.split(values, len(steps)) if steps else []
    codes = [from_linear(block, step=step) for block, step in zip(blocks, steps, strict=True)]
    cells = np.concatenate(codes) if codes else np.zeros(values.shape, dtype=np.uint32)
    return Packable(coding, cells, steps=tuple(steps))


def _step_of_net(gross: Float) -> float:
    """A share of a small gross exposure of a row, and no smaller than the largest can be counted in."""
    positive = gross[gross > 0.0]
    if not positive.size:
        return 1.0
    return _rounded(max(float(np.quantile(positive, _SMALL)) * _SHARE_OF_GROSS, float(positive.max()) * 4.0 / LARGEST))


def _step_of_largest(values: Float) -> float:
    largest = float(np.nanmax(np.abs(values), initial=0.0)) if np.isfinite(values).any() else 0.0
    return _rounded(largest * _SHARE_OF_LARGEST) if largest > 0.0 else 1.0


def _rounded(step: float) -> float:
    """Three digits are enough for a step, and are the same number in every language."""
    return float(f"{step:.3g}")
