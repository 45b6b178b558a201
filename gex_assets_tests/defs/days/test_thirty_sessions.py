"""Thirty mornings in a row: a holiday, half days, a closure, a roll, dates without statistics, one with early counts alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import gex_assets.sample.market as sample_market
from gex_assets.brief.facts import Brief, read_brief
from gex_assets.brief.stored_levels import rows_before
from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.raw.layout import find_files
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import settlement_ns
from gex_assets.market.products import product
from gex_assets.report.levels.brief import brief_lines
from gex_assets.report.levels.brief_document import brief_document
from gex_assets.sample.files.statistics import Release, releases
from gex_assets.sample.levels import index_level
from gex_assets.sample.market import make_sample, sample_days
from gex_assets.sample.market_day import market_day
from gex_assets.sample.profile import profile
from gex_assets.schemas.open_changes import PARTS_OF_SESSIONS
from gex_assets.schemas.registry import PREMARKET
from gex_assets.schemas.vendor_shapes import StatType
from gex_assets_tests.conftest import settings_for

pytestmark = pytest.mark.long

START: Final = date(2025, 11, 17)
DATES: Final = sample_days(start=START, days=39)
CLOSED: Final = (date(2025, 11, 27), date(2025, 12, 25))
"""Thanksgiving halts at noon, Christmas has no session: neither is a trade date. The days beside them close early."""
_AFTER: Final = [START + timedelta(days=k) for k in range(1, 45)]
SESSIONS: Final = tuple(day for day in _AFTER if day.weekday() < 5 and day not in CLOSED and day.year == 2025)
SILENT: Final = date(2025, 12, 9)
"""The venue publishes nothing on this date: its file has no record."""
LOST: Final = date(2025, 12, 3)
"""The file of this date is not delivered."""
EARLY_ONLY: Final = date(2025, 12, 15)
"""Its open interest is counted once, at night; the final count never comes."""
LAST_OF_DECEMBER: Final = date(2025, 12, 19)
"""December's quarterly options expire at its opening bell; from the next session on March is in front."""
FRONT: Final = (date(2025, 12, 19), date(2026, 3, 20))
"""Expirations in front, before and after."""
SEED: Final = 11
EVERY: Final = {"option_families": ["quarterly", "weekly", "daily", "eom"], "expirations": "all"}

Row = dict[str, Any]


def spoilt_releases(*, day: date, **given: Any) -> tuple[Release, ...]:
    """What the venue publishes, but for the faults above."""
    found = releases(day=day, **given)
    if day == SILENT:
        return ()
    of_date = [one for one in found if one.stat_type == StatType.OPEN_INTEREST and one.trade_date == EARLY_ONLY]
    return tuple(one for one in found if one not in of_date[1:] and (one not in of_date or day == EARLY_ONLY + timedelta(days=1)))


def business_day_after(day: date) -> date:
    return next(later for later in SESSIONS if later > day)


def business_day_before(day: date) -> date:
    day -= timedelta(days=1)
    while day.weekday() > 4 or day in CLOSED:
        day -= timedelta(days=1)
    return day


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Definitions and statistics of all dates; of orders five seconds, which nothing here reads."""
    root = tmp_path_factory.mktemp("thirty") / "lake"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sample_market, "releases", spoilt_releases)
        make_sample(root, start=START, days=len(DATES), seed=SEED, session=(time(15), time(15, 0, 5)))
    for one in find_files(Lake(root).fs, kind="option_statistics", product="ES"):
        if one.day == LOST:
            (root / one.key).unlink()
    return root


@pytest.fixture(scope="module")
def runs(lake: Path) -> Sequence[DayRun]:
    """Every date's levels for the session that follows, made when all files are there."""
    select = " or ".join(f'key:"{name}"' for name in PREMARKET)
    return list(run_days(settings_for(lake, **EVERY), DATES, select=select))


def levels_for(lake: Path, session: date) -> Row:
    rows, _ = rows_before(Lake(lake), product="ES", session=session)
    (found,) = (row for row in rows.to_pylist() if (row["convention"], row["scope"]) == ("field", "all"))
    return dict(found)


def scopes_for(lake: Path, session: date) -> set[str]:
    return {row["scope"] for row in table_for(lake, "open_levels", session)}


def table_for(lake: Path, name: str, session: date) -> list[Row]:
    """Rows of the last partition that is about the session."""
    opened = Lake(lake)
    for day in reversed(opened.days(name, "ES")):
        rows: list[Row] = opened.open(name, product="ES", day=day).read().to_pylist()
        if rows and rows[0]["session_date"] == session:
            return rows
    raise AssertionError(f"no {name} for {session}")


