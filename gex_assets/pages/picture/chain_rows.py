"""Where the rows of the chain lie: stretches of windows that have the same strikes.

The keys of some ten million rows are read once. What is kept of them is small: a day has few different lists of strikes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.pages.day_tables import DayTables

__all__ = ["ChainRows", "Ladder", "Stretch"]

Bools = NDArray[np.bool_]
Float = NDArray[np.float64]
Int = NDArray[np.int64]

_MOMENT: Final = "ts_window_end"
_ABOUT: Final = ("underlying", "multiplier")


@dataclass(frozen=True, slots=True)
class Ladder:
    """The lines of a window, in the order of its rows.

    Attributes
    ----------
    expiration : (n,) [UNIX ns UTC]
    strike : (n,) [index points]
    """

    expiration: Int
    strike: Float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a row group, one after the other, that are whole windows with the same ladder.

    Attributes
    ----------
    rows : of the row group: m windows times n lines.
    ends : (m,) ends of the windows. [UNIX ns UTC]
    ladder : position in `ChainRows.ladders`.
    """

    rows: slice
    ends: Int
    ladder: int

    def cells(self, values: NDArray[Any]) -> NDArray[Any]:
        """(m, n) values of the stretch out of those of its row group."""
        return values[self.rows].reshape(self.ends.size, -1)


@dataclass(slots=True)
class ChainRows:
    """The chain's rows, by row group.

    Attributes
    ----------
    groups : stretches of each row group, in order.
    ladders : what they refer to.
    contracts : expiration -> the future that its options are on, and the value of a point. [USD per point]
    """

    groups: list[list[Stretch]] = field(default_factory=list)
    ladders: list[Ladder] = field(default_factory=list)
    contracts: dict[int, tuple[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: DayTables) -> ChainRows:
        """Read the keys. One row group's are in memory at a time."""
        stored, found = tables.stored("silver_gex_chain"), cls()
        numbers: dict[tuple[bytes, bytes], int] = {}
        groups = () if stored is None else stored.groups((_MOMENT, "ts_expiration", "strike", *_ABOUT))
        for rows in groups:
            ends, expiration, strike = (rows[name].to_numpy() for name in (_MOMENT, "ts_expiration", "strike"))
            stretches = []
            for part, of_windows in _stretches(ends, expiration, strike):
                one = slice(part.start, part.start + (part.stop - part.start) // of_windows.size)
                key = expiration[one].tobytes(), strike[one].tobytes()
                if key not in numbers:
                    numbers[key] = len(found.ladders)
                    found.ladders.append(Ladder(expiration[one].copy(), strike[one].copy()))
                    found._note_contracts(rows.slice(one.start, one.stop - one.start))
                stretches.append(Stretch(part, of_windows, numbers[key]))
            found.groups.append(stretches)
        return found

    def _note_contracts(self, rows: pa.Table) -> None:
        about = rows.select(["ts_expiration", *_ABOUT]).unify_dictionaries()
        for one in about.group_by(["ts_expiration", *_ABOUT]).aggregate([]).to_pylist():
            self.contracts.setdefault(one["ts_expiration"], (str(one["underlying"]), float(one["multiplier"])))


def _stretches(ends: Int, expiration: Int, strike: Float) -> Iterator[tuple[slice, Int]]:
    """Rows of each stretch and the ends of its windows."""
    if not ends.size:
        return
    first = np.concatenate([[0], np.flatnonzero(ends[1:] != ends[:-1]) + 1, [ends.size]])
    for lines, (begin, stop) in _runs(np.diff(first)):
        rows = slice(int(first[begin]), int(first[stop]))
        by_window = [values[rows].reshape(-1, lines) for values in (expiration, strike)]
        same = np.logical_and.reduce([(one[1:] == one[:-1]).all(axis=1) for one in by_window])
        cuts = [0, *(np.flatnonzero(~same) + 1).tolist(), stop - begin]
        for low, high in pairwise(cuts):
            part = slice(rows.start + low * lines, rows.start + high * lines)
            yield part, ends[part][::lines].copy()


def _runs(counts: Int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Runs of equal numbers: the number, its first place and the place after its last."""
    edges = [0, *(np.flatnonzero(np.diff(counts)) + 1).tolist(), counts.size]
    return ((int(counts[low]), (low, high)) for low, high in pairwise(edges))
