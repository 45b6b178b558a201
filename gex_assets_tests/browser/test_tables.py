"""Tables wider than a phone: they scroll, and what they are about stays to be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from gex_assets.pages.markup import table
from gex_assets.pages.shell import document

TEXT = "field, expirations: all selected, weighted by open interest. Exposures in USD per 1 %, prices in index points."


@pytest.mark.parametrize("scrolled", [0, 400])
def test_the_caption_of_a_wide_table_is_whole_on_a_phone(chromium: Browser, scrolled: int) -> None:
    whole = table([f">column {number}" for number in range(14)], [["1,234.56"] * 14], caption=TEXT, wide=True)
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    try:
        page = context.new_page()
        page.set_content(document(title="tables", body=whole))
        page.evaluate("(left) => document.querySelector('.scroll').scrollTo({ left })", scrolled)
        assert page.evaluate("document.querySelector('.scroll').scrollLeft") == scrolled
        left, right = page.evaluate(
            """() => { const range = document.createRange();
            range.selectNodeContents(document.querySelector("caption"));
            const { left, right } = range.getBoundingClientRect(); return [left, right]; }"""
        )
        assert 0 <= left < right <= 390
    finally:
        context.close()
