"""The picture of one chain: bars by strike, the profile next to them, levels across both."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from gex_assets.pages.bundle import bundle
from gex_assets_tests.browser.conftest import WITHIN_MS

MARKUP = "<img src=x onerror=\"document.title='owned'\">"


COLOURS = """() => {
    const one = document.querySelector("canvas");
    const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
    return new Set(Array.from({ length: 4000 }, (_, i) => data.slice(4 * i * 97, 4 * i * 97 + 3).join())).size;
}"""
"""How many colours there are among some thousand pixels."""


def chain(**changed: Any) -> dict[str, Any]:
    strikes = [6700.0 + 5 * n for n in range(81)]
    call = [2e8 * math.exp(-(((strike - 6960) / 60) ** 2)) for strike in strikes]
    put = [-2.4e8 * math.exp(-(((strike - 6870) / 60) ** 2)) for strike in strikes]
    net: list[float | None] = [a + b for a, b in zip(call, put, strict=True)]
    net[44] = None
    return {
        "title": f"SPX {MARKUP}",
        "strikes": strikes,
        "call": call,
        "put": put,
        "net": net,
        "se": [0.1 * abs(one or 0.0) for one in net],
        "profile": {"prices": strikes[::2], "net": [(strike - 6934) * 5e7 for strike in strikes[::2]]},
        "walls": {"call": 6950, "put": 6850},
        "flip": 6934.2,
        "band": [6929, 6941],
        "spot": 6921.35,
        "unit": "USD per 1 %",
        "convention": "field 2, open interest",
    } | changed


def opened_chain(browser: Browser, path: Path, document: dict[str, Any], *, width: int = 1440) -> tuple[Page, list[str]]:
    text = json.dumps(document).replace("<", "\\u003c")
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><style>{bundle('web/heatmap.css')}</style><div id=gex-picture></div>"
        f'<script type="application/json" id="gex-chain">{text}</script><script>{bundle("web/chain.js")}</script></html>'
    )
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark")
    page.set_default_timeout(WITHIN_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    return page, errors


@pytest.mark.parametrize("width", [390, 1440])
def test_a_chain_is_drawn_with_a_table_for_readers(chromium: Browser, tmp_path: Path, width: int) -> None:
    page, errors = opened_chain(chromium, tmp_path / "chain.html", chain(), width=width)
    expect(page.get_by_role("row")).to_have_count(82)
    assert MARKUP in page.locator("h1").inner_text()
    assert "6934.2" in page.locator(".gex-readouts").inner_text()
    assert page.title() != "owned"
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.locator("canvas").hover()
    expect(page.locator(".gex-tip")).to_contain_text("strike")
    page.get_by_label("net, or calls and puts").select_option("both")
    assert not errors
    page.close()


def test_a_chain_without_profile_flip_and_price_is_drawn(chromium: Browser, tmp_path: Path) -> None:
    nothing = {"profile": None, "flip": None, "band": None, "spot": None, "walls": {"call": None, "put": None}, "se": None}
    page, errors = opened_chain(chromium, tmp_path / "chain.html", chain(**nothing))
    expect(page.get_by_role("row")).to_have_count(82)
    painted = page.evaluate(COLOURS)
    assert painted > 10
    assert not errors
    page.close()
