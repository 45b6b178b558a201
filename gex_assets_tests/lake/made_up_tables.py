"""Two small tables of our own, one of each form, and rows that match the schema: easier to break than the real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from gex_assets.lake.lineage import Lineage
from gex_assets.lake.tables import STRETCH_RECORDS, Lake, StoredTable
from gex_assets.schemas.columns import window_end
from gex_assets.schemas.table import CATEGORY, Column, Table

DAY = date(2026, 1, 6)

LEVELS = Table(
    name="made_up_levels",
    layer="silver",
    about="Rows in order across all row groups.",
    key=("ts_window_end", "convention"),
    settings=("rate",),
    columns=(
        window_end(),
        Column(name="convention", type=CATEGORY, about="a word", one_of=("field", "flow", "magic8")),
        Column(
            name="price", type=pa.float64(), about="a price", unit="index points", nullable=True, at_least=0.0, at_most=9999.0
        ),
        Column(name="gex", type=pa.float64(), about="an exposure", unit="USD", nullable=True),
        Column(name="count", type=pa.int32(), about="a count"),
        Column(name="session_date", type=pa.date32(), about="a date"),
        Column(name="roots", type=pa.list_(pa.field("item", pa.float64(), nullable=False)), about="prices", nullable=True),
        Column(name="reason", type=CATEGORY, about="a word or nothing", nullable=True, one_of=("no_price",)),
        Column(name="flag", type=pa.bool_(), about="yes or no"),
    ),
)

ORDERS = Table(
    name="made_up_orders",
    layer="bronze",
    about="Order records in stretches.",
    key=("record_index",),
    order=("instrument_id", "record_index"),
    ordered_across_groups=False,
    columns=(
        Column(name="record_index", type=pa.int64(), about="place in the stream", at_least=0),
        Column(name="instrument_id", type=pa.uint32(), about="which instrument"),
        Column(name="order_id", type=pa.uint64(), about="which order"),
        Column(name="action", type=CATEGORY, about="what happened"),
        Column(name="underlying", type=CATEGORY, about="the future"),
    ),
)


def levels(windows: range, conventions: tuple[str, ...] = ("field", "flow"), **instead: object) -> pa.Table:
    """Rows of `LEVELS` for the windows; `instead` replaces a column by a list of values or by an array."""
    ends = [window * 5_000_000_000 for window in windows for _ in conventions]
    n = len(ends)
    columns: dict[str, object] = {
        "ts_window_end": ends,
        "convention": [word for _ in windows for word in conventions],
        "price": [6000.25 + number for number in range(n)],
        "gex": [None if number % 3 == 0 else -1.5 * number for number in range(n)],
        "count": list(range(n)),
        "session_date": [DAY] * n,
        "roots": [None if number % 2 else [6000.0, 6010.5] for number in range(n)],
        "reason": [None] * n,
        "flag": [True] * n,
    } | instead
    arrays = []
    for column in LEVELS.columns:
        values = columns[column.name]
        arrays.append(values if isinstance(values, pa.Array) else pa.array(values, type=_plain(column.type)).cast(column.type))
    return pa.table(arrays, names=list(LEVELS.column_names))


def orders(stretch: int, underlying: str, places: list[int], instruments: list[int] | None = None) -> pa.Table:
    """One row group of `ORDERS`: records at `places` of the stretch, by instrument."""
    instruments = instruments if instruments is not None else [7 + place % 3 for place in places]
    rows = sorted(zip(instruments, places, strict=True))
    index = np.array([place + stretch * STRETCH_RECORDS for _, place in rows], dtype=np.int64)
    return pa.table(
        {
            "record_index": index,
            "instrument_id": pa.array([instrument for instrument, _ in rows], type=pa.uint32()),
            "order_id": pa.array([1_000_000 + int(each) for each in index], type=pa.uint64()),
            "action": pa.array(["AC"[int(each) % 2] for each in index]).cast(CATEGORY),
            "underlying": pa.array([underlying] * len(rows)).cast(CATEGORY),
        }
    )


def lineage_of(table: Table, product: str = "ES", day: date = DAY, **values: object) -> Lineage:
    facts = {"code_version": table.version, "settings_hash": "settings", "inputs": {}} | values
    return Lineage(table=table.name, product=product, day=day, **facts)  # type: ignore[arg-type]


def publish(
    lake: Lake | Path, table: Table, *groups: pa.Table, product: str = "ES", day: date = DAY, **values: object
) -> StoredTable:
    """Write and publish without an audit."""
    lake = lake if isinstance(lake, Lake) else Lake(lake)
    with lake.replace(table, product=product, day=day, lineage=lineage_of(table, product, day, **values)) as staged:
        for group in groups:
            staged.write(group)
        return staged.publish()


def reject(lake: Lake, table: Table, *groups: pa.Table, reason: str, day: date = DAY, **values: object) -> StoredTable:
    """Write and reject."""
    with lake.replace(table, product="ES", day=day, lineage=lineage_of(table, "ES", day, **values)) as staged:
        for group in groups:
            staged.write(group)
        return staged.reject(reason, ["Expected this, was that"])


def nulls(table: Table, n: int = 2) -> pa.Table:
    """Rows that match the schema's form: tests of views need no more."""
    columns = []
    for column in table.columns:
        if column.name == "ts_window_end":
            columns.append(pa.array(range(n), type=pa.int64()))
        elif column.nullable:
            columns.append(pa.nulls(n, column.type))
        elif pa.types.is_dictionary(column.type):
            columns.append(pa.array(["word"] * n).cast(column.type))
        else:
            columns.append(pa.array([1] * n).cast(pa.int32()).cast(column.type))
    return pa.table(columns, schema=table.arrow_schema())


def folder_of(lake: Lake) -> Path:
    """The folder of a lake that is one."""
    return Path(lake.uri)


def file_of(lake: Lake, key: str) -> Path:
    """Where an object of a local lake lies."""
    return folder_of(lake) / key


def all_files(root: Path) -> list[str]:
    """Every file below, hidden ones too."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if kind == CATEGORY else kind
