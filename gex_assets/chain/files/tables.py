"""Plain tables of a chain, one row per option or per strike, with columns under any of their common names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files.cells import Cells, snake_case
from gex_assets.chain.files.moment_texts import date_in, moment_in
from gex_assets.chain.files.rows import (
    NO_EXPIRATION,
    ChainFile,
    OptionSymbols,
    chain_file,
    expirations_ns,
    option_symbols,
    plain_symbol,
    without_sentinels,
)
from gex_assets.chain.moments import moment_ns
from gex_assets.chain.reading import columns_of, numbers_of
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError
from gex_assets.market.expirations import expiration_ns
from gex_assets.market.holidays import previous_business_day
from gex_assets.time_units import SECOND_NS

__all__ = ["HEADED_BY", "cell_table", "plain_table"]

_ALIASES: Final = {
    "strike": ("strike_price", "strikeprice"),
    "right": ("type", "option_type", "optiontype", "call_put", "put_call", "cp_flag", "cp", "contract_type"),
    "expiration": ("expiry", "expiration_date", "expirationdate", "expiry_date", "exdate", "maturity"),
    "settlement": ("am_pm",),
    "open_interest": ("oi", "open_int", "openint", "openinterest"),
    "volume": ("vol",),
    "iv": ("implied_volatility", "implied_vol", "impl_volatility", "impliedvolatility"),
    "bid": ("best_bid", "bid_price"),
    "ask": ("best_offer", "offer", "ask_price"),
    "option": ("option_symbol", "contract_symbol", "contractsymbol", "occ_symbol", "contract"),
    "symbol": ("underlying", "underlying_symbol", "ticker", "root"),
    "spot": ("spot_price", "underlying_price", "underlyingprice", "underlying_last"),
    "as_of": ("asof", "quote_datetime", "quote_time", "quote_date", "timestamp"),
}
_OWN_NAMES: Final = ("gamma", "delta", "years", *(name for name in WEIGHTS if name not in _ALIASES))
_BY_STRIKE: Final = ("call_gamma", "call_oi", "put_gamma", "put_oi")
_NUMBERS: Final = ("strike", "gamma", "iv", "bid", "ask", "years", "delta", *WEIGHTS, *_BY_STRIKE)

_NAME_OF: Final = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)} | {
    name: name for name in (*_OWN_NAMES, *_BY_STRIKE)
}
HEADED_BY: Final = ("strike", *_ALIASES["strike"], "option", *_ALIASES["option"])
"""Cells in `snake_case` by which the header of a table is known."""


def cell_table(cells: Cells) -> ChainFile:
    """Read a table of cells.

    Raises
    ------
    ChainError
        A column is missing or twice there, or a cell is not what its column holds.
    """
    places = _named(cells.header, file=cells.file)
    columns: dict[str, Any] = {
        name: cells.numbers(place) if name in _NUMBERS else list(cells.texts(place)) for name, place in places.items()
    }
    if "right" in columns:
        for row, text in enumerate(columns["right"]):
            if text.upper() not in ("C", "P", "CALL", "PUT"):
                raise ChainError(f"Expected C or P in line {cells.lines[row]}, column right of {cells.file}, was {text!r}")
    return _table(columns, said={}, file=cells.file, form="table, CSV")


def plain_table(chain: object, *, file: str, form: str, said: Mapping[str, object] | None = None) -> ChainFile:
    """Read a table with types: Arrow, rows, or columns.

    Parameters
    ----------
    chain : as `analyze` takes it, under any of the common names.
    file, form : its name, and what kind of file it is.
    said : other keys of the document (symbol, spot, as_of), under any of their common names.

    Raises
    ------
    ChainError
        The form is not known, a column is missing or holds something else.
    """
    found = columns_of(chain)
    places = _named(list(found), file=file)
    names = list(found)
    columns: dict[str, Any] = {}
    for name, place in places.items():
        column = found[names[place]]
        columns[name] = numbers_of({name: column}, name) if name in _NUMBERS else column.to_pylist()
    return _table(columns, said=_beside(said or {}), file=file, form=form)


def _named(header: Sequence[str], *, file: str) -> dict[str, int]:
    """Our name of a column -> its position; a column under its own name wins over an alias."""
    places: dict[str, int] = {}
    exact: set[str] = set()
    for place, title in enumerate(header):
        small = snake_case(title)
        name = _NAME_OF.get(small)
        if name is None or (name in places and small != name):
            continue
        if name in exact:
            raise ChainError(f"Expected one column {name} in {file}, was two")
        places[name] = place
        if small == name:
            exact.add(name)
    return places


def _beside(said: Mapping[str, object]) -> dict[str, object]:
    named = {_NAME_OF.get(snake_case(str(name)), ""): value for name, value in said.items()}
    return {name: named[name] for name in ("symbol", "spot", "as_of") if named.get(name) is not None}


def _table(columns: dict[str, Any], *, said: dict[str, object], file: str, form: str) -> ChainFile:
    warnings = Warnings()
    size = len(next(iter(columns.values()), ()))
    symbols = _symbols(columns)
    roots: list[str | None] = [None] * size
    if symbols is not None:
        roots = list(symbols.root)
        _fill_from_symbols(columns, symbols, file=file)
    if "strike" not in columns:
        raise ChainError(f"Expected a column strike or option symbols in {file}, was {', '.join(columns) or 'nothing known'}")
    if "right" not in columns and not any(name in columns for name in _BY_STRIKE):
        raise ChainError(f"Expected a column right (C or P) in {file}, was {', '.join(columns)}")
    given = {name: np.asarray(columns[name], dtype=np.float64) for name in _NUMBERS if name in columns}
    result: dict[str, NDArray[np.generic]] = {name: values for name, values in given.items() if name != "delta"}
    if "right" in columns:
        result["right"] = np.array([str(text).strip().upper()[:1] if text is not None else "" for text in columns["right"]])
        odd = ~np.isin(result["right"], ["C", "P"])
        if odd.any():
            raise ChainError(f"Expected C or P in column right of {file}, was {columns['right'][int(np.argmax(odd))]!r}")
    if "expiration" in columns:
        result["expiration"] = _expirations(columns, roots, file=file, warnings=warnings)
    without_sentinels(result, delta=given.get("delta"), warnings=warnings)
    symbol = said.get("symbol", _constant(columns, "symbol"))
    spot = said.get("spot", _constant(columns, "spot"))
    as_of = said.get("as_of", _constant(columns, "as_of"))
    return chain_file(
        file=file,
        form=form,
        symbol=plain_symbol(symbol),
        spot=_price(spot, file=file),
        as_of=_moment(as_of, warnings=warnings),
        columns=result,
        roots=roots,
        warnings=warnings,
    )


def _symbols(columns: Mapping[str, Any]) -> OptionSymbols | None:
    """Option symbols, from their own column or from the underlying's; None where neither has any."""
    for name in ("option", "symbol"):
        if name in columns:
            found = option_symbols([None if text is None else str(text) for text in columns[name]])
            if found.known.any():
                return found
    return None


