"""From order records to `silver_option_quotes` and `silver_future_quotes`: the book at each window's end and the flow within.

Records become arrays for the order books; the books' rows become Arrow tables of whole windows: of a row group, or of what the
clock has closed. The rules of a book are in `kernels.order_book`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.errors import SnapshotError
from gex_assets.kernels.order_book.books import MISSING, BookRows, OrderBooks, Records
from gex_assets.kernels.order_book.snapshot import packed, unpacked
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES, SILVER_OPTION_QUOTES
from gex_assets.schemas.table import Table
from gex_assets.stages.silver.book_claims import claims_of_instruments, claims_of_rows
from gex_assets.stages.windows import WINDOWS_PER_GROUP, Windows, windows_per_group

__all__ = [
    "ORDER_COLUMNS",
    "FutureBooks",
    "FutureWindowBooks",
    "OptionBooks",
    "WindowBooks",
    "future_quotes",
    "option_quotes",
]

ORDER_COLUMNS: Final = ("ts_recv", "ts_recv_behind", "instrument_id", "order_id", "action", "side", "price", "size", "flags")
"""Columns of the order records that the books need; futures need `symbol` too."""

_STATES: Final = pa.array(BOOK_STATES)

Made = TypeVar("Made")
"""What books make of the rows of some windows."""


class WindowBooks(ABC, Generic[Made]):
    """Order books that are fed with order records and give each window once, when a record or the clock has closed it.

    What is given does not depend on how the records are cut into tables, nor on anything later than the window.

    Parameters
    ----------
    windows : of the day.
    windows_per_group : most windows that are given at a time; so many wait for each other if `close_until` is never called.
    zone_tick : as for `kernels.order_book.books.OrderBooks`.
    """

    kind: ClassVar[str]
    """What a snapshot is of, in words."""

    def __init__(self, *, windows: Windows, windows_per_group: int = WINDOWS_PER_GROUP, zone_tick: int | None = None) -> None:
        self._windows, self._per_group, self._zone_tick = windows, windows_per_group, zone_tick
        self._books = OrderBooks(window_ends=windows.ends, windows_per_group=windows_per_group, zone_tick=zone_tick)
        self._counted: Counter[str] = Counter()

    @abstractmethod
    def _made(self, rows: BookRows) -> Iterator[Made]:
        """What is given for these rows."""

    def records(self, table: pa.Table) -> Iterator[Made]:
        """Apply order records in the file's order; gives windows when a group is complete. The iterator must be exhausted."""
        for records in order_records(table):
            for rows in self._books.apply(records):
                yield from self._made(rows)

    def close_until(self, ts: int) -> Iterator[Made]:
        """Advance the clock, and give every window that ends at or before it and was not yet given.

        A record that comes later counts in the window that is open then. The iterator must be exhausted. [UNIX ns UTC]
        """
        for rows in self._books.close_until(ts):
            yield from self._made(rows)

    def finish(self) -> Iterator[Made]:
        """Give the windows that are left, with the books as the last record left them."""
        for rows in self._books.finish():
            yield from self._made(rows)

    def whole_day(self, stretches: Iterable[pa.Table]) -> Iterator[Made]:
        """Give all windows of a day whose records are there, in row groups (`Windows.groups`)."""
        for stretch in stretches:
            yield from self.records(stretch)
        yield from self.finish()

    def snapshot(self) -> bytes:
        """Everything that the rest of the day depends on, to be read by `restored`; taken when all iterators are exhausted."""
        return packed(self.kind, self._held())

    @classmethod
    def restored(cls, snapshot: bytes, *, windows: Windows, **options: Any) -> Self:
        """Books as they were when the snapshot was taken; what they give from then on is the same, and so are all counts.

        Parameters
        ----------
        snapshot : from `snapshot`.
        windows : of the day, the same as before.
        options : as for new books.

        Raises
        ------
        SnapshotError
            If it is not a snapshot of such books of this version, or cut, or changed, or of other windows or zones.
        """
        made = cls(windows=windows, **options)
        made._restore(unpacked(cls.kind, snapshot))
        return made

    @property
    def counts(self) -> Counter[str]:
        """Records by kind so far (`kernels.order_book.books.OrderBooks.counts`), and what was given of it."""
        counts = self._books.counts
        counts.update(self._counted)
        return counts

    @property
    def resting_orders(self) -> int:
        """Orders in all books."""
        return self._books.resting_orders

    def _held(self) -> dict[str, NDArray[Any]]:
        names = sorted(self._counted)
        return {
            "books": np.frombuffer(self._books.snapshot(), np.uint8),
            "counted_names": np.array(names, np.str_),
            "counted": np.array([self._counted[name] for name in names], np.int64),
        }

    def _restore(self, held: Mapping[str, NDArray[Any]]) -> None:
        self._books = OrderBooks.restored(held["books"].tobytes(), windows_per_group=self._per_group)
        if not np.array_equal(self._books.window_ends, self._windows.ends):
            raise SnapshotError(f"Expected {self.kind} of these {len(self._windows)} windows, was a snapshot of others")
        if self._books.zone_tick != self._zone_tick:
            raise SnapshotError(f"Expected {self.kind} with zone tick {self._zone_tick}, was {self._books.zone_tick}")
        self._counted = Counter(dict(zip(held["counted_names"].tolist(), held["counted"].tolist(), strict=True)))


