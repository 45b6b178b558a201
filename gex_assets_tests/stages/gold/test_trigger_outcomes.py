from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.kernels.features.outcomes import BREAK, CHOP, NO_TOUCH, REJECT, WHIPSAW
from gex_assets.schemas.gold_trigger_outcomes import GOLD_TRIGGER_OUTCOMES, OUTCOMES
from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS
from gex_assets.schemas.silver_future_bbo import SILVER_FUTURE_BBO
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES
from gex_assets.schemas.table import CATEGORY
from gex_assets.schemas.vendor_mbo import UNDEFINED_PRICE
from gex_assets.stages.gold.mids_at_moments import BEST_PRICE_COLUMNS
from gex_assets.stages.gold.trigger_outcomes import (
    REFERENCE_COLUMNS,
    TRIGGER_COLUMNS,
    WINDOW_COLUMNS,
    observed_until,
    trigger_outcomes,
)
from gex_assets_tests.stages.made_up_day import MIDNIGHT, SECOND, WINDOW, date_of

START = MIDNIGHT + 54_000 * SECOND
LEVEL = 6000.0
TRADES = pa.schema(
    [("ts_recv", pa.int64()), ("ts_recv_behind", pa.int64()), ("action", CATEGORY), ("price", pa.int64()), ("symbol", CATEGORY)]
)
HOUR = [START + number * WINDOW for number in range(1, 721)]


def some(table: Any, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([table.arrow_schema().field(name) for name in columns]))


def trigger(seconds: int, **changes: Any) -> dict[str, Any]:
    end = START + seconds * SECOND
    return {
        "ts_window_end": end,
        "convention": "none",
        "level_id": "strike_above",
        "session_date": date_of(end),
        "underlying": "ESH6",
        "level": LEVEL,
        "approach_dir": 1,
        "episode_id": "none/strike_above/2026-01-06T15:00:05Z",
        **changes,
    }


def trade(seconds: float, ahead: float, **changes: Any) -> dict[str, Any]:
    price = round((LEVEL + 0.25 * ahead) * 1e9)
    return {
        "ts_recv": START + round(seconds * SECOND),
        "ts_recv_behind": 0,
        "action": "T",
        "price": price,
        "symbol": "ESH6",
        **changes,
    }


def best(seconds: float, ahead: float, *, spread: float = 1.0, **changes: Any) -> dict[str, Any]:
    """Best prices whose mid lies so many ticks ahead of the level, for an approach from below."""
    mid = LEVEL + 0.25 * ahead
    return {
        "ts_recv": START + round(seconds * SECOND),
        "symbol": "ESH6",
        "bid_price": mid - 0.125 * spread,
        "ask_price": mid + 0.125 * spread,
        **changes,
    }


