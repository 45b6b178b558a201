"""Listed options on the indices and funds that follow the same stocks as a future, and the hours in which an index is computed.

Facts only: what belongs to which future, about how many times its price the future is, and when the stock exchanges are open.
"""

from __future__ import annotations

from datetime import time, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from gex_assets.errors import SymbolError
from gex_assets.market.expirations import chicago_date, chicago_ns, expiration_ns
from gex_assets.market.holidays import is_business_day, previous_business_day
from gex_assets.market.listed_options import listed_root

__all__ = ["INDEX_CHAINS", "IndexChain", "index_chain", "last_index_moment_ns"]


class IndexChain(NamedTuple):
    """An index or fund with listed options.

    Attributes
    ----------
    product : the future on the same stocks.
    ratio : about how many times its price the future is. [1]
    is_fund : whether it is a fund, which is traded before and after the hours of its stocks too.
    """

    product: str
    ratio: float
    is_fund: bool = False

    @property
    def slack(self) -> float:
        """How far the ratio may be from `ratio`, as a share. It is a judgement, no fact of a venue. [1].

        For an index 4 %: half a year at 8 % between rate and dividends, and the front future is never further out. For a fund
        6 %: it has lost fees and gathered dividends since it began.
        """
        return _OF_FUND if self.is_fund else _OF_INDEX


_OF_INDEX: Final = 0.04
_OF_FUND: Final = 0.06

INDEX_CHAINS: Final = MappingProxyType(
    {
        "SPX": IndexChain("ES", 1.0),
        "XSP": IndexChain("ES", 10.0),
        "SPY": IndexChain("ES", 10.0, is_fund=True),
        "NDX": IndexChain("NQ", 1.0),
        "NQX": IndexChain("NQ", 5.0),
        "QQQ": IndexChain("NQ", 41.0, is_fund=True),
        "RUT": IndexChain("RTY", 1.0),
        "MRUT": IndexChain("RTY", 10.0),
        "IWM": IndexChain("RTY", 10.0, is_fund=True),
        "DJX": IndexChain("YM", 100.0),
        "DIA": IndexChain("YM", 100.0, is_fund=True),
    }
)
"""Underlying of listed options -> its future.

Sources: CME Rulebook 358, 359, 393 and CBOT Rulebook 27 (the futures are on the S&P 500, Nasdaq-100, Russell 2000 and Dow Jones
Industrial Average). Cboe's product pages: XSP is a tenth of the S&P 500, MRUT of the Russell 2000, DJX a hundredth of the Dow.
Nasdaq: NQX is a fifth of the Nasdaq-100. The funds' prospectuses: SPY and IWM began at about a tenth of their index, DIA at a
hundredth, QQQ at a fortieth. QQQ stood at 1/41 of it in 2025: fees have been taken from it since 1999.
"""

_OPEN: Final = time(8, 30)


def index_chain(symbol: str) -> IndexChain:
    """The future of an index, a fund, or a root of its options.

    Raises
    ------
    SymbolError
        The symbol has none here.

    Examples
    --------
    >>> index_chain("SPXW").product, index_chain("^SPX").ratio, index_chain("SPY").ratio
    ('ES', 1.0, 10.0)
    """
    root = symbol.strip().upper().lstrip("^$._")
    try:
        return INDEX_CHAINS[listed_root(root).underlying]
    except KeyError:
        raise SymbolError(f"Expected options on one of {', '.join(INDEX_CHAINS)}, was {symbol!r}") from None


def last_index_moment_ns(ts_ns: int) -> int:
    """The last moment up to the given one at which the stock exchanges were open, and so the index computed. [UNIX ns UTC].

    They are open from 08:30 to 15:00 in Chicago on business days, to 12:00 on the eve of some holidays (NYSE, "Holidays and
    Trading Hours").

    Parameters
    ----------
    ts_ns : [UNIX ns UTC]

    Examples
    --------
    >>> at = chicago_ns(date(2026, 1, 5), time(7, 0))  # a Monday before the opening: the Friday's close
    >>> (last_index_moment_ns(at) - chicago_ns(date(2026, 1, 2), time(15, 0))) // 10**9
    0
    """
    day = chicago_date(ts_ns)
    if not is_business_day(day) or ts_ns < chicago_ns(day, _OPEN):
        return expiration_ns(previous_business_day(day - timedelta(days=1)), "pm")
    return min(ts_ns, expiration_ns(day, "pm"))
