from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.features.outcomes import NEVER, Progress, follow, outcome_codes, waiting
from gex_assets_tests.twins.outcomes import BAR, SECOND, WAIT, outcome

WORDS = ("NO_TOUCH", "CHOP", "BREAK", "REJECT", "WHIPSAW")
LEVEL = 6000.0
FAR_AHEAD = 10_000 * SECOND


def ticks(*moves: tuple[float, float]) -> list[tuple[int, float]]:
    """Prices from (seconds after the trigger, ticks ahead of a level that is approached from below)."""
    return [(round(seconds * SECOND), LEVEL + 0.25 * ahead) for seconds, ahead in moves]


def followed(
    prices: list[tuple[int, float]], triggers: list[dict[str, Any]], *, tick: float = 0.25, pieces: int = 1
) -> list[dict[str, Any]]:
    """What the kernel says of triggers (`start`, `level`, `direction`, `until`), the prices handed over in pieces."""
    column = {name: np.array([one[name] for one in triggers]) for name in ("start", "level", "direction", "until")}
    progress = waiting(len(triggers))
    for part in np.array_split(np.arange(len(prices)), pieces):
        follow(
            progress,
            ts=np.array([prices[n][0] for n in part], np.int64),
            price=np.array([prices[n][1] for n in part], np.float64),
            start=column["start"],
            level=column["level"].astype(np.float64),
            direction=column["direction"].astype(np.float64),
            until=column["until"],
            tick=tick,
            touch_ticks=1.0,
            hit_ticks=8.0,
            wait_ns=WAIT,
            watch_ns=6 * BAR,
        )
    codes, observed, censored = outcome_codes(
        progress, start=column["start"], until=column["until"], wait_ns=WAIT, bar_ns=BAR, bars=6
    )
    return [_row(progress, codes, int(observed[n]), bool(censored[n]), n) for n in range(len(triggers))]


def _row(progress: Progress, codes: Any, observed: int, censored: bool, n: int) -> dict[str, Any]:
    touch, beyond, back = (None if values[n] == NEVER else int(values[n]) for values in progress[:3])
    hits = sorted((ts, side) for ts, side in ((beyond, 0), (back, 1)) if ts is not None)
    return {
        "ts_touch": touch,
        "bars_observed": None if touch is None else observed,
        "ts_first_hit": hits[0][0] if hits else None,
        "first_hit": ("beyond", "back")[hits[0][1]] if hits else None,
        "ts_second_hit": hits[1][0] if len(hits) > 1 else None,
        "mfe_ticks": None if touch is None else progress.farthest_beyond[n],
        "mae_ticks": None if touch is None else progress.farthest_back[n],
        **{f"outcome_{bar + 1}": None if codes[bar, n] < 0 else WORDS[codes[bar, n]] for bar in range(6)},
        "censored": censored,
    }


def one(prices: list[tuple[int, float]], *, until: float = FAR_AHEAD / SECOND, direction: int = 1) -> dict[str, Any]:
    trigger = {"start": 0, "level": LEVEL, "direction": direction, "until": round(until * SECOND)}
    (row,) = followed(prices, [trigger])
    assert row == outcome(prices, **trigger, tick=0.25)
    return row


def outcomes(row: dict[str, Any]) -> list[str | None]:
    return [row[f"outcome_{bar}"] for bar in range(1, 7)]


def test_without_a_touch_within_twelve_minutes_there_is_none():
    row = one(ticks((1, -5), (100, -2), (721, 0)))
    assert outcomes(row) == ["NO_TOUCH"] * 6
    assert not row["censored"]
    assert row["ts_touch"] is row["mfe_ticks"] is row["bars_observed"] is None


@pytest.mark.parametrize(("seconds", "touched"), [(720, True), (720 + 1e-9, False)])
def test_the_last_moment_of_the_wait_still_counts(seconds, touched):
    row = one(ticks((1, -5), (seconds, -1)))
    assert row["ts_touch"] == (720 * SECOND if touched else None)
    assert outcomes(row) == ["CHOP" if touched else "NO_TOUCH"] * 6


def test_one_tick_away_is_a_touch_and_more_is_not():
    assert one(ticks((1, -1.5), (2, -1)))["ts_touch"] == 2 * SECOND


def test_a_price_that_jumps_over_the_level_has_touched_it():
    row = one(ticks((1, -3), (2, 5), (3, 9)))
    assert row["ts_touch"] == 2 * SECOND
    assert outcomes(row) == ["BREAK"] * 6


def test_exactly_eight_ticks_beyond_are_a_break():
    row = one(ticks((1, 0), (2, 7.75), (3, 8)))
    assert outcomes(row) == ["BREAK"] * 6
    assert (row["ts_first_hit"], row["first_hit"], row["ts_second_hit"]) == (3 * SECOND, "beyond", None)
    assert outcomes(one(ticks((1, 0), (2, 7.75)))) == ["CHOP"] * 6


