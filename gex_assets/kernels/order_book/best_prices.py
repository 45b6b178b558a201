"""When the best prices of books change: a second compiled loop over the same rules, without windows, zones and flow.

Best prices count where an event of an instrument ends (F_LAST). Within an event a book may be crossed or half taken apart.
What a record does to a book is in `rules`, as for `loop`.
"""

from __future__ import annotations

import sys
from typing import Any, Final, NamedTuple, NoReturn

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gex_assets.errors import SnapshotError
from gex_assets.kernels.mbo_record import F_LAST, F_SNAPSHOT
from gex_assets.kernels.numba_tools.compiled_unit import fingerprint
from gex_assets.kernels.numba_tools.memory import unowned
from gex_assets.kernels.order_book import ladders as order_book_ladders
from gex_assets.kernels.order_book import rules as order_book_rules
from gex_assets.kernels.order_book import tables as order_book_tables
from gex_assets.kernels.order_book import zones as order_book_zones
from gex_assets.kernels.order_book.books import Claims, OrderBooks, Records
from gex_assets.kernels.order_book.claims import ENDS, pass_edges
from gex_assets.kernels.order_book.ladders import place_ladder
from gex_assets.kernels.order_book.layout import (
    ASK,
    BACKSTEP,
    BID,
    CARE,
    CLOCK,
    DONE,
    GROW_LEVELS,
    GROW_ORDERS,
    LEVELS_USED,
    NO_SIDE,
    ODD_ACTION,
    ORDERS_USED,
    RECORDS,
    TO_MOVE,
    UNDEFINED,
    UNSELECTED,
    WIDEST,
    Array,
    Int,
    RecordArrays,
    State,
)
from gex_assets.kernels.order_book.rules import change, heed
from gex_assets.kernels.order_book.tables import GOLDEN

__all__ = ["BestPriceBooks", "BestPriceChanges"]

A, B, C, F, M, N, T = (ord(letter) for letter in "ABCFMNT")

CHANGE: Final = np.dtype(
    [("row", np.int64), ("clock", np.int64), ("position", np.int64), ("bid", np.int64), ("ask", np.int64)], align=True
)
"""A change of an instrument's best prices: the record at which the event ended and the clock then; UNDEFINED is no price."""


class BestPriceChanges(NamedTuple):
    """Changes of best prices in the order in which their events ended, (n,) each.

    Attributes
    ----------
    row : the record that ended the event, among those passed in.
    clock : the clock at that record. [UNIX ns UTC]
    position : of the instrument, in the order of listing.
    bid, ask : best prices; UNDEFINED where the side is empty or the book is suspect. [1e-9 index points]
    """

    row: NDArray[np.int64]
    clock: NDArray[np.int64]
    position: NDArray[np.int64]
    bid: NDArray[np.int64]
    ask: NDArray[np.int64]


class BestPriceBooks(OrderBooks):
    """Books that tell when an instrument's best prices are others at an event's end than at that of the event told before.

    List instruments, then pass records in the file's order to `changes`. A book that is suspect (F_MAYBE_BAD_BOOK, until the
    next R or snapshot) has no best prices. A crossed book has those that it shows.

    Parameters
    ----------
    order_places, level_places, rung_places : initial room, as for `OrderBooks`. Only speed depends on them.
    """

    def __init__(self, *, order_places: int = 1 << 16, level_places: int = 8, rung_places: int = 1 << 12) -> None:
        super().__init__(
            window_ends=np.empty(0, np.int64), order_places=order_places, level_places=level_places, rung_places=rung_places
        )
        self._told = np.empty(0, np.int64)

    def list_instruments(
        self,
        *,
        instrument_ids: NDArray[np.uint32],
        listed: NDArray[np.int64] | None = None,
        expiration: NDArray[np.int64] | None = None,
        claims: Claims | None = None,
    ) -> None:
        """Add instruments, none of them listed before; as for `OrderBooks`."""
        super().list_instruments(instrument_ids=instrument_ids, listed=listed, expiration=expiration, claims=claims)
        self._told = np.concatenate([self._told, np.full(2 * len(instrument_ids), UNDEFINED)])

    def changes(self, records: Records) -> BestPriceChanges:
        """Apply records, and tell the changes of best prices within them."""
        columns = records.arrays()
        found = np.empty(len(records.ts_recv), CHANGE)
        first, made = 0, 0
        while first < len(found):
            cut = self._cut(columns.clock[first:])
            made = self._tell(RecordArrays(*(column[: first + cut] for column in columns)), first, found, made)
            first += cut
            if first < len(found):
                edges = self._claims.take(self._claims.next_moment)
                pass_edges(self._state, edges)
                ended = edges["position"][edges["kind"] == ENDS]
                self._told[2 * ended] = self._told[2 * ended + 1] = UNDEFINED
            else:
                self._claims.passed = self.clock
        return BestPriceChanges(*(found[name][:made].copy() for name in BestPriceChanges._fields))

    def _tell(self, columns: RecordArrays, position: int, found: NDArray[np.void], made: int) -> int:
        """Apply records from a position on; how many changes are found then."""
        while True:
            code, position, made = tell_changes(self._state, self._told, columns, position, found, made)
            if code == DONE:
                return made
            if code == GROW_ORDERS:
                self._grow_orders()
            elif code == GROW_LEVELS:
                self._grow_levels()
            else:
                self._grow_rungs()

    @property
    def clock(self) -> int:
        """The greatest moment of all records passed in, of listed instruments or not, and of `advance`. [UNIX ns UTC]."""
        return int(self._state.cursor[CLOCK])

    def advance(self, ts: int) -> None:
        """Advance the clock; a record that comes later is told at it. [UNIX ns UTC]."""
        self._state.cursor[CLOCK] = max(int(self._state.cursor[CLOCK]), ts)

    def snapshot(self) -> NoReturn:
        """What was told last is not among the contents of books: these are not written out."""
        raise SnapshotError("Expected books with windows, was books that tell changes of best prices")


