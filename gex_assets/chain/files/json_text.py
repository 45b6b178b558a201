"""JSON documents from text: one document or one a line, with bounds on their depth and number of values."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from gex_assets.errors import ChainError

__all__ = ["Document", "document_of"]

_MOST_TEXT: Final = 64 * 2**20
_MOST_NESTED: Final = 2_000_000
_MOST_VALUES: Final = 10_000_000
"""A chain of 30,000 options at a vendor has 150,000 objects and 2,000,000 values. So many values are 1 GB of memory at most."""


class Document(NamedTuple):
    """What a text holds; with one document a line, the list of them, and `is_lines` is True."""

    content: Any
    is_lines: bool


def document_of(text: str, *, file: str) -> Document:
    """Read a JSON document, or the list of a file's lines of JSON. NaN and Infinity are read, as some programs write them.

    Raises
    ------
    ChainError
        The text is no JSON (line and column are named), is nested too deep, or is beyond any chain's size.
    """
    nested, values = text.count("{") + text.count("["), text.count(",")
    if len(text) > _MOST_TEXT or nested > _MOST_NESTED or values > _MOST_VALUES:
        raise ChainError(
            f"Expected at most {_MOST_TEXT // 2**20} MB, {_MOST_NESTED:,} objects and {_MOST_VALUES:,} values of JSON in {file}, "
            f"was {len(text) / 2**20:,.0f} MB, {nested:,} and {values:,}: keep one underlying and one moment of it"
        )
    try:
        return Document(json.loads(text), is_lines=False)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            lines = _lines(text, file=file)
            if len(lines) > 1:
                return Document(lines, is_lines=True)
        raise ChainError(f"Expected JSON in {file}, was {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise ChainError(f"Expected JSON nested as a chain is in {file}, was nested some thousand deep") from error
    except ValueError as error:
        raise ChainError(f"Expected numbers of at most some hundred digits in {file}, was longer") from error


def _lines(text: str, *, file: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ChainError(f"Expected JSON in {file}, was {error.msg} in line {number}, column {error.colno}") from error
            except (RecursionError, ValueError) as error:
                raise ChainError(f"Expected an object in line {number} of {file}, was nested too deep or too long") from error
    return found
