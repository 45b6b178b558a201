"""Colours of the chart at a moment and a price, read from the canvas itself."""

from __future__ import annotations

from playwright.sync_api import Page

Colour = tuple[int, int, int]

_AT = """([points]) => {
    const u = window.gex.app.charts.main;
    const box = u.bbox;
    return points.map(([time, price]) => {
        const x = Math.round(u.valToPos(time, "x", true));
        const y = Math.round(u.valToPos(price, "y", true));
        return [...u.ctx.getImageData(x, y, 1, 1).data].slice(0, 3);
    });
}"""

_COLUMN = """([time]) => {
    const u = window.gex.app.charts.main;
    const x = Math.round(u.valToPos(time, "x", true));
    const { top, height } = u.bbox;
    const { data } = u.ctx.getImageData(x, Math.round(top) + 1, 1, Math.round(height) - 2);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) found.add(data.slice(i, i + 3).join());
    return [...found];
}"""


def colours_at(page: Page, points: list[tuple[float, float]]) -> list[Colour]:
    """(UNIX s, price) -> what is painted there."""
    return [(one[0], one[1], one[2]) for one in page.evaluate(_AT, [points])]


def colours_of_column(page: Page, time: float) -> set[Colour]:
    """All colours in the pixel column of a moment, from the chart's lower edge to its upper one."""
    found = set()
    for text in page.evaluate(_COLUMN, [time]):
        red, green, blue = (int(part) for part in text.split(","))
        found.add((red, green, blue))
    return found


def token(page: Page, name: str) -> Colour:
    """A colour of the style sheet."""
    text = page.evaluate(
        """([name]) => {
            const ctx = document.createElement("canvas").getContext("2d");
            ctx.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
            return ctx.fillStyle;
        }""",
        [name],
    )
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
