"""The page of a day is published like a table: drawn when what it shows changed, kept otherwise, judged before it is seen."""

from __future__ import annotations

import logging
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.checks import JUDGES, verdict_shares
from gex_assets.defs.pages.drawing import drawn, say_rejection
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.keys import page_key
from gex_assets.lake.pages.stored import StoredPage, find_page
from gex_assets.lake.status import TableState, status
from gex_assets.lake.tables import Lake
from gex_assets.pages.bundle import day_page_contract
from gex_assets.pages.day_links import with_neighbours
from gex_assets.pages.previews import Preview
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.pages import DAY_PAGE, PAGE_CHECKS, PAGES
from gex_assets.schemas.registry import DAY_TABLES, OPEN_TABLES, TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.twins.packed_day import PackedDay

PAGE = DAY_PAGE.name
WANTED = ("picture", "warn_share", "failed_share", "judged_by")


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def run(lake: Path, **choices: object) -> DayRun:
    (done,) = run_days(settings_for(lake), [DAY], **choices)  # type: ignore[arg-type]
    return done


def page_of(lake: Path, day: date = DAY) -> StoredPage:
    page = find_page(Lake(lake), PAGE, product="ES", day=day)
    assert page is not None
    return page


def state_of(lake: Path, day: date = DAY) -> TableState:
    settings = settings_for(lake)
    states = status(
        Lake(lake),
        tables=TABLES,
        products=["ES"],
        day=day,
        pages=[day_page_contract()],
        digest=lambda table: settings.digest(table.settings),
    )
    return states[-1]


def lineage_rows(page: StoredPage) -> dict[str, str]:
    """What the page says of published tables: name -> sha256."""
    text = page.read().decode()
    table = text[text.index('<section id="lineage"') :].split("</table>")[0]
    return dict(re.findall(r"<tr><(?:td|th)[^>]*>(\w+)</.*?<code>([0-9a-f]{64})</code>", table))


def assets_of(lake: Path) -> ProductAssets:
    return ProductAssets(product="ES", settings=settings_for(lake), partitions=daily(DAY))


def test_the_graph_publishes_it_with_its_lineage(published: Path) -> None:
    page = page_of(published)
    assert page.is_as_published
    tables = {key.split("/")[0] for key in page.lineage.inputs}
    assert set(DAY_PAGE.shows) == tables  # and none that changes when the next day's statistics come
    for key, sha256 in page.lineage.inputs.items():
        named = Lake(published).table_day(key)
        if named is not None:
            assert Lake(published).open(named.table, product="ES", day=DAY).sha256() == sha256
    assert PackedDay(page.read().decode()).header["date"] == DAY.isoformat()


def test_the_asset_depends_on_every_table_of_which_it_says_something() -> None:
    definitions = build_defs(settings_for(Path("nowhere")))
    graph = definitions.resolve_asset_graph()
    node = graph.get(dg.AssetKey([PAGE]))
    # The levels for the next session change when the next day's statistics come: no page of a day is drawn again for them.
    assert {key.path[-1] for key in node.parent_keys} == set(DAY_TABLES) - set(OPEN_TABLES)
    assert node.group_name == "pages"
    assert {key.name for key in graph.asset_check_keys if key.asset_key == node.key} == {*PAGE_CHECKS, "is_up_to_date"}


def test_a_second_run_keeps_it(lake: Path) -> None:
    before = page_of(lake).tag
    done = run(lake)
    assert PAGE in done.reused
    assert page_of(lake).tag == before
    assert state_of(lake).state == "published"


