"""`gex pages` writes files that link to each other and to the pages of days."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from click.testing import CliRunner

from gex_assets.cli.main import gex
from gex_assets.errors import GexError
from gex_assets.lake.keys import page_key
from gex_assets.lake.rejections import RefusedFile
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.reading import parsed


def test_pages_link_to_each_other_and_to_days_that_have_one(tmp_path: Path) -> None:
    lake, out = tmp_path / "lake", tmp_path / "my site"
    file = RefusedFile(size_bytes=1, modified_ns=1, tag="1", sha256=None, sidecars="")
    for day in (DAY, DAY + timedelta(days=1)):
        Lake(lake).refuse("raw_option_mbo", product="ES", day=day, reason="Expected x, was y", files={"raw/a": file})
    page = lake / page_key("day_page", product="ES", day=DAY)
    page.parent.mkdir(parents=True)
    page.write_text("a page")
    found = CliRunner().invoke(gex, ["pages", "--lake", str(lake), "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert (out / "index-ES.html").read_text() == (out / "index.html").read_text()
    index = parsed((out / "index.html").read_text().removeprefix("<!doctype html>\n"))
    links = [one.attributes["href"] for one in index.all("a")]
    assert (out / "history-ES.html").is_file()
    assert [(out / unquote(link)).resolve() for link in links] == [out / "history-ES.html", out / "brief-ES.html", page]
    brief = parsed((out / "brief-ES.html").read_text().removeprefix("<!doctype html>\n"))
    assert "Expected levels before any session, was none for ES" in brief.one("body").text
    assert [one.attributes["href"] for one in brief.all("a")] == ["index-ES.html", "history-ES.html"]


def test_nothing_of_somebody_else_is_replaced(published: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    found = CliRunner().invoke(gex, ["pages", "--lake", str(published), "--out", str(tmp_path)])
    assert found.exit_code != 0
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (lake := tmp_path / "lake").mkdir()
    (tmp_path / "taken").write_text("mine")
    Lake(lake).refuse("raw_option_mbo", product="ES", day=DAY, reason="Expected x, was y", files={})
    found = CliRunner().invoke(gex, ["pages", "--lake", str(lake), "--out", str(tmp_path / "taken")])
    assert found.exit_code != 0
    assert isinstance(found.exception, GexError)
    assert "Expected a folder at" in str(found.exception)
    assert (tmp_path / "taken").read_text() == "mine"
