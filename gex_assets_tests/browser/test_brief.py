"""The page of a brief in a browser: it fits a phone, its letters can be read in both themes, no labels cover each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gex_assets.brief.facts import Brief
from gex_assets.pages.brief.page import brief_page
from gex_assets_tests.brief.made_up_briefs import brief, frame, full, rows
from gex_assets_tests.browser.conftest import WITHIN_MS

LABELS = """() => [...document.querySelectorAll(".ladder li")].map((one) => {
    const box = one.getBoundingClientRect(), frame = one.closest(".ladder").getBoundingClientRect();
    return [box.top, box.bottom, box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom];
})"""
LEAST_CONTRAST = """() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
        const [r, g, b] = numbers(colour).map((one) => one / 255)
            .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (numbers(colour).length === 3) return colour;
        }
        throw new Error("no background");
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let least = 21;
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const element = text.parentElement;
        if (!text.data.trim() || ["SCRIPT", "STYLE", "TITLE", "DESC"].includes(element.tagName.toUpperCase())) continue;
        const both = [light(getComputedStyle(element).color), light(behind(element))];
        least = Math.min(least, (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05));
    }
    return least;
}"""
"""The least contrast of any text, by WCAG 2.2."""

FULL = full(frame(missing=("no windows of 2026-01-22 UTC are published",)))
CROWDED = brief(now=rows(call_wall=6975.0, secondary_call_wall=6980.0, put_wall=6970.0, secondary_put_wall=6965.0))


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(WITHIN_MS)
    found = context.new_page()
    errors: list[str] = []
    found.on("pageerror", lambda error: errors.append(str(error)))
    yield found
    context.close()
    assert not errors


def show(page: Page, made: Brief, tmp_path: Path, *, width: int, scheme: str = "dark") -> None:
    path = tmp_path / "brief.html"
    path.write_text(brief_page(made, links=[("days", "index.html"), ("history", "history.html")]))
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(path.as_uri())


@pytest.mark.parametrize("width", [360, 390, 430, 768, 1440])
def test_no_screen_is_too_narrow(page: Page, tmp_path: Path, width: int) -> None:
    show(page, FULL, tmp_path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    hidden = "[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(hidden) == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_letters_can_be_read(page: Page, tmp_path: Path, scheme: str) -> None:
    show(page, FULL, tmp_path, width=390, scheme=scheme)
    assert page.evaluate(LEAST_CONTRAST) >= 4.5


@pytest.mark.parametrize("made", [FULL, CROWDED], ids=["full", "crowded"])
@pytest.mark.parametrize("width", [360, 1440])
def test_labels_stand_apart_within_the_ladder(page: Page, tmp_path: Path, made: Brief, width: int) -> None:
    show(page, made, tmp_path, width=width)
    labels = page.evaluate(LABELS)
    assert len(labels) == (6 if made is CROWDED else 5)
    assert all(inside for _, _, inside in labels)
    assert all(later[0] >= earlier[1] - 0.5 for earlier, later in itertools.pairwise(labels))
