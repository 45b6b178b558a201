"""Levels before the session against the truth that the settlements were made of, scope by scope."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import pytest

from gex_assets.conventions import BUILT_IN
from gex_assets.errors import SettingsError
from gex_assets.stages.expirations_in_force import HowMany
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, SECOND
from gex_assets_tests.stages.premarket.made_up_settlements import (
    EVENING,
    ODTE,
    PUBLISHED,
    QUARTERLY,
    SESSION,
    SETTLED,
    YEAR,
    Evening,
    F,
    gamma,
    rows_of,
    smile,
    statistic,
    usual,
)
from gex_assets_tests.twins.levels import levels as plain_levels

MULTIPLIER = 50.0
JUNE = ODTE + 162 * DAY
SCOPES = ["0dte", "all", "exp:2026-01-07", "exp:2026-03-20", "selected"]


def truth(evening: Evening, expirations: set[int], *, signs: tuple[int, int], by: Literal["field", "magic8"]) -> dict[str, Any]:
    """Net and walls from the true smile, by plain loops."""
    factor = MULTIPLIER * (F * F * 0.01 if by == "field" else F)
    strikes: dict[tuple[int, float], list[float | None]] = {}
    for one in evening.instruments:
        if one["ts_expiration"] in expirations:
            of = strikes.setdefault((one["ts_expiration"], one["strike"]), [None, None])
            of[one["right"] == "P"] = evening.said_of(one["instrument_id"], 9)["quantity"]
    rows = []
    for (ts_expiration, strike), held in strikes.items():
        sigma = smile(strike, (ts_expiration - SETTLED) / YEAR)
        of_one = factor * gamma(forward=F, strike=strike, years=(ts_expiration - SESSION.open_ns) / YEAR, sigma=sigma)
        call, put = (None if one is None else one * of_one for one in held)
        rows.append((strike, call, put, *signs))
    found = plain_levels(rows, F=F, by_net=by == "field")
    return {"net": found.net, "gross": found.gross, "call_wall": found.call_wall, "put_wall": found.put_wall}


@pytest.mark.parametrize(
    ("scope", "expirations"),
    [("all", {ODTE, QUARTERLY}), ("selected", {ODTE, QUARTERLY}), ("0dte", {ODTE}), ("exp:2026-03-20", {QUARTERLY})],
)
@pytest.mark.parametrize(("by", "signs"), [("field", (1, -1)), ("magic8", (-1, 1))])
def test_net_and_walls_are_the_true_ones(
    scope: str, expirations: set[int], by: Literal["field", "magic8"], signs: tuple[int, int]
) -> None:
    evening = usual()
    found, true = rows_of(evening)[by, scope], truth(evening, expirations, signs=signs, by=by)
    assert abs(found["net_gex"] - true["net"]) < 4 * found["net_gex_se"] + 2e-3 * true["gross"]
    assert found["gross_gex"] == pytest.approx(true["gross"], rel=5e-3)
    assert (found["call_wall"], found["put_wall"]) == (true["call_wall"], true["put_wall"])
    assert found["coverage"] > 0.95
    assert found["repriced_share"] >= 0.99


def test_conventions_that_count_other_contracts_have_no_rows() -> None:
    tally: Counter[str] = Counter()
    found = rows_of(usual(), tally=tally)
    assert sorted(found) == [(name, scope) for name in ("field", "magic8") for scope in SCOPES]
    assert tally["conventions_without_open_interest"] == 1
    assert {row["weight_used"] for row in found.values()} == {"open_interest"}


@pytest.mark.parametrize(("expirations", "options"), [("front", 82), (1, 82), (2, 82 + 130), ("all", 82 + 130)])
def test_selected_is_what_the_settings_choose_and_all_is_all(expirations: HowMany, options: int) -> None:
    found = rows_of(usual(), expirations=expirations)
    assert found["field", "selected"]["options_settled"] == options
    assert found["field", "all"]["options_settled"] == 82 + 130


def test_options_that_no_definition_lists_are_selected_all_the_same() -> None:
    evening = usual()
    evening.instruments = [one | {"ts_listed": None} for one in evening.instruments]
    assert rows_of(evening, expirations="front")["field", "selected"]["options_settled"] == 82


def test_nothing_selected_is_an_empty_scope_and_no_fault() -> None:
    evening = usual()
    evening.instruments = [one | {"selected": False, "selection_reason": "beyond_max_dte"} for one in evening.instruments]
    found = rows_of(evening)
    assert found["field", "selected"]["net_gex"] is None
    assert found["field", "selected"]["call_wall_reason"] == "no_exposure"
    assert found["field", "all"]["net_gex"] is not None


def test_the_expected_move_is_the_straddle_of_the_nearest_expiration() -> None:
    found = rows_of(usual())
    for scope, ts_expiration in (("0dte", ODTE), ("all", ODTE), ("exp:2026-03-20", QUARTERLY)):
        total = smile(F, (ts_expiration - SETTLED) / YEAR) * math.sqrt((ts_expiration - SESSION.open_ns) / YEAR)
        assert found["field", scope]["expected_move"] == pytest.approx(2 * F * math.erf(total / math.sqrt(8)), rel=5e-3)
        assert found["field", scope]["ts_first_expiration"] == ts_expiration


def test_walls_are_told_in_standard_deviations_of_a_day() -> None:
    row = rows_of(usual())["magic8", "all"]
    for right in ("call", "put"):
        away = abs(row[f"{right}_wall"] - row["reference_price"])
        assert row[f"{right}_wall_sigmas"] == pytest.approx(away / (row["reference_price"] * row["one_day_sigma"]))


def test_the_flip_is_where_the_true_profile_changes_its_sign() -> None:
    evening = usual()
    row = rows_of(evening)["field", "all"]
    root = row["zero_gamma"]
    assert root is not None
    nets = []
    for shift in (-15.0, 15.0):
        price, net = root + shift, 0.0
        for one in evening.instruments:
            T = (one["ts_expiration"] - SETTLED) / YEAR
            left = (one["ts_expiration"] - SESSION.open_ns) / YEAR
            held = evening.said_of(one["instrument_id"], 9)["quantity"] * (1 if one["right"] == "C" else -1)
            net += held * gamma(forward=price, strike=one["strike"], years=left, sigma=smile(one["strike"], T))
        nets.append(net)
    assert nets[0] * nets[1] < 0


def test_dates_say_what_the_levels_are_made_of_and_since_when() -> None:
    row = rows_of(usual())["field", "all"]
    assert row["session_date"] == date(2026, 1, 7)
    assert (row["settlement_date"], row["open_interest_date"]) == (EVENING, EVENING)
    assert (row["settlement_is_final"], row["open_interest_is_final"]) == (True, False)
    assert row["ts_known"] == PUBLISHED
    assert row["ts_open"] == SESSION.open_ns
    assert row["forward_quality"] == "ok"


def test_a_morning_correction_turns_early_open_interest_final() -> None:
    evening = usual()
    morning = PUBLISHED + 17 * 3600 * SECOND
    evening.statistics += [
        statistic(one["instrument_id"], morning, quantity=one["quantity"] + 5)
        for one in evening.statistics
        if one["stat_type"] == 9
    ]
    row, early = rows_of(evening)["field", "all"], rows_of(usual())["field", "all"]
    assert row["open_interest_is_final"]
    assert row["ts_known"] == morning
    assert row["gross_gex"] > early["gross_gex"]


def test_without_open_interest_there_are_prices_and_no_exposure() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 3]
    row = rows_of(evening)["field", "all"]
    assert row["reference_price"] == pytest.approx(F, abs=0.05)
    assert row["expected_move"] is not None
    assert (row["net_gex"], row["weight_used"], row["open_interest_date"]) == (None, None, None)
    assert row["zero_gamma_reason"] == "no_exposure"


def test_without_settlements_there_are_no_rows() -> None:
    evening, tally = usual(), Counter[str]()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 9]
    assert rows_of(evening, tally=tally) == {}
    assert tally["options_without_settlement"] == len(evening.instruments)


def test_the_front_without_a_forward_gives_way_to_the_next() -> None:
    evening = usual()
    near = {one["instrument_id"] for one in evening.instruments if one["ts_expiration"] == ODTE}
    evening.statistics = [
        one for one in evening.statistics if one["instrument_id"] not in near or one["stat_type"] == 9 or one["instrument_id"] < 7
    ]
    found = rows_of(evening)
    assert found["field", "all"]["reference_price"] == pytest.approx(F, abs=0.05)
    assert found["field", "0dte"]["net_gex"] is None
    assert found["field", "all"]["net_gex"] == pytest.approx(found["field", "exp:2026-03-20"]["net_gex"])


def test_strikes_on_another_future_stand_on_the_fronts_axis() -> None:
    near, far = [6_700.0 + 25 * k for k in range(17)], [6_500.0 + 25 * k for k in range(37)]
    forwards = {"ESH6": F, "ESM6": F * 1.01}
    evening = Evening.of([(QUARTERLY, "ESH6", near), (JUNE, "ESM6", far)], forward=forwards.__getitem__)
    found = rows_of(evening)
    row = found["field", next(scope for _, scope in found if scope.startswith("exp:2026-06"))]
    assert row["call_wall"] == pytest.approx(row["call_wall_strike"] / 1.01, rel=1e-5)
    assert row["call_wall_underlying"] == "ESM6"
    assert row["underlying"] == "ESH6"


def test_unusable_settings_are_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="expirations"):
        rows_of(usual(), expirations=0)
    with pytest.raises(SettingsError, match="scale"):
        rows_of(usual(), conventions=[replace(BUILT_IN["field"], scale="furlongs")])


def test_open_interest_that_settled_at_nothing_is_told_from_what_is_missing() -> None:
    wide = [6_000.0 + 25 * k for k in range(73)]
    evening = Evening.of([(ODTE, "ESH6", wide), (QUARTERLY, "ESH6", wide)])
    quarterly = 2 * len(wide) + 1
    for number in (quarterly, quarterly + 1):  # the lowest strike: nothing is known of it
        evening.statistics.remove(evening.said_of(number, 3))
    rows = rows_of(evening)
    near, far = rows["field", "0dte"], rows["field", "exp:2026-03-20"]
    assert near["worthless_share"] == pytest.approx(1.0 - near["coverage"])
    assert near["worthless_share"] > 0.3  # a day before it expires most of the ladder is worth less than half a tick
    assert far["worthless_share"] == 0.0


def test_the_same_input_gives_the_same_rows_in_any_order() -> None:
    evening, turned = usual(), usual()
    turned.statistics.reverse()
    turned.instruments.reverse()
    assert rows_of(evening) == rows_of(turned)


def test_midnight_is_the_evenings() -> None:
    assert SESSION.session_date == date(2026, 1, 7)
    assert MIDNIGHT < SETTLED < PUBLISHED < SESSION.open_ns < MIDNIGHT + DAY
