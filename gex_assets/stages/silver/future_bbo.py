"""`silver_future_bbo` from order records of the futures: the best prices at the end of each event that changed one of them.

`kernels.order_book.best_prices` applies the records and tells the changes. Here they become rows. A row is given once no later
record can change it: when the clock has passed its moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.kernels.order_book.best_prices import BestPriceBooks, BestPriceChanges
from gex_assets.kernels.order_book.books import UNDEFINED
from gex_assets.schemas.silver_future_bbo import SILVER_FUTURE_BBO
from gex_assets.stages.row_block import category, row_block
from gex_assets.stages.silver.book_claims import claims_of_rows
from gex_assets.stages.silver.quotes import ORDER_COLUMNS, order_records

__all__ = ["RECORD_COLUMNS", "FutureBbo", "future_bbo"]

Int = NDArray[np.int64]

RECORD_COLUMNS: Final = (*ORDER_COLUMNS, "ts_event", "symbol")
"""Columns of `bronze_future_mbo` that best prices need."""

_NANO: Final = 1e9


class _Changes(NamedTuple):
    """Changes in the order in which they came, (n,) each: `position` is the future's, prices are UNDEFINED where missing."""

    clock: Int
    ts_event: Int
    position: Int
    bid: Int
    ask: Int


_NONE: Final = _Changes(*(np.empty(0, np.int64) for _ in _Changes._fields))


def future_bbo(
    stretches: Iterable[pa.Table], *, until: int | None, tally: Counter[str], claims: pa.Table | None = None
) -> Iterator[pa.Table]:
    """Best prices of all outright futures.

    Parameters
    ----------
    stretches : `bronze_future_mbo` in the file's order, cut anywhere; at least `RECORD_COLUMNS`.
    until : end of the day's last window; what changes then or later is left out. None: the day has no window. [UNIX ns UTC]
    tally, claims : of `FutureBbo`.

    Yields
    ------
    Tables of `SILVER_FUTURE_BBO`, one per stretch that has rows.
    """
    stage = FutureBbo(until=until, tally=tally, claims=claims)
    for stretch in stretches:
        rows = stage.records(stretch)
        if rows.num_rows:
            yield rows
    rows = stage.finish()
    if rows.num_rows:
        yield rows


