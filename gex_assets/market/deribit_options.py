"""Names of Deribit's options, and the moment at which they expire.

Deribit's documentation, "Naming conventions": BTC-30JAN26-90000-C; options settled in USDC carry it in the name
(BTC_USDC-30JAN26-90000-C), and a strike with decimals has d for the point (XRP_USDC-30JAN26-2d5-C). They expire at 08:00 UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from gex_assets.time_units import SECOND_NS

__all__ = ["DeribitOption", "deribit_option"]

_NAME: Final = re.compile(r"([A-Z0-9]+)(_USD[CT]?)?-(\d{1,2})([A-Z]{3})(\d{2})-(\d+(?:[d.]\d+)?)-([CP])", re.ASCII)
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_HOUR_UTC: Final = 8


class DeribitOption(NamedTuple):
    """The parts of a name.

    Attributes
    ----------
    coin : BTC, ETH, …
    is_linear : whether it is quoted and settled in a dollar coin, not in the coin itself.
    ts_expiration_ns : UNIX ns UTC.
    strike : [USD]
    right : C or P.
    """

    coin: str
    is_linear: bool
    ts_expiration_ns: int
    strike: float
    right: str


def deribit_option(name: str) -> DeribitOption | None:
    """The parts of an option's name; None for any other text.

    Examples
    --------
    >>> deribit_option("BTC-30JAN26-90000-C").strike, deribit_option("BTC-PERPETUAL")
    (90000.0, None)
    """
    found = _NAME.fullmatch(name.strip())
    if found is None:
        return None
    coin, settled_in, day, month, year, strike, right = found.groups()
    if month not in _MONTHS:
        return None
    try:
        moment = datetime(2000 + int(year), _MONTHS.index(month) + 1, int(day), _HOUR_UTC, tzinfo=UTC)
    except ValueError:
        return None
    return DeribitOption(
        coin, settled_in is not None, int(moment.timestamp()) * SECOND_NS, float(strike.replace("d", ".")), right
    )
