"""The windows in which triggers are looked for: price, direction of the approach, and the stretches without a gap around them.

`triggers` compares the prices found here with levels.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import ContractError
from gex_assets.kernels.features.runs import RunBefore, run_lengths
from gex_assets.kernels.features.triggers import APPROACH_WINDOWS, approach_direction, grid_around
from gex_assets.stages.categories import GrowingNames, codes_of
from gex_assets.stages.future_prices import future_prices
from gex_assets.stages.look_back import Remembered, before
from gex_assets.time_units import WINDOW_NS

__all__ = ["FUTURE_COLUMNS", "GEX_KEYS", "OPTION_COLUMNS", "VACUUM_KEYS", "TriggerWindows", "TriggerWindowsStage"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

OPTION_COLUMNS: Final = ("ts_window_end", "session_date", "underlying", "reference_price")
"""Columns of `silver_gex_levels` needed here."""

GEX_KEYS: Final = ("ts_window_end", "underlying", "reference_price", "approach_dir", "strike_1", "strike_neg1")
"""Columns of `silver_gex` needed here."""

VACUUM_KEYS: Final = ("ts_window_end", "symbol", "session_date", "reference_price")
"""Columns of `silver_vacuum` needed here."""

FUTURE_COLUMNS: Final = (
    *("ts_window_end", "instrument_id", "symbol"),
    *("book_state", "bid_price", "ask_price", "vwap", "last_trade_price"),
)
"""Columns of `silver_future_quotes` needed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerWindows:
    """The windows of a block with price and direction, (W,) each.

    Attributes
    ----------
    ends : ascending ends of windows. [UNIX ns UTC]
    session_date : days since 1970-01-01.
    symbols : the futures so far; a later block may have more.
    series : position in `symbols` of each window's future.
    by_options : whether the price is the options' reference price; otherwise it is the mid of the future.
    price : NaN where unknown. [index points]
    direction : -1, 0 or 1 from `approach_direction`; NaN where unknown.
    has_option, has_future : whether `silver_gex` and `silver_vacuum` have a row of this future with a reference price.
    option_run, future_run : windows without a gap before each in which that table has a row of this future; -1 where it has
        none in the window itself.
    above, below : the next strike above and the next at or below the price; without options lines of the product's grid of
        strikes. [index points]
    """

    ends: Int
    session_date: NDArray[np.int32]
    symbols: tuple[str, ...]
    series: Int
    by_options: Bool
    price: Float
    direction: Float
    has_option: Bool
    has_future: Bool
    option_run: Int
    future_run: Int
    above: Float
    below: Float


