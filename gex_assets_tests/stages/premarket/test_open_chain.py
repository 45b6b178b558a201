"""`open_chain` against plain loops over what was published, for two sessions side by side."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from gex_assets.schemas.open_chain import OPEN_CHAIN, SIDES
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT
from gex_assets_tests.stages.premarket.made_up_settlements import (
    BEFORE,
    ENDED,
    EVENING,
    F_BEFORE,
    ODTE,
    PUBLISHED,
    QUARTERLY,
    SESSION,
    SETTLED,
    SETTLED_BEFORE,
    YEAR,
    Evening,
    F,
    Row,
    gamma,
    opening,
    smile,
    statistic,
    tables_of,
    two_days,
    usual,
)

MULTIPLIER = 50.0


def date_of(ts_ref: int) -> date:
    return date(1970, 1, 1) + timedelta(days=ts_ref // DAY)


def strikes(evening: Evening, **changes: Any) -> dict[tuple[int, float], Row]:
    table = tables_of(evening, **changes)["open_chain"]
    assert table.schema == OPEN_CHAIN.arrow_schema()
    rows = table.to_pylist()
    keys = [(row["ts_expiration"], row["strike"]) for row in rows]
    assert keys == sorted(set(keys))
    return dict(zip(keys, rows, strict=True))


@pytest.mark.parametrize(
    ("suffix", "forward", "opens", "settled"), [("", F, SESSION, SETTLED), ("_before", F_BEFORE, BEFORE, SETTLED_BEFORE)]
)
def test_each_side_is_the_truth_that_its_settlements_were_made_of(suffix: str, forward: float, opens: Any, settled: int) -> None:
    found = strikes(two_days())
    for ts_expiration, strike in ((ODTE, 6_900.0), (QUARTERLY, 6_900.0)):
        row, years = found[ts_expiration, strike], (ts_expiration - opens.open_ns) / YEAR
        sigma = smile(strike, (ts_expiration - settled) / YEAR)
        assert row[f"forward{suffix}"] == pytest.approx(forward, abs=0.05)
        assert row[f"years{suffix}"] == pytest.approx(years)
        assert row[f"iv{suffix}"] == pytest.approx(sigma, rel=0.02)
        true = gamma(forward=forward, strike=strike, years=years, sigma=sigma)
        assert row[f"gamma{suffix}"] == pytest.approx(true, rel=0.02)
        assert row[f"contract_gex{suffix}"] == pytest.approx(
            row[f"gamma{suffix}"] * MULTIPLIER * row[f"forward{suffix}"] ** 2 * 0.01
        )


def test_open_interest_and_settlements_are_those_published_for_each_session() -> None:
    evening = two_days()
    found = strikes(evening)
    assert len(found) == 41 + 41 + 65
    for one in evening.instruments:
        number, right = one["instrument_id"], {"C": "call", "P": "put"}[one["right"]]
        row = found[one["ts_expiration"], one["strike"]]
        said = {(each["stat_type"], each["ts_ref"]): each for each in evening.statistics if each["instrument_id"] == number}
        for suffix, ts_ref in (("", MIDNIGHT), ("_before", MIDNIGHT - DAY)):
            price, held = said.get((3, ts_ref)), said.get((9, ts_ref))
            assert row[f"{right}_settlement{suffix}"] == (None if price is None else price["price"])
            assert row[f"{right}_open_interest{suffix}"] == (None if held is None else held["quantity"])
            assert row[f"open_interest_date{suffix}"] == (None if held is None else date_of(ts_ref))
        assert row["session_date"] == SESSION.session_date
        assert row["session_before"] == BEFORE.session_date == EVENING


def test_what_ended_in_between_has_nothing_for_the_session_that_follows() -> None:
    row = strikes(two_days())[ENDED, 6_880.0]
    assert {name: row[name] for name in SIDES} == dict.fromkeys(SIDES)
    assert row["gamma_before"] > 0
    assert (row["call_open_interest_before"], row["underlying"], row["multiplier"]) == (533.0, "ESH6", MULTIPLIER)
    assert row["ts_known"] == PUBLISHED - DAY


def test_finality_is_told_of_each_side_alone() -> None:
    evening = two_days(ended=False)
    morning = PUBLISHED - DAY + 17 * 3_600 * 1_000_000_000
    evening.statistics.append(statistic(1, morning, quantity=7, ts_ref=MIDNIGHT - DAY))
    row = strikes(evening)[ODTE, 6_800.0]
    assert (row["open_interest_is_final"], row["open_interest_is_final_before"]) == (False, False)  # the put's is early
    evening.statistics.append(statistic(2, morning, quantity=7, ts_ref=MIDNIGHT - DAY))
    row = strikes(evening)[ODTE, 6_800.0]
    assert (row["open_interest_is_final"], row["open_interest_is_final_before"]) == (False, True)
    assert (row["call_open_interest_before"], row["ts_known"]) == (7.0, PUBLISHED)
    assert (row["settlement_is_final"], row["settlement_is_final_before"]) == (True, True)


def test_without_statistics_of_the_session_before_its_side_is_null() -> None:
    for row in strikes(usual()).values():
        assert row["call_open_interest"] is not None
        assert {row[f"{name}_before"] for name in SIDES if "years" not in name} == {None}


def test_open_interest_without_a_settlement_has_no_gamma() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 9]
    row = strikes(evening)[ODTE, 6_900.0]
    assert (row["gamma"], row["contract_gex"], row["settlement_is_final"]) == (None, None, None)
    assert row["call_open_interest"] > 0
    assert not math.isnan(row["years"])


def test_without_any_statistic_there_are_no_rows() -> None:
    evening = usual()
    evening.statistics = []
    assert strikes(evening) == {}
    evening.instruments = []
    assert strikes(evening) == {}


def test_levels_do_not_know_of_the_session_before() -> None:
    """Neither its statistics nor its expired options change a row or a count."""
    counts: list[Counter[str]] = [Counter(), Counter()]
    with_monday, alone = (
        tables_of(evening, tally=tally)["open_levels"]
        for evening, tally in zip((two_days(ended=False), usual()), counts, strict=True)
    )
    assert with_monday.equals(alone)
    assert counts[0] == counts[1]


def test_the_same_input_gives_the_same_rows_in_any_order() -> None:
    evening, turned = two_days(), two_days()
    turned.statistics.reverse()
    turned.instruments.reverse()
    assert strikes(evening) == strikes(turned)


def test_an_opening_before_the_first_statistic_is_not_settled() -> None:
    early = opening(usual(), session=BEFORE, tally=Counter())
    assert not early.is_settled
    assert not early.has_open_interest
