"""`silver_vacuum` from order records of the futures: features of the book around the price by zones, and how they change.

`kernels.order_book` applies the records and sums up the zones. `vacuum_features` makes features of the sums. This module compares
them with the windows before, and chooses the future that a window is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.features.runs import LOOK_BACK
from gex_assets.kernels.order_book.books import MISSING, BookRows
from gex_assets.kernels.order_book.snapshot import packed, unpacked
from gex_assets.kernels.order_book.zone_edges import ZONES
from gex_assets.market.symbols import FutureSymbol, parse_future
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, derivative_column
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES, SILVER_VACUUM, base_features, depth_column
from gex_assets.stages.look_back import Remembered, WindowRuns, with_differences
from gex_assets.stages.row_block import category, float_columns, row_block
from gex_assets.stages.silver.quotes import FutureWindowBooks
from gex_assets.stages.silver.vacuum_features import base_features_of
from gex_assets.stages.windows import WINDOWS_PER_GROUP, Windows

__all__ = ["UNDERLYING_COLUMNS", "VacuumBooks", "VacuumStage", "ZoneBlock", "vacuum"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

UNDERLYING_COLUMNS: Final = ("ts_window_end", "underlying")
"""Columns of `silver_gex` that name the future of a window."""

_KIND: Final = "vacuum"
_NANO: Final = 1e9
_UNSEEN: Final = BOOK_STATES.index("unseen")
_BASE: Final = base_features()
_DEPTHS: Final = tuple(depth_column(side, zone) for side in ("ask", "bid") for zone in DEPTH_ZONES)
_NAMES: Final = (*_BASE, *(derivative_column(order, base) for order in DERIVATIVE_ORDERS for base in _BASE))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneBlock:
    """Books of consecutive windows with their zones, all futures in each.

    Attributes
    ----------
    rows : with the columns `kernels.order_book.zones.ZONE_COLUMNS`.
    symbols : (I,) of the instruments of the rows.
    """

    rows: BookRows
    symbols: tuple[str, ...]


class VacuumBooks(FutureWindowBooks[ZoneBlock]):
    """Books of the futures with zones around their mids, for `VacuumStage`.

    Parameters
    ----------
    tick : the future's. [index points]
    windows, windows_per_group, claims : as for all books of futures.
    """

    kind = "future zones"

    def __init__(
        self, *, tick: float, windows: Windows, windows_per_group: int = WINDOWS_PER_GROUP, claims: pa.Table | None = None
    ) -> None:
        super().__init__(windows=windows, windows_per_group=windows_per_group, zone_tick=round(tick * _NANO), claims=claims)

    def _made(self, rows: BookRows) -> Iterator[ZoneBlock]:
        yield ZoneBlock(rows=rows, symbols=self._names(rows.instrument_ids))


def vacuum(
    stretches: Iterable[pa.Table],
    *,
    underlyings: pa.Table,
    windows: Windows,
    tick: float,
    product: str,
    day: date,
    tally: Counter[str],
    claims: pa.Table | None = None,
) -> Iterator[pa.Table]:
    """Features of the future's book in every window, from the window of the first record of any future on.

    Parameters
    ----------
    stretches : `bronze_future_mbo` in the file's order, cut anywhere; at least `quotes.ORDER_COLUMNS` and `symbol`.
    underlyings : `UNDERLYING_COLUMNS` of `silver_gex`, in order of time; without rows where there are no options.
    windows : of the day.
    tick : the future's. [index points]
    product, day : needed to read the delivery month in a future's symbol.
    tally : counts records by kind (`kernels.order_book.books.OrderBooks.counts`), and what `VacuumStage` counts.
    claims : as for `quotes.FutureWindowBooks`.

    Yields
    ------
    One table of `SILVER_VACUUM` per row group (`Windows.groups`) that has rows.
    """
    books = VacuumBooks(tick=tick, windows=windows, claims=claims)
    stage = VacuumStage(windows=windows, product=product, day=day, tally=tally)
    named_ends = underlyings["ts_window_end"].to_numpy()
    for block in books.whole_day(stretches):
        first, last = windows.ends[block.rows.first], windows.ends[block.rows.end - 1]
        start, stop = np.searchsorted(named_ends, first, "left"), np.searchsorted(named_ends, last, "right")
        table = stage.rows(block, underlyings=underlyings.slice(start, stop - start))
        if table.num_rows:
            yield table
    tally.update(books.counts)


def _named(underlyings: pa.Table) -> dict[int, list[str]]:
    """End of a window -> the futures named in it."""
    named: dict[int, list[str]] = {}
    names = underlyings["underlying"].cast(pa.string()).to_pylist()
    for end, name in zip(underlyings["ts_window_end"].to_pylist(), names, strict=True):
        named.setdefault(end, []).append(name)
    return named


class VacuumStage:
    """Rows of `silver_vacuum`, one block of whole windows after the other; how windows are grouped changes no row.

    A window has a row of each future that `silver_gex` names as underlying in it. Where it names none, the window has a row of
    the future with the largest volume so far; among equals, of the one delivered first. A named future without a record so far,
    or without claims over the window, has a row too, in the state `unseen` and with NULL features. Differences compare windows of
    one future, with or without rows.

    Parameters
    ----------
    windows : of the day.
    product, day : needed to read the delivery month in a future's symbol.
    tally : counts `rows`, `windows_without_reference_price` and `future_quoted_twice`.
    """

    def __init__(self, *, windows: Windows, product: str, day: date, tally: Counter[str]) -> None:
        self._windows, self._product, self._day, self._tally = windows, product, day, tally
        self._features = Remembered((0, len(_BASE)))
        self._traded = np.zeros(0, np.int64)
        self._ends = np.empty(0, np.int64)
        self._runs = WindowRuns()

    def rows(self, block: ZoneBlock, *, underlyings: pa.Table) -> pa.Table:
        """Make the rows of the next windows.

        Parameters
        ----------
        block : from `VacuumBooks`, every block in order of time.
        underlyings : `UNDERLYING_COLUMNS` of `silver_gex` in these windows.

        Returns
        -------
        Rows of `SILVER_VACUUM`, sorted by ts_window_end and symbol; none before the first record of any future.
        """
        rows, named = block.rows, _named(underlyings)
        taken = slice(rows.first, rows.end)
        ends, present = self._windows.ends[taken], rows.present
        run = self._runs.advance(ends)
        self._ends = np.concatenate([self._ends, ends])[-1 - LOOK_BACK :]
        numbers, sizes, reference = self._numbers(rows, run)
        window, place, symbol = self._chosen(rows, ends, block.symbols, named)
        if not window.size:
            return SILVER_VACUUM.empty()
        met = place >= 0
        at = window, np.maximum(place, 0)
        wide, deep = (np.where(met, values[:, *at], np.nan) for values in (numbers, sizes))
        price = np.where(met, reference[at], np.nan)
        self._tally["windows_without_reference_price"] += int(np.count_nonzero(np.isnan(price)))
        self._tally["rows"] += window.size
        distinct = sorted(set(symbol))
        return row_block(
            SILVER_VACUUM,
            {
                **dict(zip(_NAMES, float_columns(np.ascontiguousarray(wide)), strict=True)),
                **dict(zip(_DEPTHS, float_columns(np.ascontiguousarray(deep)), strict=True)),
                "reference_price": price,
                "ts_window_end": ends[window],
                "session_date": self._windows.session_date[taken][window].astype(np.int32),
                "symbol": category(np.array([distinct.index(name) for name in symbol]), distinct),
                "book_state": category(np.where(met & present[at], rows.columns["book_state"][at], _UNSEEN), BOOK_STATES),
            },
        )

    def snapshot(self) -> bytes:
        """What later rows depend on, to be read by `restored`; the tally stays the caller's."""
        held = {"features": self._features.last, "traded": self._traded, "ends": self._ends}
        return packed(_KIND, held)

    @classmethod
    def restored(cls, snapshot: bytes, *, windows: Windows, product: str, day: date, tally: Counter[str]) -> VacuumStage:
        """The stage as it was when the snapshot was taken.

        Raises
        ------
        SnapshotError
            If it is not a snapshot of this stage in this version, or cut, or changed.
        """
        held = unpacked(_KIND, snapshot)
        stage = cls(windows=windows, product=product, day=day, tally=tally)
        stage._features.last, stage._traded, stage._ends = held["features"], held["traded"], held["ends"]
        if stage._ends.size:
            # Differences look back no further than these windows: so far their run must be known, and no further.
            stage._runs.advance(stage._ends)
        return stage

    def _numbers(self, rows: BookRows, run: Int) -> tuple[Float, Float, Float]:
        """(len(_NAMES), W, I) features and differences, (len(_DEPTHS), W, I) sizes by zone, (W, I) mids at the window's start."""
        known = rows.present & (rows.columns["start_bid"] != MISSING)
        # Without a complete book what rests is only what has come since: every number made of it is missing.
        complete = {"_start_": rows.columns["start_complete"] == 1, "_end_": rows.columns["is_complete"]}

        def zone(name: str) -> Float:
            there = known & (rows.columns[name] != MISSING)
            for moment, whole in complete.items():
                there = there & whole if moment in name else there
            return np.where(there, rows.columns[name], np.nan)

        reference = (zone("start_bid") / _NANO + zone("start_ask") / _NANO) / 2
        made = base_features_of(zone)
        present = np.stack([made[name] for name in _BASE], axis=-1)
        added = present.shape[1] - self._features.last.shape[1]
        self._features.last = np.pad(self._features.last, ((0, 0), (0, added), (0, 0)), constant_values=np.nan)
        steps = with_differences(self._features.with_present(present), run=run)
        sizes = np.stack([zone(f"{side}_end_{name}") for side in ("ask", "bid") for name in ZONES])
        return np.moveaxis(np.concatenate(steps, axis=-1), -1, 0), sizes, reference

    def _chosen(
        self, rows: BookRows, ends: Int, names: Sequence[str], named: Mapping[int, Sequence[str]]
    ) -> tuple[Int, Int, list[str]]:
        """Window, position of the future (-1 before its first record) and symbol of each row, sorted by window and symbol."""
        of_symbol: dict[str, list[int]] = {}
        for place in np.argsort(rows.instrument_ids).tolist():
            of_symbol.setdefault(names[place], []).append(place)
        if not of_symbol:
            return np.empty(0, np.int64), np.empty(0, np.int64), []
        by_delivery = sorted(of_symbol, key=self._delivery)
        traded = self._volume(rows)
        volume = np.stack([traded[:, of_symbol[name]].sum(axis=1) for name in by_delivery], axis=1)
        met = np.stack([rows.present[:, of_symbol[name]].any(axis=1) for name in by_delivery], axis=1)
        busiest = np.argmax(np.where(met, volume, -1), axis=1).tolist()
        first, twice = _lowest_present(rows.present, of_symbol)
        window, chosen, symbol = [], [], []
        for w in np.flatnonzero(rows.present.any(axis=1)).tolist():
            for name in sorted(named.get(int(ends[w]), ())) or [by_delivery[busiest[w]]]:
                window.append(w)
                chosen.append(first[name][w] if name in first else -1)
                symbol.append(name)
                self._tally["future_quoted_twice"] += name in twice and twice[name][w]
        return np.array(window, np.int64), np.array(chosen, np.int64), symbol

    def _volume(self, rows: BookRows) -> Int:
        """(W, I) contracts traded in windows since the file began."""
        sizes = [rows.columns[f"trade_{side}_size"] for side in ("buy", "sell", "none")]
        window = np.where(rows.present, sum(sizes), 0)
        before = np.pad(self._traded, (0, window.shape[1] - self._traded.size))
        traded: Int = before + np.cumsum(window, axis=0, dtype=np.int64)
        self._traded = traded[-1]
        return traded

    def _delivery(self, symbol: str) -> tuple[int, int, str]:
        future = parse_future(symbol, product=self._product, on=self._day)
        return (future.year, future.month, symbol) if isinstance(future, FutureSymbol) else (9999, 0, symbol)


def _lowest_present(
    present: NDArray[np.bool_], of_symbol: Mapping[str, Sequence[int]]
) -> tuple[dict[str, list[int]], dict[str, list[bool]]]:
    """By symbol and window: position of the lowest instrument with a row, -1 where none has one; and whether several have one."""
    first, twice = {}, {}
    for name, places in of_symbol.items():
        met = present[:, places]
        first[name] = np.where(met.any(axis=1), np.array(places)[np.argmax(met, axis=1)], -1).tolist()
        twice[name] = (met.sum(axis=1) > 1).tolist()
    return first, twice