class TriggerWindowsStage:
    """Windows with price and direction, one block of whole windows after the other; grouping does not matter.

    In a window with rows of options, the price is their reference price; without it the window has no trigger. In any other
    window the price is the mid of the future that `silver_vacuum` describes.

    Parameters
    ----------
    strike_grid : distance of the product's strikes, used without options. [index points]
    tally : counts `future_quoted_twice`.
    """

    def __init__(self, *, strike_grid: float, tally: Counter[str]) -> None:
        self._strike_grid = strike_grid
        self._tally = tally
        self._symbols = GrowingNames()
        self._prices = Remembered(())
        self._future_runs, self._option_rows, self._vacuum_rows = _SeriesRuns(), _SeriesRuns(), _SeriesRuns()
        self._last_end: int | None = None

    def windows(
        self,
        *,
        selected: pa.Table | None,
        gex: pa.Table | None,
        vacuum: pa.Table | None,
        future_quotes: pa.Table | None,
    ) -> TriggerWindows:
        """The windows of a block: those with a row of the levels or of `silver_vacuum`.

        Parameters
        ----------
        selected : rows of `silver_gex_levels` of scope `selected` (at least `OPTION_COLUMNS`); None without rows, as all others.
        gex, vacuum, future_quotes : rows with at least `GEX_KEYS`, `VACUUM_KEYS` and `FUTURE_COLUMNS`.
        """
        options, futures = self._rows(selected, "underlying"), self._rows(vacuum, "symbol")
        ends = np.union1d(options.ends, futures.ends)
        self._expect_later(ends)
        option_row, first_future = _row_of(options.ends, ends), _row_of(futures.ends, ends)
        by_options = option_row >= 0
        series = np.where(by_options, _codes_at(options.series, option_row), _codes_at(futures.series, first_future))
        date = np.where(by_options, options.at("session_date", option_row), futures.at("session_date", first_future))

        slots = self._rows(gex, "underlying", add=False)
        gex_row, vacuum_row = _row_of_series(slots, ends, series), _row_of_series(futures, ends, series)
        mid = self._mids(future_quotes, ends, np.where(by_options, -1, series))
        price = np.where(by_options, options.at("reference_price", option_row), mid)
        run = self._future_runs.advance(ends, np.where(by_options, -1, series))
        price_before = before(self._prices.with_present(price), APPROACH_WINDOWS)
        by_future = approach_direction(price=price, price_before=price_before, run=run)
        lines = grid_around(price=price, step=self._strike_grid)
        return TriggerWindows(
            ends=ends,
            session_date=date.astype(np.int32),
            symbols=self._symbols.names,
            series=series,
            by_options=by_options,
            price=price,
            direction=np.where(by_options, slots.at("approach_dir", gex_row), by_future),
            has_option=~np.isnan(slots.at("reference_price", gex_row)),
            has_future=~np.isnan(futures.at("reference_price", vacuum_row)),
            option_run=self._option_rows.advance(ends, np.where(gex_row >= 0, series, -1)),
            future_run=self._vacuum_rows.advance(ends, np.where(vacuum_row >= 0, series, -1)),
            above=np.where(by_options, slots.at("strike_1", gex_row), lines[0]),
            below=np.where(by_options, slots.at("strike_neg1", gex_row), lines[1]),
        )

    def _expect_later(self, ends: Int) -> None:
        if not ends.size:
            return
        if self._last_end is not None and ends[0] <= self._last_end:
            raise ContractError(f"Expected windows that end after {self._last_end}, was {ends[0]}")
        self._last_end = int(ends[-1])

    def _rows(self, table: pa.Table | None, future: str, *, add: bool = True) -> _Rows:
        """The rows of a table with the code of their future; unknown names are added, or else have the code -1."""
        if table is None or table.num_rows == 0:
            return _Rows(None, np.empty(0, np.int64), np.empty(0, np.int64))
        series = self._symbols.add(table[future]) if add else codes_of(table[future], self._symbols.names)
        return _Rows(table, table["ts_window_end"].to_numpy(), series)

    def _mids(self, future_quotes: pa.Table | None, ends: Int, series: Int) -> Float:
        """(W,) midpoint of each window's future; NaN unless its book is ok, and where the series is -1. [index points]."""
        mid = np.full(ends.size, np.nan)
        prices = future_prices(future_quotes, tally=self._tally)
        for number in np.unique(series[series >= 0]).tolist():
            own = series == number
            mid[own] = prices.at(self._symbols.names[number], ends[own])["future_mid"]
        return mid


class _SeriesRuns:
    """Counts the windows of one series without a gap before each window, across blocks."""

    def __init__(self) -> None:
        self._before: RunBefore | None = None
        self._series = -1

    def advance(self, ends: Int, series: Int) -> Int:
        """Count for the next windows: (W,) windows before each; -1 where the series is -1."""
        if not ends.size:
            return np.empty(0, np.int64)
        goes_on = self._before if series[0] == self._series else None
        run = run_lengths(ends=ends, window_ns=WINDOW_NS, series=series, before=goes_on)
        self._before, self._series = RunBefore(end=int(ends[-1]), run=int(run[-1])), int(series[-1])
        return run


class _Rows(NamedTuple):
    """Rows of a table in order of time: their windows' ends and the codes of their futures."""

    table: pa.Table | None
    ends: Int
    series: Int

    def at(self, column: str, row: Int) -> Float:
        """(W,) values of these rows as floats, dates as days since 1970-01-01; NaN where the row is -1."""
        if self.table is None:
            return np.full(row.size, np.nan)
        values = self.table[column]
        if pa.types.is_date32(values.type):
            values = values.cast(pa.int32())
        return np.where(row >= 0, values.to_numpy().astype(np.float64)[row], np.nan)


def _row_of(row_ends: Int, ends: Int) -> Int:
    """(W,) the first row of each window; -1 without one."""
    if row_ends.size == 0:
        return np.full(ends.size, -1)
    row = np.minimum(np.searchsorted(row_ends, ends), row_ends.size - 1)
    return np.where(row_ends[row] == ends, row, -1)


def _row_of_series(rows: _Rows, ends: Int, series: Int) -> Int:
    """(W,) the row of each window's future; -1 without one."""
    found = np.full(ends.size, -1)
    window = np.searchsorted(ends, rows.ends)
    inside = np.flatnonzero((window < ends.size) & (rows.series >= 0))
    mine = inside[(ends[window[inside]] == rows.ends[inside]) & (series[window[inside]] == rows.series[inside])]
    found[window[mine]] = mine
    return found


def _codes_at(codes: NDArray[Any], row: Int) -> Int:
    """(W,) codes of these rows; -1 where the row is -1."""
    return np.where(row >= 0, codes[row], -1) if codes.size else np.full(row.size, -1)
