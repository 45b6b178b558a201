"""Columns of a file under our names, and the errors about their values, which name the file's own titles and the line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.files.column_names import Named
from gex_assets.errors import ChainError
from gex_assets.escaping import visible

__all__ = ["Columns", "NamedTable"]

Float = NDArray[np.float64]


class Columns(Protocol):
    """Columns of a file under its own titles: `Cells`, `TypedColumns`."""

    @property
    def file(self) -> str:
        """Name of the file."""

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of the columns."""

    @property
    def headers(self) -> str:
        """All titles of the file, for messages."""

    @property
    def size(self) -> int:
        """Number of rows."""

    @property
    def said(self) -> str | None:
        """What is to be said about how numbers were read."""

    def where(self, row: int) -> str:
        """The place of a row, for messages."""

    def values(self, place: int) -> list[Any]:
        """Values of one column, None where missing."""

    def numbers(self, place: int, *, percent: bool = False) -> Float:
        """Values of one column as numbers, NaN where missing."""


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A file's columns, and the places of those that are known."""

    columns: Columns
    places: dict[str, list[Named]]

    def __contains__(self, name: object) -> bool:
        return name in self.places

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.columns.file

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.columns.size

    def title(self, name: str) -> str:
        """The file's own title of a column."""
        return visible(self.columns.titles[self.places[name][0].place])

    def numbers(self, name: str) -> Float:
        """(n,) a column as numbers, NaN where missing."""
        one = self.places[name][0]
        return self.columns.numbers(one.place, percent=one.percent)

    def says_percent(self, name: str) -> bool:
        """Whether a column's title, or a sign in one of its cells, says percent: its numbers are decimals whatever their size."""
        one = self.places[name][0]
        return one.percent or any(isinstance(value, str) and value.rstrip().endswith("%") for value in self.values(name))

    def values(self, name: str) -> list[Any]:
        """(n,) a column's values, None where missing."""
        return self.columns.values(self.places[name][0].place)

    def texts(self, name: str) -> list[str | None]:
        """(n,) a column as texts without spaces around them, None where missing or empty."""
        return [None if one is None else str(one).strip() or None for one in self.values(name)]

    def odd(self, what: str, name: str, row: int, value: object, *, advice: str = "") -> ChainError:
        """The error about one value: where it is, what was expected, what it was, and what to do."""
        place = f"{self.columns.where(row)}, column {self.title(name)} of {self.columns.file}"
        shown = repr(value)
        return ChainError(
            f"Expected {what} in {place}, was {shown if len(shown) < 80 else shown[:80] + '…'}{advice and f': {advice}'}"
        )
