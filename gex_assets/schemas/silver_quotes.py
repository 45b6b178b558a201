"""Schemas of the quote tables `silver_option_quotes` and `silver_future_quotes`: the book every five seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gex_assets.schemas.book_columns import BOOK_AND_FLOW
from gex_assets.schemas.columns import BY_SESSION, FUTURE_SYMBOL, INSTRUMENT_ID, SESSION_DATE, kept_for, price, window_end
from gex_assets.schemas.table import Column, Table

__all__ = ["SILVER_FUTURE_QUOTES", "SILVER_OPTION_QUOTES"]

_FOR_WHOM: Final = "queries on liquidity and order flow"

_OPTION_READ: Final = (
    *("bid_price", "bid_depth", "ask_price", "ask_depth", "book_state", "is_complete", "quote_age_ns"),
    *(f"{side}_{flow}_size" for side in ("bid", "ask") for flow in ("add", "pull", "pull_rest")),
    *(f"{side}_reprice_{way}_size" for side in ("bid", "ask") for way in ("toward", "away")),
    *("trade_buy_size", "trade_sell_size", "aggressor_net"),
)
_FUTURE_READ: Final = (
    *("bid_price", "ask_price", "book_state", "is_complete", "last_trade_price"),
    *("trade_buy_size", "trade_sell_size", "trade_none_size"),
)


def _book_and_flow(read: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of book and flow; those not read by this package say for whom they are."""
    return tuple(column if column.name in read else replace(column, for_whom=_FOR_WHOM) for column in BOOK_AND_FLOW)


def _quotes(name: str, about: str, columns: tuple[Column, ...]) -> Table:
    return Table(
        name=name,
        layer="silver",
        about=about,
        key=("ts_window_end", "instrument_id"),
        version="2",
        kinds=("parquet", "numba"),
        columns=(window_end(), INSTRUMENT_ID, *columns),
    )


SILVER_OPTION_QUOTES: Final = _quotes(
    "silver_option_quotes",
    "Book at each window's end and flow within the window of every selected option.",
    (SESSION_DATE, *_book_and_flow(_OPTION_READ)),
)

SILVER_FUTURE_QUOTES: Final = _quotes(
    "silver_future_quotes",
    "Book at each window's end and flow within the window of every outright future.",
    (
        *kept_for(BY_SESSION, SESSION_DATE),
        FUTURE_SYMBOL,
        *_book_and_flow(_FUTURE_READ),
        price("vwap", "Volume-weighted price of the window's trades; NULL without trades."),
    ),
)
