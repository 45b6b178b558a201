"""What a file answers: product and kind, from the symbols that were asked for. One place for `ingest.py` and `verify.py`.

What cannot be a table's file is refused here in words: live captures, continuous symbols, ids without names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from gex_assets.errors import BadFileError, SymbolError
from gex_assets.lake.dbn.reader import Header
from gex_assets.lake.raw.sidecars import Sidecars
from gex_assets.market.products import RequestKind, classify_request

__all__ = ["not_found", "request_of", "request_warnings"]

_ID: Final = "instrument_id"
_MOST_NAMES: Final = 5


def request_of(header: Header, sidecars: Sidecars, *, name: str) -> tuple[str, RequestKind]:
    """Product and kind of a file.

    Parameters
    ----------
    header : of the file.
    sidecars : of its folder; empty for a lone file.
    name : how messages name the file.

    Returns
    -------
    The product's name and `future_option` or `future`.

    Raises
    ------
    BadFileError
        A live capture, symbols that are not mapped to instrument ids, continuous symbols, or symbols of no or of several
        products.
    """
    if header.schema is None or (not header.symbols and header.stype_in is None):
        raise BadFileError(
            f"{name}: Expected one schema and the symbols that were asked for, was a live capture, whose header has neither."
            " Download the same time from the vendor's history"
        )
    if _ID not in (header.stype_out, header.stype_in):
        raise BadFileError(f"{name}: Expected symbols mapped to {_ID}, was {header.stype_out!r}")
    if header.stype_in == "continuous":
        raise BadFileError(
            f"{name}: Expected symbols that always mean the same contract, was a request of continuous symbols"
            f" ({_listed(header.symbols)}). Ask for a parent such as ES.FUT, or for contracts by name such as ESH6"
        )
    try:
        if header.stype_in == _ID:
            return _by_names([*(one.raw_symbol for one in header.mappings), *sidecars.named])
        return classify_request(header.symbols, not_found=not_found(header, sidecars))
    except SymbolError as error:
        raise BadFileError(f"{name}: {error}") from error


def request_warnings(header: Header, sidecars: Sidecars, *, name: str) -> tuple[str, ...]:
    """What is odd about the request of a file that is taken, in words."""
    absent = not_found(header, sidecars)
    return (f"{name}: Expected every symbol of the request to be found, was not: {_listed(absent)}",) if absent else ()


def not_found(header: Header, sidecars: Sidecars) -> list[str]:
    """Symbols of the request that the vendor did not find, by the header or by symbology.json, in order."""
    return sorted({*header.not_found, *sidecars.not_found})


def _listed(symbols: Sequence[str]) -> str:
    more = len(symbols) - _MOST_NAMES
    return ", ".join(symbols[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _by_names(symbols: Iterable[str]) -> tuple[str, RequestKind]:
    """Product and kind of a request by ids, from the symbols of these ids. User-defined spreads have no product in their name."""
    found = set()
    for symbol in symbols:
        try:
            found.add(classify_request([symbol]))
        except SymbolError:
            continue
    if not found:
        raise SymbolError(
            "Expected a header or a symbology.json that names the contracts of the requested ids, was ids without names."
            " Ask again by symbol, or with stype_out=raw_symbol"
        )
    if len(found) > 1:
        raise SymbolError(
            f"Expected ids of one product and kind, was {', '.join(f'{kind} of {product}' for product, kind in sorted(found))}"
        )
    return found.pop()
