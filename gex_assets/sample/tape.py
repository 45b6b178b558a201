"""The tape: a buffer of records that the simulated books write into, and the random numbers they draw; compiled.

The tape makes the two times of a record. `ts_event` is the time of the matching engine, as the book says it. `ts_recv` adds a
latency with a median of a tenth of a millisecond and never decreases. What a record means is decided by the books.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "ADD",
    "ASK",
    "BID",
    "CANCEL",
    "CLEAR",
    "COUNT",
    "FILL",
    "MODIFY",
    "NO_PRICE",
    "NO_SIDE",
    "TRADE",
    "Tape",
    "any_integer",
    "begin_event",
    "begin_event_at",
    "chance",
    "drained",
    "end_event",
    "exponential",
    "lognormal",
    "new_order_id",
    "new_packet",
    "new_tape",
    "normal",
    "other_side",
    "pick",
    "record",
    "uniform",
    "with_room",
]


def any_integer(value: int) -> int:
    """Make a constant that is no literal to numba, which compiles a function once more for every literal argument."""
    return cast("int", np.int64(value))


ADD: Final = any_integer(ord("A"))
CANCEL: Final = any_integer(ord("C"))
MODIFY: Final = any_integer(ord("M"))
CLEAR: Final = any_integer(ord("R"))
TRADE: Final = any_integer(ord("T"))
FILL: Final = any_integer(ord("F"))
BID: Final = any_integer(0)
ASK: Final = any_integer(1)
NO_SIDE: Final = any_integer(2)
NO_PRICE: Final = any_integer(-(2**31))
"""In the tape's ticks; becomes the vendor's undefined price."""

COUNT, NEXT_ORDER, TS_EVENT, TS_RECV, LATENCY, OPEN_PACKET = range(6)


class Tape(NamedTuple):
    """Records in the order of their writing, one array per field; the running state in `clock`, the generator's in `dice`."""

    ts_event: NDArray[np.int64]
    ts_recv: NDArray[np.int64]
    order_id: NDArray[np.int64]
    instrument: NDArray[np.int32]
    price: NDArray[np.int32]
    size: NDArray[np.int32]
    action: NDArray[np.uint8]
    side: NDArray[np.uint8]
    last: NDArray[np.bool_]
    packet: NDArray[np.bool_]
    clock: NDArray[np.int64]
    dice: NDArray[np.uint64]


def new_tape(*, capacity: int, seed: int, first_order_id: int, start_ns: int) -> Tape:
    """Make an empty tape.

    Parameters
    ----------
    capacity : most records between two calls of `drained`.
    seed : of the random numbers; equal seeds give equal numbers.
    first_order_id : the first order gets a number a little above.
    start_ns : earliest `ts_recv`. [UNIX ns]
    """
    clock = np.zeros(6, np.int64)
    clock[NEXT_ORDER] = first_order_id
    clock[TS_EVENT] = start_ns
    clock[TS_RECV] = start_ns
    clock[LATENCY] = 120_000
    dice = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    return Tape(
        ts_event=np.zeros(capacity, np.int64),
        ts_recv=np.zeros(capacity, np.int64),
        order_id=np.zeros(capacity, np.int64),
        instrument=np.zeros(capacity, np.int32),
        price=np.zeros(capacity, np.int32),
        size=np.zeros(capacity, np.int32),
        action=np.zeros(capacity, np.uint8),
        side=np.zeros(capacity, np.uint8),
        last=np.zeros(capacity, np.bool_),
        packet=np.zeros(capacity, np.bool_),
        clock=clock,
        dice=dice | np.uint64(1),
    )


def with_room(tape: Tape, capacity: int) -> Tape:
    """Give a drained tape room for `capacity` records; clock and random numbers continue."""
    larger = new_tape(capacity=capacity, seed=0, first_order_id=0, start_ns=0)
    return larger._replace(clock=tape.clock, dice=tape.dice)