def parts_of(table: pa.Table, pieces: int) -> list[pa.Table]:
    size = -(-table.num_rows // pieces) or 1
    return [table.slice(first, size) for first in range(0, table.num_rows, size)]


def turned(row: dict[str, Any]) -> list[float | None]:
    return [row[f"turned_back_{bar}"] for bar in range(1, 7)]


def outcomes_of(
    triggers: list[dict[str, Any]],
    *,
    trades: list[dict[str, Any]] | None = None,
    best_prices: list[dict[str, Any]] | None = None,
    reference: list[dict[str, Any]] | None = None,
    windows: list[int] | None = None,
    pieces: int = 1,
    tally: Counter[str] | None = None,
) -> list[dict[str, Any]]:
    trades = trades or []
    size = -(-len(trades) // pieces) or 1
    quotes = [{"ts_window_end": end, "symbol": symbol} for end in windows or HOUR for symbol in ("ESH6", "ESM6")]
    table = trigger_outcomes(
        some(GOLD_TRIGGER_VECTORS, TRIGGER_COLUMNS, triggers),
        trades=[pa.Table.from_pylist(trades[n : n + size], schema=TRADES) for n in range(0, len(trades), size)],
        best_prices=parts_of(some(SILVER_FUTURE_BBO, BEST_PRICE_COLUMNS, best_prices or []), pieces),
        future_windows=some(SILVER_FUTURE_QUOTES, WINDOW_COLUMNS, quotes),
        reference=some(SILVER_GEX, REFERENCE_COLUMNS, reference or []),
        tick=0.25,
        tally=Counter() if tally is None else tally,
    )
    assert table.schema.equals(GOLD_TRIGGER_OUTCOMES.arrow_schema())
    return table.to_pylist()


def test_trades_of_the_underlying_decide_and_nothing_else_does():
    """Not fills, not orders, not another future, not a trade without a price."""
    not_seen = [
        trade(6, 0, action="F"),
        trade(6, 0, action="A"),
        trade(6, 0, symbol="ESM6"),
        trade(6, 0, price=UNDEFINED_PRICE),
    ]
    (row,) = outcomes_of([trigger(5)], trades=[*not_seen, trade(7, 0), trade(8, 8)])
    assert row["price_source"] == "future_trades"
    assert row["ts_touch"] == START + 7 * SECOND
    assert [row[f"outcome_{bar}"] for bar in range(1, 7)] == ["BREAK"] * 6
    assert row["ts_first_hit"] == START + 8 * SECOND


def test_the_clock_is_the_one_that_windows_go_by():
    """Received at 4 s, but after a record of 6 s: it belongs to the window from 5 s on."""
    (row,) = outcomes_of([trigger(5)], trades=[trade(4, 0, ts_recv_behind=2 * SECOND)])
    assert row["ts_touch"] == START + 6 * SECOND


def test_a_trade_before_the_windows_end_is_not_what_happened_then():
    (row,) = outcomes_of([trigger(5)], trades=[trade(4.9, 0), trade(9, -4)])
    assert row["outcome_6"] == "NO_TOUCH"
    after_a_touch = ("ts_touch", "bars_observed", "ts_first_hit", "first_hit", "ts_second_hit", "mfe_ticks", "mae_ticks")
    after_a_touch += ("touch_offset_ticks", *(f"turned_back_{bar}" for bar in range(1, 7)))
    assert {row[name] for name in after_a_touch} == {None}


def test_triggers_of_the_other_direction_and_of_other_futures_are_kept_apart():
    triggers = [
        trigger(5),
        trigger(5, level_id="strike_below", approach_dir=-1),
        trigger(10, underlying="ESM6", level=LEVEL + 1),
    ]
    rows = outcomes_of(triggers, trades=[trade(6, 1), trade(7, 9), trade(12, 0, symbol="ESM6"), trade(13, 4, symbol="ESM6")])
    assert [row["outcome_1"] for row in rows] == ["BREAK", "REJECT", "CHOP"]
    assert [row["mfe_ticks"] for row in rows] == [9.0, 0.0, 0.0]
    assert [row["mae_ticks"] for row in rows] == [0.0, 9.0, 0.0]


def test_without_trades_the_reference_price_of_each_window_decides():
    prices = {START + seconds * SECOND: price for seconds, price in ((10, 5999.0), (15, None), (20, 5999.75), (25, 6002.0))}
    reference = [{"ts_window_end": end, "underlying": "ESH6", "reference_price": prices.get(end, 6000.0)} for end in HOUR]
    reference += [{"ts_window_end": HOUR[-1] + WINDOW, "underlying": "ESM6", "reference_price": 1.0}]
    (row,) = outcomes_of([trigger(10)], trades=[trade(11, -50, symbol="ESM6")], reference=reference)
    assert row["price_source"] == "reference_price"
    assert (row["ts_touch"], row["ts_first_hit"]) == (START + 20 * SECOND, START + 25 * SECOND)
    assert row["outcome_1"] == "BREAK"


@pytest.mark.parametrize("traded", [True, False])
def test_the_observation_ends_with_the_stretch_of_windows(traded):
    """A break of trading in the middle of the day ends it as the file's end does."""
    windows = HOUR[:100] + HOUR[200:]
    reference = [{"ts_window_end": end, "underlying": "ESH6", "reference_price": LEVEL} for end in windows]
    triggers = [trigger(490), trigger(700), trigger(1010), trigger(3600)]
    rows = outcomes_of(
        triggers,
        trades=[trade(number, 0) for number in range(0, 3700, 5)] if traded else [],
        reference=[] if traded else reference,
        windows=windows if traded else [START],
    )
    assert [row["bars_observed"] for row in rows] == [0, None, 6, 0]
    assert [row["censored"] for row in rows] == [True, True, False, True]
    assert rows[0]["outcome_1"] is rows[1]["outcome_1"] is None
    assert rows[2]["outcome_6"] == "CHOP"


def test_where_futures_were_not_delivered_the_reference_price_goes_on():
    """Their request ended at half past; what was triggered later is seen in the options' price, and says so."""
    reference = [
        {"ts_window_end": end, "underlying": "ESH6", "reference_price": 5996.0 if end > HOUR[400] else LEVEL} for end in HOUR
    ]
    rows = outcomes_of(
        [trigger(300), trigger(2000)], trades=[trade(301, 0), trade(302, 9)], reference=reference, windows=HOUR[:360]
    )
    assert [row["price_source"] for row in rows] == ["future_trades", "reference_price"]
    assert [row["outcome_1"] for row in rows] == ["BREAK", "REJECT"]
    assert [row["censored"] for row in rows] == [False, False]


def test_of_two_hits_at_one_moment_the_one_beyond_is_named_first():
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, 0), trade(7, -9), trade(7, 9)])
    assert (row["first_hit"], row["ts_first_hit"], row["ts_second_hit"]) == ("beyond", START + 7 * SECOND, START + 7 * SECOND)


