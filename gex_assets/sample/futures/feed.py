"""The futures' MBO file of one day: the front future, the next one and their calendar spread, as they come on channel 0.

Each future has a loop over a ladder of its own (`loop`, `ladder`); the calendar spread gets a few orders that go at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.sample.course import CLOSED, OPEN, Course
from gex_assets.sample.files.records import merged, records, snapshot, with_separate_ends, with_sequence
from gex_assets.sample.futures.ladder import Ladder, new_ladder
from gex_assets.sample.futures.loop import Pace, fill_ladder, run
from gex_assets.sample.market_day import MarketDay
from gex_assets.sample.options.feed import ages, snapshot_moment
from gex_assets.sample.profile import STEP_NS
from gex_assets.sample.seeds import derived_seed, generator
from gex_assets.sample.tape import COUNT, Tape, drained, new_tape

__all__ = ["future_blocks"]

TAPE_RECORDS: Final = 200_000
CHUNK_STEPS: Final = 4800
CHANNEL: Final = 0
FIRST_ORDER: Final = 6_812_700_000_000
ORDERS_PER_DAY: Final = 20_000_000
CALENDAR: Final = 2
CALENDAR_SECONDS: Final = 900
REACH, THIN_REACH = 0.8, 2.5
DEEP_FRONT, DEEP_NEXT = 220, 40

Records = NDArray[np.void]


def _pace(market: MarketDay, which: int) -> Pace:
    profile, per_step = market.profile, STEP_NS / 1e9
    share = 1.0 if which < np.count_nonzero(market.followed()) else profile.thin_future_share
    own, front = (float(market.forward(series=k, index=1.0, ts_ns=market.path.start_ns)) for k in (which, 0))
    return Pace(
        noise=np.array([profile.future_noise_quiet, profile.future_noise_busy]) * share * per_step,
        trades=np.array([profile.future_trades_quiet, profile.future_trades_busy]) * share * per_step,
        instrument=which,
        ratio=own / front / market.product.future_tick,
        reach=REACH if share == 1.0 else THIN_REACH,
    )


def _course_of(market: MarketDay, course: Course, which: int) -> Course:
    """The course for one future: closed from its expiration on."""
    last = (market.listing.contracts[which].ts_expiration - course.start_ns) // course.step_ns
    return course._replace(phase=np.where(np.arange(len(course.phase)) < last, course.phase, CLOSED).astype(np.int8))


def future_blocks(market: MarketDay) -> Iterator[Records]:
    """Simulate the futures' day.

    Yields
    ------
    Blocks of MBO records in the file's order; the first is the snapshot.
    """
    course = market.course()
    seed = derived_seed(market.seed, market.product.name, "futures", market.day.isoformat(), market.path.start_ns)
    courses = [_course_of(market, course, which) for which in range(2)]
    paces = [_pace(market, which) for which in range(2)]
    tapes: list[Tape] = []
    ladders: list[Ladder] = []
    for which, pace in enumerate(paces):
        first_order = FIRST_ORDER + ORDERS_PER_DAY * (market.day.toordinal() % 4096) + which * ORDERS_PER_DAY // 2
        tape = new_tape(
            capacity=TAPE_RECORDS, seed=derived_seed(seed, which), first_order_id=first_order, start_ns=snapshot_moment(market)
        )
        ladder = new_ladder(price_ticks=float(course.price[0]) * pace.ratio)
        fill_ladder(tape, ladder, pace, DEEP_FRONT if which == 0 else DEEP_NEXT)
        tapes.append(tape)
        ladders.append(ladder)
    ids = np.array(
        [*(contract.instrument_id for contract in market.listing.contracts[:2]), market.listing.calendar_id], np.uint32
    )
    tick_1e9 = round(market.product.future_tick * 1e9)
    resting = [drained(tape) for tape in tapes]
    whole = {name: np.concatenate([part[name] for part in resting]) for name in resting[0]}
    far = np.abs(whole["price"] - np.array([float(course.price[0]) * pace.ratio for pace in paces])[whole["instrument"]]) > 60
    yield snapshot(
        whole,
        ids=ids,
        silent=np.zeros(3, np.bool_),
        tick_1e9=tick_1e9,
        channel=CHANNEL,
        ts_ns=snapshot_moment(market),
        ages_ns=ages(market=market, price=whole["price"], order_ids=whole["order_id"], far=far),
    )
    sequence = np.array([5_000, 1_000], np.int64)
    dice = generator(seed, "packets")
    for begin in range(0, len(course.phase), CHUNK_STEPS):
        stop = min(begin + CHUNK_STEPS, len(course.phase))
        parts = []
        for tape, ladder, pace, own_course in zip(tapes, ladders, paces, courses, strict=True):
            done = begin
            while done < stop:
                done = run(tape, ladder, own_course, pace, done, stop)
                if tape.clock[COUNT]:
                    parts.append(records(drained(tape), ids=ids, tick_1e9=tick_1e9, channel=CHANNEL, dice=dice))
        if not parts:
            continue
        parts.append(_calendar(market, begin, stop, ids=ids, tick_1e9=tick_1e9, seed=seed))
        block, starts = with_separate_ends(*merged(parts), day=market.day, dice=dice)
        own = block["instrument_id"] == ids[CALENDAR]
        yield with_sequence(block, starts=starts, own_counter=own, sequence=sequence)


def _calendar(
    market: MarketDay, begin: int, stop: int, *, ids: NDArray[np.uint32], tick_1e9: int, seed: int
) -> tuple[Records, NDArray[np.bool_]]:
    """Records of the calendar spread: an order every 15 minutes that is cancelled 40 ms later."""
    phase = market.path.phase[begin:stop]
    steps = begin + np.flatnonzero(phase == OPEN)[:: CALENDAR_SECONDS * 10**9 // STEP_NS]
    count = len(steps)
    dice = generator(seed, "calendar", begin)
    moments = market.path.start_ns + np.repeat(steps, 2) * STEP_NS + np.tile([50_000_000, 90_000_000], count)
    front, following = (
        market.forward(series=k, index=market.path.index[steps], ts_ns=market.path.start_ns + steps * STEP_NS) for k in range(2)
    )
    price = np.floor((following - front) / market.product.future_tick).astype(np.int64)
    first = FIRST_ORDER // 2 + ORDERS_PER_DAY * (market.day.toordinal() % 4096) + 4 * begin
    orders = np.repeat(first + np.arange(count), 2)
    tape = {
        "ts_event": moments,
        "ts_recv": moments + 110_000,
        "order_id": orders,
        "instrument": np.full(2 * count, CALENDAR, np.int32),
        "price": np.repeat(price, 2),
        "size": np.repeat(dice.integers(1, 40, count), 2),
        "action": np.tile(np.frombuffer(b"AC", np.uint8), count),
        "side": np.zeros(2 * count, np.uint8),
        "last": np.ones(2 * count, np.bool_),
        "packet": np.ones(2 * count, np.bool_),
    }
    return records(tape, ids=ids, tick_1e9=tick_1e9, channel=CHANNEL, dice=dice)
