"""A day that is still running: its rows are those of the whole day, it is marked, and the next whole run makes it again."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from gex_assets.brief.facts import read_brief
from gex_assets.brief.session_frame import session_frame
from gex_assets.client import open_lake
from gex_assets.defs.history import rewritten
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.run import run_days
from gex_assets.defs.upkeep.history_after_days import changed_days
from gex_assets.defs.upkeep.refresh import planned_refresh
from gex_assets.lake.freshness import delivered_sha256
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.ranges.traded_hours import traded_hours
from gex_assets.lake.raw.changes import Changes, changes
from gex_assets.lake.raw.deliveries import delivered_days
from gex_assets.lake.status import TableState, status
from gex_assets.lake.tables import Lake
from gex_assets.lake.views import current_views
from gex_assets.pages import many_days
from gex_assets.pages.bundle import brief_page_contract, day_page_contract
from gex_assets.pages.index import index_of_lake
from gex_assets.report.levels.stored import levels_before, levels_within
from gex_assets.report.status_page import DayState, json_lines, states_of_days, status_lines
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.time_units import MINUTE_NS, SECOND_NS, WINDOW_NS, datetime_ns
from gex_assets_tests.conftest import DAY, SESSION, settings_for
from gex_assets_tests.defs.days.partial_days import WINDOWED, deliver_until, early_rows
from gex_assets_tests.serve.servers import running

BEGIN_NS = datetime_ns(datetime.combine(DAY, SESSION[0]))
CUT_NS = BEGIN_NS + 2 * MINUTE_NS + 3 * SECOND_NS
NOW_NS = CUT_NS + MINUTE_NS
SAID = "made while the day was still running, until 14:30 UTC"


@pytest.fixture(scope="module")
def partial(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day with what had come by 14:30:03, made while it was running."""
    root = tmp_path_factory.mktemp("partial") / "lake"
    shutil.copytree(delivered, root)
    deliver_until(root, CUT_NS, end_ns=CUT_NS)
    (done,) = run_days(settings_for(root), [DAY], running_ns=NOW_NS)
    assert done.success, done.failure
    assert done.partial == SAID
    return root


def states(root: Path, *, running: date | None) -> list[TableState]:
    settings = settings_for(root)
    return status(
        Lake(root),
        tables=TABLES,
        products=["ES"],
        digest=lambda table: settings.digest(table.settings),
        pages=[day_page_contract(), brief_page_contract()],
        running=running,
    )


def marks(root: Path) -> dict[str, int | None]:
    lake = Lake(root)
    found = {name: lake.open(name, product="ES", day=DAY).lineage.partial_until_ns for name in DAY_TABLES}
    pages = {name: find_page(lake, name, product="ES", day=DAY) for name in PAGES}
    return found | {name: page.lineage.partial_until_ns for name, page in pages.items() if page is not None}


@pytest.mark.parametrize("name", WINDOWED)
def test_every_row_is_that_of_the_whole_day(published: Path, partial: Path, name: str) -> None:
    last = CUT_NS // WINDOW_NS * WINDOW_NS
    rows = early_rows(partial, name, CUT_NS + MINUTE_NS)
    assert rows.num_rows > 0 or name == "gold_trigger_vectors"
    assert rows.equals(early_rows(published, name, last))
    if name in {"silver_option_quotes", "regime_scores"}:
        assert max(rows["ts_window_end"].to_pylist()) == last


def test_every_table_and_page_is_marked_and_those_of_whole_days_are_not(published: Path, partial: Path) -> None:
    found = marks(partial)
    assert set(found) == {*DAY_TABLES, *PAGES}
    read_nothing = {"gold_vector_dictionary"}
    assert {until for name, until in found.items() if name not in read_nothing} == {CUT_NS}
    assert all(found[name] is not None for name in read_nothing)
    assert set(marks(published).values()) == {None}
    assert not any(b"partial_until" in path.read_bytes() for path in published.rglob("data.parquet"))


