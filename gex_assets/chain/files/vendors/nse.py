"""The National Stock Exchange of India's option chains, `/api/option-chain-indices` and `-equities`.

`records.data` has a row per strike and expiration, with the call in `CE` and the put in `PE`. `filtered` repeats the nearest
expiration and is not read. Volatilities are in percent, 0 for none. Moments are India's; options expire at 15:30 there. Open
interest is in contracts; some documents name their size (lot), which changes every few years.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from gex_assets.chain.files.moment_texts import date_in, moment_in
from gex_assets.chain.files.vendors.vendor_chain import VendorChain, mapping_in, number_of
from gex_assets.errors import ChainError

__all__ = ["is_form", "read"]

_INDIA: Final = ZoneInfo("Asia/Kolkata")
_CLOSE: Final = time(15, 30)
_RIGHTS: Final = {"CE": "C", "PE": "P"}
_LOT: Final = ("marketLot", "lotSize", "lot_size")
_NAMES: Final = {
    "open_interest": ("openInterest",),
    "volume": ("totalTradedVolume",),
    "iv_percent": ("impliedVolatility",),
    "bid": ("bidprice", "buyPrice1"),
    "ask": ("askPrice", "sellPrice1"),
    "contract_size": _LOT,
}


def is_form(document: object) -> bool:
    """Whether a document is the exchange's."""
    records = mapping_in(document, "records") or mapping_in(document, "filtered") or {}
    data = records.get("data")
    return isinstance(data, list) and any(isinstance(row, Mapping) and ("CE" in row or "PE" in row) for row in data[:5])


def read(document: Mapping[str, Any], *, file: str) -> VendorChain:
    """Make rows of the document.

    Raises
    ------
    ChainError
        An expiration is no date.
    """
    records = mapping_in(document, "records") or mapping_in(document, "filtered") or {}
    rows: list[dict[str, Any]] = []
    symbol, spot = None, number_of(records.get("underlyingValue"))
    for number, row in enumerate(records.get("data") or (), 1):
        for name, right in _RIGHTS.items():
            option = row.get(name) if isinstance(row, Mapping) else None
            if not isinstance(option, Mapping):
                continue
            day = option.get("expiryDate") or row.get("expiryDate") or row.get("expiryDates")
            made = {ours: next((option[one] for one in theirs if one in option), None) for ours, theirs in _NAMES.items()}
            made |= {
                "strike": option.get("strikePrice", row.get("strikePrice")),
                "right": right,
                "expiration": _close(day, place=f"row {number}, {name} of {file}"),
            }
            rows.append(made)
            symbol = symbol or option.get("underlying")
            spot = spot or number_of(option.get("underlyingValue"))
    text = records.get("timestamp")
    moment = None if text is None else moment_in(str(text), zone=_INDIA)
    said = {"symbol": symbol, "spot": spot, "as_of": moment}
    lot = next((found for name in _LOT if (found := number_of(records.get(name))) is not None), None)
    note = "a contract's size is not in the file: --multiplier says what a point is worth, in the chain's currency"
    is_known = lot is not None or any(row["contract_size"] is not None for row in rows)
    return VendorChain(
        form="NSE option chain, JSON", rows=rows, said=said, multiplier=lot, notes={} if is_known else {"lot_size": note}
    )


def _close(day: object, *, place: str) -> datetime:
    found = date_in(str(day))
    if found is None:
        raise ChainError(f"Expected a date in expiryDate in {place}, was {day!r}")
    return datetime.combine(found, _CLOSE, tzinfo=_INDIA).astimezone(UTC)
