"""Yahoo Finance's option chains, `/v7/finance/options/SYMBOL`.

`optionChain.result[0]` has the underlying's `quote` and `options`: lists of `calls` and `puts` for each expiration that was asked
for, by default the nearest. `expiration` is the midnight UTC of the day. A volatility of 0.00001 stands for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gex_assets.chain.files.vendors.vendor_chain import VendorChain, mapping_in, number_of
from gex_assets.errors import ChainError

__all__ = ["is_form", "read"]

_NAMES: Final = {
    "contractSymbol": "option",
    "strike": "strike",
    "openInterest": "open_interest",
    "volume": "volume",
    "bid": "bid",
    "ask": "ask",
    "impliedVolatility": "iv",
}


def is_form(document: object) -> bool:
    """Whether a document is Yahoo's."""
    return mapping_in(document, "optionChain") is not None


def read(document: Mapping[str, Any], *, file: str) -> VendorChain:
    """Make rows of the document.

    Raises
    ------
    ChainError
        It holds an error in place of a result, or several underlyings.
    """
    outer = document["optionChain"]
    results = outer.get("result")
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], Mapping):
        count = len(results) if isinstance(results, list) else 0
        raise ChainError(f"Expected one result in optionChain of {file}, was {count} (error: {str(outer.get('error'))[:80]!r})")
    result = results[0]
    rows = []
    expirations = set()
    for one in _objects(result.get("options")):
        for name, right in (("calls", "C"), ("puts", "P")):
            for contract in _objects(one.get(name)):
                expiration = contract.get("expiration", one.get("expirationDate"))
                if isinstance(expiration, Mapping):
                    expiration = expiration.get("raw")
                expirations.add(str(expiration))
                rows.append(
                    {ours: contract.get(theirs) for theirs, ours in _NAMES.items()} | {"right": right, "expiration": expiration}
                )
    quote = mapping_in(result, "quote") or {}
    moment = number_of(quote.get("regularMarketTime"))
    said = {
        "symbol": result.get("underlyingSymbol") or quote.get("symbol"),
        "spot": number_of(quote.get("regularMarketPrice")),
        "as_of": None if moment is None else int(moment),
    }
    days = result.get("expirationDates")
    listed = len(days) if isinstance(days, list) else 0
    notes = {}
    if listed > len(expirations):
        notes["some_expirations"] = f"the file has {len(expirations):,} of {listed:,} listed expirations: sums are of these alone"
    return VendorChain(form="Yahoo option chain, JSON", rows=rows, said=said, notes=notes)


def _objects(found: object) -> list[Mapping[str, Any]]:
    """The objects of a list; none where there is no list."""
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
