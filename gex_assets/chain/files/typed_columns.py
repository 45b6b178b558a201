"""Columns whose values have types: of Arrow tables, of rows of JSON, of mappings of lists."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.chain.files.cells import MOST_COLUMNS, titles_text
from gex_assets.chain.files.column_names import our_name
from gex_assets.chain.files.numbers import DecimalMark, number_in
from gex_assets.chain.reading import columns_of, numbers_of
from gex_assets.errors import ChainError
from gex_assets.escaping import visible

__all__ = ["TypedColumns"]

Float = NDArray[np.float64]

_MOST_TEXT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumns:
    """Columns of one length under the file's own titles.

    Attributes
    ----------
    file : name, for messages.
    titles : of the columns kept, as the file has them.
    columns : values of each.
    others : titles of columns that mean nothing here and are not kept.
    decimal : mark before the decimals of numbers that are text.
    row_word, first_row : what a row is called in messages ("line" for JSON lines, else "row"), and the first one's number.
    said : what is to be said about how numbers were read.
    """

    file: str
    titles: tuple[str, ...]
    columns: tuple[pa.Array | list[Any], ...]
    others: tuple[str, ...] = ()
    decimal: DecimalMark = "."
    row_word: str = "row"
    first_row: int = 1
    said: str | None = None

    @classmethod
    def of_table(cls, table: object, *, file: str, decimal: DecimalMark | None) -> TypedColumns:
        """Columns of an Arrow table, or of anything that `analyze` takes as one.

        Raises
        ------
        ChainError
            The form is not known.
        """
        found = columns_of(table)
        kept = {title: column for title, column in found.items() if our_name(title) is not None}
        others = tuple(title for title in found if title not in kept)
        return cls(
            file=file,
            titles=tuple(kept),
            columns=tuple(_narrowed(pa.array(one) if isinstance(one, np.ndarray) else one) for one in kept.values()),
            others=others,
            decimal=decimal or ".",
        )

    @classmethod
    def of_rows(
        cls, rows: Sequence[object], *, file: str, decimal: DecimalMark | None = None, row_word: str = "row"
    ) -> TypedColumns:
        """Columns of rows of JSON; a key that a row lacks is missing there, one without values no column.

        Raises
        ------
        ChainError
            A row is no object, or the rows have more keys than any chain has columns.
        """
        titles: dict[str, None] = {}
        objects: list[Mapping[str, Any]] = []
        for place, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                raise ChainError(f"Expected an object in {row_word} {place} of {file}, was {type(row).__name__}")
            objects.append(row)
            titles.update(dict.fromkeys(row))
            if len(titles) > MOST_COLUMNS:
                raise ChainError(f"Expected at most {MOST_COLUMNS:,} keys in the rows of {file}, was more by {row_word} {place}")
        known = [title for title in titles if our_name(str(title)) is not None]
        kept = tuple(title for title in known if any(row.get(title) is not None for row in objects)) or tuple(known)
        others = tuple(title for title in titles if title not in kept)
        columns = tuple([row.get(title) for row in objects] for title in kept)
        return cls(file=file, titles=kept, columns=columns, others=others, decimal=decimal or ".", row_word=row_word)

    @classmethod
    def of_lists(cls, lists: Mapping[str, Sequence[Any]], *, file: str, decimal: DecimalMark | None = None) -> TypedColumns:
        """Columns of a JSON object of lists.

        Raises
        ------
        ChainError
            Lists that are columns of a chain differ in length.
        """
        kept = {title: list(values) for title, values in lists.items() if our_name(title) is not None}
        lengths = {title: len(values) for title, values in kept.items()}
        if len(set(lengths.values())) > 1:
            raise ChainError(f"Expected columns of one length in {file}, was {lengths}")
        others = tuple(title for title in lists if title not in kept)
        return cls(file=file, titles=tuple(kept), columns=tuple(kept.values()), others=others, decimal=decimal or ".")

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.columns[0]) if self.columns else 0

    @property
    def headers(self) -> str:
        """The file's own titles, for messages."""
        return titles_text((*self.titles, *self.others)) or "none"

    def where(self, row: int) -> str:
        """The place of a row, for messages."""
        return f"{self.row_word} {row + self.first_row}"

    def values(self, place: int) -> list[Any]:
        """Values of one column, None where missing."""
        column = self.columns[place]
        return column if isinstance(column, list) else column.to_pylist()

    def numbers(self, place: int, *, percent: bool = False) -> Float:
        """Values of one column as numbers, NaN where missing.

        Parameters
        ----------
        place : of the column.
        percent : whether the column is in percent; the numbers are divided by 100.

        Raises
        ------
        ChainError
            A value is no number; names its row and column.
        """
        column = self.columns[place]
        unit = 100.0 if percent else 1.0
        if isinstance(column, pa.Array | pa.ChunkedArray) and not pa.types.is_string(column.type):
            return numbers_of({self.titles[place]: column}, self.titles[place]) / unit
        values = self.values(place)
        if set(map(type, values)) <= {int, float, type(None)}:
            try:
                return np.array([math.nan if value is None else value for value in values], dtype=np.float64) / unit
            except OverflowError:
                # an integer beyond a float, which is named below
                pass
        numbers = np.full(self.size, np.nan)
        for row, value in enumerate(values):
            number = self._number(value, percent=percent)
            if number is None:
                shown = repr(value)
                raise ChainError(
                    f"Expected a number in {self.where(row)}, column {visible(self.titles[place])} of {self.file}, "
                    f"was {shown if len(shown) <= _MOST_TEXT else shown[:_MOST_TEXT] + '…'}"
                )
            numbers[row] = number
        return numbers

    def _number(self, value: object, *, percent: bool) -> float | None:
        """The number of a value, NaN where missing; None for what is none."""
        unit = 100.0 if percent else 1.0
        if isinstance(value, Mapping):
            # Yahoo and others write {"raw": 600, "fmt": "600.00"}
            value = value.get("raw")
        if value is None:
            return float("nan")
        if isinstance(value, str):
            number = number_in(value.strip().removesuffix("%") if percent else value, decimal=self.decimal)
            return None if number is None else number / unit
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            return None
        try:
            return float(value) / unit
        except OverflowError:
            return None


def _narrowed(column: pa.Array) -> pa.Array:
    """A column of large, viewed or dictionary-coded text as plain text."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_text = pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_string(kind)
    return column.cast(pa.string()) if is_text else column