def test_it_states_the_share_of_checks_that_warned_also_when_it_is_kept(lake: Path) -> None:
    job = build_defs(settings_for(lake)).resolve_implicit_global_asset_job_def()
    kept: list[bool] = []
    for remove in (False, True):
        if remove:
            (lake / page_key(PAGE, product="ES", day=DAY)).unlink()
        with dg.DagsterInstance.ephemeral() as instance:
            result = job.execute_in_process(
                partition_key=DAY.isoformat(), instance=instance, run_config={"loggers": {"progress": {}}}
            )
        judged = {(name, table) for name, _, tables, _ in JUDGES for table in tables if table in DAY_PAGE.shows}
        verdicts = [one for one in result.get_asset_check_evaluations() if (one.check_name, one.asset_key.path[-1]) in judged]
        assert len(verdicts) == len(judged)
        warned = [one for one in verdicts if not one.passed and one.severity == dg.AssetCheckSeverity.WARN]
        failed = [one for one in verdicts if not one.passed and one.severity == dg.AssetCheckSeverity.ERROR]
        (made,) = (one.materialization for one in result.get_asset_materialization_events() if one.asset_key.path == [PAGE])
        assert warned
        assert isinstance(made.metadata["warn_share"], dg.FloatMetadataValue)
        assert made.metadata["warn_share"].value == len(warned) / len(verdicts)
        assert made.metadata["failed_share"].value == len(failed) / len(verdicts)
        assert f"gex heatmap --date {DAY} --product ES --open" in str(made.metadata["look"].value)
        kept.append("reused" in made.metadata)
    assert kept == [True, False]