class OptionBooks(WindowBooks[pa.Table]):
    """Rows of `silver_option_quotes`, in tables of whole windows, sorted by ts_window_end and instrument_id.

    `counts` has `rows` and `crossed_rows` too.
    """

    kind = "option quotes"

    def list(self, instruments: pa.Table) -> None:
        """List the options that are selected and not yet in the books; records of others only advance the clock.

        Parameters
        ----------
        instruments : `bronze_option_instruments` as far as it is known. An instrument has rows from the first window that ends
            after its `ts_listed`, and none where that is NULL. It must be listed before that window is closed, and before its
            first record. Its rows lie within its `claims`; a later table may have more of them, before they begin. Without that
            column all records are read.

        Raises
        ------
        ValueError
            Claims of an instrument overlap, or have begun before they were known.
        """
        known = pc.is_in(instruments["instrument_id"], pa.array(self._books.instrument_ids))
        used = pc.and_(instruments["selected"], pc.is_valid(instruments["ts_listed"]))
        new = instruments.filter(pc.and_not(used, known)).sort_by("instrument_id")
        claims = claims_of_instruments(instruments.filter(used))
        if claims is not None:
            self._books.claim(claims)
        if new.num_rows:
            self._books.list_instruments(
                instrument_ids=new["instrument_id"].to_numpy(),
                listed=new["ts_listed"].to_numpy(),
                expiration=new["ts_expiration"].to_numpy(),
                claims=claims,
            )

    def _made(self, rows: BookRows) -> Iterator[pa.Table]:
        return _table(SILVER_OPTION_QUOTES, rows, self._windows, self._counted)


class FutureWindowBooks(WindowBooks[Made]):
    """Books of all outright futures; a future is listed by its first record.

    Parameters
    ----------
    claims : when records of a future are read (`schemas.vendor_shapes.CLAIMED`), as far as it is known; a future that is not
        named has no rows. None: all records are read.
    windows, windows_per_group, zone_tick : as for all books.
    """

    def __init__(
        self,
        *,
        windows: Windows,
        windows_per_group: int = WINDOWS_PER_GROUP,
        zone_tick: int | None = None,
        claims: pa.Table | None = None,
    ) -> None:
        super().__init__(windows=windows, windows_per_group=windows_per_group, zone_tick=zone_tick)
        self._symbols: dict[int, str] = {}
        self._claims = None if claims is None else claims_of_rows(claims)

    def claim(self, claims: pa.Table) -> None:
        """Take all claims as far as they are known; those that are new must not have begun.

        Raises
        ------
        ValueError
            Claims of a future overlap, or have begun before they were known; or the books were made without claims.
        """
        if self._claims is None:
            raise ValueError(f"Expected {self.kind} made with claims, was without")
        self._claims = claims_of_rows(claims)
        self._books.claim(self._claims)

    def records(self, table: pa.Table) -> Iterator[Made]:
        """As for all books; the table needs `symbol` too."""
        ids = table["instrument_id"]
        new = sorted(set(pc.unique(ids).to_pylist()) - self._symbols.keys())
        if new:
            self._symbols |= {one: table["symbol"][pc.index(ids, one).as_py()].as_py() for one in new}
            self._books.list_instruments(instrument_ids=np.array(new, np.uint32), claims=self._claims)
        return super().records(table)

    def _names(self, instrument_ids: NDArray[np.uint32]) -> tuple[str, ...]:
        return tuple(self._symbols[int(one)] for one in instrument_ids)

    def _held(self) -> dict[str, NDArray[Any]]:
        return super()._held() | {"symbols": np.array(self._names(self._books.instrument_ids), np.str_)}

    def _restore(self, held: Mapping[str, NDArray[Any]]) -> None:
        super()._restore(held)
        self._symbols = dict(zip(self._books.instrument_ids.tolist(), held["symbols"].tolist(), strict=True))


class FutureBooks(FutureWindowBooks[pa.Table]):
    """Rows of `silver_future_quotes`, as `OptionBooks`. A future has rows from the window of its first record."""

    kind = "future quotes"

    def _made(self, rows: BookRows) -> Iterator[pa.Table]:
        return _table(SILVER_FUTURE_QUOTES, rows, self._windows, self._counted, self._names(rows.instrument_ids))


