"""Hedges before the session against the truth that the settlements were made of, option by option."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.analytics.hedges import PRICE_MOVES, VOLATILITY_MOVES, Move
from gex_assets.conventions import BUILT_IN
from gex_assets.errors import SettingsError
from gex_assets.kernels.exposure.exposure import scale_factor
from gex_assets.market.sessions import session_after
from gex_assets.schemas.open_hedges import OPEN_HEDGES
from gex_assets.stages.premarket.open_hedges import moves_of
from gex_assets_tests.stages.made_up_day import DAY, RATE
from gex_assets_tests.stages.premarket.made_up_settlements import (
    ODTE,
    QUARTERLY,
    SESSION,
    SETTLED,
    YEAR,
    Evening,
    F,
    hedges_of,
    smile,
    tables_of,
    usual,
)

Row = dict[str, Any]
Key = tuple[str, str, str, float]

MOVES = [("price", size) for size in PRICE_MOVES] + [("time", 22.0)] + [("volatility", size) for size in VOLATILITY_MOVES]


def by_key(table: pa.Table) -> dict[Key, Row]:
    return {(row["convention"], row["scope"], row["cause"], row["move"]): row for row in table.to_pylist()}


def delta(*, forward: float, strike: float, years: float, sigma: float, is_call: bool) -> float:
    """Black-76 by the book; what has expired is worth its side."""
    if years <= 0:
        return float(forward > strike) if is_call else -float(forward < strike)
    s = sigma * math.sqrt(years)
    d_plus = math.log(forward / strike) / s + s / 2
    call = 0.5 * math.erfc(-d_plus / math.sqrt(2))
    return math.exp(-RATE * years) * (call if is_call else call - 1)


def truth(evening: Evening, cause: str, size: float, *, only: int | None = None) -> float:
    """Futures that the field convention's holder buys, at the true volatilities."""
    traded = 0.0
    for one in evening.instruments:
        if only is not None and one["ts_expiration"] != only:
            continue
        sigma = smile(one["strike"], (one["ts_expiration"] - SETTLED) / YEAR)
        now = {"forward": F, "years": (one["ts_expiration"] - SESSION.open_ns) / YEAR, "sigma": sigma}
        then = dict(now)
        match cause:
            case "price":
                then["forward"] *= 1 + size / 100
            case "time":
                then["years"] -= size / 8760
                then["years"] *= abs(then["years"]) > 1e-9
            case _:
                then["sigma"] += size / 100
        held = evening.said_of(one["instrument_id"], 9)["quantity"] * (1 if one["right"] == "C" else -1)
        option: dict[str, Any] = {"strike": one["strike"], "is_call": one["right"] == "C"}
        traded -= held * (delta(**then, **option) - delta(**now, **option))
    return traded


@pytest.fixture(scope="module")
def made() -> dict[str, pa.Table]:
    """Every table of the usual evening."""
    return tables_of(usual())


@pytest.fixture(scope="module")
def found(made: dict[str, pa.Table]) -> dict[Key, Row]:
    return by_key(made["open_hedges"])


@pytest.fixture(scope="module")
def levels(made: dict[str, pa.Table]) -> dict[tuple[str, str], Row]:
    return {(row["convention"], row["scope"]): row for row in made["open_levels"].to_pylist()}


@pytest.mark.parametrize(("cause", "size"), MOVES)
@pytest.mark.parametrize(("scope", "only"), [("all", None), ("selected", None), ("0dte", ODTE)])
def test_they_are_the_true_ones(found: dict[Key, Row], scope: str, only: int | None, cause: str, size: float) -> None:
    row, true = found["field", scope, cause, size], truth(usual(), cause, size, only=only)
    gross = 4_000 * len(usual().instruments) * 1e-3
    assert abs(row["contracts"] - true) < 4 * row["contracts_se"] + gross
    assert row["reason"] is None
    assert row["usd"] == pytest.approx(row["contracts"] * 50.0 * F, rel=1e-3)


