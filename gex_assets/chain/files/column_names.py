"""Names of columns: ours, and those that sources give them.

A title is compared in small letters without spaces, underscores, dots and brackets: `Strike Price`, `strikePrice` and
`[STRIKE_PRICE]` are one name. A title that ends in percent, pct or (%) is in percent. Names that begin or end
with call or put (or c, p, ce, pe) are of one right, in tables of one row per strike.
docs/chain_files.md is written from this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from gex_assets.chain.files.cells import snake_case
from gex_assets.chain.reading import BY_STRIKE, IV_DECIMAL
from gex_assets.conventions import WEIGHTS

__all__ = ["ABOUT", "ALIASES", "NEW_YORK_TITLES", "Named", "is_header", "is_header_of_symbols", "named_columns", "our_name"]

ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "strike": ("strike_price", "exercise_price"),
        "right": (
            "type",
            "option_type",
            "call_put",
            "put_call",
            "cp_flag",
            "cp",
            "contract_type",
            "option_right",
            "side",
            "kind",
        ),
        "expiration": (
            "expiry",
            "expiration_date",
            "expiry_date",
            "exp_date",
            "expire_date",
            "expir_date",
            "exdate",
            "expires",
            "maturity",
            "maturity_date",
            "expire_unix",
            "expiration_time",
            "exp",
        ),
        "settlement": ("am_pm", "settlement_type", "expiration_time_of_day"),
        "open_interest": ("oi", "open_int", "open_interest_contracts"),
        "volume": ("vol", "trade_volume", "total_volume", "total_traded_volume", "day_volume"),
        "iv": (
            "implied_volatility",
            "implied_vol",
            "impl_volatility",
            "impl_vol",
            "implied_volatility_1545",
            "mid_iv",
            "mark_iv",
            "iv_mid",
            "smv_vol",
            "volatility",
        ),
        "delta": ("delta_1545",),
        "gamma": ("gamma_1545",),
        "bid": ("best_bid", "bid_price", "best_bid_price", "bid_1545", "bid_eod"),
        "ask": ("best_offer", "offer", "ask_price", "best_ask_price", "best_ask", "ask_1545", "ask_eod"),
        "option": (
            "option_symbol",
            "contract_symbol",
            "occ_symbol",
            "contract",
            "contract_name",
            "contract_id",
            "instrument_name",
            "instrument",
            "osi",
            "osi_symbol",
            "option_ticker",
        ),
        "root": ("option_root", "root_symbol", "trading_class", "option_class"),
        "symbol": ("underlying", "underlying_symbol", "underlying_ticker", "underlying_asset_ticker", "ticker", "stock_symbol"),
        "future": ("underlying_future",),
        "contract_size": ("shares_per_contract", "contract_multiplier", "multiplier", "lot_size", "market_lot"),
        "spot": (
            "spot_price",
            "underlying_price",
            "underlying_last",
            "active_underlying_price",
            "active_underlying_price_1545",
            "implied_underlying_price",
            "implied_underlying_price_1545",
            "underlying_asset_price",
            "underlying_asset_value",
            "underlying_value",
            "stock_price",
            "current_price",
            "index_price",
        ),
        "underlying_bid": ("underlying_bid_1545", "underlying_bid_eod"),
        "underlying_ask": ("underlying_ask_1545", "underlying_ask_eod"),
        "as_of": (
            "quote_datetime",
            "quote_unixtime",
            "quote_time",
            "quote_readtime",
            "timestamp",
            "updated",
            "updated_at",
            "snapshot_time",
            "quote_date",
            "trade_date",
            "data_date",
            "date",
            "underlying_asset_last_updated",
            "last_quote_last_updated",
        ),
    }
)
"""Our name of a column -> names that sources give it, the first of several in a file first."""

ABOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "strike": "strike price",
        "right": "C, P, call, put, CE or PE",
        "expiration": "day, moment or UNIX time; a midnight is that day",
        "settlement": "am or pm, where neither symbol nor root says it",
        "open_interest": "open contracts",
        "volume": "contracts traded",
        "iv": "implied volatility, decimal (0.18), or with a sign or a title that says percent",
        IV_DECIMAL: "implied volatility that is decimal, whatever its size (5.2 for 520 %)",
        "delta": "read for the placeholder -999 only",
        "gamma": "per unit of the underlying's price",
        "bid": "best bid",
        "ask": "best ask",
        "option": "symbol of the option, from which strike, right, expiration and root follow",
        "root": "root of the option's symbol (SPX, SPXW), which decides between opening and close",
        "symbol": "what the options are on; one in a file, unless `--symbol` picks one",
        "future": "future that an option is exercised into (ESH6)",
        "contract_size": "units of the underlying in a contract; options of another size than most are left out",
        "spot": "price of the underlying; one in a file, unless `--spot` says it",
        "underlying_bid": "best bid of the underlying; with its ask, the price where no column has it",
        "underlying_ask": "best ask of the underlying",
        "as_of": "moment or day of the quotes; one in a file, unless `--date` or `--as-of` picks one",
        "years": "time to expiration in years, where there is no expiration",
        "resting_size": "contracts resting in the book",
        "flow_inventory": "contracts that dealers hold by signed flow",
    }
)
"""Our name of a column -> what its cells hold."""

NEW_YORK_TITLES: Final = frozenset(("quotedatetime", "quotereadtime", "quotetime"))
"""Titles under which Cboe DataShop and optionsDX give moments of New York without saying so."""

_OWN_NAMES: Final = ("gamma", "delta", "years", IV_DECIMAL, *WEIGHTS)
_SIDES: Final = MappingProxyType(
    {"call": "call", "calls": "call", "c": "call", "ce": "call", "put": "put", "puts": "put", "p": "put", "pe": "put"}
)
_BEFORE: Final = re.compile(r"^(calls?|puts?|c|p|ce|pe)_(.+)$")
_AFTER: Final = re.compile(r"^(.+)_(calls?|puts?|ce|pe)$")
_PERCENT: Final = re.compile(r"^(.+?)_(?:percent|pct)$")
_OF_A_STRIKE: Final = ("strike", "option")
_SUFFIX_OF: Final = {name: suffix for suffix, name in BY_STRIKE.items()}


class Named(NamedTuple):
    """A column that is known: its place in the file, the rank of its name, and whether it is in percent."""

    place: int
    rank: int
    percent: bool


def _squeezed(name: str) -> str:
    return name.replace("_", "")


_NAME_OF: Final = {
    _squeezed(alias): (name, rank) for name, aliases in ALIASES.items() for rank, alias in enumerate((name, *aliases))
} | {_squeezed(name): (name, 0) for name in _OWN_NAMES}
_PERCENT_OF: Final = frozenset(("iv", "call_iv", "put_iv"))


@lru_cache(maxsize=4096)
def our_name(title: str) -> tuple[str, int, bool] | None:
    """Our name of a title, its rank among names of one column (0 is our own), and whether it is in percent; None if unknown.

    Examples
    --------
    >>> our_name("Strike Price"), our_name("IV (%)"), our_name("callOpenInterest"), our_name("theta")
    (('strike', 1, False), ('iv', 0, True), ('call_oi', 0, False), None)
    """
    small = snake_case(title)
    in_percent = _PERCENT.match(small)
    bare = small if in_percent is None else in_percent.group(1)
    found = _NAME_OF.get(_squeezed(bare))
    if found is None:
        before, after = _BEFORE.match(bare), _AFTER.match(bare)
        side, rest = before.groups() if before else after.groups()[::-1] if after else ("", "")
        of_side = _NAME_OF.get(_squeezed(rest))
        if of_side is None or of_side[0] not in BY_STRIKE.values():
            return None
        suffix = next(suffix for suffix, name in BY_STRIKE.items() if name == of_side[0])
        found = f"{_SIDES[side]}_{suffix}", of_side[1]
    name, rank = found
    percent = in_percent is not None
    return None if percent and name not in _PERCENT_OF else (name, rank, percent)


def named_columns(titles: Sequence[str]) -> dict[str, list[Named]]:
    """Our name -> the columns of that meaning, the one of the first name first: our own, then in the order of `ALIASES`.

    Columns of one name stay in the file's order. In a table with a strike in the middle and the same titles on both sides, calls
    stand on the left and puts on the right.

    Examples
    --------
    >>> list(named_columns(["Bid", "Ask", "Strike", "Bid", "Ask"]))
    ['call_bid', 'call_ask', 'strike', 'put_bid', 'put_ask']
    """
    middle = _middle(titles)
    found: dict[str, list[tuple[int, Named]]] = {}
    for place, title in enumerate(titles):
        known = our_name(title)
        if known is not None:
            name, rank, percent = known
            if middle is not None and titles.count(title) > 1:
                if name not in _SUFFIX_OF:  # delta and symbols say nothing that strike and side do not
                    continue
                name = f"{'call' if place < middle else 'put'}_{_SUFFIX_OF[name]}"
            found.setdefault(name, []).append((rank, Named(place, rank, percent)))
    return {name: [one for _, one in sorted(each, key=lambda pair: pair[0])] for name, each in found.items()}


def _middle(titles: Sequence[str]) -> int | None:
    """Place of the strike in a table whose quotes or weights have the same titles on both sides of it; None in any other."""
    names = [None if (known := our_name(title)) is None else known[0] for title in titles]
    if names.count("strike") != 1:
        return None
    middle = names.index("strike")
    left, right = titles[:middle], titles[middle + 1 :]
    both = {title for title in left if left.count(title) == right.count(title) == 1}
    return middle if any(title in both and name in _SUFFIX_OF for title, name in zip(titles, names, strict=True)) else None


def is_header_of_symbols(titles: Sequence[str]) -> bool:
    """Whether cells may be titles of options whose symbols stand under the underlying's name: Symbol, Bid, Ask, Open Int."""
    names = {found[0] for title in titles if (found := our_name(title)) is not None}
    return "symbol" in names and not names.isdisjoint(_SUFFIX_OF)


def is_header(titles: Sequence[str]) -> bool:
    """Whether cells are titles of a chain's columns: one of them is the strike's or the option symbol's."""
    return any((found := our_name(title)) is not None and found[0] in _OF_A_STRIKE for title in titles)
