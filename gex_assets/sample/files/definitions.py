"""The definitions of a day: every option when the file begins, and what is listed, changed or deleted later.

Values are those of real ES definitions: increments and contract multipliers are undefined, the multiplier is in
`unit_of_measure_qty`. Only DBN version 3 has the legs of a spread, one record per leg.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.lake.dbn.reader import UNDEF_PRICE, definition_dtype
from gex_assets.market.expirations import chicago_ns, third_friday
from gex_assets.market.products import Product
from gex_assets.sample.instruments import SUNDAY, Listing, Option, Spread, day_start_ns

__all__ = ["definitions"]

SUNDAY_START: Final = time(6, 1, 35)
UNDEF_INT: Final = 2**31 - 1
UNDEF_YEAR: Final = 2**16 - 1
UNDEF_BYTE: Final = 255
UNDEF_SIGNED_BYTE: Final = 127
OPTION_CHANNEL: Final = 1
SPREAD_LIFE: Final = timedelta(days=5)
LISTED_BEFORE: Final = timedelta(days=35)
"""Time from the listing of a weekly, daily or end-of-month series to its expiration."""

CHANGED: Final = 5
WITH_LEGS: Final = 3
TAKEN_OFF: Final = range(7, 1000, 10)
"""Positions of spreads that are deleted when the session ends."""

Row = dict[str, Any]

COMMON: Final[Row] = {
    "rtype": 19,
    "publisher_id": 1,
    "display_factor": 10_000_000,
    "high_limit_price": UNDEF_PRICE,
    "low_limit_price": UNDEF_PRICE,
    "max_price_variation": UNDEF_PRICE,
    "trading_reference_price": UNDEF_PRICE,
    "price_ratio": UNDEF_PRICE,
    "strike_price": UNDEF_PRICE,
    "leg_price": UNDEF_PRICE,
    "leg_delta": UNDEF_PRICE,
    "market_depth": 3,
    "market_segment_id": 54,
    "min_trade_vol": 1,
    "contract_multiplier": UNDEF_INT,
    "decay_quantity": UNDEF_INT,
    "original_contract_size": UNDEF_INT,
    "trading_reference_date": UNDEF_YEAR,
    "decay_start_date": UNDEF_YEAR,
    "appl_id": 311,
    "channel_id": OPTION_CHANNEL,
    "currency": "USD",
    "exchange": "XCME",
    "security_type": "OOF",
    "match_algorithm": "F",
    "md_security_trading_status": UNDEF_BYTE,
    "main_fraction": UNDEF_BYTE,
    "price_display_format": UNDEF_BYTE,
    "settl_price_type": UNDEF_BYTE,
    "sub_fraction": UNDEF_BYTE,
    "underlying_product": 5,
    "security_update_action": "A",
    "maturity_day": UNDEF_BYTE,
    "maturity_week": UNDEF_BYTE,
    "contract_multiplier_unit": UNDEF_SIGNED_BYTE,
    "flow_schedule_type": UNDEF_SIGNED_BYTE,
    "leg_instrument_class": "\0",
    "leg_side": "N",
}


def _start_up(day: date) -> int:
    """The last weekly start-up on or before a date, when the venue sends every definition [UNIX ns]."""
    return chicago_ns(day - timedelta(days=(day.weekday() + 1) % 7), SUNDAY_START)


def _outright(option: Option, product: Product) -> Row:
    contract, series = option.contract, option.series
    listed = third_friday(series.year - 2, series.month) if not series.is_european else series.expires - LISTED_BEFORE
    return {
        "instrument_id": option.instrument_id,
        "raw_instrument_id": option.instrument_id,
        "raw_symbol": option.symbol,
        "instrument_class": option.right,
        "min_price_increment": UNDEF_PRICE,
        "expiration": series.ts_expiration,
        "activation": chicago_ns(listed, time(15, 25)),
        "low_limit_price": round(product.option_tick * 1e9),
        "unit_of_measure_qty": round(product.multiplier * 1e9),
        "inst_attrib_value": 270339,
        "underlying_id": contract.instrument_id,
        "max_trade_vol": 3000,
        "maturity_year": series.year,
        "maturity_month": series.month,
        "group": "EW",
        "asset": series.root if series.is_european else product.name,
        "cfi": f"O{option.right}{'E' if series.is_european else 'A'}FPS",
        "unit_of_measure": "IPNT",
        "underlying": contract.symbol,
        "strike_price_currency": "USD",
        "strike_price": option.strike * 10**9,
        "user_defined_instrument": "N",
        "tick_rule": 17,
    }


def _spread(spread: Spread, product: Product, day: date) -> Row:
    return {
        "instrument_id": spread.instrument_id,
        "raw_instrument_id": spread.instrument_id,
        "raw_symbol": spread.symbol,
        "instrument_class": "T",
        "min_price_increment": 0,
        "expiration": chicago_ns(day + SPREAD_LIFE, time(2, 1)),
        "activation": _start_up(day),
        "unit_of_measure_qty": UNDEF_PRICE,
        "min_price_increment_amount": UNDEF_PRICE,
        "inst_attrib_value": 270343,
        "max_trade_vol": 9999,
        "maturity_year": day.year,
        "maturity_month": day.month,
        "secsubtype": spread.kind,
        "group": "1V",
        "asset": product.name,
        "cfi": "OMXFPS",
        "unit_of_measure": "IPNT",
        "user_defined_instrument": "Y",
        "tick_rule": 2,
    }


def _legs(row: Row, spread: Spread, listing: Listing) -> list[Row]:
    legs = [listing.options[k] for k in spread.legs]
    return [
        row
        | {
            "leg_count": len(legs),
            "leg_index": k,
            "leg_instrument_id": leg.instrument_id,
            "leg_raw_symbol": leg.symbol,
            "leg_instrument_class": leg.right,
            "leg_side": "B" if ratio > 0 else "A",
            "leg_ratio_price_numerator": 1,
            "leg_ratio_price_denominator": 1,
            "leg_ratio_qty_numerator": abs(ratio),
            "leg_ratio_qty_denominator": 1,
            "leg_underlying_id": leg.contract.instrument_id,
        }
        for k, (leg, ratio) in enumerate(zip(legs, spread.ratios, strict=True))
    ]


def definitions(*, product: Product, day: date, listing: Listing, closes_ns: int | None, version: int) -> NDArray[np.void]:
    """Make a day's definition records in the order of their arrival.

    Parameters
    ----------
    listing : the day's instruments.
    closes_ns : end of the day's session, when some spreads are deleted; None on a day without one. [UNIX ns]
    version : version of DBN; 3 gives a record for every leg of a spread.
    """
    start_up, midnight = _start_up(day), day_start_ns(day)
    rows: list[Row] = []
    instruments: tuple[Option | Spread, ...] = (*listing.options, *listing.spreads)
    for number, instrument in enumerate(instruments):
        row = COMMON | (_outright(instrument, product) if isinstance(instrument, Option) else _spread(instrument, product, day))
        row["ts_event"] = start_up + number * 1_370_000
        row["ts_recv"] = max(midnight, start_up + 400_000 + number * 1_370_000) if day.weekday() == SUNDAY else midnight
        if instrument.ts_listed is not None:
            row["ts_event"], row["ts_recv"] = instrument.ts_listed, instrument.ts_listed + 350_000
        made = _legs(row, instrument, listing) if isinstance(instrument, Spread) and version >= WITH_LEGS else [row]
        rows += made
        if number < CHANGED:
            changed = midnight + 14 * 3600 * 10**9 + number * 41 * 10**9
            rows += [one | {"security_update_action": "M", "ts_event": changed, "ts_recv": changed + 300_000} for one in made]
        if closes_ns is not None and number - len(listing.options) in TAKEN_OFF and instrument.ts_listed is None:
            gone = closes_ns + number * 1_000_000
            rows += [one | {"security_update_action": "D", "ts_event": gone, "ts_recv": gone + 300_000} for one in made]
    rows.sort(key=lambda row: int(row["ts_recv"]))
    return _packed(rows, version)


def _packed(rows: list[Row], version: int) -> NDArray[np.void]:
    dtype = definition_dtype(version)
    out = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        values = [row.get(name) for row in rows]
        if any(value is not None for value in values):
            is_text = dtype[name].kind == "S"
            blank: Any = b"" if is_text else 0
            out[name] = [blank if value is None else str(value).encode() if is_text else value for value in values]
    out["length"] = dtype.itemsize // 4
    return out
