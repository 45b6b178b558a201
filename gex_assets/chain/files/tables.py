"""Tables of a chain, one row per option or per strike, with columns under any of their common names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files import table_moments
from gex_assets.chain.files.cells import snake_case
from gex_assets.chain.files.column_names import named_columns, our_name
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.files.named_table import Columns, NamedTable
from gex_assets.chain.files.rows import ChainFile, OptionSymbols, chain_file, option_symbols, without_sentinels
from gex_assets.chain.files.scales import in_points, is_option_metrics, padded_symbols
from gex_assets.chain.files.selection import (
    MomentsOfRows,
    check_day,
    check_symbol,
    chosen_contract_size,
    chosen_moment,
    chosen_spot,
    chosen_symbol,
    plain_symbol,
)
from gex_assets.chain.reading import BY_STRIKE, IV_DECIMAL, RIGHT_OF
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError

__all__ = ["read_table", "said_in"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_SIDED: Final = tuple(f"{right}_{suffix}" for suffix in BY_STRIKE for right in ("call", "put"))
_NUMBERS: Final = ("gamma", IV_DECIMAL, "bid", "ask", "years", *WEIGHTS)


def said_in(document: Mapping[str, object]) -> dict[str, object]:
    """What a JSON document says of its whole chain: symbol, spot, as_of, expiration, under any of their common names."""
    ranked: dict[str, tuple[int, object]] = {}
    for title, value in document.items():
        found = our_name(str(title))
        if found is None or isinstance(value, list | Mapping) or value is None:
            continue
        name, rank, _ = found
        if name in ("symbol", "spot", "as_of", "expiration") and (name not in ranked or rank < ranked[name][0]):
            ranked[name] = rank, value
    return {name: value for name, (_, value) in ranked.items()}


def read_table(
    columns: Columns,
    *,
    form: str,
    request: FileRequest,
    said: Mapping[str, object] | None = None,
    warnings: Warnings | None = None,
    multiplier: float | None = None,
) -> ChainFile:
    """Read a table.

    Parameters
    ----------
    columns : under the file's own titles.
    form : what kind of file it is, for pages.
    request : which part is meant.
    said : symbol, spot, as_of and expiration of the whole document.
    warnings : told before of what the form has left out.
    multiplier : value of a point where the form decides it. [USD per point]

    Raises
    ------
    ChainError
        A column is missing or twice there, a cell is not what its column holds, or what must be one is several.
    """
    said = {name: value for name, value in (said or {}).items() if value is not None}
    warnings = warnings or Warnings()
    if columns.said is not None:
        warnings.add("decimal_mark", columns.said)
    table = NamedTable(columns, named_columns(columns.titles))
    for name, each in table.places.items():
        if len(each) > 1 and each[0].rank == each[1].rank == 0:
            places = [str(one.place + 1) for one in each if one.rank == 0]
            number = "two" if len(places) == 2 else f"{len(places)}"
            raise ChainError(
                f"Expected one column {name} in {columns.file}, was {number} (columns {', '.join(places)}): "
                "keep one, and rename the others or leave them out"
            )
    metrics = is_option_metrics(snake_case(title).replace("_", "") for title in columns.titles)
    symbols = _symbols(table, metrics=metrics)
    result: dict[str, NDArray[np.generic]] = {"strike": _strikes(table, symbols, metrics=metrics, warnings=warnings)}
    rights = _rights(table, symbols)
    underlying, of_symbol = _underlying(table, request=request, said=said, warnings=warnings)
    roots = _roots(table, symbols)
    clock, day_first = table_moments.clock_of(table, request), table_moments.is_day_first(table, warnings)
    request = request.on_clock(clock.zone, warnings)
    expiration = table_moments.expirations(
        table, symbols, roots, underlying=underlying, said=said, clock=clock, day_first=day_first, warnings=warnings
    )
    if rights is not None:
        result["right"] = rights
    if expiration is not None:
        result["expiration"] = expiration
    quoted = table_moments.quoted(table, day_first=day_first)
    moments = [one if there else None for one, there in zip(quoted, of_symbol, strict=True)]
    moment, of_moment = chosen_moment(
        MomentsOfRows(moments, clock.zone),
        options=list(result.values()),
        request=request,
        file=columns.file,
        warnings=warnings,
    )
    if "as_of" in said and "as_of" not in table:
        moment = table_moments.said_moment(said["as_of"], name="as_of", file=columns.file)
        moments = [moment]
        check_day(moment, zone=request.zone, request=request, file=columns.file)
    is_wall = any(isinstance(one, datetime) and one.tzinfo is None for one in moments)
    kept = of_symbol & of_moment
    if multiplier is None and "contract_size" in table:
        multiplier, of_size = chosen_contract_size(table.numbers("contract_size"), kept=kept, warnings=warnings)
        kept &= of_size
    if "future" in table:
        result["future"] = np.array([text or "" for text in table.texts("future")])
    of_rows = _NUMBERS if rights is not None else (*_NUMBERS, *_SIDED)
    result |= {name: table.numbers(name) for name in of_rows if name in table}
    if "iv" in table:
        result[IV_DECIMAL if table.says_percent("iv") else "iv"] = table.numbers("iv")
    without_sentinels(result, delta=table.numbers("delta") if "delta" in table else None, warnings=warnings)
    return chain_file(
        file=columns.file,
        form="OptionMetrics, strikes in thousandths" if metrics else form,
        symbol=underlying,
        spot=chosen_spot(_spots(table, said)[kept], asked=request.spot, file=columns.file),
        as_of=table_moments.as_of(moment, clock=clock, is_wall=is_wall, request=request, warnings=warnings),
        columns={name: values[kept] for name, values in result.items()},
        roots=[root for root, there in zip(roots, kept, strict=True) if there],
        warnings=warnings,
        options=columns.size * (1 if rights is not None else 2),
        multiplier=multiplier,
        request=request,
        is_listed=symbols is not None or "root" in table,
    )


def _symbols(table: NamedTable, *, metrics: bool) -> OptionSymbols | None:
    """Option symbols, from their own column or from one that is named as the underlying's; None where neither has any."""
    for name in ("option", "symbol"):
        for number, one in enumerate(table.places.get(name, ())):
            texts = [None if value is None else str(value) for value in table.columns.values(one.place)]
            found = option_symbols(padded_symbols(texts) if metrics else texts)
            if found.known.any():
                if name == "symbol":
                    table.places["option"] = [one]
                    rest = [other for at, other in enumerate(table.places["symbol"]) if at != number]
                    del table.places["symbol"]
                    if rest:
                        table.places["symbol"] = rest
                return found
    return None


