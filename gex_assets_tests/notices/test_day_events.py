"""From tables to notices: whose, in which order, the same however rows are cut, and what they say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.day_events import (
    LEVEL_COLUMNS,
    REGIME_COLUMNS,
    LevelNotices,
    RegimeNotices,
    day_notices,
    level_notices,
    regime_notices,
)
from gex_assets.notices.notice import WIDTH, Notice
from gex_assets.schemas.registry import TABLES
from gex_assets.time_units import WINDOW_NS

DAY = date(2026, 1, 6)
FIRST = 1_767_709_805_000_000_000
"""14:30:05 UTC."""


def level_rows(*prices: float | None, **more: Any) -> pa.Table:
    """A window for each price, 100 points of deviation, with walls 100 points away from a flip at 7,000."""
    row: dict[str, Any] = {
        "convention": "field",
        "scope": "selected",
        "session_date": DAY,
        "scale": "usd_per_1pct",
        "weight_used": "open_interest",
        "one_day_sigma": 100.0 / 7000.0,
        "net_gex": -345.1e6,
        "net_gex_se": 398e3,
        "call_wall": 7100.0,
        "call_wall_kept": 0.93,
        "put_wall": 6900.0,
        "put_wall_kept": None,
        "zero_gamma": 7000.0,
        "flip_rule": "profile_nearest",
        "zero_gamma_se": 1.5,
        "zero_gamma_low": 6998.0,
        "zero_gamma_high": 7002.0,
    } | more
    rows = [{"ts_window_end": FIRST + n * WINDOW_NS, "reference_price": price, **row} for n, price in enumerate(prices)]
    fields = TABLES["silver_gex_levels"].arrow_schema()
    return pa.Table.from_pylist(rows, schema=pa.schema([fields.field(name) for name in LEVEL_COLUMNS]))


def regime_rows(*regimes: str | None, **more: Any) -> pa.Table:
    """A window for each regime."""
    row: dict[str, Any] = {
        "convention": "field",
        "session_date": DAY,
        "weight_used": "open_interest",
        "scale": "usd_per_1pct",
        "reference_price": 6921.59,
        "magnitude": "low",
        "net_gex": -12.5e9,
        "net_gex_se": 1.25e9,
        "confidence": 0.91,
    } | more
    rows = [{"ts_window_end": FIRST + n * WINDOW_NS, "regime": regime, **row} for n, regime in enumerate(regimes)]
    fields = TABLES["regime_scores"].arrow_schema()
    return pa.Table.from_pylist(rows, schema=pa.schema([fields.field(name) for name in REGIME_COLUMNS]))


def regimes_told(rows: pa.Table, **choices: Any) -> list[Notice]:
    chosen = NoticeSettings.model_validate({"hold_seconds": 15} | choices)
    return list(regime_notices([rows], chosen, product="ES", day=DAY))


CHANGED = ("positive", "negative", "positive", *["negative"] * 3)


def told(rows: pa.Table, **choices: Any) -> list[Notice]:
    chosen = NoticeSettings.model_validate({"beyond_sigmas": 0.02} | choices)
    return list(level_notices([rows], chosen, product="ES", day=DAY))


COURSE = (7050.0, 7009.0, 6996.0, 6960.0, 6930.0, 6909.0, 6897.0)
ALL = [("near", "zero_gamma"), ("crossed", "zero_gamma"), ("near", "put_wall"), ("crossed", "put_wall")]


def test_a_course_through_flip_and_put_wall_is_told() -> None:
    assert [(one.kind, one.fields["level"]) for one in told(level_rows(*COURSE))] == ALL


def test_a_notice_reads_well_on_a_phone() -> None:
    texts = [one.text for one in told(level_rows(*COURSE))]
    assert texts[1] == (
        "ES crossed its flip, now below it\n"
        "flip 7,000.0 ± 2.0\n"
        "price 6,996.00: 4.00 points below, 0.04\n"
        "of a day's σ\n"
        "net -345.1 m ± 398.0 k USD per 1 %\n"
        "convention field, selected, by\n"
        "open_interest\n"
        "known Tue 2026-01-06 08:30:15 Chicago\n"
        "(14:30:15 UTC)\n"
        "Under the convention's assumption on\n"
        "dealers. Not financial advice."
    )
    assert texts[2].startswith("ES is near its put wall\nput wall 6,900.00\nprice 6,909.00: 9.00 points above, 0.09\n")
    for text in texts:
        assert max(map(len, text.splitlines())) <= WIDTH
        assert not set(text) & set("↑↓⬆⬇▲▼🔺🔻→←")


def test_a_change_of_regime_reads_well_on_a_phone() -> None:
    (one,) = regimes_told(regime_rows(*CHANGED))
    assert one.text == (
        "ES gamma regime: negative, was positive\n"
        "so since 08:30:20 Chicago\n"
        "it changed 3 times before it stayed\n"
        "low by size, confidence 91%\n"
        "price 6,921.59\n"
        "net -12.50 bn ± 1.250 bn USD per 1 %\n"
        "convention field, by open_interest\n"
        "known Tue 2026-01-06 08:30:30 Chicago\n"
        "(14:30:30 UTC)\n"
        "Under the convention's assumption on\n"
        "dealers. Not financial advice."
    )
    assert (one.fields["regime_from"], one.fields["confidence"], one.fields["changes"]) == ("positive", 0.91, 3)


@pytest.mark.parametrize("missing", ["reference_price", "confidence", "net_gex", "net_gex_se", "weight_used"])
def test_a_change_of_regime_with_something_unknown_says_so(missing: str) -> None:
    (one,) = regimes_told(regime_rows(*CHANGED, **{missing: None}))
    assert "None" not in one.text
    assert one.fields[missing] is None


def test_only_regimes_of_chosen_conventions_are_told_however_rows_are_cut() -> None:
    rows = regime_rows(*CHANGED)
    assert regimes_told(rows, conventions=["magic8"]) == []
    watch = RegimeNotices(NoticeSettings(hold_seconds=15), product="ES", day=DAY)
    assert [one for n in range(rows.num_rows) for one in watch.see(rows.slice(n, 1))] == regimes_told(rows)


def test_a_wall_that_moved_says_where_it_was() -> None:
    rows = pa.concat_tables([level_rows(7050.0), level_rows(*[7050.0] * 2, call_wall=7060.0, call_wall_kept=None)])
    (one,) = told(rows, hold_seconds=10)
    assert (one.kind, one.fields["level_before"], one.fields["level_price"]) == ("moved", 7100.0, 7060.0)
    assert one.text.startswith("ES: the call wall moved, the price is\nbelow it\ncall wall 7,060.00\nit was at 7,100.00\n")


def test_a_flip_without_a_known_error_is_watched_only_where_none_is_ever_known() -> None:
    unknown: dict[str, Any] = {"zero_gamma_se": None, "zero_gamma_low": None, "zero_gamma_high": None}
    assert told(level_rows(*COURSE[:3], **unknown)) == []
    found = told(level_rows(*COURSE[:3], **unknown, flip_rule="strike_sign_change"))
    assert [one.kind for one in found] == ["near", "crossed"]
    assert "this flip has no known error" in found[0].text.replace("\n", " ")


def test_only_chosen_conventions_scopes_and_kinds_are_told() -> None:
    rows = level_rows(*COURSE)
    assert told(rows, conventions=["magic8"]) == []
    assert told(rows, scope="all") == []
    assert [one.kind for one in told(rows, kinds=["crossed"])] == ["crossed", "crossed"]


def test_conventions_have_states_of_their_own() -> None:
    rows = [level_rows(*COURSE, convention=name) for name in ("field", "magic8")]
    mixed = pa.concat_tables([one.slice(n, 1) for n in range(len(COURSE)) for one in rows])
    found = told(mixed, conventions=["field", "magic8"])
    for name in ("field", "magic8"):
        assert [(one.kind, one.fields["level"]) for one in found if one.fields["convention"] == name] == ALL
    assert len({one.key for one in found}) == 8


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_rows_may_be_cut_anywhere(size: int) -> None:
    rows = level_rows(*COURSE)
    watch = LevelNotices(NoticeSettings(beyond_sigmas=0.02), product="ES", day=DAY)
    found = [one for begin in range(0, rows.num_rows, size) for one in watch.see(rows.slice(begin, size))]
    assert found == told(rows)


def test_unknown_prices_say_nothing() -> None:
    assert told(level_rows(None, None)) == []
    assert told(level_rows(7050.0, 6990.0, one_day_sigma=None)) == []


def test_a_published_day_says_the_same_each_time_in_the_order_of_time(published: Path) -> None:
    fine = {"near_sigmas": 9.0, "rearm_sigmas": 10.0, "beyond_sigmas": 0.0}
    choices = NoticeSettings.model_validate({"conventions": ["field", "magic8"], **fine})
    found = day_notices(Lake(published), choices, product="ES", day=DAY)
    assert found == day_notices(Lake(published), choices, product="ES", day=DAY)
    assert [one.ts_known for one in found] == sorted(one.ts_known or 0 for one in found)
    with pytest.raises(LakeError, match="2026-01-07"):
        day_notices(Lake(published), choices, product="ES", day=date(2026, 1, 7))
