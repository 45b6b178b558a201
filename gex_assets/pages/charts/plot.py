"""A chart's picture: shapes on two axes. What is missing (None or NaN) is left out and interrupts a line."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from gex_assets.pages.charts.scale import Axis
from gex_assets.pages.markup import Text, joined, safe, tag

__all__ = ["Plot"]

_WIDTH: Final = 2000
_HEIGHT: Final = 1000
"""Shapes are drawn on this grid of whole numbers, which stretches to the chart's place."""


class Plot:
    """Shapes on two axes, drawn in the order in which they are added.

    Parameters
    ----------
    x, y : the axes.
    height : of the drawing, in letters' heights (rem).
    """

    def __init__(self, x: Axis, y: Axis, *, height: float = 15.0) -> None:
        self.x, self.y = x, y
        self._height = height
        self._shapes: list[Markup] = []
        self._labels: list[Markup] = []
        if y.low < 0.0 < y.high:
            self._shapes.append(self._path(f"M0 {self._y(0.0)}H{_WIDTH}", "zero"))

    def line(self, x: ArrayLike, y: ArrayLike, style: str, *, steps: bool = False, gap: float | None = None) -> None:
        """A line through points.

        Parameters
        ----------
        style : classes of `page.css`: a colour, and `dashed` or `dotted`.
        steps : whether a value holds until the next one, as a price does.
        gap : the line is interrupted where two points are farther apart than this. [units of x]
        """
        text = "".join(self._strokes(_numbers(x), _numbers(y), steps=steps, gap=gap))
        if text:
            self._shapes.append(self._path(text, f"line {style}"))

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, style: str, *, gap: float | None = None) -> None:
        """The area between two lines."""
        places, lows, highs = _numbers(x), _numbers(low), _numbers(high)
        for piece in _pieces(places, np.isfinite(lows) & np.isfinite(highs), gap):
            there = [f"{self._x(places[at])} {self._y(highs[at])}" for at in piece]
            back = [f"{self._x(places[at])} {self._y(lows[at])}" for at in reversed(piece)]
            self._shapes.append(self._path(f"M{'L'.join((*there, *back))}Z", f"band {style}"))

    def bars(self, x: ArrayLike, values: ArrayLike, *, width: float, style: str = "", base: float = 0.0) -> None:
        """A bar from the base to each value; without a style, in the colour of its sign."""
        for place, value in zip(_numbers(x), _numbers(values), strict=True):
            if np.isfinite(value) and np.isfinite(place):
                left, right = self._x(place - width / 2), self._x(place + width / 2)
                top, bottom = sorted((self._y(value), self._y(base)))
                self._rectangle(left, top, right - left, max(bottom - top, 1), style or ("up" if value >= base else "down"))

    def columns(self, spans: Iterable[tuple[float, float]], style: str) -> None:
        """Stretches of x over the whole height, such as regimes or closed hours."""
        for first, last in spans:
            left, right = self._x(max(first, self.x.low)), self._x(min(last, self.x.high))
            self._rectangle(left, 0, max(right - left, 1), _HEIGHT, style)

    def whiskers(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, style: str = "whisker") -> None:
        """Vertical strokes, such as errors of bars or bid and ask."""
        strokes = [
            f"M{self._x(place)} {self._y(bottom)}V{self._y(top)}"
            for place, bottom, top in zip(_numbers(x), _numbers(low), _numbers(high), strict=True)
            if np.isfinite([place, bottom, top]).all()
        ]
        if strokes:
            self._shapes.append(self._path("".join(strokes), style))

    def points(self, x: ArrayLike, y: ArrayLike, style: str) -> None:
        """Round dots. They are strokes without a length: those keep their shape where the drawing is stretched."""
        dots = [
            f"M{self._x(place)} {self._y(value)}h0"
            for place, value in zip(_numbers(x), _numbers(y), strict=True)
            if np.isfinite([place, value]).all()
        ]
        if dots:
            self._shapes.append(self._path("".join(dots), f"dots {style}"))

    def upright(self, x: float, style: str, text: Text = "", *, row: int = 0) -> None:
        """A vertical line with a label at the top; `row` sets labels below each other."""
        if not self.x.low <= x <= self.x.high:
            return
        self._shapes.append(self._path(f"M{self._x(x)} 0V{_HEIGHT}", f"line {style}"))
        if text:
            place = self.x.place(x)
            side = f"right:{100 * (1 - place):.2f}%" if place > 0.6 else f"left:{100 * place:.2f}%"
            self._labels.append(tag("span", text, class_=f"mark {style}", style=f"{side};top:{1.25 * row + 0.1:.2f}rem"))

    def level(self, y: float, style: str, text: Text = "") -> None:
        """A horizontal line with a label at its right end."""
        if not self.y.low <= y <= self.y.high:
            return
        self._shapes.append(self._path(f"M0 {self._y(y)}H{_WIDTH}", f"line {style}"))
        if text:
            top = 100 * (1 - self.y.place(y))
            self._labels.append(tag("span", text, class_=f"mark {style}", style=f"right:0;top:calc({top:.2f}% - 1.3rem)"))

    def html(self, *, title: str, about: str) -> Markup:
        """The chart.

        Parameters
        ----------
        title, about : what it is and what is to be seen, for whoever has it read out.
        """
        lines = [self._path(f"M0 {self._y(place)}H{_WIDTH}", "grid") for place, _ in self.y.ticks if place]
        lines += [self._path(f"M{self._x(place)} 0V{_HEIGHT}", "grid") for place, _ in self.x.ticks]
        svg = tag(
            "svg",
            tag("title", title),
            tag("desc", about),
            *lines,
            *self._shapes,
            viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
            preserveAspectRatio="none",
            role="img",
            aria_label=title,
        )
        ticks = [
            tag("span", text, class_="y", style=f"top:{100 * (1 - self.y.place(place)):.2f}%") for place, text in self.y.ticks
        ]
        ticks += [tag("span", text, class_="x", style=f"left:{100 * self.x.place(place):.2f}%") for place, text in self.x.ticks]
        units = [
            tag("span", text, class_=f"unit {which}") for which, text in (("of-y", self.y.unit), ("of-x", self.x.unit)) if text
        ]
        letters = tag("div", joined(ticks), joined(units), joined(self._labels), aria_hidden="true")
        plot = tag("div", svg, letters, class_="plot", style=f"height:{self._height:g}rem")
        return tag("div", plot, class_="chart")

    def _strokes(self, x: NDArray[np.float64], y: NDArray[np.float64], *, steps: bool, gap: float | None) -> Iterator[str]:
        for piece in _pieces(x, np.isfinite(y), gap):
            before = self._x(x[piece[0]]), self._y(y[piece[0]])
            yield f"M{before[0]} {before[1]}"
            if len(piece) == 1:
                yield "h1"
            for at in piece[1:]:
                now = self._x(x[at]), self._y(y[at])
                right, down = now[0] - before[0], now[1] - before[1]
                if steps:
                    yield (f"h{right}" if right else "") + (f"v{down}" if down else "")
                elif right or down:
                    yield f"l{right} {down}"
                before = now

    def _rectangle(self, left: int, top: int, width: int, height: int, style: str) -> None:
        self._shapes.append(tag("rect", x=left, y=top, width=width, height=height, class_=style))

    def _path(self, strokes: str, style: str) -> Markup:
        return tag("path", d=safe(strokes), class_=style)

    def _x(self, value: float) -> int:
        return round(self.x.place(value) * _WIDTH)

    def _y(self, value: float) -> int:
        return round((1.0 - self.y.place(value)) * _HEIGHT)


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    if isinstance(values, Sequence):
        values = [np.nan if value is None else value for value in values]
    return np.asarray(values, dtype=np.float64)


def _pieces(x: NDArray[np.float64], known: NDArray[np.bool_], gap: float | None) -> Iterator[list[int]]:
    """Numbers of the points of each uninterrupted piece."""
    piece: list[int] = []
    for at, is_known in enumerate(itertools.chain(known, [False])):
        if piece and (not is_known or (gap is not None and x[at] - x[piece[-1]] > gap)):
            yield piece
            piece = []
        if is_known:
            piece.append(at)
