"""Orders in the options' books and the events they make: rest, change, go, trade, cleared; compiled.

A book has a few places on each side: the first ones belong to the market makers (place = maker), the others to customers.
Prices are whole ticks (0.05). Who acts when is `option_market`'s business.
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
    begin_event,
    begin_event_at,
    chance,
    end_event,
    exponential,
    new_order_id,
    new_packet,
    record,
    uniform,
)

__all__ = [
    "MAKERS",
    "NOW",
    "PLACES",
    "Books",
    "auction",
    "best",
    "books",
    "cancel",
    "clear",
    "cross",
    "free_place",
    "place",
    "reprice",
    "resize",
    "tick",
]

MAKERS: Final = 5
PLACES: Final = 12
COARSE: Final = 5
COARSE_FROM: Final = 200
"""Ticks of 0.05 up to a premium of 10, of 0.25 above (CME's variable tick)."""

ODDITY: Final = 0.035
"""Partly filled orders of makers whose M brings no smaller size, or another price."""

NOW: Final = 0
TURN: Final = 1


class Books(NamedTuple):
    """What rests: by instrument, side and place; order number 0 is an empty place.

    `state`: the moment, the queue's turn. `calm`: by instrument, the fair prices [from, to) that leave its quotes as they are.
    `haste`: what everybody's pauses are multiplied with; below 1 where so many are quoted that a step would not do.
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
    """Distance to the next price that may be quoted, by the venue's rule or on the maker's own coarser grid [ticks]."""
    if grid > 0:
        return grid
    return COARSE if price >= COARSE_FROM else 1


@njit()
def best(book: Books, i: int, side: int) -> int:
    """Best price of a side, NO_PRICE where it is empty."""
    found = NO_PRICE
    for place_ in range(PLACES):
        if book.order_id[i, side, place_] != 0:
            price = book.price[i, side, place_]
            if found == NO_PRICE or (side == BID and price > found) or (side == ASK and price < found):
                found = price
    return found


@njit()
def free_place(book: Books, i: int, side: int) -> int:
    """A free place for a customer, -1 where there is none."""
    for place_ in range(MAKERS, PLACES):
        if book.order_id[i, side, place_] == 0:
            return place_
    return -1


@njit(forceinline=True)
def _at(tape: Tape, book: Books, mean_gap: float) -> None:
    book.state[NOW] += int(exponential(tape.dice, mean_gap * book.haste[0]))
    begin_event(tape, book.state[NOW])


@njit()
def place(tape: Tape, book: Books, i: int, side: int, place_: int, price: int, size: int, gap: float) -> None:
    """A new order comes to rest (A)."""
    _at(tape, book, gap)
    order = new_order_id(tape)
    book.state[TURN] += 1
    book.order_id[i, side, place_] = order
    book.price[i, side, place_] = price
    book.size[i, side, place_] = size
    book.turn[i, side, place_] = book.state[TURN]
    record(tape, i, ADD, side, order, price, size)
    end_event(tape)


@njit()
def cancel(tape: Tape, book: Books, i: int, side: int, place_: int, gap: float) -> None:
    """An order goes (C, always in full)."""
    _at(tape, book, gap)
    record(tape, i, CANCEL, side, book.order_id[i, side, place_], book.price[i, side, place_], book.size[i, side, place_])
    end_event(tape)
    book.order_id[i, side, place_] = 0
    book.calm[i, 1] = book.calm[i, 0]


@njit()
def resize(tape: Tape, book: Books, i: int, side: int, place_: int, size: int, gap: float) -> None:
    """An order grows (and goes to the queue's end) or shrinks at its price (M)."""
    if size == book.size[i, side, place_] or size < 1:
        return
    if size > book.size[i, side, place_]:
        book.state[TURN] += 1
        book.turn[i, side, place_] = book.state[TURN]
    book.size[i, side, place_] = size
    _at(tape, book, gap)
    record(tape, i, MODIFY, side, book.order_id[i, side, place_], book.price[i, side, place_], size)
    end_event(tape)


@njit()
def reprice(tape: Tape, book: Books, i: int, side: int, place_: int, price: int, size: int, replaces: bool, gap: float) -> None:  # noqa: FBT001
    """An order moves to another price: changed (M), or cancelled and entered anew (C, A: at times in one message)."""
    if replaces:
        cancel(tape, book, i, side, place_, gap)
        place(tape, book, i, side, place_, price, size, 0.0 if chance(tape.dice, 0.4) else 40_000.0)
        return
    _at(tape, book, gap)
    book.state[TURN] += 1
    book.price[i, side, place_] = price
    book.size[i, side, place_] = size
    book.turn[i, side, place_] = book.state[TURN]
    record(tape, i, MODIFY, side, book.order_id[i, side, place_], price, size)
    end_event(tape)


@njit()
def clear(tape: Tape, book: Books, i: int) -> None:
    """The venue clears one instrument in the middle of the day (R)."""
    _at(tape, book, 20_000.0)
    record(tape, i, CLEAR, NO_SIDE, 0, NO_PRICE, 0)
    end_event(tape)
    for side in range(2):
        for place_ in range(PLACES):
            book.order_id[i, side, place_] = 0
    book.calm[i, 1] = book.calm[i, 0]


@njit()
def _first_in_queue(book: Books, taken: NDArray[np.int64], i: int, side: int, price: int) -> int:
    first = -1
    for place_ in range(PLACES):
        is_met = book.order_id[i, side, place_] != 0 and book.price[i, side, place_] == price and taken[place_] == 0
        if is_met and (first < 0 or book.turn[i, side, place_] < book.turn[i, side, first]):
            first = place_
    return first


@njit()
def _settle(tape: Tape, book: Books, taken: NDArray[np.int64], i: int, side: int, oddity: float) -> None:
    """Write the reductions that fills brought: C in full, M in part; with a chance (`oddity`) an M as odd as some real ones."""
    book.calm[i, 1] = book.calm[i, 0]
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
            book.order_id[i, side, place_] = 0
            continue
        if oddity > 0.0 and place_ < MAKERS:
            whim = uniform(tape.dice)
            if whim < 0.85 * oddity:
                rest = book.size[i, side, place_]
            elif whim < oddity:
                away = tick(price, 0)
                lower = price - away
                price = lower if side == BID else price + away
                price = max(price, 1)
                book.price[i, side, place_] = price
        book.size[i, side, place_] = rest
        record(tape, i, MODIFY, side, order, price, rest)


@njit()
def cross(tape: Tape, book: Books, i: int, aggressor: int, want: int, received_ns: int) -> int:
    """A customer takes from the best price: T, F for every resting order met, then C or M in the next packet.

    Parameters
    ----------
    aggressor : BID buys from the asks, ASK sells to the bids.
    want : most it takes. [contracts]
    received_ns : when the trade is received, so that a window can end inside the event; 0 to let it come in turn.

    Returns
    -------
    Contracts traded, 0 where nothing rests.
    """
    side = ASK if aggressor == BID else BID
    price = best(book, i, side)
    if price == NO_PRICE:
        return 0
    taken = np.zeros(PLACES, np.int64)
    done = 0
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
    if received_ns > 0:
        begin_event_at(tape, received_ns - 96_000, received_ns)
    else:
        _at(tape, book, 200_000.0)
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
    """Uncross a book at the open: one T without a side or an order, F without a side, then the reductions of both sides.

    One fill states more than rested, as the venue's sometimes do.
    """
    bids, asks = np.zeros(PLACES, np.int64), np.zeros(PLACES, np.int64)
    total, price = 0, NO_PRICE
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
    _at(tape, book, 100_000.0)
    record(tape, i, TRADE, NO_SIDE, 0, price, total)
    more = 1 + int(uniform(tape.dice) * 9.0)
    for place_ in range(PLACES):
        if bids[place_] > 0:
            record(tape, i, FILL, NO_SIDE, book.order_id[i, BID, place_], price, bids[place_] + more)
            more = 0
        if asks[place_] > 0:
            record(tape, i, FILL, NO_SIDE, book.order_id[i, ASK, place_], price, asks[place_])
    new_packet(tape, 9_000)
    _settle(tape, book, bids, i, BID, 0.0)
    _settle(tape, book, asks, i, ASK, 0.0)
    end_event(tape)


@njit()
def _best_left(book: Books, taken: NDArray[np.int64], i: int, side: int) -> int:
    found = -1
    for place_ in range(PLACES):
        if book.order_id[i, side, place_] == 0 or taken[place_] >= book.size[i, side, place_]:
            continue
        price = book.price[i, side, place_]
        if (
            found < 0
            or (side == BID and price > book.price[i, side, found])
            or (side == ASK and price < book.price[i, side, found])
        ):
            found = place_
    return found
