from __future__ import annotations

from datetime import date, time
from typing import Literal

import pytest

from gex_assets.market.expirations import chicago_ns, days_to_expiration, expiration_ns, quarterly_expiration
from gex_assets.market.symbols import OptionSymbol, parse_option
from gex_assets.schemas.bronze_option_instruments import SELECTION_REASONS
from gex_assets.stages.selection import SELECTING, Expiration, selection
from gex_assets.time_units import WINDOW_NS
from gex_assets_tests.lake.made_up_files import midnight

HOUR = 3_600 * 1_000_000_000
FAMILIES = ("quarterly", "weekly", "daily", "eom")
HowMany = Literal["front", "all"] | int


def reasons(
    day: date,
    symbols: list[str],
    *,
    expirations: HowMany = "front",
    max_dte: int = 45,
    listed: dict[str, int | None] | None = None,
) -> dict[str, str]:
    """Reason by symbol; each symbol stands for its expiration and is listed at midnight unless said otherwise [hours]."""
    options = {}
    for symbol in symbols:
        option = parse_option(f"{symbol} C6000", product="ES", on=day, families=FAMILIES)
        assert isinstance(option, OptionSymbol), option
        options[symbol] = option
    start = midnight(day)
    known = []
    for symbol, option in options.items():
        hours = (listed or {}).get(symbol, 0)
        at = None if hours is None else start + hours * HOUR
        known.append(Expiration(option.ts_expiration, days_to_expiration(option.ts_expiration, day), at))
    found = selection(known, day_start=start, day_end=start + 24 * HOUR, max_dte=max_dte, expirations=expirations)
    return {symbol: found[option.ts_expiration] for symbol, option in options.items()}


QUARTERLIES = ["ESH6", "ESM6", "ESU6", "ESZ6", "ESH7"]


def test_the_reasons_are_those_of_the_schema() -> None:
    assert set(SELECTING) == set(SELECTION_REASONS[:5])


@pytest.mark.parametrize(
    ("day", "dte"), [(date(2026, 1, 6), 73), (date(2026, 1, 19), 60)], ids=["the owner's first date", "the owner's last date"]
)
@pytest.mark.parametrize("expirations", ["front", 1, 3, "all"])
def test_where_nothing_is_within_max_dte_the_nearest_is_used_and_says_so(day: date, dte: int, expirations: HowMany) -> None:
    assert days_to_expiration(expiration_ns(quarterly_expiration(2026, 3), "am"), day) == dte
    assert reasons(day, QUARTERLIES, expirations=expirations) == {
        "ESH6": "nearest_beyond_max_dte",
        **dict.fromkeys(QUARTERLIES[1:], "beyond_max_dte"),
    }


@pytest.mark.parametrize(("max_dte", "reason"), [(73, "front"), (72, "nearest_beyond_max_dte")])
def test_an_expiration_max_dte_days_away_is_within(max_dte: int, reason: str) -> None:
    assert reasons(date(2026, 1, 6), QUARTERLIES, max_dte=max_dte)["ESH6"] == reason


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        (0, ["expired", "front"]),
        (WINDOW_NS, ["expired", "front"]),
        (WINDOW_NS + 1, ["front", "successor_on_expiration_day"]),
        (24 * HOUR, ["front", "not_front"]),
    ],
    ids=["at the day's start", "at the first window's end", "just after it", "at the day's end"],
)
def test_edges_of_the_day(expires: int, expected: list[str]) -> None:
    known = [Expiration(expires, 0, 0), Expiration(48 * HOUR, 2, 0)]
    found = selection(known, day_start=0, day_end=24 * HOUR, max_dte=45, expirations="front")
    assert [found[one.ts_expiration] for one in known] == expected


def test_an_ordinary_day_has_one_front() -> None:
    assert reasons(date(2026, 3, 2), QUARTERLIES) == {"ESH6": "front", **dict.fromkeys(QUARTERLIES[1:], "beyond_max_dte")}


