"""Answers of vendors in their documented forms: SPY at 600 with one strike, calls 1,000 and puts 500, expiring 2026-01-16."""

from __future__ import annotations

from typing import Any

CLOSE_OF_SPY_NS = 1_768_598_100 * 10**9
"""15:15 Chicago of 2026-01-16."""
AS_OF_MS = 1_767_729_600_000
"""2026-01-06 20:00 UTC."""


def schwab() -> dict[str, Any]:
    def contract(right: str, letter: str, size: int) -> dict[str, Any]:
        return {
            "putCall": right,
            "symbol": f"SPY   260116{letter}00600000",
            "bid": 5.0,
            "ask": 5.1,
            "totalVolume": 7,
            "quoteTimeInLong": AS_OF_MS,
            "volatility": 15.0,
            "delta": 0.5,
            "gamma": 0.01,
            "openInterest": size,
            "strikePrice": 600.0,
            "expirationDate": "2026-01-16T21:00:00.000+00:00",
            "multiplier": 100.0,
            "settlementType": "P",
            "nonStandard": False,
            "mini": False,
        }

    return {
        "symbol": "SPY",
        "status": "SUCCESS",
        "underlying": {"symbol": "SPY", "last": 600.0, "mark": 600.0, "quoteTime": AS_OF_MS},
        "interestRate": 4.2,
        "underlyingPrice": 600.0,
        "callExpDateMap": {"2026-01-16:10": {"600.0": [contract("CALL", "C", 1_000)]}},
        "putExpDateMap": {"2026-01-16:10": {"600.0": [contract("PUT", "P", 500)]}},
    }


def polygon() -> dict[str, Any]:
    def result(right: str, letter: str, size: int) -> dict[str, Any]:
        return {
            "day": {"close": 5.0, "volume": 7, "last_updated": AS_OF_MS * 10**6},
            "details": {
                "contract_type": right,
                "exercise_style": "american",
                "expiration_date": "2026-01-16",
                "shares_per_contract": 100,
                "strike_price": 600,
                "ticker": f"O:SPY260116{letter}00600000",
            },
            "greeks": {"delta": 0.5, "gamma": 0.01, "theta": -0.1, "vega": 0.2},
            "implied_volatility": 0.15,
            "last_quote": {"ask": 5.1, "bid": 5.0, "last_updated": AS_OF_MS * 10**6},
            "open_interest": size,
            "underlying_asset": {"price": 600, "ticker": "SPY", "timeframe": "DELAYED"},
        }

    return {"request_id": "a", "status": "OK", "results": [result("call", "C", 1_000), result("put", "P", 500)]}


def tradier() -> dict[str, Any]:
    def option(right: str, letter: str, size: int) -> dict[str, Any]:
        return {
            "symbol": f"SPY260116{letter}00600000",
            "description": "SPY Jan 16 2026 $600.00",
            "underlying": "SPY",
            "root_symbol": "SPY",
            "strike": 600.0,
            "option_type": right,
            "expiration_date": "2026-01-16",
            "expiration_type": "standard",
            "contract_size": 100,
            "open_interest": size,
            "volume": 7,
            "bid": 5.0,
            "ask": 5.1,
            "greeks": {
                "delta": 0.5,
                "gamma": 0.01,
                "bid_iv": 0.14,
                "mid_iv": 0.15,
                "ask_iv": 0.16,
                "updated_at": "2026-01-06 20:00:00",
            },
        }

    return {"options": {"option": [option("call", "C", 1_000), option("put", "P", 500)]}}


