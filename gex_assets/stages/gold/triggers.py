"""Finds triggers: windows in which the price is near a level and moves towards it, and the episodes that they form.

A day has few windows, so that the few columns needed here are held for the whole day. `trigger_vectors` adds the vectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.features.runs import run_lengths
from gex_assets.kernels.features.triggers import APPROACH_WINDOWS, approach_direction, approached, episode_starts, grid_around
from gex_assets.schemas.gold_trigger_vectors import LEVEL_IDS, NO_CONVENTION, REACH_TICKS, STRIKE_LEVELS
from gex_assets.stages.future_prices import future_prices
from gex_assets.stages.look_back import Remembered, before
from gex_assets.time_units import WINDOW_NS

__all__ = [
    "FUTURE_COLUMNS",
    "GEX_KEYS",
    "LEVELS_COLUMNS",
    "VACUUM_KEYS",
    "TriggerWindows",
    "Triggers",
    "find_triggers",
    "selected_levels",
    "trigger_windows",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_WALLS: Final = tuple(name for name in LEVEL_IDS if name not in STRIKE_LEVELS)
_OF_CONVENTION: Final = ("convention_version", "weight_used")

LEVELS_COLUMNS: Final = (
    *("ts_window_end", "convention", "scope", "session_date", "underlying", "reference_price"),
    *_OF_CONVENTION,
    *_WALLS,
)
"""Columns of `silver_gex_levels` that triggers need."""

GEX_KEYS: Final = ("ts_window_end", "underlying", "reference_price", "approach_dir", "strike_1", "strike_neg1")
"""Columns of `silver_gex` that triggers need."""

VACUUM_KEYS: Final = ("ts_window_end", "symbol", "session_date", "reference_price")
"""Columns of `silver_vacuum` that triggers need."""

FUTURE_COLUMNS: Final = (
    *("ts_window_end", "instrument_id", "symbol"),
    *("book_state", "bid_price", "ask_price", "vwap", "last_trade_price"),
)
"""Columns of `silver_future_quotes` that triggers need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerWindows:
    """The windows of a day with price and direction, (W,) each.

    Attributes
    ----------
    ends : ascending ends of windows. [UNIX ns UTC]
    session_date : days since 1970-01-01.
    symbols : the futures of the day, sorted.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """Triggers sorted by window, convention and level, (n,) each.

    Attributes
    ----------
    window, convention, level_id : positions in `TriggerWindows`, in `conventions` and in `LEVEL_IDS`.
    level : price of the level. [index points]
    episode_start : end of the first window of the episode. [UNIX ns UTC]
    version : of the convention; -1 for strike levels.
    weight : position in `weights`; -1 where the convention has none, and for strike levels.
    conventions, weights : their names, sorted.
    """

    window: Int
    convention: Int
    level_id: Int
    level: Float
    episode_start: Int
    version: Int
    weight: Int
    conventions: tuple[str, ...]
    weights: tuple[str, ...]


def selected_levels(groups: Iterable[pa.Table]) -> pa.Table | None:
    """Rows of scope `selected`, one per window and convention; None without rows."""
    kept = [group.filter(pc.equal(group["scope"].cast(pa.string()), "selected")) for group in groups]
    return _together(kept)


def trigger_windows(
    *,
    levels: pa.Table | None,
    gex: Iterable[pa.Table],
    vacuum: Iterable[pa.Table],
    future_quotes: Iterable[pa.Table],
    strike_grid: float,
    tally: Counter[str],
) -> TriggerWindows:
    """The day's windows with price and direction.

    In a window with rows of options, the price is their reference price; without it the window has no trigger. In any other
    window the price is the mid of the future that `silver_vacuum` describes.

    Parameters
    ----------
    levels : `selected_levels` of the day.
    gex, vacuum, future_quotes : row groups with at least `GEX_KEYS`, `VACUUM_KEYS` and `FUTURE_COLUMNS`.
    strike_grid : distance of the product's strikes, used without options. [index points]
    tally : counts `future_quoted_twice`.
    """
    options, futures = _option_rows(levels), _rows(vacuum, VACUUM_KEYS, "symbol")
    slots = _rows(gex, GEX_KEYS, "underlying")
    ends: Int = np.union1d(options["ts_window_end"], futures["ts_window_end"])
    symbols = tuple(sorted({*options["underlying"], *futures["symbol"]}))
    option_row, first_future = _row_of(options["ts_window_end"], ends), _row_of(futures["ts_window_end"], ends)
    by_options = option_row >= 0
    place = {symbol: number for number, symbol in enumerate(symbols)}
    of_options = np.array([place[name] for name in options["underlying"]], dtype=np.int64)
    of_futures = np.array([place[name] for name in futures["symbol"]], dtype=np.int64)
    series = np.where(by_options, _at(of_options, option_row), _at(of_futures, first_future)).astype(np.int64)
    date = np.where(by_options, _at(options["session_date"], option_row), _at(futures["session_date"], first_future))

    gex_row = _row_of_series(slots["ts_window_end"], [place.get(name, -1) for name in slots["underlying"]], ends, series)
    vacuum_row = _row_of_series(futures["ts_window_end"], of_futures.tolist(), ends, series)
    mid = _mids(future_quotes, symbols, ends, series, tally=tally)
    price = np.where(by_options, _at(options["reference_price"], option_row), mid)
    run = run_lengths(ends=ends, series=np.where(by_options, -1, series), window_ns=WINDOW_NS)
    price_before = before(Remembered(()).with_present(price), APPROACH_WINDOWS)
    by_future = approach_direction(price=price, price_before=price_before, run=run)
    lines = grid_around(price=price, step=strike_grid)
    return TriggerWindows(
        ends=ends,
        session_date=date.astype(np.int32),
        symbols=symbols,
        series=series,
        by_options=by_options,
        price=price,
        direction=np.where(by_options, _at(slots["approach_dir"], gex_row), by_future),
        has_option=~np.isnan(_at(slots["reference_price"], gex_row)),
        has_future=~np.isnan(_at(futures["reference_price"], vacuum_row)),
        option_run=run_lengths(ends=ends, series=np.where(gex_row >= 0, series, -1), window_ns=WINDOW_NS),
        future_run=run_lengths(ends=ends, series=np.where(vacuum_row >= 0, series, -1), window_ns=WINDOW_NS),
        above=np.where(by_options, _at(slots["strike_1"], gex_row), lines[0]),
        below=np.where(by_options, _at(slots["strike_neg1"], gex_row), lines[1]),
    )


def find_triggers(windows: TriggerWindows, *, levels: pa.Table | None, tick: float, tally: Counter[str]) -> Triggers:
    """Triggers of every level of every convention.

    Parameters
    ----------
    levels : `selected_levels` of the day.
    tick : least step of the future's price. [index points]
    tally : counts triggers by level as `triggers_{level_id}`, and the triggers that begin an episode as `episodes`.
    """
    names = {NO_CONVENTION} if levels is None else {NO_CONVENTION, *levels["convention"].cast(pa.string()).to_pylist()}
    conventions = tuple(sorted(names))
    weights = _words(levels, "weight_used")
    parts: list[dict[str, NDArray[Any]]] = []
    for convention, level_id, level, version, weight in _levels(windows, levels, conventions, weights):
        near = approached(price=windows.price, level=level, direction=windows.direction, reach=REACH_TICKS * tick)
        at = np.flatnonzero(near)
        begins = episode_starts(ends=windows.ends[at], level=level[at], window_ns=WINDOW_NS, reach=REACH_TICKS * tick)
        latest = np.maximum.accumulate(np.where(begins, np.arange(at.size), 0))
        parts.append(
            {
                "window": at,
                "convention": np.full(at.size, conventions.index(convention)),
                "level_id": np.full(at.size, LEVEL_IDS.index(level_id)),
                "level": level[at],
                "episode_start": windows.ends[at][latest],
                "version": version[at],
                "weight": weight[at],
            }
        )
        tally[f"triggers_{level_id}"] += at.size
        tally["episodes"] += int(np.count_nonzero(begins))
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rank = np.argsort(np.argsort(LEVEL_IDS))
    order = np.lexsort((rank[found["level_id"]], found["convention"], found["window"]))
    return Triggers(**{name: values[order] for name, values in found.items()}, conventions=conventions, weights=weights)


def _levels(
    windows: TriggerWindows, levels: pa.Table | None, conventions: Sequence[str], weights: Sequence[str]
) -> Iterator[tuple[str, str, Float, Int, Int]]:
    """Convention, name and (W,) price of every level, with (W,) version and weight of its convention; -1 where there is none."""
    none = np.full(windows.ends.size, -1)
    for level_id, level in zip(STRIKE_LEVELS, (windows.above, windows.below), strict=True):
        yield NO_CONVENTION, level_id, level, none, none
    if levels is None:
        return
    for convention in conventions:
        own = levels.filter(pc.equal(levels["convention"].cast(pa.string()), convention))
        if own.num_rows == 0:
            continue
        row = _row_of(own["ts_window_end"].to_numpy(), windows.ends)
        version = np.where(row >= 0, own["convention_version"].to_numpy()[row], -1)
        codes = np.array([-1 if word is None else weights.index(word) for word in own["weight_used"].to_pylist()])
        weight = np.where(row >= 0, codes[row], -1)
        for level_id in _WALLS:
            yield convention, level_id, _at(own[level_id].to_numpy(), row), version, weight


def _option_rows(levels: pa.Table | None) -> dict[str, NDArray[Any]]:
    """Columns with one row per window, of values that are the same for all conventions."""
    names = ("ts_window_end", "underlying", "session_date", "reference_price")
    if levels is None:
        return {name: np.empty(0, object if name == "underlying" else np.float64) for name in names} | {
            "ts_window_end": np.empty(0, np.int64)
        }
    ends, first = np.unique(levels["ts_window_end"].to_numpy(), return_index=True)
    return {
        "ts_window_end": ends,
        "underlying": np.array(levels["underlying"].cast(pa.string()).to_pylist(), dtype=object)[first],
        "session_date": levels["session_date"].cast(pa.int32()).to_numpy()[first],
        "reference_price": levels["reference_price"].to_numpy()[first],
    }


def _rows(groups: Iterable[pa.Table], columns: Sequence[str], words: str) -> dict[str, NDArray[Any]]:
    whole = _together([group.select(columns) for group in groups])
    if whole is None:
        return {
            name: np.empty(0, np.int64 if name == "ts_window_end" else object if name == words else np.float64)
            for name in columns
        }
    found: dict[str, NDArray[Any]] = {words: np.array(whole[words].cast(pa.string()).to_pylist(), dtype=object)}
    for name in columns:
        if name != words:
            column = whole[name]
            found[name] = (column.cast(pa.int32()) if pa.types.is_date32(column.type) else column).to_numpy()
    return found


def _mids(future_quotes: Iterable[pa.Table], symbols: Sequence[str], ends: Int, series: Int, *, tally: Counter[str]) -> Float:
    """(W,) midpoint of each window's future; NaN unless its book is ok. [index points]."""
    mid = np.full(ends.size, np.nan)
    prices = future_prices(_together([group.select(FUTURE_COLUMNS) for group in future_quotes]), tally=tally)
    for number, symbol in enumerate(symbols):
        own = series == number
        mid[own] = prices.at(symbol, ends)["future_mid"][own]
    return mid