def test_there_is_a_row_for_every_convention_scope_and_move_in_their_order(made: dict[str, pa.Table]) -> None:
    table = made["open_hedges"]
    assert table.schema == OPEN_HEDGES.arrow_schema()
    keys = [tuple(row[name] for name in OPEN_HEDGES.key) for row in table.to_pylist()]
    assert keys == sorted(keys)
    assert [key[1:] for key in keys] == [
        (convention, scope, cause, size)
        for convention in ("field", "magic8")
        for scope in ("0dte", "all", "selected")
        for cause, size in MOVES
    ]
    assert {key[0] for key in keys} == {SESSION.session_date}


def test_the_other_sign_trades_the_other_way(found: dict[Key, Row]) -> None:
    for (convention, scope, cause, size), row in found.items():
        if convention == "magic8":
            assert row["contracts"] == pytest.approx(-found["field", scope, cause, size]["contracts"], rel=1e-12)
            assert row["contracts_se"] == pytest.approx(found["field", scope, cause, size]["contracts_se"], rel=1e-9)


def test_what_is_ahead_going_up_is_behind_going_down(found: dict[Key, Row]) -> None:
    for convention in ("field", "magic8"):
        up, down = (found[convention, "all", "price", size] for size in (0.5, -0.5))
        for kind in ("net", "gross"):
            assert up[f"{kind}_gex_ahead"] == down[f"{kind}_gex_behind"] is not None
            assert up[f"{kind}_gex_behind"] == down[f"{kind}_gex_ahead"] is not None
        assert (up["price_at"], down["price_at"]) == pytest.approx((1.005 * up["reference_price"], 0.995 * up["reference_price"]))
    other = found["field", "all", "time", 22.0]
    assert [other[name] for name in ("price_at", "net_gex_ahead", "gross_gex_behind")] == [None] * 3


def test_ahead_are_the_five_strikes_above_by_hand(found: dict[Key, Row]) -> None:
    evening, expected = usual(), 0.0
    for one in evening.instruments:
        if one["ts_expiration"] == ODTE and one["strike"] in (6_905.0, 6_910.0, 6_915.0, 6_920.0, 6_925.0):
            years = (ODTE - SESSION.open_ns) / YEAR
            s = smile(one["strike"], (ODTE - SETTLED) / YEAR) * math.sqrt(years)
            bell = math.exp(-((math.log(F / one["strike"]) / s + s / 2) ** 2) / 2) / math.sqrt(2 * math.pi)
            gamma = math.exp(-RATE * years) * bell / (F * s)
            factor = float(scale_factor(scale="usd_per_1pct", F=F, multiplier=50.0))
            expected += evening.said_of(one["instrument_id"], 9)["quantity"] * gamma * 50.0 * factor
    assert found["field", "0dte", "price", 1.0]["gross_gex_ahead"] == pytest.approx(expected, rel=0.03)


def test_a_days_sigma_is_that_of_the_levels(found: dict[Key, Row], levels: dict[tuple[str, str], Row]) -> None:
    for (convention, scope), level in levels.items():
        if scope in ("all", "0dte", "selected"):
            per_percent = abs(level["net_gex"]) * (1.0 if convention == "field" else 0.01 * level["reference_price"])
            row = found[convention, scope, "price", 1.0]
            assert row["hedge_per_sigma"] == pytest.approx(per_percent * 100 * level["one_day_sigma"])
            assert (row["ts_known"], row["ts_open"]) == (level["ts_known"], SESSION.open_ns)
            assert (row["weight_used"], row["scale"]) == (level["weight_used"], level["scale"])


def test_half_the_difference_of_both_moves_of_volatility_is_near_the_slope(
    found: dict[Key, Row], levels: dict[tuple[str, str], Row]
) -> None:
    for (convention, scope), level in levels.items():
        if scope in ("all", "0dte"):
            up, down = (found[convention, scope, "volatility", size]["usd"] for size in (1.0, -1.0))
            assert (up - down) / 2 == pytest.approx(-level["vanna_exposure"], rel=0.1)


