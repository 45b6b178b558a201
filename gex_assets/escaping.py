"""Text that comes from a file, made safe to show: on a terminal, and where Dagster's UI reads Markdown and HTML.

Symbols, job ids, file names and whatever errors quote may hold anything: codes that steer a terminal, line breaks that begin a
line of their own, letters that turn the reading direction, tags. Nothing is left out: it is written as an escape. Brackets are
left alone: the terminal of `cli/options.py` reads no markup.
"""

from __future__ import annotations

import html
from typing import Final

__all__ = ["as_markdown", "as_text", "from_markdown", "visible"]

_LINE_BREAKS: Final = "\n\t"
_MARKDOWN: Final = str.maketrans({letter: f"&#{ord(letter)};" for letter in "[]|*`\\"})
"""Letters that begin a link, a cell, an emphasis, code or an escape; HTML's own are done before. Each becomes an entity."""


def visible(text: str, *, line_breaks: bool = False) -> str:
    r"""The text with everything that has no shape written as an escape.

    Parameters
    ----------
    line_breaks : whether line breaks and tabs stay as they are.

    Examples
    --------
    >>> visible("ES\x1b[2J\n¶ £"), visible("a\n\x07", line_breaks=True)
    ('ES\\x1b[2J\\n¶ £', 'a\n\\x07')
    """
    if text.isprintable():
        return text
    kept = _LINE_BREAKS if line_breaks else ""
    return "".join(one if one.isprintable() or one in kept else _escape(one) for one in text)


def as_text(text: str) -> str:
    """The text for a place that may read HTML, in one line.

    Examples
    --------
    >>> as_text("<img src=x>")
    '&lt;img src=x&gt;'
    """
    return html.escape(visible(text), quote=False)


def as_markdown(text: str) -> str:
    """The text for a place that reads Markdown, in one line, so that it looks as it is.

    Examples
    --------
    >>> as_markdown("[a](b) | <b>")
    '&#91;a&#93;(b) &#124; &lt;b&gt;'
    """
    return as_text(text).translate(_MARKDOWN)


def from_markdown(text: str) -> str:
    """The text of `as_markdown` as it was, for a terminal."""
    return html.unescape(text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
