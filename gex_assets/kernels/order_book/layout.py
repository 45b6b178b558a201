"""The memory of the order book: what each array of its compiled loops holds, and at which position.

What records do is in `rules`, writing rows in `rows`, allocation in `books`. Prices are int64 in 1e-9 index points. A side sorts
by a key that grows towards its best price: the price for bids, its bitwise complement for asks. Unlike the negative, the
complement cannot overflow.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

Array = Any
"""A numpy array, mostly of records, whose fields only the compiler knows."""
Int = Any
"""An integer or a truth in compiled code."""

BID: Final = 0
ASK: Final = 1
NO_SIDE: Final = -1

UNDEFINED: Final = 2**63 - 1
"""The vendor's value for a price that is missing."""
MISSING: Final = -(2**63)
"""A moment or an age that is missing."""
NANO: Final = 1_000_000_000

# What a compiled loop asks its caller for.
DONE: Final = 0
GROUP_FULL: Final = 2
GROW_ORDERS: Final = 3
GROW_FILLS: Final = 4
GROW_LEVELS: Final = 5
GROW_RUNGS: Final = 6

# Positions in `State.cursor`.
CLOCK: Final = 0
"""Greatest ts_recv so far."""
BOUNDARY: Final = 1
"""The moment at which the next window starts or ends."""
WINDOW: Final = 2
"""The window that is open or comes next."""
IS_OPEN: Final = 3
GROUP_FIRST: Final = 4
GROUP_END: Final = 5
ORDERS_USED: Final = 6
FILLS_USED: Final = 7
LEVELS_USED: Final = 8
WIDEST: Final = 9
"""Largest capacity of a slab of levels."""
BOOKS_MADE: Final = 10
EVENTS_MADE: Final = 11
RUNGS_USED: Final = 12
TO_MOVE: Final = 13
"""1 + the side whose ladder should be moved before the next record; 0: none."""
NEEDED: Final = 14
"""Levels or rungs that were missing at GROW_LEVELS, GROW_RUNGS."""
TURN: Final = 15
"""The moment from which on some row changes without a record: the next listing or expiration."""
CARE: Final = 16
"""Not 0 when, before the next record, there may be a ladder to move or too little room for levels."""
CURSORS: Final = 17

KINDS: Final = (
    "records",
    "unselected",
    "outside_windows",
    "unknown_cancel",
    "unknown_modify",
    "duplicate_add",
    "excess_cancel",
    "odd_action",
    "odd_flag",
    "odd_side",
    "odd_size",
    "off_tick",
    "ts_recv_backstep",
    "undefined_price",
    "crossed_in_session",
    "maybe_bad_book",
    "undefined_size",
)
"""What the loop counts, in the order of `State.counts`; explained at `books.OrderBooks.counts`."""

(
    RECORDS,
    UNSELECTED,
    OUTSIDE_WINDOWS,
    UNKNOWN_CANCEL,
    UNKNOWN_MODIFY,
    DUPLICATE_ADD,
    EXCESS_CANCEL,
    ODD_ACTION,
    ODD_FLAG,
    ODD_SIDE,
    ODD_SIZE,
    OFF_TICK,
    BACKSTEP,
    UNDEFINED_PRICE,
    CROSSED,
    MAYBE_BAD_BOOK,
    UNDEFINED_SIZE,
) = range(17)

LOW_BITS, MIDDLE_BITS = 22, 21
"""The price x size of a vwap is summed with the price in three parts, the lower two of these bits: so the sums stay exact."""

SPAN_LIMIT: Final = 4096
"""Rungs of a ladder at most: 64 words of 64 bits, so that one more word says which of them are not 0."""

FINE, COARSE = 50_000_000, 250_000_000
"""The ticks of ES options; futures keep to the coarser one."""

ORDER: Final = np.dtype(
    [("order_id", np.uint64), ("key", np.int64), ("since", np.int64), ("size", np.uint32), ("number", np.uint32)], align=True
)
"""A resting order. `number` is that of its book, plus 1 on the ask side; 0 marks a free place. `since`: moment of its add,
price change or growth."""

FILL: Final = np.dtype([("order_id", np.uint64), ("left", np.int64), ("number", np.int64)], align=True)
"""What F of an event still open took from an order and no C or M has answered. `number` is that of the event; 0: free place."""

LEVEL: Final = np.dtype([("key", np.int64), ("size", np.int64), ("orders", np.int64)], align=True)

RUNG: Final = np.dtype([("size", np.int64), ("orders", np.int64)], align=True)
"""A level on a ladder, where its place says its price; 0 orders: no level."""

