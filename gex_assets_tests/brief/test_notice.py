"""A brief as a message: its length whatever is said, and what is in it."""

from __future__ import annotations

import pytest

from gex_assets.brief.notice import MOST_LETTERS, brief_notice
from gex_assets_tests.brief.made_up_briefs import brief, frame, full, rows


def test_the_message_says_levels_the_night_and_the_regime() -> None:
    said = brief_notice(brief(of_session=frame())).splitlines()
    assert said == [
        "ES, session of Fri 2026-01-23",
        "field, USD per 1 %, open interest of 2026-01-22",
        "known from Thu 18:00 Chicago on",
        "",
        "price: 6,974.55 (was 6,950.10)",
        "call wall: 7,000.00, 0.5σ (was 6,990.00)",
        "flip: 6,964.0 ± 2.7 (was 6,955.1 ± 2.7)",
        "put wall: 6,950.00, 0.5σ (was 6,950.00)",
        "net: +1.424 bn ± 5.212 m (was -420.0 m)",
        "expected move: ±30.9 to Fri 15:00 Chicago",
        "0DTE: 40% of gross exposure",
        "overnight: 6,948.25–6,981.50, last 6,974.50",
        "regular hours: 6,970.00–6,979.75, last 6,972.00",
        "regime at Fri 08:45 Chicago: positive, moderate",
        "",
        "Under the convention's assumption on dealers. Not financial advice.",
    ]


@pytest.mark.parametrize("lines", [0, 1, 10, 30, 300])
def test_no_message_is_too_long(lines: int) -> None:
    missing = tuple(f"nothing of 2026-01-{at % 31:02d} is published, at all, whatever it is" for at in range(lines))
    said = brief_notice(brief(now=rows(coverage=0.4, forward_quality="weak"), before=[], of_session=frame(missing=missing)))
    assert len(said) <= MOST_LETTERS
    assert ("more is missing" in said) == (lines >= 30)
    assert said.endswith("Not financial advice.")


def test_the_fullest_brief_fits() -> None:
    assert len(brief_notice(full(frame(missing=tuple(f"no windows of 2026-01-{at:02d}" for at in range(40)))))) <= MOST_LETTERS
