"""Charles Schwab's option chains, and TD Ameritrade's before them, which have the same form.

Trader API, `GET /marketdata/v1/chains`: `callExpDateMap` and `putExpDateMap` map "2026-01-16:10" (day and days to it) to strikes,
and these to a list of contracts. `volatility` is in percent; -999 and "NaN" stand for none. `settlementType` is A (opening) or P
(close). Contracts that are `nonStandard` or `mini` have another deliverable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gex_assets.chain.files.vendors.vendor_chain import VendorChain, mapping_in, number_of

__all__ = ["is_form", "read"]

_MAPS: Final = {"callExpDateMap": "C", "putExpDateMap": "P"}
_NAMES: Final = {
    "gamma": "gamma",
    "delta": "delta",
    "openInterest": "open_interest",
    "totalVolume": "volume",
    "bid": "bid",
    "ask": "ask",
    "volatility": "iv_percent",
    "settlementType": "settlement",
}
_NONE: Final = (-999.0, "NaN")


def is_form(document: object) -> bool:
    """Whether a document is Schwab's."""
    return isinstance(document, Mapping) and any(isinstance(document.get(name), Mapping) for name in _MAPS)


def read(document: Mapping[str, Any], *, file: str) -> VendorChain:
    """Make rows of the document. The moment is the underlying's quote, else the last of the options'."""
    del file
    rows: list[dict[str, Any]] = []
    quoted: list[float] = []
    left_out = 0
    for name, right in _MAPS.items():
        for day, strike, contract in _contracts(document.get(name)):
            if contract.get("nonStandard") is True or contract.get("mini") is True or contract.get("isMini") is True:
                left_out += 1
                continue
            row = {ours: _known(contract.get(theirs)) for theirs, ours in _NAMES.items()}
            rows.append(
                {**row, "strike": contract.get("strikePrice", strike), "right": right, "expiration": day, "root": _root(contract)}
            )
            moment = number_of(contract.get("quoteTimeInLong"))
            if moment is not None:
                quoted.append(moment)
    for name in ("root", "settlement"):
        if not any(row[name] for row in rows):
            rows = [{one: value for one, value in row.items() if one != name} for row in rows]
    notes = {"adjusted": f"{left_out:,} contracts have another deliverable and are left out"} if left_out else {}
    return VendorChain(form="Schwab option chain, JSON", rows=rows, said=_said(document, quoted), notes=notes)


def _said(document: Mapping[str, Any], quoted: list[float]) -> dict[str, object]:
    underlying = mapping_in(document, "underlying") or {}
    spot = next(
        (
            price
            for price in (
                number_of(document.get("underlyingPrice")),
                *(number_of(underlying.get(one)) for one in ("mark", "last")),
            )
            if price
        ),
        None,
    )
    moment = number_of(underlying.get("quoteTime")) or max(quoted, default=None)
    return {
        "symbol": document.get("symbol") or underlying.get("symbol"),
        "spot": spot,
        "as_of": None if moment is None else int(moment),
    }


def _contracts(found: object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(day, strike, contract) of one right's map."""
    if not isinstance(found, Mapping):
        return
    for day, strikes in found.items():
        for strike, contracts in strikes.items() if isinstance(strikes, Mapping) else ():
            for contract in contracts if isinstance(contracts, list) else [contracts]:
                if isinstance(contract, Mapping):
                    yield str(day).partition(":")[0], str(strike), contract


def _known(value: object) -> object:
    return None if value in _NONE else value


def _root(contract: Mapping[str, Any]) -> str | None:
    """Root of a contract: its own word, or the part of the symbol before spaces (Schwab) or the underscore (TD Ameritrade)."""
    said = contract.get("optionRoot")
    if isinstance(said, str) and said.strip():
        return said.strip()
    symbol = contract.get("symbol")
    if not isinstance(symbol, str) or not symbol.strip():
        return None
    return symbol.replace("_", " ").split()[0][:6]
