"""The chain of a file of any form: symbol, price, moment, and one row per option with its exact expiration.

Here option symbols become strikes, rights and moments of expiration. Placeholders (a volatility of 0, a delta of -999) become
missing. `cboe` and `tables` read the forms of files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import ChainWarning, Warnings
from gex_assets.market.holidays import is_business_day
from gex_assets.market.listed_options import OCC_SYMBOL, is_adjusted, listed_expiration_ns, listed_root

__all__ = [
    "NO_EXPIRATION",
    "ChainFile",
    "OptionSymbols",
    "chain_file",
    "expirations_ns",
    "fill_from_other_right",
    "option_symbols",
    "plain_symbol",
    "without_sentinels",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

NO_EXPIRATION: Final = np.iinfo(np.int64).min
_NO_GREEKS: Final = -999.0
_PERCENT_ABOVE: Final = 3.0
"""A median volatility above this is taken for percent: no chain has 300 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFile:
    """A chain as a file gives it.

    Attributes
    ----------
    file, form : name and form of the file.
    symbol, spot, as_of : None where the file does not say. `as_of` is in UTC.
    columns : strike, right ("C" or "P"), expiration [UNIX ns UTC] and whatever is known of open_interest, volume, bid, ask, iv,
        gamma, …: what `analyze` takes.
    options : rows in the file, before any was left out.
    warnings : what was left out or reinterpreted.
    """

    file: str
    form: str
    symbol: str | None
    spot: float | None
    as_of: datetime | None
    columns: Mapping[str, NDArray[np.generic]]
    options: int
    warnings: tuple[ChainWarning, ...] = field(default=())

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
    """Take OCC symbols apart: SPXW260106C06000000 is the call at 6000 of SPXW's 2026-01-06."""
    upper = pc.utf8_upper(pc.utf8_trim_whitespace(pa.array(symbols, type=pa.string())))
    parts = pc.extract_regex(upper, pattern=OCC_SYMBOL)
    texts = {name: pc.struct_field(parts, name) for name in ("root", "day", "right", "strike")}
    day_of = {text: _day(text) for text in texts["day"].unique().to_pylist() if text}
    days = [day_of.get(text) for text in texts["day"].to_pylist()]
    known = np.array([day is not None for day in days], dtype=np.bool_)
    thousandths = pc.cast(pc.fill_null(pc.if_else(pc.equal(texts["strike"], ""), "0", texts["strike"]), "0"), pa.float64())
    return OptionSymbols(
        known=known,
        root=texts["root"].to_pylist(),
        day=days,
        is_call=np.asarray(pc.fill_null(pc.equal(texts["right"], "C"), False).to_numpy(zero_copy_only=False), dtype=np.bool_),  # noqa: FBT003
        strike=np.where(known, thousandths.to_numpy(zero_copy_only=False) / 1_000.0, np.nan),
    )


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
    """Replace placeholders by NaN, and volatilities in percent by decimals, in place."""
    if delta is not None:
        no_greeks = delta == _NO_GREEKS
        warnings.count("no_greeks", no_greeks, f"have a delta of {_NO_GREEKS:g}, which says that no greeks were computed")
        for name in ("gamma", "iv"):
            if name in columns:
                columns[name] = np.where(no_greeks, np.nan, np.asarray(columns[name], dtype=np.float64))
    if "iv" not in columns:
        return
    iv = np.asarray(columns["iv"], dtype=np.float64)
    iv = np.where(iv > 0.0, iv, np.nan)
    there = ~np.isnan(iv)
    if there.any() and float(np.median(iv[there])) > _PERCENT_ABOVE:
        warnings.add("iv_in_percent", f"the median volatility is {float(np.median(iv[there])):.4g}: taken for percent")
        iv = iv / 100.0
    columns["iv"] = iv


def fill_from_other_right(columns: dict[str, NDArray[np.generic]], *, warnings: Warnings) -> None:
    """Give options without a volatility, in place, that of the other right at their strike and expiration.

    By put-call parity both have the same. Sources publish none in the money, where the price hardly depends on it.
    """
    iv, strike = np.asarray(columns["iv"], dtype=np.float64), np.asarray(columns["strike"], dtype=np.float64)
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


def plain_symbol(symbol: object) -> str | None:
    """A symbol without the marks that sources put before an index."""
    if not isinstance(symbol, str):
        return None
    return symbol.strip().upper().lstrip("^$._") or None


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
) -> ChainFile:
    """Make a `ChainFile` without options on another underlying, adjusted ones, and rows without an expiration.

    Parameters
    ----------
    file, form, symbol, spot, as_of : see `ChainFile`; without a symbol, the underlying of most roots.
    columns : of all rows in the file.
    roots : (n,) root of each option's symbol; None where it has none.
    warnings : told of what is left out.
    """
    size = columns["strike"].size
    count = Counter(root for root in roots if root and not is_adjusted(root))
    underlying_of = {root: listed_root(root).underlying for root in {root for root in roots if root}}
    if symbol is None and count:
        symbol = underlying_of[count.most_common(1)[0][0]]
    elsewhere = np.array([bool(root) and underlying_of[root or ""] != symbol for root in roots], dtype=np.bool_)
    adjusted = elsewhere & np.array([is_adjusted(root or "") for root in roots], dtype=np.bool_)
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
    return ChainFile(
        file=file,
        form=form,
        symbol=symbol,
        spot=spot,
        as_of=as_of,
        columns={name: values[kept] for name, values in columns.items()},
        options=size,
        warnings=warnings.all(),
    )


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
