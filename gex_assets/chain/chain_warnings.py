"""Warnings of the calculator: what was missing, odd or left out, each under a short code."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["ChainWarning", "Warnings"]


class ChainWarning(str):
    """A warning: as a string its short code ("few_strikes"), with its sentence in `text`."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        """Make one of a code and a sentence."""
        warning = super().__new__(cls, code)
        warning.text = text
        return warning

    def __repr__(self) -> str:
        return f"<{self!s}: {self.text}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (ChainWarning, (str(self), self.text))


class Warnings:
    """Warnings collected by code: one of each, in the order they first came."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, code: str, text: str) -> None:
        """Add a warning, unless there is one of this code."""
        self._texts.setdefault(code, text)

    def count(self, code: str, rows: NDArray[np.bool_], text: str) -> None:
        """Add a warning about the rows chosen, if there are any: their number goes before the text."""
        number = int(np.count_nonzero(rows))
        if number:
            self.add(code, f"{number:,} of {rows.size:,} options {text}")

    def all(self) -> tuple[ChainWarning, ...]:
        """Every warning so far."""
        return tuple(ChainWarning(code, text) for code, text in self._texts.items())
