"""Cells of a file as columns of numbers; every error names file, line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.files.numbers import DecimalMark, MarkFound, decimal_mark, number_in
from gex_assets.errors import ChainError
from gex_assets.escaping import visible

__all__ = ["MOST_COLUMNS", "Cells", "read_cells", "snake_case", "titles_text"]

Float = NDArray[np.float64]

MOST_COLUMNS: Final = 1_000
_MOST_CELLS: Final = 10_000_000
"""A chain of 30,000 options with 40 columns has an eighth of it; so many cells are about 1 GB of memory."""
_MOST_TITLES: Final = 30
_DELIMITERS: Final = ",;\t|"
_WITHIN: Final = 10
_UNCLOSED: Final = "a quotation mark that opens in this line is not closed in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A file of cells: the lines above the header, the header, and a column of stripped cells for each of its titles.

    `lines` has each row's number of line. `decimal` is the file's decimal mark, and `said` how it was chosen where the cells do
    not show it.
    """

    file: str
    preamble: tuple[tuple[str, ...], ...]
    header: tuple[str, ...]
    header_line: int
    columns: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    decimal: DecimalMark = "."
    said: str | None = None

    def texts(self, place: int) -> tuple[str, ...]:
        """Cells of one column, stripped."""
        return self.columns[place]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Cells row by row."""
        return tuple(zip(*self.columns, strict=True))

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of all columns."""
        return self.header

    @property
    def headers(self) -> str:
        """The file's own titles and their line, for messages."""
        return f"{titles_text(self.header)} (line {self.header_line})"

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.lines)

    def values(self, place: int) -> list[str | None]:
        """Cells of one column, None where empty."""
        return [text or None for text in self.texts(place)]

    def where(self, row: int) -> str:
        """The place of a row, for messages."""
        return f"line {self.lines[row]}"

    def numbers(self, place: int, *, percent: bool = False) -> Float:
        """Cells of one column as numbers, NaN where a cell is empty or a placeholder.

        Parameters
        ----------
        place : of the column.
        percent : whether the column is in percent, with or without a sign in its cells; the numbers are divided by 100.

        Raises
        ------
        ChainError
            A cell is no number; names its line and column.
        """
        texts = self.texts(place)
        if percent:
            texts = tuple(text.removesuffix("%").strip() for text in texts)
        unit = 100.0 if percent else 1.0
        if self.decimal == "." and "_" not in "".join(texts):
            try:
                return np.array([float(text) if text else np.nan for text in texts]) / unit
            except ValueError:
                pass
        numbers = np.empty(len(texts))
        for row, text in enumerate(texts):
            number = number_in(text, decimal=self.decimal)
            if number is None:
                where = f"{self.where(row)}, column {visible(self.header[place])} of {self.file}"
                raise ChainError(f"Expected a number in {where}, was {text[:80]!r}")
            numbers[row] = number / unit
        return numbers


def snake_case(title: str) -> str:
    """A column's title in small letters and underscores; brackets are dropped, and % is a word.

    Examples
    --------
    >>> snake_case("Strike Price"), snake_case("impliedVolatility"), snake_case(" OI "), snake_case("[C_IV]")
    ('strike_price', 'implied_volatility', 'oi', 'c_iv')
    >>> snake_case("IV (%)")
    'iv_percent'
    """
    bare = re.sub(r"[\[\]()\"]", "", title.replace("%", " percent ")).strip()
    return re.sub(r"[\s\-.]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", bare).lower())


def titles_text(titles: Sequence[str]) -> str:
    """The titles of a file's columns for a message: at most thirty, what steers a terminal written as an escape."""
    shown = ", ".join(visible(title)[:40] or "(empty)" for title in titles[:_MOST_TITLES])
    return shown + (f" … ({len(titles):,} in all)" if len(titles) > _MOST_TITLES else "")


