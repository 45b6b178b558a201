"""Links from a day's page fit both the lake's folders and the server's addresses, and change without the page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path, PurePosixPath

from gex_assets.lake.keys import page_key
from gex_assets.pages.day_links import content_sha256, day_links, with_neighbours
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.reading import parsed

BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=3)


def test_links_on_disk_are_the_keys_of_pages(tmp_path: Path) -> None:
    nav = parsed(day_links("NQ", (BEFORE, AFTER)))
    own = PurePosixPath(page_key("day_page", product="NQ", day=DAY)).parent
    links = {one.attributes["data-served"]: one.attributes["href"] for one in nav.all("a")}

    def there(href: str) -> Path:
        return (tmp_path / own / href).resolve()

    for day in (BEFORE, AFTER):
        assert there(links[f"/days/NQ/{day}"]) == tmp_path.resolve() / page_key("day_page", product="NQ", day=day)
    assert there(links["/products/NQ"]) == tmp_path.resolve() / "_pages" / "index-NQ.html"
    assert there(links["/history/NQ"]) == tmp_path.resolve() / "_pages" / "history-NQ.html"
    assert there(links["/briefs/NQ"]) == tmp_path.resolve() / "_pages" / "brief-NQ.html"


def test_a_day_without_neighbours_links_to_none() -> None:
    assert [one.text for one in parsed(day_links("ES")).all("a")] == ["all days", "history", "brief"]


def test_who_writes_the_pages_about_all_days_is_said_on_disk() -> None:
    """A run writes none of them; until `gex pages` ran, the links lead nowhere."""
    nav = parsed(day_links("ES", (BEFORE, None)))
    assert nav.one("small").text == "(the last three are files of gex pages, as they were when it last ran)"
    assert 'querySelector(".days-nearby small").remove()' in nav.one("script").text  # a server makes them when they are asked for


def test_neighbours_are_set_in_a_page_that_was_drawn_before_and_nothing_else_changes() -> None:
    nav, rest = str(day_links("ES")), "<p>¶</p><nav>another</nav>"
    alone = f"<main>{nav}{rest}</main>".encode()
    both = with_neighbours(alone, "ES", (BEFORE, AFTER))
    assert both == f"<main>{day_links('ES', (BEFORE, AFTER))}{rest}</main>".encode()
    assert with_neighbours(both, "ES", (None, None)) == alone
    assert with_neighbours(rest.encode(), "ES", (BEFORE, AFTER)) == rest.encode()
    assert content_sha256(both) == content_sha256(alone)
    assert len({content_sha256(page) for page in (alone, alone + b"x", rest.encode())}) == 3
