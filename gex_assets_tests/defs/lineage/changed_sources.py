"""What comes out of an asset's function where one column of one table that it reads is another.

The function is called as its asset calls it. Of the day only the last windows are read. Nothing is published.
"""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.defs import gold, regime, silver
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.table_day import Results, TableDay
from gex_assets.errors import GexError
from gex_assets.lake.stored import StoredTable
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Column
from gex_assets.settings import Settings
from gex_assets_tests.conftest import DAY

__all__ = ["HOWS", "How", "changed_by", "columns_read"]

How = Literal["other", "far", "missing"]
"""How the values of a column are changed: other ones, far ones, or (where it may be NULL) most of them missing."""

HOWS: Final[tuple[How, ...]] = ("other", "missing", "far")

_MOMENT: Final = 10**12
"""Integers from here on are moments or prices in billionths: they move by whole billions."""


@dataclass(frozen=True, slots=True)
class Change:
    """Which column of which table is another, and how."""

    table: str
    column: Column
    how: How

    def of(self, rows: pa.Table, number: int) -> pa.Table:
        """The rows of a row group with the column changed."""
        at = rows.column_names.index(self.column.name)
        random = np.random.default_rng([number, len(self.column.name)])
        values = _changed(rows.column(at).to_pylist(), self.column, self.how, random)
        return rows.set_column(at, rows.schema.field(at), pa.array(values, _plain(self.column.type)).cast(self.column.type))


def _changed(values: list[Any], column: Column, how: How, random: np.random.Generator) -> list[Any]:
    if how == "missing":
        return [None if random.random() < 0.9 else value for value in values]
    if pa.types.is_dictionary(column.type):
        words = sorted(column.one_of) or sorted({value for value in values if value is not None})
        others = {word: [other for other in words if other != word] or [word] for word in words}
        return [
            value if value is None or random.random() < 0.5 else others[value][random.integers(len(others[value]))]
            for value in values
        ]
    if pa.types.is_boolean(column.type):
        return [value if value is None or random.random() < 0.5 else not value for value in values]
    if pa.types.is_floating(column.type):
        factors = np.exp(random.normal(scale=4.0 if how == "far" else 0.7, size=len(values)))
        return [None if value is None else value * factor for value, factor in zip(values, factors, strict=True)]
    if pa.types.is_integer(column.type):
        most = int(np.iinfo(column.type.to_pandas_dtype()).max)
        return [None if value is None else _other_number(value, most, random) for value in values]
    if pa.types.is_date(column.type):
        return [None if value is None else value + timedelta(days=1) for value in values]
    order = random.permutation(len(values))  # of any other type: the same values in other rows
    return [values[place] for place in order]


def _other_number(value: int, most: int, random: np.random.Generator) -> int:
    if random.random() < 0.5 or value >= 1 << 62:
        return value
    if abs(value) >= _MOMENT:
        return int(value + 10**9 * int(random.integers(1, 4)))
    other = (value, int(value * random.uniform(0, 2)), 0)[random.integers(3)]
    return min(other + int(random.integers(1, 4)), most)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


class _Read(StoredTable):
    """A stored table of which the last windows are read, with one column changed."""

    change: Change | None = None
    since: int = 0
    asked: set[str]

    def _group(self, number: int, schema: pa.Schema) -> pa.Table:
        self.asked |= set(schema.names)
        by_window = "ts_window_end" in self.schema.names
        wanted = schema if not by_window or "ts_window_end" in schema.names else schema.append(self.schema.field("ts_window_end"))
        rows = super()._group(number, wanted)
        if by_window:
            rows = rows.filter(pc.greater_equal(rows["ts_window_end"], self.since)).select(schema.names)
        changed = self.change is not None and self.change.column.name in schema.names
        return self.change.of(rows, number) if changed and self.change is not None else rows


@dataclass
class _Day(TableDay):
    """A table-day that takes the rows instead of publishing them."""

    change: Change | None = None
    since: int = 0
    asked: dict[str, set[str]] = field(default_factory=dict)
    rows: pa.Table | None = None

    def open(self, name: str) -> StoredTable:
        stored = _Read(self.lake.fs, self.lake.key(name, product=self.product, day=self.day))
        stored.since, stored.asked = self.since, self.asked.setdefault(name, set())
        stored.change = self.change if self.change is not None and self.change.table == name else None
        return stored

    def read(self, name: str, *, columns: Sequence[str]) -> pa.Table:
        return self.open(name).read(columns)

    def prefetch(self, items: Generator[Any]) -> Generator[Any]:
        return items

    def publish(self, groups: Iterable[pa.Table], *, checks: Iterable[Any] = (), gather: bool = True) -> Results:
        self.rows = pa.concat_tables(groups)
        return iter(())

    def publish_rows(self, rows: Callable[[], pa.Table], *, checks: Iterable[Any] = ()) -> Results:
        self.rows = rows()
        return iter(())


def _day(lake: Lake, name: str, settings: Settings, *, windows: int, change: Change | None = None) -> _Day:
    ends = sorted(set(lake.open("silver_forward", product="ES", day=DAY).read(["ts_window_end"])["ts_window_end"].to_pylist()))
    assets = ProductAssets(product="ES", settings=settings, partitions=daily(settings.start_date))
    day = _Day(assets=assets, name=name, day=DAY, lake=lake, change=change, since=ends[-windows:][0])
    factory = next(vars(module)[name] for module in (silver, gold, regime) if name in vars(module))
    publish = inspect.getclosurevars(factory).nonlocals["publish"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy, of values that no market has
        for _ in publish(day):
            pass
    return day


def columns_read(lake: Lake, name: str, settings: Settings, *, windows: int) -> Mapping[str, set[str]]:
    """Table -> the columns that the asset reads of it."""
    return _day(lake, name, settings, windows=windows).asked


def changed_by(
    lake: Lake, name: str, settings: Settings, *, windows: int, sources: Iterable[tuple[str, str]], how: How
) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """Change one source after another, and yield it with the columns of the asset's table whose values are others then.

    Rows are compared that are there either way. Values that the asset refuses change nothing.
    """
    before = _day(lake, name, settings, windows=windows).rows
    assert before is not None
    assert before.num_rows
    for table, source in sources:
        column = next(one for one in TABLES[table].columns if one.name == source)
        if (how == "missing" and not column.nullable) or (how == "far" and not pa.types.is_floating(column.type)):
            continue
        after = None
        with contextlib.suppress(GexError, ValueError, LookupError, ArithmeticError):  # refused: then this change says nothing
            after = _day(lake, name, settings, windows=windows, change=Change(table, column, how)).rows
        if after is not None:
            yield (table, source), _differing(TABLES[name].key, before, after)


def _differing(key: Sequence[str], before: pa.Table, after: pa.Table) -> set[str]:
    rows = [list(zip(*(table[name].to_pylist() for name in key), strict=True)) for table in (before, after)]
    if rows[0] != rows[1]:
        places = {row: place for place, row in enumerate(rows[1])}
        both = [(place, places[row]) for place, row in enumerate(rows[0]) if row in places]
        before, after = (
            table.take(pa.array([pair[side] for pair in both], pa.int64())) for side, table in enumerate((before, after))
        )
    return {name for name in before.column_names if not _equal(before[name], after[name])}


def _equal(before: pa.ChunkedArray, after: pa.ChunkedArray) -> bool:
    if before.equals(after):
        return True
    if pa.types.is_floating(before.type):
        return bool(np.array_equal(before.to_numpy(), after.to_numpy(), equal_nan=True))
    return bool(before.to_pylist() == after.to_pylist())
