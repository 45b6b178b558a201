"""Shapes of a PNG stand where their values are."""

import io

import numpy as np
from PIL import Image

from gex_assets.pages.charts.scale import Axis
from gex_assets.pages.previews.canvas import COLOURS, Canvas

X, Y = Axis(0.0, 100.0, ()), Axis(0.0, 1.0, ())


def drawing(canvas: Canvas) -> np.ndarray:
    """The pixels within the axes."""
    whole = np.asarray(Image.open(io.BytesIO(canvas.png())).convert("RGB")).astype(int)
    return whole[24 : 24 + canvas.height, 58 : 58 + canvas.width]


def places(pixels: np.ndarray, colour: str) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero((np.abs(pixels - np.array(COLOURS[colour])) < 8).all(axis=2))


def test_a_line_is_interrupted_by_what_is_missing_and_by_gaps() -> None:
    canvas = Canvas(X, Y, title="t")
    canvas.line([0, 20, 30, 40, 80, 100], [0.5, 0.5, np.nan, 0.5, 0.5, 0.5], "price", gap=30.0)
    rows, columns = places(drawing(canvas), "price")
    assert (np.abs(rows - (canvas.height - 1) / 2) < 1).all()
    shares = columns / (canvas.width - 1)
    assert not ((shares > 0.21) & (shares < 0.79)).any()  # a point alone is no line
    assert (shares < 0.2).any()
    assert (shares > 0.81).any()


def test_higher_values_stand_higher() -> None:
    canvas = Canvas(X, Y, title="t")
    canvas.points([10.0], [0.9], "call")
    canvas.points([90.0], [0.1], "put")
    pixels = drawing(canvas)
    (call_rows, call_columns), (put_rows, put_columns) = places(pixels, "call"), places(pixels, "put")
    assert call_rows.mean() < put_rows.mean()
    assert call_columns.mean() < put_columns.mean()


def test_black_cells_leave_what_is_there() -> None:
    canvas = Canvas(X, Y, title="t")
    cells = np.zeros((canvas.height, canvas.width, 3), dtype=np.uint8)
    cells[:10] = COLOURS["positive"]
    canvas.cells(cells)
    rows, _ = places(drawing(canvas), "positive")
    assert set(rows) == set(range(10))


def test_letters_that_the_font_lacks_do_not_break_a_picture() -> None:
    canvas = Canvas(X, Axis(-1.0, 1.0, ((-1.0, "−100 %"),)), title="σ → 漢字")
    canvas.legend([("price", "…")])
    assert canvas.png().startswith(b"\x89PNG")
