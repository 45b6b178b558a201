"""Strikes in another unit than points: OptionMetrics' thousandths, known by its columns, and those that symbols contradict.

A price that no strike fits is refused by the analysis (`chain.guards`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.errors import ChainError

__all__ = ["in_points", "is_option_metrics", "padded_symbols"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_OPTION_METRICS: Final = frozenset(("strikeprice", "cpflag"))
_ITS_OTHERS: Final = frozenset(("secid", "optionid", "exdate", "implvolatility"))
_THOUSANDTHS: Final = 1_000.0
_UNPADDED: Final = re.compile(r"([CP])(\d{1,7})$")


def is_option_metrics(titles: Iterable[str]) -> bool:
    """Whether titles in small letters without underscores are those of OptionMetrics' table of option prices.

    IvyDB's reference manual: `strike_price` is the strike times 1000, `cp_flag` C or P, `exdate` the day of expiration.
    """
    there = frozenset(titles)
    return there >= _OPTION_METRICS and bool(there & _ITS_OTHERS)


def padded_symbols(symbols: Sequence[str | None]) -> list[str | None]:
    """OptionMetrics' symbols with strikes of eight digits, as the exchanges' have.

    Examples
    --------
    >>> padded_symbols(["SPX 260116C5900000", None])
    ['SPX 260116C05900000', None]
    """
    return [None if one is None else _UNPADDED.sub(lambda found: found[1] + found[2].zfill(8), one.strip()) for one in symbols]


def in_points(strikes: Float, *, of_symbols: Float, known: Bool, thousandths: bool, where: str, warnings: Warnings) -> Float:
    """(n,) strikes in points: a column in thousandths is divided, and one that is a power of ten next to the symbols' is theirs.

    Parameters
    ----------
    strikes : (n,) as the column has them.
    of_symbols : (n,) strikes of the options' symbols.
    known : (n,) where a symbol has been read.
    thousandths : whether the form is known to have strikes times 1000.
    where : the column and file, for messages.

    Raises
    ------
    ChainError
        Column and symbols disagree in another way.
    """
    if thousandths:
        strikes = strikes / _THOUSANDTHS
    both = known & (strikes > 0.0) & (of_symbols > 0.0)
    if not both.any():
        return strikes
    ratio = strikes[both] / of_symbols[both]
    power = round(math.log10(float(np.median(ratio))))
    odd = np.flatnonzero(np.abs(ratio / 10.0**power - 1.0) > 1e-6)
    if odd.size:
        row = np.flatnonzero(both)[odd[0]]
        raise ChainError(
            f"Expected the strike of the option's symbol, {of_symbols[row]:,.10g}, in {where}, was {strikes[row]:,.10g}: "
            "leave out the column that is wrong"
        )
    if power:
        warnings.add("strike_scale", f"strikes are {10.0**power:,g} times those of the options' symbols: the symbols' are used")
    return strikes / 10.0**power
