from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from benchmarks import guard
from benchmarks.instructions import InstructionCounter
from benchmarks.made_up import INSTRUMENTS, TICK, made_up_records
from benchmarks.plain_book import PLACES, TICKS, follow

NAMES = ("instrument_id", "order_id", "price", "action", "side")


def test_one_and_a_half_times_is_caught_and_a_tenth_is_not() -> None:
    recorded = {"ratio": 4.0, "instructions": 600.0}
    assert guard.judged({"ratio": 4.4, "instructions": 660.0}, recorded) == []
    assert len(guard.judged({"ratio": 6.0, "instructions": 600.0}, recorded)) == 1
    assert len(guard.judged({"ratio": 4.0, "instructions": 900.0}, recorded)) == 1


def test_where_instructions_cannot_be_counted_the_ratio_is_judged_alone() -> None:
    recorded = {"ratio": 4.0, "instructions": 600.0}
    assert guard.judged({"ratio": 4.4}, recorded) == []
    assert len(guard.judged({"ratio": 6.0}, recorded)) == 1


def test_what_is_recorded_is_there() -> None:
    assert set(json.loads(guard.RECORD.read_text(encoding="utf-8"))) == {"ratio", "instructions"}


def test_the_same_seed_makes_the_same_records() -> None:
    one, other = (made_up_records(5_000) for _ in range(2))
    assert one[0].tobytes() == other[0].tobytes()
    assert made_up_records(5_000, seed=8)[0].tobytes() != one[0].tobytes()
    assert np.all(np.diff(one[0]["ts_recv"].astype(np.int64)) >= 0)
    assert one[0]["ts_recv"][0] >= one[1][0] - 5 * 10**9
    assert one[1][-2] <= one[0]["ts_recv"][-1] < one[1][-1]
    assert {letter: (one[0]["action"] == letter).any() for letter in (b"A", b"M", b"C")} == {b"A": True, b"M": True, b"C": True}
    assert 0 < (one[0]["price"] // TICK).min() <= (one[0]["price"] // TICK).max() < TICKS


def test_the_plain_book_is_a_book() -> None:
    """Against dicts: how often a best price changed, and the best prices at the end."""
    records, _ = made_up_records(20_000)
    columns = (
        records["instrument_id"].astype(np.int64),
        np.ascontiguousarray(records["order_id"]),
        np.ascontiguousarray(records["action"]).view(np.uint8),
        np.ascontiguousarray(records["side"]).view(np.uint8),
        records["price"] // TICK,
        records["size"].astype(np.int64),
    )
    books = 2 * INSTRUMENTS + 2
    best = np.zeros(books, np.int64)
    memory: tuple[Any, ...] = (np.zeros(PLACES, np.uint64), np.zeros((PLACES, 2), np.int64), np.zeros((books, TICKS), np.int64))
    changes = follow(*columns, *memory, best)
    books_by_side: defaultdict[int, dict[int, int]] = defaultdict(dict)
    expected: defaultdict[int, int] = defaultdict(lambda: -1)
    counted = 0
    for instrument, order_id, price, action, side in zip(*(records[name].tolist() for name in NAMES), strict=True):
        at = 2 * instrument + (side != b"B")
        if action == b"C":
            books_by_side[at].pop(order_id, None)
        else:
            books_by_side[at][order_id] = price // TICK
        ticks = books_by_side[at].values()
        now = (max(ticks) if side == b"B" else min(ticks)) if ticks else -1
        counted += now != expected[at]
        expected[at] = now
    assert {at: int(best[at]) for at in expected} == dict(expected)
    assert counted == changes > 1_000


def test_twice_the_work_is_twice_the_instructions() -> None:
    with InstructionCounter() as counter:
        if not counter.works:  # a machine that does not let them be counted gives an error and no number
            with pytest.raises(ValueError, match="file descriptor"):
                counter.of(lambda: None)
            return
        numbers = np.zeros(1_000_000)
        once, twice = (counter.of(lambda times=times: [numbers.sum() for _ in range(times)]) for times in (10, 20))
    assert 1.8 < twice / once < 2.2
