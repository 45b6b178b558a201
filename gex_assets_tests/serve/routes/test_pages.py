"""Pages as a browser gets them: the published file or one drawn now, links that lead somewhere, and scripts by their hash."""

from __future__ import annotations

import re
import shutil
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gex_assets.lake.rejections import write_rejection
from gex_assets.lake.tables import Lake
from gex_assets.serve.day_pages import live_page, page_policy
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client, running

PAGE = f"_pages/day_page/product=ES/date={DAY}/page.html"
HEADER = '<script type="application/json" id="gex-day">{"format":2,"live":null,"title":"\\u003c/script>"}</script>'


def test_pages_link_to_each_other(served: Client) -> None:
    for path in ("/", "/products/ES", "/history/ES", "/briefs/ES", f"/days/ES/{DAY}"):
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
    for path in ("/", "/history/ES", "/briefs/ES", f"/days/ES/{DAY}"):
        etag = served.ask(path).headers["etag"]
        assert served.ask(path, If_None_Match=etag).status == 304


def test_not_modified_leaves_the_copys_policy_as_it_is(served: Client) -> None:
    """A browser puts the headers of a 304 in place of those of its copy: another policy would forbid the page's own scripts."""
    for path in ("/", f"/days/ES/{DAY}", "/v1/levels/ES/latest"):
        etag = served.ask(path).headers["etag"]
        for _ in range(2):  # by the routes, and from memory
            answer = served.ask(path, If_None_Match=etag)
            assert (answer.status, answer.headers.get("content-security-policy")) == (304, None)


@pytest.fixture
def own(published: Path, tmp_path: Path) -> Path:
    """A lake with the levels of one day, to be changed."""
    lake = tmp_path / "lake"
    shutil.copytree(published / "silver_gex_levels", lake / "silver_gex_levels")
    return lake


def until_it_says(client: Client, path: str, words: str, *, etag: str) -> None:
    """Wait for a page that says it; the server looks at the lake several times a second."""
    for _ in range(400):
        answer = client.ask(path, If_None_Match=etag)
        if answer.status == 200 and words.encode() in answer.plain:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} does not say {words}")


def test_the_index_changes_with_a_refused_delivery(own: Path) -> None:
    store = Lake(own)
    with running(own) as client:
        before = client.ask("/")
        assert b"latest delivery refused" not in before.plain
        write_rejection(store.fs, "silver_gex", product="ES", day=DAY, reason="Expected a whole file, was a part")
        rejected = store.fs.stage(store.key("silver_gex", product="ES", day=DAY, rejected=True))
        rejected.path.write_bytes(b"rows")
        rejected.publish()
        until_it_says(client, "/", "latest delivery refused", etag=before.headers["etag"])


def test_a_page_that_is_drawn_now_changes_with_the_days_next_to_it(own: Path) -> None:
    path = f"/days/ES/{DAY}"
    following = DAY + timedelta(days=1)
    with running(own) as client:
        before = client.ask(path)
        assert f"/days/ES/{following}".encode() not in before.plain
        store = Lake(own)
        staged = store.fs.stage(store.key("silver_gex_levels", product="ES", day=following))
        shutil.copyfile(store.fs.uri(store.key("silver_gex_levels", product="ES", day=DAY)), staged.path)
        staged.publish()
        until_it_says(client, path, f"/days/ES/{following}", etag=before.headers["etag"])


def test_a_day_that_was_removed_a_moment_ago_is_not_found(own: Path) -> None:
    """Between two looks the catalogue still has it. That it is gone is no error of the server."""
    with running(own, poll_seconds=3_600.0) as client:
        shutil.rmtree(own / "silver_gex_levels")
        for path in ("/v1/levels/ES", "/v1/levels/ES/latest", f"/v1/levels/ES?date={DAY}", "/v1/score/ES", f"/days/ES/{DAY}"):
            client.problem(path, 404)


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
        address = rf'"live":{{"events":"/v1/stream\?product=ES&date={DAY}&seen=[0-9a-f]+","grows":false}}'
        assert re.search(address.encode(), answer.plain)
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
    assert live_page(b"<p>a page", lambda _header: "/x", grows=False) == b"<p>a page"
    assert "script-src 'none'" in page_policy(b"<p>a page")
