"""`open_levels` through Dagster, from a sample's statistics: against the surface behind them and the session that followed."""

from __future__ import annotations

import math
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import settlement_ns
from gex_assets.market.products import product
from gex_assets.market.sessions import session_after
from gex_assets.sample.files.statistics import open_interest
from gex_assets.sample.levels import index_level
from gex_assets.sample.market_day import market_day
from gex_assets.sample.profile import profile
from gex_assets.sample.surface import RATE, sigma, years
from gex_assets.schemas.open_changes import PARTS_OF_SESSIONS
from gex_assets.schemas.registry import OPEN_TABLES, PREMARKET, TABLES
from gex_assets_tests.conftest import DAY, settings_for

EVENING = DAY - timedelta(days=1)
"""The sample delivers its statistics too, and no orders."""
SEED = 11
"""Of the sample that `delivered` has."""
EVERY = {"option_families": ["quarterly", "weekly", "daily", "eom"], "expirations": "all"}

Row = dict[str, Any]


def run(lake: Path, day: date, **choices: Any) -> DayRun:
    select = " or ".join(f'key:"{name}"' for name in PREMARKET)
    (done,) = run_days(settings_for(lake, **{**EVERY, **choices}), [day], select=select)
    return done


def levels_of(lake: Path, day: date) -> dict[tuple[str, str], Row]:
    rows = Lake(lake).open("open_levels", product="ES", day=day).read().to_pylist()
    return {(row["convention"], row["scope"]): row for row in rows}


