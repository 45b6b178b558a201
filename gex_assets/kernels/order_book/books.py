"""Order books of many instruments at once, from order records to their state at each window's end and the flow within it.

`OrderBooks` owns the memory and makes it grow; the compiled loops work on it. Exact for any price, any order id and any number of
orders, levels and instruments: no buffer is fixed and nothing is dropped. Books can be written out at any moment and read back
(`contents`, `snapshot`). Tables are made in `stages.silver.quotes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.order_book.allocation import (
    joined,
    listing_of,
    new_state,
    planes,
    row_arrays,
    with_more_fills,
    with_more_levels,
    with_more_orders,
    with_more_rungs,
)
from gex_assets.kernels.order_book.claims import ClaimEdges, pass_edges
from gex_assets.kernels.order_book.contents import POSITIONS, contents, with_contents
from gex_assets.kernels.order_book.layout import (
    BOOK,
    BOOKS_MADE,
    CLOCK,
    DONE,
    FLOATS,
    FLOW,
    GROUP_END,
    GROUP_FIRST,
    GROUP_FULL,
    GROW_FILLS,
    GROW_LEVELS,
    GROW_ORDERS,
    INTS,
    KINDS,
    LEVELS_USED,
    LONGS,
    MISSING,
    SIDE,
    SLAB,
    TRADES,
    TURN,
    UNDEFINED,
    WINDOW,
    RecordArrays,
    RowArrays,
)
from gex_assets.kernels.order_book.loop import apply_records
from gex_assets.kernels.order_book.rows import close_windows
from gex_assets.kernels.order_book.shapes import BookRows, Claims, Records
from gex_assets.kernels.order_book.snapshot import packed, unpacked
from gex_assets.kernels.order_book.zones import ZONE_COLUMNS, zone_rows

__all__ = ["MISSING", "UNDEFINED", "BookRows", "Claims", "OrderBooks", "Records"]

_KIND: Final = "order books"


class OrderBooks:
    """The books of a day. List instruments, `apply` records in the file's order, then `finish`.

    `close_until` closes windows by the clock, where rows are wanted before the next record comes. `claim` says when records of an
    instrument are read (`claims`); without it they are from the first moment to the last.

    Parameters
    ----------
    window_ends : (W,) int64, ascending, windows of 5 s that do not overlap; gaps between sessions are allowed. [UNIX ns UTC]
    windows_per_group : windows per group of rows.
    zone_tick : the tick that zones are drawn with; rows then have the columns `zones.ZONE_COLUMNS`. None: no zones.
        [1e-9 index points]
    reuse_rows : whether all groups use the same memory: each is valid until the next is requested.
    order_places, fill_places, level_places, rung_places : initial room; a power of two for the first two, a multiple of 64 for
        the last. Only speed depends on them.

    Notes
    -----
    The clock is the greatest ts_recv (plus what it is `behind`) of all records passed in, of listed instruments or not, and the
    greatest moment given to `close_until`. A record that comes later counts in the window that is open then. Flow outside every
    window is dropped; books, last trade and `aggressor_net` are updated there too. An edge of a stretch comes after the windows
    that end at its moment, and before its records.
    """

    def __init__(
        self,
        *,
        window_ends: NDArray[np.int64],
        windows_per_group: int = 240,
        reuse_rows: bool = False,
        zone_tick: int | None = None,
        order_places: int = 1 << 16,
        fill_places: int = 1 << 10,
        level_places: int = 8,
        rung_places: int = 1 << 12,
    ) -> None:
        self._per_group = windows_per_group
        self._reuse_rows = reuse_rows
        self._zone_tick = zone_tick
        self._zones = () if zone_tick is None else ZONE_COLUMNS
        self._level_places = level_places
        self._ids = np.empty(0, np.uint32)
        self._claims = ClaimEdges()
        self._state = new_state(
            window_ends=window_ends,
            order_places=order_places,
            fill_places=fill_places,
            level_places=level_places,
            rung_places=rung_places,
        )
        self._state.cursor[GROUP_END] = min(windows_per_group, len(window_ends))
        self._shown = self._rows = self._room(0)

    def list_instruments(
        self,
        *,
        instrument_ids: NDArray[np.uint32],
        listed: NDArray[np.int64] | None = None,
        expiration: NDArray[np.int64] | None = None,
        claims: Claims | None = None,
    ) -> None:
        """Add instruments, none of them listed before; records of others are skipped.

        Parameters
        ----------
        instrument_ids : (n,) distinct.
        listed : (n,) when; rows begin with the window that ends after it. None: with the instrument's first record. [UNIX ns UTC]
        expiration : (n,) from when on the state is `expired`. None: never. [UNIX ns UTC]
        claims : stretches in which records of them are read, as far as they are known; those of others are left out. Without
            any, an instrument has no rows. None: one stretch over everything.

        Raises
        ------
        ValueError
            A stretch is empty, or overlaps another of its instrument.
        """
        state, cursor = self._state, self._state.cursor
        added, before, tick = len(instrument_ids), len(self._ids), self._zone_tick
        books = np.zeros(added, BOOK)
        books["number"] = 2 * (cursor[BOOKS_MADE] + 1 + np.arange(added))
        books["changed"] = books["last_trade_ts"] = MISSING
        books["last_trade_price"] = UNDEFINED
        books["listed"] = UNDEFINED if listed is None else listed
        books["expiration"] = UNDEFINED if expiration is None else expiration
        cursor[BOOKS_MADE] += added
        sides, slabs = np.zeros(2 * added, SIDE), np.zeros(2 * added, SLAB)
        sides["best"] = MISSING
        slabs["start"] = cursor[LEVELS_USED] + self._level_places * np.arange(2 * added)
        slabs["capacity"] = self._level_places
        slabs["patience"] = 1
        cursor[LEVELS_USED] += 2 * added * self._level_places
        cursor[TURN] = MISSING
        self._ids = np.concatenate([self._ids, np.asarray(instrument_ids, np.uint32)])
        self._state = state._replace(
            books=joined(state.books, books),
            claimed_since=np.append(state.claimed_since, np.full(added, MISSING if claims is None else UNDEFINED)),
            snapshot_at=np.append(state.snapshot_at, np.full(added, MISSING)),
            sides=joined(state.sides, sides),
            slabs=joined(state.slabs, slabs),
            flow=joined(state.flow, np.zeros(2 * added, FLOW)),
            trades=joined(state.trades, np.zeros(added, TRADES)),
            zones=state.zones if tick is None else np.concatenate([state.zones, zone_rows(2 * added, tick=tick)]),
            touched=np.concatenate([state.touched, np.zeros(added, np.uint8)]),
            turned=np.empty(before + added, np.int32),
            listing=listing_of(self._ids),
        )
        self._grow_levels()
        self._shown = self._room(len(self._ids))
        old = self._closed_rows(before)
        self._rows = self._room(self._windows() * len(self._ids))
        new = self._closed_rows(len(self._ids))
        for column, wider in zip(old, new, strict=True):
            wider[..., :before] = column
        new.present[:, before:] = False
        if claims is not None:
            pass_edges(self._state, self._claims.add(claims, listed=self._ids, new=before))

    def claim(self, claims: Claims) -> None:
        """Add stretches of instruments that were listed with claims, before they begin; known ones and others' are left out.

        Raises
        ------
        ValueError
            A stretch is empty, overlaps another of its instrument, has begun, or is of an instrument listed without claims.
        """
        always = np.isin(claims.instrument_id, self._ids[self._state.claimed_since == MISSING])
        if always.any():
            raise ValueError(
                f"Expected stretches of instruments that were listed with claims, was one of {claims.instrument_id[always][0]},"
                " whose records are read always"
            )
        self._claims.add(claims, listed=self._ids)

    def apply(self, records: Records) -> Iterator[BookRows]:
        """Apply records; yields rows whenever a group of windows is complete. The caller must exhaust the iterator."""
        columns = records.arrays()
        while len(columns.clock):
            cut = self._cut(columns.clock)
            yield from self._apply(RecordArrays(*(column[:cut] for column in columns)))
            if cut == len(columns.clock):
                self._claims.passed = int(self._state.cursor[CLOCK])
                return
            yield from self._pass_edge(self._claims.next_moment)
            columns = RecordArrays(*(column[cut:] for column in columns))

    def _cut(self, clock: NDArray[np.int64]) -> int:
        """How many records come before the next edge, by the greatest clock up to each."""
        edge, now = self._claims.next_moment, int(self._state.cursor[CLOCK])
        if edge == UNDEFINED or edge > max(now, int(clock.max())):
            return len(clock)
        return 0 if edge <= now else int(np.argmax(clock >= edge))

    def _apply(self, columns: RecordArrays) -> Iterator[BookRows]:
        position = 0
        while True:
            code, position = apply_records(self._state, self._shown, self._rows, columns, position)
            if code == DONE:
                return
            if code == GROUP_FULL:
                yield self._take_rows()
            elif code == GROW_ORDERS:
                self._grow_orders()
            elif code == GROW_FILLS:
                self._grow_fills()
            elif code == GROW_LEVELS:
                self._grow_levels()
            else:
                self._grow_rungs()

    def _pass_edge(self, moment: int) -> Iterator[BookRows]:
        """Close the windows that have ended by an edge, then pass it."""
        self._state.cursor[CLOCK] = max(int(self._state.cursor[CLOCK]), moment)
        while close_windows(self._state, self._shown, self._rows, moment) == GROUP_FULL:
            yield self._take_rows()
        pass_edges(self._state, self._claims.take(moment))

    def close_until(self, ts: int) -> Iterator[BookRows]:
        """Advance the clock to a moment, and yield the rows of all windows that have ended and were not yet yielded.

        The last rows may be fewer than a group; the group then goes on with the windows after them. The caller must exhaust the
        iterator.

        Parameters
        ----------
        ts : windows that end at or before it are closed; a moment before the clock closes none. [UNIX ns UTC]
        """
        cursor = self._state.cursor
        while self._claims.next_moment < ts:
            yield from self._pass_edge(self._claims.next_moment)
        self._claims.passed = max(self._claims.passed, ts - 1)
        cursor[CLOCK] = max(int(cursor[CLOCK]), ts)
        while close_windows(self._state, self._shown, self._rows, int(cursor[CLOCK])) == GROUP_FULL:
            yield self._take_rows()
        if cursor[WINDOW] > cursor[GROUP_FIRST]:
            yield self._take_rows()

    def finish(self) -> Iterator[BookRows]:
        """Close the windows that are left, with the books as the last record left them."""
        ends, cursor = self._state.window_ends, self._state.cursor
        while len(ends) and self._claims.next_moment < ends[-1]:
            yield from self._pass_edge(self._claims.next_moment)
        while cursor[WINDOW] < len(ends):
            close_windows(self._state, self._shown, self._rows, int(ends[-1]))
            yield self._take_rows()

    def snapshot(self) -> bytes:
        """Everything that the rest of the day depends on, rows that were not yet yielded included; to be read by `restored`.

        Take it between two calls, when their iterators are exhausted. The same records give the same bytes, whatever room the
        books began with and however the records were cut into blocks.
        """
        tick = [] if self._zone_tick is None else [self._zone_tick]
        held = contents(self._state) | self._claims.held() | {"instrument_ids": self._ids, "zone_tick": np.array(tick, np.int64)}
        rows = self._closed_rows(len(self._ids))
        # Rows before an instrument's listing were never written: they are 0 here.
        held |= {f"rows.{name}": np.where(rows.present, plane, 0).astype(plane.dtype) for name, plane in rows._asdict().items()}
        return packed(_KIND, held)

    @classmethod
    def restored(
        cls, snapshot: bytes, *, windows_per_group: int = 240, reuse_rows: bool = False, level_places: int = 8, **places: int
    ) -> OrderBooks:
        """Books as they were when the snapshot was taken; the rest of the day is the same.

        Parameters
        ----------
        snapshot : from `snapshot`.
        windows_per_group, reuse_rows, level_places, places : as for new books; they need not be those of the books before.

        Raises
        ------
        SnapshotError
            If it is not a snapshot of order books of this version, or cut, or changed.
        """
        held = unpacked(_KIND, snapshot)
        tick = held["zone_tick"].tolist()
        books = cls(
            window_ends=held["window_ends"],
            windows_per_group=windows_per_group,
            reuse_rows=reuse_rows,
            zone_tick=tick[0] if tick else None,
            level_places=level_places,
            **places,
        )
        cursor = books._state.cursor
        cursor[list(POSITIONS)] = held["cursor"]
        cursor[GROUP_END] = min((cursor[WINDOW] // windows_per_group + 1) * windows_per_group, len(held["window_ends"]))
        books.list_instruments(instrument_ids=held["instrument_ids"])
        books._state = with_contents(books._state, held, level_places=level_places)
        books._claims = ClaimEdges.restored(held, listed=books._ids)
        books._grow_levels()
        for name, plane in books._closed_rows(len(books._ids))._asdict().items():
            plane[...] = held[f"rows.{name}"]
        return books

    @property
    def instrument_ids(self) -> NDArray[np.uint32]:
        """Instruments listed so far, in the order of their listing."""
        return self._ids

    @property
    def window_ends(self) -> NDArray[np.int64]:
        """Ends of all windows, ascending. [UNIX ns UTC]."""
        ends: NDArray[np.int64] = self._state.window_ends
        return ends

    @property
    def zone_tick(self) -> int | None:
        """The tick that zones are drawn with; None: no zones. [1e-9 index points]."""
        return self._zone_tick

    @property
    def counts(self) -> Counter[str]:
        """Records by kind so far.

        `records` applied; `unselected`: of instruments not listed; `outside_windows`: before, between or after the windows. Odd:
        `unknown_cancel`, `unknown_modify`, `duplicate_add`, `excess_cancel` (above what rests); `odd_action` (none of
        ACMRTFN); `odd_flag`; `odd_side` (an A, C or M without a side, or against its order's); `odd_size` (an A, C or M of 0);
        `off_tick` (an A or M off the 0.05 grid); `ts_recv_backstep`; `undefined_price` (of an A, M or T); `crossed_in_session`
        (ended an event within a window and before expiration over a crossed book); `maybe_bad_book` (flagged by the vendor).
        """
        return Counter({kind: int(count) for kind, count in zip(KINDS, self._state.counts, strict=True) if count})

    @property
    def resting_orders(self) -> int:
        """Orders in all books."""
        books = np.sort(self._state.books["number"])
        numbers = self._state.orders["number"] & ~np.uint32(1)
        return int(np.isin(numbers[numbers > 0], books).sum())

    def _room(self, places: int) -> RowArrays:
        return row_arrays(places, zones=len(self._zones))

    def _windows(self) -> int:
        """How many windows the next rows hold."""
        return int(self._state.cursor[GROUP_END] - self._state.cursor[GROUP_FIRST])

    def _closed_rows(self, instruments: int) -> RowArrays:
        """The rows of windows that are closed and were not yet yielded, where rows have so many instruments."""
        cursor = self._state.cursor
        return planes(self._rows, int(cursor[WINDOW] - cursor[GROUP_FIRST]), instruments)

    def _take_rows(self) -> BookRows:
        """The rows of the windows closed so far; new memory for the next, or a copy where the group goes on in the old."""
        cursor, ids = self._state.cursor, self._ids
        first, end = int(cursor[GROUP_FIRST]), int(cursor[WINDOW])
        rows = self._closed_rows(len(ids))
        cursor[GROUP_FIRST] = end
        if end < cursor[GROUP_END]:
            rows = RowArrays(*(plane.copy() for plane in rows))
        else:
            cursor[GROUP_END] = min(end + self._per_group, len(self._state.window_ends))
            if not self._reuse_rows:
                self._rows = self._room(self._windows() * len(ids))
        columns: dict[str, NDArray[np.generic]] = {"book_state": rows.state}
        columns |= {"mid_event": rows.mid_event, "is_complete": rows.is_complete}
        for names, kind in ((FLOATS, rows.floats), (LONGS, rows.longs), (INTS, rows.ints), (self._zones, rows.zones)):
            columns |= dict(zip(names, kind, strict=True))
        return BookRows(first=first, end=end, instrument_ids=ids, present=rows.present, columns=columns)

    def _grow_orders(self) -> None:
        self._state = with_more_orders(self._state)

    def _grow_fills(self) -> None:
        self._state = with_more_fills(self._state)

    def _grow_levels(self) -> None:
        self._state = with_more_levels(self._state)

    def _grow_rungs(self) -> None:
        self._state = with_more_rungs(self._state)
