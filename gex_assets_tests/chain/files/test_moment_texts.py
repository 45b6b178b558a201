from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gex_assets.chain.files.moment_texts import date_in, moment_in


@pytest.mark.parametrize(
    "text",
    [
        "Tue Jan 06 2026",
        "2026-01-06",
        "01/06/2026",
        "1/6/26",
        "January 6, 2026",
        "6 janvier 2026",
        "mar. 6 janv. 2026 à 10:15",
        "6 de enero de 2026",
        "6. Januar 2026",
        "6 января 2026 г.",
        "2026年1月6日",
        "Jan 06 2026 @ 16:15 ET",
        "6JAN26",
        "06-Jan-26",
        "6 JAN 26",
        "06 JAN 26 (Weeklys)",
        "6/Jan/26",
        "Jan 6 '26",
        "Jan 06, ’26",
        "Jan-06-26",
        "Tue Jan 06 '26 16:15",
        "6 janv. 26",
    ],
)
def test_dates_in_many_words(text: str) -> None:
    assert date_in(text) == date(2026, 1, 6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026",
        "January 2026",
        "2026-13-45",
        "Feb 30 2026",
        "6000.25",
        "Jan 6 10:30",
        "6 Jan 10:30",
        "Jan 26",
        "Foo 6 26",
        "Feb 30 '26",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert date_in(text) is None


@pytest.mark.parametrize(
    ("month", "texts"),
    [
        (2, "10 février 2026|10 de fevereiro de 2026|10 Feb 2026"),
        (3, "10 März 2026|10 mars 2026|10 марта 2026"),
        (5, "10 mai 2026|10 мая 2026|10 май 2026|10 maggio 2026"),
        (6, "10 juin 2026|10 Juni 2026|10 giugno 2026"),
        (7, "10 juillet 2026|10 luglio 2026|10 июля 2026"),
        (8, "10 août 2026|10 agosto 2026"),
        (12, "10 décembre 2026|10 Dezember 2026|10 dicembre 2026|10 декабря 2026"),
    ],
)
def test_months_of_seven_languages(month: int, texts: str) -> None:
    assert {date_in(text) for text in texts.split("|")} == {date(2026, month, 10)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("January 6, 2026 at 4:15 PM EST", "2026-01-06T21:15"),
        ("September 1, 2025 at 6:50 PM EDT", "2025-09-01T22:50"),
        ("July 4, 2026 at 12:23 AM EDT", "2026-07-04T04:23"),
        ("July 4, 2026 at 12:23 PM CT", "2026-07-04T17:23"),
        ("Jan 06 2026 @ 16:15 ET", "2026-01-06T21:15"),
        ("9 декабря 2023 г. в 13:49 GMT-5", "2023-12-09T18:49"),
        ("06 de janeiro de 2026 às 16:15 GMT-4", "2026-01-06T20:15"),
        ("10 février 2026 à 17:10 UTC+5:30", "2026-02-10T11:40"),
        ("2026-01-06T16:15:30-05:00", "2026-01-06T21:15:30"),
        ("2026-01-06T21:15:00Z", "2026-01-06T21:15"),
    ],
)
def test_moments_in_their_zone(text: str, expected: str) -> None:
    assert moment_in(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("winter", "summer", "in_winter", "in_summer"),
    [
        ("EST", "EDT", "17:30", "16:30"),
        ("CST", "CDT", "18:30", "17:30"),
        ("MST", "MDT", "19:30", "18:30"),
        ("PST", "PDT", "20:30", "19:30"),
        ("ET", "ET", "17:30", "16:30"),
        ("CT", "CT", "18:30", "17:30"),
        ("MT", "MT", "19:30", "18:30"),
        ("PT", "PT", "20:30", "19:30"),
    ],
)
def test_zones_of_the_united_states_in_both_seasons(winter: str, summer: str, in_winter: str, in_summer: str) -> None:
    assert moment_in(f"January 6, 2026 at 12:30 PM {winter}") == datetime.fromisoformat(f"2026-01-06T{in_winter}Z")
    assert moment_in(f"July 6, 2026 at 12:30 PM {summer}") == datetime.fromisoformat(f"2026-07-06T{in_summer}Z")


def test_a_zone_with_its_season_holds_in_the_other_season_too() -> None:
    """A text that says CST in July means it: six hours behind UTC."""
    assert moment_in("July 6, 2026 at 12:30 PM CST") == datetime(2026, 7, 6, 18, 30, tzinfo=UTC)
    assert moment_in("January 6, 2026 at 12:30 PM PDT") == datetime(2026, 1, 6, 19, 30, tzinfo=UTC)


def test_a_moment_without_a_zone_takes_the_one_given_and_else_is_none() -> None:
    assert moment_in("July 4, 2026 at 4:15 PM") is None
    assert moment_in("July 4, 2026 at 4:15 PM", zone=ZoneInfo("America/New_York")) == datetime(2026, 7, 4, 20, 15, tzinfo=UTC)
    assert moment_in("July 4, 2026", zone=UTC) is None
    assert moment_in("July 4, 2026 at 14:15 PM EDT") is None
    assert moment_in("July 4, 2026 at 24:15 EDT") is None
