"""The market data that Magic8-Companion keeps: what the project's first plan calls the cached option chain.

`data` maps a symbol to `spot_price` (or `current_price`) and `option_chain`, rows of one per strike with `call_oi`, `call_gamma`,
`call_iv`, `call_bid`, `call_ask` and the same of puts. The object of one symbol alone is read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gex_assets.chain.files.selection import plain_symbol
from gex_assets.chain.files.tables import said_in
from gex_assets.chain.files.vendors.vendor_chain import VendorChain, mapping_in
from gex_assets.errors import ChainError
from gex_assets.escaping import visible

__all__ = ["chains_by_symbol", "is_form", "read"]

_ROWS: Final = "option_chain"
_MOST_NAMED: Final = 10


def is_form(document: object) -> bool:
    """Whether a document is such a cache."""
    return bool(chains_by_symbol(document))


def read(document: Mapping[str, Any], *, file: str, symbol: str | None) -> VendorChain:
    """Make rows of the document.

    Parameters
    ----------
    symbol : which of several symbols is meant.

    Raises
    ------
    ChainError
        The cache has several symbols and none of them is asked for.
    """
    found = chains_by_symbol(document)
    names = {plain_symbol(name) or "": name for name in found}
    wanted = plain_symbol(symbol)
    if len(found) > 1 and wanted not in names:
        listed = ", ".join(visible(name)[:20] for name in list(names)[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
        asked = "" if symbol is None else f"; --symbol was {visible(symbol)}"
        raise ChainError(f"Expected one symbol in {file}, was {len(found):,} ({listed}{asked}): pick one with --symbol")
    name = names[wanted] if wanted in names else next(iter(found))
    inner = found[name]
    rows = [dict(row) for row in inner[_ROWS] if isinstance(row, Mapping)]
    said = {**said_in(document), **said_in(inner)}
    if name:
        said["symbol"] = name
    others = len(found) - 1
    notes = {"other_underlying": f"{others:,} other symbols are in the file and are left out"} if others else {}
    return VendorChain(form="cached option chain, JSON", rows=rows, said=said, notes=notes)


def chains_by_symbol(document: object) -> dict[str, Mapping[str, Any]]:
    """Symbol -> its object; one without a name where the document is of one symbol."""
    if not isinstance(document, Mapping):
        return {}
    if isinstance(document.get(_ROWS), list):
        return {str(document.get("symbol") or ""): document}
    outer = mapping_in(document, "data") or document
    return {str(name): one for name, one in outer.items() if isinstance(one, Mapping) and isinstance(one.get(_ROWS), list)}
