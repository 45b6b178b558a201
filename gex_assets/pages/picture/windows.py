"""A day one window at a time: what replay and the live feed send, with the columns and rows of the packed day.

The numbers are those of the tables, to seven digits. A packed day differs from them by half a step at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.conventions import WEIGHTS
from gex_assets.lake.tables import StoredTable
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes, numbers_of
from gex_assets.pages.picture.chain_matrices import line_rows, line_values
from gex_assets.pages.picture.columns import (
    DAY_COLUMNS,
    EXPIRATION_COLUMNS,
    LEVEL_COLUMNS,
    LINE_COLUMNS,
    PROFILE,
    REGIME_COLUMNS,
    VACUUM,
    Coding,
    weight_columns,
)
from gex_assets.pages.picture.matrices import (
    PRICE_ERROR_READS,
    expiration_rows,
    level_rows,
    level_values,
    price_rows,
    profile_rows,
    regime_rows,
)
from gex_assets.time_units import SECOND_NS

__all__ = ["window_events"]

Int = NDArray[np.int64]
RowsOf = Callable[[Axes, pa.Table], Int]

_MOMENT: Final = "ts_window_end"
_DIGITS: Final = 7


def window_events(tables: DayTables, *, since_k: int = 0, axes: Axes | None = None) -> Iterator[dict[str, Any]]:
    """Every window of a published day, in order, as a message of the format.

    Parameters
    ----------
    since_k : number of the first window wanted.
    axes : of the page that the messages are for; by default those of the day.

    Yields
    ------
    `k`, `ts_window_end` (ISO 8601, UTC) and `columns`: a number or word for the axis `day`, else a list in the order of the
    header's rows; None where missing. A column stored once a minute comes with the first window of its group. `profile_net`
    comes with the window at which a new curve is known.
    """
    axes = Axes.of(tables) if axes is None else axes
    found = [(columns, tables.stored(columns.table)) for columns in _columns(tables)]
    sources = [_Source(axes, stored, columns) for columns, stored in found if stored is not None]
    for place, (end, k) in enumerate(zip(axes.ends.tolist(), axes.k.tolist(), strict=True)):
        if k < since_k:
            continue
        columns: dict[str, Any] = {}
        for source in sources:
            columns |= source.at(end, place)
        moment = datetime.fromtimestamp(end // SECOND_NS, UTC).isoformat().replace("+00:00", "Z")
        yield {"k": k, "ts_window_end": moment, "columns": {"k": k} | columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Columns of a picture that come from one table.

    Attributes
    ----------
    row_of : gives each row of the table its row of the axis; negative ones are left out.
    names : column of the picture -> that of the table, where it is another.
    read : further columns that `row_of` and derived columns need.
    """

    table: str
    codings: Sequence[Coding]
    row_of: RowsOf
    names: Mapping[str, str] = field(default_factory=dict)
    read: Sequence[str] = ()


def _columns(tables: DayTables) -> Iterator[_Columns]:
    day = {one.name: one for one in DAY_COLUMNS}
    chain = [*LINE_COLUMNS, *(one for weight in WEIGHTS for one in weight_columns(weight) if _is_known(tables, one.name))]
    yield _Columns(table="silver_gex_levels", codings=[day["reference_price"]], row_of=_one_row)
    yield _Columns(
        table="silver_forward",
        codings=[day["price_se"]],
        row_of=price_rows,
        names={"price_se": "forward_se"},
        read=PRICE_ERROR_READS,
    )
    yield _Columns(table="silver_vacuum", codings=[day[VACUUM]], row_of=_one_row)
    yield _Columns(
        table="silver_forward",
        codings=EXPIRATION_COLUMNS,
        row_of=expiration_rows,
        read=["ts_expiration"],
    )
    yield _Columns(
        table="silver_gex_chain",
        codings=chain,
        row_of=line_rows,
        read=["ts_expiration", "strike", "gamma_se", "quote_age_ns"],
    )
    yield _Columns(
        table="silver_gex_levels", codings=LEVEL_COLUMNS, row_of=level_rows, read=["convention", "scope", "zero_gamma_sigmas"]
    )
    yield _Columns(table="regime_scores", codings=REGIME_COLUMNS, row_of=regime_rows, read=["convention"])
    yield _Columns(
        table="silver_gex_profile",
        codings=[PROFILE],
        row_of=profile_rows,
        names={PROFILE.name: "net_gex"},
        read=["convention", "scope", "price"],
    )