def test_what_is_kept_is_neither_judged_nor_drawn_again(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the instance still has it; and a share of other judges, or of another state, is none of it."""
    job = build_defs(settings_for(lake)).resolve_implicit_global_asset_job_def()
    names = ("regime_scores", PAGE)
    asked: list[str] = []

    def shares(*_: object) -> dict[str, float]:
        asked.append("judged")
        return {"warn_share": 0.5, "failed_share": 0.25}

    def drawn_preview(*_: object) -> Preview:
        asked.append("drawn")
        return Preview("a picture", b"png")

    monkeypatch.setattr("gex_assets.defs.pages.day_page.verdict_shares", shares)
    monkeypatch.setattr("gex_assets.pages.previews.preview_of", drawn_preview)
    with dg.DagsterInstance.ephemeral() as instance:

        def metadata() -> dict[str, Any]:
            result = job.execute_in_process(
                partition_key=DAY.isoformat(),
                instance=instance,
                asset_selection=[dg.AssetKey([name]) for name in names],
                run_config={"loggers": {"progress": {}}},
            )
            made = [one.materialization for one in result.get_asset_materialization_events()]
            assert all("reused" in one.metadata for one in made)
            return {name: one.value for event in made for name, one in event.metadata.items() if name in WANTED}

        first = metadata()
        assert sorted(asked) == ["drawn", "judged"]
        assert metadata() == first
        assert sorted(asked) == ["drawn", "judged"]
        monkeypatch.setattr("gex_assets.defs.pages.day_page.version", lambda _: "0.0.2")
        assert metadata()["judged_by"] == "gex_assets 0.0.2"
        assert sorted(asked) == ["drawn", "judged", "judged"]


def test_a_day_without_tables_has_no_shares_and_one_that_cannot_be_read_is_not_counted(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert verdict_shares(assets_of(lake), Lake(tmp_path / "empty"), DAY) == {}
    whole = verdict_shares(assets_of(lake), Lake(lake), DAY)
    Path(Lake(lake).open("silver_vacuum", product="ES", day=DAY).uri).write_bytes(b"no table")
    cut = verdict_shares(assets_of(lake), Lake(lake), DAY)
    judged = sum(table in DAY_PAGE.shows for _, _, tables, _ in JUDGES for table in tables)
    assert round(whole["warn_share"] * judged) == pytest.approx(cut["warn_share"] * (judged - 1))


def test_tables_whose_checks_are_counted_are_those_that_the_page_waits_for() -> None:
    graph = build_defs(settings_for(Path("nowhere"))).resolve_asset_graph()
    above = dg.AssetSelection.assets(PAGE).upstream().resolve(graph)
    counted = {dg.AssetKey([table]) for _, _, tables, _ in JUDGES for table in tables if table in DAY_PAGE.shows}
    assert counted
    assert counted <= above


def test_a_check_of_a_table_that_the_page_does_not_wait_for_is_not_counted(lake: Path) -> None:
    before = verdict_shares(assets_of(lake), Lake(lake), DAY)
    path = Path(Lake(lake).open("open_levels", product="ES", day=DAY).uri)
    aside = path.rename(lake.parent / "aside_levels")
    assert verdict_shares(assets_of(lake), Lake(lake), DAY) == before
    aside.rename(path)


def test_a_table_published_after_the_page_is_shown_by_the_next_one(lake: Path) -> None:
    """Gold lies next to the picture, and the page says of it that it is published."""
    path = Path(Lake(lake).open("gold_trigger_vectors", product="ES", day=DAY).uri)
    aside = path.rename(lake.parent / "aside")
    without = drawn(assets_of(lake), Lake(lake), DAY)
    assert not without.reused
    assert "gold_trigger_vectors" not in lineage_rows(page_of(lake))
    aside.rename(path)
    assert state_of(lake).why == ("input gold_trigger_vectors is new",)
    assert not drawn(assets_of(lake), Lake(lake), DAY).reused
    gold = Lake(lake).open("gold_trigger_vectors", product="ES", day=DAY)
    assert lineage_rows(page_of(lake))["gold_trigger_vectors"] == gold.sha256()
    assert drawn(assets_of(lake), Lake(lake), DAY).reused


def test_a_changed_table_draws_it_again(lake: Path) -> None:
    before = page_of(lake)
    (done,) = run_days(settings_for(lake, min_strikes_required=10_000), [DAY])
    assert done.success, done.failure
    assert PAGE not in done.reused
    after = page_of(lake)
    assert after.sha256() != before.sha256()
    assert not any(PackedDay(after.read().decode()).column("regime")[0])


def test_the_same_tables_give_the_same_bytes(lake: Path) -> None:
    """A run's page has its verdicts and timings too; without them two drawings are equal."""
    pages = [drawn(assets_of(lake), Lake(lake), DAY, force=True) for _ in range(2)]
    assert not any(done.reused for done in pages)
    first, second = (done.page for done in pages)
    assert first is not None
    assert second is not None
    assert first.sha256() == second.sha256()


def test_a_page_gets_its_link_to_the_next_day_when_that_one_is_published(lake: Path) -> None:
    """Nothing else of it changes, and no run takes it for another page."""
    before = page_of(lake).read()
    following = DAY + timedelta(days=1)
    assert drawn(assets_of(lake), Lake(lake), following).page is not None
    assert page_of(lake).read() == with_neighbours(before, "ES", (None, following)) != before
    assert page_of(lake).is_as_published
    assert drawn(assets_of(lake), Lake(lake), DAY).reused
    assert f"← {DAY}" in page_of(lake, following).read().decode()
    assert drawn(assets_of(lake), Lake(lake), DAY, force=True).page is not None
    assert f"→ {following}" in page_of(lake).read().decode()


def test_a_link_to_another_day_is_no_other_version_of_the_page(lake: Path) -> None:
    """Neither for the lake, which calls the page published, nor for the UI, which would call it changed."""
    job = build_defs(settings_for(lake)).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:

        def version() -> str:
            result = job.execute_in_process(
                partition_key=DAY.isoformat(),
                instance=instance,
                asset_selection=[dg.AssetKey([PAGE])],
                run_config={"loggers": {"progress": {}}},
            )
            (made,) = (one.materialization for one in result.get_asset_materialization_events())
            assert "reused" in made.metadata
            return str((made.tags or {})["dagster/data_version"])

        first, bytes_before = version(), page_of(lake).sha256()
        assert drawn(assets_of(lake), Lake(lake), DAY + timedelta(days=1)).page is not None
        assert page_of(lake).sha256() != bytes_before
        assert state_of(lake).state == "published"
        assert version() == first


def test_a_neighbour_that_cannot_be_changed_keeps_no_page_back(lake: Path, caplog: pytest.LogCaptureFixture) -> None:
    key = page_key(PAGE, product="ES", day=DAY)
    with Lake(lake).fs.lock(key):
        done = drawn(assets_of(lake), Lake(lake), DAY + timedelta(days=1))
    assert done.page is not None
    assert f"The page of {DAY} has no link" in caplog.text


def test_a_page_that_was_changed_by_hand_is_drawn_again(lake: Path) -> None:
    path = lake / page_key(PAGE, product="ES", day=DAY)
    path.write_bytes(path.read_bytes() + b"<!-- mine -->")
    assert PAGE not in run(lake).reused
    assert page_of(lake).is_as_published


def test_a_table_without_its_page_is_missing_one(lake: Path) -> None:
    (lake / page_key(PAGE, product="ES", day=DAY)).unlink()
    assert state_of(lake).state == "missing"
    assert PAGE not in run(lake).reused
    assert state_of(lake).state == "published"


def test_another_script_makes_it_stale(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    other = replace(day_page_contract(), version="1-00000000")
    settings = settings_for(lake)
    states = status(
        Lake(lake), tables={}, products=["ES"], day=DAY, pages=[other], digest=lambda table: settings.digest(table.settings)
    )
    assert [state.state for state in states] == ["stale"]
    assert "code version" in states[0].why[0]


def test_a_page_that_fails_its_check_is_not_published(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "gex_assets.pages.picture.judging.page_is_whole",
        lambda page, tables: Verdict(name="page_is_whole", passed=False, text="Expected whole, was not"),
    )
    before = page_of(lake).tag
    done = run(lake, force=True, select=f"key:{PAGE}")
    assert not done.success
    assert any("page_is_whole: Expected whole, was not" in said for said in done.failed_checks)
    assert page_of(lake).tag == before


def test_a_day_without_files_has_a_page_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "lake" / "raw").mkdir(parents=True)
    done = run(tmp_path / "lake")
    assert done.success, done.failure
    assert set(done.materialized) == {*DAY_TABLES, *PAGES}
    text = page_of(tmp_path / "lake").read().decode()
    assert "no windows are published" in text
    assert "gex-blob" not in text
    assert state_of(tmp_path / "lake").state == "published"


@pytest.mark.long
def test_a_rejection_is_said_on_the_page_that_stays(lake: Path) -> None:
    where = Lake(lake)
    stored = where.open("regime_scores", product="ES", day=DAY)
    with where.replace(TABLES["regime_scores"], product="ES", day=DAY, lineage=stored.lineage) as staged:
        staged.write(stored.read().slice(0, 1))
        staged.reject("windows_cover_the_session: Expected <all> windows, was 1")
    done = drawn(assets_of(lake), where, DAY, force=True)
    assert done.page is not None
    page = PackedDay(done.page.read().decode())
    assert any("regime_scores was rejected: windows_cover_the_session: Expected <all>" in note for note in page.header["notes"])
    assert run(lake).success  # the published scores are current: the rejection is forgotten
    assert state_of(lake).state == "published"
    assert not any("rejected" in note for note in PackedDay(page_of(lake).read().decode()).header["notes"])


def test_a_rejected_run_says_so_on_the_page_by_itself(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assets below a rejected table do not run. So the rejection draws the page."""
    monkeypatch.setattr(
        "gex_assets.defs.regime.same_windows_as",
        lambda levels: lambda stored: Verdict(name="windows_cover_the_session", passed=False, text="Expected more, was less"),
    )
    assert not run(lake, force=True, select='key:"regime_scores"').success
    notes = PackedDay(page_of(lake).read().decode()).header["notes"]
    assert any("regime_scores was rejected: windows_cover_the_session: Expected more, was less" in note for note in notes)
    text = page_of(lake).read().decode()
    assert "Expected more, was less" in text[text.index('<section id="checks"') : text.index('<section id="refused"')]
    monkeypatch.undo()
    assert run(lake).success
    assert not any("rejected" in note for note in PackedDay(page_of(lake).read().decode()).header["notes"])


def test_a_page_that_cannot_be_drawn_does_not_hide_the_rejection(
    lake: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong: the rejection is raised or answered next, and the log has the traceback."""

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("in a chart")

    monkeypatch.setattr("gex_assets.pages.day_page.day_page", fails)
    before = page_of(lake).tag
    say_rejection(assets_of(lake), Lake(lake), DAY, log=logging.getLogger("gex_assets"))
    assert page_of(lake).tag == before
    (record,) = (one for one in caplog.records if "does not say what was rejected" in one.message)
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_the_sections_stand_below_the_picture(published: Path) -> None:
    text = page_of(published).read().decode()
    body = text[text.index("<body>") :]
    assert body.index('id="gex-picture"') < body.index('<main id="sections">') < body.index('id="gex-day"')
    assert 'id="summary"' in body
    assert "\\n" not in body[: body.index('id="gex-day"')]
