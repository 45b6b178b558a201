"""Tables wider than a phone scroll, and what they are about stays to be read; sections out of view wait while a picture plays."""

from __future__ import annotations

import pytest
from markupsafe import Markup
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


def test_while_a_picture_plays_sections_out_of_view_are_not_drawn_and_keep_their_place(chromium: Browser) -> None:
    part = Markup('<section id="s{0}" class="section"><h2>{0}</h2><p style="height: {1}px">…</p></section>')
    main = Markup('<main id="sections">{}</main>').format(Markup().join(part.format(one, 200 + 90 * one) for one in range(20)))
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.set_content(document(title="sections", body=Markup("<div></div>") + main))
        is_drawn = "(id) => document.querySelector(`#${id} p`).checkVisibility({ contentVisibilityAuto: true })"
        height = "() => document.documentElement.scrollHeight"
        assert page.evaluate(is_drawn, "s19")
        whole = page.evaluate(height)
        page.evaluate("() => { document.querySelector('div').className = 'gex-playing'; }")
        page.wait_for_function(f"() => !({is_drawn})('s19')")
        assert page.evaluate(is_drawn, "s0")
        assert page.evaluate(height) == whole
        page.evaluate("() => { location.hash = 's19'; }")
        page.wait_for_function(f"() => ({is_drawn})('s19')")
        top = page.evaluate("() => document.querySelector('#s19').getBoundingClientRect().top")
        assert 0 <= top < 900, "a link leads to its section"
    finally:
        page.close()
