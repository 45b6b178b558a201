"""How wide the lines for a person may be, and a long line as several that fit: words, paths and options stay whole."""

from __future__ import annotations

import os
import textwrap
from shutil import get_terminal_size
from typing import TextIO

__all__ = ["folded", "width_of"]


def width_of(stream: TextIO) -> int | None:
    """Columns of the terminal that a stream goes to, or those that COLUMNS names; None for a pipe: its lines have any length."""
    is_known = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return get_terminal_size().columns if is_known else None


def folded(line: str, *, width: int | None) -> list[str]:
    """A line as lines of at most so many columns, the further ones indented by two more. A longer word stays whole.

    Examples
    --------
    >>> folded("  warning: Expected rows, was none", width=20)
    ['  warning: Expected', '    rows, was none']
    >>> folded("  warning: Expected rows, was none", width=None)
    ['  warning: Expected rows, was none']
    """
    if width is None or len(line) <= width:
        return [line]
    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    return textwrap.wrap(
        words, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
    )