@njit(forceinline=True)
def uniform(dice: NDArray[np.uint64]) -> float:
    """One number of [0, 1): Marsaglia's xorshift64*, in the variant of Vigna, ACM TOMS 42 (2016) 30."""
    x = dice[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    dice[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(forceinline=True)
def chance(dice: NDArray[np.uint64], probability: float) -> bool:
    """Say yes with the probability given."""
    return uniform(dice) < probability


@njit(forceinline=True)
def exponential(dice: NDArray[np.uint64], mean: float) -> float:
    """One exponentially distributed number of the mean given."""
    return float(-mean * np.log(1.0 - uniform(dice)))


@njit()
def normal(dice: NDArray[np.uint64]) -> float:
    """One standard normal number (Box and Muller)."""
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform(dice)))
    return float(radius * np.cos(2.0 * np.pi * uniform(dice)))


@njit()
def lognormal(dice: NDArray[np.uint64], median: float, spread: float) -> float:
    """One lognormal number: its median, and the standard deviation of its logarithm."""
    return float(median * np.exp(spread * normal(dice)))


@njit()
def pick(dice: NDArray[np.uint64], cumulative: NDArray[np.float64]) -> int:
    """Choose an index with the weights whose running sum is given (the last entry is the total)."""
    return int(np.searchsorted(cumulative, uniform(dice) * cumulative[-1], side="right"))


@njit(forceinline=True)
def other_side(side: int) -> int:
    """BID for ASK, and ASK for BID."""
    return ASK if side == BID else BID


@njit(forceinline=True)
def new_order_id(tape: Tape) -> int:
    """Take the next order number; the venue's numbers grow with gaps."""
    tape.clock[NEXT_ORDER] += 1 + int(uniform(tape.dice) * 4.0)
    return int(tape.clock[NEXT_ORDER])


@njit(forceinline=True)
def begin_event(tape: Tape, ts_event: int) -> None:
    """Start an event at a time of the engine. Events less than 0.2 ms apart share a latency; others draw one of at most 4 ms."""
    gap = ts_event - tape.clock[TS_EVENT]
    if gap > 200_000:
        tape.clock[LATENCY] = 84_000 + int(min(lognormal(tape.dice, 33_000.0, 1.7), 4.0e6))
    tape.clock[TS_EVENT] = ts_event
    received = ts_event + tape.clock[LATENCY] + int(exponential(tape.dice, 2_000.0))
    if received > tape.clock[TS_RECV]:
        tape.clock[TS_RECV] = received
        tape.clock[OPEN_PACKET] = 1
    elif gap != 0:
        tape.clock[OPEN_PACKET] = 1


@njit()
def begin_event_at(tape: Tape, ts_event: int, ts_recv: int) -> None:
    """Start an event that is received at a chosen moment, or right after the record before."""
    tape.clock[TS_EVENT] = ts_event
    tape.clock[TS_RECV] = max(ts_recv, tape.clock[TS_RECV])
    tape.clock[OPEN_PACKET] = 1


@njit(forceinline=True)
def new_packet(tape: Tape, delay_ns: int) -> None:
    """Continue the event in the next packet, received `delay_ns` later."""
    tape.clock[TS_RECV] += delay_ns
    tape.clock[OPEN_PACKET] = 1


@njit(forceinline=True)
def record(tape: Tape, instrument: int, action: int, side: int, order_id: int, price: int, size: int) -> None:
    """Write one record of the open event."""
    n = tape.clock[COUNT]
    tape.ts_event[n] = tape.clock[TS_EVENT]
    tape.ts_recv[n] = tape.clock[TS_RECV]
    tape.order_id[n] = order_id
    tape.instrument[n] = instrument
    tape.price[n] = price
    tape.size[n] = size
    tape.action[n] = action
    tape.side[n] = side
    tape.last[n] = False
    tape.packet[n] = tape.clock[OPEN_PACKET] == 1
    tape.clock[OPEN_PACKET] = 0
    tape.clock[COUNT] = n + 1


@njit(forceinline=True)
def end_event(tape: Tape) -> None:
    """Mark the last record as the end of its event."""
    tape.last[tape.clock[COUNT] - 1] = True


def drained(tape: Tape) -> dict[str, Any]:
    """Take the records written so far (copies) and empty the tape."""
    n = int(tape.clock[COUNT])
    tape.clock[COUNT] = 0
    names = ("ts_event", "ts_recv", "order_id", "instrument", "price", "size", "action", "side", "last", "packet")
    return {name: getattr(tape, name)[:n].copy() for name in names}
