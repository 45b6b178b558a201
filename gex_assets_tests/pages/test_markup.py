"""Whatever is put into HTML stays text."""

from markupsafe import Markup

from gex_assets.pages.markup import details, facts, joined, safe, table, tag
from gex_assets_tests.pages.reading import parsed, rows_of

MARKUP = "<script>alert(1)</script>\"'&\x1b[2J\u202e"


def test_text_with_markup_stays_text_everywhere() -> None:
    parts = (
        tag("p", MARKUP, title=MARKUP),
        facts([(MARKUP, MARKUP, MARKUP)]),
        table([MARKUP, f">{MARKUP}"], [[MARKUP, MARKUP]], caption=MARKUP),
        details(MARKUP, MARKUP),
    )
    page = parsed(joined(parts))
    assert not page.all("script")
    shown = MARKUP.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
    assert page.all("p")[0].text == shown
    assert page.all("p")[0].attributes["title"] == shown
    assert rows_of(page.one("table")) == [[shown, shown]]
    assert page.one("div", role="region").attributes["aria-label"]  # what is read out holds no tags


def test_markup_is_put_in_as_it_is() -> None:
    assert safe(Markup("<b>1</b>")) == "<b>1</b>"
    assert tag("td", Markup("<b>1</b>")) == "<td><b>1</b></td>"


def test_attributes_are_named_as_html_names_them() -> None:
    assert tag("p", class_="n", aria_label="x", hidden=None, data_k=0.5) == '<p class="n" aria-label="x" data-k="0.5"></p>'


def test_numbers_stand_right_and_rows_are_named_by_their_first_cell() -> None:
    page = parsed(table(["strike", ">net"], [["6900", "+1"]], caption="exposure"))
    assert page.one("table").attributes["class"] == "numbers"  # said once for all cells
    row = page.one("tbody").children[0]
    assert [cell.name for cell in row.children] == ["th", "td"]
    assert row.children[0].attributes["scope"] == "row"
    mixed = parsed(table(["strike", ">net", "~why"], [["6900", "+1", "x"]], caption="exposure")).one("tbody").children[0]
    assert [cell.attributes.get("class") for cell in mixed.children] == [None, "n", "text"]