def _together(tables: Sequence[pa.Table]) -> pa.Table | None:
    filled = [table for table in tables if table.num_rows]
    return pa.concat_tables(filled).unify_dictionaries().combine_chunks() if filled else None


def _words(levels: pa.Table | None, name: str) -> tuple[str, ...]:
    if levels is None:
        return ()
    return tuple(sorted(word for word in pc.unique(levels[name].cast(pa.string())).to_pylist() if word is not None))


def _row_of(row_ends: Int, ends: Int) -> Int:
    """(W,) the first row of each window; -1 without one."""
    if row_ends.size == 0:
        return np.full(ends.size, -1)
    row = np.minimum(np.searchsorted(row_ends, ends), row_ends.size - 1)
    return np.where(row_ends[row] == ends, row, -1)


def _row_of_series(row_ends: Int, row_series: Sequence[int], ends: Int, series: Int) -> Int:
    """(W,) the row of each window's series; -1 without one."""
    of_rows = np.array(row_series, dtype=np.int64)
    found = np.full(ends.size, -1)
    window = np.searchsorted(ends, row_ends)
    inside = np.flatnonzero(window < ends.size)
    mine = inside[(ends[window[inside]] == row_ends[inside]) & (series[window[inside]] == of_rows[inside])]
    found[window[mine]] = mine
    return found


def _at(values: NDArray[Any], row: Int) -> Float:
    """(W,) values of these rows as floats; NaN where the row is -1."""
    if values.size == 0:
        return np.full(row.size, np.nan)
    return np.where(row >= 0, values.astype(np.float64)[row], np.nan)
