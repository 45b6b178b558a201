"""What must be one in a chain: its underlying, its moment, and the underlying's price. Several are refused, or one is picked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.files.moment_values import DayOrMoment, as_moment, day_named
from gex_assets.chain.moments import NEW_YORK
from gex_assets.errors import ChainError, SymbolError
from gex_assets.escaping import visible
from gex_assets.market.listed_options import listed_root
from gex_assets.market.products import PRODUCTS, classify_request

__all__ = [
    "MomentsOfRows",
    "check_day",
    "check_symbol",
    "chosen_contract_size",
    "chosen_moment",
    "chosen_spot",
    "chosen_symbol",
    "plain_symbol",
]

Bool = NDArray[np.bool_]
Float = NDArray[np.float64]

_MOST_NAMED: Final = 6


class MomentsOfRows(NamedTuple):
    """What a column says of when each row was quoted.

    Attributes
    ----------
    values : (n,) day, moment or wall clock of each row; None where missing.
    zone : of wall clocks without one.
    """

    values: Sequence[DayOrMoment | None]
    zone: tzinfo


def plain_symbol(symbol: object) -> str | None:
    """A symbol without the marks that sources put before an index.

    Examples
    --------
    >>> plain_symbol("^SPX"), plain_symbol("I:SPX"), plain_symbol("$SPX.X"), plain_symbol("")
    ('SPX', 'SPX', 'SPX', None)
    """
    if not isinstance(symbol, str):
        return None
    bare = symbol.strip().upper().removeprefix("I:")
    if bare.startswith("$"):
        bare = bare.removesuffix(".X").removesuffix(".")
    return bare.lstrip("^$._") or None


def check_symbol(named: str | None, *, request: FileRequest, file: str) -> None:
    """Refuse a symbol asked for of a file that names its one underlying, and names another.

    A root stands for its underlying (SPXW), and so does a future or the root of an option on one (ESH6, EW2) for its product.

    Parameters
    ----------
    named : what the file names; None where it names nothing.

    Raises
    ------
    ChainError
        The request's symbol is another one.
    """
    asked, there = plain_symbol(request.symbol), plain_symbol(named)
    if asked is None or there is None or _meanings(asked) & _meanings(there):
        return
    raise ChainError(
        f"Expected options on {visible(asked)} in {file}, was {visible(there)}: leave out --symbol, or name the file meant"
    )


def _meanings(symbol: str) -> set[str]:
    """What a symbol may stand for: its underlying, and the products whose future or option root it is."""
    products = {name for name, one in PRODUCTS.items() if symbol in one.option_roots}
    with suppress(SymbolError):
        products.add(classify_request([symbol])[0])
    return {listed_root(symbol).underlying, *products}


def chosen_symbol(symbols: Sequence[Any], *, asked: str | None, file: str, warnings: Warnings) -> tuple[str | None, Bool]:
    """The underlying of a file, and (n,) which rows are of it.

    Parameters
    ----------
    symbols : (n,) underlying of each row as the file has it; a root (SPXW) stands for its underlying.
    asked : the underlying that is meant; that of a file with one underlying is judged by `check_symbol`.

    Raises
    ------
    ChainError
        The rows are on several underlyings and none of them is asked for.
    """
    underlying = {value: _underlying(value) for value in dict.fromkeys(symbols)}
    names = sorted({name for name in underlying.values() if name is not None})
    everything = np.ones(len(symbols), dtype=np.bool_)
    if len(names) <= 1:
        return names[0] if names else None, everything
    wanted = None if asked is None else _underlying(asked)
    if wanted not in names:
        meant = f"one of them in --symbol, was {visible(asked)}" if asked is not None else f"one underlying, was {len(names)}"
        raise ChainError(f"Expected {meant} in {file} ({_listed(names)}): pick one with --symbol")
    kept = np.array([underlying[value] == wanted for value in symbols], dtype=np.bool_)
    warnings.count("other_underlying", ~kept, f"are on another underlying than {wanted} and are left out")
    return wanted, kept


def chosen_moment(
    rows: MomentsOfRows, *, options: Sequence[NDArray[np.generic]], request: FileRequest, file: str, warnings: Warnings
) -> tuple[DayOrMoment | None, Bool]:
    """The moment (or only the day) of a file's quotes, and (n,) which rows are of it.

    Parameters
    ----------
    rows : when each row was quoted.
    options : columns (n,) that tell the options apart: one that comes at several moments means several chains.
    request : its `day`, or else its `as_of`, picks one of several days; its `as_of` one of several moments.

    Raises
    ------
    ChainError
        Several days or several chains are there and none of them is asked for, or the day asked for is not there.
    """
    everything = np.ones(len(rows.values), dtype=np.bool_)
    days = {value: day_named(value, zone=request.zone) for value in dict.fromkeys(rows.values) if value is not None}
    names = sorted(set(days.values()))
    if not names:
        return None, everything
    kept, day = everything, names[0]
    if len(names) > 1 or request.day is not None:
        day = _day_asked(names, request, file=file)
        kept = np.array([value is not None and days[value] == day for value in rows.values], dtype=np.bool_)
        if not kept.all():
            warnings.count("other_day", ~kept, f"were quoted on another day than {day} and are left out")
    moments = sorted(
        {
            as_moment(value, zone=rows.zone)
            for value, there in zip(rows.values, kept, strict=True)
            if there and isinstance(value, datetime)
        }
    )
    if len(moments) <= 1:
        return (moments[0] if moments else day), kept
    return _one_of_several(moments, rows, kept, options=options, request=request, file=file, warnings=warnings)


def _one_of_several(
    moments: Sequence[datetime],
    rows: MomentsOfRows,
    kept: Bool,
    *,
    options: Sequence[NDArray[np.generic]],
    request: FileRequest,
    file: str,
    warnings: Warnings,
) -> tuple[datetime, Bool]:
    different = set(zip(*(column[kept].tolist() for column in options), strict=True))
    if len(different) == np.count_nonzero(kept):
        warnings.add(
            "quotes_of_several_moments", f"options were quoted from {_clock(moments[0])} on: the last is the chain's moment"
        )
        return moments[-1], kept
    if request.as_of is None or request.as_of.astimezone(UTC) not in moments:
        named = _listed([_clock(moment) for moment in moments])
        raise ChainError(f"Expected one moment in {file}, was {len(moments):,} ({named}): pick one with --as-of")
    wanted = request.as_of.astimezone(UTC)
    of_moment = np.array(
        [isinstance(one, datetime) and as_moment(one, zone=rows.zone) == wanted for one in rows.values], dtype=np.bool_
    )
    warnings.count("other_moment", kept & ~of_moment, f"were quoted at another moment than {_clock(wanted)} and are left out")
    return wanted, kept & of_moment


def chosen_spot(prices: Float, *, asked: float | None, file: str) -> float | None:
    """The underlying's price; None where no row has one.

    Raises
    ------
    ChainError
        Rows have several prices and none is asked for.
    """
    if asked is not None:
        return asked
    known = np.unique(prices[prices > 0.0])
    if known.size > 1:
        named = _listed([f"{price:,.10g}" for price in known])
        raise ChainError(f"Expected one price of the underlying in {file}, was {known.size:,} ({named}): say which with --spot")
    return float(known[0]) if known.size else None


def chosen_contract_size(sizes: Float, *, kept: Bool, warnings: Warnings) -> tuple[float | None, Bool]:
    """Units of the underlying in a contract, and (n,) which rows have it. None where no row says it.

    Options of another size than most are adjusted ones or minis: their open interest counts other contracts.

    Parameters
    ----------
    sizes : (n,) of each row, NaN where missing.
    kept : (n,) which rows count.
    """
    known = np.where(sizes > 0.0, sizes, np.nan)
    each, rows = np.unique(known[kept & ~np.isnan(known)], return_counts=True)
    if not each.size:
        return None, np.ones(sizes.size, dtype=np.bool_)
    size = float(each[np.argmax(rows)])
    other = kept & ~np.isnan(known) & (known != size)
    warnings.count("other_contract_size", other, f"are on another size than {size:g} a contract and are left out")
    return size, ~other


def _underlying(symbol: object) -> str | None:
    plain = plain_symbol(symbol)
    return None if plain is None else listed_root(plain).underlying


def check_day(moment: DayOrMoment | None, *, zone: tzinfo | None, request: FileRequest, file: str) -> None:
    """Refuse the one moment of a file where another day is asked for; days are those of `zone`, by default New York's.

    Raises
    ------
    ChainError
        It is of another day.
    """
    if moment is not None and request.day is not None:
        _day_asked([day_named(moment, zone=zone)], request, file=file)


def _day_asked(names: Sequence[date], request: FileRequest, *, file: str) -> date:
    wanted = request.day
    if wanted is None and request.as_of is not None:
        wanted = request.as_of.astimezone(request.zone or NEW_YORK).date()
    named = _listed([str(name) for name in names])
    if wanted is None:
        raise ChainError(
            f"Expected quotes of one day in {file}, was {len(names):,} days ({named}): pick one with --date or --as-of"
        )
    if wanted not in names:
        raise ChainError(f"Expected a day of {file} ({named}), was {wanted}")
    return wanted


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _listed(names: Iterable[str]) -> str:
    """Names for a message: the first ones, the number of the rest, and the last."""
    each = [visible(name)[:40] for name in names]
    return ", ".join(each if len(each) <= _MOST_NAMED else [*each[: _MOST_NAMED - 1], "…", each[-1]])
