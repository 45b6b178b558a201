"""JSON that nests a chain: rows below any key, their greeks and quotes in objects of their own.

The rows are the list of objects whose keys name strikes or option symbols, wherever it is. A page of a vendor's answer is one
list; several pages, and lists of calls next to lists of puts, are put together. What the objects around the rows say of the whole
chain (symbol, price, moment, expiration) is read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from gex_assets.chain.files.cells import MOST_COLUMNS, titles_text
from gex_assets.chain.files.column_names import is_header, our_name
from gex_assets.chain.files.tables import said_in
from gex_assets.chain.reading import RIGHT_OF
from gex_assets.errors import ChainError
from gex_assets.market.listed_options import DOTTED_SYMBOL, OCC_SYMBOL

__all__ = ["Found", "find_rows", "flat"]

_SYMBOLS: Final = re.compile(OCC_SYMBOL), re.compile(DOTTED_SYMBOL)
_MOST_DEPTH: Final = 12
_LOOKED_AT: Final = 5
_LEAVES: Final = frozenset(
    (
        *("gamma", "delta", "iv", "bid", "ask", "open_interest", "volume", "strike", "right", "expiration", "option", "symbol"),
        *("spot", "contract_size"),
    )
)
"""Our names that mean the same inside an object of a row (greeks, quote, details), whatever it is called."""
_OTHER_OBJECTS: Final = ("underlying", "prev", "session", "trade", "minute")
"""Objects of a row that are of something else than the option's state: their values are never the option's."""


class Found(NamedTuple):
    """Rows of a document, the keys that lead to them, what is said of the whole chain, and whether there are further pages."""

    path: str
    rows: list[dict[str, Any]]
    said: dict[str, object]
    has_more: bool


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without objects in it: their values stand under both names joined, or under their own where that means one thing."""
    made: dict[str, Any] = {}
    for name, value in row.items():
        if not isinstance(value, Mapping) or set(value) == {"raw", "fmt"}:
            made[str(name)] = value
    for name, value in row.items():
        if isinstance(value, Mapping) and set(value) != {"raw", "fmt"}:
            for inner, one in value.items():
                title = _title_of(str(name), str(inner))
                if title is not None:
                    made.setdefault(title, one)
    return made


@lru_cache(maxsize=4096)
def _title_of(name: str, inner: str) -> str | None:
    """Title of a value inside an object of a row: both names joined, or its own; None where it means nothing."""
    joined = f"{name}_{inner}"
    if our_name(joined) is not None:
        return joined
    known = our_name(inner)
    is_other = name.lower().startswith(_OTHER_OBJECTS)
    return inner if known is not None and known[0] in _LEAVES and not is_other else None


def find_rows(document: object, *, file: str) -> Found:
    """Find the rows of a chain in a document.

    Raises
    ------
    ChainError
        There are none, or lists in several places could be the chain's.
    """
    lists: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    said: dict[str, object] = {}
    has_more = False
    for path, rows, around in _lists(document, (), {}, file=file):
        lists.setdefault(path, []).extend(_with_right(row, path) for row in rows)
        said |= {name: value for name, value in around.items() if name not in said and name != "next_url"}
        has_more = has_more or bool(around.get("next_url"))
    if not lists:
        raise ChainError(f"Expected rows with strikes or option symbols in {file}, was {_keys(document)}")
    sides = {path[-1].upper() if path else "" for path in lists}
    if len(lists) > 1 and not sides <= set(RIGHT_OF):
        places = ", ".join(".".join(path) or "the list itself" for path in lists)
        raise ChainError(f"Expected one list of options in {file}, was several ({places}): keep the one that is meant")
    return Found(".".join(next(iter(lists))), [row for rows in lists.values() for row in rows], said, has_more)


def _lists(
    value: object, path: tuple[str, ...], around: dict[str, object], *, file: str
) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]], dict[str, object]]]:
    """(keys that lead there, rows, what is said around them) of every list of options."""
    if len(path) > _MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        around = {**around, **_said_here(value)}
        keyed = _keyed_by_symbol(value)
        if keyed is not None:
            yield path, keyed, around
            return
        for name, inner in value.items():
            yield from _lists(inner, (*path, str(name)), around, file=file)
    elif isinstance(value, list):
        if _are_options(value, file=file):
            yield path, [flat(row) if isinstance(row, Mapping) else row for row in value], around
            return
        for inner in value:
            yield from _lists(inner, path, around, file=file)


def _said_here(value: Mapping[str, Any]) -> dict[str, object]:
    """What an object says of the whole chain, and the address of a next page."""
    said = said_in(flat(value)) if len(value) <= MOST_COLUMNS else {}
    if value.get("next_url"):
        said["next_url"] = value["next_url"]
    return said


def _are_options(rows: Sequence[Any], *, file: str) -> bool:
    """Whether the first objects of a list are options: a key names strike or symbol, or the underlying's symbol is an option's.

    None holds a list of objects.
    """
    looked_at = [row for row in rows[:_LOOKED_AT] if isinstance(row, Mapping)]
    if any(len(row) > MOST_COLUMNS for row in looked_at):
        raise ChainError(f"Expected at most {MOST_COLUMNS:,} keys in the rows of {file}, was more")
    flattened = [flat(row) for row in looked_at]
    return bool(flattened) and all((is_header(list(row)) or _has_symbol(row)) and not _holds_lists(row) for row in flattened)


def _has_symbol(row: Mapping[str, Any]) -> bool:
    return any((known := our_name(name)) is not None and known[0] == "symbol" and _is_symbol(row[name]) for name in row)


def _holds_lists(row: Mapping[str, Any]) -> bool:
    """Whether a row is an object around options, not an option: a list of objects is in it."""
    return any(isinstance(one, list) and one and isinstance(one[0], Mapping) for one in row.values())


def _is_symbol(text: object) -> bool:
    return any(symbol.match(str(text).upper()) for symbol in _SYMBOLS)


def _keyed_by_symbol(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Rows of an object whose keys are option symbols; None for any other."""
    names = list(value)[:_LOOKED_AT]
    if not names or not all(isinstance(value[name], Mapping) and _is_symbol(name) for name in names):
        return None
    return [{"option": name, **flat(row)} for name, row in value.items() if isinstance(row, Mapping)]


def _with_right(row: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """A row below `calls` or `puts`, with its right where no key of its own says it."""
    right = RIGHT_OF.get(path[-1].upper()) if path else None
    if (
        right is None
        or not isinstance(row, Mapping)
        or any((known := our_name(str(name))) and known[0] == "right" for name in row)
    ):
        return row
    return {**row, "right": right}


def _keys(document: object) -> str:
    if isinstance(document, Mapping):
        return f"an object with {titles_text([str(name) for name in document])}"
    if isinstance(document, list) and document and isinstance(document[0], Mapping):
        return f"rows with {titles_text([str(name) for name in document[0]])}"
    return f"{type(document).__name__}"
