"""Ladders that begin, move, change their tick and give up: every price comes out as the twin says, and memory stays bounded."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.order_book.books import UNDEFINED, OrderBooks, Records
from gex_assets.kernels.order_book.ladders import COARSE_INVERSE, FINE_INVERSE, rung_of
from gex_assets.kernels.order_book.layout import COARSE, FINE, SIDE, SPAN_LIMIT
from gex_assets_tests.kernels.order_book.runs import (
    LAST,
    NS,
    START,
    TINY,
    compiled,
    counts,
    differences,
    record,
    rows,
    said,
    twin,
)
from gex_assets_tests.twins.dict_book import Record

ENDS = [START + 5 * NS * (k + 1) for k in range(8)]
LEAST, MOST = -(2**63), 2**63 - 2
"""The prices that an order may rest at."""
HIGHEST, LOWEST = MOST // COARSE * COARSE, -(-LEAST // COARSE) * COARSE


def assert_as_the_twin(stream: list[Record], **places: Any) -> OrderBooks:
    instruments = {7: (None, None), 8: (START, None)}
    found, counted, books = compiled(stream, ends=ENDS, instruments=instruments, **places)
    expected, expected_counts = twin(stream, ends=ENDS, instruments=instruments)
    assert differences(found, expected) == []
    assert counted == expected_counts
    return books


def wandering(seed: int, *, records: int, jump: float, wild: float, reach: int) -> list[Record]:
    """Orders around a price that walks and sometimes jumps by thousands of ticks; few are ever cancelled at once."""
    dice = random.Random(seed)
    stream: list[Record] = []
    known: dict[int, tuple[int, str, int, int]] = {}
    middle, tick, moment = 20_000, dice.choice([FINE, COARSE]), START
    for _ in range(records):
        moment += 38 * NS // records
        if dice.random() < jump:
            middle += dice.choice([-1, 1]) * dice.choice([60, 700, 5_000, 100_000])
            tick = dice.choice([FINE, COARSE])
        if dice.random() < 0.05 and known:
            order_id = dice.choice(list(known))
        else:
            order_id = dice.choice([0, 2**64 - 1, dice.getrandbits(64), dice.randint(1, 4 * reach)])
        instrument, side, price, size = known.get(order_id, (dice.choice([7, 7, 7, 8]), dice.choice("BA"), 0, 1))
        action = dice.choices("ACMFR", [50, 22, 26, 3, jump / 4])[0]
        if action in "CMF" and known and order_id not in known:
            order_id = dice.choice(list(known))
            instrument, side, price, size = known[order_id]
        if action in "AM" and (action == "A" or dice.random() < 0.7):
            price = tick * middle + tick * int(dice.expovariate(1 / reach)) * (-1 if side == "B" else 1)
            size = dice.choice([1, 2, 7, 2**32 - 1])
        if dice.random() < wild:
            price = dice.choice([price + 1, price + FINE, price + 10_000_000, -price, LEAST, MOST, HIGHEST, LOWEST, UNDEFINED])
        if dice.random() < wild:
            size = dice.choice([0, 1, 2**32 - 1])
        price = max(LEAST, min(UNDEFINED, price))
        if action == "R":
            known = {key: order for key, order in known.items() if order[0] != instrument}
            order_id, side, price, size = 0, "N", UNDEFINED, 0
        elif action in "AM" and size > 0:
            known[order_id] = (instrument, side, price, size)
        elif action == "C":
            known.pop(order_id, None)
        stream.append(Record(moment, instrument, order_id, action, side, price, size, dice.choice([LAST, LAST, LAST, 0])))
    return stream


@pytest.mark.parametrize("seed", range(24))
def test_wherever_prices_go_the_twin_says_the_same(seed: int) -> None:
    stream = wandering(
        seed,
        records=1_500,
        jump=(0, 0.003, 0.02)[seed % 3],
        wild=(0, 0.02, 0.3)[seed // 3 % 3],
        reach=(3, 30, 300, 3_000)[seed // 6 % 4],
    )
    at = (3, 4, 5, 700) if seed % 2 else range(1, 1_500, 7)
    assert_as_the_twin(stream, at=at, per_group=3, **(TINY if seed % 4 < 2 else {}))


def test_the_wandering_prices_try_everything_a_ladder_does() -> None:
    spans: set[int] = set()
    ticks: set[int] = set()
    slabs = 0
    for seed in range(24):
        stream = wandering(seed, records=1_500, jump=0.01, wild=0.02, reach=(3, 30, 300)[seed % 3])
        books = compiled(stream, ends=ENDS, instruments={7: (None, None), 8: (None, None)})[2]
        state = books._state
        spans |= set(state.sides["span"].tolist())
        ticks |= set(state.sides["tick"].tolist())
        slabs += int((state.slabs["count"] > 0).sum())
        on_ladder = state.sides["count"] - state.slabs["count"]
        assert on_ladder.sum() == sum(int(word).bit_count() for word in state.words)
        assert on_ladder.sum() == (state.rungs["orders"] > 0).sum()
    assert spans >= {64, 128, 256}
    assert ticks >= {FINE, COARSE}
    assert slabs > 20


@pytest.mark.parametrize("tick", [FINE, COARSE])
def test_a_rung_is_the_distance_in_ticks_and_nothing_else_has_one(tick: int) -> None:
    side = np.zeros(1, SIDE)
    side["inverse"] = COARSE_INVERSE if tick == COARSE else FINE_INVERSE
    dice = random.Random(tick)
    for base in (0, 17 * tick, -tick - 1, LEAST, 2**63 - 1 - SPAN_LIMIT * tick):
        side["base"] = base
        for rung in (0, 1, 63, SPAN_LIMIT - 1):
            assert rung_of(side[0], base + rung * tick) == rung
        distances = [dice.randrange(2 ** dice.randrange(1, 64)) for _ in range(300)] + [1, tick - 1, tick + 1, tick // 5, 2**63]
        for distance in distances:
            key = base + distance if base + distance < 2**63 else base - distance
            if key >= LEAST and (key - base) % tick:
                assert rung_of(side[0], key) >= SPAN_LIMIT
        if base - tick >= LEAST:
            assert rung_of(side[0], base - tick) >= SPAN_LIMIT


def ladder_of(sign: int, first: int, levels: int, *, tick: int, order_id: int = 1, seconds: float = 0) -> list[Record]:
    """So many levels of two orders each from a price on, downwards as bids (-1) or upwards as asks."""
    moment, side = START + round(seconds * NS), "A" if sign > 0 else "B"
    return [Record(moment, 7, order_id + j, "A", side, first + sign * (j // 2) * tick, 3 + j, LAST) for j in range(2 * levels)]


def test_thousands_of_levels_come_and_go_from_both_ends() -> None:
    stream = ladder_of(-1, 20_000 * COARSE, 1_300, tick=COARSE)
    stream += ladder_of(1, 20_001 * COARSE, 900, tick=COARSE, order_id=10_000, seconds=6)
    half = [r._replace(ts_recv=START + 11 * NS, action="C") for r in stream if r.order_id % 3]
    other = [r._replace(ts_recv=START + 21 * NS, action="C") for r in reversed(stream) if not r.order_id % 3]
    books = assert_as_the_twin(stream + half + other, **TINY)
    assert books._state.sides["span"].tolist() == [SPAN_LIMIT, SPAN_LIMIT, 0, 0]
    assert books.resting_orders == 0
    assert not books._state.words.any()


def test_a_ladder_of_the_greatest_span_is_placed_again_and_grows_no_further() -> None:
    stream = ladder_of(-1, 60_000 * COARSE, 1_400, tick=3 * COARSE)
    stream += ladder_of(-1, 30_000 * COARSE, 1_300, tick=COARSE, order_id=10_000, seconds=6)
    stream += [r._replace(ts_recv=START + 11 * NS, action="C") for r in stream if r.order_id % 3]
    state = assert_as_the_twin(stream)._state
    assert state.sides["span"][0] == SPAN_LIMIT


def test_the_ends_of_int64_are_prices_like_others() -> None:
    for sign in (-1, 1):
        for edge in (HIGHEST - 40 * FINE, LOWEST + 40 * FINE, LOWEST, HIGHEST):
            stream = ladder_of(sign, edge, 1, tick=FINE)
            steps = [k for k in range(-45, 46) if LEAST <= edge + k * FINE <= MOST]
            beyond = [(edge + k * FINE + 2**63) % 2**64 - 2**63 for k in range(-45, 46)]
            stream += [Record(START, 7, 700 + k, "A", "BA"[k % 2], price, 3, LAST) for k, price in enumerate(beyond)]
            stream += [Record(START + NS, 7, 50 + k, "A", "BA"[k % 2], edge + k * FINE, 2, LAST) for k in steps]
            stream += [Record(START + NS, 7, 900 + k, "A", "BA"[k % 2], (LEAST, MOST)[k // 2 % 2], 2, LAST) for k in range(8)]
            stream += [Record(START + 6 * NS, 7, 50 + k, "C", "BA"[k % 2], edge, 2, LAST) for k in steps if k % 3]
            books = assert_as_the_twin(stream, **TINY)
            assert books._state.words.any()


def test_a_ladder_follows_its_prices_and_leaves_what_is_far_behind() -> None:
    stream = ladder_of(-1, 9_000 * FINE, 1, tick=FINE)
    for step in range(1, 7):
        if step > 1:
            stream += [r._replace(ts_recv=START + step * NS, action="C") for r in stream[-60:]]
        stream += ladder_of(-1, 100_000 * FINE * step, 30, tick=FINE, order_id=1_000 * step, seconds=step)
    state = assert_as_the_twin(stream)._state
    bids = state.sides[0]
    assert bids["base"] <= 600_000 * FINE < int(bids["base"]) + int(bids["span"]) * int(bids["tick"])
    assert (bids["count"], state.slabs["count"][0]) == (31, 1)


def test_of_places_with_as_many_levels_the_ladder_takes_the_better() -> None:
    for levels in range(4, 60, 5):
        stream = []
        for j in range(levels):
            stream += [record(0, "A", 100 + j, price=5_000 + 0.25 * j, instrument=7)]
            stream += [record(0, "A", 500 + j, price=1_000 + 0.25 * j, instrument=7)]
        bids = assert_as_the_twin(stream)._state.sides[0]
        assert bids["base"] > 4_000 * NS


def test_a_price_between_the_coarser_ticks_refines_the_ladder_only_when_it_is_the_rule() -> None:
    stream = ladder_of(-1, 4_000 * COARSE, 20, tick=COARSE)
    coarse = assert_as_the_twin([*stream, record(1, "A", 900, "B", 1_000.05, instrument=7)])._state
    assert (coarse.sides["tick"][0], coarse.slabs["count"][0]) == (COARSE, 1)
    fine = assert_as_the_twin([*stream, *ladder_of(-1, 4_000 * COARSE + FINE, 60, tick=FINE, order_id=500, seconds=1)])._state
    assert (fine.sides["tick"][0], fine.slabs["count"][0]) == (FINE, 0)


def test_a_price_off_every_tick_is_exact_next_to_a_ladder_and_may_be_the_best() -> None:
    stream = [record(0, "A", k, price=100 - 0.05 * k) for k in range(40)] + [record(1, "A", 90, price=100.000000001, size=9)]
    row = rows(*stream)[0]
    assert (row["bid_price"], row["bid_size"], row["bid_levels"]) == (100.000000001, 9, 41)
    row = rows(*stream, record(2, "C", 90, price=100.000000001, size=9))[0]
    assert (row["bid_price"], row["bid_size"], row["bid_levels"]) == (100.0, 5, 40)
    assert counts(*stream)["off_tick"] == 1


def test_a_cleared_ladder_is_empty_and_serves_again() -> None:
    stream = [record(0, "A", k, "BA"[k % 2], 100 - 0.05 * k if k % 2 == 0 else 101 + 0.05 * k) for k in range(80)]
    again = [*stream, record(1, "R", 0, "N", None, 0), record(2, "A", 3, price=99.0, size=4)]
    row = rows(*again)[0]
    assert (row["bid_price"], row["bid_size"], row["bid_levels"], row["ask_levels"], row["ask_depth"]) == (99.0, 4, 1, 0, 0)
    said(
        rows(record(0, "A"), record(0, "R", 0, "N", None, 0), record(0, "A", 2, price=98.0))[0],
        bid_add_size=10,
        bid_add_count=2,
        bid_price=98.0,
        bid_depth=5,
    )


def test_a_replaced_order_changes_the_quote_only_if_the_best_differs() -> None:
    same = rows(record(0, "A", 1), record(2, "A", 1))[0]
    assert same["quote_age_ns"] == 5 * NS
    behind = rows(record(0, "A", 1), record(0, "A", 2, price=99.0), record(2, "A", 2, price=98.0))[0]
    assert behind["quote_age_ns"] == 5 * NS
    smaller = rows(record(0, "A", 1), record(2, "A", 1, size=4))[0]
    assert smaller["quote_age_ns"] == 3 * NS
    elsewhere = rows(record(0, "A", 1), record(0, "A", 2, price=99.0), record(2, "A", 1, price=98.0))[0]
    assert elsewhere["quote_age_ns"] == 3 * NS


def test_three_thousand_instruments_stay_small() -> None:
    instruments, levels = 3_000, 40
    n = instruments * 2 * levels
    k = np.arange(n)
    instrument, side, level = k % instruments, k // instruments % 2, k // (2 * instruments)
    books = OrderBooks(window_ends=np.array([START + 5 * NS]))
    books.list_instruments(instrument_ids=np.arange(instruments, dtype=np.uint32))
    records = Records(
        ts_recv=np.full(n, START),
        instrument_id=instrument.astype(np.uint32),
        order_id=k.astype(np.uint64),
        action=np.full(n, ord("A"), np.uint8),
        side=np.where(side == 0, ord("B"), ord("A")).astype(np.uint8),
        price=(1_000 + np.where(side == 0, -1, 1) * level**2 * 3) * FINE,
        size=np.ones(n, np.uint32),
        flags=np.full(n, LAST, np.uint8),
    )
    list(books.apply(records))
    state = books._state
    assert (state.sides["count"] == levels).all()
    assert (state.sides["span"] < 8 * levels).all()
    assert sum(array.nbytes for array in state) < 100e6
