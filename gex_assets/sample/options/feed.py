"""The options' MBO file of one day: snapshot first, then the simulated records, in blocks, as they come on channel 1.

This module prepares a day (who quotes, what is planned, what rests in the snapshot) and runs one of the two loops over it. The
loops themselves are `rate_loop` and `budget_loop`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.market.expirations import chicago_ns
from gex_assets.sample.course import OPEN, PRE_OPEN
from gex_assets.sample.files.defects import Planter
from gex_assets.sample.files.packing import Packer
from gex_assets.sample.files.records import records, snapshot, with_separate_ends, with_sequence
from gex_assets.sample.instruments import SUNDAY
from gex_assets.sample.market_day import MarketDay
from gex_assets.sample.options.budget import record_budget
from gex_assets.sample.options.budget_loop import MOST_DUE, MOST_OF_AN_INSTRUMENT, run_budgeted
from gex_assets.sample.options.customers import Flow, customers
from gex_assets.sample.options.makers import NEVER, Care, care, flow, quoting
from gex_assets.sample.options.orders import Books, books
from gex_assets.sample.options.plan import Plan
from gex_assets.sample.options.quotes import BOTH, Quoting, fill_in
from gex_assets.sample.options.rate_loop import run
from gex_assets.sample.profile import STEP_NS, STEPS_PER_WINDOW
from gex_assets.sample.seeds import derived_seed, generator
from gex_assets.sample.staging import Attraction, attractions, stage
from gex_assets.sample.tape import BID, COUNT, Tape, drained, new_tape, with_room

__all__ = ["option_blocks", "snapshot_moment"]

TAPE_RECORDS: Final = 300_000
CHUNK_STEPS: Final = 4800
FIRST_ORDER: Final = 6_412_700_000_000
ORDERS_PER_DAY: Final = 40_000_000
CHANNEL: Final = 1
SUNDAY_START: Final = time(7, 0)
"""The venue's weekly start-up, in Chicago, at which it sends good-till-cancel orders again."""

STALE_SHARE: Final = 0.05
HASTE: Final = 0.3
"""Haste of the makers of thousands of instruments, so that all have followed the price before it moves again."""

Records = NDArray[np.void]


def snapshot_moment(market: MarketDay) -> int:
    """Time at which the snapshot is received: the request's start, on Sundays the venue's start-up [UNIX ns]."""
    start_up = chicago_ns(market.day, SUNDAY_START)
    if market.day.weekday() == SUNDAY and market.path.start_ns <= start_up < market.path.end_ns:
        return start_up
    return market.path.start_ns


def _start_up_before(day: date) -> int:
    sunday = day - timedelta(days=(day.weekday() + 1) % 7)
    return chicago_ns(sunday, SUNDAY_START) + 243_925_307


