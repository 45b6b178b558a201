from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from gex_assets.conventions import BUILT_IN, Convention, conventions
from gex_assets_tests.stages.silver.made_up_levels import (
    RATE,
    SECOND,
    STRIKES,
    SUCCESSOR,
    TODAY,
    F,
    Row,
    chain_of,
    chain_row,
    few_strikes,
    forward_row,
    groups_of,
    levels_of,
    row_of,
    wandering_day,
)
from gex_assets_tests.twins.net_change import PARTS, Held, change


def parts_of(row: Row) -> dict[str, Any]:
    return {name: row[f"net_gex_change_{name}"] for name in PARTS}


def two_windows(then: Sequence[Row], now: Sequence[Row], *, convention: str = "field", scope: str = "selected") -> Row:
    return row_of(levels_of([chain_of([*then, *now])], [forward_row(0), forward_row(1)]), convention, scope, 1)


def held(rows: Sequence[Row], convention: Convention) -> dict[tuple[int, float, str], Held]:
    """Options of a window as the twin takes them."""
    weight = convention.weights[0]
    of = {"long_call_short_put": (1, -1), "short_call_long_put": (-1, 1), "flow_signed": (1, 1)}[convention.sign_model]
    found = {}
    for row in rows:
        for right, sign in zip(("call", "put"), of, strict=True):
            contracts = row[f"{right}_{weight}"]
            sigma = None if row.get("total_vol") is None else row["total_vol"] / row["years"] ** 0.5
            found[row["ts_expiration"], row["strike"], right] = Held(
                row["forward"], row["years"], sigma, None if contracts is None else contracts * sign
            )
    return found


def moved(rows: Sequence[Row], **given: Any) -> list[Row]:
    """The rows a window later, recomputed with what is given and, unless that is, the time to expiration they had."""
    later = []
    for row in rows:
        sigma = row["total_vol"] / row["years"] ** 0.5
        new = chain_row(
            1, row["strike"], call=row["call_open_interest"], put=row["put_open_interest"], **{"sigma": sigma} | given
        )
        later.append(new)
    return later


def frozen(rows: Sequence[Row]) -> list[Row]:
    """The rows of window 0 with exactly what they say, as window 1."""
    end = chain_row(1, F)["ts_window_end"]
    return [{**row, "ts_window_end": end} for row in rows]


def gross(row: Row) -> float:
    return float(row["gross_gex"])


def test_nothing_moves_nothing_changes() -> None:
    row = two_windows(few_strikes(0), frozen(few_strikes(0)))
    assert row["net_gex_change"] == 0.0
    assert parts_of(row) == pytest.approx(dict.fromkeys(PARTS, 0.0), abs=1e-13 * gross(row))


def test_only_time_passes() -> None:
    row = two_windows(few_strikes(0), moved(few_strikes(0)))
    parts = parts_of(row)
    assert abs(row["net_gex_change"]) > 1e-7 * gross(row)
    assert parts.pop("time") == pytest.approx(row["net_gex_change"], rel=1e-6)
    assert parts == pytest.approx(dict.fromkeys(parts, 0.0), abs=1e-13 * gross(row))


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ("price", {"forward": F + 3.0}),
        ("volatility", {"sigma": 0.16}),
        ("weight", {"call_open_interest": 77.0, "put_open_interest": 5.0}),
    ],
)
def test_what_alone_moves_has_all_of_the_change(part: str, given: dict[str, Any]) -> None:
    then, now = few_strikes(0), moved(few_strikes(0))
    # the clock stands still: the earlier window has the later one's time to expiration
    before = [
        {**row, "years": new["years"], "total_vol": new["total_vol"], "gamma": new["gamma"]}
        for row, new in zip(then, now, strict=True)
    ]
    row = two_windows(before, moved(then, **given))
    parts = parts_of(row)
    assert abs(row["net_gex_change"]) > 1e-4 * gross(row)
    assert parts.pop(part) == pytest.approx(row["net_gex_change"], rel=1e-9)
    assert parts == pytest.approx(dict.fromkeys(parts, 0.0), abs=1e-13 * gross(row))


@pytest.mark.parametrize(
    "missing", [{"sigma": None}, {"forward": None}, {"call_open_interest": None, "put_open_interest": None}, None]
)
@pytest.mark.parametrize("comes", [True, False])
def test_a_strike_that_comes_or_goes_is_relabelling(missing: dict[str, Any] | None, comes: bool) -> None:
    def rows(window: int, *, whole: bool) -> list[Row]:
        (_, call, put), rest = STRIKES[2], [each for each in STRIKES if each is not STRIKES[2]]
        found = [chain_row(window, strike, call=call, put=put) for strike, call, put in rest]
        if whole:
            return [*found, chain_row(window, STRIKES[2][0], call=call, put=put)]
        return found if missing is None else [*found, chain_row(window, STRIKES[2][0], **{"call": call, "put": put} | missing)]

    then = rows(0, whole=not comes)
    now = [{**row, "ts_window_end": chain_row(1, F)["ts_window_end"]} for row in rows(0, whole=comes)]
    row = two_windows(then, now)
    parts = parts_of(row)
    own = chain_row(0, STRIKES[2][0])["gamma"] * (STRIKES[2][1] - STRIKES[2][2]) * 50 * F * F * 0.01
    assert parts.pop("relabel") == pytest.approx(own if comes else -own)
    assert parts == pytest.approx(dict.fromkeys(parts, 0.0), abs=1e-13 * gross(row))


