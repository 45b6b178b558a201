"""Parsing of CME symbols (`ESH6 C6000`, `EW2F6 P5995`, `E1AF6 C6000`, `ESH6`), and the reasons for refusing one.

A symbol is parsed for one product on one date, because a one-digit year means another decade every ten years. Expiration and
underlying in an option's definition override those inferred here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gex_assets.market.expirations import expiration_date, expiration_ns, nearest_quarter, quarterly_expiration
from gex_assets.market.products import MONTH_CODES, Exercise, Family, OptionRoot, Settlement
from gex_assets.market.products import product as product_of

__all__ = ["FutureSymbol", "OptionSymbol", "Refusal", "parent_of", "parse_future", "parse_option"]

_OPTION: Final = re.compile(rf"([A-Z0-9]{{1,4}}?)([{MONTH_CODES}])(\d{{1,2}})\s+([CP])(\d+(?:\.\d+)?)", re.ASCII)
_FUTURE: Final = re.compile(rf"([A-Z0-9]{{1,4}}?)([{MONTH_CODES}])(\d{{1,2}})", re.ASCII)


class Refusal(StrEnum):
    """Reason for which a symbol is no outright of the product and families asked for."""

    USER_DEFINED_SPREAD = "user_defined_spread"
    CALENDAR_SPREAD = "calendar_spread"
    OTHER_ROOT = "other_root"
    OTHER_FAMILY = "other_family"
    UNPARSEABLE = "unparseable"


@dataclass(frozen=True, slots=True)
class OptionSymbol:
    """An outright option, as inferred from its symbol.

    Attributes
    ----------
    raw_symbol : the symbol as delivered.
    root, family : of `products.OptionRoot`: ES quarterly, EW2 weekly, E1A daily, EW eom.
    underlying : symbol of the future it is exercised into, with as many digits of the year as the option's.
    right : `C` or `P`.
    strike : [index points]
    expiration_date : in Chicago.
    ts_expiration : the exact moment. [ns]
    exercise, settlement : american or european; am or pm.
    multiplier : [USD per index point]
    """

    raw_symbol: str
    root: str
    family: Family
    underlying: str
    right: str
    strike: float
    expiration_date: date
    ts_expiration: int
    exercise: Exercise
    settlement: Settlement
    multiplier: float


@dataclass(frozen=True, slots=True)
class FutureSymbol:
    """An outright future.

    Attributes
    ----------
    raw_symbol : the symbol as delivered.
    root : the product.
    year, month : of delivery; month 3, 6, 9 or 12.
    ts_expiration : end of its trading. [ns]
    """

    raw_symbol: str
    root: str
    year: int
    month: int
    ts_expiration: int


def parse_option(raw_symbol: str, *, product: str, on: date, families: Collection[str]) -> OptionSymbol | Refusal:
    """Read the symbol of an outright option.

    Parameters
    ----------
    raw_symbol : the venue's symbol, as the vendor maps it.
    product : the future's name, e.g. ``ES``.
    on : the partition's date. A one-digit year is the first whose expiration is on or after it; two digits are literal.
    families : the families that are kept.

    Returns
    -------
    The option, expired or not, or the first reason that holds for refusing the symbol.

    Raises
    ------
    SymbolError
        The product is unknown.

    Examples
    --------
    >>> parse_option("ESZ0 C7000", product="ES", on=date(2026, 1, 6), families=["quarterly"]).expiration_date
    datetime.date(2030, 12, 20)
    """
    known = product_of(product)
    if spread := _spread(raw_symbol):
        return spread
    match = _OPTION.fullmatch(raw_symbol)
    if match is None:
        return Refusal.UNPARSEABLE
    root, month, year, right, strike = match.groups()
    option_root = known.option_roots.get(root)
    if option_root is None:
        return Refusal.OTHER_ROOT
    if option_root.family not in families or month not in option_root.months:
        return Refusal.OTHER_FAMILY
    contract = _contract(option_root, month, year, on)
    if contract is None or float(strike) <= 0.0:
        return Refusal.UNPARSEABLE
    expires, ts_expiration, future = contract
    return OptionSymbol(
        raw_symbol=raw_symbol,
        root=root,
        family=option_root.family,
        underlying=known.name + future,
        right=right,
        strike=float(strike),
        expiration_date=expires,
        ts_expiration=ts_expiration,
        exercise=option_root.exercise,
        settlement=option_root.settlement,
        multiplier=known.multiplier,
    )


def parse_future(raw_symbol: str, *, product: str, on: date) -> FutureSymbol | Refusal:
    """Read the symbol of an outright future.

    Parameters
    ----------
    raw_symbol : the venue's symbol.
    product : the future's name, e.g. ``ES``.
    on : the partition's date; years are read as in `parse_option`.

    Returns
    -------
    The future, or the first reason that holds for refusing the symbol.

    Raises
    ------
    SymbolError
        The product is unknown.
    """
    known = product_of(product)
    if spread := _spread(raw_symbol):
        return spread
    match = _FUTURE.fullmatch(raw_symbol)
    if match is None:
        return Refusal.UNPARSEABLE
    root, month, digits = match.groups()
    if root != known.name:
        return Refusal.OTHER_ROOT
    if month not in known.months:
        return Refusal.UNPARSEABLE
    number = MONTH_CODES.index(month) + 1
    year = next(year for year in _years(digits, on) if len(digits) == 2 or quarterly_expiration(year, number) >= on)
    ts_expiration = expiration_ns(quarterly_expiration(year, number), "am")
    return FutureSymbol(raw_symbol=raw_symbol, root=root, year=year, month=number, ts_expiration=ts_expiration)


def parent_of(raw_symbol: str) -> str | None:
    """The parent under which the vendor's requests have an outright (`ES.OPT`, `EW2.OPT`, `ES.FUT`); None for anything else.

    Examples
    --------
    >>> parent_of("EW2F6 C6900"), parent_of("ESH6"), parent_of("UD:1V: GN 1")
    ('EW2.OPT', 'ES.FUT', None)
    """
    if _spread(raw_symbol):
        return None
    if option := _OPTION.fullmatch(raw_symbol):
        return f"{option[1]}.OPT"
    future = _FUTURE.fullmatch(raw_symbol)
    return None if future is None else f"{future[1]}.FUT"


def _spread(raw_symbol: str) -> Refusal | None:
    if raw_symbol.startswith("UD:"):
        return Refusal.USER_DEFINED_SPREAD
    return Refusal.CALENDAR_SPREAD if "-" in raw_symbol else None


@lru_cache(maxsize=4096)
def _contract(option_root: OptionRoot, month: str, digits: str, on: date) -> tuple[date, int, str] | None:
    """Day and moment of expiration, and month and year of the underlying future; None where no such contract is possible."""
    number = MONTH_CODES.index(month) + 1
    for year in _years(digits, on):
        expires = expiration_date(option_root, year, number)
        if expires is not None and (len(digits) == 2 or expires >= on):
            break
    else:
        return None
    ts_expiration = expiration_ns(expires, option_root.settlement)
    if option_root.family == "quarterly":
        return expires, ts_expiration, month + digits
    of_year, of_month = nearest_quarter(ts_expiration)
    return expires, ts_expiration, MONTH_CODES[of_month - 1] + str(of_year)[-len(digits) :]


def _years(digits: str, on: date) -> tuple[int, ...]:
    """Possible years of a symbol's digits, nearest first."""
    if len(digits) == 2:
        return (2000 + int(digits),)
    first = on.year + (int(digits) - on.year) % 10
    return first, first + 10