@njit(forceinline=True)
def _position_of(listing: Array, instrument_id: Int) -> Int:
    """Position of a listed instrument; -1 of another."""
    mask = np.uint64(len(listing) - 1)
    place = (np.uint64(instrument_id) * GOLDEN >> np.uint64(32)) & mask
    while listing[place].position >= 0 and listing[place].instrument_id != instrument_id:
        place = (place + np.uint64(1)) & mask
    return np.int64(listing[place].position)


@njit(forceinline=True)
def _room(state: State, given: State) -> Int:
    """DONE if there is room for what the next record may bring, or what is missing."""
    cursor = state.cursor
    if cursor[CARE] != 0:
        if cursor[TO_MOVE] != 0:
            code = place_ladder(given)
            if code != DONE:
                return code
        if len(state.levels) - cursor[LEVELS_USED] < 2 * cursor[WIDEST]:
            return GROW_LEVELS
        cursor[CARE] = 0
    if cursor[ORDERS_USED] >= len(state.orders) >> 2:
        return GROW_ORDERS
    return DONE


@njit(forceinline=True)
def _apply(state: State, records: RecordArrays, r: Int, i: Int, clock: Int) -> None:
    """What a record does to the book of instrument i."""
    counts = state.counts
    bits, side = np.int64(records.flags[r]), records.side[r]
    order_id, price, size = records.order_id[r], records.price[r], np.int64(records.size[r])
    counts[RECORDS] += 1
    counts[BACKSTEP] += records.ts_recv[r] < clock
    snapshot = bits & F_SNAPSHOT != 0
    kind = heed(state, i, np.int64(records.action[r]), bits, records.size[r], clock)
    where = BID if side == B else (ASK if side == A else NO_SIDE)
    if kind in (A, C, M):
        change(state, i, kind, order_id, where, price, size, snapshot, clock)
    elif kind not in (F, N, T):
        counts[ODD_ACTION] += 1


def _compiled(unit: int) -> Any:
    @njit(cache=True, nogil=True)
    def tell_changes(
        given: State, given_told: Array, given_records: RecordArrays, first: int, given_found: Array, made: int
    ) -> tuple[int, int, int]:
        """Apply records from position `first` on, and write the changes of best prices from place `made` of `found` on.

        Parameters
        ----------
        given, given_records : as `layout` says.
        given_told : (2 I,) the best prices told last; of instrument i the bid at 2 i, the ask at 2 i + 1.
        given_found : room for as many of `CHANGE` as there are records.

        Returns
        -------
        A code, the position to go on from, and how many changes were written: DONE, or GROW_… when there is no room.
        """
        unit  # noqa: B018
        state, records, told, found = unowned(given), unowned(given_records), unowned(given_told), unowned(given_found)
        cursor, sides = state.cursor, state.sides
        cursor[CARE] = 1
        for r in range(first, len(records.ts_recv)):
            i = _position_of(state.listing, records.instrument_id[r])
            if i >= 0:
                code = _room(state, given)
                if code != DONE:
                    return code, r, made
            clock = max(cursor[CLOCK], records.clock[r])
            cursor[CLOCK] = clock
            if i < 0:
                state.counts[UNSELECTED] += 1
                continue
            _apply(state, records, r, i, clock)
            if records.flags[r] & F_LAST == 0:
                continue
            b = np.uint64(2 * i)
            a = b + np.uint64(1)
            known = state.books[np.uint64(i)].suspect == 0
            bid = sides[b].best if known and sides[b].count > 0 else np.int64(UNDEFINED)
            ask = ~sides[a].best if known and sides[a].count > 0 else np.int64(UNDEFINED)
            if bid != told[b] or ask != told[a]:
                told[b], told[a] = bid, ask
                change = found[made]
                change.row, change.clock, change.position, change.bid, change.ask = r, clock, i, bid, ask
                made += 1
        return DONE, len(records.ts_recv), made

    return tell_changes


tell_changes: Final = _compiled(
    fingerprint(
        sys.modules[__name__],  # for the constants from other modules
        order_book_ladders,
        order_book_rules,
        order_book_tables,
        order_book_zones,
    )
)
