"""What the instrument ids of a day stand for: outright contracts that are kept, and all others with a reason.

The venue reuses ids within days, so a name holds for one day only. Multiplier, expiration and selection of an outright are in
`stages.bronze.instruments`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final, Generic, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.market.symbols import FutureSymbol, OptionSymbol, Refusal, parse_future, parse_option

__all__ = ["InstrumentNames", "Refused", "future_names", "option_names"]

_NAMING: Final = ("instrument_id", "raw_symbol")

Symbol = TypeVar("Symbol", OptionSymbol, FutureSymbol)


class Refused(NamedTuple):
    """An instrument that is left out: a spread, or an outright of another root or family."""

    raw_symbol: str
    reason: Refusal


@dataclass(frozen=True, slots=True)
class InstrumentNames(Generic[Symbol]):
    """The day's instruments by id: `outrights` are kept, `refused` are known and left out."""

    outrights: dict[int, Symbol]
    refused: dict[int, Refused]


def option_names(
    *,
    mapped: Sequence[pa.Table],
    definitions: pa.Table | None,
    product: str,
    day: date,
    families: Collection[str],
    tally: Counter[str],
) -> InstrumentNames[OptionSymbol]:
    """Name the day's options.

    Parameters
    ----------
    mapped : rows of `vendor_shapes.MAPPED_SYMBOLS`. Of two that contradict each other the earlier table counts; the order is
        orders, definitions, statistics.
    definitions : rows of `vendor_shapes.DEFINITIONS`; they name ids that no header maps.
    product : whose symbols.
    day : the date by which one-digit years are read.
    families : those kept; outrights of others are refused.
    tally : counts refused symbols by reason, each once, and `conflicting_mapping`: an id or a symbol that is already taken.

    Returns
    -------
    Names by instrument id. A symbol that the request maps on other dates only is kept where it is an outright and its id is free
    on the day. A spread of another date is ignored.
    """
    parse = partial(parse_option, product=product, on=day, families=families)
    return _named(_in_order(mapped, _of_the_day(definitions, day)), parse, tally)


def future_names(*, mapped: Sequence[pa.Table], product: str, day: date, tally: Counter[str]) -> InstrumentNames[FutureSymbol]:
    """Name the day's futures; parameters and result as in `option_names`."""
    return _named(_in_order(mapped, ()), partial(parse_future, product=product, on=day), tally)


def _of_the_day(definitions: pa.Table | None, day: date) -> Iterable[tuple[int, str, bool]]:
    """Ids and symbols of definitions received before the day's end."""
    if definitions is None:
        return ()
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    rows = definitions.filter(pc.less(definitions["ts_recv"], int(end.timestamp()) * 1_000_000_000))
    return ((one, raw_symbol, True) for one, raw_symbol in zip(*(rows[name].to_pylist() for name in _NAMING), strict=True))


def _in_order(mapped: Sequence[pa.Table], defined: Iterable[tuple[int, str, bool]]) -> Iterator[tuple[int, str, bool]]:
    """(id, symbol, whether it holds on the day): headers of the day, then definitions, then the request's other dates."""
    columns = (*_NAMING, "covers_day")
    rows = [row for table in mapped for row in zip(*(table[name].to_pylist() for name in columns), strict=True)]
    yield from (row for row in rows if row[2])
    yield from defined
    yield from (row for row in rows if not row[2])


def _named(
    rows: Iterator[tuple[int, str, bool]], parse: Callable[[str], Symbol | Refusal], tally: Counter[str]
) -> InstrumentNames[Symbol]:
    names: InstrumentNames[Symbol] = InstrumentNames({}, {})
    ids: dict[str, int | None] = {}
    taken: dict[int, str] = {}
    for instrument_id, raw_symbol, holds in rows:
        if raw_symbol in ids:
            if holds and ids[raw_symbol] != instrument_id:
                tally["conflicting_mapping"] += 1
            continue
        if instrument_id in taken and holds:
            tally["conflicting_mapping"] += 1
            continue
        symbol = parse(raw_symbol)
        if isinstance(symbol, Refusal):
            tally[symbol.value] += 1
        elif instrument_id in taken:
            tally["conflicting_mapping"] += 1
            continue
        ids[raw_symbol] = instrument_id if holds or not isinstance(symbol, Refusal) else None
        if isinstance(symbol, Refusal):
            if holds:
                names.refused[instrument_id] = Refused(raw_symbol, symbol)
                taken[instrument_id] = raw_symbol
        else:
            names.outrights[instrument_id] = symbol
            taken[instrument_id] = raw_symbol
    return names