def ages(
    *, market: MarketDay, price: NDArray[np.int64], order_ids: NDArray[np.int64], far: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Ages of the snapshot's orders: customers' far ones date from the week's start-up, quotes are minutes or hours old [ns]."""
    dice = generator(market.seed, market.product.name, "ages", market.day.isoformat(), len(price))
    moment = snapshot_moment(market)
    old = moment - _start_up_before(market.day)
    if old <= 0:
        old = 10**9 + moment - _start_up_before(market.day - timedelta(days=1))
    recent = np.minimum(np.sort(dice.exponential(1.5e12, len(price)))[::-1].astype(np.int64) + 10**9, old)
    out = np.empty(len(price), np.int64)
    out[np.argsort(order_ids, kind="stable")] = recent
    return np.where(far, old, out)


class _OptionDay:
    """State of one day's simulation of the options, made from the day and its seed."""

    def __init__(self, market: MarketDay, planter: Planter) -> None:
        self.market, self.planter = market, planter
        self.seed = derived_seed(market.seed, market.product.name, "options", market.day.isoformat(), market.path.start_ns)
        self.dice = generator(self.seed, "makers")
        self.course = market.course()
        self.tape: Tape = new_tape(
            capacity=TAPE_RECORDS,
            seed=self.seed,
            first_order_id=FIRST_ORDER + ORDERS_PER_DAY * (market.day.toordinal() % 4096),
            start_ns=snapshot_moment(market),
        )
        first = market.option_prices(
            index=market.path.index[:1], ts_ns=np.array([market.path.start_ns]), drift=market.path.drift[:1]
        )
        self.first_ticks = first[0] / market.product.option_tick
        self.care = self._care()
        self.quoting = self._quoting()
        self.book: Books = books(len(market.listing.options), haste=1.0 if market.profile.budget is None else HASTE)
        self.plan = self._plan()
        self.ids = np.array(list(market.listing.ids.values()), np.uint32)

    def _care(self) -> Care:
        market = self.market
        start = np.array([market.path.start_ns])
        forwards, deviations = np.empty(market.series), np.empty(market.series)
        for k in range(market.series):
            forwards[k] = market.forward(series=k, index=market.path.index[:1], ts_ns=start)[0]
            T = market.years(series=k, ts_ns=start)
            atm = market.atm(series=k, index=market.path.index[:1], ts_ns=start, drift=market.path.drift[:1])
            deviations[k] = forwards[k] * float((atm * np.sqrt(np.maximum(T, 1e-4)))[0])
        return care(
            listing=market.listing,
            forwards=forwards,
            deviations=deviations,
            premium=np.nan_to_num(self.first_ticks),
            tick=market.product.option_tick,
            is_followed=market.followed(),
        )

    def _steps(self, phase: int) -> NDArray[np.int64]:
        return np.flatnonzero(self.course.phase == phase)

    def _quoting(self) -> Quoting:
        stale_from = np.full(len(self.market.listing.options), NEVER, np.int64)
        if "stale_quotes" in self.planter.names:
            dice = generator(self.seed, "stale")
            busy = np.flatnonzero(self.course.is_busy) if np.any(self.course.is_busy) else self._steps(OPEN)
            near = self.care.rank <= 2 * self.market.profile.near_pairs
            keys = [(option.series.symbol, option.strike) for option in self.market.listing.options]
            chosen = {key for key in dict.fromkeys(keys) if dice.random() < STALE_SHARE}
            since = int(busy[len(busy) // 10]) if len(busy) else NEVER
            stale_from[near & np.array([key in chosen for key in keys])] = since
            self.planter.note_stale(
                instruments=np.array([o.instrument_id for o in self.market.listing.options])[stale_from < NEVER],
                ts_ns=self.course.start_ns + since * STEP_NS,
            )
        return quoting(
            listing=self.market.listing,
            care=self.care,
            profile=self.market.profile,
            dice=self.dice,
            start_ns=self.course.start_ns,
            stale_from=stale_from,
        )

    def _plan(self) -> Plan:
        market, dice = self.market, generator(self.seed, "plan")
        opens, pre = self._steps(OPEN), self._steps(PRE_OPEN)
        busy = np.flatnonzero(self.course.is_busy)
        near = np.flatnonzero((self.care.rank <= market.profile.near_pairs) & self.care.is_front & (self.quoting.sides == BOTH))
        clears = _pairs(dice, opens, near, market.profile.resets)
        gaps = _pairs(dice, opens, near, self.planter.gaps)
        self.planter.note_gaps(
            {(int(self.course.start_ns + step * STEP_NS), market.listing.options[i].instrument_id) for step, i in gaps.tolist()}
        )
        clears = np.concatenate([clears, gaps])
        crossed = _pairs(dice, pre[len(pre) // 2 :], near, 24 if len(pre) else 0)
        crossed = np.column_stack([crossed, dice.integers(0, 2, len(crossed))])
        ends = opens[(opens % STEPS_PER_WINDOW == STEPS_PER_WINDOW - 1) & np.isin(opens, busy)]
        straddles = _pairs(dice, ends, near, len(ends) // 24)
        legs = np.full((max(len(market.listing.spreads), 1), 4), -1, np.int64)
        ratios = np.zeros_like(legs)
        for k, spread in enumerate(market.listing.spreads):
            legs[k, : len(spread.legs)], ratios[k, : len(spread.ratios)] = spread.legs, spread.ratios
        return Plan(
            clears=_sorted(clears),
            crossed=_sorted(crossed),
            spreads=_sorted(self._spread_trades(dice, busy, opens)),
            straddles=_sorted(straddles),
            legs=legs,
            ratios=ratios,
            done=np.zeros(4, np.int64),
        )

    def _flow(self) -> Flow:
        market = self.market
        preferred: tuple[Attraction, ...] = ()
        if market.profile.is_staged:
            preferred = attractions(market.listing, stage(product=market.product.name, day=market.day, seed=market.seed))
        return flow(care=self.care, listing=market.listing, profile=market.profile, preferred=preferred)

    def _spread_trades(self, dice: np.random.Generator, busy: NDArray[np.int64], opens: NDArray[np.int64]) -> NDArray[np.int64]:
        spreads = self.market.listing.spreads
        if not spreads or not len(opens):
            return np.zeros((0, 4), np.int64)
        count = max(6, round(self.market.profile.spread_trades * len(opens) / 331_200))
        times = np.concatenate(
            [dice.choice(busy, 2 * count // 3) if len(busy) else busy, dice.choice(opens, count - 2 * count // 3)]
        )
        which = dice.integers(0, len(spreads), len(times))
        listed = np.array([0 if s.ts_listed is None else s.ts_listed for s in spreads])[which]
        is_there = self.course.start_ns + times * STEP_NS > listed
        sizes = np.maximum(1, np.exp(dice.normal(2.0, 0.9, len(times)))).astype(np.int64)
        return np.column_stack([times, which, dice.integers(0, 2, len(times)), sizes])[is_there]

    def first_block(self) -> Records:
        """The snapshot; it also clears user-defined spreads that were listed before the day."""
        listing, is_open = self.market.listing, self.market.is_open()
        count = len(listing.options)
        for i in range(count):
            if not np.isnan(self.first_ticks[i]) and self.quoting.starts[i] == 0:
                fill_in(self.tape, self.book, self.quoting, i, float(self.first_ticks[i]), is_open)
        resting = drained(self.tape)
        dice = generator(self.seed, "snapshot")
        silent = np.zeros(count + len(listing.spreads), np.bool_)
        has_orders = np.isin(np.arange(len(silent)), resting["instrument"])
        silent[:count] = ~has_orders[:count] & ((dice.random(count) < 0.15) | (self.quoting.starts > 0))
        silent[count:] = np.array([spread.ts_listed is not None for spread in listing.spreads], np.bool_)
        usual = np.where(resting["side"] == BID, 0.85, 1.15) * self.first_ticks[resting["instrument"]]
        far = np.where(resting["side"] == BID, resting["price"] < usual, resting["price"] > usual + 15)
        return snapshot(
            resting,
            ids=self.ids,
            silent=silent,
            tick_1e9=self.tick_1e9,
            channel=CHANNEL,
            ts_ns=snapshot_moment(self.market),
            ages_ns=ages(market=self.market, price=resting["price"], order_ids=resting["order_id"], far=far),
        )

    @property
    def tick_1e9(self) -> int:
        return round(self.market.product.option_tick * 1e9)

    def budgeted(self, first: Records) -> Iterator[tuple[Records, NDArray[np.bool_]]]:
        """Blocks of a day with a budget, after the snapshot `first`; and which of their records are of spreads."""
        market, count = self.market, len(self.market.listing.options)
        position = np.argsort(self.ids, kind="stable")
        instruments = position[np.searchsorted(self.ids, first["instrument_id"], sorter=position)]
        own = self.care.series[instruments[instruments < count]]
        budget = record_budget(
            market=market,
            care=self.care,
            quoting=self.quoting,
            snapshot=np.bincount(own, minlength=market.series),
            seed=self.seed,
        )
        room = budget.drain + 2 * MOST_DUE + MOST_OF_AN_INSTRUMENT * count
        tape = with_room(self.tape, room)
        pack = Packer(
            ids=self.ids,
            tick_1e9=self.tick_1e9,
            channel=CHANNEL,
            outrights=count,
            day=market.day,
            sequence=self.sequence,
            seed=derived_seed(self.seed, "packets"),
        )
        flow_ = self._flow()
        waiting = customers()
        for begin in range(0, len(self.course.phase), CHUNK_STEPS):
            done, stop = begin, min(begin + CHUNK_STEPS, len(self.course.phase))
            fair = market.fair(first_step=begin, stop_step=stop)
            while done < stop:
                done = run_budgeted(
                    tape, self.book, waiting, self.quoting, self.course, fair, flow_, self.plan, budget, done, stop
                )
                if tape.clock[COUNT]:
                    yield pack(tape)

    @property
    def sequence(self) -> tuple[int, int]:
        """Last packet numbers before the day, of the outrights' and of the spreads' group."""
        return 40_000 + self.market.day.toordinal() % 1000, 9_000

    def live(self) -> Iterator[dict[str, Any]]:
        """Drained tapes of a day with fixed rates, one after the other."""
        flow_ = self._flow()
        waiting = customers()
        steps = len(self.course.phase)
        for begin in range(0, steps, CHUNK_STEPS):
            stop = min(begin + CHUNK_STEPS, steps)
            fair = self.market.fair(first_step=begin, stop_step=stop)
            done = begin
            while done < stop:
                done = run(self.tape, self.book, waiting, self.quoting, self.course, fair, flow_, self.plan, done, stop)
                if self.tape.clock[COUNT]:
                    yield drained(self.tape)


def _pairs(dice: np.random.Generator, steps: NDArray[np.int64], instruments: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    if not len(steps) or not len(instruments) or count == 0:
        return np.zeros((0, 2), np.int64)
    return np.column_stack([dice.choice(steps, count), dice.choice(instruments, count)])


def _sorted(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.ascontiguousarray(rows[np.argsort(rows[:, 0], kind="stable")]).astype(np.int64)


def option_blocks(market: MarketDay, planter: Planter) -> Iterator[Records]:
    """Simulate the options' day.

    Parameters
    ----------
    market : the day.
    planter : plants the record-level faults asked for, and keeps their list.

    Yields
    ------
    Blocks of MBO records in the file's order; the first is the snapshot.
    """
    day = _OptionDay(market, planter)
    first = day.first_block()
    planter.pass_over(first)
    yield first
    spreads = day.ids[len(market.listing.options) :]
    if market.profile.budget is not None:
        for block, is_spread in day.budgeted(first):
            yield planter.plant(block, is_spread=is_spread)
        return
    sequence = np.array(day.sequence, np.int64)
    dice = generator(day.seed, "packets")
    for tape in day.live():
        block, starts = records(tape, ids=day.ids, tick_1e9=day.tick_1e9, channel=CHANNEL, dice=dice)
        block, starts = with_separate_ends(block, starts, day=market.day, dice=dice)
        is_spread = np.isin(block["instrument_id"], spreads)
        block = with_sequence(block, starts=starts, own_counter=is_spread, sequence=sequence)
        yield planter.plant(block, is_spread=is_spread)