class FutureBbo:
    """Rows of `silver_future_bbo`, as records come; how these are cut changes no row.

    A row's moment is the clock that windows follow. Of several changes of a future at one moment the last state counts, and none
    where that is the state before. Of two instruments of one symbol the one that came first counts.

    Parameters
    ----------
    until, tally : of `future_bbo`. `tally` counts `rows`, `crossed_rows`, `after_last_window` (changes left out) and
        `future_quoted_twice` (instruments left out). Records by kind are counted with the quotes.
    claims : as for `quotes.FutureWindowBooks`. Where a hole begins a future has a row without prices, at that moment. After the
        hole its book is suspect, so without prices too, until an R or a snapshot.
    """

    def __init__(self, *, until: int | None, tally: Counter[str], claims: pa.Table | None = None) -> None:
        self._until = until
        self._tally = tally
        self._books = BestPriceBooks()
        self._claims = None if claims is None else claims_of_rows(claims)
        self._ended_before = -(2**63)
        self._symbols: list[str] = []
        self._met: set[int] = set()
        self._held = _NONE
        self._last = np.empty((0, 2), np.int64)

    def records(self, table: pa.Table) -> pa.Table:
        """Apply order records in the file's order (at least `RECORD_COLUMNS`); gives rows of moments before the clock."""
        self._list(table)
        ts_event, first, parts = table["ts_event"].to_numpy(), 0, [self._held]
        for records in order_records(table):
            stop = first + len(records.ts_recv)
            parts.append(_with_events(self._books.changes(records), ts_event[first:stop]))
            first = stop
        self._held = _joined(parts)
        self._end_claims(self._books.clock + 1)
        return self._before(self._books.clock)

    def claim(self, claims: pa.Table) -> None:
        """Take all claims as far as they are known, as `quotes.FutureWindowBooks.claim`."""
        self._claims = claims_of_rows(claims)
        self._books.claim(self._claims)

    def close_until(self, ts: int) -> pa.Table:
        """Advance the clock; gives the rows of moments before it. A record that comes later counts at it. [UNIX ns UTC]."""
        self._books.advance(ts)
        self._end_claims(ts)
        return self._before(self._books.clock)

    def finish(self) -> pa.Table:
        """Give the rows that are left."""
        if self._until is not None:
            self._end_claims(self._until)
        return self._before(None)

    def _end_claims(self, before: int) -> None:
        """Take the prices of futures whose claims end in a hole that begins before a moment and after those of the last call."""
        if self._claims is None or before <= self._ended_before:
            return
        first, self._ended_before = self._ended_before, before
        last = before if self._until is None else min(before, self._until)
        for position, one in enumerate(self._books.instrument_ids):
            own = self._claims.instrument_id == one
            ends = np.setdiff1d(self._claims.ts_end[own], self._claims.ts_start[own])
            ends = ends[(ends >= first) & (ends < last)]
            none = np.full(ends.size, UNDEFINED)
            self._held = _joined([self._held, _Changes(ends, ends, np.full(ends.size, position), none, none)])
        order = np.argsort(self._held.clock, kind="stable")
        self._held = _Changes(*(values[order] for values in self._held))

    def _list(self, table: pa.Table) -> None:
        """List the instruments that are new, in the order of their first records."""
        ids = table["instrument_id"]
        new = [one for one in pc.unique(ids).to_pylist() if one not in self._met]
        self._met.update(new)
        listed = []
        for one in new:
            symbol = table["symbol"][pc.index(ids, one).as_py()].as_py()
            if symbol in self._symbols:
                self._tally["future_quoted_twice"] += 1
                continue
            self._symbols.append(symbol)
            listed.append(one)
        if listed:
            self._books.list_instruments(instrument_ids=np.array(listed, np.uint32), claims=self._claims)
            self._last = np.concatenate([self._last, np.full((len(listed), 2), UNDEFINED)])

    def _before(self, moment: int | None) -> pa.Table:
        """Rows of what is held and happened before a moment; None: of all."""
        held = self._held
        count = held.clock.size if moment is None else int(np.searchsorted(held.clock, moment, side="left"))
        if count == 0:
            return SILVER_FUTURE_BBO.empty()
        done, self._held = (_Changes(*(values[taken] for values in held)) for taken in (slice(count), slice(count, None)))
        late = int(done.clock.size if self._until is None else np.count_nonzero(done.clock >= self._until))
        self._tally["after_last_window"] += late
        names = sorted(self._symbols)
        code = np.array([names.index(symbol) for symbol in self._symbols])[done.position]
        # The sort is stable: of equal moments and futures the last one came last.
        order = np.lexsort((code, done.clock))[: done.clock.size - late]
        order = order[np.append((np.diff(done.clock[order]) != 0) | (np.diff(code[order]) != 0), True)[: order.size]]
        order = order[self._is_new(_Changes(*(values[order] for values in done)))]
        bid, ask = done.bid[order], done.ask[order]
        self._tally["rows"] += order.size
        self._tally["crossed_rows"] += int(np.count_nonzero((bid >= ask) & (bid != UNDEFINED)))
        return row_block(
            SILVER_FUTURE_BBO,
            {
                "ts_recv": done.clock[order],
                "ts_event": done.ts_event[order],
                "symbol": category(code[order], names),
                "bid_price": np.where(bid == UNDEFINED, np.nan, bid / _NANO),
                "ask_price": np.where(ask == UNDEFINED, np.nan, ask / _NANO),
            },
        )

    def _is_new(self, states: _Changes) -> NDArray[np.bool_]:
        """Whether each state differs from the future's state before; the last ones are remembered."""
        prices = np.stack([states.bid, states.ask], axis=1)
        is_new = np.empty(len(prices), np.bool_)
        for position in range(len(self._last)):
            own = np.flatnonzero(states.position == position)
            line = np.concatenate([self._last[position : position + 1], prices[own]])
            is_new[own] = (line[1:] != line[:-1]).any(axis=1)
            self._last[position] = line[-1]
        return is_new


def _with_events(told: BestPriceChanges, ts_event: Int) -> _Changes:
    return _Changes(clock=told.clock, ts_event=ts_event[told.row], position=told.position, bid=told.bid, ask=told.ask)


def _joined(parts: Sequence[_Changes]) -> _Changes:
    return _Changes(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
