"""The chain of a file of any form: symbol, price, moment, and one row per option with its exact expiration.

Here option symbols become strikes, rights and moments of expiration. Placeholders of -999 become
missing. `cboe` and `tables` read the forms of files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import ChainWarning, Warnings
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.files.selection import check_symbol, chosen_symbol
from gex_assets.chain.reading import IV_DECIMAL
from gex_assets.market.holidays import is_business_day
from gex_assets.market.listed_options import DOTTED_SYMBOL, OCC_SYMBOL, is_adjusted, listed_expiration_ns, listed_root

__all__ = [
    "NO_EXPIRATION",
    "ChainFile",
    "OptionSymbols",
    "chain_file",
    "expirations_ns",
    "fill_from_other_right",
    "option_symbols",
    "without_sentinels",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

NO_EXPIRATION: Final = np.iinfo(np.int64).min
_OCC_SYMBOL: Final = re.compile(OCC_SYMBOL, re.ASCII)
_DOTTED_SYMBOL: Final = re.compile(DOTTED_SYMBOL, re.ASCII)
_NO_SYMBOL: Final = (None, None, None, "0")
_NO_GREEKS: Final = -999.0
_MAY_BE_NO_VALUE: Final = ("gamma", "call_gamma", "put_gamma", "iv", IV_DECIMAL, "bid", "ask", "open_interest", "volume")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFile:
    """A chain as a file gives it.

    Attributes
    ----------
    file, form : name and form of the file.
    symbol, spot, as_of : None where the file does not say. `as_of` is in UTC.
    columns : strike, right ("C" or "P"), expiration [UNIX ns UTC] and whatever is known of open_interest, volume, bid, ask, iv,
        gamma, …: what `analyze` takes.
    options : in the file, before any was left out; a row per strike has two.
    warnings : what was left out or reinterpreted.
    multiplier : value of a point where the form of the file decides it; None leaves it to the symbol. [USD per point]
    is_listed : whether options have symbols or roots of US options: a point of them is worth 100 USD.
    delay_ns : how much older than `as_of` the form of the file says its quotes are; 0 where the caller gave the moment. [ns]
    """

    file: str
    form: str
    symbol: str | None
    spot: float | None
    as_of: datetime | None
    columns: Mapping[str, NDArray[np.generic]]
    options: int
    warnings: tuple[ChainWarning, ...] = field(default=())
    multiplier: float | None = None
    is_listed: bool = False
    delay_ns: int = 0

    def __len__(self) -> int:
        return int(self.columns["strike"].size)


class OptionSymbols(NamedTuple):
    """(n,) each: the parts of symbols; where `known` is False the symbol has another form and the other fields mean nothing."""

    known: Bool
    root: list[str | None]
    day: list[date | None]
    is_call: Bool
    strike: Float


def option_symbols(symbols: Sequence[str | None]) -> OptionSymbols:
    """Take OCC symbols apart: SPXW260106C06000000 is the call at 6000 of SPXW's 2026-01-06; so is .SPXW260106C6000."""
    parts_of = {text: _NO_SYMBOL if text is None else _parts(text) for text in dict.fromkeys(symbols)}
    parts = [parts_of[text] for text in symbols]
    root, day, right, strike = zip(*parts, strict=True) if parts else ((), (), (), ())
    day_of = {text: _day(text) for text in set(day) if text}
    days = [day_of.get(text) for text in day]
    known = np.array([one is not None for one in days], dtype=np.bool_)
    return OptionSymbols(
        known=known,
        root=list(root),
        day=days,
        is_call=np.array([one == "C" for one in right], dtype=np.bool_),
        strike=np.where(known, np.array(strike, dtype=np.float64) / 1_000.0, np.nan),
    )


def _parts(symbol: str) -> tuple[str | None, ...]:
    """Root, day, right and strike in thousandths of a symbol as texts."""
    bare = symbol.strip().upper()
    found = _OCC_SYMBOL.match(bare)
    if found is not None:
        return found.groups()
    dotted = _DOTTED_SYMBOL.match(bare)
    return _NO_SYMBOL if dotted is None else (*dotted.groups()[:3], f"{dotted['strike']}e3")


def expirations_ns(roots: Sequence[str | None], days: Sequence[date | None], *, warnings: Warnings) -> Int:
    """(n,) moment of expiration of each root's options on a day, `NO_EXPIRATION` where no day is known, in UNIX ns UTC."""
    pairs = list(zip(roots, days, strict=True))
    known = {
        (root, day): NO_EXPIRATION if day is None else listed_expiration_ns(root or "", day) for root, day in dict.fromkeys(pairs)
    }
    closed = {day for _, day in known if day is not None and not is_business_day(day)}
    if closed:
        warnings.count(
            "expiration_on_a_closed_day",
            np.array([day in closed for day in days]),
            f"expire on a day without trading ({min(closed)}): the business day before is used",
        )
    return np.array([known[pair] for pair in pairs], dtype=np.int64)


