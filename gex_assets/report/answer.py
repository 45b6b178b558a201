"""A table of text cells for a terminal of any width.

What does not fit is made narrower in this order: names of columns are folded at underscores, long texts are cut, columns in the
middle are left out, and at last every column stands on a line of its own. What is left out is said.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len, set_cell_size

__all__ = ["TextColumn", "grid", "records"]

_GAP: Final = "  "
_LONGEST_CUT: Final = 28
"""A text is cut to this width where a table is too wide."""

_HEAD_LINES: Final = 3
_FEW_ROWS: Final = 3
"""An answer of at most so many rows is shown with a column a line, rather than without some columns."""


@dataclass(frozen=True, slots=True)
class TextColumn:
    """One column as text.

    Attributes
    ----------
    head : the lines of its name.
    cells : one line each.
    is_number : whether it is aligned to the right, and never cut.
    """

    head: tuple[str, ...]
    cells: Sequence[str]
    is_number: bool = False

    @property
    def width(self) -> int:
        """Cells of the terminal that it needs."""
        return max(map(cell_len, (*self.head, *self.cells)), default=0)


def grid(columns: Sequence[TextColumn], *, width: int) -> Iterator[str]:
    """The columns side by side in lines of at most `width` cells, or one below the other where that is not possible."""
    rows = len(columns[0].cells) if columns else 0
    whole = _fitted(columns, width)
    ends = _ends(columns, width) if whole is None and rows > _FEW_ROWS else None
    if whole is not None:
        yield from _drawn(whole)
    elif ends is not None:
        left, right = ends
        yield from _drawn([*left, _dots(rows), *right])
        said = f"… {len(columns) - len(left) - len(right)} more columns: name those you want, or see all with --format lines"
        yield from textwrap.wrap(said, max(width, 20))
    else:
        yield from records(columns, width=width)


def records(columns: Sequence[TextColumn], *, width: int) -> Iterator[str]:
    """Every row as a block with one column a line; long values go on below, indented."""
    names = [" ".join(column.head) for column in columns]
    name_width = max(map(cell_len, names), default=0)
    rows = len(columns[0].cells) if columns else 0
    room = width - name_width - len(_GAP)
    below = room < 16
    for row in range(rows):
        if rows > 1:
            yield f"row {row + 1}"
        for name, column in zip(names, columns, strict=True):
            lines = _folded(column.cells[row], max(width - len(_GAP), 8) if below else room)
            if below:
                yield from _folded(name, max(width, 8))
                yield from (_GAP + line for line in lines)
            else:
                yield (set_cell_size(name, name_width) + _GAP + lines[0]).rstrip()
                yield from (" " * name_width + _GAP + line for line in lines[1:])
        if row < rows - 1:
            yield ""


def _fitted(columns: Sequence[TextColumn], width: int) -> list[TextColumn] | None:
    """The columns as they are, with folded names, or with cut texts: the first that fits."""
    folded = [replace(column, head=_folded_name(column)) for column in columns]
    for form in (list(columns), folded, [_cut(column) for column in folded]):
        if _width_of(form) <= width:
            return form
    return None


def _ends(columns: Sequence[TextColumn], width: int) -> tuple[list[TextColumn], list[TextColumn]] | None:
    """As many columns from both ends as fit, the first ones before the last ones; None where fewer than two do."""
    narrow = [_cut(replace(column, head=_folded_name(column))) for column in columns]
    room = width - _width_of([_dots(1)])
    left: list[TextColumn] = []
    right: list[TextColumn] = []
    while len(left) + len(right) < len(narrow):
        from_left = len(left) <= 2 * len(right)  # what identifies a row stands first
        one = narrow[len(left)] if from_left else narrow[-1 - len(right)]
        room -= one.width + len(_GAP)
        if room < 0:
            break
        if from_left:
            left.append(one)
        else:
            right.insert(0, one)
    return (left, right) if len(left) + len(right) > 1 else None


def _dots(rows: int) -> TextColumn:
    return TextColumn(("…",), ["…"] * rows)


def _width_of(columns: Sequence[TextColumn]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * max(len(columns) - 1, 0)


def _cut(column: TextColumn) -> TextColumn:
    if column.is_number or column.width <= _LONGEST_CUT:
        return column
    cells = [cell if cell_len(cell) <= _LONGEST_CUT else set_cell_size(cell, _LONGEST_CUT - 1) + "…" for cell in column.cells]
    return replace(column, cells=cells)


def _folded_name(column: TextColumn) -> tuple[str, ...]:
    """The name in as many lines as its cells ask for, at most three, broken behind underscores and spaces."""
    parts = re.findall(r"[^_\s]+[_\s]*|[_\s]+", column.head[0]) or [column.head[0]]
    narrowest = max(map(cell_len, (*parts, *column.cells)), default=1)
    for width in range(narrowest, cell_len(column.head[0]) + 1):
        lines = [""]
        for part in parts:
            if lines[-1] and cell_len(lines[-1] + part) > width:
                lines.append("")
            lines[-1] += part
        if len(lines) <= _HEAD_LINES:
            return tuple(line.rstrip() for line in lines)
    return column.head


def _drawn(columns: Sequence[TextColumn]) -> Iterator[str]:
    height = max(len(column.head) for column in columns)
    heads = [("",) * (height - len(column.head)) + column.head for column in columns]
    widths = [column.width for column in columns]
    for line in (*zip(*heads, strict=True), *zip(*(column.cells for column in columns), strict=True)):
        yield _GAP.join(
            " " * (width - cell_len(cell)) + cell if column.is_number else cell + " " * (width - cell_len(cell))
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()


def _folded(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at spaces, and within words that are longer."""
    lines = [""]
    for word in re.findall(r"\S+|\s+", text):
        rest = word
        if cell_len(lines[-1] + rest) > width and not rest.isspace() and cell_len(rest) <= width:
            lines.append("")
        while cell_len(lines[-1] + rest) > width:
            room = width - cell_len(lines[-1])
            count = next((n for n in range(min(len(rest), 2 * room), 0, -1) if cell_len(rest[:n]) <= room), 0 if lines[-1] else 1)
            lines[-1] += rest[:count]
            rest = rest[count:]
            lines.append("")
        lines[-1] += rest if lines[-1] or not rest.isspace() else ""
    return [line.rstrip() for line in lines if line.strip()] or [""]
