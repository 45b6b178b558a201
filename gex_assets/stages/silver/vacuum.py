"""`silver_vacuum` from order records of the futures: features of the book around the price by zones, and how they change.

`kernels.order_book` applies the records and sums up the zones; `kernels.features.vacuum` has the ratios. This module names the
features, compares them with the windows before, and chooses the future that a window is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.features.vacuum import away_share, log_ratio, mean_distance, per_one_more, relative_log
from gex_assets.kernels.order_book.books import MISSING, BookRows, OrderBooks
from gex_assets.kernels.order_book.zone_edges import LAST_TICK, ZONES
from gex_assets.market.symbols import FutureSymbol, parse_future
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, derivative_column
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES, SILVER_VACUUM, UP, base_features, depth_column, vacuum_column
from gex_assets.stages.look_back import Remembered, WindowRuns, with_differences
from gex_assets.stages.row_block import category, float_columns, row_block
from gex_assets.stages.silver.quotes import list_futures, order_records
from gex_assets.stages.windows import WINDOWS_PER_GROUP, Windows

__all__ = ["UNDERLYING_COLUMNS", "vacuum"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Zone = Callable[[str], Float]
"""Name of a column of `kernels.order_book.zones.ZONE_COLUMNS` -> its values (W, I), NaN where missing."""

UNDERLYING_COLUMNS: Final = ("ts_window_end", "underlying")
"""Columns of `silver_gex` that name the future of a window."""

_NANO: Final = 1e9
_UNSEEN: Final = BOOK_STATES.index("unseen")
_BASE: Final = base_features()
_DEPTHS: Final = tuple(depth_column(side, zone) for side in ("ask", "bid") for zone in DEPTH_ZONES)
_NAMES: Final = (*_BASE, *(derivative_column(order, base) for order in DERIVATIVE_ORDERS for base in _BASE))


def vacuum(
    stretches: Iterable[pa.Table],
    *,
    underlyings: pa.Table,
    windows: Windows,
    tick: float,
    product: str,
    day: date,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Features of the future's book in every window, from the window of the first record of any future on.

    A window has a row of each future that `silver_gex` names as underlying in it. Where it names none, the window has a row of
    the future with the largest volume so far; among equals, of the one delivered first. A named future without a record so far
    has a row too, in the state `unseen` and with NULL features. Differences compare windows of one future, with or without rows.

    Parameters
    ----------
    stretches : `bronze_future_mbo` in the file's order, cut anywhere; at least `quotes.ORDER_COLUMNS` and `symbol`.
    underlyings : `UNDERLYING_COLUMNS` of `silver_gex`; without rows where there are no options.
    windows : of the day.
    tick : the future's. [index points]
    product, day : needed to read the delivery month in a future's symbol.
    tally : counts records by kind (`kernels.order_book.books.OrderBooks.counts`), `rows`, `windows_without_reference_price` and
        `future_quoted_twice`.

    Yields
    ------
    One table of `SILVER_VACUUM` per row group (`Windows.groups`) that has rows.
    """
    books = OrderBooks(window_ends=windows.ends, windows_per_group=WINDOWS_PER_GROUP, zone_tick=round(tick * _NANO))
    symbols: dict[int, str] = {}
    named = _named(underlyings)
    futures = _Futures(symbols, product=product, day=day, tally=tally)
    for stretch in stretches:
        list_futures(books, stretch, symbols)
        for records in order_records(stretch):
            for rows in books.apply(records):
                yield from futures.table(rows, windows, named)
    for rows in books.finish():
        yield from futures.table(rows, windows, named)
    tally.update(books.counts)


def _named(underlyings: pa.Table) -> dict[int, list[str]]:
    """End of a window -> the futures named in it."""
    named: dict[int, list[str]] = {}
    names = underlyings["underlying"].cast(pa.string()).to_pylist()
    for end, name in zip(underlyings["ts_window_end"].to_pylist(), names, strict=True):
        named.setdefault(end, []).append(name)
    return named