def test_exactly_eight_ticks_back_are_a_rejection():
    row = one(ticks((1, 0), (2, -8)))
    assert outcomes(row) == ["REJECT"] * 6
    assert row["first_hit"] == "back"
    assert outcomes(one(ticks((1, 0), (2, -7.75)))) == ["CHOP"] * 6


def test_what_was_back_before_the_touch_is_no_hit():
    assert outcomes(one(ticks((1, -30), (2, 0)))) == ["CHOP"] * 6


def test_both_sides_hit_in_one_sequence_of_trades_are_a_whipsaw():
    """Records of one moment count in their order."""
    row = one(ticks((1, 0), (1, 8), (1, -8)))
    assert outcomes(row) == ["WHIPSAW"] * 6
    assert (row["ts_first_hit"], row["first_hit"], row["ts_second_hit"]) == (SECOND, "beyond", SECOND)


def test_the_outcome_grows_with_the_horizon():
    row = one(ticks((10, 0), (10 + 120, 7), (10 + 239, -8), (10 + 480, 8), (10 + 721, 50)))
    assert outcomes(row) == ["CHOP", "REJECT", "REJECT", "WHIPSAW", "WHIPSAW", "WHIPSAW"]
    assert (row["first_hit"], row["ts_second_hit"]) == ("back", 490 * SECOND)
    assert (row["mfe_ticks"], row["mae_ticks"]) == (8.0, 8.0)


@pytest.mark.parametrize(("after", "first"), [(120, "BREAK"), (120 + 1e-9, "CHOP")])
def test_the_end_of_a_bar_belongs_to_it(after, first):
    assert outcomes(one(ticks((10, 0), (10 + after, 8)))) == [first, *["BREAK"] * 5]


def test_approached_from_above_beyond_is_below():
    row = one(ticks((1, 3), (2, 1), (3, -9), (4, 2)), direction=-1)
    assert outcomes(row) == ["BREAK"] * 6
    assert (row["mfe_ticks"], row["mae_ticks"]) == (9.0, 2.0)


def test_horizons_that_were_not_observed_to_their_end_are_unknown():
    """Also where both sides were hit by then: keeping those alone would make whipsaws of all that is left."""
    row = one(ticks((10, 0), (11, 8), (12, -8)), until=10 + 240)
    assert outcomes(row) == ["WHIPSAW", "WHIPSAW", None, None, None, None]
    assert (row["censored"], row["bars_observed"]) == (True, 2)
    assert not one(ticks((10, 0)), until=730)["censored"]
    assert one(ticks((10, 0)), until=730 - 1e-9)["bars_observed"] == 5


def test_a_wait_that_was_not_observed_to_its_end_is_unknown():
    row = one(ticks((1, -5)), until=720 - 1e-9)
    assert outcomes(row) == [None] * 6
    assert row["censored"]
    assert outcomes(one(ticks((1, -5)), until=720)) == ["NO_TOUCH"] * 6


def test_prices_after_the_observation_and_before_the_trigger_are_not_seen():
    assert one(ticks((-1, 0), (31, 0)), until=30)["ts_touch"] is None
    assert one(ticks((0, 0)))["ts_touch"] == 0


def test_eight_ticks_of_a_tenth_are_eight_ticks():
    prices = [(0, 2000.1), (1, 2000.9)]
    (row,) = followed(prices, [{"start": 0, "level": 2000.1, "direction": 1, "until": FAR_AHEAD}], tick=0.1)
    assert outcomes(row) == ["BREAK"] * 6


def test_random_prices_in_any_pieces_are_as_the_twin_has_them():
    random = np.random.default_rng(8)
    ts = np.sort(random.integers(0, 3600, 1200)) * SECOND
    path = LEVEL + 0.25 * np.cumsum(random.integers(-1, 2, 1200))
    prices = list(zip(ts.tolist(), path.tolist(), strict=True))
    triggers = [
        {
            "start": int(random.integers(0, 3600)) * SECOND,
            "level": LEVEL + 0.25 * int(random.integers(-20, 20)),
            "direction": int(random.choice([-1, 1])),
            "until": int(random.choice([2000, 3000, 3600])) * SECOND,
        }
        for _ in range(150)
    ]
    expected = [outcome(prices, **trigger, tick=0.25) for trigger in triggers]
    seen = {row[f"outcome_{bar}"] for row in expected for bar in range(1, 7)}
    assert seen == {None, *WORDS}
    for pieces in (1, 2, 37):
        assert followed(prices, triggers, pieces=pieces) == expected