SIDE: Final = np.dtype(
    [
        ("base", np.int64),
        ("inverse", np.uint64),
        ("best", np.int64),
        ("depth", np.int64),
        ("count", np.int64),
        ("filled", np.uint64),
        ("tick", np.int64),
        ("start", np.uint32),
        ("span", np.uint32),
    ],
    align=True,
)
"""One side of a book, a cache line: all that most records need. `best` is the key of the best price, MISSING where there is none;
`count` and `depth` those of all levels, `base`, `tick`, `start`, `span` the ladder's first key, its tick, its first rung and how
many these are; `inverse`: see `ladders.rung_of`; `filled` has a bit for each word of its bitmap that is not 0."""

SLAB: Final = np.dtype(
    [("start", np.int64), ("count", np.int64), ("capacity", np.int64), ("misses", np.int32), ("patience", np.int32)], align=True
)
"""The levels of a side that are not on its ladder. `misses`: orders that came to rest here since the ladder was last placed;
`patience`: how many times the usual number of misses moves it."""

BOOK: Final = np.dtype(
    [
        ("number", np.int64),
        ("event", np.int64),
        ("changed", np.int64),
        ("expiration", np.int64),
        ("listed", np.int64),
        ("last_trade_price", np.int64),
        ("last_trade_ts", np.int64),
        ("seen", np.uint8),
        ("mid_event", np.uint8),
        ("suspect", np.uint8),
        ("complete", np.uint8),
        ("restated", np.uint8),
    ],
    align=True,
)
"""The rest of an instrument. `number` (even) is its book's, a new one after each clear, so that dropped orders are never found
again; `event` (even) is its open event's, 0 while that has no fills. `complete`: whether all that rests is known. `restated`:
flags of the last record where that was one of a snapshot, else 0. A book is a cache line;
what few records need is elsewhere (`State.claimed_since`, `snapshot_at`)."""

FLOW: Final = np.dtype(
    [
        *((name, np.int64) for name in ("add", "pull", "pull_rest", "exec", "toward", "away")),
        *((name, np.int32) for name in ("adds", "pulls", "execs")),
    ],
    align=True,
)
"""What a side's orders did in the open window: sizes, and how often."""

TRADES: Final = np.dtype(
    [
        *((name, np.int64) for name in ("buy", "sell", "none", "value_high", "value_middle", "value_low", "volume")),
        ("aggressor_net", np.int64),
    ],
    align=True,
)
"""An instrument's trades in the open window, and the aggressors' buys less sells of the day."""

PICK: Final = np.dtype([("clock", np.int64), ("row", np.uint32), ("position", np.uint32)], align=True)
"""A record of a listed instrument: the clock at it, where it lies among those looked through, its instrument."""

PICKS: Final = 1024
"""Records that are searched at a time for those of listed instruments."""

LISTING: Final = np.dtype([("instrument_id", np.uint32), ("position", np.int32)], align=True)


class RecordArrays(NamedTuple):
    """Order records as columns, (n,) each.

    Attributes
    ----------
    ts_recv : int64. [UNIX ns UTC]
    clock : int64, ts_recv or the greatest before it in a larger stream. [UNIX ns UTC]
    instrument_id : uint32; records of instruments not listed only advance the clock.
    order_id : uint64.
    action, side : uint8, the vendor's letters.
    price : int64. [1e-9 index points]
    size : uint32. [contracts]
    flags : uint8, the vendor's bits.
    """

    ts_recv: Array
    clock: Array
    instrument_id: Array
    order_id: Array
    action: Array
    side: Array
    price: Array
    size: Array
    flags: Array


class RowArrays(NamedTuple):
    """Rows of up to G windows; instrument i of window g lies at g I + i of a column, behind the last of which may be room.

    Attributes
    ----------
    floats : (len(FLOATS), >= G I) float64, NaN where there is none.
    longs : (len(LONGS), >= G I) int64, MISSING where there is none.
    ints : (len(INTS), >= G I) int32.
    state : (>= G I,) int32, position in `schemas.book_columns.BOOK_STATES`.
    mid_event, is_complete, present : (>= G I,) bool.
    zones : (len(ZONE_COLUMNS), >= G I) int64 of `zones`; no columns where zones are not asked for.
    """

    floats: Array
    longs: Array
    ints: Array
    state: Array
    mid_event: Array
    is_complete: Array
    present: Array
    zones: Array


