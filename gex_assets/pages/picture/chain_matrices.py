"""The columns of a picture that have a row per strike of an expiration, from the chain.

The chain has some ten million rows. Of each row group only the columns needed are read, and its values are put into the matrix
as whole blocks of windows times strikes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.packing.quantizing import LARGEST, zigzag
from gex_assets.lake.stored import StoredTable
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes, numbers_of
from gex_assets.pages.picture.chain_rows import Stretch
from gex_assets.pages.picture.columns import CONTRACT_STEP, LINE_COLUMNS, weight_columns
from gex_assets.pages.picture.filling import Filling, Packable, codes_by
from gex_assets.time_units import SECOND_NS

__all__ = ["line_columns", "line_rows", "line_values", "weight"]

Codes = NDArray[np.uint32]
Float = NDArray[np.float64]
Int = NDArray[np.int64]
Whole = NDArray[np.int32]

_TABLE: Final = "silver_gex_chain"
_MISSING: Final = -(1 << 31)


def line_rows(axes: Axes, rows: pa.Table) -> Int:
    """Number of the line of each row of a chain; -1 where the axes have none."""
    return axes.line_of(rows["ts_expiration"].to_numpy(), rows["strike"].to_numpy())


def line_values(rows: pa.Table, name: str) -> Float:
    """Values of a column of lines, some of which the chain has in another form."""
    if name == "gamma_se_share":
        with np.errstate(divide="ignore", invalid="ignore"):
            return numbers_of(rows, "gamma_se") / numbers_of(rows, "gamma")
    return numbers_of(rows, "quote_age_ns") / SECOND_NS if name == "quote_age_s" else numbers_of(rows, name)


def line_columns(tables: DayTables, axes: Axes) -> Iterator[Packable]:
    """Gamma, its error and the age of the quote."""
    matrices = [Filling(one, axes) for one in LINE_COLUMNS]
    for rows, blocks in _groups(tables, axes, ("gamma", "gamma_se", "quote_age_ns")):
        for matrix in matrices:
            values = line_values(rows, matrix.coding.name)
            for block in blocks:
                kept = matrix.kept(block.window)
                if kept.size:
                    codes = codes_by(matrix.coding, block.cells(values)[kept])
                    matrix.put_block(codes, row=block.line, window=block.window[kept])
    for matrix in matrices:
        yield matrix.done()


def weight(tables: DayTables, axes: Axes, name: str) -> list[Packable]:
    """Contracts of calls and puts by a weight; empty where the day has none."""
    codings = weight_columns(name)
    names = [one.name for one in codings]
    stored = tables.stored(_TABLE)
    if stored is None or all(stored.null_count(one) == stored.num_rows for one in names):
        return []
    unit = _contract_unit(stored, names)
    matrices = [Filling(one, axes, dtype=np.int32, missing=_MISSING) for one in codings]
    common = 0
    for rows, blocks in _groups(tables, axes, names):
        for matrix in matrices:
            values = numbers_of(rows, matrix.coding.name)
            known = np.isfinite(values)
            units = np.rint(np.where(known, values, 0.0) / unit).astype(np.int32)
            cells = np.where(known, units, np.int32(_MISSING))
            for block in blocks:
                common = math.gcd(common, _common(block.cells(units)))
                kept = matrix.kept(block.window)
                if kept.size:
                    matrix.put_block(block.cells(cells)[kept], row=block.line, window=block.window[kept])
    if all((matrix.cells == _MISSING).all() for matrix in matrices):
        return []
    return [_contracts(matrix, unit=unit, step=max(1, common)) for matrix in matrices]


class _Block(NamedTuple):
    """A stretch of the chain and its places in a matrix.

    Attributes
    ----------
    line : (n,) numbers of the lines.
    window : (m,) positions of the windows; -1 where one is left out.
    """

    stretch: Stretch
    line: Int
    window: Int

    def cells(self, values: NDArray[Any]) -> NDArray[Any]:
        """(m, n) values of the stretch out of those of its row group."""
        return self.stretch.cells(values)


def _groups(tables: DayTables, axes: Axes, columns: Sequence[str]) -> Iterator[tuple[pa.Table, list[_Block]]]:
    """Some columns of each row group, and where its rows belong."""
    stored = tables.stored(_TABLE)
    if stored is None:
        return
    lines = axes.lines_of_ladders
    for rows, stretches in zip(stored.groups(columns), axes.chain.groups, strict=True):
        yield rows, [_Block(one, lines[one.ladder], axes.window_of(one.ends)) for one in stretches]


def _common(units: Whole) -> int:
    """The largest number that all units are multiples of. Along time they hardly change: what stays is looked at once."""
    seen = np.concatenate([units[0], units[1:][units[1:] != units[:-1]]])
    return int(np.gcd.reduce(seen, initial=0))


def _contracts(matrix: Filling, *, unit: float, step: int) -> Packable:
    def codes_of(cells: Whole) -> Codes:
        return np.where(cells == _MISSING, np.uint32(0), zigzag(cells // np.int32(step)) + np.uint32(1))

    return Packable(replace(matrix.coding, step=float(f"{unit * step:.9g}")), matrix.cells, codes_of)


def _contract_unit(stored: StoredTable, names: Sequence[str]) -> float:
    """The finest power of ten, from `CONTRACT_STEP` up, in which the largest number of contracts can be counted."""
    largest = max((_largest(stored, number, name) for number in range(stored.num_row_groups) for name in names), default=0.0)
    unit = CONTRACT_STEP
    while largest / unit > LARGEST:
        unit *= 10.0
    return unit


def _largest(stored: StoredTable, number: int, name: str) -> float:
    """The largest magnitude of a column in a row group, by the footer where it says so."""
    bounds = stored.group_bounds(number, name)
    if bounds is not None:
        return max(abs(float(value)) for value in bounds)
    if not stored.known_share(number, [name]):
        return 0.0
    return float(np.nanmax(np.abs(numbers_of(stored.group(number, [name]), name)), initial=0.0))