def test_selected_is_what_the_settings_choose() -> None:
    table = by_key(hedges_of(usual(), expirations="front"))
    for cause, size in MOVES:
        front, odte = (table["field", scope, cause, size]["contracts"] for scope in ("selected", "0dte"))
        assert front == odte != table["field", "all", cause, size]["contracts"]


def test_options_on_two_futures_add_up_and_only_the_fronts_strikes_are_ahead() -> None:
    near, far = [6_700.0 + 25 * k for k in range(17)], [6_500.0 + 25 * k for k in range(37)]
    forwards = {"ESH6": F, "ESM6": F * 1.01}
    ladders = [(QUARTERLY, "ESH6", near), (QUARTERLY + 91 * DAY, "ESM6", far)]
    both, front = (by_key(hedges_of(Evening.of(some, forward=forwards.__getitem__))) for some in (ladders, ladders[:1]))
    later = Evening.of(ladders, forward=forwards.__getitem__)
    gone = {one["instrument_id"] for one in later.instruments if one["underlying"] == "ESH6"}
    later.instruments = [one for one in later.instruments if one["instrument_id"] not in gone]
    later.statistics = [one for one in later.statistics if one["instrument_id"] not in gone]
    alone = by_key(hedges_of(later))
    for cause, move in MOVES:
        row, own, other = (of["field", "all", cause, move] for of in (both, front, alone))
        assert row["contracts"] == pytest.approx(own["contracts"] + other["contracts"], rel=1e-9)
        assert row["usd"] == pytest.approx(own["usd"] + other["usd"], rel=1e-9)
        assert (row["net_gex_ahead"], row["gross_gex_behind"]) == (own["net_gex_ahead"], own["gross_gex_behind"])


def test_without_open_interest_nothing_is_hedged() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 3]
    for row in hedges_of(evening).to_pylist():
        assert [row[name] for name in ("contracts", "contracts_se", "usd", "hedge_per_sigma")] == [None] * 4
        assert row["reason"] == "no_open_interest"


def test_an_empty_scope_and_one_without_a_forward_say_why() -> None:
    evening = usual()
    evening.instruments = [one | {"selected": False, "selection_reason": "beyond_max_dte"} for one in evening.instruments]
    found = by_key(hedges_of(evening))
    assert found["field", "selected", "price", 1.0]["reason"] == "no_options"
    assert found["field", "all", "price", 1.0]["reason"] is None
    evening = usual()
    near = {one["instrument_id"] for one in evening.instruments if one["ts_expiration"] == ODTE}
    evening.statistics = [one for one in evening.statistics if one["instrument_id"] not in near or one["stat_type"] == 9]
    found = by_key(hedges_of(evening))
    assert found["field", "0dte", "price", 1.0]["reason"] == "no_volatility"
    assert found["field", "all", "price", 1.0]["contracts"] is not None


def test_without_settlements_there_are_no_rows() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 9]
    assert hedges_of(evening).num_rows == 0
    assert hedges_of(usual(), conventions=[BUILT_IN["flow"]]).num_rows == 0


def test_the_same_input_gives_the_same_rows_in_any_order(made: dict[str, pa.Table]) -> None:
    turned = usual()
    turned.statistics.reverse()
    turned.instruments.reverse()
    assert made["open_hedges"].equals(hedges_of(turned))


def test_unusable_settings_are_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="scale"):
        hedges_of(usual(), conventions=[replace(BUILT_IN["field"], scale="furlongs")])


@pytest.mark.parametrize(
    ("evening", "hours"),
    [
        (date(2026, 1, 6), 22.0),
        (date(2026, 11, 25), 43.0),  # Thanksgiving belongs to Friday, when stock exchanges close at 12:00
        (date(2026, 1, 16), 46.0),  # the Sunday before a holiday on Monday
    ],
)
def test_time_passes_until_the_stock_exchanges_close(evening: date, hours: float) -> None:
    session = session_after(product="ES", day=evening)
    assert [move for move in moves_of(session) if move.cause == "time"] == [Move("time", hours)]