def option_quotes(
    stretches: Iterable[pa.Table], *, instruments: pa.Table, windows: Windows, tally: Counter[str]
) -> Iterator[pa.Table]:
    """Quotes of the selected options.

    Parameters
    ----------
    stretches : `bronze_option_mbo` in the file's order, cut anywhere; at least `ORDER_COLUMNS`. Records of other instruments
        only advance the clock.
    instruments : as for `OptionBooks.list`.
    windows : of the day.
    tally : counts records by kind (`kernels.order_book.books.OrderBooks.counts`), `rows`, `crossed_rows`, and the orders that
        rest after the last record as `resting_orders`.

    Yields
    ------
    One table per row group (`Windows.groups`) that has rows, with exactly the schema of `silver_option_quotes`, sorted by
    ts_window_end and instrument_id.
    """
    used = pc.sum(pc.and_(instruments["selected"], pc.is_valid(instruments["ts_listed"]))).as_py() or 0
    books = OptionBooks(windows=windows, windows_per_group=windows_per_group(used))
    books.list(instruments)
    yield from books.whole_day(stretches)
    tally.update(books.counts)
    tally["resting_orders"] = books.resting_orders


def future_quotes(
    stretches: Iterable[pa.Table], *, windows: Windows, tally: Counter[str], claims: pa.Table | None = None
) -> Iterator[pa.Table]:
    """Quotes of all outright futures.

    Parameters
    ----------
    stretches : `bronze_future_mbo` in the file's order, cut anywhere; at least `ORDER_COLUMNS` and `symbol`.
    windows, tally : as for `option_quotes`.
    claims : as for `FutureWindowBooks`.

    Yields
    ------
    As `option_quotes`, with the schema of `silver_future_quotes`. A future has rows from the window of its first record.
    """
    books = FutureBooks(windows=windows, claims=claims)
    yield from books.whole_day(stretches)
    tally.update(books.counts)
    tally["resting_orders"] = books.resting_orders


def order_records(stretch: pa.Table) -> Iterator[Records]:
    """The columns of each record batch as arrays, without copies but for the letters."""
    for batch in stretch.select(ORDER_COLUMNS).to_batches():
        yield Records(
            ts_recv=batch.column("ts_recv").to_numpy(),
            behind=batch.column("ts_recv_behind").to_numpy(),
            instrument_id=batch.column("instrument_id").to_numpy(),
            order_id=batch.column("order_id").to_numpy(),
            action=_letters(batch.column("action")),
            side=_letters(batch.column("side")),
            price=batch.column("price").to_numpy(),
            size=batch.column("size").to_numpy(),
            flags=batch.column("flags").to_numpy(),
        )


def _letters(column: pa.Array) -> NDArray[np.uint8]:
    """One-letter strings as their ASCII codes; 0 for anything else."""
    coded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    letters = coded.dictionary.to_pylist()
    codes = np.array([ord(letter) if len(letter) == 1 and letter.isascii() else 0 for letter in letters], np.uint8)
    taken: NDArray[np.uint8] = codes[coded.indices.to_numpy()]
    return taken


def _table(
    table: Table, rows: BookRows, windows: Windows, tally: Counter[str], symbols: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """The rows as a table, if there are any."""
    taken = slice(rows.first, rows.end)
    ids, present, columns = rows.instrument_ids, rows.present, rows.columns
    used = np.flatnonzero(present.any(axis=0))
    used = used[np.argsort(ids[used])]
    if not len(used):
        return
    if not np.array_equal(used, np.arange(len(ids))):
        ids, present = ids[used], present[:, used]
        columns = {name: column[:, used] for name, column in columns.items()}
    keep = None if present.all() else np.flatnonzero(present)

    def flat(plane: NDArray[Any]) -> NDArray[Any]:
        every = plane.reshape(-1)
        return every if keep is None else every[keep]

    def per_window(values: NDArray[Any]) -> NDArray[Any]:
        return flat(np.repeat(values, len(ids)))

    def per_instrument(values: NDArray[Any]) -> NDArray[Any]:
        return flat(np.tile(values, taken.stop - taken.start))

    made: dict[str, pa.Array] = {
        "ts_window_end": pa.array(per_window(windows.ends[taken])),
        "session_date": pa.array(per_window(windows.session_date[taken])),
        "instrument_id": pa.array(per_instrument(ids)),
    }
    if symbols is not None:
        names = [symbols[place] for place in used.tolist()]
        made["symbol"] = pa.DictionaryArray.from_arrays(per_instrument(np.arange(len(ids), dtype=np.int32)), pa.array(names))
    states = flat(columns["book_state"])
    made["book_state"] = pa.DictionaryArray.from_arrays(states, _STATES)
    tally["rows"] += len(states)
    tally["crossed_rows"] += int(np.count_nonzero(states == BOOK_STATES.index("crossed")))
    schema = table.arrow_schema()
    arrays = [made[field.name] if field.name in made else _column(field, flat(columns[field.name])) for field in schema]
    yield pa.Table.from_arrays(arrays, schema=schema)


def _column(field: pa.Field, values: NDArray[Any]) -> pa.Array:
    if not field.nullable:
        return pa.array(values)
    missing = np.isnan(values) if values.dtype.kind == "f" else values == MISSING
    return pa.array(values, mask=missing)
