"""`gold_trigger_outcomes`: what the price did after each trigger, by the future's trades or, without them, the reference price.

Hits are those of trades. How far the price turned back is measured on mids, which do not bounce between bid and ask.

This is the only stage that reads windows later than those of its rows. No feature reads its table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.features.outcomes import (
    NEVER,
    Progress,
    follow,
    moments_of_turning,
    outcome_codes,
    turned_back,
    waiting,
)
from gex_assets.kernels.features.runs import run_lengths
from gex_assets.schemas.gold_trigger_outcomes import (
    BAR_NS,
    BARS,
    GOLD_TRIGGER_OUTCOMES,
    HIT_SIDES,
    HIT_TICKS,
    OUTCOMES,
    PRICE_SOURCES,
    TOUCH_TICKS,
    WAIT_NS,
)
from gex_assets.schemas.gold_trigger_vectors import trigger_key
from gex_assets.schemas.vendor_mbo import UNDEFINED_PRICE
from gex_assets.stages.gold.mids_at_moments import MidsAtMoments
from gex_assets.stages.row_block import category, row_block
from gex_assets.time_units import WINDOW_NS

__all__ = ["REFERENCE_COLUMNS", "TRADE_COLUMNS", "TRIGGER_COLUMNS", "WINDOW_COLUMNS", "observed_until", "trigger_outcomes"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

TRIGGER_COLUMNS: Final = tuple(column.name for column in trigger_key())
"""Columns of `gold_trigger_vectors` that identify triggers; never the vector."""

TRADE_COLUMNS: Final = ("ts_recv", "ts_recv_behind", "action", "price", "symbol")
"""Columns of `bronze_future_mbo` that hold the trades."""

WINDOW_COLUMNS: Final = ("ts_window_end", "symbol")
"""Columns of `silver_future_quotes` that tell how long the future was observed."""

REFERENCE_COLUMNS: Final = ("ts_window_end", "underlying", "reference_price")
"""Columns of `silver_gex` that hold the price where the future has no trades."""

_NANO: Final = 1e9
_TRADES, _REFERENCE = range(len(PRICE_SOURCES))


class _Prices(NamedTuple):
    """Prices of one symbol: moments in order of time, and values."""

    ts: Int
    price: Float


def trigger_outcomes(
    triggers: pa.Table,
    *,
    trades: Iterable[pa.Table],
    best_prices: Iterable[pa.Table],
    future_windows: pa.Table,
    reference: pa.Table,
    tick: float,
    tally: Counter[str],
) -> pa.Table:
    """Outcome of every trigger.

    Prices are the trades of the trigger's underlying, at the clock that windows follow, where two things hold: the future traded
    on the day, and `future_windows` has the trigger's window. Otherwise prices are the reference price at each window's end.
    The observation ends with the stretch of windows without a gap in which the trigger lies.

    Parameters
    ----------
    triggers : `TRIGGER_COLUMNS` of `gold_trigger_vectors`.
    trades : stretches of `bronze_future_mbo` in the file's order, cut anywhere; at least `TRADE_COLUMNS`.
    best_prices : row groups of `silver_future_bbo` in their order; at least `mids_at_moments.BEST_PRICE_COLUMNS`.
    future_windows : `WINDOW_COLUMNS` of `silver_future_quotes`.
    reference : `REFERENCE_COLUMNS` of `silver_gex`.
    tick : least step of the future's price. [index points]
    tally : counts outcomes of the last bar as `outcome_{word}` and `outcome_unknown`, and `trades` of the triggers' futures. Next
        to the outcomes stand `turned_back_rows`, rows with a `turned_back` of the last bar, and `turned_back_sum`, the sum of
        these, rounded.
    """
    start = triggers["ts_window_end"].to_numpy()
    underlying = np.array(triggers["underlying"].cast(pa.string()).to_pylist(), dtype=object)
    progress = waiting(start.size)
    until = np.zeros(start.size, dtype=np.int64)
    source = np.full(start.size, _REFERENCE)
    symbols = sorted(set(underlying))
    of_symbol = {symbol: np.flatnonzero(underlying == symbol) for symbol in symbols}

    def see(rows: Int, seen: _Prices) -> None:
        own = Progress._make(values[rows] for values in progress)
        follow(
            own,
            ts=seen.ts,
            price=seen.price,
            start=start[rows],
            level=triggers["level"].to_numpy()[rows],
            direction=triggers["approach_dir"].to_numpy()[rows].astype(np.float64),
            until=until[rows],
            tick=tick,
            touch_ticks=float(TOUCH_TICKS),
            hit_ticks=float(HIT_TICKS),
            wait_ns=WAIT_NS,
            watch_ns=BARS * BAR_NS,
        )
        for values, changed in zip(progress, own, strict=True):
            values[rows] = changed

    future_ends = _ends_by_symbol(future_windows, "symbol")
    in_trades = {symbol: rows[_is_in(future_ends.get(symbol), start[rows])] for symbol, rows in of_symbol.items()}
    for symbol, rows in in_trades.items():
        until[rows] = observed_until(future_ends.get(symbol), start[rows])
    for stretch in trades:
        for symbol, seen in _trades(stretch, symbols):
            source[in_trades[symbol]] = _TRADES
            tally["trades"] += seen.ts.size
            see(in_trades[symbol], seen)
    reference_ends = _ends_by_symbol(reference, "underlying")
    for symbol, rows in of_symbol.items():
        left = rows[source[rows] == _REFERENCE]
        until[left] = observed_until(reference_ends.get(symbol), start[left])
        see(left, _reference_of(reference, symbol))
    mids = MidsAtMoments(symbols=underlying, moments=moments_of_turning(progress, bar_ns=BAR_NS, bars=BARS))
    for rows in best_prices:
        mids.see(rows)
    direction, level = triggers["approach_dir"].to_numpy(), triggers["level"].to_numpy()
    ahead = np.where(source == _TRADES, direction * (mids.mids - level) / tick, np.nan)
    return _table(triggers, progress, ahead, start=start, until=until, source=source, tally=tally)


def _ends_by_symbol(rows: pa.Table, symbols: str) -> dict[str, Int]:
    names, ends = rows[symbols].cast(pa.string()), rows["ts_window_end"].to_numpy()
    return {name: np.unique(ends[pc.equal(names, name).to_numpy()]) for name in pc.unique(names).to_pylist() if name is not None}


def observed_until(ends: Int | None, start: Int) -> Int:
    """(n,) end of the stretch of windows without a gap that holds each moment; the moment itself where none does."""
    if ends is None or not ends.size:
        return start
    run = run_lengths(ends=ends, window_ns=WINDOW_NS)
    last_of_stretch = np.append(np.flatnonzero(run[1:] == 0), ends.size - 1)
    row = np.minimum(np.searchsorted(ends, start), ends.size - 1)
    until = ends[last_of_stretch[np.searchsorted(last_of_stretch, row)]]
    return np.where(ends[row] == start, until, start)


def _is_in(ends: Int | None, start: Int) -> Bool:
    return np.zeros(start.size, dtype=np.bool_) if ends is None else np.isin(start, ends)


def _trades(stretch: pa.Table, symbols: Sequence[str]) -> list[tuple[str, _Prices]]:
    """Trades of each symbol at the clock that windows follow; trades without a price are left out."""
    rows = stretch.filter(
        pc.and_(
            pc.and_(pc.equal(stretch["action"].cast(pa.string()), "T"), pc.not_equal(stretch["price"], UNDEFINED_PRICE)),
            pc.is_in(stretch["symbol"].cast(pa.string()), pa.array(symbols, type=pa.string())),
        )
    )
    names = rows["symbol"].cast(pa.string())
    ts = rows["ts_recv"].to_numpy() + rows["ts_recv_behind"].to_numpy()
    price = rows["price"].to_numpy() / _NANO
    found = []
    for symbol in sorted(pc.unique(names).to_pylist()):
        own = pc.equal(names, symbol).to_numpy()
        found.append((symbol, _Prices(ts[own], price[own])))
    return found


def _reference_of(reference: pa.Table, symbol: str) -> _Prices:
    own = reference.filter(pc.equal(reference["underlying"].cast(pa.string()), symbol))
    price = own["reference_price"].to_numpy()
    known = ~np.isnan(price)
    return _Prices(own["ts_window_end"].to_numpy()[known], price[known])


def _table(
    triggers: pa.Table, progress: Progress, ahead: Float, *, start: Int, until: Int, source: Int, tally: Counter[str]
) -> pa.Table:
    codes, observed, censored = outcome_codes(progress, start=start, until=until, wait_ns=WAIT_NS, bar_ns=BAR_NS, bars=BARS)
    for code, word in enumerate(OUTCOMES):
        tally[f"outcome_{word}"] += int(np.count_nonzero(codes[-1] == code))
    tally["outcome_unknown"] += int(np.count_nonzero(codes[-1] < 0))
    turned = np.where(np.arange(BARS)[:, None] < observed, turned_back(ahead, hit_ticks=float(HIT_TICKS)), np.nan)
    tally["turned_back_rows"] += int(np.count_nonzero(~np.isnan(turned[-1])))
    tally["turned_back_sum"] += round(float(np.nansum(turned[-1])))
    touched = progress.touch != NEVER
    first, second = np.minimum(progress.beyond, progress.back), np.maximum(progress.beyond, progress.back)
    columns: dict[str, NDArray[Any] | pa.Array] = {
        **{name: triggers[name].combine_chunks() for name in TRIGGER_COLUMNS},
        "price_source": category(source, PRICE_SOURCES),
        "ts_touch": _moments(progress.touch),
        "touch_offset_ticks": ahead[0],
        **{f"outcome_{bar + 1}": category(codes[bar], OUTCOMES) for bar in range(BARS)},
        **{f"turned_back_{bar + 1}": turned[bar] for bar in range(BARS)},
        "censored": censored,
        "bars_observed": pa.array(observed.astype(np.int8), mask=observed < 0),
        "ts_first_hit": _moments(first),
        "first_hit": category(np.where(first == NEVER, -1, np.where(progress.beyond <= progress.back, 0, 1)), HIT_SIDES),
        "ts_second_hit": _moments(second),
        "mfe_ticks": np.where(touched, progress.farthest_beyond, np.nan),
        "mae_ticks": np.where(touched, progress.farthest_back, np.nan),
    }
    return row_block(GOLD_TRIGGER_OUTCOMES, columns)


def _moments(ts: Int) -> pa.Array:
    return pa.array(ts, mask=ts == NEVER)
