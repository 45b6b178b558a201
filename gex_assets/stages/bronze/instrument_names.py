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
from itertools import pairwise
from typing import Final, Generic, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.market.products import FAMILIES
from gex_assets.market.symbols import FutureSymbol, OptionSymbol, Refusal, parse_future, parse_option

__all__ = ["InstrumentNames", "Refused", "future_names", "names_hold", "option_names"]

_NAMING: Final = ("instrument_id", "raw_symbol")
_SERIAL: Final = "serial"
"""An option's month in which its root has none of the families that are known."""
_EARLIEST: Final = -(2**63)
_LATEST: Final = 2**63 - 1

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
    definitions : rows of `vendor_shapes.DEFINITIONS`; they name ids that no file maps.
    product : whose symbols.
    day : the date by which one-digit years are read.
    families : those kept; outrights of others are refused.
    tally : counts refused symbols by reason, each once, those of families that are not kept also by family
        (`other_family_{family}`, where they hold on the day; `serial` where the root has no such month), and
        `conflicting_mapping`: an id or a symbol that is already taken.

    Returns
    -------
    Names by instrument id.
    """
    parse = partial(parse_option, product=product, on=day, families=families)
    every = partial(parse_option, product=product, on=day, families=FAMILIES)
    return _named(_in_order(mapped, _of_the_day(definitions, day)), parse, tally, family_of=lambda one: _family(every(one)))


def future_names(*, mapped: Sequence[pa.Table], product: str, day: date, tally: Counter[str]) -> InstrumentNames[FutureSymbol]:
    """Name the day's futures; parameters and result as in `option_names`."""
    parse = partial(parse_future, product=product, on=day)
    return _named(_in_order(mapped, ()), parse, tally, family_of=lambda _: _SERIAL)


def _family(symbol: OptionSymbol | Refusal) -> str:
    return _SERIAL if isinstance(symbol, Refusal) else symbol.family


def names_hold(names: InstrumentNames[OptionSymbol], definitions: pa.Table) -> dict[int, tuple[tuple[int, int], ...]]:
    """When an outright's id stands for it, for ids that a definition gives to another symbol within the day.

    A definition holds from its moment until the next one of its id. An id that no definition gives away is not among them.

    Parameters
    ----------
    names : the day's outrights.
    definitions : rows of `vendor_shapes.DEFINITIONS`, in order of ts_recv.

    Returns
    -------
    Stretches [start, end) by instrument id. [UNIX ns UTC]
    """
    columns = [definitions[name].to_pylist() for name in ("instrument_id", "raw_symbol", "ts_recv")]
    changes: dict[int, list[tuple[int, bool]]] = {}
    for instrument_id, raw_symbol, moment in zip(*columns, strict=True):
        outright = names.outrights.get(instrument_id)
        if outright is not None:
            changes.setdefault(instrument_id, []).append((moment, raw_symbol == outright.raw_symbol))
    found = {}
    for instrument_id, said in changes.items():
        own = next((at for at, (_, is_own) in enumerate(said) if is_own), len(said))
        if all(is_own for _, is_own in said[own:]):
            continue  # a definition of another symbol before the first of its own contradicts the mapping, and is counted
        edges = (
            [(_EARLIEST, True)]
            + [change for before, change in pairwise(said[own:]) if before[1] != change[1]]
            + [(_LATEST, False)]
        )
        found[instrument_id] = tuple((start, end) for (start, is_own), (end, _) in pairwise(edges) if is_own and start < end)
    return found


def _of_the_day(definitions: pa.Table | None, day: date) -> Iterable[tuple[int, str]]:
    """Ids and symbols of definitions received before the day's end."""
    if definitions is None:
        return ()
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    rows = definitions.filter(pc.less(definitions["ts_recv"], int(end.timestamp()) * 1_000_000_000))
    return zip(*(rows[name].to_pylist() for name in _NAMING), strict=True)


def _in_order(mapped: Sequence[pa.Table], defined: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, bool]]:
    """(id, symbol, whether a file maps it): what files map, then definitions."""
    for table in mapped:
        yield from ((one, name, True) for one, name in zip(*(table[name].to_pylist() for name in _NAMING), strict=True))
    yield from ((one, name, False) for one, name in defined)


def _named(
    rows: Iterator[tuple[int, str, bool]],
    parse: Callable[[str], Symbol | Refusal],
    tally: Counter[str],
    *,
    family_of: Callable[[str], str],
) -> InstrumentNames[Symbol]:
    names: InstrumentNames[Symbol] = InstrumentNames({}, {})
    ids: dict[str, int] = {}
    taken: set[int] = set()
    for instrument_id, raw_symbol, is_mapped in rows:
        if raw_symbol in ids or instrument_id in taken:
            # An id that a definition gives to another symbol in the course of the day is no contradiction, and neither are two
            # user-defined spreads of one id: they change with the trade date, within a UTC day.
            taken_by = names.refused.get(instrument_id)
            is_spread = taken_by is not None and taken_by.reason is parse(raw_symbol) is Refusal.USER_DEFINED_SPREAD
            if is_mapped and not is_spread and ids.get(raw_symbol) != instrument_id:
                tally["conflicting_mapping"] += 1
            continue
        symbol = parse(raw_symbol)
        ids[raw_symbol] = instrument_id
        taken.add(instrument_id)
        if isinstance(symbol, Refusal):
            tally[symbol.value] += 1
            if symbol is Refusal.OTHER_FAMILY:
                tally[f"other_family_{family_of(raw_symbol)}"] += 1
            names.refused[instrument_id] = Refused(raw_symbol, symbol)
        else:
            names.outrights[instrument_id] = symbol
    return names
