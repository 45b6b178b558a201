"""The file is one whole page: what comes from files stays text, and a day too large is shown coarsely and says so."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gex_assets.conventions import conventions
from gex_assets.errors import GexError
from gex_assets.lake.lineage import Lineage
from gex_assets.pages.bundle import bundle
from gex_assets.pages.picture.page import Picture, heatmap_page, json_text, picture
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.picture.made_up_pages import page_of, tables_of
from gex_assets_tests.twins.packed_day import PackedDay

MARKUP = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \u2028"
LINEAGE = Lineage(table="day_page", product="ES", day=DAY, code_version="1", settings_hash="", inputs={"raw/" + MARKUP: "x"})


class Tags(HTMLParser):
    """Counts elements, and notes what would be loaded from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.loaded: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("data:")]


@pytest.fixture(scope="module")
def packed(published: Path) -> Picture:
    return picture(tables_of(published, DAY), conventions=conventions())


def test_nothing_is_loaded_from_elsewhere(packed: Picture) -> None:
    tags = Tags(heatmap_page(packed, lineage=LINEAGE).decode())
    assert tags.loaded == []
    assert tags.counts["script"] == len(packed.blobs) + 3


def test_markup_from_files_stays_text(packed: Picture) -> None:
    header = {**packed.header, "title": MARKUP, "notes": [MARKUP], "expirations": [{"label": MARKUP, "underlying": MARKUP}]}
    page = heatmap_page(replace(packed, header=header), lineage=LINEAGE, script="").decode()
    assert Tags(page).counts["script"] == len(packed.blobs) + 3
    assert "img" not in Tags(page).counts
    assert PackedDay(page).header["notes"] == [MARKUP]
    assert list(PackedDay(page).header["lineage"]["inputs"]) == ["raw/" + MARKUP]


def test_json_in_a_script_is_the_same_json() -> None:
    value = {MARKUP: [1, 2.5, None, "¶"]}
    assert json.loads(json_text(value)) == value
    assert "<" not in json_text(value)
    with pytest.raises(ValueError, match="JSON compliant"):
        json_text(float("nan"))


def test_a_day_too_large_is_coarser_and_says_so(published: Path, packed: Picture) -> None:
    small = picture(tables_of(published, DAY), conventions=conventions(), largest=packed.size + 15_000)
    assert small.header["stride"] == 2
    assert small.header["windows"] == packed.header["windows"] // 2
    assert any("Every 10 s are shown" in note for note in small.notes)
    day = PackedDay(heatmap_page(small, lineage=LINEAGE, script="").decode())
    whole = PackedDay(page_of(tables_of(published, DAY)).decode())
    assert day.column("k")[0] == whole.column("k")[0][1::2]
    assert day.column("reference_price")[0] == whole.column("reference_price")[0][1::2]


def test_a_day_too_large_however_coarse_is_refused(published: Path) -> None:
    with pytest.raises(GexError, match="was larger at any step"):
        picture(tables_of(published, DAY), conventions=conventions(), largest=1_000)


def test_what_is_missing_from_the_package_is_said() -> None:
    with pytest.raises(GexError, match="install gex_assets anew"):
        bundle("web/nothing.js")


def test_the_sample_has_nothing_to_note(packed: Picture) -> None:
    assert packed.notes == ()
