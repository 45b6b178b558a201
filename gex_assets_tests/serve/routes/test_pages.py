"""Pages as a browser gets them: the published file or one drawn now, links that lead somewhere, and scripts by their hash."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from gex_assets.lake.tables import Lake
from gex_assets.serve.day_pages import live_page, page_policy
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client, running

PAGE = f"_pages/day_page/product=ES/date={DAY}/page.html"
HEADER = '<script type="application/json" id="gex-day">{"format":1,"live":null,"title":"\\u003c/script>"}</script>'


def test_pages_link_to_each_other(served: Client) -> None:
    for path in ("/", "/products/ES", "/history/ES", f"/days/ES/{DAY}"):
        answer = served.ask(path)
        assert answer.status == 200, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        for link in re.findall(rb'href="(/[^"]*)"', answer.plain):
            assert served.ask(link.decode()).status in (200, 307), (path, link)
    assert f'href="/days/ES/{DAY}"'.encode() in served.ask("/").plain
    assert b'href="/history/ES"' in served.ask("/").plain


def test_the_latest_day_has_an_address_of_its_own(served: Client) -> None:
    assert served.ask("/days/ES").headers["location"] == f"/days/ES/{DAY}"


def test_a_page_is_asked_once_per_state(served: Client) -> None:
    for path in ("/", "/history/ES", f"/days/ES/{DAY}"):
        etag = served.ask(path).headers["etag"]
        assert served.ask(path, If_None_Match=etag).status == 304


def test_every_script_of_every_page_may_run(served: Client) -> None:
    for path in ("/", "/history/ES", f"/days/ES/{DAY}"):
        answer = served.ask(path)
        executed = re.findall(rb"<script(?![^>]*type=)[^>]*>", answer.plain)
        assert executed, path
        assert set(executed) == {b"<script>"}, path
        policy = answer.headers["content-security-policy"]
        assert policy.count("sha256-") == len(set(re.findall(rb"<script>.*?</script>", answer.plain, re.DOTALL)))


def test_a_published_page_is_served_as_it_was_published(published: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published / "silver_gex_levels", lake / "silver_gex_levels")
    staged = Lake(lake).fs.stage(PAGE)
    staged.path.write_text(f"<!doctype html><p>kept</p>{HEADER}<script>run()</script>")
    staged.publish()
    with running(lake) as client:
        answer = client.ask(f"/days/ES/{DAY}")
        assert answer.plain.startswith(b"<!doctype html><p>kept</p>")
        assert f'"live":{{"events":"/v1/stream?product=ES&date={DAY}"}}'.encode() in answer.plain
        assert b'"title":"\\u003c/script>"' in answer.plain
        client.problem("/days/ES/2026-01-09", 404)
        client.problem("/days/ES/2026-02-30", 422)


def test_a_day_without_a_published_page_is_drawn_now(published: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake, ignore=shutil.ignore_patterns("raw", "truth", "_pages", "bronze_option_mbo"))
    with running(lake) as client:
        drawn = client.ask(f"/days/ES/{DAY}")
        assert drawn.status == 200
        assert b'id="gex-blob-core"' in drawn.plain
        assert b"<h2" in drawn.plain
        again = client.ask(f"/days/ES/{DAY}")
        assert (again.plain, again.headers["etag"]) == (drawn.plain, drawn.headers["etag"])
    assert not (lake / "_pages").exists()


def test_a_page_without_a_header_stays_as_it_is() -> None:
    assert live_page(b"<p>a page", lambda _header: "/x") == b"<p>a page"
    assert "script-src 'none'" in page_policy(b"<p>a page")
