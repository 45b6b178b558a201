"""Cboe's delayed quotes: the table that its site offers for download (quotedata.csv), and the JSON of the same page.

The table has calls to the left of the strike and puts to the right, under the same names. Above it are the underlying's name,
its last price and the moment, in the language and zone of the browser. The JSON names every option by its symbol, and its
moment is in UTC. In both, greeks have four decimals; a volatility of 0 means that none was found, and a delta of -999 that no
greeks were computed. The root of a symbol decides whether an option settles at the opening (SPX) or at the close (SPXW).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files.cells import Cells
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.files.moment_texts import date_in, moment_in
from gex_assets.chain.files.moment_values import DayOrMoment
from gex_assets.chain.files.numbers import number_in
from gex_assets.chain.files.rows import (
    ChainFile,
    chain_file,
    expirations_ns,
    fill_from_other_right,
    option_symbols,
    without_sentinels,
)
from gex_assets.chain.files.selection import check_day, check_symbol, plain_symbol
from gex_assets.chain.files.table_moments import Clock, as_of
from gex_assets.chain.moments import NEW_YORK
from gex_assets.errors import ChainError
from gex_assets.escaping import visible
from gex_assets.time_units import MINUTE_NS

__all__ = ["is_quote_table", "is_quotes", "quote_table", "quotes"]

Float = NDArray[np.float64]

_NAMES: Final = {
    "bid": "bid",
    "ask": "ask",
    "volume": "volume",
    "vol": "volume",
    "iv": "iv",
    "delta": "delta",
    "gamma": "gamma",
    "open interest": "open_interest",
    "open int": "open_interest",
    "open int.": "open_interest",
}
"""Header in small letters -> our column. Until 2019 or so the headers were Vol and Open Int."""

_DELAY_NS: Final = 15 * MINUTE_NS
"""How old the quotes are at the file's own moment (Cboe, "Delayed quotes": at least 15 minutes)."""