def test_pieces_of_the_day_do_not_show():
    trades = [trade(number / 3, (number * 7) % 23 - 11) for number in range(3000)]
    mids = [best(number / 2, (number * 5) % 19 - 9) for number in range(2000)]
    triggers = [trigger(5 * number, approach_dir=1 if number % 2 else -1, level=LEVEL + number % 9) for number in range(1, 150)]
    whole = outcomes_of(triggers, trades=trades, best_prices=mids)
    assert outcomes_of(triggers, trades=trades, best_prices=mids, pieces=17) == whole
    assert len({row["outcome_1"] for row in whole}) > 2
    assert len({row["turned_back_1"] for row in whole}) > 5


def test_no_triggers_have_no_outcomes():
    assert outcomes_of([], trades=[trade(6, 0)]) == []


def test_outcomes_of_the_last_bar_and_the_trades_seen_are_counted():
    """Trades of the triggers' futures only, each once, however many triggers wait for them."""
    tally: Counter[str] = Counter()
    triggers = [trigger(5), trigger(5, level_id="strike_below", approach_dir=-1, level=LEVEL - 50), trigger(3595)]
    trades = [trade(6, 0), trade(7, 9), trade(8, 0, symbol="ESM6"), trade(9, 0, action="F"), trade(3596, -40)]
    outcomes_of(triggers, trades=trades, best_prices=[best(5, 2), best(6.5, -7.2)], pieces=2, tally=tally)
    assert +tally == {
        "trades": 3,
        "outcome_BREAK": 1,
        "outcome_NO_TOUCH": 1,
        "outcome_unknown": 1,
        "turned_back_rows": 1,
        "turned_back_sum": 1,
    }


def test_words_of_outcomes_stand_at_the_kernels_codes():
    by_code = {NO_TOUCH: "NO_TOUCH", CHOP: "CHOP", BREAK: "BREAK", REJECT: "REJECT", WHIPSAW: "WHIPSAW"}
    assert dict(enumerate(OUTCOMES)) == by_code