def test_a_second_run_while_it_is_running_reuses_what_did_not_change(partial: Path, tmp_path: Path) -> None:
    shutil.copytree(partial, tmp_path / "lake")
    (done,) = run_days(settings_for(tmp_path / "lake"), [DAY], running_ns=NOW_NS + MINUTE_NS)
    assert done.success
    assert set(done.materialized) == set(done.reused) == {*DAY_TABLES, *PAGES}
    assert done.partial == SAID


def test_status_calls_it_partial_while_it_runs_and_stale_once_it_is_over(partial: Path, tmp_path: Path) -> None:
    root = tmp_path / "lake"
    shutil.copytree(partial, root)
    for _ in range(2):  # the second time from what is kept
        assert {state.state for state in states(root, running=DAY)} == {"partial"}
        over = states(root, running=DAY + timedelta(days=1))
        assert {state.table: state.state for state in over if state.state != "stale"} == {"regime_history": "missing"}
    (day,) = states_of_days(states(root, running=DAY))
    assert (day.state, day.cause, day.partial) == ("partial", None, SAID)
    lines = said([day], today=DAY)
    assert f"ES {DAY} is still running: what came until 14:30 UTC is made." in lines
    assert "`gex run --date today --partial` makes what has come. The UI's calendar ends with yesterday, 2026-01-05." in lines
    assert '"state": "partial"' in "".join(json_lines([day], by_table=False))
    assert SAID in "".join(json_lines([day], by_table=True))
    (day,) = states_of_days(over)
    assert day.cause is not None
    assert (day.state, day.cause.table, day.others) == ("stale", "raw_option_mbo", ())
    assert day.cause.why == (f"{SAID}: `gex run --date {DAY}` makes it of the whole day",)
    assert "still running: " not in said([day], today=DAY + timedelta(days=1))


def test_pages_and_lists_of_days_mark_it(partial: Path) -> None:
    lake = Lake(partial)
    assert [one.status for one in many_days.states_of_days(lake, "ES")] == ["partial"]
    page = index_of_lake(lake, product="ES", link=lambda _: None)
    assert '<span class="status partial">until 14:30 UTC</span>' in page
    assert "1 with a part of the day only" in page
    assert f"{DAY} no exposure, until 14:30 UTC" in page
    with running(partial) as client:
        (day,) = client.json("/v1/days")["days"]
    assert day["partial"] == SAID


def test_a_partial_day_without_files_says_that_nothing_has_come(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    root.mkdir()
    (done,) = run_days(settings_for(root), [DAY], select="group:raw", running_ns=NOW_NS)
    assert done.partial == "made while the day was still running, no records yet"
    lines = said(states_of_days(states(root, running=DAY)), today=DAY)
    assert f"ES {DAY} is still running: it is made, with no records yet." in lines
    assert f"no records yet, 4 of {len(DAY_TABLES)} tables" in index_of_lake(Lake(root), product="ES", link=lambda _: None)


def said(days: list[DayState], *, today: date) -> str:
    return "\n".join(status_lines(days, day=None, width=300, today=today))


def test_a_day_of_which_nothing_is_made_names_the_command_for_today(fresh: Path) -> None:
    lines = said(states_of_days(states(fresh, running=DAY)), today=DAY)
    assert "raw_option_mbo is missing: `gex run --date today --partial` makes what has come" in lines
    assert f"ES {DAY} is still running: nothing is made of it." in lines


def test_no_history_stands_on_a_partial_day(partial: Path, tmp_path: Path) -> None:
    root = tmp_path / "lake"
    shutil.copytree(partial, root)
    settings = settings_for(root)
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(DAY))
    assert list(rewritten(assets, Lake(root))) == []
    assert changed_days(Lake(root), ["ES"]).days == 0
    assert planned_refresh(settings, Lake(root)).history == (DAY,)  # refresh makes the day whole, and then its history


