"""Excel workbooks (.xlsx): the first sheet that has a chain's header, as typed columns. Needs the extra `xlsx`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from itertools import product
from typing import Any, Final

from gex_assets.chain.files.cells import MOST_COLUMNS, titles_text
from gex_assets.chain.files.column_names import is_header, is_header_of_symbols, our_name
from gex_assets.chain.files.contents import MOST_BYTES
from gex_assets.chain.files.numbers import DecimalMark
from gex_assets.chain.files.typed_columns import TypedColumns
from gex_assets.errors import ChainError

__all__ = ["sheet_cells"]

_WITHIN: Final = 10
_MOST_CELLS: Final = 10_000_000


def sheet_cells(data: bytes, *, file: str, decimal: DecimalMark | None) -> TypedColumns:
    """Read a workbook.

    Parameters
    ----------
    data : of the whole file.
    file : its name, for messages.
    decimal : mark before the decimals of numbers that are text.

    Raises
    ------
    ChainError
        The extra is not installed, the workbook cannot be read, no sheet has a chain's header, or it is beyond any chain's size.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise ChainError(
            f"Expected a file that needs no extra, was the Excel workbook {file}: "
            "install gex-assets[xlsx] (.venv/bin/pip install -e '.[xlsx]' in a clone), or save the sheet as CSV"
        ) from error
    _check_size(data, file=file)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ChainError(f"Expected a readable Excel workbook, was {file}: {error}") from error
    first: Sequence[Any] = ()
    for judge, sheet in product((is_header, is_header_of_symbols), book.worksheets):
        rows = sheet.iter_rows(values_only=True)
        for number, row in enumerate(rows, 1):
            titles = [str(cell) if cell is not None else "" for cell in row]
            if len(titles) > MOST_COLUMNS:
                raise ChainError(f"Expected at most {MOST_COLUMNS:,} columns in {file}, was {len(titles):,} in line {number}")
            first = first or [title for title in titles if title]
            if judge(titles):
                return _columns(titles, rows, first_line=number + 1, file=file, decimal=decimal)
            if number >= _WITHIN:
                break
    raise ChainError(
        f"Expected a header with a column strike or option symbols in the first {_WITHIN} lines of a sheet of {file}, "
        f"was {titles_text(first) or 'empty'}"
    )


def _check_size(data: bytes, *, file: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(one.file_size for one in archive.infolist())
    if size > MOST_BYTES:
        raise ChainError(
            f"Expected at most {MOST_BYTES // 2**20} MB in {file}, was {size / 2**20:,.0f}: keep one underlying and one moment"
        )


def _columns(titles: list[str], rows: Any, *, first_line: int, file: str, decimal: DecimalMark | None) -> TypedColumns:
    kept = [place for place, title in enumerate(titles) if our_name(title) is not None]
    columns: list[list[Any]] = [[] for _ in kept]
    cells = 0
    for row in rows:
        if all(cell is None for cell in row):
            continue
        cells += len(titles)
        if cells > _MOST_CELLS:
            raise ChainError(f"Expected at most {_MOST_CELLS:,} cells in {file}, was more: keep one underlying and one moment")
        for column, place in zip(columns, kept, strict=True):
            column.append(row[place] if place < len(row) else None)
    return TypedColumns(
        file=file,
        titles=tuple(titles[place] for place in kept),
        columns=tuple(columns),
        others=tuple(title for place, title in enumerate(titles) if place not in kept and title),
        decimal=decimal or ".",
        row_word="line",
        first_row=first_line,
    )