def _fill_from_symbols(columns: dict[str, Any], symbols: OptionSymbols, *, file: str) -> None:
    """Add strike, right and expiration from the symbols, where they have no column."""
    needed = {"strike", "right", "expiration"} - set(columns)
    if needed and not symbols.known.all():
        row = int(np.argmin(symbols.known))
        name = "option" if "option" in columns else "symbol"
        raise ChainError(f"Expected a symbol as SPXW260106C06000000 in row {row} of {file}, was {columns[name][row]!r}")
    if "symbol" in columns and "option" not in columns:
        columns["option"] = columns.pop("symbol")
    columns.setdefault("strike", symbols.strike)
    columns.setdefault("right", ["C" if is_call else "P" for is_call in symbols.is_call])
    columns.setdefault("expiration", symbols.day)


def _expirations(
    columns: Mapping[str, Any], roots: Sequence[str | None], *, file: str, warnings: Warnings
) -> NDArray[np.generic]:
    """Moments as given; for a day, the hour that the option's root or the column settlement implies."""
    values = columns["expiration"]
    underlying = _constant(columns, "symbol")
    default = plain_symbol(underlying)
    settlement = columns.get("settlement")
    known = {value: _day_or_moment(value, file=file) for value in dict.fromkeys(values)}
    days = [day if isinstance(day := known[value], date | None) else None for value in values]
    # an index in the underlying's column does not decide the series: options on SPX may be of SPX or of SPXW
    own = [root if root is not None else (default if default not in ("SPX", "NDX", "RUT", "DJX") else None) for root in roots]
    found = expirations_ns(own, days, warnings=warnings)
    for row, value in enumerate(values):
        moment, day = known[value], days[row]
        if isinstance(moment, int):
            found[row] = moment
        elif settlement is not None and day is not None and roots[row] is None:
            word = str(settlement[row]).strip().lower()
            if word not in ("am", "pm"):
                raise ChainError(f"Expected am or pm in column settlement of {file}, was {settlement[row]!r}")
            found[row] = expiration_ns(previous_business_day(day), cast("Literal['am', 'pm']", word))
    if (found == NO_EXPIRATION).all() and len(values):
        raise ChainError(f"Expected dates in column expiration of {file}, was {values[0]!r}")
    return found


def _day_or_moment(value: object, *, file: str) -> date | int | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date() if value.tzinfo is None and value.time() == time(0) else moment_ns(value)
    if isinstance(value, date):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return date_in(f"{value // 10_000}-{value // 100 % 100}-{value % 100}") if value < 100_000_000 else value
    if isinstance(value, str):
        moment = moment_in(value, zone=UTC)
        if moment is not None and not (moment.time() == time(0) and "Z" not in value and "+" not in value):
            return moment_ns(moment)
        text = value if not value.strip().isdigit() else f"{value.strip()[:4]}-{value.strip()[4:6]}-{value.strip()[6:8]}"
        day = date_in(text)
        if day is not None:
            return day
    raise ChainError(f"Expected a date or a moment in column expiration of {file}, was {value!r}")


def _constant(columns: Mapping[str, Any], name: str) -> object:
    """The one value of a column; None where it has several or is absent."""
    if name not in columns or len(columns[name]) == 0:
        return None
    column = pa.array(columns[name], from_pandas=True)
    values = pc.unique(column.drop_null()).to_pylist()
    return values[0] if len(values) == 1 else None


def _price(value: object, *, file: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        price = float(cast("float", value))
    except (TypeError, ValueError) as error:
        raise ChainError(f"Expected a price in spot of {file}, was {value!r}") from error
    return price if price > 0.0 else None


def _moment(value: object, *, warnings: Warnings) -> datetime | None:
    """The moment of the chain; None, with a warning, for a date without a time of day."""
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / SECOND_NS, tz=UTC)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    moment = moment_in(str(value), zone=UTC) if isinstance(value, str) else None
    if value is not None and moment is None:
        warnings.add("no_clock", f"the moment that the file gives has no time of day: {value!s}")
    return moment