def brief_for(lake: Path, session: date) -> Brief:
    return read_brief(Lake(lake), product="ES", session=session, convention="field")


def true_forward(row: Row) -> float:
    """The forward of the earliest expiration when the venue settled, by the sample's own market."""
    settled: date = row["settlement_date"]
    market = market_day(product=product("ES"), day=settled, session=None, profile=profile("small"), seed=SEED)
    index = np.array([index_level(product="ES", day=settled + timedelta(days=1), seed=SEED)])
    place = [one.ts_expiration for one in market.listing.series].index(row["ts_first_expiration"])
    return float(market.forward(series=place, index=index, ts_ns=np.array([settlement_ns(settled)]))[0])


def test_there_are_thirty_sessions_and_every_date_is_made(runs: Sequence[DayRun]) -> None:
    assert len(SESSIONS) == 30
    assert [one.failure for one in runs if not one.success] == []
    assert len(runs) == len(DATES)


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_every_session_has_levels_of_the_latest_settlement(lake: Path, runs: Sequence[DayRun], session: date) -> None:
    row, before = levels_for(lake, session), business_day_before(session)
    settled = business_day_before(before) if before in (SILENT, LOST) else before
    assert (row["session_date"], row["settlement_date"]) == (session, settled)
    assert row["reference_price"] == pytest.approx(true_forward(row), abs=2 * row["forward_se"])
    assert row["repriced_share"] >= 0.99
    assert row["put_wall"] <= row["reference_price"] < row["call_wall"]
    if session != business_day_after(LAST_OF_DECEMBER):  # the sample gives strikes that it lists on that Sunday an open interest
        assert row["coverage"] + row["worthless_share"] > 0.95
    assert f"exp:{FRONT[session > LAST_OF_DECEMBER]}" in scopes_for(lake, session)
    assert (f"exp:{FRONT[0]}" in scopes_for(lake, session)) is (session <= LAST_OF_DECEMBER)


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_open_interest_is_the_last_that_was_published_and_says_whether_it_is_final(
    lake: Path, runs: Sequence[DayRun], session: date
) -> None:
    row, before = levels_for(lake, session), business_day_before(session)
    # The count of a date comes with the file of the next; where that never came, the count before it is the last one.
    counted = business_day_before(before) if session in (LOST, SILENT) else before
    assert row["open_interest_date"] == counted
    assert row["open_interest_is_final"] is (counted != EARLY_ONLY)


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_every_session_says_what_changed_and_what_rolls_off(lake: Path, runs: Sequence[DayRun], session: date) -> None:
    (change,) = (row for row in table_for(lake, "open_changes", session) if (row["convention"], row["scope"]) == ("field", "all"))
    assert change["session_before"] == business_day_before(session)
    if change["change_reason"] is None:
        parts = [change[f"net_gex_change_{name}"] for name in PARTS_OF_SESSIONS]
        assert math.fsum(parts) == pytest.approx(change["net_gex_change"], abs=1e-6 * change["gross_gex"])
        assert change["net_gex_change"] == pytest.approx(change["net_gex"] - change["net_gex_before"])
        assert (change["net_gex_change_expired"] != 0.0) is (session == business_day_after(LAST_OF_DECEMBER))
    else:
        repeated = session in (business_day_after(LOST), business_day_after(SILENT))
        assert change["change_reason"] == ("same_settlements" if repeated else "not_settled_before")
        assert repeated or session == SESSIONS[0]
    roll_off = [row for row in table_for(lake, "open_roll_off", session) if row["convention"] == "field"]
    all_of = levels_for(lake, session)
    assert 1 <= len(roll_off) <= 10
    assert roll_off[0]["gross_gex"] is None or roll_off[0]["gross_gex"] < all_of["gross_gex"]


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_every_session_has_a_brief_for_a_phone(lake: Path, runs: Sequence[DayRun], session: date) -> None:
    brief = brief_for(lake, session)
    lines = list(brief_lines(brief, width=46))
    assert max(map(len, lines)) <= 46
    document = brief_document(brief)
    if session == SESSIONS[0]:
        assert document["before"] is None
    else:
        assert document["before"]["session_date"] == str(business_day_before(session))
        assert document["before"]["call_wall"] == levels_for(lake, business_day_before(session))["call_wall"]
    said = " ".join(document["missing"])
    before = business_day_before(session)
    assert ("early count" in said) is (before == EARLY_ONLY)
    assert ("settlements are of" in said) is (before in (SILENT, LOST))