@pytest.mark.parametrize(
    ("max_dte", "expirations", "expected"),
    [
        (45, "front", ["front", "nearest_beyond_max_dte", "beyond_max_dte"]),
        (45, 2, ["among_the_nearest", "nearest_beyond_max_dte", "beyond_max_dte"]),
        (100, "front", ["front", "successor_on_expiration_day", "beyond_max_dte"]),
        (400, "front", ["front", "successor_on_expiration_day", "not_front"]),
        (400, 1, ["among_the_nearest", "successor_on_expiration_day", "not_among_the_nearest"]),
        (400, 2, ["among_the_nearest", "among_the_nearest", "successor_on_expiration_day"]),
        (45, "all", ["all_within_max_dte", "nearest_beyond_max_dte", "beyond_max_dte"]),
        (400, "all", ["all_within_max_dte", "all_within_max_dte", "all_within_max_dte"]),
    ],
)
def test_on_an_expiration_day_the_successor_is_used_too(max_dte: int, expirations: HowMany, expected: list[str]) -> None:
    day = date(2026, 3, 20)
    assert list(reasons(day, QUARTERLIES[:3], max_dte=max_dte, expirations=expirations).values()) == expected


def test_the_day_after_the_old_front_is_expired() -> None:
    known = [
        Expiration(expiration_ns(date(2026, 3, 20), "am"), -1, 0),
        Expiration(expiration_ns(date(2026, 6, 18), "am"), 89, 0),
    ]
    start = midnight(date(2026, 3, 21))
    found = selection(known, day_start=start, day_end=start + 24 * HOUR, max_dte=45, expirations="front")
    assert [found[one.ts_expiration] for one in known] == ["expired", "nearest_beyond_max_dte"]


def test_families_are_ranked_together_by_expiration() -> None:
    symbols = ["ESH6", "EW2F6", "E2DF6", "E2AF6", "EWF6"]
    assert reasons(date(2026, 1, 6), symbols) == {
        "E2DF6": "front",
        "EW2F6": "not_front",
        "E2AF6": "not_front",
        "EWF6": "not_front",
        "ESH6": "beyond_max_dte",
    }
    assert reasons(date(2026, 1, 6), symbols, expirations=2) == {
        "E2DF6": "among_the_nearest",
        "EW2F6": "among_the_nearest",
        "E2AF6": "not_among_the_nearest",
        "EWF6": "not_among_the_nearest",
        "ESH6": "beyond_max_dte",
    }


def test_a_daily_that_expires_in_the_afternoon_has_a_successor() -> None:
    assert chicago_ns(date(2026, 1, 6), time(15)) == expiration_ns(date(2026, 1, 6), "pm")
    assert reasons(date(2026, 1, 6), ["E1BF6", "E1CF6", "E2DF6"]) == {
        "E1BF6": "front",
        "E1CF6": "successor_on_expiration_day",
        "E2DF6": "not_front",
    }


def test_an_expiration_listed_during_the_day_takes_nothing_from_the_morning() -> None:
    symbols = ["E2DF6", "EW2F6"]
    assert reasons(date(2026, 1, 6), symbols, listed={"E2DF6": 15}) == {"E2DF6": "front", "EW2F6": "front"}
    assert reasons(date(2026, 1, 6), ["ESH6", "EWF6"], listed={"EWF6": 15}) == {
        "ESH6": "nearest_beyond_max_dte",
        "EWF6": "front",
    }


def test_the_choice_does_not_hang_on_where_the_input_ends() -> None:
    symbols = ["E2DF6", "EW2F6", "ESH6"]
    cut = reasons(date(2026, 1, 6), symbols, listed={"E2DF6": None})
    assert cut == reasons(date(2026, 1, 6), symbols, listed={"E2DF6": 15})


def test_an_expiration_of_which_nothing_came_counts_where_nothing_came_at_all() -> None:
    nothing = dict.fromkeys(QUARTERLIES)
    assert reasons(date(2026, 3, 2), QUARTERLIES, listed=nothing)["ESH6"] == "front"


def test_an_expiration_listed_after_the_day_is_as_one_not_listed() -> None:
    listed = {"E2DF6": 24, "EW2F6": 30}
    assert reasons(date(2026, 1, 6), ["E2DF6", "EW2F6"], listed=listed) == {"E2DF6": "front", "EW2F6": "not_front"}


def test_without_expirations_there_is_no_choice() -> None:
    assert selection([], day_start=0, day_end=1, max_dte=45, expirations="front") == {}