def _is_known(tables: DayTables, name: str) -> bool:
    stored = tables.stored("silver_gex_chain")
    return stored is not None and stored.null_count(name) != stored.num_rows


def _one_row(axes: Axes, rows: pa.Table) -> Int:
    return np.zeros(rows.num_rows, dtype=np.int64)


class _Source:
    """The columns of one stored table, of which one row group is in memory at a time."""

    def __init__(self, axes: Axes, stored: StoredTable, columns: _Columns) -> None:
        self._axes = axes
        self._stored = stored
        self._columns = columns
        self._group = -1
        self._ends: Int = np.empty(0, dtype=np.int64)
        self._rows: Int = self._ends
        self._values: dict[str, NDArray[Any]] = {}

    def at(self, end: int, place: int) -> dict[str, Any]:
        """Columns of the window that ends at `end`; `place` is its position among the windows."""
        while self._is_behind(end):
            self._take(self._group + 1)
        first, stop = np.searchsorted(self._ends, [end, end + 1])
        found: dict[str, Any] = {}
        for one in self._columns.codings:
            is_curve = one.axis == "profile"
            if first == stop if is_curve else place % one.every != 0:
                continue
            values = self._filled(one, slice(first, stop))
            found[one.name] = values[0] if one.axis == "day" else values
        return found

    def _is_behind(self, end: int) -> bool:
        is_past = not self._ends.size or self._ends[-1] < end
        return bool(is_past and self._group + 1 < self._stored.num_row_groups)

    def _take(self, number: int) -> None:
        about = self._columns
        names = [about.names.get(one.name, one.name) for one in about.codings]
        known = set(self._stored.schema.names)
        asked = dict.fromkeys([_MOMENT, *about.read, *(name for name in names if name in known)])
        rows = self._stored.group(number, list(asked))
        self._group = number
        self._ends = rows[_MOMENT].to_numpy()
        self._rows = about.row_of(self._axes, rows)
        self._values = {
            one.name: np.array(rows[name].to_pylist(), dtype=object) if one.kind == "code" else _values(rows, one, name)
            for one, name in zip(about.codings, names, strict=True)
        }

    def _filled(self, one: Coding, part: slice) -> list[Any]:
        rows, values = self._rows[part], self._values[one.name][part]
        there = rows >= 0
        if one.kind == "code":
            words: NDArray[Any] = np.full(self._axes.rows(one.axis), None, dtype=object)
            words[rows[there]] = values[there]
            return list(words)
        cells = np.full(self._axes.rows(one.axis), np.nan)
        cells[rows[there]] = values[there]
        return _plain(cells)


def _values(rows: pa.Table, one: Coding, name: str) -> NDArray[np.float64]:
    if one.axis == "levels":
        return level_values(rows, name)
    return line_values(rows, one.name) if one.axis == "lines" else numbers_of(rows, name)


def _plain(cells: NDArray[np.float64]) -> list[Any]:
    """Numbers to seven digits, whole ones as integers, None where missing."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        digits = _DIGITS - 1 - np.floor(np.log10(np.abs(cells)))
        places = np.clip(np.where(np.isfinite(digits), digits, 0), -300, 300)
        unit = 10.0 ** np.abs(places)
        short = np.where(places > 0, np.rint(cells * unit) / unit, np.rint(cells / unit) * unit)
    return [None if math.isnan(value) else int(value) if value.is_integer() else value for value in short.tolist()]