def test_an_expiration_that_comes_into_force_is_relabelling_in_its_scope_it_has_no_change() -> None:
    now = [*frozen(few_strikes(0)), *few_strikes(1, ts_expiration=SUCCESSOR)]
    table = levels_of([chain_of([*few_strikes(0), *now])], [forward_row(0), forward_row(1)])
    whole, added = row_of(table, window=1), row_of(table, scope="exp:2026-06-18", window=1)
    assert whole["net_gex_change_relabel"] == pytest.approx(added["net_gex"])
    assert whole["net_gex_change"] == pytest.approx(added["net_gex"])
    assert (added["net_gex_change"], added["net_gex_change_relabel"]) == (None, None)


@pytest.mark.parametrize("convention", ["field", "flow", "magic8"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_parts_are_the_slow_twins_and_add_up(convention: str, seed: int) -> None:
    rows, forward = wandering_day(14, seed=seed)
    dice = random.Random(seed)
    rows = [
        {**row, "put_flow_inventory": dice.choice([None, float(dice.randrange(-50, 50))])} if dice.random() < 0.5 else row
        for row in rows
    ]
    table = levels_of(groups_of(rows, windows_per_group=5), forward)
    of = BUILT_IN[convention]
    by_window: dict[int, list[Row]] = {}
    for row in rows:
        by_window.setdefault(row["ts_window_end"], []).append(row)
    compared = 0
    for window in range(1, 14):
        row = row_of(table, convention, "selected", window)
        before = row_of(table, convention, "selected", window - 1)
        if row["net_gex"] is None or before["net_gex"] is None:
            assert parts_of(row) == dict.fromkeys(PARTS)
            assert row["net_gex_change"] is None
            continue
        then, now = (held(by_window[each["ts_window_end"]], of) for each in (before, row))
        size = gross(row) + gross(before)
        twins = change(then, now, rate=RATE, power=2.0 if of.scale == "usd_per_1pct" else 1.0)
        assert parts_of(row) == pytest.approx(twins, abs=1e-12 * size)
        assert row["net_gex_change"] == row["net_gex"] - before["net_gex"]
        assert sum(parts_of(row).values()) == pytest.approx(row["net_gex_change"], abs=1e-12 * size)
        compared += 1
    assert compared > 5


def test_every_scope_and_scale_adds_up() -> None:
    mine = [
        conventions([{"name": f"mine_{scale}", "scale": scale}])[-1]
        for scale in ("usd_per_1pct", "usd_per_point", "delta_per_point", "contracts_per_1pct")
    ]
    rows, forward = wandering_day(30, seed=4)
    rows += [row for window in range(10, 20) for row in few_strikes(window, ts_expiration=TODAY)]
    changed = [row for row in levels_of([chain_of(rows)], forward, only=mine).to_pylist() if row["net_gex_change"] is not None]
    assert {row["scope"] for row in changed} == {"selected", "0dte", "exp:2026-03-17", "exp:2026-03-20", "exp:2026-06-18"}
    for row in changed:
        size = 2 * gross(row) + abs(row["net_gex_change"])
        assert sum(parts_of(row).values()) == pytest.approx(row["net_gex_change"], abs=1e-12 * size)


def test_going_back_changes_every_parts_sign_alone() -> None:
    then, now = few_strikes(0), moved(few_strikes(0), forward=F + 5, sigma=0.17, call_open_interest=40.0)
    end, later = chain_row(0, F)["ts_window_end"], chain_row(1, F)["ts_window_end"]
    forth = two_windows(then, now)
    back = two_windows([{**row, "ts_window_end": end} for row in now], [{**row, "ts_window_end": later} for row in then])
    for name in PARTS:
        assert forth[f"net_gex_change_{name}"] == pytest.approx(-back[f"net_gex_change_{name}"], abs=1e-12 * gross(forth))


def test_after_a_gap_in_time_and_in_the_first_window_nothing_is_said() -> None:
    rows = [row for window in (0, 1, 5, 6) for row in few_strikes(window)]
    table = levels_of([chain_of(rows)], [forward_row(window) for window in (0, 1, 5, 6)])
    assert [row_of(table, window=window)["net_gex_change"] is None for window in (0, 1, 5, 6)] == [True, False, True, False]
    assert all(value is None for value in parts_of(row_of(table, window=5)).values())
    assert parts_of(row_of(table, scope="0dte", window=1)) == dict.fromkeys(PARTS)


def test_where_a_scope_goes_over_to_another_expiration_all_of_the_change_is_relabelling() -> None:
    """The session's date changes between two windows: the day's expiration is another, both are in the chain all along."""
    monday = int(datetime(2026, 3, 17, 2, tzinfo=UTC).timestamp()) * SECOND
    rows = [
        row
        for window in (0, 1)
        for row in [*few_strikes(window, ts_expiration=monday), *few_strikes(window, ts_expiration=TODAY, sigma=0.18)]
    ]
    forward = [forward_row(0, session_date=date(2026, 3, 16)), forward_row(1)]
    then, now = (row_of(levels_of([chain_of(rows)], forward), scope="0dte", window=window) for window in (0, 1))
    assert then["net_gex"] != now["net_gex"]
    parts = parts_of(now)
    assert parts.pop("relabel") == pytest.approx(now["net_gex"] - then["net_gex"], rel=1e-12)
    assert parts == dict.fromkeys(parts, 0.0)
