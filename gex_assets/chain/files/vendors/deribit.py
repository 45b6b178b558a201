"""Deribit's options: answers of `public/get_book_summary_by_currency` and `public/ticker`, whole or only their result.

Names are as BTC-30JAN26-90000-C. Volatilities (`mark_iv`) are in percent. Options on coins themselves are quoted in the coin: bid
and ask are multiplied by the price of the expiration's future to be in USD. `underlying_price` is that future's, another one for
each expiration; the index is `estimated_delivery_price` or `index_price`. Open interest is in coins, so a point is worth 1 USD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gex_assets.chain.files.vendors.vendor_chain import VendorChain, mapping_in, number_of
from gex_assets.errors import ChainError
from gex_assets.market.deribit_options import deribit_option

__all__ = ["is_form", "read"]

_INDEX: Final = ("estimated_delivery_price", "index_price")
_MOMENTS: Final = ("creation_timestamp", "timestamp")
_USD_PER_POINT: Final = 1.0


def is_form(document: object) -> bool:
    """Whether a document is Deribit's."""
    rows = _rows(document)
    return bool(rows) and isinstance(rows[0], Mapping) and deribit_option(str(rows[0].get("instrument_name"))) is not None


def read(document: object, *, file: str) -> VendorChain:
    """Make rows of the document; futures among them are passed over.

    Raises
    ------
    ChainError
        Rows are no objects.
    """
    rows: list[dict[str, Any]] = []
    index: list[float] = []
    nearest: tuple[int, float] | None = None
    moments: list[float] = []
    for number, one in enumerate(_rows(document), 1):
        if not isinstance(one, Mapping):
            raise ChainError(f"Expected an object in row {number} of {file}, was {type(one).__name__}")
        option = deribit_option(str(one.get("instrument_name")))
        if option is None:
            continue
        future = number_of(one.get("underlying_price"))
        unit = 1.0 if option.is_linear else future
        greeks, stats = mapping_in(one, "greeks") or {}, mapping_in(one, "stats") or {}
        row = {
            "strike": option.strike,
            "right": option.right,
            "expiration": option.ts_expiration_ns,
            "symbol": option.coin,
            "open_interest": one.get("open_interest"),
            "volume": one.get("volume", stats.get("volume")),
            "iv_percent": one.get("mark_iv"),
        }
        for ours, theirs in (("bid", ("bid_price", "best_bid_price")), ("ask", ("ask_price", "best_ask_price"))):
            price = next((found for name in theirs if (found := number_of(one.get(name))) is not None), None)
            row[ours] = None if price is None or unit is None else price * unit
        if "gamma" in greeks:
            row |= {"gamma": greeks["gamma"], "delta": greeks.get("delta")}
        rows.append(row)
        index.extend(price for name in _INDEX if (price := number_of(one.get(name))) is not None)
        moments.extend(moment for name in _MOMENTS if (moment := number_of(one.get(name))) is not None)
        if future is not None and (nearest is None or option.ts_expiration_ns < nearest[0]):
            nearest = option.ts_expiration_ns, future
    notes = {}
    spot = index[-1] if index else None
    if spot is None and nearest is not None:
        spot = nearest[1]
        notes["spot_of_a_future"] = "the file has no price of the index: the nearest expiration's future stands for it"
    as_of = int(max(moments)) if moments else None
    return VendorChain(
        form="Deribit, JSON", rows=rows, said={"spot": spot, "as_of": as_of}, multiplier=_USD_PER_POINT, notes=notes
    )


def _rows(document: object) -> list[Any]:
    result = document.get("result", document) if isinstance(document, Mapping) else document
    if isinstance(result, Mapping):
        return [result]
    if isinstance(result, list) and result and isinstance(result[0], Mapping) and "result" in result[0]:
        # answers of `ticker`, one after the other
        return [row for one in result if isinstance(one, Mapping) for row in _rows(one)]
    return result if isinstance(result, list) else []
