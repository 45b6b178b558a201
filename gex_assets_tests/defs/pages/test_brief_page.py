"""The brief of the session that follows is published with a day's levels, and again when they change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.pages import brief_page
from gex_assets.defs.pages.brief_page import drawn_brief
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.lake.pages.stored import StoredPage, find_page
from gex_assets.lake.status import status
from gex_assets.lake.tables import Lake
from gex_assets.pages.bundle import brief_page_contract
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets.schemas.pages import BRIEF_PAGE, PAGE_CHECKS
from gex_assets.schemas.registry import OPEN_TABLES, TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.pages.reading import parsed


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Lake:
    """The published lake's levels for the next session, and the page of its brief."""
    found = tmp_path / "lake"
    for name in (*OPEN_TABLES, "_pages/brief_page"):
        shutil.copytree(published / name, found / name)
    return Lake(found)


def assets_of(lake: Lake) -> ProductAssets:
    return ProductAssets(product="ES", settings=settings_for(Path(lake.fs.uri(""))), partitions=daily(DAY))


def page_of(lake: Lake) -> StoredPage:
    page = find_page(lake, BRIEF_PAGE.name, product="ES", day=DAY)
    assert page is not None
    return page


def test_the_graph_publishes_it_with_its_lineage(published: Path) -> None:
    lake = Lake(published)
    page = page_of(lake)
    assert page.is_as_published
    assert set(page.lineage.inputs) == {lake.key(name, product="ES", day=DAY) for name in OPEN_TABLES}
    shown = parsed(page.read().decode().removeprefix("<!doctype html>\n"))
    assert shown.one("h1").text == "Session of Wed 2026-01-07"
    assert "call wall" in shown.one("main").text


def test_it_waits_for_the_tables_of_its_session_alone() -> None:
    node = build_defs(settings_for(Path("nowhere"))).resolve_asset_graph().get(dg.AssetKey([BRIEF_PAGE.name]))
    assert {key.path[-1] for key in node.parent_keys} == set(OPEN_TABLES)
    assert {key.name for key in node.check_keys} == {*PAGE_CHECKS, "is_up_to_date"}


def test_it_is_kept_until_a_table_changes_and_gives_the_same_bytes(lake: Lake) -> None:
    assets, before = assets_of(lake), page_of(lake).read()
    assert drawn_brief(assets, lake, DAY).reused
    assert not drawn_brief(assets, lake, DAY, force=True).reused
    assert page_of(lake).read() == before
    publish(lake, OPEN_LEVELS, OPEN_LEVELS.empty(), day=DAY)
    done = drawn_brief(assets, lake, DAY)
    assert (done.reused, done.page is not None) == (False, True)
    assert f"No levels for the session after {DAY} are published" in page_of(lake).read().decode()


def test_another_version_of_what_draws_it_makes_it_stale(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    other = replace(brief_page_contract(), version="1-00000000")
    monkeypatch.setattr(brief_page, "brief_page_contract", lambda: other)
    assert not drawn_brief(assets_of(lake), lake, DAY).reused


def test_a_page_that_fails_its_check_is_not_published(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from gex_assets.pages.picture import judging

    before = page_of(lake).tag
    failed = Verdict(name="page_is_small_enough", passed=False, text="Expected at most 10 MB, was 11 MB")
    monkeypatch.setattr(judging, "page_is_small_enough", lambda page, most: failed)
    done = drawn_brief(assets_of(lake), lake, DAY, force=True)
    assert (done.page, done.verdicts[-1]) == (None, failed)
    assert page_of(lake).tag == before


def test_the_status_counts_it(published: Path, lake: Lake) -> None:
    settings = settings_for(published)

    def digest(table: Any) -> str:
        found: str = settings.digest(table.settings)
        return found

    def state(of: Lake) -> str:
        contract = brief_page_contract()
        found = status(of, tables=TABLES, products=["ES"], day=DAY, pages=[contract], digest=digest)
        return found[-1].state

    assert state(Lake(published)) == "published"
    Path(page_of(lake).uri).unlink()
    assert state(lake) == "missing"
