"""What stands next to what in a picture: windows, expirations, lines (a strike of an expiration), levels, prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.chain_rows import ChainRows
from gex_assets.time_units import WINDOW_NS

__all__ = ["Axes", "numbers_of", "places_of", "windows_of", "words_of"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_MOMENT: Final = "ts_window_end"
_SCOPES_WITH_A_CURVE: Final = ("selected", "0dte")
"""A curve of one expiration would cost as much as those of all; where it is the only one, it is that of `selected`."""

_WINDOW_TABLES: Final = ("silver_gex_levels", "silver_forward", "silver_vacuum")


def numbers_of(rows: pa.Table, name: str) -> Float:
    """A column as floating-point numbers; NaN where NULL."""
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def words_of(rows: pa.Table, name: str) -> tuple[list[str], Int]:
    """The different words of a column, sorted, and each row's position among them; -1 where NULL."""
    column = rows[name].unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # without rows there is no chunk
        return [], np.empty(0, dtype=np.int64)
    known = column.dictionary.to_pylist()
    words = sorted(known)
    place = np.array([*(words.index(word) for word in known), -1], dtype=np.int64)
    return words, place[np.asarray(pc.fill_null(column.indices, len(known)), dtype=np.int64)]


@dataclass(frozen=True, kw_only=True)
class Axes:
    """The axes of a day's picture.

    Attributes
    ----------
    midnight_ns : the day's first moment. [UNIX ns UTC]
    stride : every how many windows one is kept.
    ends : (T,) ends of the windows kept, ascending. [UNIX ns UTC]
    expirations : (E,) ascending. [UNIX ns UTC]
    contracts : (E,) the future that each expiration's options are on, and the value of a point. [USD per point]
    line_expiration, line_strike : (L,) position in `expirations`, and the strike [index points]; by expiration, then strike.
    levels : (convention, scope) of each row of the levels.
    profiles : (convention, scope) of each curve of the profile.
    prices : (P,) prices of the profile, ascending. [index points]
    chain : where the rows of the chain lie.
    """

    midnight_ns: int
    stride: int
    ends: Int
    expirations: Int
    contracts: tuple[tuple[str, float], ...]
    line_expiration: Int
    line_strike: Float
    levels: tuple[tuple[str, str], ...]
    profiles: tuple[tuple[str, str], ...]
    prices: Float
    chain: ChainRows

    @classmethod
    def of(cls, tables: DayTables, *, stride: int = 1) -> Axes:
        """Read them from the keys of the tables."""
        levels = _pairs(tables.read("silver_gex_levels", ("convention", "scope")))
        profiles, prices = _curves(tables)
        chain = ChainRows.of(tables)
        expirations = np.array(sorted(chain.contracts), dtype=np.int64)
        strikes = [
            np.unique(np.concatenate([one.strike[one.expiration == expiration] for one in chain.ladders]))
            for expiration in expirations.tolist()
        ]
        whole = cls(
            midnight_ns=tables.midnight_ns,
            stride=1,
            ends=windows_of(tables),
            expirations=expirations,
            contracts=tuple(chain.contracts[one] for one in expirations.tolist()),
            line_expiration=np.repeat(np.arange(expirations.size), [one.size for one in strikes]),
            line_strike=np.concatenate([np.empty(0), *strikes]),
            levels=levels,
            profiles=profiles,
            prices=prices,
            chain=chain,
        )
        return whole.every(stride)

    def every(self, stride: int) -> Axes:
        """The same with every second window, or every fourth, and so on, of those of the whole day: by their numbers."""
        number = (self.ends - self.midnight_ns) // WINDOW_NS
        return replace(self, stride=stride, ends=self.ends[number % stride == 0])

    def until(self, ts_window_end: int) -> Axes:
        """The same with the windows up to one, and with the first in any case. [UNIX ns UTC]."""
        return replace(self, ends=self.ends[: max(1, int(np.searchsorted(self.ends, ts_window_end, side="right")))])

    @property
    def windows(self) -> int:
        """Number of windows kept."""
        return self.ends.size

    @property
    def lines(self) -> int:
        """Number of lines."""
        return self.line_strike.size

    def rows(self, axis: str) -> int:
        """Rows of a matrix over an axis."""
        return {
            "day": 1,
            "expirations": self.expirations.size,
            "lines": self.lines,
            "levels": len(self.levels),
            "profile": len(self.profiles) * self.prices.size,
        }[axis]

    @property
    def k(self) -> Int:
        """(T,) numbers of the windows kept: 0 is the one that ends 5 s after midnight."""
        return (self.ends - self.midnight_ns) // WINDOW_NS - 1

    def window_of(self, ts_window_end: Int) -> Int:
        """Position of windows among those kept; -1 where one is not."""
        return places_of(self.ends, ts_window_end)

    def line_of(self, ts_expiration: Int, strike: Float) -> Int:
        """Number of the line of each row of a chain; -1 where the axes have none."""
        row, column = places_of(self.expirations, ts_expiration), places_of(self._strikes, strike)
        return np.where((row < 0) | (column < 0), -1, self._line_numbers[row, column])

    @cached_property
    def lines_of_ladders(self) -> tuple[Int, ...]:
        """Of each ladder of the chain: the numbers of its lines."""
        return tuple(self.line_of(one.expiration, one.strike) for one in self.chain.ladders)

    @cached_property
    def _strikes(self) -> Float:
        return np.unique(self.line_strike)

    @cached_property
    def _line_numbers(self) -> Int:
        numbers = np.full((self.expirations.size, self._strikes.size), -1, dtype=np.int64)
        numbers[self.line_expiration, np.searchsorted(self._strikes, self.line_strike)] = np.arange(self.lines)
        return numbers


def places_of(known: NDArray[Any], wanted: NDArray[Any]) -> Int:
    """Position of each wanted value among known ones, which ascend; -1 where it is not among them."""
    if not known.size:
        return np.full(wanted.size, -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    return np.where(known[place] == wanted, place, -1)


def _pairs(rows: pa.Table) -> tuple[tuple[str, str], ...]:
    names, name = words_of(rows, "convention")
    scopes, scope = words_of(rows, "scope")
    there = np.unique(name * len(scopes) + scope)
    return tuple((names[one // len(scopes)], scopes[one % len(scopes)]) for one in there.tolist())


def _curves(tables: DayTables) -> tuple[tuple[tuple[str, str], ...], Float]:
    """The curves that are drawn, and the prices of all; one row group is in memory at a time."""
    stored = tables.stored("silver_gex_profile")
    pairs: set[tuple[str, str]] = set()
    prices = np.empty(0)
    for rows in () if stored is None else stored.groups(("convention", "scope", "price")):
        pairs.update(_pairs(rows))
        prices = np.union1d(prices, numbers_of(rows, "price"))
    return tuple(sorted(one for one in pairs if one[1] in _SCOPES_WITH_A_CURVE)), prices


def windows_of(tables: DayTables) -> Int:
    """Ends of the windows of the day, ascending: those of any table that is drawn over time. [UNIX ns UTC]."""
    found = [tables.read(name, (_MOMENT,))[_MOMENT].to_numpy() for name in _WINDOW_TABLES]
    changed = [ends[np.append(True, ends[1:] != ends[:-1])[: ends.size]] for ends in found]  # a window has many rows
    return np.unique(np.concatenate(changed)).astype(np.int64)