def test_the_same_files_make_it_whole_once_the_day_is_over(partial: Path, tmp_path: Path) -> None:
    root = tmp_path / "lake"
    shutil.copytree(partial, root)
    settings = settings_for(root)
    (planned,) = planned_refresh(settings, Lake(root)).days
    assert {state.table for state in planned.made} == {*DAY_TABLES, *PAGES}
    (done,) = run_days(settings, [DAY], only={DAY: planned.keys})
    assert done.success
    assert (done.reused, done.partial) == ((), None)
    assert set(marks(root).values()) == {None}
    assert planned_refresh(settings, Lake(root)).days == ()


def test_a_researcher_can_leave_partial_days_out(published: Path, partial: Path) -> None:
    for root, whole in ((partial, []), (published, [DAY])):
        lake = open_lake(root)
        assert (lake.days(), lake.days(whole=True)) == ([DAY], whole)
        assert list(lake.table("silver_gex", whole=True).days) == whole
        found = lake.sql("SELECT product, date, epoch_ns(until) AS until FROM partial_days").to_pylist()
        assert found == ([] if whole else [{"product": "ES", "date": DAY, "until": CUT_NS // 1000 * 1000}])
    with duckdb.connect(current_views(Lake(partial)), read_only=True) as connection:
        connection.execute(f"SET file_search_path = '{partial}'")
        assert connection.execute("SELECT count(*) FROM partial_days").fetchall() == [(1,)]


def test_usual_volumes_are_of_whole_days(published: Path, partial: Path) -> None:
    tomorrow = DAY + timedelta(days=1)
    assert traded_hours(Lake(published), product="ES", before=tomorrow)
    assert traded_hours(Lake(partial), product="ES", before=tomorrow) == []


def test_levels_briefs_and_pages_say_it(published: Path, partial: Path) -> None:
    for root, says in ((partial, True), (published, False)):
        lake = Lake(root)
        within = levels_within(lake, product="ES", day=DAY, clock=None, conventions=["field"], scope="selected")
        before = levels_before(lake, product="ES", session=None, conventions=["field"], scope="all")
        for one in (*within, *before):
            assert (f"({SAID})" in one.title) is says
        brief = read_brief(lake, product="ES", session=None, convention="field")
        assert (f"the statistics are of a partial day: {SAID}" in brief.missing) is says
        frame = session_frame(lake, product="ES", session_date=DAY, convention="field")
        assert (f"{DAY} is a partial day: {SAID}" in frame.missing) is says
        for name in PAGES:
            page = find_page(lake, name, product="ES", day=DAY)
            assert page is not None
            text = page.read().decode()
            assert (SAID in text) is says


def test_answers_of_the_server_say_it(partial: Path) -> None:
    with running(partial) as client:
        assert client.json("/v1/levels/ES/latest")["partial"] == SAID
        (day,) = client.json(f"/v1/levels/ES?date={DAY}&limit=1")["days"]
        assert (day["date"], day["partial"]) == (str(DAY), SAID)
        assert client.json("/v1/score/ES?convention=field")["warnings"] == [{"code": "partial_day", "text": SAID}]


def test_the_sensor_waits_for_other_files_and_asks_then_for_all_that_is_marked(
    delivered: Path, partial: Path, tmp_path: Path
) -> None:
    root = tmp_path / "lake"
    shutil.copytree(partial, root)

    def asked() -> Changes:
        lake = Lake(root)
        day = delivered_days(lake, product="ES")[DAY]
        return changes(lake, TABLES, day, product="ES", sha256=delivered_sha256, trust_only_notes=False, was_requested=False)

    found = asked()
    assert found.tables == ()
    assert found.why_not.startswith("it was made while the day was still running, and no other files came: `gex refresh")
    (path,) = root.rglob("product_type=future_option/**/*.mbo.dbn.zst")
    shutil.copy(delivered / path.relative_to(root), path)
    assert asked().tables[0] == "raw_option_mbo"
    assert set(asked().tables) == set(DAY_TABLES)
