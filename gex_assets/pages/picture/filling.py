"""A matrix of a picture while it is filled from a table, and what is packed of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.packing.quantizing import from_linear, from_log
from gex_assets.pages.picture.axes import Axes
from gex_assets.pages.picture.columns import Coding

__all__ = ["Filling", "Packable", "codes_by"]

Codes = NDArray[np.uint32]
Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packable:
    """A column and its cells.

    Attributes
    ----------
    coding : its name, kind and step.
    cells : (rows, times)
    codes_of : makes codes of some rows of cells; None where the cells are codes.
    steps : one per block of rows in place of the step, blocks of equal size; empty where the step holds for all.
    """

    coding: Coding
    cells: NDArray[Any]
    codes_of: Callable[[NDArray[Any]], Codes] | None = None
    steps: tuple[float, ...] = ()


class Filling:
    """A matrix that is filled a row group at a time."""

    def __init__(self, coding: Coding, axes: Axes, *, dtype: Any = np.uint32, missing: float = 0) -> None:
        self.coding = coding
        self._every = coding.every
        self.cells: NDArray[Any] = np.full((axes.rows(coding.axis), -(-axes.windows // coding.every)), missing, dtype=dtype)

    def put(self, cells: NDArray[Any], *, row: Int, window: Int) -> None:
        """Set cells by row and window; negative ones are nowhere, and a group has the value of its first window."""
        there = (row >= 0) & (window >= 0) & (window % self._every == 0)
        self.cells[row[there], window[there] // self._every] = cells[there]

    def put_values(self, values: Float, *, row: Int, window: Int) -> None:
        """Set cells by the column's own ruler."""
        self.put(codes_by(self.coding, values), row=row, window=window)

    def kept(self, window: Int) -> Int:
        """Positions of the windows that have a cell: neither a negative one, nor within a group."""
        return np.flatnonzero((window >= 0) & (window % self._every == 0))

    def put_block(self, cells: NDArray[Any], *, row: Int, window: Int) -> None:
        """Set cells (windows, rows), each window of which is `kept`."""
        rows, columns = _as_slice(row), _as_slice(window // self._every)
        if isinstance(rows, slice) and isinstance(columns, slice):
            self.cells[rows, columns] = cells.T
        else:
            self.cells[np.ix_(row, window // self._every)] = cells.T

    def done(self) -> Packable:
        """The column with its codes."""
        return Packable(self.coding, self.cells)


def codes_by(coding: Coding, values: Float) -> Codes:
    """Codes of numbers by the ruler of a column."""
    if coding.kind == "log":
        return from_log(values, step=coding.step, base=coding.base or 1.0)
    return from_linear(values, step=coding.step)


def _as_slice(places: Int) -> slice | Int:
    """Places that follow each other as a slice, which is several times as fast."""
    if places.size and places[-1] - places[0] == places.size - 1 and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
