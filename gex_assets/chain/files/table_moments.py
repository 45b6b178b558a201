"""Moments of a table: when its quotes are of, and when each of its options expires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, tzinfo
from typing import Final, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files.cells import snake_case
from gex_assets.chain.files.column_names import NEW_YORK_TITLES
from gex_assets.chain.files.file_request import FileRequest, warn_of_zone
from gex_assets.chain.files.moment_values import DayOrMoment, as_moment, as_ns, date_order, day_or_moment
from gex_assets.chain.files.named_table import NamedTable
from gex_assets.chain.files.rows import NO_EXPIRATION, OptionSymbols, expirations_ns
from gex_assets.chain.moments import NEW_YORK, close_of
from gex_assets.errors import ChainError
from gex_assets.market.expirations import chicago, expiration_ns
from gex_assets.market.holidays import previous_business_day

__all__ = ["EITHER_SETTLEMENT", "Clock", "as_of", "clock_of", "expirations", "parsed", "quoted", "said_moment"]

EITHER_SETTLEMENT: Final = ("SPX", "NDX", "RUT", "DJX")
"""An index in the underlying's column does not decide the series: options on SPX may be of SPX or of SPXW."""

_WRITE: Final = "write 2026-01-16, 01/16/2026 or 16 Jan 26"
_SETTLEMENTS: Final = {"am": "am", "a": "am", "pm": "pm", "p": "pm"}
_CLOSE_1545: Final = time(15, 45)


class Clock(NamedTuple):
    """How a file's wall clocks are read.

    Attributes
    ----------
    zone : of wall clocks that name none.
    is_taken : whether the zone is neither the file's nor the caller's word, so that it is to be said.
    is_1545 : whether the file is one of Cboe DataShop's end-of-day files, whose columns end in _1545: the time in New York.
    """

    zone: tzinfo
    is_taken: bool
    is_1545: bool


def clock_of(table: NamedTable, request: FileRequest) -> Clock:
    """The clock of a table: the zone asked for; New York's for vendors that are known by their titles; else UTC."""
    title = snake_case(table.title("as_of")).replace("_", "") if "as_of" in table else ""
    is_1545 = any(one.strip().lower().endswith("_1545") for one in table.columns.titles)
    vendor = NEW_YORK if title in NEW_YORK_TITLES or is_1545 else None
    return Clock(request.zone or vendor or UTC, request.zone is None, is_1545)


def is_day_first(table: NamedTable, warnings: Warnings) -> bool:
    """Whether dates with slashes have the day first, in all columns alike; where no date shows it, that is said.

    Raises
    ------
    ChainError
        Some dates show one order and some the other.
    """
    try:
        found = date_order(value for name in ("expiration", "as_of") if name in table for value in table.values(name))
    except ValueError as error:
        raise ChainError(f"Expected day and month in one order in {table.file}, was {error}: write 2026-01-16") from error
    if found.unclear is not None:
        warnings.add("month_first", f"dates such as {found.unclear} show no order: the month is taken to be first")
    return found.day_first


def parsed(table: NamedTable, name: str, *, day_first: bool) -> list[DayOrMoment | None]:
    """(n,) day or moment of each row of a column.

    Parameters
    ----------
    day_first : whether dates with slashes have the day first.

    Raises
    ------
    ChainError
        A value is neither.
    """
    values = table.values(name)
    nested = next((row for row, value in enumerate(values) if isinstance(value, list | dict)), None)
    if nested is not None:
        raise table.odd("a date or a moment", name, nested, values[nested], advice=_WRITE)
    known: dict[object, DayOrMoment | None] = {}
    for value in dict.fromkeys(values):  # a chain has few different ones
        try:
            known[value] = day_or_moment(value, day_first=day_first)
        except (ValueError, OverflowError) as error:
            raise table.odd("a date or a moment", name, values.index(value), value, advice=_WRITE) from error
    return [known[value] for value in values]


