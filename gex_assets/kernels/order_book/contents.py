"""What order books hold, as plain arrays that know nothing of room: for writing books out and for reading them back.

Orders stand by instrument and id. Levels and ladders are not written: they follow from the orders. So are the rows of the window
before, which follow from the books. The same records give the same arrays, whatever room the books began with and however the
records were cut into blocks.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.order_book.allocation import zeros
from gex_assets.kernels.order_book.layout import (
    BOOK,
    BOOKS_MADE,
    CLOCK,
    EVENTS_MADE,
    FILL,
    FILLS_USED,
    GROUP_FIRST,
    IS_OPEN,
    LEVEL,
    LEVELS_USED,
    MISSING,
    ORDER,
    ORDERS_USED,
    WIDEST,
    WINDOW,
    State,
)
from gex_assets.kernels.order_book.tables import rehash

__all__ = ["POSITIONS", "contents", "with_contents"]

Arrays = dict[str, NDArray[Any]]

POSITIONS: Final = (CLOCK, WINDOW, IS_OPEN, GROUP_FIRST)
"""Positions of the cursor that are written; the others are about room, or follow."""

_PLAIN: Final = ("counts", "touched", "zones", "claimed_since", "snapshot_at")
_OF_BOOKS: Final = tuple(name for name in BOOK.names or () if name not in ("number", "event"))
"""Numbers of books and events are counted from 1 again when books are read back."""
_OF_ORDERS: Final = ("order_id", "key", "since", "size")
_OF_FILLS: Final = ("order_id", "left")


def contents(state: State) -> Arrays:
    """Everything that the rest of the day depends on, but the instruments' ids.

    Returns
    -------
    By name: `cursor` at `POSITIONS`; `window_ends`, `counts`, `touched`, `zones`, `claimed_since`, `snapshot_at` as in `State`;
    fields of `books`, `flow` and `trades` after a point. `orders.…`, (n,) by instrument and id: fields of `ORDER`, and `place`,
    which is twice the instrument's position, plus 1 on the ask side. `fills.…`, (m,) by instrument and id, where some is left:
    fields of `FILL`, and `place`, the instrument's position.
    """
    held: Arrays = {name: np.array(getattr(state, name)) for name in ("window_ends", *_PLAIN)}
    held["cursor"] = state.cursor[list(POSITIONS)]
    held |= {f"books.{name}": state.books[name].copy() for name in _OF_BOOKS}
    for table in ("flow", "trades"):
        fields = getattr(state, table)
        held |= {f"{table}.{name}": fields[name].copy() for name in fields.dtype.names}
    orders, place = _entries(state.orders, state.books["number"], made=int(state.cursor[BOOKS_MADE]))
    held["orders.place"] = 2 * place + (orders["number"] & 1)
    held |= {f"orders.{name}": orders[name].copy() for name in _OF_ORDERS}
    fills, place = _entries(state.fills, state.books["event"], made=int(state.cursor[EVENTS_MADE]))
    some = fills["left"] > 0
    held["fills.place"] = place[some]
    held |= {f"fills.{name}": fills[name][some] for name in _OF_FILLS}
    return held


def _entries(table: NDArray[Any], numbers: NDArray[Any], *, made: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The entries of a hash whose book or event still exists, by instrument and order id; and the positions of the instruments.

    `numbers` are those of the instruments' books or events, even; 0: none. `made` is half the greatest.
    """
    position_of = np.full(made + 1, -1, np.int64)
    position_of[numbers >> 1] = np.arange(len(numbers))
    position_of[0] = -1
    used = table[table["number"] > 0]
    position = position_of[used["number"] >> 1]
    used, position = used[position >= 0], position[position >= 0]
    order = np.lexsort((used["order_id"], position))
    return used[order], position[order]


def with_contents(state: State, held: Arrays, *, level_places: int) -> State:
    """Give books these contents; the instruments must be listed, in their order, and nothing applied.

    Parameters
    ----------
    state : of new books; its cursor is as the caller wants it but for what follows from the contents.
    held : from `contents`.
    level_places : least room of a side's levels.
    """
    cursor, books = state.cursor, state.books
    for name in _PLAIN:
        getattr(state, name)[:] = held[name]
    for table, names in (("books", _OF_BOOKS), ("flow", state.flow.dtype.names), ("trades", state.trades.dtype.names)):
        for name in names:
            getattr(state, table)[name] = held[f"{table}.{name}"]

    orders = np.zeros(len(held["orders.place"]), ORDER)
    for name in _OF_ORDERS:
        orders[name] = held[f"orders.{name}"]
    place = held["orders.place"]
    orders["number"] = books["number"][place >> 1] + (place & 1)
    cursor[ORDERS_USED] = len(orders)

    holders, event = np.unique(held["fills.place"], return_inverse=True)
    fills = np.zeros(len(event), FILL)
    for name in _OF_FILLS:
        fills[name] = held[f"fills.{name}"]
    fills["number"] = 2 * (event + 1)
    books["event"][holders] = 2 * (np.arange(len(holders)) + 1)
    cursor[EVENTS_MADE], cursor[FILLS_USED] = len(holders), len(fills)
    return state._replace(
        orders=_hashed(orders, places=len(state.orders)),
        fills=_hashed(fills, places=len(state.fills)),
        levels=_leveled(state, place, orders, level_places=level_places),
    )


def _hashed(entries: NDArray[Any], *, places: int) -> NDArray[Any]:
    """The entries in a hash that is at most a quarter full."""
    table = zeros(max(places, 1 << (4 * len(entries)).bit_length()), entries.dtype)
    rehash(entries, table, np.ones(int(entries["number"].max(initial=0)) // 2 + 1, np.bool_))
    return table


def _leveled(state: State, place: NDArray[np.int64], orders: NDArray[Any], *, level_places: int) -> NDArray[Any]:
    """All levels in slabs, sorted by key; sets the sides and slabs. No side has a ladder: the first records will place them."""
    sides, slabs, cursor = state.sides, state.slabs, state.cursor
    order = np.lexsort((orders["key"], place))
    side, key, size = place[order], orders["key"][order], orders["size"][order].astype(np.int64)
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (side[1:] != side[:-1]) | (key[1:] != key[:-1])
    first = np.flatnonzero(begins)
    count = np.bincount(side[first], minlength=len(sides))
    capacity = np.maximum(count, level_places)
    start, before = np.cumsum(capacity) - capacity, np.cumsum(count) - count
    cursor[LEVELS_USED], cursor[WIDEST] = capacity.sum(), capacity.max(initial=level_places)
    levels = zeros(int(cursor[LEVELS_USED] + 2 * cursor[WIDEST]), LEVEL)
    at = (start - before)[side[first]] + np.arange(len(first))
    levels["key"][at], levels["orders"][at] = key[first], np.diff(np.append(first, len(order)))
    if len(first):
        levels["size"][at] = np.add.reduceat(size, first)
    slabs["start"], slabs["count"], slabs["capacity"] = start, count, capacity
    sides["count"], sides["depth"] = count, 0
    np.add.at(sides["depth"], side, size)
    sides["best"] = MISSING
    some = count > 0
    sides["best"][some] = levels["key"][(start + count - 1)[some]]
    return levels
