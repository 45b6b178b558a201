"""Nasdaq's option chains, `/api/quote/SYMBOL/option-chain`.

`data.table.rows` has a row per strike, with names of calls and puts that begin with c_ and p_, below rows that only name a group
of expirations. A row's day has no year ("Jan 16"). Its link ends in the call's symbol, which has one. Without a link it is the
first such day from the day of the quotes on. The price stands in a sentence. There is neither gamma nor volatility: both come
from the quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from gex_assets.chain.files.moment_texts import date_in, moment_in
from gex_assets.chain.files.vendors.vendor_chain import VendorChain, mapping_in
from gex_assets.chain.moments import NEW_YORK
from gex_assets.errors import ChainError

__all__ = ["is_form", "read"]

_LINK: Final = re.compile(r"([a-z.^]{1,6})-*(\d{6})[cp]\d{8}/?$", re.ASCII | re.IGNORECASE)
_PRICE: Final = re.compile(r"\$\s*([\d,]+(?:\.\d+)?)")
_AS_OF: Final = re.compile(r"as of ([^)]+)", re.IGNORECASE)
_GROUPS: Final = ("c_Openinterest", "p_Openinterest")
_NAMES: Final = {"open_interest": "Openinterest", "volume": "Volume", "bid": "Bid", "ask": "Ask"}


def is_form(document: object) -> bool:
    """Whether a document is Nasdaq's."""
    rows = (mapping_in(document, "data", "table") or {}).get("rows")
    return isinstance(rows, list) and any(isinstance(row, Mapping) and any(name in row for name in _GROUPS) for row in rows[:5])


def read(document: Mapping[str, Any], *, file: str) -> VendorChain:
    """Make rows of the document.

    Raises
    ------
    ChainError
        A row's day is none, or has no year and nothing tells it.
    """
    data = mapping_in(document, "data") or {}
    said = str(data.get("lastTrade") or "")
    as_of = _AS_OF.search(said)
    quoted = None if as_of is None else moment_in(as_of.group(1), zone=NEW_YORK)
    rows: list[dict[str, Any]] = []
    symbol = None
    for number, row in enumerate((mapping_in(data, "table") or {}).get("rows") or (), 1):
        if not isinstance(row, Mapping) or row.get("strike") in (None, ""):
            continue  # names a group of expirations
        link = _LINK.search(str(row.get("drillDownURL") or ""))
        symbol = symbol or (link.group(1).upper() if link is not None else None)
        day = _day(row.get("expiryDate"), link=link, quoted=quoted, place=f"row {number} of {file}")
        rows += [
            {"strike": row["strike"], "right": right, "expiration": day}
            | {ours: row.get(f"{right.lower()}_{theirs}") for ours, theirs in _NAMES.items()}
            for right in ("C", "P")
        ]
    price = _PRICE.search(said)
    spot = None if price is None else float(price.group(1).replace(",", ""))
    return VendorChain(form="Nasdaq option chain, JSON", rows=rows, said={"symbol": symbol, "spot": spot, "as_of": quoted})


def _day(value: object, *, link: re.Match[str] | None, quoted: datetime | None, place: str) -> date:
    if link is not None:
        try:
            return datetime.strptime(link.group(2), "%y%m%d").replace(tzinfo=UTC).date()
        except ValueError as error:
            raise ChainError(f"Expected a day as YYMMDD in drillDownURL in {place}, was {link.group(2)!r}") from error
    text = str(value or "")
    whole = date_in(text)
    if whole is not None:
        return whole
    today = None if quoted is None else quoted.astimezone(NEW_YORK).date()
    if today is None:
        raise ChainError(f"Expected a day with its year in expiryDate in {place}, was {text!r}: lastTrade says no day either")
    # a leap day may be eight years away
    days = (date_in(f"{text}, {year}") for year in range(today.year, today.year + 9))
    found = next((day for day in days if day is not None and day >= today), None)
    if found is None:
        raise ChainError(f"Expected a day as Jan 16 in expiryDate in {place}, was {text!r}")
    return found
