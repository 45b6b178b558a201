"""Numbers of a day that the UI plots."""

from __future__ import annotations

import pyarrow as pa

from gex_assets.schemas.count_registry import dropped_and_counted
from gex_assets.schemas.registry import TABLES
from gex_assets.stages.day_numbers import day_numbers
from gex_assets_tests.lake.made_up_levels import level, rows_of

LEVELS, SCORES = TABLES["silver_gex_levels"], TABLES["regime_scores"]

BAND = {"zero_gamma_se": 1.0, "zero_gamma_low": 6_890.0, "zero_gamma_high": 6_900.0}


def numbers(name: str, rows: pa.Table) -> dict[str, float]:
    return day_numbers(name, lambda columns: rows.select(list(columns)))


def test_closing_numbers_are_those_of_the_last_window_with_a_price() -> None:
    rows = rows_of(
        LEVELS,
        level(5, net_gex=1.0, zero_gamma=6_800.0),
        level(
            10,
            net_gex=2.0,
            zero_gamma=6_900.0,
            zero_gamma_se=1.0,
            zero_gamma_low=6_890.0,
            zero_gamma_high=6_900.0,
            call_wall=7_000.0,
        ),
        level(10, net_gex=9.0) | {"scope": "0dte"},
        level(15, net_gex=3.0) | {"reference_price": None},
        level(15, net_gex=4.0, zero_gamma=9_000.0, zero_gamma_sigmas=3.5) | {"convention": "flow"},
    )
    assert numbers("silver_gex_levels", rows) == {
        "closing_net_gex_field": 2.0,
        "closing_call_wall_field": 7_000.0,
        "closing_flip_field": 6_900.0,
        "closing_flip_error_field": 5.0,
        "closing_net_gex_flow": 4.0,
    }


def test_confidence_is_a_mean_over_known_windows_and_unknown_ones_have_a_share() -> None:
    one = {"convention": "field", "regime": "positive", "confidence": 0.5}
    rows = rows_of(SCORES, one, one | {"confidence": 0.7}, one | {"regime": None, "confidence": None}, one | {"regime": None})
    found = numbers("regime_scores", rows)
    assert round(found["mean_confidence_field"], 12) == round(1.7 / 3, 12)
    assert found["unknown_share_field"] == 0.5


def test_empty_days_and_other_tables_have_none() -> None:
    assert numbers("silver_gex_levels", LEVELS.empty()) == numbers("regime_scores", SCORES.empty()) == {}
    assert numbers("silver_gex", TABLES["silver_gex"].empty()) == {}


def test_what_is_counted_is_not_called_dropped() -> None:
    tally = {"regime_unknown_no_chain": 3, "triggers_call_wall": 2, "off_tick": 1, "option_listed_twice": 4, "unselected": 0}
    dropped, counted = dropped_and_counted(tally | {"of_no_entry": 1})
    assert dropped == {"option_listed_twice": 4}
    assert counted == {"of_no_entry": 1, "off_tick": 1, "regime_unknown_no_chain": 3, "triggers_call_wall": 2}
