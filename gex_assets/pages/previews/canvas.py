"""A chart as a PNG: two axes, lines, bars and filled cells, drawn with Pillow in the colours of the dark theme."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from gex_assets.pages.charts.scale import Axis

__all__ = ["COLOURS", "Canvas"]

COLOURS: Final = {
    "background": (11, 14, 20),
    "grid": (31, 37, 49),
    "muted": (154, 163, 180),
    "price": (244, 246, 250),
    "accent": (125, 183, 255),
    "flip": (187, 163, 245),
    "call": (114, 220, 255),
    "put": (255, 207, 92),
    "positive": (47, 191, 113),
    "negative": (238, 75, 75),
    "missing": (58, 64, 80),
}
"""Those of the pages' dark theme: a PNG cannot follow the reader's."""

_WIDTH: Final = 760
_LEFT: Final = 58
_TOP: Final = 24
_BOTTOM: Final = 20
_RIGHT: Final = 12
_LETTERS: Final = 11
_COLOURS_KEPT: Final = 48
"""An image of few colours is a third of the size."""


class Canvas:
    """A chart.

    Parameters
    ----------
    x, y : the axes.
    title : stands above.
    height : of the whole picture. [pixels]
    ribbon : room below the drawing for ribbons. [pixels]
    """

    def __init__(self, x: Axis, y: Axis, *, title: str, height: int = 260, ribbon: int = 0) -> None:
        self.x, self.y = x, y
        self.width, self.height = _WIDTH - _LEFT - _RIGHT, height - _TOP - _BOTTOM - ribbon
        self._image = Image.new("RGB", (_WIDTH, height), COLOURS["background"])
        self._draw = ImageDraw.Draw(self._image)
        self._font = ImageFont.load_default(_LETTERS)
        self._draw.text((8, 5), _drawable(title), fill=COLOURS["price"], font=self._font)
        for place, text in y.ticks:
            at = self._y(place)
            self._draw.line((_LEFT, at, _LEFT + self.width, at), fill=COLOURS["muted" if place == 0.0 else "grid"])
            self._draw.text((_LEFT - 6, at), _drawable(text), fill=COLOURS["muted"], font=self._font, anchor="rm")
        for place, text in x.ticks:
            at = self._x(place)
            self._draw.line((at, _TOP, at, _TOP + self.height), fill=COLOURS["grid"])
            anchor = "rs" if at > _LEFT + self.width - _LEFT / 4 else "ms"  # the last one would leave the picture
            self._draw.text((at, height - 4), _drawable(text), fill=COLOURS["muted"], font=self._font, anchor=anchor)

    def cells(self, pixels: NDArray[np.uint8]) -> None:
        """Colours of every pixel of the drawing, (height, width, 3); black ones leave what is there."""
        there = np.asarray(self._image).copy()
        part = there[_TOP : _TOP + self.height, _LEFT : _LEFT + self.width]
        drawn = pixels.any(axis=2)
        part[drawn] = pixels[drawn]
        self._image = Image.fromarray(there)
        self._draw = ImageDraw.Draw(self._image)

    def line(self, x: ArrayLike, y: ArrayLike, colour: str, *, width: int = 1, gap: float | None = None) -> None:
        """A line, interrupted where a value is missing or two points are farther apart than `gap`."""
        places, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        piece: list[tuple[float, float]] = []
        before = np.nan
        for place, value in zip(places, values, strict=True):
            if not np.isfinite(value) or (gap is not None and place - before > gap):
                self._stroke(piece, colour, width)
                piece = []
            if np.isfinite(value):
                piece.append((self._x(place), self._y(value)))
                before = place
        self._stroke(piece, colour, width)

    def _stroke(self, piece: Sequence[tuple[float, float]], colour: str, width: int) -> None:
        if len(piece) > 1:
            self._draw.line(list(piece), fill=COLOURS[colour], width=width)

    def points(self, x: Iterable[float], y: Iterable[float], colour: str, *, size: float = 2.0) -> None:
        """Round dots."""
        for place, value in zip(x, y, strict=True):
            if np.isfinite(value):
                right, down = self._x(place), self._y(value)
                self._draw.ellipse((right - size, down - size, right + size, down + size), fill=COLOURS[colour])

    def whiskers(self, x: Iterable[float], low: Iterable[float], high: Iterable[float], colour: str) -> None:
        """Vertical strokes."""
        for place, bottom, top in zip(x, low, high, strict=True):
            if np.isfinite([bottom, top]).all():
                self._draw.line((self._x(place), self._y(bottom), self._x(place), self._y(top)), fill=COLOURS[colour])

    def upright(self, x: float, colour: str, text: str, *, row: int = 0) -> None:
        """A vertical line with a label."""
        if self.x.low <= x <= self.x.high:
            at = self._x(x)
            self._draw.line((at, _TOP, at, _TOP + self.height), fill=COLOURS[colour])
            anchor, shift = ("ra", -4) if self.x.place(x) > 0.7 else ("la", 4)
            self._draw.text(
                (at + shift, _TOP + 2 + 13 * row), _drawable(text), fill=COLOURS[colour], font=self._font, anchor=anchor
            )

    def ribbon(self, spans: Iterable[tuple[float, float, str]], *, row: int, text: str) -> None:
        """Coloured stretches of x below the drawing, one row of 10 pixels each."""
        top = _TOP + self.height + 4 + 10 * row
        self._draw.text((_LEFT - 6, top + 3), _drawable(text), fill=COLOURS["muted"], font=self._font, anchor="rm")
        for first, last, colour in spans:
            left = self._x(max(first, self.x.low))
            self._draw.rectangle((left, top, max(left, self._x(last) - 1), top + 6), fill=COLOURS[colour])

    def legend(self, entries: Iterable[tuple[str, str]]) -> None:
        """What colours mean, in the upper right corner: colour and text."""
        right = float(_WIDTH - 8)
        for colour, name in entries:
            text = _drawable(name)
            self._draw.text((right, 5), text, fill=COLOURS[colour], font=self._font, anchor="ra")
            right -= self._draw.textlength(text, font=self._font) + 12

    def png(self) -> bytes:
        """The picture."""
        packed = io.BytesIO()
        few: Any = self._image.quantize(_COLOURS_KEPT, dither=Image.Dither.NONE)
        few.save(packed, "PNG", optimize=True)
        return packed.getvalue()

    def _x(self, value: float) -> float:
        return _LEFT + self.x.place(value) * (self.width - 1)

    def _y(self, value: float) -> float:
        return _TOP + (1.0 - self.y.place(value)) * (self.height - 1)


def _drawable(text: str) -> str:
    """The text in letters that the built-in font has: no minus sign, and what it lacks as a question mark."""
    return text.replace("\N{MINUS SIGN}", "-").encode("latin-1", "replace").decode("latin-1")
