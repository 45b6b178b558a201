"""Cells of a file as columns of numbers; every error names file, line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import ChainError

__all__ = ["Cells", "bytes_of", "number_in", "read_cells", "snake_case", "text_of"]

Float = NDArray[np.float64]

_NOTHING: Final = frozenset(("", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a"))
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_DELIMITERS: Final = ",;\t|"
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A file of cells: the lines above the header, the header, and rows of its length with their line numbers."""

    file: str
    preamble: tuple[tuple[str, ...], ...]
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def texts(self, place: int) -> tuple[str, ...]:
        """Cells of one column, stripped."""
        return tuple(row[place].strip() for row in self.rows)

    def numbers(self, place: int) -> Float:
        """Cells of one column as numbers, NaN where a cell is empty or a placeholder.

        Raises
        ------
        ChainError
            A cell is no number; names its line and column.
        """
        texts = self.texts(place)
        try:
            return np.array([float(text) if text else np.nan for text in texts])
        except ValueError:
            pass
        numbers = np.empty(len(texts))
        for row, text in enumerate(texts):
            number = number_in(text)
            if number is None:
                raise ChainError(
                    f"Expected a number in line {self.lines[row]}, column {self.header[place]} of {self.file}, was {text!r}"
                )
            numbers[row] = number
        return numbers


def number_in(text: str) -> float | None:
    """The number in a cell: NaN for an empty cell or a placeholder (-, n/a, …), None for any other text.

    Dollar signs and thousands separators are dropped; a percent sign divides by 100.

    Examples
    --------
    >>> number_in("$6,012.34"), number_in("18.5%"), number_in("--"), number_in("high"), number_in("1,5")
    (6012.34, 0.185, nan, None, None)
    """
    bare = text.strip().removeprefix("$")
    if bare.lower() in _NOTHING:
        return float("nan")
    share = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    try:
        number = float(bare)
    except ValueError:
        return None
    return number / 100.0 if share else number


def snake_case(title: str) -> str:
    """A column's title in small letters and underscores.

    Examples
    --------
    >>> snake_case("Strike Price"), snake_case("impliedVolatility"), snake_case(" OI ")
    ('strike_price', 'implied_volatility', 'oi')
    """
    return re.sub(r"[\s\-.]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", title.strip()).lower())


def bytes_of(path: Path) -> bytes:
    """Content of a file.

    Raises
    ------
    ChainError
        It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ChainError(f"Expected a file, was {path}: {error.strerror}") from error


def text_of(data: bytes, *, file: str) -> str:
    """Text of a file in UTF-8, or in UTF-16 with a byte order mark.

    Raises
    ------
    ChainError
        The bytes are no such text.
    """
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ChainError(f"Expected text in UTF-8 in {file}, was byte 0x{data[error.start]:02x} in line {line}") from error
    if "\0" in text:
        raise ChainError(f"Expected text in {file}, was a binary file")
    return text


def read_cells(text: str, *, file: str, headed_by: Sequence[str], within: int = 10) -> Cells:
    """Read a file of separated values.

    Parameters
    ----------
    text : the whole file.
    file : its name, for messages.
    headed_by : the header is the first line that has one of these cells, in `snake_case`.
    within : lines in which the header must come.

    Raises
    ------
    ChainError
        There is no header, or a row has another number of cells than it.
    """
    lines = text.splitlines()[:within]
    header_at = next((at for at, line in enumerate(lines) if _is_header(line, headed_by)), None)
    if header_at is None:
        first = next((line for line in lines if line.strip()), "")
        begins = repr(first[:60]) if first else "an empty file"
        raise ChainError(f"Expected a header with {headed_by[0]} in {file}, was {begins}")
    delimiter = _delimiter(lines[header_at])
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    preamble: list[tuple[str, ...]] = []
    header: tuple[str, ...] = ()
    header_line = 0
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                if any(snake_case(cell) in headed_by for cell in cells):
                    header, header_line = tuple(cell.strip() for cell in cells), reader.line_num
                else:
                    preamble.append(tuple(cell.strip() for cell in cells))
                continue
            row = _without_tail(cells, len(header))
            if len(row) != len(header):
                raise ChainError(f"Expected {len(header)} cells in line {reader.line_num} of {file}, was {len(row)}")
            rows.append(tuple(row))
            numbers.append(reader.line_num)
    except csv.Error as error:
        raise ChainError(f"Expected separated values in line {reader.line_num} of {file}, was {error}") from error
    while header and not header[-1] and all(not row[-1].strip() for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return Cells(
        file=file, preamble=tuple(preamble), header=header, header_line=header_line, rows=tuple(rows), lines=tuple(numbers)
    )


def _without_tail(cells: list[str], length: int) -> list[str]:
    """A row without empty cells after the header's last: such lines end in a delimiter."""
    while len(cells) > length and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _is_header(line: str, headed_by: Sequence[str]) -> bool:
    return any(snake_case(cell.strip().strip('"')) in headed_by for cell in line.split(_delimiter(line)))


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)
