"""Exact edges of the compiled pieces: ticks, rounding, times, queues, and what is due."""

from __future__ import annotations

import numpy as np
import pytest

from gex_assets.sample.options import orders, plan
from gex_assets.sample.options.customers import customers, leave, rest
from gex_assets.sample.options.orders import MAKERS, PLACES, Books, books
from gex_assets.sample.options.quotes import BOTH, Quoting, _rounded, is_quoted
from gex_assets.sample.tape import ASK, BID, NO_PRICE, Tape, drained, new_tape, other_side


@pytest.fixture
def tape() -> Tape:
    return new_tape(capacity=100, seed=3, first_order_id=100, start_ns=0)


@pytest.fixture
def book() -> Books:
    return books(2)


def quoting(*, starts: int = 0, stale_from: int = 1000, expires: int = 1000) -> Quoting:
    whole = [np.full(2, value, np.int64) for value in (0, BOTH, starts, stale_from, expires)]
    of_makers = np.ones((2, MAKERS), np.int64)
    half, band = np.ones(2), np.zeros(2)
    return Quoting(np.ones(2, np.int64), of_makers, of_makers > 1, of_makers, half, band, *whole)


def test_the_venues_tick_is_coarse_from_a_premium_of_ten_on() -> None:
    assert [orders.tick(price, 0) for price in (1, 199, 200, 5000)] == [1, 1, 5, 5]
    assert orders.tick(199, 10) == orders.tick(200, 10) == 10


@pytest.mark.parametrize(
    ("value", "side", "grid", "price"),
    [
        (199.9, BID, 0, 199),
        (200.0, BID, 0, 200),
        (204.9, BID, 0, 200),
        (0.99, BID, 0, NO_PRICE),
        (9.9, BID, 10, NO_PRICE),
        (199.1, ASK, 0, 200),
        (200.0, ASK, 0, 200),
        (200.1, ASK, 0, 205),
        (0.0, ASK, 0, 1),
        (0.1, ASK, 10, 10),
    ],
)
def test_bids_round_down_and_asks_up(value: float, side: int, grid: int, price: int) -> None:
    assert _rounded(value, side, grid) == price


def test_an_instrument_is_quoted_from_its_listing_to_the_first_of_its_ends() -> None:
    assert [is_quoted(quoting(starts=4, expires=7), 0, step) for step in (3, 4, 6, 7)] == [False, True, True, False]
    assert [is_quoted(quoting(stale_from=5, expires=7), 1, step) for step in (4, 5)] == [True, False]


def test_rows_of_the_plan_are_due_from_their_step_on_and_once() -> None:
    rows, done = np.array([[3, 0], [3, 1], [5, 0]]), np.zeros(4, np.int64)
    assert [plan._next_due(rows, done, plan.CROSSED, step) for step in (2, 3, 3, 3, 4, 9, 9)] == [-1, 0, 1, -1, -1, 2, -1]
    assert done.tolist() == [0, 3, 0, 0]


def test_the_best_price_is_the_highest_bid_and_the_lowest_ask(tape: Tape, book: Books) -> None:
    for side in (BID, ASK):
        assert orders.best(book, 1, side) == NO_PRICE
        for place, price in enumerate((50, 70, 60)):
            orders.place(tape, book, 1, side, place, price, 5, 0.0)
    assert (orders.best(book, 1, BID), orders.best(book, 1, ASK)) == (70, 50)
    assert (other_side(BID), other_side(ASK)) == (ASK, BID)


def test_a_larger_order_goes_to_the_end_of_its_queue_and_a_smaller_one_stays(tape: Tape, book: Books) -> None:
    for place in range(2):
        orders.place(tape, book, 0, BID, place, 50, 5, 0.0)
    drained(tape)
    turns = book.turn[0, BID]
    orders.resize(tape, book, 0, BID, 0, 5, 0.0)
    orders.resize(tape, book, 0, BID, 0, 0, 0.0)
    assert len(drained(tape)["size"]) == 0
    orders.resize(tape, book, 0, BID, 0, 4, 0.0)
    assert turns[0] < turns[1]
    orders.resize(tape, book, 0, BID, 0, 6, 0.0)
    assert turns[0] > turns[1]
    assert drained(tape)["size"].tolist() == [4, 6]


def test_customers_leave_at_their_step_and_the_list_closes_up(tape: Tape, book: Books) -> None:
    waiting = customers(capacity=3)
    for until in (9, 5, 7, 6):
        rest(tape, book, waiting, 0, BID, 40 + until, 1, until)
    assert waiting.length[0] == 3, "the list is full"
    rest(tape, book, waiting, 0, BID, 0, 1, 9)
    drained(tape)
    leave(tape, book, waiting, quoting(), 4)
    assert len(drained(tape)["price"]) == 0
    leave(tape, book, waiting, quoting(), 5)
    assert drained(tape)["price"].tolist() == [45]
    assert waiting.until[: waiting.length[0]].tolist() == [9, 7]
    leave(tape, book, waiting, quoting(expires=6), 6)
    assert waiting.length[0] == 0
    assert len(drained(tape)["price"]) == 0, "orders of an expired option stay"
    assert np.count_nonzero(book.order_id[0, BID]) == 2


def test_a_side_of_customers_is_full_after_its_places(tape: Tape, book: Books) -> None:
    waiting = customers()
    for _ in range(PLACES):
        rest(tape, book, waiting, 0, ASK, 60, 1, 9)
    assert waiting.length[0] == PLACES - MAKERS
    assert orders.free_place(book, 0, ASK) == -1
    assert np.count_nonzero(book.order_id[0, ASK, :MAKERS]) == 0