def quoted(table: NamedTable, *, day_first: bool) -> list[DayOrMoment | None]:
    """(n,) when each row was quoted; None where no column says it."""
    return parsed(table, "as_of", day_first=day_first) if "as_of" in table else [None] * table.size


def expirations(
    table: NamedTable,
    symbols: OptionSymbols | None,
    roots: Sequence[str | None],
    *,
    underlying: str | None,
    said: Mapping[str, object],
    clock: Clock,
    day_first: bool,
    warnings: Warnings,
) -> NDArray[np.int64] | None:
    """(n,) moments as given; for a day, the hour that the option's root or the column settlement implies. None without any.

    Raises
    ------
    ChainError
        A value is no date, or none of the rows has one.
    """
    if "expiration" in table:
        read = parsed(table, "expiration", day_first=day_first)
    elif symbols is not None:
        read = list(symbols.day)
    elif "expiration" in said:
        read = [said_moment(said["expiration"], name="expiration", file=table.file)] * table.size
    else:
        return None
    default = None if underlying in EITHER_SETTLEMENT else underlying
    own = [root if root is not None else default for root in roots]
    found = expirations_ns(own, [None if isinstance(one, datetime) else one for one in read], warnings=warnings)
    exact = {one: as_ns(one, zone=clock.zone) for one in set(read) if isinstance(one, datetime)}
    settlement = table.texts("settlement") if "settlement" in table else None
    for row, one in enumerate(read):
        if isinstance(one, datetime):
            found[row] = exact[one]
        elif settlement is not None and one is not None and roots[row] is None:
            word = _SETTLEMENTS.get((settlement[row] or "").lower())
            if word is None:
                raise table.odd("am or pm", "settlement", row, settlement[row])
            found[row] = expiration_ns(previous_business_day(one), cast("Literal['am', 'pm']", word))
    if clock.is_taken and clock.zone is UTC and any(one.tzinfo is None for one in exact):
        warnings.add("expirations_in_utc", "expirations have a time of day without a zone, taken for UTC: --zone sets another")
    if table.size and (found == NO_EXPIRATION).all() and "expiration" in table:
        raise table.odd("dates", "expiration", 0, table.values("expiration")[0], advice=_WRITE)
    return found


def said_moment(value: object, *, name: str, file: str) -> DayOrMoment | None:
    """The day or moment that a document gives for its whole chain.

    Raises
    ------
    ChainError
        It is neither.
    """
    try:
        return day_or_moment(value)
    except (ValueError, OverflowError) as error:
        raise ChainError(f"Expected a date or a moment in {name} of {file}, was {value!r}: {_WRITE}") from error


def as_of(
    moment: DayOrMoment | None, *, clock: Clock, is_wall: bool, request: FileRequest, warnings: Warnings
) -> datetime | None:
    """The moment of the chain in UTC: the caller's, else the file's; a day without a time of day is its close.

    What is taken, a close or a zone, is said. None where neither file nor caller gives a moment or a day.

    Parameters
    ----------
    moment : of the file.
    is_wall : whether it is a wall clock whose zone the file does not name.
    request : with a zone in its `as_of`.
    """
    if request.as_of is not None:
        return request.as_of
    moment = request.day if moment is None else moment
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        if clock.is_1545:
            warnings.add("as_of_in_new_york", f"the file is of 15:45 in New York on {moment}")
            return datetime.combine(moment, _CLOSE_1545, tzinfo=NEW_YORK).astimezone(UTC)
        close = close_of(moment)
        warnings.add(
            "no_clock",
            f"the quotes are of {moment} without a time of day: its close is taken, {close.astimezone(chicago()):%H:%M} in "
            "Chicago; --as-of says another",
        )
        return close
    if is_wall and clock.is_taken:
        wall = moment if moment.tzinfo is None else moment.astimezone(clock.zone)
        warn_of_zone(wall, clock.zone, whose="the file's moment", warnings=warnings)
    return as_moment(moment, zone=clock.zone)