def read_cells(
    text: str,
    *,
    file: str,
    is_header: Callable[[Sequence[str]], bool],
    or_else: Callable[[Sequence[str]], bool] | None = None,
    expected: str,
    decimal: DecimalMark | None = None,
) -> Cells:
    """Read a file of separated values. A header that comes again, and one line above it, part a file into sections.

    Parameters
    ----------
    text : the whole file.
    file : its name, for messages.
    is_header : whether titles in `snake_case` are the header's; the first such line of the first ten is it.
    or_else : the same, where no line is the header by `is_header`.
    expected : what a header has, for messages.
    decimal : the decimal mark; by default what the cells show.

    Raises
    ------
    ChainError
        There is no header, a row has another number of cells than it, or the file is beyond any chain's size.
    """
    lines = list(islice(io.StringIO(text, newline=""), _WITHIN))
    for line in lines:
        if max(line.count(mark) for mark in _DELIMITERS) >= MOST_COLUMNS:
            raise ChainError(f"Expected at most {MOST_COLUMNS:,} columns in {file}, was more in one line")
    judges = (is_header,) if or_else is None else (is_header, or_else)
    found_at = next(((at, judge) for judge in judges for at, line in enumerate(lines) if judge(_titles(line))), None)
    if found_at is None:
        raise ChainError(f"Expected a header with {expected} in the first {_WITHIN} lines of {file}, was {_begins(lines)}")
    header_at, is_header = found_at
    delimiter = _delimiter(lines[header_at])
    records = _records(text, delimiter, file)
    preamble: list[tuple[str, ...]] = []
    for line_number, last, cells in records:
        if is_header([snake_case(cell) for cell in cells]):
            header, header_line = tuple(cell.strip() for cell in cells), line_number
            break
        if last > header_at:
            raise ChainError(f"Expected a closed quotation mark in line {line_number} of {file}: {_UNCLOSED}")
        preamble.append(tuple(cell.strip() for cell in cells))
    rows, numbers = _rows(records, header, file=file)
    columns = [tuple(map(str.strip, column)) for column in zip(*rows, strict=True)] or [()] * len(header)
    while header and not header[-1] and not any(columns[-1]):
        header, columns = header[:-1], columns[:-1]
    found = MarkFound(decimal, None) if decimal is not None else _mark(rows, numbers, delimiter=delimiter, text=text, file=file)
    return Cells(
        file=file,
        preamble=tuple(preamble),
        header=header,
        header_line=header_line,
        columns=tuple(columns),
        lines=tuple(numbers),
        decimal=found.mark,
        said=found.said,
    )


def _rows(
    records: Iterator[tuple[int, int, list[str]]], header: tuple[str, ...], *, file: str
) -> tuple[list[list[str]], list[int]]:
    """Rows of the header's length, and the line that each begins in; sections are joined."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    length = len(header)
    odd: ChainError | None = None  # of a line that is a section's heading if the header follows
    for line_number, last, cells in records:
        row = cells if len(cells) == length else _without_tail(cells, length)
        if row[0].strip() == header[0] and tuple(map(str.strip, row)) == header:
            odd = None
            continue
        if odd is not None:
            raise odd
        if len(row) != length:
            unclosed = f": {_UNCLOSED}" if last > line_number or any("\n" in cell for cell in cells) else ""
            odd = ChainError(f"Expected {length} cells in line {line_number} of {file}, was {len(row)}{unclosed}")
            continue
        rows.append(row)
        numbers.append(line_number)
        if len(rows) * length > _MOST_CELLS:
            raise ChainError(
                f"Expected at most {_MOST_CELLS:,} cells in {file}, was more by line {line_number}: keep one underlying"
            )
    if odd is not None:
        raise odd
    return rows, numbers


def _records(text: str, delimiter: str, file: str) -> Iterator[tuple[int, int, list[str]]]:
    """(first line, last line, cells) of every record that is not empty: a quoted cell may go over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    before = 0
    try:
        for cells in reader:
            if "".join(cells).strip():
                yield before + 1, reader.line_num, cells
            before = reader.line_num
    except csv.Error as error:
        unclosed = f": {_UNCLOSED}" if reader.line_num > before + 1 or "end of data" in str(error) else ""
        raise ChainError(f"Expected separated values in line {before + 1} of {file}, was {error}{unclosed}") from error


def _mark(rows: Sequence[Sequence[str]], lines: Sequence[int], *, delimiter: str, text: str, file: str) -> MarkFound:
    if delimiter == "," and '"' not in text:
        return MarkFound(".", None)
    cells = ((line, cell) for line, row in zip(lines, rows, strict=True) for cell in row)
    return decimal_mark(cells, delimiter=delimiter, file=file)


def _without_tail(cells: list[str], length: int) -> list[str]:
    """A row without empty cells after the header's last: such lines end in a delimiter."""
    while len(cells) > length and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _begins(lines: Sequence[str]) -> str:
    """The first line that is not empty, as titles where it has several cells."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            cells = _split(line)
            return f"{titles_text(cells)!r} in line {number}" if len(cells) > 1 else repr(line.strip()[:60])
    return "an empty file"


def _titles(line: str) -> list[str]:
    return [snake_case(cell) for cell in _split(line)]


def _split(line: str) -> list[str]:
    """Cells of one line alone."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=_delimiter(line), skipinitialspace=True), [])]
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)
