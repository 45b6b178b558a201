"""Symbols of listed US options: their underlying, settlement and moment of expiration.

For chains of index, ETF and stock options; E-mini options are in `symbols` and `expirations`. A root that is not named here is
its own underlying and expires at the stock exchanges' close.
"""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from gex_assets.market.expirations import expiration_ns
from gex_assets.market.holidays import previous_business_day
from gex_assets.market.products import Settlement
from gex_assets.time_units import MINUTE_NS

__all__ = [
    "DOTTED_SYMBOL",
    "FIFTEEN_MINUTES_LONGER",
    "OCC_SYMBOL",
    "ListedRoot",
    "is_adjusted",
    "is_known",
    "listed_expiration_ns",
    "listed_root",
]

OCC_SYMBOL: Final = r"^(?:O:)?(?P<root>[A-Z][A-Z0-9.]*?)\s*(?P<day>\d{6})(?P<right>[CP])(?P<strike>\d{8})$"
"""Root, expiration as YYMMDD, C or P, strike in thousandths (OCC, "Options Symbology Initiative", 2010), in RE2's syntax too."""

DOTTED_SYMBOL: Final = r"^\.(?P<root>[A-Z][A-Z0-9.]*?)(?P<day>\d{6})(?P<right>[CP])(?P<strike>\d+(?:\.\d+)?)$"
"""The symbols of thinkorswim, tastytrade and dxFeed, `.SPXW260116C6600`: a dot before the root, and the strike in points."""


class ListedRoot(NamedTuple):
    """Underlying of the options of a root, and whether they settle at the opening or at the close."""

    underlying: str
    settlement: Settlement


_ROOTS: Final = MappingProxyType(
    {
        "SPX": ListedRoot("SPX", "am"),
        "SPXW": ListedRoot("SPX", "pm"),
        "SPXPM": ListedRoot("SPX", "pm"),
        "SPXQ": ListedRoot("SPX", "pm"),
        "NDX": ListedRoot("NDX", "am"),
        "NDXP": ListedRoot("NDX", "pm"),
        "RUT": ListedRoot("RUT", "am"),
        "RUTW": ListedRoot("RUT", "pm"),
        "DJX": ListedRoot("DJX", "am"),
        "OEX": ListedRoot("OEX", "pm"),
        "XEO": ListedRoot("OEX", "pm"),
        "VIX": ListedRoot("VIX", "am"),
        "VIXW": ListedRoot("VIX", "am"),
    }
)
# Sources: Cboe's product specifications of SPX ("SPX AM options", "trading in SPXW options will ordinarily cease on the day of
# expiration, 3:00 pm CT"), RUT, DJX and VIX, Nasdaq's of NDX and NDXP, as tabled by tastyworks, "Cash-Settled Indexes Options
# Specifications" (XSP, OEX and XEO there: settled at the close; XEO is the European style on OEX's index).
# VIXW settles like VIX, at the opening of its Wednesday.

_LONGER: Final = (
    "DBA DBB DBC DBO DIA EEM EFA FXI IWM IWN IWO IWV IYR KBE KRE LQD MDY MOO OEF QQQ SLX SPY SVXY TLT UNG UUP UVXY VIXM VIXY VXX "
    "VXZ XHB XLB XLE XLF XLI XLK XLP XLU XLV XLY XME XRT"
)
FIFTEEN_MINUTES_LONGER: Final = frozenset(_LONGER.split())
"""Funds whose options trade until 15:15 Chicago, on their last day too (IG's list of options that trade until 3:15 Central, after
Cboe Rule 5.1(b); cash-settled index options stop at 15:00 on the day they expire)."""

_OF_100: Final = frozenset(("XSP", "IWM", "MRUT", "NQX")) | FIFTEEN_MINUTES_LONGER | {one.underlying for one in _ROOTS.values()}
_QUARTER_HOUR_NS: Final = 15 * MINUTE_NS
_ADJUSTED: Final = re.compile(r"[A-Z.]+\d")


def listed_root(root: str) -> ListedRoot:
    """Underlying and settlement of a root of option symbols.

    Examples
    --------
    >>> listed_root("SPXW"), listed_root("SPY")
    (ListedRoot(underlying='SPX', settlement='pm'), ListedRoot(underlying='SPY', settlement='pm'))
    """
    return _ROOTS.get(root, ListedRoot(root, "pm"))


def is_known(symbol: str) -> bool:
    """Whether a symbol is an index or fund that is named here, or a root of its options: a point is worth 100 USD.

    Examples
    --------
    >>> is_known("SPXW"), is_known("SPY"), is_known("NIFTY")
    (True, True, False)
    """
    return symbol in _ROOTS or symbol in _OF_100


def is_adjusted(root: str) -> bool:
    """Whether a root is of options adjusted after a corporate action: a digit after the letters, and another deliverable."""
    return _ADJUSTED.fullmatch(root) is not None


def listed_expiration_ns(root: str, day: date) -> int:
    """UNIX time [ns] at which options of a root expire on their day of expiration.

    08:30 in Chicago where the opening settles them, otherwise 15:00 (12:00 where the stock exchanges close early), and a quarter
    of an hour later for the funds of `FIFTEEN_MINUTES_LONGER`. A day on which the exchanges are closed (a holiday, or the
    Saturdays of symbols before 2015) means the business day before it.

    Examples
    --------
    >>> listed_expiration_ns("SPX", date(2026, 1, 16)) // 10**9, listed_expiration_ns("SPXW", date(2026, 1, 16)) // 10**9
    (1768573800, 1768597200)
    """
    moment = expiration_ns(previous_business_day(day), listed_root(root).settlement)
    return moment + _QUARTER_HOUR_NS if root in FIFTEEN_MINUTES_LONGER else moment
