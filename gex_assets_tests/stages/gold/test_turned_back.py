"""`turned_back` on made-up markets: nothing of a price without drift, something of one that does turn back; as the twin says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.stages.gold.trigger_outcomes import REFERENCE_COLUMNS, TRIGGER_COLUMNS, trigger_outcomes
from gex_assets_tests.stages.made_up_day import MIDNIGHT, SECOND, WINDOW, date_of
from gex_assets_tests.twins.outcomes import outcome, turning

TICK = 0.25
BLOCK = 1_500
"""Seconds from one trigger to the next: more than a touch is waited for and followed."""
AHEAD = 3
"""Ticks from the mid to the level when a trigger begins."""


def walk(blocks: int, *, ticks_in_12_minutes: float, pull: float, seed: int) -> pa.Table:
    """Outcomes of one trigger a block, on a walk of mids by whole ticks, one step a second at most.

    `pull` is the share of steps that lead back from the level once the price has come near it, on and beyond it where negative.
    Every second somebody buys at the ask or sells at the bid, one tick apart.
    """
    dice = np.random.default_rng(seed)
    steps = np.where(dice.random((blocks, BLOCK)) < ticks_in_12_minutes**2 / 720, dice.choice([-1, 1], (blocks, BLOCK)), 0)
    direction = dice.choice([-1, 1], blocks)
    if pull:
        near = np.maximum.accumulate(np.cumsum(steps, axis=1) * direction[:, None], axis=1) >= AHEAD - 1
        back = np.roll(near, 1, axis=1) & (np.arange(BLOCK) > 0) & (dice.random((blocks, BLOCK)) < abs(pull))
        steps = np.where(back & (steps != 0), -int(np.sign(pull)) * direction[:, None], steps)
    mids = 40_000 + np.cumsum(steps.ravel())
    level = mids.reshape(blocks, BLOCK)[:, 0] + direction * AHEAD
    ts = MIDNIGHT + SECOND * np.arange(1, mids.size + 1)
    side = dice.choice([-0.5, 0.5], mids.size)
    starts = ts.reshape(blocks, BLOCK)[:, 0]
    triggers = pa.Table.from_pydict(
        {
            "ts_window_end": starts,
            "convention": ["none"] * blocks,
            "level_id": ["strike_above"] * blocks,
            "session_date": [date_of(start) for start in starts.tolist()],
            "underlying": ["ESH6"] * blocks,
            "level": TICK * level,
            "approach_dir": direction,
            "episode_id": [str(number) for number in range(blocks)],
        },
        schema=pa.schema([GOLD_TRIGGER_VECTORS.arrow_schema().field(name) for name in TRIGGER_COLUMNS]),
    )
    names = pa.DictionaryArray.from_arrays(np.zeros(mids.size, np.int32), ["ESH6"])
    trades = pa.table(
        {
            "ts_recv": ts,
            "ts_recv_behind": np.zeros(ts.size, np.int64),
            "action": pa.DictionaryArray.from_arrays(np.zeros(mids.size, np.int32), ["T"]),
            "price": np.round((mids + side) * TICK * 1e9).astype(np.int64),
            "symbol": names,
        }
    )
    best_prices = pa.table({"ts_recv": ts, "symbol": names, "bid_price": (mids - 0.5) * TICK, "ask_price": (mids + 0.5) * TICK})
    ends = np.arange(MIDNIGHT + SECOND, int(ts[-1]) + WINDOW, WINDOW)
    return trigger_outcomes(
        triggers,
        trades=[trades],
        best_prices=[best_prices],
        future_windows=pa.table({"ts_window_end": ends, "symbol": pa.array(["ESH6"] * ends.size).dictionary_encode()}),
        reference=SILVER_GEX.empty().select(REFERENCE_COLUMNS),
        tick=TICK,
        tally=Counter(),
    )


def mean_and_error(rows: pa.Table, bar: int) -> tuple[float, float]:
    values = rows[f"turned_back_{bar}"].drop_null().to_numpy()
    assert values.size > 300
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


def share_of_rejections(rows: pa.Table) -> float:
    """Of all that were only broken or only rejected within 12 minutes."""
    words = Counter(rows["outcome_6"].cast(pa.string()).to_pylist())
    return words["REJECT"] / (words["REJECT"] + words["BREAK"])


@pytest.mark.parametrize("ticks", [4.0, 6.0, 8.0, 12.0])
def test_without_drift_the_mean_is_nothing_while_rejections_are_the_rule(ticks):
    """Trades bounce, a touch is a tick before the level: of what is hit most is rejected, by the rules of the count alone."""
    rows = walk(1_200, ticks_in_12_minutes=ticks, pull=0.0, seed=int(ticks))
    for bar in (1, 3, 6):
        mean, error = mean_and_error(rows, bar)
        assert abs(mean) < 4 * error < 0.08
    assert share_of_rejections(rows) > 0.54
    assert {"CHOP", "BREAK", "REJECT"} <= set(rows["outcome_6"].cast(pa.string()).to_pylist())


@pytest.mark.parametrize("ticks", [6.0, 12.0])
def test_a_price_that_turns_back_says_so(ticks):
    mean, error = mean_and_error(walk(600, ticks_in_12_minutes=ticks, pull=0.3, seed=3), 6)
    assert mean > 4 * error


def test_one_that_runs_on_says_so_too():
    mean, error = mean_and_error(walk(600, ticks_in_12_minutes=8.0, pull=-0.3, seed=3), 6)
    assert mean < -4 * error


MOMENTS = st.integers(0, 1_500)
QUOTES = st.lists(st.tuples(MOMENTS, st.integers(-12, 12), st.sampled_from([None, -1, 1, 1, 2])), max_size=30)


@settings(max_examples=60)
@given(
    trades=st.lists(st.tuples(MOMENTS, st.integers(-12, 12)), max_size=30),
    quotes=QUOTES,
    start=st.integers(0, 60),
    direction=st.sampled_from([-1, 1]),
    until=st.integers(12, 300),
)
def test_outcomes_of_any_market_are_as_the_twin_says(trades, quotes, start, direction, until):
    """Trades and best prices in ticks from the level; without a spread a side is empty, with a negative one books are crossed."""
    level, first = 6000.0, MIDNIGHT + 5 * SECOND * start
    ends = MIDNIGHT + WINDOW * np.arange(until)
    prices = sorted((MIDNIGHT + SECOND * moment, level + TICK * ahead) for moment, ahead in trades)
    by_moment = {MIDNIGHT + SECOND * moment: (level + TICK * ahead, spread) for moment, ahead, spread in quotes}
    bests = [(ts, bid, None if spread is None else bid + TICK * spread) for ts, (bid, spread) in sorted(by_moment.items())]
    (row,) = trigger_outcomes(
        one_trigger(first, level, direction),
        trades=[trades_of(prices)] if prices else [],
        best_prices=[
            pa.table(
                {
                    "ts_recv": pa.array([ts for ts, *_ in bests], pa.int64()),
                    "symbol": pa.array(["ESH6"] * len(bests), pa.string()),
                    "bid_price": pa.array([bid for _, bid, _ in bests], pa.float64()),
                    "ask_price": pa.array([ask for *_, ask in bests], pa.float64()),
                }
            )
        ],
        future_windows=pa.table({"ts_window_end": ends, "symbol": ["ESH6"] * ends.size}),
        reference=SILVER_GEX.empty().select(REFERENCE_COLUMNS),
        tick=TICK,
        tally=Counter(),
    ).to_pylist()
    is_in = first <= ends[-1]
    if not (is_in and prices):
        assert (row["price_source"], row["touch_offset_ticks"], row["turned_back_1"]) == ("reference_price", None, None)
        return
    expected = outcome(prices, start=first, level=level, direction=direction, until=int(ends[-1]), tick=TICK)
    expected |= turning(expected, bests, level=level, direction=direction, tick=TICK)
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def one_trigger(start: int, level: float, direction: int) -> pa.Table:
    row: dict[str, Any] = {
        "ts_window_end": start,
        "convention": "none",
        "level_id": "strike_above",
        "session_date": date_of(start),
        "underlying": "ESH6",
        "level": level,
        "approach_dir": direction,
        "episode_id": "one",
    }
    schema = pa.schema([GOLD_TRIGGER_VECTORS.arrow_schema().field(name) for name in TRIGGER_COLUMNS])
    return pa.Table.from_pylist([row], schema=schema)


def trades_of(prices: list[tuple[int, float]]) -> pa.Table:
    return pa.table(
        {
            "ts_recv": pa.array([ts for ts, _ in prices], pa.int64()),
            "ts_recv_behind": pa.array([0] * len(prices), pa.int64()),
            "action": ["T"] * len(prices),
            "price": pa.array([round(price * 1e9) for _, price in prices], pa.int64()),
            "symbol": ["ESH6"] * len(prices),
        }
    )