def test_prices_are_observed_until_the_stretch_of_windows_ends() -> None:
    """A moment in no window, before, between or after them, is observed until itself."""
    ends = np.array([5, 10, 15, 30, 35]) * SECOND
    start = np.array([0, 5, 10, 15, 20, 30, 35, 40]) * SECOND
    assert (observed_until(ends, start) // SECOND).tolist() == [0, 15, 15, 15, 20, 35, 35, 40]
    assert observed_until(None, start).tolist() == start.tolist()


def test_how_far_it_turned_back_is_measured_on_mids_between_the_touch_and_the_first_hit_or_the_horizon():
    """Touched at 6 s half a tick before the level; 130 s later the trades hit 8 back, where the mid is 7.5 back."""
    trades = [trade(6, 0), trade(20, -7), trade(136, -8)]
    mids = [best(5.5, -0.5), best(100, -3.0), best(126, -4.5), best(136, -7.5), best(137, 20.0)]
    (row,) = outcomes_of([trigger(5)], trades=trades, best_prices=mids)
    assert (row["touch_offset_ticks"], row["first_hit"]) == (-0.5, "back")
    assert turned(row) == [(-0.5 + 4.5) / 16, *[(-0.5 + 7.5) / 16] * 5]


def test_from_above_ahead_is_below():
    trades = [trade(6, 0), trade(30, -8)]
    (row,) = outcomes_of([trigger(5, approach_dir=-1)], trades=trades, best_prices=[best(1, 0.5), best(29, -6.5)])
    assert (row["touch_offset_ticks"], row["first_hit"]) == (-0.5, "beyond")
    assert turned(row) == [(-0.5 - 6.5) / 16] * 6


def test_both_ends_of_every_interval_belong_to_it_for_mids_too():
    """Best prices of the touch's moment are those that the touch left behind, and so at the end of a bar."""
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, -1)], best_prices=[best(5, -3), best(6, -1.5), best(126, 4.5)])
    assert row["touch_offset_ticks"] == -1.5
    assert turned(row)[:1] == [(-1.5 - 4.5) / 16]
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, -1)], best_prices=[best(6, -1.5), best(126 + 1e-9, 4.5)])
    assert turned(row)[:2] == [0.0, (-1.5 - 4.5) / 16]


@pytest.mark.parametrize(("ahead", "known"), [(8.0, False), (7.5, True), (-9.0, True)])
def test_what_is_touched_eight_ticks_beyond_already_is_left_out(ahead, known):
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, 7)], best_prices=[best(6, ahead), best(50, 1.0)])
    assert row["touch_offset_ticks"] == ahead
    assert turned(row) == [(ahead - 1.0) / 16 if known else None] * 6


@pytest.mark.parametrize("missing", [{"bid_price": None}, {"ask_price": None}, {"ask_price": LEVEL - 9.0}])
def test_without_a_two_sided_book_there_is_no_distance(missing):
    """A side that is empty and a crossed book have no mid, neither at the touch nor at the end."""
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, 0)], best_prices=[best(5, 0), best(6, 0, **missing), best(50, 1.0)])
    assert row["touch_offset_ticks"] is None
    assert turned(row) == [None] * 6
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, 0)], best_prices=[best(6, 0), best(126, 0, **missing), best(200, 4)])
    assert turned(row) == [None, *[-0.25] * 5]


def test_horizons_that_were_not_observed_have_no_distance_even_after_a_hit():
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, 0), trade(7, 9)], best_prices=[best(1, 0), best(7, 8)], windows=HOUR[:50])
    assert (row["bars_observed"], row["censored"]) == (2, True)
    assert turned(row) == [-0.5, -0.5, None, None, None, None]


def test_mids_are_those_of_the_triggers_future_and_none_where_the_reference_price_decides():
    reference = [{"ts_window_end": end, "underlying": "ESH6", "reference_price": LEVEL} for end in HOUR]
    mids = [best(1, 3), best(1, 5, symbol="ESM6")]
    mids.sort(key=lambda row: (row["ts_recv"], row["symbol"]))
    (row,) = outcomes_of([trigger(5)], reference=reference, best_prices=mids)
    assert (row["price_source"], row["touch_offset_ticks"]) == ("reference_price", None)
    (row,) = outcomes_of([trigger(5, underlying="ESM6")], trades=[trade(6, 0, symbol="ESM6")], best_prices=mids)
    assert row["touch_offset_ticks"] == 5.0
    (row,) = outcomes_of([trigger(5)], trades=[trade(6, 0)])
    assert (row["ts_touch"], row["touch_offset_ticks"]) == (START + 6 * SECOND, None)