def without_sentinels(columns: dict[str, NDArray[np.generic]], *, delta: Float | None, warnings: Warnings) -> None:
    """Replace placeholders of -999 by NaN, in place; where a delta is one, gamma and volatility are missing too."""
    if delta is not None:
        no_greeks = delta == _NO_GREEKS
        warnings.count("no_greeks", no_greeks, f"have a delta of {_NO_GREEKS:g}, which says that no greeks were computed")
        for name in ("gamma", "iv", IV_DECIMAL):
            if name in columns:
                columns[name] = np.where(no_greeks, np.nan, np.asarray(columns[name], dtype=np.float64))
    for name in _MAY_BE_NO_VALUE:
        if name in columns:
            values = np.asarray(columns[name], dtype=np.float64)
            columns[name] = np.where(values == _NO_GREEKS, np.nan, values)


def fill_from_other_right(columns: dict[str, NDArray[np.generic]], *, warnings: Warnings) -> None:
    """Give options without a volatility, in place, that of the other right at their strike and expiration.

    By put-call parity both have the same. Sources publish none (0) in the money, where the price hardly depends on it.
    """
    iv = np.asarray(columns["iv"], dtype=np.float64)
    iv, strike = np.where(iv > 0.0, iv, np.nan), np.asarray(columns["strike"], dtype=np.float64)
    order = np.lexsort((columns["right"], strike, columns["expiration"]))
    pair = np.flatnonzero(
        (np.diff(strike[order]) == 0.0)
        & (np.diff(np.asarray(columns["expiration"], dtype=np.int64)[order]) == 0)
        & (columns["right"][order][:-1] != columns["right"][order][1:])
    )
    one, other = order[pair], order[pair + 1]
    filled = iv.copy()
    filled[one] = np.where(np.isnan(iv[one]), iv[other], iv[one])
    filled[other] = np.where(np.isnan(iv[other]), iv[one], iv[other])
    taken = np.isnan(iv) & ~np.isnan(filled)
    warnings.count("iv_of_the_other_right", taken, "have no volatility of their own and take the other right's at their strike")
    columns["iv"] = filled


def chain_file(
    *,
    file: str,
    form: str,
    symbol: str | None,
    spot: float | None,
    as_of: datetime | None,
    columns: dict[str, NDArray[np.generic]],
    roots: Sequence[str | None],
    warnings: Warnings,
    options: int | None = None,
    multiplier: float | None = None,
    request: FileRequest | None = None,
    is_listed: bool = True,
) -> ChainFile:
    """Make a `ChainFile` without options on another underlying, adjusted ones, and rows without an expiration.

    Parameters
    ----------
    file, form, symbol, spot, as_of, multiplier, is_listed : see `ChainFile`; without a symbol, the one underlying of the roots.
    columns : of all rows in the file.
    roots : (n,) root of each option's symbol; None where it has none.
    warnings : told of what is left out.
    options : in the file; by default the rows of the columns.
    request : whose symbol, if it has one, is `symbol`; the roots must be of it.

    Raises
    ------
    ChainError
        Without a symbol, the roots are of several underlyings; or they are of another than the symbol asked for.
    """
    size = columns["strike"].size
    whole = [None if root is None or is_adjusted(root) else root for root in roots]
    is_asked = request is not None and request.symbol is not None
    if symbol is None or is_asked:
        found, _ = chosen_symbol(whole, asked=symbol, file=file, warnings=Warnings())
        if request is not None:
            check_symbol(found, request=request, file=file)
        symbol = symbol or found
    underlying_of = {root: listed_root(root).underlying for root in {root for root in roots if root}}
    meant = None if symbol is None else listed_root(symbol).underlying
    elsewhere = np.array([bool(root) and underlying_of[root or ""] != meant for root in roots], dtype=np.bool_)
    adjusted_roots = {root for root in underlying_of if is_adjusted(root)}
    adjusted = elsewhere & np.array([root in adjusted_roots for root in roots], dtype=np.bool_)
    foreign = elsewhere & ~adjusted
    if size and foreign.sum() + adjusted.sum() == size:
        foreign[:] = False
    warnings.count("adjusted", adjusted, "are of adjusted series with another deliverable and are left out")
    warnings.count("other_underlying", foreign, f"are on another underlying than {symbol} and are left out")
    kept = ~(adjusted | foreign)
    if "expiration" in columns:
        undated = np.asarray(columns["expiration"]) == NO_EXPIRATION
        warnings.count("no_expiration", undated & kept, "have no day of expiration and are left out")
        kept &= ~undated
    columns = {name: values[kept] for name, values in columns.items()}
    return ChainFile(
        file=file,
        form=form,
        symbol=symbol,
        spot=spot,
        as_of=as_of,
        columns=columns,
        options=size if options is None else options,
        warnings=warnings.all(),
        multiplier=multiplier,
        is_listed=is_listed,
    )


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
