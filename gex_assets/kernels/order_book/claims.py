"""When records of an instrument are read: the moments at which its book begins, goes on with another delivery, or ends.

Claims are known before the records are. So nothing here depends on a record. `ClaimEdges` turns stretches into edges in order of
time, and a small compiled unit lets books pass them. The loop over records knows nothing of claims: its caller cuts the records
at the few moments that have an edge.

At an edge a book

- begins: it is empty and incomplete, and everything that counts from midnight counts from here; after a hole it is suspect too;
- goes on, where stretches touch: its open event ends, and a snapshot that comes is another one;
- ends: it is dropped, and has no rows;
- is complete, whatever comes: a snapshot of all instruments stands behind it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.order_book import ladders as order_book_ladders
from gex_assets.kernels.order_book import rules as order_book_rules
from gex_assets.kernels.order_book.layout import MISSING, UNDEFINED, Array, Int, State
from gex_assets.kernels.order_book.rules import clear
from gex_assets.kernels.order_book.shapes import Claims

__all__ = ["ClaimEdges", "pass_edges"]

ENDS, GOES_ON, BEGINS, BEGINS_AGAIN, IS_COMPLETE = range(5)
"""Kinds of edges; of one moment, in the order in which a book passes them."""

EDGE: Final = np.dtype([("moment", np.int64), ("position", np.int64), ("kind", np.int64)])
_FIELDS: Final = ("instrument_id", "ts_start", "ts_end", "ts_complete")


@njit(forceinline=True)
def _pass(state: State, i: Int, kind: Int, moment: Int) -> None:
    book = state.books[i]
    if kind == IS_COMPLETE:
        book.complete = 1
        book.suspect = 0
    elif kind == GOES_ON:
        book.event = 0
        book.mid_event = 0
        book.restated = 0
    else:
        clear(state, i)
        state.claimed_since[i] = UNDEFINED if kind == ENDS else moment
        state.trades[i].aggressor_net = 0
        book.changed = MISSING
        book.last_trade_price = UNDEFINED
        book.last_trade_ts = MISSING
        book.mid_event = 0
        book.restated = 0
        book.complete = 0
        book.suspect = kind == BEGINS_AGAIN
    state.touched[i] = 2


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def pass_edges(state: State, edges: Array) -> None:
        """Let books pass these edges, (n,) in order of time; windows that end at or before an edge must be closed."""
        unit  # noqa: B018
        for k in range(len(edges)):
            _pass(state, edges[k].position, edges[k].kind, edges[k].moment)

    return pass_edges


pass_edges: Final = _compiled(fingerprint(sys.modules[__name__], order_book_rules, order_book_ladders))


class ClaimEdges:
    """The stretches of the listed instruments, and which of their edges were passed.

    Attributes
    ----------
    passed : edges at or before this moment were passed. [UNIX ns UTC]
    """

    def __init__(self) -> None:
        self.passed = MISSING
        self._claims = np.zeros(0, [("instrument_id", np.uint32), *((name, np.int64) for name in _FIELDS[1:])])
        self._edges = np.zeros(0, EDGE)
        self._next = 0

    def held(self) -> dict[str, NDArray[Any]]:
        """What is written of them, to be read by `restored`."""
        stretches = {f"claims.{name}": self._claims[name].copy() for name in _FIELDS}
        return stretches | {"claims.passed": np.array([self.passed], np.int64)}

    @classmethod
    def restored(cls, held: Mapping[str, NDArray[Any]], *, listed: NDArray[np.uint32]) -> ClaimEdges:
        """The stretches as they were written; `listed` are the ids of all listed instruments (I,)."""
        made = cls()
        made.passed = int(held["claims.passed"][0])
        made.add(Claims(**{name: held[f"claims.{name}"] for name in _FIELDS}), listed=listed, new=0)
        return made

    @property
    def next_moment(self) -> int:
        """Of the next edge; UNDEFINED without one."""
        return int(self._edges["moment"][self._next]) if self._next < len(self._edges) else UNDEFINED

    def add(self, claims: Claims, *, listed: NDArray[np.uint32], new: int | None = None) -> NDArray[np.void]:
        """Add stretches of listed instruments.

        Parameters
        ----------
        claims : disjoint, with each other and with those before; those of other instruments, and known ones, are left out.
        listed : (I,) ids of all listed instruments.
        new : the position from which on instruments were listed just now; then only theirs are added. None: those of all.

        Returns
        -------
        Edges of new instruments that lie in the past, in order of time, to be passed now.

        Raises
        ------
        ValueError
            A stretch is empty, overlaps another of its instrument, or begins in the past of one that is not new.
        """
        given = np.zeros(len(claims), self._claims.dtype)
        for name in _FIELDS:
            given[name] = getattr(claims, name)
        by_id = np.argsort(listed, kind="stable")
        sorted_ids = listed[by_id]
        known = {*self._claims.tolist()}
        is_new = np.array([one not in known for one in given.tolist()], np.bool_)
        given = given[is_new & np.isin(given["instrument_id"], listed[new:])]
        late = given["ts_start"] <= self.passed
        if new is None and late.any():
            one = given[late][0]
            raise ValueError(
                f"Expected stretches of instrument {one['instrument_id']} after {self.passed}, was one from {one['ts_start']}"
            )
        joined = np.concatenate([self._claims, given])
        self._claims = joined[np.lexsort((joined["ts_start"], joined["instrument_id"]))]
        edges = _edges_of(self._claims, by_id[np.searchsorted(sorted_ids, self._claims["instrument_id"])])
        past = edges["moment"] <= self.passed
        self._edges, self._next = edges[~past], 0
        return edges[past & (edges["position"] >= (len(listed) if new is None else new))]

    def take(self, moment: int) -> NDArray[np.void]:
        """The edges at this moment, which is the next one's, to be passed now."""
        first = self._next
        self._next = int(np.searchsorted(self._edges["moment"], moment, side="right"))
        self.passed = max(self.passed, moment)
        return self._edges[first : self._next]


def _edges_of(claims: NDArray[np.void], position: NDArray[np.int64]) -> NDArray[np.void]:
    """Edges of stretches that are in order of instrument and time, in order of time."""
    if not len(claims):
        return np.zeros(0, EDGE)
    start, end, complete = claims["ts_start"], claims["ts_end"], claims["ts_complete"]
    follows = np.append(False, position[1:] == position[:-1])
    before = np.append(MISSING, end[:-1])
    wrong = (end <= start) | (follows & (before > start))
    if wrong.any():
        one = claims[wrong][0]
        raise ValueError(
            f"Expected disjoint stretches of instrument {one['instrument_id']}, was {one['ts_start']}-{one['ts_end']}"
        )
    touches = follows & (before == start)
    begin = np.select([touches, follows], [GOES_ON, BEGINS_AGAIN], BEGINS)
    last = np.append(~touches[1:], True)
    since = np.maximum(start, complete)
    stated = (complete != MISSING) & (since < end)
    edges = np.zeros(len(claims) + int(last.sum()) + int(stated.sum()), EDGE)
    edges["moment"] = np.concatenate([start, end[last], since[stated]])
    edges["position"] = np.concatenate([position, position[last], position[stated]])
    edges["kind"] = np.concatenate([begin, np.full(int(last.sum()), ENDS), np.full(int(stated.sum()), IS_COMPLETE)])
    return edges[np.lexsort((edges["position"], edges["kind"], edges["moment"]))]
