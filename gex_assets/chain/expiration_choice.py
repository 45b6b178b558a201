"""Which expirations of a chain are analysed: days, ranges of days, the next one, the monthly ones, or those of the day itself.

Days are those of Chicago, where the options' exchange is. A choice that meets nothing is refused with the days that there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.reading import Options
from gex_assets.errors import ChainError
from gex_assets.market.expirations import chicago_date, quarterly_expiration

__all__ = ["MONTHLY", "NEXT", "ZERO_DTE", "ExpirationChoice", "choose_expirations", "expiration_choice", "is_chosen"]

NEXT: Final = "next"
MONTHLY: Final = "monthly"
ZERO_DTE: Final = "0dte"
_WORDS: Final = (NEXT, MONTHLY, ZERO_DTE)
_MOST_SHOWN: Final = 12

ExpirationChoice = date | tuple[date, date] | str
"""A day, a first and last day, or one of "next", "monthly" and "0dte"."""


def expiration_choice(text: ExpirationChoice) -> ExpirationChoice:
    """What a text asks for: YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD, "next", "monthly" or "0dte", in any case; else as it is.

    Raises
    ------
    ChainError
        The text is none of these, or a range ends before it begins.

    Examples
    --------
    >>> expiration_choice("2026-01-16..2026-02-20")
    (datetime.date(2026, 1, 16), datetime.date(2026, 2, 20))
    """
    if isinstance(text, date | tuple):
        return text
    small = str(text).strip().lower()
    if small in _WORDS:
        return small
    try:
        days = [date.fromisoformat(part.strip()) for part in small.split("..")]
    except ValueError as error:
        raise ChainError(f"Expected an expiration as YYYY-MM-DD, A..B, {', '.join(_WORDS)}, was {text!r}") from error
    if len(days) == 1:
        return days[0]
    if len(days) != 2 or days[0] > days[1]:
        raise ChainError(f"Expected a range of days as A..B with B not before A, was {text!r}")
    return days[0], days[1]


def choose_expirations(options: Options, asked: Sequence[ExpirationChoice], *, as_of_ns: int | None) -> Options:
    """The options of the expirations asked for; all of them without a choice.

    "next" is the first day on which something expires after `as_of`, with all of its moments. "monthly" are all third Fridays, or
    the business day before where that is a holiday. "0dte" is the day of `as_of`.

    Parameters
    ----------
    options : as read.
    asked : several choices add up.
    as_of_ns : the moment the chain is of; "next" and "0dte" need it. [UNIX ns UTC]

    Raises
    ------
    ChainError
        The chain has no expirations, `as_of` is needed and not known, or a choice meets no expiration.
    """
    if not asked or len(options) == 0:
        return options
    if options.ts_expiration is None:
        raise ChainError("Expected expirations in the chain to choose from, was none")
    return options.only(is_chosen(options.ts_expiration, asked, as_of_ns=as_of_ns))


def is_chosen(
    ts_expiration: NDArray[np.int64], asked: Sequence[ExpirationChoice], *, as_of_ns: int | None, of: str = "the chain"
) -> NDArray[np.bool_]:
    """Whether rows are of the expirations asked for.

    Parameters
    ----------
    ts_expiration : (n,) [UNIX ns UTC]
    asked : at least one, as for `choose_expirations`.
    as_of_ns : as there.
    of : whose expirations they are, for the error.

    Returns
    -------
    (n,)

    Raises
    ------
    ChainError
        `as_of` is needed and not known, or a choice meets no expiration.
    """
    moments, place = np.unique(ts_expiration, return_inverse=True)
    days = [chicago_date(moment) for moment in moments.tolist()]
    chosen = np.zeros(moments.size, dtype=np.bool_)
    for one in asked:
        wanted = _wanted(one, days, moments.tolist(), as_of_ns=as_of_ns)
        if not wanted:
            known = sorted(set(days))
            more = f" and {len(known) - _MOST_SHOWN} more" if len(known) > _MOST_SHOWN else ""
            shown = ", ".join(str(day) for day in known[:_MOST_SHOWN])
            raise ChainError(f"Expected an expiration of {of} ({shown}{more}), was {_text(one)}")
        chosen |= np.array([day in wanted for day in days], dtype=np.bool_)
    return chosen[place]


def _wanted(one: ExpirationChoice, days: Sequence[date], moments: Sequence[int], *, as_of_ns: int | None) -> set[date]:
    if isinstance(one, date):
        return {one} & set(days)
    if isinstance(one, tuple):
        return {day for day in days if one[0] <= day <= one[1]}
    if one == MONTHLY:
        return {day for day in days if day == quarterly_expiration(day.year, day.month)}
    if as_of_ns is None:
        raise ChainError(f"Expected as_of to know which expiration is {one}, was none")
    if one == ZERO_DTE:
        return {chicago_date(as_of_ns)} & set(days)
    later = [day for day, moment in zip(days, moments, strict=True) if moment > as_of_ns]
    return {min(later)} if later else set()


def _text(one: ExpirationChoice) -> str:
    return f"{one[0]}..{one[1]}" if isinstance(one, tuple) else str(one)
