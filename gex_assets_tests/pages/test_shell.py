"""What every page has."""

from markupsafe import Markup

from gex_assets.pages.markup import Section
from gex_assets.pages.shell import bar, contents, document, page_css, section_html
from gex_assets_tests.pages.reading import parsed


def test_a_page_loads_nothing_from_elsewhere() -> None:
    page = document(title="<ES>", body=bar("ES", [("before", "a.html")]))
    found = parsed(page.removeprefix("<!doctype html>\n"))
    assert found.one("title").text == "<ES>"
    assert found.one("html").attributes == {"lang": "en"}
    assert "url(" not in page_css()
    assert "http" not in page
    assert [one.attributes["href"] for one in (*found.all("link"), *found.all("a"))] == ["data:,", "a.html"]


def test_both_ways_to_the_light_theme_have_the_same_colours() -> None:
    """One follows the system and one the reader's choice."""
    blocks = page_css().split("color-scheme: light;")[1:]
    by_system, by_choice = (" ".join(block.partition("}")[0].split()) for block in blocks)
    assert by_system == by_choice


def test_links_lead_to_the_sections() -> None:
    section = Section("levels", "Levels", Markup("<p>x</p>"))
    links, shown = parsed(contents([section])), parsed(section_html(section))
    assert links.one("a").attributes["href"] == f"#{shown.one('section').attributes['id']}"
    assert shown.one("section").attributes["aria-labelledby"] == shown.one("h2").attributes["id"]
