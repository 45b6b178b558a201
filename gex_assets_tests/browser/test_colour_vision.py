"""People who do not see red and green as different still see both signs: Chromium simulates what they see."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gex_assets_tests.browser.conftest import Opened, frames

APART = {"red-green": {0.25: 12.0, 0.5: 25.0, 0.9: 30.0}, "blue-orange": {0.25: 15.0, 0.5: 50.0, 0.9: 75.0}}
"""Share of the colours' range -> least distance of + and − in CIELAB; 2 is just seen. Blue and orange are for these readers."""
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])

ROW = """async (png) => {
    const bytes = Uint8Array.from(atob(png), (one) => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const ctx = new OffscreenCanvas(image.width, image.height).getContext("2d");
    ctx.drawImage(image, 0, 0);
    const { data } = ctx.getImageData(0, image.height >> 1, image.width, 1);
    return Array.from({ length: image.width }, (_, i) => [...data.slice(4 * i, 4 * i + 3)]);
}"""
"""The middle row of a screenshot. A canvas keeps true colours: only what is shown is changed by the simulation."""


def lab(colour: list[int]) -> NDArray[np.float64]:
    """CIELAB of an sRGB colour."""
    c = np.array(colour) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    x = XYZ @ linear / WHITE
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", ["deuteranopia", "protanopia"])
def test_signs_are_told_apart_by_who_confuses_red_and_green(opened: Opened, day_file: Path, deficiency: str) -> None:
    page = opened(day_file, width=1000, height=700)
    page.context.new_cdp_session(page).send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    for palette, theme in itertools.product(APART, ("dark", "light")):
        page.evaluate("(look) => window.gex.change(look)", {"palette": palette, "theme": theme})
        frames(page)
        # The legend has all colours, from the most negative one on the left to the most positive one.
        row = page.evaluate(ROW, base64.b64encode(page.locator(".gex-bar").screenshot()).decode())
        for share, least in APART[palette].items():
            low, high = (row[round((1 + sign * share) / 2 * (len(row) - 1))] for sign in (-1, 1))
            assert np.linalg.norm(lab(low) - lab(high)) >= least, (palette, theme, share)