_JSON_NAMES: Final = ("bid", "ask", "volume", "iv", "delta", "gamma", "open_interest")
_LAST: Final = re.compile(r"^Last:\s*(.+)$", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[A-Z.]+\d?(?![A-Z])")
_NAMED: Final = re.compile(r"^\W?([A-Z0-9.]{1,6})\s+\(")


def is_quote_table(header: Sequence[str]) -> bool:
    """Whether a header is the download's: calls on the left, the strike, puts on the right."""
    small = [name.lower() for name in header]
    return "calls" in small and "puts" in small and "strike" in small


def quote_table(cells: Cells, request: FileRequest) -> ChainFile:
    """Read the download.

    Raises
    ------
    ChainError
        A column is missing, a date or a number cannot be read.
    """
    warnings = Warnings()
    downloaded = _downloaded(cells)
    small = [name.lower() for name in cells.header]
    middle = small.index("strike")
    if "expiration date" not in small:
        raise ChainError(f"Expected a column Expiration Date in {cells.file}, was {cells.headers}")
    strike = cells.numbers(middle)
    days = _days(cells, small.index("expiration date"))
    sides = []
    for right, first, last, symbol in (("C", 0, middle, "calls"), ("P", middle + 1, len(small), "puts")):
        places = {_NAMES[small[at]]: at for at in range(first, last) if small[at] in _NAMES}
        if "open_interest" not in places:
            raise ChainError(
                f"Expected a column Open Interest of the {'calls' if right == 'C' else 'puts'} in {cells.file}, "
                f"was {', '.join(cells.header[first:last])}"
            )
        sides.append((right, places, cells.texts(small.index(symbol))))
    common = [name for name in sides[0][1] if name in sides[1][1]]
    columns: dict[str, NDArray[np.generic]] = {
        name: np.concatenate([cells.numbers(places[name]) for _, places, _ in sides]) for name in common
    }
    symbols = [symbol or None for _, _, texts in sides for symbol in texts]
    roots = _roots(symbols)
    delta = columns.pop("delta", None)
    columns |= {
        "strike": np.concatenate([strike, strike]),
        "right": np.repeat([right for right, _, _ in sides], strike.size),
        "expiration": expirations_ns(roots, days * 2, warnings=warnings),
    }
    without_sentinels(columns, delta=None if delta is None else np.asarray(delta, dtype=np.float64), warnings=warnings)
    if "iv" in columns:
        fill_from_other_right(columns, warnings=warnings)
    absent = np.array([symbol is None for symbol in symbols]) & np.isnan(np.asarray(columns["open_interest"], dtype=np.float64))
    columns = {name: values[~absent] for name, values in columns.items()}
    found = chain_file(
        file=cells.file,
        form="Cboe delayed quotes, CSV",
        symbol=_underlying(_symbol(cells), request=request, file=cells.file),
        spot=request.spot if request.spot is not None else _last(cells),
        as_of=_as_of(downloaded, NEW_YORK, request=request, file=cells.file, warnings=warnings),
        columns=columns,
        roots=[root for root, missing in zip(roots, absent, strict=True) if not missing],
        warnings=warnings,
        request=request,
    )
    return replace(found, delay_ns=_delay_ns(downloaded, request))


def is_quotes(document: object) -> bool:
    """Whether a JSON document is the site's, whole or only its `data`."""
    return isinstance(document, Mapping) and isinstance(_inner(document).get("options"), list)


def quotes(document: Mapping[str, object], *, file: str, request: FileRequest) -> ChainFile:
    """Read the JSON of the delayed quotes.

    Raises
    ------
    ChainError
        Options are of no readable form, or a value is no number.
    """
    warnings = Warnings()
    data = _inner(document)
    options = data["options"]
    if not isinstance(options, list) or not all(isinstance(one, Mapping) and "option" in one for one in options):
        raise ChainError(f"Expected objects with an option symbol in data.options of {file}, was something else")
    moment = _timestamp(document, data, file=file, zone=request.zone)
    found = option_symbols([str(one["option"]) for one in options])
    unknown = ~found.known
    if options and unknown.all():
        raise ChainError(f"Expected symbols as SPXW260106C06000000 in data.options of {file}, was {options[0]['option']!r}")
    warnings.count("unknown_symbol", unknown, "have a symbol of another form and are left out")
    columns: dict[str, NDArray[np.generic]] = {
        name: _json_numbers(options, name, file=file) for name in _JSON_NAMES if any(name in one for one in options)
    }
    delta = columns.pop("delta", None)
    columns |= {
        "strike": found.strike,
        "right": np.where(found.is_call, "C", "P"),
        "expiration": expirations_ns(found.root, found.day, warnings=warnings),
    }
    without_sentinels(columns, delta=None if delta is None else np.asarray(delta, dtype=np.float64), warnings=warnings)
    if "iv" in columns:
        fill_from_other_right(columns, warnings=warnings)
    chain = chain_file(
        file=file,
        form="Cboe delayed quotes, JSON",
        symbol=_underlying(plain_symbol(document.get("symbol")) or plain_symbol(data.get("symbol")), request=request, file=file),
        spot=request.spot if request.spot is not None else _price(data),
        as_of=_as_of(moment, UTC, request=request, file=file, warnings=warnings),
        columns={name: values[found.known] for name, values in columns.items()},
        roots=[root for root, known in zip(found.root, found.known, strict=True) if known],
        warnings=warnings,
        request=request,
    )
    return replace(chain, delay_ns=_delay_ns(moment, request))


def _roots(symbols: Sequence[str | None]) -> list[str | None]:
    """Root of each symbol; for a symbol of another form, its first letters."""
    found = option_symbols(symbols)
    letters = [None if symbol is None else _LETTERS.match(symbol.upper()) for symbol in symbols]
    return [
        root if known else (None if first is None else first.group())
        for root, known, first in zip(found.root, found.known, letters, strict=True)
    ]


def _days(cells: Cells, place: int) -> list[date | None]:
    texts = cells.texts(place)
    known = {text: date_in(text) for text in set(texts)}
    for row, text in enumerate(texts):
        if known[text] is None:
            raise ChainError(
                f"Expected a date in line {cells.lines[row]}, column {visible(cells.header[place])} of {cells.file}, "
                f"was {text!r}: write 2026-01-16, 01/16/2026 or 16 Jan 26"
            )
    return [known[text] for text in texts]


def _underlying(named: str | None, *, request: FileRequest, file: str) -> str | None:
    """The symbol asked for, which is not another than the file names; else the file's."""
    check_symbol(named, request=request, file=file)
    return plain_symbol(request.symbol) or named


def _symbol(cells: Cells) -> str | None:
    """The symbol in `SPX (S&P 500 INDEX)`; newer downloads have the name only, and None is returned."""
    named = _NAMED.match(cells.preamble[0][0]) if cells.preamble else None
    return None if named is None else plain_symbol(named.group(1))


def _last(cells: Cells) -> float | None:
    """The last price: after `Last:`, or, until 2019, after the underlying's name."""
    said = [found.group(1) for line in cells.preamble for cell in line if (found := _LAST.match(cell))]
    if not said and cells.preamble and len(cells.preamble[0]) > 1:
        said = [cells.preamble[0][1]]
    price = number_in(said[0], decimal=cells.decimal) if said else None
    if price is None and said:
        price = number_in(said[0])
    return None if price is None or not price > 0.0 else price


def _as_of(found: DayOrMoment | None, zone: tzinfo, *, request: FileRequest, file: str, warnings: Warnings) -> datetime | None:
    """The moment of the quotes, or of the request; times without a zone are of `zone`, unless the request has one."""
    request = request.on_clock(zone, warnings)
    clock = Clock(request.zone or zone, request.zone is None, is_1545=False)
    is_wall = isinstance(found, datetime) and found.tzinfo is None
    check_day(found, zone=clock.zone, request=request, file=file)
    return as_of(found, clock=clock, is_wall=is_wall, request=request, warnings=warnings)


def _delay_ns(found: DayOrMoment | None, request: FileRequest) -> int:
    """The quotes' delay; 0 where the moment is the caller's, or the close of a day that has no time of day."""
    return _DELAY_NS if isinstance(found, datetime) and request.as_of is None else 0


def _downloaded(cells: Cells) -> DayOrMoment | None:
    """The moment in the preamble, as a wall clock where it has no zone; its day where it has no time of day."""
    for line in cells.preamble:
        text = " ".join(cell for cell in line if not _LAST.match(cell)).strip()
        text = re.split(r"\bBid:", text)[0]
        if date_in(text) is None:
            continue
        wall = moment_in(text, zone=UTC)
        return date_in(text) if wall is None else moment_in(text) or wall.replace(tzinfo=None)
    return None


def _inner(document: Mapping[str, object]) -> Mapping[str, object]:
    data = document.get("data")
    return data if isinstance(data, Mapping) else document


def _json_numbers(options: Sequence[Mapping[str, object]], name: str, *, file: str) -> Float:
    values = [one.get(name) for one in options]
    if set(map(type, values)) <= {int, float, type(None)}:
        try:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        except OverflowError as error:
            raise ChainError(
                f"Expected numbers in {name} of data.options of {file}, was an integer of hundreds of digits"
            ) from error
    numbers = np.full(len(options), np.nan)
    for place, one in enumerate(options):
        value = one.get(name)
        number = number_in(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float | None) or (isinstance(value, str) and number is None):
            raise ChainError(f"Expected a number in {name} of data.options[{place}] of {file}, was {repr(value)[:80]}")
        if number is not None:
            numbers[place] = number
    return numbers


def _price(data: Mapping[str, object]) -> float | None:
    """The current price; where there is none, as before an opening, the last close."""
    for name in ("current_price", "close", "prev_day_close"):
        value = data.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0.0:
            return float(value)
    return None


def _timestamp(document: Mapping[str, object], data: Mapping[str, object], *, file: str, zone: tzinfo | None) -> datetime | None:
    text = document.get("timestamp", data.get("timestamp"))
    if text is None:
        return None
    moment = moment_in(str(text), zone=zone or UTC)
    if moment is None:
        raise ChainError(f"Expected a moment in timestamp of {file}, was {text!r}")
    return moment