class State(NamedTuple):
    """Everything the loops work on.

    Attributes
    ----------
    orders : hash by (number, order_id) with linear probing, a power of two long, at most half full.
    fills : the same.
    sides : (2 I,) bids of instrument i at 2 i, asks at 2 i + 1.
    rungs : ladders, each of `span` rungs from its side's `start`, a multiple of 64.
    words : (len(rungs) / 64,) uint64 bitmap of the rungs that have orders.
    slabs : (2 I,)
    levels : slabs of levels, each ascending by key from its `start`.
    books : (I,)
    claimed_since : (I,) int64, since when records of the instrument are read without a hole, MISSING since ever, UNDEFINED where
        they are not read now. [UNIX ns UTC]
    snapshot_at : (I,) int64, the moment of the instrument's last record of a snapshot, MISSING where none came. [UNIX ns UTC]
    listing : hash by instrument_id; position -1 is free.
    picks : (PICKS,)
    flow : (2 I,) of the open window.
    trades : (I,)
    zones : (2 I, ZONE_NUMBERS) int64 of `zones`; no rows where zones are not asked for.
    touched : (I,) uint8, 2 since a record of the instrument in the open window, 1 where its last was in the window before.
    turned : (I,) int32, room for a list of instruments.
    window_ends : (W,) int64 ascending. [UNIX ns UTC]
    cursor : (CURSORS,) int64.
    counts : (len(KINDS),) int64.
    """

    orders: Array
    fills: Array
    sides: Array
    rungs: Array
    words: Array
    slabs: Array
    levels: Array
    books: Array
    claimed_since: Array
    snapshot_at: Array
    listing: Array
    picks: Array
    flow: Array
    trades: Array
    zones: Array
    touched: Array
    turned: Array
    window_ends: Array
    cursor: Array
    counts: Array


FLOATS: Final = ("bid_price", "ask_price", "last_trade_price", "vwap")
LONGS: Final = (
    *("bid_size", "ask_size", "bid_depth", "ask_depth", "last_trade_ts", "quote_age_ns", "aggressor_net"),
    *(
        f"{side}_{name}_size"
        for side in ("bid", "ask")
        for name in ("add", "pull", "pull_rest", "exec", "reprice_toward", "reprice_away")
    ),
    *("trade_buy_size", "trade_sell_size", "trade_none_size"),
)
INTS: Final = (
    *("bid_orders", "ask_orders", "bid_levels", "ask_levels"),
    *(f"{side}_{name}_count" for side in ("bid", "ask") for name in ("add", "pull", "exec")),
)

# Positions in the columns. Where bids and asks have a column each, the name is the bids'; the asks' lies a distance further.
BID_PRICE: Final = FLOATS.index("bid_price")
LAST_TRADE_PRICE: Final = FLOATS.index("last_trade_price")
VWAP: Final = FLOATS.index("vwap")

BID_SIZE: Final = LONGS.index("bid_size")
BID_DEPTH: Final = LONGS.index("bid_depth")
LAST_TRADE_TS: Final = LONGS.index("last_trade_ts")
QUOTE_AGE: Final = LONGS.index("quote_age_ns")
"""The age of the quote; among the rows as last written, the moment that it counts from."""
AGGRESSOR_NET: Final = LONGS.index("aggressor_net")
BID_ADD: Final = LONGS.index("bid_add_size")
BID_PULL: Final = LONGS.index("bid_pull_size")
BID_PULL_REST: Final = LONGS.index("bid_pull_rest_size")
BID_EXEC: Final = LONGS.index("bid_exec_size")
BID_TOWARD: Final = LONGS.index("bid_reprice_toward_size")
BID_AWAY: Final = LONGS.index("bid_reprice_away_size")
TRADE_BUY: Final = LONGS.index("trade_buy_size")
TRADE_SELL: Final = LONGS.index("trade_sell_size")
TRADE_NONE: Final = LONGS.index("trade_none_size")

BID_ORDERS: Final = INTS.index("bid_orders")
BID_LEVELS: Final = INTS.index("bid_levels")
BID_ADDS: Final = INTS.index("bid_add_count")
BID_PULLS: Final = INTS.index("bid_pull_count")
BID_EXECS: Final = INTS.index("bid_exec_count")

ASK_FLOW: Final = LONGS.index("ask_add_size") - BID_ADD
"""From a column of the bids' flow in `LONGS` to that of the asks'; all other pairs are neighbours."""
ASK_COUNTS: Final = INTS.index("ask_add_count") - BID_ADDS
"""From a column of the bids' counts of flow in `INTS` to that of the asks'."""
