"""Shapes stand where their values are; what is missing is not drawn."""

import math
import re

from gex_assets.pages.charts import Axis, Mark, Plot, figure
from gex_assets.pages.markup import table
from gex_assets_tests.pages.reading import Element, parsed

X, Y = Axis(0.0, 10.0, ((0.0, "0"), (5.0, "5"))), Axis(-1.0, 1.0, ((-1.0, "−1"), (1.0, "1")), "USD")


def drawn(plot: Plot) -> Element:
    return parsed(plot.html(title="t", about="a"))


def paths(plot: Plot, style: str) -> list[str]:
    return [one.attributes["d"] for one in drawn(plot).all("path", class_=style)]


def test_a_line_goes_from_point_to_point() -> None:
    plot = Plot(X, Y)
    plot.line([0, 5, 10], [-1.0, 0.0, 1.0], "price")
    assert paths(plot, "line price") == ["M0 1000l1000 -500l1000 -500"]


def test_a_step_holds_until_the_next_value() -> None:
    plot = Plot(X, Y)
    plot.line([0, 5, 10], [0.0, 1.0, 1.0], "price", steps=True)
    assert paths(plot, "line price") == ["M0 500h1000v-500h1000"]


def test_a_missing_value_and_a_gap_interrupt_a_line() -> None:
    plot = Plot(X, Y)
    plot.line([0, 1, 2, 3, 9, 10], [0.0, 0.0, None, 0.0, 0.0, math.nan], "flip", gap=5.0)
    assert paths(plot, "line flip") == ["M0 500l200 0M600 500h1M1800 500h1"]
    plot.line([0], [None], "muted")
    assert paths(plot, "line muted") == []


def test_a_band_is_closed_and_interrupted() -> None:
    plot = Plot(X, Y)
    plot.band([0, 5, 6, 10], [-1.0, -1.0, None, 0.0], [1.0, 1.0, 1.0, 1.0], "flip")
    assert paths(plot, "band flip") == ["M0 0L1000 0L1000 1000L0 1000Z", "M2000 0L2000 500Z"]


def test_bars_begin_at_zero_and_show_their_sign() -> None:
    plot = Plot(X, Y)
    plot.bars([5, 6, 7], [0.5, -0.5, None], width=1.0)
    assert [one.attributes for one in drawn(plot).all("rect")] == [
        {"x": "900", "y": "250", "width": "200", "height": "250", "class": "up"},
        {"x": "1100", "y": "500", "width": "200", "height": "250", "class": "down"},
    ]


def test_labels_stand_outside_the_drawing_and_markup_stays_text() -> None:
    plot = Plot(X, Y)
    plot.upright(5.0, "call", "<b>6900</b>")
    plot.level(0.5, "put", "wall")
    plot.upright(11.0, "call", "outside")
    found = drawn(plot)
    assert not found.one("svg").all("text")
    assert found.one("span", class_="mark call").text == "<b>6900</b>"
    assert "outside" not in found.text
    assert re.fullmatch(r"right:0;top:calc\(25\.00% - 1\.3rem\)", found.one("span", class_="mark put").attributes["style"])


def test_a_figure_has_a_title_a_description_and_its_numbers() -> None:
    numbers = table(["strike"], [["6900"]], caption="Exposure")
    found = parsed(
        figure(Plot(X, Y), title="Net <exposure>", about="It falls.", marks=[Mark("line price", "price")], numbers=numbers)
    )
    assert found.one("figcaption").text == found.one("title").text == "Net <exposure>"
    assert found.one("desc").text == "It falls."
    assert found.one("details").one("table").text.endswith("6900")
    assert found.one("li").text == "price"
