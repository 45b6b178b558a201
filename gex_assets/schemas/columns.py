"""How columns are made, and the columns that several tables share: one description for one quantity.

A column that only one table has is described in that table's module. Values that may be missing are NULL, never 0 and never NaN.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pyarrow as pa

from gex_assets.schemas.table import CATEGORY, Column

__all__ = [
    "BY_SESSION",
    "CALL_WALL",
    "CONVENTION",
    "CONVENTION_FACTS",
    "CONVENTION_VERSION",
    "EXPOSURE_UNIT",
    "FUTURE_SYMBOL",
    "GROSS_GEX",
    "INSTRUMENT_ID",
    "MULTIPLIER",
    "NET_GEX",
    "PUT_WALL",
    "REFERENCE_PRICE",
    "RIGHT",
    "SCALE",
    "SCOPE",
    "SESSION_DATE",
    "STRIKE",
    "TS_EXPIRATION",
    "UNDERLYING",
    "WEIGHT_USED",
    "ZERO_GAMMA",
    "category",
    "count",
    "date_of",
    "flag",
    "float_list",
    "kept_for",
    "moment_ns",
    "number",
    "price",
    "raw_symbol",
    "share",
    "window_end",
]


def number(name: str, about: str, unit: str = "1", *, at_least: float | None = None, at_most: float | None = None) -> Column:
    """A float64 that may be missing."""
    return Column(name=name, type=pa.float64(), about=about, unit=unit, nullable=True, at_least=at_least, at_most=at_most)


def price(name: str, about: str) -> Column:
    """A price, or a distance between prices, in index points; it may be missing."""
    return number(name, about, "index points")


def share(name: str, about: str) -> Column:
    """A number between 0 and 1 that may be missing."""
    return number(name, about, at_least=0.0, at_most=1.0)


def count(name: str, about: str, unit: str, *, kind: pa.DataType | None = None, at_most: int | None = None) -> Column:
    """An integer of at least 0, int32 unless said otherwise; it is always known."""
    return Column(name=name, type=kind or pa.int32(), about=about, unit=unit, at_least=0, at_most=at_most)


def category(name: str, about: str, *, one_of: tuple[str, ...] = (), nullable: bool = False) -> Column:
    """A word out of few; `one_of` names all that are allowed."""
    return Column(name=name, type=CATEGORY, about=about, nullable=nullable, one_of=one_of)


def flag(name: str, about: str, *, nullable: bool = False) -> Column:
    """True or false."""
    return Column(name=name, type=pa.bool_(), about=about, nullable=nullable)


def float_list(name: str, about: str, unit: str) -> Column:
    """A list of any length of float64 that may itself be missing; its elements may not."""
    kind = pa.list_(pa.field("item", pa.float64(), nullable=False))
    return Column(name=name, type=kind, about=about, unit=unit, nullable=True)


def moment_ns(name: str, about: str, *, nullable: bool = False) -> Column:
    """A moment in time."""
    return Column(name=name, type=pa.int64(), about=about, unit="UNIX ns UTC", nullable=nullable)


def window_end(
    about: str = "End of the 5 s window that the row describes; it holds ts_recv in [end - 5 s, end).",
) -> Column:
    """The column by which windows are named."""
    return Column(name="ts_window_end", type=pa.int64(), about=about, unit="UNIX ns UTC", at_least=0)


def raw_symbol(kind: pa.DataType = CATEGORY, *, examples: str = "ESH6 C6000") -> Column:
    """The venue's symbol."""
    return Column(name="raw_symbol", type=kind, about=f"The venue's symbol, e.g. {examples}.")


def date_of(name: str, about: str, *, nullable: bool = False) -> Column:
    """A calendar date."""
    return Column(name=name, type=pa.date32(), about=about, nullable=nullable)


def kept_for(whom: str, *columns: Column) -> tuple[Column, ...]:
    """The same columns, with the reason why they are stored although nothing in the package reads them."""
    return tuple(replace(column, for_whom=whom) for column in columns)


SESSION_DATE: Final = Column(
    name="session_date", type=pa.date32(), about="The Globex trade date of the session that the row is about."
)
INSTRUMENT_ID: Final = Column(name="instrument_id", type=pa.uint32(), about="The venue's number of the instrument on this day.")

UNDERLYING: Final = category("underlying", "The future that the options are exercised into, e.g. ESH6.")
RIGHT: Final = category("right", "C for a call, P for a put.", one_of=("C", "P"))
STRIKE: Final = Column(name="strike", type=pa.float64(), about="Strike price.", unit="index points", at_least=0.0)
TS_EXPIRATION: Final = moment_ns("ts_expiration", "The exact moment of expiration.")
BY_SESSION: Final = "queries that group by session"
"""Why `SESSION_DATE` is stored where nothing reads it."""

MULTIPLIER: Final = Column(name="multiplier", type=pa.float64(), about="US dollars per index point.", unit="USD per point")
FUTURE_SYMBOL: Final = category("symbol", "The future, e.g. ESH6.")

EXPOSURE_UNIT: Final = "the convention's scale"
"""Unit of an exposure that follows a convention; the row's `scale` names it."""

CONVENTION: Final = category("convention", "The named set of choices that exposures follow, e.g. field.")
SCOPE: Final = category("scope", "The expirations counted: selected, 0dte, exp:YYYY-MM-DD, or (before a session) all.")
CONVENTION_VERSION: Final = Column(name="convention_version", type=pa.int32(), about="Version of the convention.", at_least=1)
WEIGHT_USED: Final = category(
    "weight_used", "The weight that the convention chose for this day; NULL where there is none.", nullable=True
)
SCALE: Final = category("scale", "The unit of every exposure in this row.")
CONVENTION_FACTS: Final = (CONVENTION_VERSION, WEIGHT_USED, SCALE, UNDERLYING)
"""What tables by convention say of it next to its name, in this order."""

REFERENCE_PRICE: Final = price("reference_price", "The front selected expiration's reference price.")
NET_GEX: Final = number("net_gex", "Sum of the signed exposures; NULL where no strike has one.", EXPOSURE_UNIT)
GROSS_GEX: Final = number("gross_gex", "Sum of the exposures' magnitudes.", EXPOSURE_UNIT, at_least=0.0)
ZERO_GAMMA: Final = price("zero_gamma", "The zero-gamma price nearest the reference price; NULL where there is none.")
CALL_WALL, PUT_WALL = (
    price(
        f"{right}_wall",
        f"Price of the {right} wall by the convention's rule, on the axis of the front's future; NULL if there is none.",
    )
    for right in ("call", "put")
)