@pytest.fixture(scope="module")
def evening(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake in which only the levels of the evening before the sample's day are made."""
    lake = tmp_path_factory.mktemp("evening") / "lake"
    shutil.copytree(delivered, lake)
    done = run(lake, EVENING)
    assert done.success, done.failure
    return lake


def truth(*, expires: int | None = None) -> dict[str, float]:
    """Net exposure and walls of `field` when the session opens, from the sample's own surface and final open interest."""
    market = market_day(product=product("ES"), day=EVENING, session=None, profile=profile("small"), seed=SEED)
    index = np.array([index_level(product="ES", day=DAY, seed=SEED)])
    settled, opens = np.array([settlement_ns(EVENING)]), session_after(product="ES", day=EVENING).open_ns
    held = open_interest(product="ES", listing=market.listing, trade_date=EVENING, is_final=True, seed=SEED)
    nets: dict[float, float] = {}
    gross, first, front = 0.0, 0, math.nan
    for k, strikes in enumerate(market.strikes):
        series = market.listing.series[k]
        F = float(market.forward(series=k, index=index, ts_ns=settled)[0])
        front = F if math.isnan(front) else front
        atm = float(market.atm(series=k, index=index, ts_ns=settled, drift=np.zeros(1))[0])
        T, left = (float(years(ts_ns=ts, ts_expiration=series.ts_expiration)) for ts in (settled[0], opens))
        for place, strike in enumerate(strikes.tolist()):
            calls, puts = (np.nan_to_num(held[first + 2 * place + right]) for right in (0, 1))
            if left <= 0 or (expires is not None and series.ts_expiration != expires):
                continue
            s = float(sigma(F=F, K=strike, T=T, atm=atm)) * math.sqrt(left)
            d_plus = math.log(F / strike) / s + s / 2
            gamma = math.exp(-RATE * left - d_plus * d_plus / 2) / math.sqrt(2 * math.pi) / (F * s)
            unit = gamma * 50.0 * F * F * 0.01
            axis = strike * front / F
            nets[axis] = nets.get(axis, 0.0) + unit * (calls - puts)
            gross += unit * (calls + puts)
        first += 2 * strikes.size
    above, below = ({K: net for K, net in nets.items() if (front < K) == is_above} for is_above in (True, False))
    return {
        "net": math.fsum(nets.values()),
        "gross": gross,
        "call_wall": max(above, key=above.__getitem__),
        "put_wall": min(below, key=below.__getitem__),
        "front": front,
    }


def test_levels_of_statistics_alone_are_those_of_the_surface_behind_them(evening: Path) -> None:
    row, true = levels_of(evening, EVENING)["field", "all"], truth()
    assert row["reference_price"] == pytest.approx(true["front"], abs=2 * row["forward_se"])
    assert row["net_gex"] == pytest.approx(true["net"], abs=4 * row["net_gex_se"] + 1e-3 * true["gross"])
    assert row["gross_gex"] == pytest.approx(true["gross"], rel=5e-3)
    assert row["call_wall"] == pytest.approx(true["call_wall"], abs=0.01)
    assert row["put_wall"] == pytest.approx(true["put_wall"], abs=0.01)


def test_each_expiration_has_its_own_levels(evening: Path) -> None:
    found = levels_of(evening, EVENING)
    of_expirations = {
        row["ts_first_expiration"]: row for (name, scope), row in found.items() if scope[:4] == "exp:" and name == "field"
    }
    assert len(of_expirations) >= 2
    for expires, row in of_expirations.items():
        true = truth(expires=expires)
        assert row["net_gex"] == pytest.approx(true["net"], abs=4 * row["net_gex_se"] + 1e-3 * true["gross"])


def test_settlements_are_priced_again_within_a_tick(evening: Path) -> None:
    for (_, scope), row in levels_of(evening, EVENING).items():
        if row["options_settled"] and scope != "0dte":
            assert row["repriced_share"] >= 0.99, scope


def test_the_sessions_first_windows_find_the_same_walls_and_flip(evening: Path, published: Path) -> None:
    """Eight minutes in the afternoon of the session: price and volatility moved since, contracts did not."""
    found = levels_of(evening, EVENING)
    before = found["field", min(scope for _, scope in found if scope[:4] == "exp:")]
    table = Lake(published).open("silver_gex_levels", product="ES", day=DAY).read().to_pylist()
    first = next(row for row in table if (row["convention"], row["scope"]) == ("field", "selected") and row["net_gex"])
    moved = abs(first["reference_price"] / before["reference_price"] - 1.0)
    assert moved < 3 * before["one_day_sigma"]
    assert (first["call_wall"], first["put_wall"]) == (before["call_wall"], before["put_wall"])
    assert first["zero_gamma"] == pytest.approx(before["zero_gamma"], rel=3 * before["one_day_sigma"])
    assert first["gross_gex"] == pytest.approx(before["gross_gex"], rel=0.25)


def test_it_says_what_it_is_made_of(evening: Path) -> None:
    row = levels_of(evening, EVENING)["field", "all"]
    assert (row["session_date"], row["settlement_date"], row["open_interest_date"]) == (DAY, EVENING, EVENING)
    assert (row["settlement_is_final"], row["open_interest_is_final"]) == (True, True)
    assert row["ts_open"] == session_after(product="ES", day=EVENING).open_ns


def test_levels_without_the_next_days_statistics_are_early_and_become_stale_when_these_come(
    evening: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(evening, lake)
    (late,) = [one.key for one in find_files(Lake(lake).fs, kind="option_statistics", product="ES") if one.day == DAY]
    aside = tmp_path / "late"
    shutil.move(lake / late, aside)
    assert run(lake, EVENING).success
    early = levels_of(lake, EVENING)["field", "all"]
    # The evening's own open interest is counted at night: the file of its date has the trade date before.
    assert early["open_interest_date"] < EVENING
    assert early["settlement_date"] == EVENING
    shutil.move(aside, lake / late)
    opened = Lake(lake)
    judge = Freshness(opened, TABLES, lambda table: settings_for(lake, **EVERY).digest(table.settings))
    stored = opened.open("open_levels", product="ES", day=EVENING)
    assert judge.why_stale(stored, TABLES["open_levels"], "ES", EVENING) == (f"input {late} is new",)
    assert run(lake, EVENING).success
    assert levels_of(lake, EVENING)["field", "all"]["open_interest_date"] == EVENING


@pytest.fixture(scope="module")
def both(evening: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same lake with the tables of the sample's own day, too, whose session before is that day's."""
    lake = tmp_path_factory.mktemp("both") / "lake"
    shutil.copytree(evening, lake)
    done = run(lake, DAY)
    assert done.success, done.failure
    return lake


def rows_of(lake: Path, name: str, day: date) -> list[Row]:
    rows: list[Row] = Lake(lake).open(name, product="ES", day=day).read().to_pylist()
    return rows


def test_the_session_before_has_the_levels_that_were_made_for_it_then(both: Path) -> None:
    """Nothing of the evening's tables is read on the day after: the same statistics say the same once more."""
    then = levels_of(both, EVENING)
    found = {(row["convention"], row["scope"]): row for row in rows_of(both, "open_changes", DAY)}
    compared = [key for key in then if key[1] in ("all", "selected", "0dte")]
    assert len(compared) == 6
    for key in compared:
        for name in ("net_gex", "gross_gex", "call_wall", "put_wall", "zero_gamma", "reference_price"):
            assert found[key][f"{name}_before"] == (None if then[key][name] is None else pytest.approx(then[key][name], rel=1e-9))
    for key, row in levels_of(both, DAY).items():
        for name in ("net_gex", "gross_gex", "call_wall", "put_wall", "zero_gamma", "reference_price"):
            assert found[key][name] == (None if row[name] is None else pytest.approx(row[name], rel=1e-9))


def test_why_exposure_changed_adds_up_on_the_sample(both: Path) -> None:
    (row,) = [one for one in rows_of(both, "open_changes", DAY) if (one["convention"], one["scope"]) == ("field", "all")]
    parts = [row[f"net_gex_change_{part}"] for part in PARTS_OF_SESSIONS]
    assert row["change_reason"] is None
    assert math.fsum(parts) == pytest.approx(row["net_gex_change"], abs=1e-9 * row["gross_gex"])
    assert row["net_gex_change_price"] != 0.0
    assert (row["session_before"], row["settlement_date_before"]) == (DAY, EVENING)


def test_the_first_evening_has_no_session_before_it_and_says_so(both: Path) -> None:
    for row in rows_of(both, "open_changes", EVENING):
        assert (row["change_reason"], row["net_gex_change"], row["call_wall_before"]) == ("not_settled_before", None, None)
    for row in rows_of(both, "open_chain", EVENING):
        assert (row["gamma_before"], row["call_settlement_before"]) == (None, None)


def test_shares_of_all_expirations_that_end_make_the_whole(both: Path) -> None:
    """The sample lists fewer than ten expirations."""
    rows = [row for row in rows_of(both, "open_roll_off", DAY) if row["convention"] == "field"]
    assert math.fsum(row["expiring_share"] for row in rows) == pytest.approx(1.0)
    whole = levels_of(both, DAY)["field", "all"]
    assert rows[0]["expiring_gross_gex"] + rows[0]["gross_gex"] == pytest.approx(whole["gross_gex"])
    assert (rows[-1]["net_gex"], rows[-1]["zero_gamma_reason"]) == (None, "no_exposure")


def test_a_table_of_the_pass_that_is_gone_is_made_and_the_others_are_reused(both: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(both, lake)
    before = {name: Lake(lake).open(name, product="ES", day=DAY).sha256() for name in OPEN_TABLES}
    Path(Lake(lake).open("open_chain", product="ES", day=DAY).uri).unlink()
    done = run(lake, DAY)
    assert set(OPEN_TABLES) - set(done.reused) == {"open_chain"}
    assert {name: Lake(lake).open(name, product="ES", day=DAY).sha256() for name in OPEN_TABLES} == before


def test_a_day_without_statistics_has_no_levels_and_no_failure(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "raw").mkdir()
    done = run(tmp_path / "lake", date(2026, 1, 14))
    assert done.success, done.failure
    assert levels_of(tmp_path / "lake", date(2026, 1, 14)) == {}


@pytest.mark.long
def test_a_run_of_the_next_day_makes_early_levels_again(evening: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(evening, lake)
    (late,) = [one.key for one in find_files(Lake(lake).fs, kind="option_statistics", product="ES") if one.day == DAY]
    aside = tmp_path / "late"
    shutil.move(lake / late, aside)
    assert run(lake, EVENING).success
    shutil.move(aside, lake / late)
    shutil.rmtree(lake / "raw/source=databento/product_type=future_option/symbol=ES/table=market_by_order_dbn")
    shutil.rmtree(lake / "raw/source=databento/product_type=future/symbol=ES/table=market_by_order_dbn")
    (done,) = run_days(settings_for(lake, **EVERY), [DAY])
    assert done.success, done.failure
    assert done.renewed == tuple(sorted(OPEN_TABLES))
    assert levels_of(lake, EVENING)["field", "all"]["open_interest_date"] == EVENING
    (again,) = run_days(settings_for(lake, **EVERY), [DAY])
    assert again.renewed == ()
    # What cannot be read is for the status to tell: the day after it is published all the same.
    Path(Lake(lake).open("open_levels", product="ES", day=EVENING).uri).write_bytes(b"no table")
    (third,) = run_days(settings_for(lake, **EVERY), [DAY])
    assert third.success, third.failure
    assert third.renewed == ()
    # Nor is it this run's business that another setting would make other levels.
    assert run(lake, EVENING).success
    (other,) = run_days(settings_for(lake, **{**EVERY, "rate": 0.05}), [DAY])
    assert other.renewed == ()
