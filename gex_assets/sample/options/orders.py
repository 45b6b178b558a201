"""The options' order books, and the events that change them: add, modify, cancel, trade, auction, clear; compiled.

A book has twelve places on each side. The first `MAKERS` belong to market makers (place = maker, `LEADER` the first of them), the
others to customers. Prices are whole ticks of 0.05. Who acts at which moment is decided by `quotes`, `customers` and the loops.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.sample.tape import (
    ADD,
    ASK,
    BID,
    CANCEL,
    CLEAR,
    FILL,
    MODIFY,
    NO_PRICE,
    NO_SIDE,
    TRADE,
    Tape,
    any_integer,
    begin_event,
    begin_event_at,
    chance,
    end_event,
    exponential,
    new_order_id,
    new_packet,
    other_side,
    record,
    uniform,
)

__all__ = [
    "ANY_SIZE",
    "CALM_FROM",
    "CALM_TO",
    "COARSE",
    "COARSE_FROM",
    "IN_TURN",
    "LEADER",
    "MAKERS",
    "NOW",
    "NO_ORDER",
    "PLACES",
    "VENUE_GRID",
    "Books",
    "auction",
    "best",
    "books",
    "cancel",
    "clear",
    "cross",
    "disturb",
    "free_place",
    "place",
    "reprice",
    "resize",
    "tick",
    "wait",
]

MAKERS: Final = 5
PLACES: Final = 12
LEADER: Final = any_integer(0)
"""Place of the maker whose quote the others stay behind."""

COARSE: Final = 5
COARSE_FROM: Final = 200
"""Ticks of 0.05 up to a premium of 10, of 0.25 above (CME's variable tick)."""

VENUE_GRID: Final = any_integer(0)
"""Grid of a quote that follows the venue's ticks."""

ANY_SIZE: Final = any_integer(1_000_000)
"""Size of an aggressor who takes whatever rests at a price. [contracts]"""

IN_TURN: Final = any_integer(0)
"""Reception time of a trade that is received in its turn."""

NO_ORDER: Final = any_integer(0)
"""Order number of an empty place, and of records that name no order."""

NO_SIZE: Final = any_integer(0)

ODDITY: Final = 0.035
"""Share of makers' partly filled orders whose M states no smaller size, or another price."""

ODD_SIZE_SHARE: Final = 0.85
"""Share of the odd ones that state the size from before the fill; the others state another price."""

AUCTION_PACKET_NS: Final = any_integer(9_000)

NOW, TURN = range(2)
"""Elements of `Books.state`."""

CALM_FROM, CALM_TO = range(2)
"""Columns of `Books.calm`."""


class Books(NamedTuple):
    """Resting orders by instrument, side and place.

    Attributes
    ----------
    order_id, price, size, turn : (instruments, 2, PLACES) number (`NO_ORDER`: empty), price [ticks], size, rank in time.
    state : (2,) the time of the engine [UNIX ns], and the last rank given.
    calm : (instruments, 2) fair prices [from, to) that leave the quotes of an instrument as they are. [ticks]
    haste : (1,) factor of all waiting times; below 1 where a step is too short for the number of instruments.
    """

    order_id: NDArray[np.int64]
    price: NDArray[np.int64]
    size: NDArray[np.int64]
    turn: NDArray[np.int64]
    state: NDArray[np.int64]
    calm: NDArray[np.float64]
    haste: NDArray[np.float64]


def books(instruments: int, *, haste: float = 1.0) -> Books:
    """Make empty books."""
    shape = (instruments, 2, PLACES)
    return Books(
        order_id=np.zeros(shape, np.int64),
        price=np.zeros(shape, np.int64),
        size=np.zeros(shape, np.int64),
        turn=np.zeros(shape, np.int64),
        state=np.zeros(2, np.int64),
        calm=np.zeros((instruments, 2)),
        haste=np.array([haste]),
    )


@njit(forceinline=True)
def tick(price: int, grid: int) -> int:
    """Distance to the next price that may be quoted: the grid, or the venue's rule for `VENUE_GRID` [ticks]."""
    if grid > 0:
        return grid
    return COARSE if price >= COARSE_FROM else 1


@njit(forceinline=True)
def _is_better(price: int, than: int, side: int) -> bool:
    return price > than if side == BID else price < than


@njit()
def best(book: Books, i: int, side: int) -> int:
    """Best price of a side, NO_PRICE where it is empty."""
    found = NO_PRICE
    for place_ in range(PLACES):
        if book.order_id[i, side, place_] != NO_ORDER:
            price = book.price[i, side, place_]
            if found == NO_PRICE or _is_better(price, found, side):
                found = price
    return found


@njit()
def free_place(book: Books, i: int, side: int) -> int:
    """First free place of the customers, -1 where there is none."""
    for place_ in range(MAKERS, PLACES):
        if book.order_id[i, side, place_] == NO_ORDER:
            return place_
    return -1


@njit(forceinline=True)
def wait(tape: Tape, book: Books, mean_gap: float) -> None:
    """Start an event after an exponential waiting time, on average `mean_gap` ns times the books' haste."""
    book.state[NOW] += int(exponential(tape.dice, mean_gap * book.haste[0]))
    begin_event(tape, book.state[NOW])


@njit(forceinline=True)
def disturb(book: Books, i: int) -> None:
    """Forget the fair prices that leave the quotes as they are: the next one is looked at."""
    book.calm[i, CALM_TO] = book.calm[i, CALM_FROM]


@njit(forceinline=True)
def _queue(book: Books, i: int, side: int, place_: int) -> None:
    """Put the order of a place last in time."""
    book.state[TURN] += 1
    book.turn[i, side, place_] = book.state[TURN]


@njit()
def place(tape: Tape, book: Books, i: int, side: int, place_: int, price: int, size: int, gap: float) -> None:
    """Add an order (A)."""
    wait(tape, book, gap)
    order = new_order_id(tape)
    book.order_id[i, side, place_] = order
    book.price[i, side, place_] = price
    book.size[i, side, place_] = size
    _queue(book, i, side, place_)
    record(tape, i, ADD, side, order, price, size)
    end_event(tape)


@njit()
def cancel(tape: Tape, book: Books, i: int, side: int, place_: int, gap: float) -> None:
    """Cancel an order (C, always in full)."""
    wait(tape, book, gap)
    record(tape, i, CANCEL, side, book.order_id[i, side, place_], book.price[i, side, place_], book.size[i, side, place_])
    end_event(tape)
    book.order_id[i, side, place_] = NO_ORDER
    disturb(book, i)


@njit()
def resize(tape: Tape, book: Books, i: int, side: int, place_: int, size: int, gap: float) -> None:
    """Give an order another size at its price (M); a larger one puts it last in time. Nothing happens for the same size or 0."""
    if size == book.size[i, side, place_] or size < 1:
        return
    if size > book.size[i, side, place_]:
        _queue(book, i, side, place_)
    book.size[i, side, place_] = size
    wait(tape, book, gap)
    record(tape, i, MODIFY, side, book.order_id[i, side, place_], book.price[i, side, place_], size)
    end_event(tape)


@njit()
def reprice(tape: Tape, book: Books, i: int, side: int, place_: int, price: int, size: int, replaces: bool, gap: float) -> None:  # noqa: FBT001
    """Move an order to another price: by M, or by C and A, which sometimes share a packet."""
    if replaces:
        cancel(tape, book, i, side, place_, gap)
        place(tape, book, i, side, place_, price, size, 0.0 if chance(tape.dice, 0.4) else 40_000.0)
        return
    wait(tape, book, gap)
    book.price[i, side, place_] = price
    book.size[i, side, place_] = size
    _queue(book, i, side, place_)
    record(tape, i, MODIFY, side, book.order_id[i, side, place_], price, size)
    end_event(tape)


@njit()
def clear(tape: Tape, book: Books, i: int) -> None:
    """Clear one instrument in the middle of the day (R)."""
    wait(tape, book, 20_000.0)
    record(tape, i, CLEAR, NO_SIDE, NO_ORDER, NO_PRICE, NO_SIZE)
    end_event(tape)
    for side in range(2):
        for place_ in range(PLACES):
            book.order_id[i, side, place_] = NO_ORDER
    disturb(book, i)


@njit()
def _first_in_queue(book: Books, taken: NDArray[np.int64], i: int, side: int, price: int) -> int:
    first = -1
    for place_ in range(PLACES):
        is_met = book.order_id[i, side, place_] != NO_ORDER and book.price[i, side, place_] == price and taken[place_] == 0
        if is_met and (first < 0 or book.turn[i, side, place_] < book.turn[i, side, first]):
            first = place_
    return first


@njit()
def _settle(tape: Tape, book: Books, taken: NDArray[np.int64], i: int, side: int, oddity: float) -> None:
    """Write the reductions after fills: C in full, M in part. A share (`oddity`) of the makers' M is as odd as some real ones."""
    disturb(book, i)
    for place_ in range(PLACES):
        if taken[place_] == 0:
            continue
        order, price, rest = (
            book.order_id[i, side, place_],
            book.price[i, side, place_],
            book.size[i, side, place_] - taken[place_],
        )
        if rest <= 0:
            record(tape, i, CANCEL, side, order, price, book.size[i, side, place_])
            book.order_id[i, side, place_] = NO_ORDER
            continue
        if oddity > 0.0 and place_ < MAKERS:
            whim = uniform(tape.dice)
            if whim < ODD_SIZE_SHARE * oddity:
                rest = book.size[i, side, place_]
            elif whim < oddity:
                away = tick(price, VENUE_GRID)
                price = max(price - away if side == BID else price + away, 1)
                book.price[i, side, place_] = price
        book.size[i, side, place_] = rest
        record(tape, i, MODIFY, side, order, price, rest)


@njit()
def cross(tape: Tape, book: Books, i: int, aggressor: int, want: int, received_ns: int) -> int:
    """Trade at the best price: T, F for every resting order met, then C or M in the next packet.

    Parameters
    ----------
    aggressor : BID buys from the asks, ASK sells to the bids.
    want : most contracts to take.
    received_ns : when the trade is received, so that a window can end inside the event; `IN_TURN`: after what came before.

    Returns
    -------
    Contracts traded, 0 where nothing rests.
    """
    side = other_side(aggressor)
    price = best(book, i, side)
    if price == NO_PRICE:
        return 0
    taken = np.zeros(PLACES, np.int64)
    done = NO_SIZE
    met = np.zeros(PLACES, np.int64)
    count = 0
    while done < want:
        place_ = _first_in_queue(book, taken, i, side, price)
        if place_ < 0:
            break
        taken[place_] = min(want - done, book.size[i, side, place_])
        done += taken[place_]
        met[count] = place_
        count += 1
    if received_ns != IN_TURN:
        begin_event_at(tape, received_ns - 96_000, received_ns)
    else:
        wait(tape, book, 200_000.0)
    trade_first = count < 2 or chance(tape.dice, 0.85)
    if trade_first:
        record(tape, i, TRADE, aggressor, new_order_id(tape), price, done)
    for k in range(count):
        record(tape, i, FILL, side, book.order_id[i, side, met[k]], price, taken[met[k]])
        if k == 0 and not trade_first:
            record(tape, i, TRADE, aggressor, new_order_id(tape), price, done)
    new_packet(tape, 7_000 + int(exponential(tape.dice, 6_000.0)))
    _settle(tape, book, taken, i, side, ODDITY)
    end_event(tape)
    return done


@njit()
def auction(tape: Tape, book: Books, i: int) -> None:
    """Uncross a book at the open: one T without side and order, F without a side, then the reductions of both sides.

    One fill states more than rested, as some of the venue's do.
    """
    bids, asks = np.zeros(PLACES, np.int64), np.zeros(PLACES, np.int64)
    total, price = NO_SIZE, NO_PRICE
    while True:
        bid, ask = _best_left(book, bids, i, BID), _best_left(book, asks, i, ASK)
        if bid < 0 or ask < 0 or book.price[i, BID, bid] < book.price[i, ASK, ask]:
            break
        size = min(book.size[i, BID, bid] - bids[bid], book.size[i, ASK, ask] - asks[ask])
        bids[bid] += size
        asks[ask] += size
        total += size
        price = book.price[i, ASK, ask]
    if total == 0:
        return
    wait(tape, book, 100_000.0)
    record(tape, i, TRADE, NO_SIDE, NO_ORDER, price, total)
    more = 1 + int(uniform(tape.dice) * 9.0)
    for place_ in range(PLACES):
        if bids[place_] > 0:
            record(tape, i, FILL, NO_SIDE, book.order_id[i, BID, place_], price, bids[place_] + more)
            more = 0
        if asks[place_] > 0:
            record(tape, i, FILL, NO_SIDE, book.order_id[i, ASK, place_], price, asks[place_])
    new_packet(tape, AUCTION_PACKET_NS)
    _settle(tape, book, bids, i, BID, 0.0)
    _settle(tape, book, asks, i, ASK, 0.0)
    end_event(tape)


@njit()
def _best_left(book: Books, taken: NDArray[np.int64], i: int, side: int) -> int:
    found = -1
    for place_ in range(PLACES):
        if book.order_id[i, side, place_] == NO_ORDER or taken[place_] >= book.size[i, side, place_]:
            continue
        if found < 0 or _is_better(book.price[i, side, place_], book.price[i, side, found], side):
            found = place_
    return found
