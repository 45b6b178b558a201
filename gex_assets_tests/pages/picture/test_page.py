"""The file is one whole page: what comes from files stays text, and a day too large is shown coarsely and says so."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gex_assets.conventions import conventions
from gex_assets.errors import GexError
from gex_assets.lake.lineage import Lineage
from gex_assets.pages.bundle import bundle
from gex_assets.pages.day_page import day_page
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture import blobs as blobs_module
from gex_assets.pages.picture.axes import Axes
from gex_assets.pages.picture.filling import Packable
from gex_assets.pages.picture.page import Picture, has_windows, heatmap_page, json_text, page_that_fits, picture
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
    """All of the file counts: one byte too many anywhere, and every second window is left out."""
    beside = b"<!-- " + b"x" * 50_000 + b" -->"

    def draw(one: Picture) -> bytes:
        return heatmap_page(one, lineage=LINEAGE, script="") + beside

    tables, largest = tables_of(published, DAY), len(draw(packed))
    assert page_that_fits(tables, conventions=conventions(), draw=draw, largest=largest)[0].header["stride"] == 1
    small, page = page_that_fits(tables, conventions=conventions(), draw=draw, largest=largest - 1)
    assert len(page) < largest
    assert small.header["stride"] == 2
    assert small.header["windows"] == packed.header["windows"] // 2
    assert any("Every 10 s are shown" in note for note in small.notes)
    day = PackedDay(page.decode())
    whole = PackedDay(page_of(tables).decode())
    assert day.column("k")[0] == whole.column("k")[0][1::2]
    assert day.column("reference_price")[0] == whole.column("reference_price")[0][1::2]


def test_a_day_too_large_is_not_packed_twice_in_full(published: Path, packed: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as what is packed cannot fit, the rest is left for the coarser step."""
    asked: list[str] = []
    real = blobs_module.weight

    def weight(tables: DayTables, axes: Axes, name: str) -> list[Packable]:
        asked.append(f"{name} {axes.stride}")
        return real(tables, axes, name)

    monkeypatch.setattr(blobs_module, "weight", weight)
    draw = partial(heatmap_page, lineage=LINEAGE, script="")
    tables = tables_of(published, DAY)
    coarse = picture(tables, conventions=conventions(), stride=16)
    del asked[:]
    small, page = page_that_fits(tables, conventions=conventions(), draw=draw, largest=len(draw(coarse)))
    assert (page, small.header) == (draw(coarse), coarse.header)
    names = [blob.name.removeprefix("weight-") for blob in packed.blobs if blob.name.startswith("weight-")]
    assert sum(one.endswith(" 1") for one in asked) < len(names)
    assert asked[-len(names) :] == [f"{name} 16" for name in names]


def test_the_first_window_is_drawn_at_every_step(published: Path) -> None:
    """A page that is to grow begins with a window, also where a coarser step leaves out the day's first."""
    tables = tables_of(published, DAY)
    end = int(tables.windows[0])
    for stride in (1, 2, 4):
        assert picture(tables, conventions=conventions(), stride=stride, until_ns=end).header["windows"] == 1


def test_the_page_of_a_day_counts_what_stands_below_the_picture(published: Path) -> None:
    choices = {"conventions": conventions(), "settings_hash": ""}
    whole, _ = day_page(tables_of(published, DAY), **choices)
    small, _ = day_page(tables_of(published, DAY), **choices, largest=len(whole) - 1)
    assert len(small) < len(whole)
    assert PackedDay(small.decode()).header["stride"] == 2


def test_a_day_too_large_however_coarse_is_refused(published: Path) -> None:
    draw = partial(heatmap_page, lineage=LINEAGE, script="")
    with pytest.raises(GexError, match="at the coarsest step, 320 s"):
        page_that_fits(tables_of(published, DAY), conventions=conventions(), draw=draw, largest=1_000)


def test_whether_there_is_a_picture_is_asked_without_the_chain(published: Path) -> None:
    tables = tables_of(published, DAY)
    assert has_windows(tables)
    assert not any("silver_gex_chain" in key for key in tables.inputs)


def test_what_is_missing_from_the_package_is_said() -> None:
    with pytest.raises(GexError, match="install gex_assets again"):
        bundle("web/nothing.js")


def test_the_sample_has_nothing_to_note(packed: Picture) -> None:
    assert packed.notes == ()


def test_the_errors_of_the_price_are_those_of_the_front_forward(published: Path) -> None:
    tables = tables_of(published, DAY)
    day = PackedDay(page_of(tables).decode())
    rows = tables.read("silver_forward", ("ts_window_end", "is_front", "forward_se", "reference_price")).to_pylist()
    expected = [row["forward_se"] if row["reference_price"] is not None else None for row in rows if row["is_front"]]
    found = day.column("price_se")[0]
    assert len(found) == len(expected) > 90
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours is None) == (theirs is None)
        assert theirs is None or ours == pytest.approx(max(theirs, 0.005), rel=0.134)
