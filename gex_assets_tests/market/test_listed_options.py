from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gex_assets.market.listed_options import is_adjusted, listed_expiration_ns, listed_root


@pytest.mark.parametrize(
    ("root", "day", "moment"),
    [
        ("SPX", date(2026, 1, 16), "2026-01-16T14:30"),  # the opening, winter
        ("SPXW", date(2026, 1, 16), "2026-01-16T21:00"),  # the close of the same day
        ("SPX", date(2026, 3, 20), "2026-03-20T13:30"),  # the clocks went forward on 8 March
        ("SPXW", date(2026, 3, 6), "2026-03-06T21:00"),
        ("SPXW", date(2026, 3, 9), "2026-03-09T20:00"),
        ("SPXW", date(2026, 10, 30), "2026-10-30T20:00"),
        ("SPXW", date(2026, 11, 2), "2026-11-02T21:00"),  # and back on 1 November
        ("SPX", date(2026, 6, 19), "2026-06-18T13:30"),  # Juneteenth is the third Friday
        ("SPX", date(2025, 4, 18), "2025-04-17T13:30"),  # Good Friday is
        ("SPXW", date(2025, 4, 18), "2025-04-17T20:00"),
        ("SPX", date(2012, 2, 18), "2012-02-17T14:30"),  # Saturdays of old symbols
        ("SPXW", date(2026, 11, 27), "2026-11-27T18:00"),  # early close after Thanksgiving
        ("SPY", date(2026, 11, 27), "2026-11-27T18:15"),
        ("SPY", date(2026, 1, 16), "2026-01-16T21:15"),
        ("AAPL", date(2026, 1, 16), "2026-01-16T21:00"),
        ("XSP", date(2026, 1, 16), "2026-01-16T21:00"),
        ("VIXW", date(2026, 1, 7), "2026-01-07T14:30"),
        ("NDX", date(2026, 1, 16), "2026-01-16T14:30"),
        ("NDXP", date(2026, 1, 16), "2026-01-16T21:00"),
    ],
)
def test_options_die_at_their_own_hour(root: str, day: date, moment: str) -> None:
    expected = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert listed_expiration_ns(root, day) == int(expected.timestamp()) * 10**9


def test_weeklies_are_on_the_index_and_unknown_roots_on_themselves() -> None:
    assert [listed_root(root).underlying for root in ("SPXW", "NDXP", "RUTW", "VIXW", "QQQ")] == [
        "SPX",
        "NDX",
        "RUT",
        "VIX",
        "QQQ",
    ]


def test_a_digit_behind_the_letters_is_another_deliverable() -> None:
    assert [is_adjusted(root) for root in ("SPY", "SPY1", "BRK.B", "SPXW")] == [False, True, False, False]