def yahoo(*, raw: bool = False) -> dict[str, Any]:
    def contract(letter: str, size: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "strike": 600.0,
            "openInterest": size,
            "volume": 7,
            "bid": 5.0,
            "ask": 5.1,
            "impliedVolatility": 0.15,
            "expiration": 1_768_521_600,
        }
        if raw:
            made = {name: {"raw": value, "fmt": str(value)} for name, value in made.items()}
        return {"contractSymbol": f"SPY260116{letter}00600000", "contractSize": "REGULAR", **made}

    result = {
        "underlyingSymbol": "SPY",
        "expirationDates": [1_768_521_600, 1_769_126_400],
        "strikes": [600.0],
        "hasMiniOptions": False,
        "quote": {"symbol": "SPY", "regularMarketPrice": 600.0, "regularMarketTime": AS_OF_MS // 1_000},
        "options": [{"expirationDate": 1_768_521_600, "calls": [contract("C", 1_000)], "puts": [contract("P", 500)]}],
    }
    return {"optionChain": {"result": [result], "error": None}}


def nse() -> dict[str, Any]:
    def option(right: str, size: int) -> dict[str, Any]:
        return {
            "strikePrice": 24_000,
            "expiryDate": "29-Jan-2026",
            "underlying": "NIFTY",
            "identifier": f"OPTIDXNIFTY29-01-2026{right}24000.00",
            "openInterest": size,
            "totalTradedVolume": 7,
            "impliedVolatility": 15.0,
            "bidprice": 100.0,
            "askPrice": 101.0,
            "underlyingValue": 24_010.5,
        }

    row = {"strikePrice": 24_000, "expiryDate": "29-Jan-2026", "CE": option("CE", 1_000), "PE": option("PE", 500)}
    records = {"expiryDates": ["29-Jan-2026"], "data": [row], "timestamp": "06-Jan-2026 15:30:00", "underlyingValue": 24_010.5}
    return {"records": records, "filtered": {"data": [row]}}


def deribit() -> dict[str, Any]:
    def summary(name: str, size: float, future: float) -> dict[str, Any]:
        return {
            "instrument_name": name,
            "open_interest": size,
            "volume": 7.0,
            "mark_iv": 50.0,
            "bid_price": 0.05,
            "ask_price": None,
            "underlying_price": future,
            "underlying_index": "BTC-30JAN26",
            "estimated_delivery_price": 90_000.0,
            "creation_timestamp": AS_OF_MS,
            "base_currency": "BTC",
        }

    rows = [summary("BTC-30JAN26-90000-C", 100.0, 90_500.0), summary("BTC-27MAR26-90000-P", 50.0, 91_500.0)]
    return {"jsonrpc": "2.0", "result": [*rows, {"instrument_name": "BTC-PERPETUAL", "open_interest": 1.0}]}


def cached() -> dict[str, Any]:
    def chain(strike: float) -> list[dict[str, Any]]:
        row = {"strike": strike, "expiration": "2026-01-16"}
        for right, size in (("call", 1_000), ("put", 500)):
            row |= {
                f"{right}_{name}": value
                for name, value in (("oi", size), ("gamma", 0.01), ("iv", 0.15), ("bid", 5.0), ("ask", 5.1))
            }
        return [row]

    return {
        "timestamp": "2026-01-06T20:00:00Z",
        "data": {
            "SPY": {"spot_price": 600.0, "option_chain": chain(600.0)},
            "QQQ": {"spot_price": 500.0, "option_chain": chain(500.0)},
        },
    }


def nasdaq(days: tuple[str, ...] = ("Jan 16",), *, linked: bool = True) -> dict[str, Any]:
    """Nasdaq's answer: prices are texts, days have no year, and rows without a strike name groups of expirations."""

    def row(day: str) -> dict[str, Any]:
        side = {"Last": "5.05", "Change": "--", "Bid": "5.00", "Ask": "5.10", "Volume": "7", "colour": False}
        named = {f"{letter}_{name}": value for letter in ("c", "p") for name, value in side.items()}
        link = "/market-activity/funds-and-etfs/spy/option-chain/call-put-options/spy---260116c00600000" if linked else None
        sizes = {"c_Openinterest": "1,000", "p_Openinterest": "500"}
        return {"expirygroup": "", "expiryDate": day, "strike": "600.00", "drillDownURL": link} | named | sizes

    group = {"expirygroup": "January 2026", "expiryDate": None, "strike": None, "c_Openinterest": None, "drillDownURL": None}
    return {
        "data": {
            "totalRecord": len(days),
            "lastTrade": "LAST TRADE: $600.00 (AS OF JAN 6, 2026 3:00 PM ET)",
            "table": {"headers": {"strike": "Strike"}, "rows": [group, *(row(day) for day in days)]},
        },
        "message": None,
        "status": {"rCode": 200},
    }
