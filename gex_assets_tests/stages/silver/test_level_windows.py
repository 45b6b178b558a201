from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gex_assets.stages.silver.level_windows import Band, KeptWall, LevelWindows
from gex_assets_tests.stages.silver.made_up_levels import SUCCESSOR, F, end_of, forward_of, forward_row

NONE = np.nan
NAMES = ("zero_gamma_low", "zero_gamma_high", "band_ts")


def carried(band: Band, chosen: list[bool], low: list[float], *, first: int) -> list[list[float]]:
    ends = np.arange(first, first + len(chosen))
    columns = band.carried(ends, np.array(chosen), np.array(low), np.array(low) + 1.0)
    return [columns[name].tolist() for name in NAMES]


def test_a_band_is_carried_from_one_chosen_window_to_the_next_and_over_calls() -> None:
    band = Band()
    low, high, ts = carried(band, [False, True, False], [7.0, 10.0, 8.0], first=1)
    assert np.isnan([low[0], high[0]]).all()
    assert (low[1:], high[1:], ts) == ([10.0, 10.0], [11.0, 11.0], [-1, 2, 2])
    assert carried(band, [False, False], [1.0, 2.0], first=4) == [[10.0] * 2, [11.0] * 2, [2, 2]]
    assert carried(band, [False, True], [3.0, 4.0], first=6) == [[10.0, 4.0], [11.0, 5.0], [2, 7]]


def test_a_chosen_window_without_a_band_ends_the_one_before() -> None:
    band = Band()
    carried(band, [True], [10.0], first=1)
    low, high, ts = carried(band, [True, False], [NONE, 3.0], first=2)
    assert np.isnan([low, high]).all()
    assert ts == [2, 2]


def shares(kept: KeptWall, chosen: list[bool], strike: list[float], share: list[float], future: list[str] | None = None) -> Any:
    names = np.array(future or ["ESH6"] * len(strike))
    return kept.carried(np.array(chosen), np.array(strike), names, np.array(share)).tolist()


def test_a_share_is_carried_as_long_as_the_wall_is_the_same() -> None:
    kept = KeptWall()
    found = shares(
        kept, [False, True, False, False, False, True], [5.0, 5.0, 5.0, 6.0, 5.0, 6.0], [0.1, 0.2, NONE, NONE, NONE, 0.7]
    )
    assert found == pytest.approx([NONE, 0.2, 0.2, NONE, 0.2, 0.7], nan_ok=True)
    later = shares(kept, [False] * 3, [6.0, NONE, 5.0], [0.9] * 3)
    assert later == pytest.approx([0.7, NONE, NONE], nan_ok=True)


def test_the_same_strike_of_another_future_is_another_wall() -> None:
    kept = KeptWall()
    assert shares(kept, [True, False], [5.0, 5.0], [0.4, NONE], ["ESH6", "ESM6"]) == pytest.approx([0.4, NONE], nan_ok=True)
    assert shares(kept, [False, False], [5.0, 5.0], [NONE] * 2, ["ESM6", "ESH6"]) == pytest.approx([NONE, 0.4], nan_ok=True)


def test_a_full_minute_without_a_wall_ends_the_share_before() -> None:
    kept = KeptWall()
    assert shares(kept, [True], [5.0], [0.4]) == [0.4]
    assert np.isnan(shares(kept, [True, False], [NONE, 5.0], [NONE, NONE], ["", "ESH6"])).all()


def test_the_front_gives_price_and_quality_and_a_window_without_one_has_neither() -> None:
    rows = [
        forward_row(0, reference_price=F + 5, ts_expiration=SUCCESSOR, is_front=False, underlying="ESM6"),
        forward_row(0, quality="weak"),
        forward_row(1, is_front=False),
        forward_row(2, reference_price=None),
    ]
    day = LevelWindows.of(forward_of(rows))
    assert day.ends.tolist() == [end_of(window) for window in range(3)]
    np.testing.assert_array_equal(day.reference_price, [F, NONE, NONE])
    assert day.quality.tolist() == [1, 0, 0]
    assert [day.underlyings[place] for place in day.underlying] == ["ESH6"] * 3
    some = day.at(np.array([0, 2]))
    assert (some.ends.tolist(), some.quality.tolist(), some.underlyings) == ([end_of(0), end_of(2)], [1, 0], day.underlyings)
    np.testing.assert_array_equal(day.without_price(1).reference_price, [NONE] * 3)
    np.testing.assert_array_equal(day.without_price(0).reference_price, day.reference_price)
