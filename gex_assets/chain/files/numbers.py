"""Numbers in text: one decimal mark for a whole file, thousands separators, percent signs and placeholders.

`0,18` and `6000,5` show that a comma is the decimal mark; `0.18` and `1,234.5` that a point is. `1,200` and `1.200` show nothing:
what the other cells show decides. Where no cell shows it, a comma between cells decides for the point; else the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, cast

from gex_assets.errors import ChainError

__all__ = ["DecimalMark", "MarkFound", "decimal_mark", "number_in"]

DecimalMark = Literal[".", ","]

_NOTHING: Final = frozenset(("", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a", "–", "—"))
_CURRENCY: Final = "$€£"
_GROUPED: Final = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:,\d{3})+|(?:[ \u00a0\u202f'’]\d{3})+)(?:\.\d*)?"),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:[ \u00a0\u202f'’]\d{3})+)(?:,\d*)?"),
}
_SEPARATORS: Final = {".": re.compile(r"[,\s'’]"), ",": re.compile(r"[.\s'’]")}
_PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.ASCII | re.IGNORECASE)
_NUMERIC: Final = re.compile(rf"[+-]?[{_CURRENCY}]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?\s?%?", re.ASCII)
_SHOWS: Final = {
    ",": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+,\d+|[1-9]\d{0,2}(?:\.\d{3}){2,}|\d*,\d+"),
    ".": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+\.\d*|[1-9]\d{0,2}(?:,\d{3}){2,}|\d*\.\d+"),
}
_AMBIGUOUS: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_WORDS: Final = {".": "a point", ",": "a comma"}


class MarkFound(NamedTuple):
    """A file's decimal mark, and what is to be said about how it was chosen; None where the cells show it."""

    mark: DecimalMark
    said: str | None


def number_in(text: str, *, decimal: DecimalMark = ".") -> float | None:
    """The number in a cell: NaN for an empty cell or a placeholder (-, n/a, …), None for any other text.

    Currency signs and thousands separators are dropped; a percent sign divides by 100.

    Examples
    --------
    >>> number_in("$6,012.34"), number_in("18.5%"), number_in("--"), number_in("high"), number_in("1,5")
    (6012.34, 0.185, nan, None, None)
    >>> number_in("1.200", decimal=","), number_in("0,185", decimal=","), number_in("0.185", decimal=",")
    (1200.0, 0.185, None)
    """
    bare = text.strip()
    if bare.lower() in _NOTHING:
        return float("nan")
    sign = bare[:1] if bare[:1] in "+-" else ""
    bare = sign + bare.removeprefix(sign).strip().lstrip(_CURRENCY)
    share = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    if _GROUPED[decimal].fullmatch(bare):
        bare = _SEPARATORS[decimal].sub("", bare)
    if decimal == ",":
        if "." in bare:
            return None
        bare = bare.replace(",", ".")
    if not _PLAIN.fullmatch(bare):
        return None
    number = float(bare)
    return number / 100.0 if share else number


def decimal_mark(cells: Iterable[tuple[int, str]], *, delimiter: str, file: str) -> MarkFound:
    """The decimal mark that the cells of a file show.

    Parameters
    ----------
    cells : (line, text) of every cell; texts that are no numbers are passed over.
    delimiter : between cells.
    file : its name, for messages.

    Raises
    ------
    ChainError
        Cells show both marks, or ambiguous ones are all there is and the delimiter does not tell.
    """
    seen: dict[str, tuple[int, str]] = {}
    unclear: tuple[int, str] | None = None
    for line, text in cells:
        bare = text.strip()
        if not ("," in bare or "." in bare) or not _NUMERIC.fullmatch(bare):
            continue
        digits = bare.lstrip("+-" + _CURRENCY).rstrip("% ").lower().partition("e")[0]
        if _AMBIGUOUS.fullmatch(digits):
            unclear = unclear or (line, bare)
            continue
        shown = next((mark for mark, pattern in _SHOWS.items() if pattern.fullmatch(digits)), None)
        if shown is not None:
            seen.setdefault(shown, (line, bare))
    if len(seen) == 2:
        both = " and ".join(f"{_WORDS[mark]} in line {line} ({text!r})" for mark, (line, text) in sorted(seen.items()))
        raise ChainError(f"Expected one decimal mark in {file}, was {both}: write all numbers alike, or say --decimal")
    if seen:
        return MarkFound(cast("DecimalMark", next(iter(seen))), None)
    if unclear is None:
        return MarkFound(".", None)
    line, text = unclear
    if delimiter == ",":
        meant = f"{number_in(text):,.10g}"
        return MarkFound(
            ".", f"{text!r} in line {line} is read as {meant}: commas are between cells, so the decimal mark is a point"
        )
    raise ChainError(
        f"Expected numbers that show their decimal mark in {file}, was only such as {text!r} in line {line}: "
        "say --decimal point or --decimal comma"
    )