class _Futures:
    """All futures of the day, in the order of the books, and the values of their last windows."""

    def __init__(self, symbols: Mapping[int, str], *, product: str, day: date, tally: Counter[str]) -> None:
        self._symbols, self._product, self._day, self._tally = symbols, product, day, tally
        self._features = Remembered((0, len(_BASE)))
        self._traded = np.zeros(0, np.int64)
        self._runs = WindowRuns()

    def table(self, rows: BookRows, windows: Windows, named: Mapping[int, Sequence[str]]) -> Iterator[pa.Table]:
        """The rows of a group of windows; nothing where there are none."""
        taken = slice(rows.first, rows.end)
        ends, present = windows.ends[taken], rows.present
        names = [self._symbols[int(instrument_id)] for instrument_id in rows.instrument_ids]
        run = self._runs.advance(ends)
        numbers, sizes, reference = self._numbers(rows, run)
        window, place, symbol = self._chosen(rows, ends, names, named)
        if not window.size:
            return
        met = place >= 0
        at = window, np.maximum(place, 0)
        wide, deep = (np.where(met, values[:, *at], np.nan) for values in (numbers, sizes))
        price = np.where(met, reference[at], np.nan)
        self._tally["windows_without_reference_price"] += int(np.count_nonzero(np.isnan(price)))
        self._tally["rows"] += window.size
        distinct = sorted(set(symbol))
        yield row_block(
            SILVER_VACUUM,
            {
                **dict(zip(_NAMES, float_columns(np.ascontiguousarray(wide)), strict=True)),
                **dict(zip(_DEPTHS, float_columns(np.ascontiguousarray(deep)), strict=True)),
                "reference_price": price,
                "ts_window_end": ends[window],
                "session_date": windows.session_date[taken][window].astype(np.int32),
                "symbol": category(np.array([distinct.index(name) for name in symbol]), distinct),
                "book_state": category(np.where(met & present[at], rows.columns["book_state"][at], _UNSEEN), BOOK_STATES),
            },
        )

    def _numbers(self, rows: BookRows, run: Int) -> tuple[Float, Float, Float]:
        """(len(_NAMES), W, I) features and differences, (len(_DEPTHS), W, I) sizes by zone, (W, I) mids at the window's start."""
        known = rows.present & (rows.columns["start_bid"] != MISSING)

        def zone(name: str) -> Float:
            return np.where(known & (rows.columns[name] != MISSING), rows.columns[name], np.nan)

        reference = (zone("start_bid") / _NANO + zone("start_ask") / _NANO) / 2
        made = _features(zone)
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


def _features(zone: Zone) -> dict[str, Float]:
    """Every f and u feature (W, I), by name, from the sizes by zone."""
    made: dict[str, Float] = {}
    for side, retreat, decay, nearest in (("ask", "f1", "f2", "f8"), ("bid", "f3", "f4", "f9")):
        depth = {moment: _total(zone, f"{side}_{moment}") for moment in ("start", "end")}
        com = {
            moment: mean_distance(size_ticks=zone(f"{side}_{moment}_size_ticks"), size=size, empty_ticks=LAST_TICK)
            for moment, size in depth.items()
        }
        at, near, far = (zone(f"{side}_end_{name}") for name in ("at", "near", "far"))
        added, pulled = _total(zone, f"{side}_add"), _total(zone, f"{side}_pull_rest")
        of_side = {
            (retreat, "com_disp_log"): log_ratio(com["end"], com["start"]),
            (retreat, "slope_convex_log"): log_ratio(far, near),
            (retreat, "slope_inner_log"): log_ratio(near, at),
            (retreat, "reprice_away_share_rest"): away_share(away=zone(f"{side}_away"), toward=zone(f"{side}_toward")),
            (decay, "pull_add_log_rest"): log_ratio(pulled, added),
            (decay, "pull_intensity_log_rest"): relative_log(pulled, depth["start"]),
            (nearest, "bbo_dist_ticks"): zone(f"{side}_best_ticks"),
        }
        for name, now in (("at", at), ("near", near)):
            share = per_one_more(zone(f"{side}_start_{name}"), depth["start"])
            of_side[retreat, f"{name}_share_delta"] = per_one_more(now, depth["end"]) - share
            of_side[decay, f"{name}_pull_share_rest"] = per_one_more(zone(f"{side}_pull_rest_{name}"), pulled)
        made |= {vacuum_column(number, side, name): values for (number, name), values in of_side.items()}
    made["f5_vacuum_expansion_log"] = made["f1_ask_com_disp_log"] + made["f3_bid_com_disp_log"]
    made["f6_vacuum_decay_log"] = made["f2_ask_pull_add_log_rest"] + made["f4_bid_pull_add_log_rest"]
    made["f7_vacuum_total_log"] = made["f5_vacuum_expansion_log"] + made["f6_vacuum_decay_log"]
    for name, source in UP.items():
        if source in made:
            made[name] = made[source]
        elif source.removeprefix("-") in made:
            made[name] = 0.0 - made[source[1:]]
    made["u11_bid_reprice_toward_share_rest"] = 1.0 - made["f3_bid_reprice_away_share_rest"]
    made["u13_bid_add_intensity_log"] = relative_log(_total(zone, "bid_add"), _total(zone, "bid_start"))
    made["u14_bid_far_pull_share_rest"] = 1.0 - made["f4_bid_at_pull_share_rest"] - made["f4_bid_near_pull_share_rest"]
    made["u15_up_expansion_log"] = made["u1_ask_com_disp_log"] + made["u8_bid_com_approach_log"]
    made["u16_up_flow_log"] = made["u5_ask_pull_add_log_rest"] + made["u12_bid_add_pull_log_rest"]
    made["u17_up_total_log"] = made["u15_up_expansion_log"] + made["u16_up_flow_log"]
    return made


def _total(zone: Zone, sizes: str) -> Float:
    at, near, mid, far = (zone(f"{sizes}_{name}") for name in ZONES)
    return at + near + mid + far