def _strikes(table: NamedTable, symbols: OptionSymbols | None, *, metrics: bool, warnings: Warnings) -> Float:
    columns = table.columns
    if "strike" not in table:
        if symbols is None:
            raise ChainError(f"Expected a column strike or option symbols in {columns.file}, was {columns.headers}")
        _refuse_unknown(table, symbols)
        return symbols.strike
    strike = table.numbers("strike")
    if symbols is None:
        return strike / 1_000.0 if metrics else strike
    where = f"column {table.title('strike')} of {columns.file}"
    return in_points(strike, of_symbols=symbols.strike, known=symbols.known, thousandths=metrics, where=where, warnings=warnings)


def _refuse_unknown(table: NamedTable, symbols: OptionSymbols) -> None:
    if not symbols.known.all():
        row = int(np.argmin(symbols.known))
        raise table.odd("a symbol as SPXW260106C06000000", "option", row, table.values("option")[row])


def _rights(table: NamedTable, symbols: OptionSymbols | None) -> NDArray[np.str_] | None:
    """(n,) C or P; None where rows are strikes."""
    if "right" in table:
        rights = [RIGHT_OF.get(text.upper(), "") if text is not None else "" for text in table.texts("right")]
        odd = next((row for row, right in enumerate(rights) if not right), None)
        if odd is not None:
            raise table.odd("C or P", "right", odd, table.values("right")[odd])
        return np.array(rights, dtype=np.str_)
    if symbols is not None:
        _refuse_unknown(table, symbols)
        return np.where(symbols.is_call, "C", "P")
    if not any(name in table for name in _SIDED):
        raise ChainError(
            f"Expected a column right (C or P), or columns of calls and puts (call_oi, put_oi …), in {table.file}, "
            f"was {table.columns.headers}"
        )
    return None


def _underlying(
    table: NamedTable,
    *,
    request: FileRequest,
    said: Mapping[str, object],
    warnings: Warnings,
) -> tuple[str | None, Bool]:
    """The underlying, and (n,) which rows are of it, by the column that names it; roots are judged later."""
    everything = np.ones(table.size, dtype=np.bool_)
    asked = plain_symbol(request.symbol) or plain_symbol(said.get("symbol"))
    if "symbol" not in table:
        check_symbol(plain_symbol(said.get("symbol")), request=request, file=table.file)
        return asked, everything
    found, kept = chosen_symbol(table.texts("symbol"), asked=asked, file=table.file, warnings=warnings)
    check_symbol(found, request=request, file=table.file)
    return (asked if asked is not None and kept.all() else found), kept


def _roots(table: NamedTable, symbols: OptionSymbols | None) -> list[str | None]:
    """Root of each option: of its symbol, of the column root, or of an underlying's column that has a root."""
    if symbols is not None:
        return [root if known else None for root, known in zip(symbols.root, symbols.known, strict=True)]
    if "root" in table:
        return _plain(table.texts("root"))
    if "symbol" in table:
        return [None if one in table_moments.EITHER_SETTLEMENT else one for one in _plain(table.texts("symbol"))]
    return [None] * table.size


def _plain(symbols: Sequence[str | None]) -> list[str | None]:
    """(n,) symbols without their marks; a chain has few different ones."""
    plain = {symbol: plain_symbol(symbol) for symbol in dict.fromkeys(symbols)}
    return [plain[symbol] for symbol in symbols]


def _spots(table: NamedTable, said: Mapping[str, object]) -> Float:
    """(n,) price of the underlying next to each row, NaN where there is none; what the document says comes first."""
    size = table.size
    if "spot" in said:
        value = said["spot"]
        try:
            price = float(cast("float", value))
        except (TypeError, ValueError, OverflowError) as error:
            raise ChainError(f"Expected a price in spot of {table.file}, was {value!r}") from error
        if price > 0.0:
            return np.full(max(size, 1), price)[:size] if size else np.full(0, price)
    if "spot" in table:
        return table.numbers("spot")
    if "underlying_bid" in table and "underlying_ask" in table:
        bid, ask = table.numbers("underlying_bid"), table.numbers("underlying_ask")
        return np.where((bid > 0.0) & (ask >= bid), (bid + ask) / 2.0, np.nan)
    return np.full(size, np.nan)
