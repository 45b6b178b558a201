"""HTML made of parts that are escaped where they are put in: whatever comes from a table or a file stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from gex_assets.escaping import visible

__all__ = ["Section", "Text", "details", "facts", "joined", "note", "paragraph", "safe", "table", "tag", "with_code"]

Text = str | Markup
"""A `Markup` is put in as it is; a `str` is escaped, and what has no shape is made visible."""

_KINDS: Final = {">": "n", "~": "text"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page. `id` is the address within the page, `html` what stands below the title."""

    id: str
    title: str
    html: Markup


def safe(text: Text) -> Markup:
    r"""The text as HTML.

    Examples
    --------
    >>> safe("a<b>\x1b")
    Markup('a&lt;b&gt;\\x1b')
    """
    return text if isinstance(text, Markup) else escape(visible(text))


def joined(parts: Iterable[Text], between: Text = "") -> Markup:
    """Parts one after another."""
    return Markup(str(safe(between)).join([safe(part) for part in parts]))  # noqa: S704 (each part is safe)


def tag(name: str, *parts: Text, **attributes: Text | float | None) -> Markup:
    """An element. Of attributes, `class_` is `class`, `_` is `-`, and None leaves one out.

    Examples
    --------
    >>> tag("td", "<", class_="n", data_k=3)
    Markup('<td class="n" data-k="3">&lt;</td>')
    """
    inside = "".join([safe(part) for part in parts])
    return Markup(f"<{name}{_attributes(attributes)}>{inside}</{name}>")  # noqa: S704 (our own name; all else is safe)


def _attributes(attributes: dict[str, Text | float | None]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{safe(value if isinstance(value, str) else f"{value:g}")}"'
        for name, value in attributes.items()
        if value is not None
    )


def paragraph(*parts: Text) -> Markup:
    """A paragraph."""
    return tag("p", *parts)


def note(*parts: Text) -> Markup:
    """A remark in smaller letters: units, rules, what is missing and why."""
    return tag("p", *parts, class_="note")


def details(summary: Text, *parts: Text) -> Markup:
    """Parts that are folded away until someone asks."""
    return tag("details", tag("summary", summary), *parts)


def facts(pairs: Iterable[tuple[Text, Text, Text]]) -> Markup:
    """Facts as cards: what it is, its value, and a remark, which may be empty."""
    cards = (
        tag("div", tag("dt", name), tag("dd", value), *([tag("dd", remark, class_="note")] if remark else []), class_="fact")
        for name, value, remark in pairs
    )
    return tag("dl", *cards, class_="facts")


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Text]], *, caption: Text, wide: bool = False, long: bool = False
) -> Markup:
    """A table with a caption. The first cell of a row names it.

    Parameters
    ----------
    columns : the headings; one that begins with `>` is of numbers, which stand at the right, and one with `~` of sentences.
    wide : whether many columns are expected, so that the first one stays in view while others are scrolled.
    long : whether many rows are expected, so that they are scrolled within a limited height.
    """
    kinds = [_KINDS.get(name[:1], "") for name in columns]
    names = [name.lstrip("".join(_KINDS)) for name in columns]
    only_numbers = len(kinds) > 1 and not kinds[0] and {*kinds[1:]} == {"n"}
    classes = [None if only_numbers else kind or None for kind in kinds]  # said once for the table where all are of numbers
    head = (tag("th", name, scope="col", class_=kind) for name, kind in zip(names, classes, strict=True))
    lines = (
        tag(
            "tr",
            *(
                tag("td" if at else "th", cell, class_=kind, scope=None if at else "row")
                for at, (cell, kind) in enumerate(zip(row, classes, strict=True))
            ),
        )
        for row in rows
    )
    parts = tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *lines)
    whole = tag("table", *parts, class_="numbers" if only_numbers else None)
    classes_of_frame = " ".join(("scroll", *(["wide"] if wide else []), *(["long"] if long else [])))
    # a scrolled part must be reachable by keyboard, and then needs a name
    return tag("div", whole, class_=classes_of_frame, tabindex="0", role="region", aria_label=_plain(caption))


def with_code(text: str) -> Markup:
    """A text whose parts between backticks are code.

    Examples
    --------
    >>> with_code("Symbols `UD:` <x>")
    Markup('Symbols <code>UD:</code> &lt;x&gt;')
    """
    return joined(tag("code", part) if at % 2 else part for at, part in enumerate(text.split("`")))


def _plain(text: Text) -> str:
    return Markup(safe(text)).striptags()  # noqa: S704 (it was escaped by `safe`)
