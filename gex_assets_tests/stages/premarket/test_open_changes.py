"""`open_changes` against plain loops over `open_chain`: levels of both sessions, and parts that add up to the change."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.sample.ladders import KNOWN, ranges
from gex_assets.schemas.open_changes import LEVELS_OF_BOTH, OPEN_CHANGES, PARTS_OF_SESSIONS
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, RATE
from gex_assets_tests.stages.premarket.made_up_settlements import (
    BEFORE,
    ENDED,
    EVENING,
    PUBLISHED,
    QUARTERLY,
    SESSION,
    Evening,
    Row,
    opening_levels,
    tables_of,
    two_days,
    usual,
)
from gex_assets_tests.twins.net_change import Held, change

MONDAY = MIDNIGHT - DAY
PARTS = tuple(PARTS_OF_SESSIONS)


def changed(evening: Evening) -> dict[tuple[str, str], Row]:
    table = tables_of(evening)["open_changes"]
    assert table.schema == OPEN_CHANGES.arrow_schema()
    rows = table.to_pylist()
    keys = [(row["convention"], row["scope"]) for row in rows]
    assert keys == sorted(set(keys))
    return dict(zip(keys, rows, strict=True))


def parts_of(row: Row) -> dict[str, float]:
    return {name: row[f"net_gex_change_{name}"] for name in PARTS}


def plain_parts(evening: Evening, *, signs: tuple[int, int] = (1, -1)) -> dict[str, float]:
    """Parts of `all` under `field`, by the twin over strikes of `open_chain`."""
    then: dict[tuple[int, float, str], Held] = {}
    now: dict[tuple[int, float, str], Held] = {}
    for row in tables_of(evening)["open_chain"].to_pylist():
        for right, sign in zip(("call", "put"), signs, strict=True):
            key = (row["ts_expiration"], row["strike"], right)
            for of, suffix in ((then, "_before"), (now, "")):
                held = row[f"{right}_open_interest{suffix}"]
                if row[f"years{suffix}"] is not None:
                    contracts = None if held is None else held * sign
                    of[key] = Held(row[f"forward{suffix}"], row[f"years{suffix}"], row[f"iv{suffix}"], contracts)
    parts: dict[str, float] = change(then, now, rate=RATE)
    return parts


def said_about(evening: Evening, ts_ref: int, **wanted: Any) -> Evening:
    """The evening without what the wanted statistics say about a date."""
    kept = [
        one for one in evening.statistics if one["ts_ref"] != ts_ref or any(one[name] != value for name, value in wanted.items())
    ]
    return Evening(evening.instruments, kept)


def test_parts_are_those_that_two_orders_of_factors_walked_step_by_step_give() -> None:
    evening = two_days()
    row, plain = changed(evening)["field", "all"], plain_parts(evening)
    found, gross = parts_of(row), row["gross_gex"]
    for name in ("price", "time", "volatility", "weight"):
        assert found[name] == pytest.approx(plain[name], abs=1e-9 * gross), name
        assert abs(found[name]) > 1e-6 * gross, name
    assert found["expired"] + found["listed"] + found["relabel"] == pytest.approx(plain["relabel"], abs=1e-9 * gross)
    assert math.fsum(found.values()) == pytest.approx(row["net_gex_change"], abs=1e-9 * gross)
    assert row["net_gex_change"] == row["net_gex"] - row["net_gex_before"]
    assert row["change_reason"] is None


def test_parts_are_the_twins_on_the_strikes_that_were_listed_in_january_2026() -> None:
    """From 100 to 12,000: most strikes far from the price settle at nothing, and nothing implies no volatility."""
    real = ranges(KNOWN["ES", 2026, 3])
    evening = two_days(far=[float(strike) for strike in real])
    quarterly = [row for row in tables_of(evening)["open_chain"].to_pylist() if row["ts_expiration"] == QUARTERLY]
    assert [row["strike"] for row in quarterly] == list(real)
    nothing = [row for row in quarterly if row["call_settlement"] == 0.0 or row["put_settlement"] == 0.0]
    assert len(nothing) > 20
    assert all(row["call_open_interest"] is not None for row in nothing)
    row, plain = changed(evening)["field", "all"], plain_parts(evening)
    for name in ("price", "time", "volatility", "weight"):
        assert row[f"net_gex_change_{name}"] == pytest.approx(plain[name], abs=1e-9 * row["gross_gex"]), name
    assert math.fsum(parts_of(row).values()) == pytest.approx(row["net_gex_change"], abs=1e-9 * row["gross_gex"])


def test_what_expired_and_what_was_listed_are_parts_of_their_own() -> None:
    evening = two_days()
    strikes = tables_of(evening)["open_chain"].to_pylist()
    row = changed(evening)["field", "all"]
    ended = -math.fsum(
        one["contract_gex_before"] * (one["call_open_interest_before"] - one["put_open_interest_before"])
        for one in strikes
        if one["ts_expiration"] == ENDED and one["contract_gex_before"] is not None
    )
    assert row["net_gex_change_expired"] == pytest.approx(ended, rel=1e-9)
    assert row["net_gex_change_listed"] == 0.0
    quarterlies = {one["instrument_id"] for one in evening.instruments if one["ts_expiration"] == QUARTERLY}
    evening.statistics = [one for one in evening.statistics if one["ts_ref"] != MONDAY or one["instrument_id"] not in quarterlies]
    row = changed(evening)["field", "all"]
    new = math.fsum(
        one["contract_gex"] * (one["call_open_interest"] - one["put_open_interest"])
        for one in strikes
        if one["ts_expiration"] == QUARTERLY and one["contract_gex"] is not None
    )
    assert row["net_gex_change_listed"] == pytest.approx(new, rel=1e-9)
    assert math.fsum(parts_of(row).values()) == pytest.approx(row["net_gex_change"], abs=1e-9 * row["gross_gex"])


def test_a_strike_that_had_no_open_interest_is_relabelled() -> None:
    evening = two_days(ended=False)
    evening.statistics = [
        one for one in evening.statistics if (one["ts_ref"], one["stat_type"], one["instrument_id"]) != (MONDAY, 9, 41)
    ]
    (strike,) = [one for one in tables_of(evening)["open_chain"].to_pylist() if one["call_open_interest_before"] is None]
    row = changed(evening)["field", "all"]
    assert row["net_gex_change_relabel"] == pytest.approx(strike["contract_gex"] * strike["call_open_interest"], rel=1e-9)
    assert (row["net_gex_change_expired"], row["net_gex_change_listed"]) == (0.0, 0.0)
    assert math.copysign(1.0, row["net_gex_change_expired"]) == 1.0  # not -0.0


def test_both_sides_are_the_levels_of_their_own_opening() -> None:
    evening = two_days()
    found = changed(evening)
    for session, suffix in ((SESSION, ""), (BEFORE, "_before")):
        levels = opening_levels(evening, session)
        assert ("field", "exp:2026-01-07") in levels
        for key, level in levels.items():
            for name in (*LEVELS_OF_BOTH, "underlying"):
                assert found[key][f"{name}{suffix}"] == (
                    pytest.approx(level[name], rel=1e-9) if isinstance(level[name], float) else level[name]
                ), (key, name)


def test_0dte_and_selected_are_those_of_each_session() -> None:
    found = changed(two_days())
    row = found["field", "0dte"]
    assert row["net_gex_before"] == found["field", "exp:2026-01-06"]["net_gex_before"]
    assert row["net_gex"] == found["field", "exp:2026-01-07"]["net_gex"]
    assert row["net_gex_change_expired"] == pytest.approx(-row["net_gex_before"], rel=1e-9)
    assert row["net_gex_change_relabel"] == pytest.approx(row["net_gex"], rel=1e-9)
    ended = found["field", "exp:2026-01-06"]
    assert (ended["net_gex"], ended["net_gex_change"], ended["change_reason"]) == (None, None, "no_exposure")


def test_it_says_what_it_is_made_of() -> None:
    row = changed(two_days())["field", "all"]
    assert (row["session_date"], row["session_before"]) == (SESSION.session_date, EVENING)
    assert (row["ts_open"], row["ts_open_before"], row["ts_known"]) == (SESSION.open_ns, BEFORE.open_ns, PUBLISHED)
    assert row["settlement_date"] == row["open_interest_date"] == EVENING
    assert (row["settlement_date_before"].day, row["open_interest_date_before"].day) == (5, 5)
    assert row["open_interest_is_final"] is False


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (usual, "not_settled_before"),
        (lambda: said_about(two_days(), MONDAY, stat_type=3), "not_settled_before"),
        (lambda: said_about(two_days(), MIDNIGHT, stat_type=3), "same_settlements"),
        (lambda: said_about(two_days(), MONDAY, stat_type=9), "no_open_interest_before"),
        (
            lambda: said_about(said_about(two_days(), MONDAY, stat_type=9), MIDNIGHT, stat_type=9),
            "no_open_interest_before",
        ),
    ],
)
def test_without_one_side_there_is_no_change_and_a_reason(spoiled: Any, reason: str) -> None:
    found = changed(spoiled())
    for scope in ("all", "selected"):
        row = found["field", scope]
        assert row["change_reason"] == reason
        assert {row["net_gex_change"], *parts_of(row).values()} == {None}
    if reason == "not_settled_before":
        assert {found["field", "all"][f"{name}_before"] for name in (*LEVELS_OF_BOTH, "underlying")} == {None}
        assert found["field", "all"]["net_gex"] is not None


def test_open_interest_that_is_not_published_yet_changes_no_weight() -> None:
    row = changed(said_about(two_days(ended=False), MIDNIGHT, stat_type=9))["field", "all"]
    assert row["open_interest_date"] == row["open_interest_date_before"]
    assert row["net_gex_change_weight"] == 0.0
    assert row["net_gex_change_price"] != 0.0


def test_without_settlements_for_the_session_there_are_no_rows() -> None:
    evening = usual()
    evening.statistics = [one for one in evening.statistics if one["stat_type"] == 9]
    assert changed(evening) == {}
    evening.statistics = []
    assert changed(evening) == {}


@settings(max_examples=15)
@given(
    gone=st.sets(st.tuples(st.sampled_from([MONDAY, MIDNIGHT]), st.sampled_from([3, 9]), st.integers(1, 82)), max_size=60),
    scale=st.integers(0, 5),
)
def test_parts_add_up_whatever_is_missing(gone: set[tuple[int, int, int]], scale: int) -> None:
    evening = two_days()
    evening.statistics = [
        one | ({} if one["quantity"] is None else {"quantity": one["quantity"] * scale})
        for one in evening.statistics
        if (one["ts_ref"], one["stat_type"], one["instrument_id"] - 82) not in gone
    ]
    for key, row in changed(evening).items():
        if row["change_reason"] is None:
            whole = (row["gross_gex"] or 0.0) + (row["gross_gex_before"] or 0.0)
            assert math.fsum(parts_of(row).values()) == pytest.approx(row["net_gex_change"], abs=1e-9 * whole + 1e-9), key
            assert row["net_gex_change"] == row["net_gex"] - row["net_gex_before"]


def test_the_same_input_gives_the_same_rows_in_any_order() -> None:
    evening, turned = two_days(), two_days()
    turned.statistics.reverse()
    turned.instruments.reverse()
    assert changed(evening) == changed(turned)
