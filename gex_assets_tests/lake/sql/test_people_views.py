"""Views for people: moments with a time zone, and the levels of now."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gex_assets.conventions import SCALE_UNITS, SCALES
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_levels import level, rows_of
from gex_assets_tests.lake.made_up_tables import publish

LEVELS, SCORES = TABLES["silver_gex_levels"], TABLES["regime_scores"]
FIRST, SECOND = date(2026, 1, 6), date(2026, 1, 7)
NS = 1_767_744_000_000_000_000  # 2026-01-07 00:00 UTC


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path)


def latest(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = query(lake, "SELECT * FROM latest_levels").to_pylist()
    return rows


def test_an_empty_lake_has_no_levels(lake: Lake) -> None:
    assert latest(lake) == []


def test_the_last_window_with_a_price_of_the_last_day_counts(lake: Lake) -> None:
    publish(lake, LEVELS, rows_of(LEVELS, level(NS - 5, zero_gamma=6_000.0)), day=FIRST)
    publish(
        lake,
        LEVELS,
        rows_of(
            LEVELS,
            level(NS + 5_000_000_000, zero_gamma=6_800.0, net_gex=-1.0),
            level(NS + 10_000_000_000, zero_gamma=6_900.0, zero_gamma_se=0.5, zero_gamma_low=6_896.0, zero_gamma_high=6_906.0),
            level(NS + 15_000_000_000) | {"reference_price": None},
            level(NS + 10_000_000_000, scale="usd_per_point", zero_gamma_reason="no_crossing") | {"convention": "magic8"},
        ),
        day=SECOND,
    )
    scored = {"ts_window_end": NS + 10_000_000_000, "convention": "field", "regime": "negative", "confidence": 0.5}
    publish(lake, SCORES, rows_of(SCORES, scored), day=SECOND)
    field, magic8 = latest(lake)
    assert (field["date"], field["window_end"]) == (SECOND, datetime(2026, 1, 7, 0, 0, 10, tzinfo=UTC))
    assert (field["flip"], field["flip_error"], field["flip_reason"]) == (6_900.0, 5.0, None)
    assert (field["regime"], field["confidence"], field["unit"]) == ("negative", 0.5, "USD per 1 %")
    assert (magic8["flip"], magic8["flip_reason"], magic8["unit"]) == (None, "no_crossing", "USD per point")
    assert magic8["regime"] is None


@pytest.mark.parametrize(
    ("sigmas", "flip", "reason"), [(3.0, 8_000.0, None), (3.01, None, "none in reach"), (None, 8_000.0, None)]
)
def test_a_flip_beyond_three_days_is_none_in_reach(
    lake: Lake, sigmas: float | None, flip: float | None, reason: str | None
) -> None:
    publish(lake, LEVELS, rows_of(LEVELS, level(NS, zero_gamma=8_000.0, zero_gamma_sigmas=sigmas)), day=SECOND)
    (row,) = latest(lake)
    assert (row["flip"], row["flip_reason"]) == (flip, reason)


@pytest.mark.parametrize(("rule", "error"), [("strike_sign_change", None), ("profile_nearest", 2.0)])
def test_a_change_of_sign_between_strikes_has_no_error(lake: Lake, rule: str, error: float | None) -> None:
    """The band of a level with dozens of roots is narrow and says nothing of how unsure it is."""
    flip = {"zero_gamma": 6_900.0, "zero_gamma_low": 6_898.0, "zero_gamma_high": 6_902.0, "flip_rule": rule}
    publish(lake, LEVELS, rows_of(LEVELS, level(NS, **flip)))
    (row,) = latest(lake)
    assert (row["flip"], row["flip_error"], row["flip_low"]) == (6_900.0, error, 6_898.0)


def test_each_product_has_its_own_last_day(lake: Lake) -> None:
    publish(lake, LEVELS, rows_of(LEVELS, level(NS)), day=SECOND)
    publish(lake, LEVELS, rows_of(LEVELS, level(NS - 5)), day=FIRST, product="NQ")
    assert [(row["product"], row["date"]) for row in latest(lake)] == [("ES", SECOND), ("NQ", FIRST)]


def test_every_scale_has_a_unit() -> None:
    assert set(SCALE_UNITS) == set(SCALES)


def test_moments_can_be_compared_with_what_people_write(lake: Lake) -> None:
    publish(lake, LEVELS, rows_of(LEVELS, level(NS), level(NS + 5_000_000_000)), day=SECOND)
    sql = "SELECT ts_window_end FROM silver_gex_levels_utc WHERE ts_window_end > '2026-01-07 00:00:00Z'"
    assert query(lake, sql).to_pylist() == [{"ts_window_end": datetime(2026, 1, 7, 0, 0, 5, tzinfo=UTC)}]
