from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.defs.execution.preview import preview
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.stored import StoredTable
from gex_assets.schemas.registry import TABLES

DAY = date(2026, 1, 6)
END = 1_767_700_800_000_000_000
STEP = 5_000_000_000


def stored(root: Path, *groups: list[float | None], name: str = "silver_future_quotes") -> StoredTable:
    """Groups of windows of one instrument with this bid; None: a window that knows nothing."""
    spec = TABLES[name]
    schema = pa.schema([field.with_nullable(True) for field in spec.arrow_schema()])
    end = END
    lineage = Lineage(table=name, product="ES", day=DAY, code_version=spec.version, settings_hash="")
    with pq.ParquetWriter(root / "some.parquet", schema.with_metadata(lineage.to_footer())) as writer:
        for group in groups:
            rows = []
            for bid in group:
                known = spec.column_names if bid is not None else ("instrument_id",)
                row = {one: _some(schema.field(one).type, bid) for one in known}
                rows.append(row | ({"ts_window_end": end} if "ts_window_end" in spec.column_names else {}))
                end += STEP
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return StoredTable(LocalFileSystem(root), "some.parquet")


def _some(kind: pa.DataType, value: float | None) -> object:
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
        return "ok"
    if pa.types.is_nested(kind):
        return None
    return float(value or 0) if pa.types.is_floating(kind) else int(value or 0)


def test_rows_are_the_last_of_the_windows_that_know_something(tmp_path: Path) -> None:
    table = stored(tmp_path, [1.0] * 4, [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, None, None], [None] * 5)
    head, _, *rows, _, more = preview(table).split("\n")
    names = [cell.strip() for cell in head.strip("|").split("|")]
    assert names[:2] == ["ts_window_end", "instrument_id"]
    moments = [row.strip("|").split("|")[0].strip() for row in rows]
    assert moments == [str(np.datetime64(END + window * STEP, "ns")).removesuffix(".000000000") for window in range(5, 10)]
    assert [float(row.strip("|").split("|")[names.index("bid_price")]) for row in rows] == [3, 4, 5, 6, 7]
    assert more == f"… and {len(TABLES['silver_future_quotes'].columns) - len(names)} more columns"


@pytest.mark.parametrize("name", [table.name for table in TABLES.values()])
def test_keys_come_first_then_values_with_units(tmp_path: Path, name: str) -> None:
    spec = TABLES[name]
    assert preview(stored(tmp_path, name=name)) == "no rows"
    shown = [cell.strip() for cell in preview(stored(tmp_path, [1.0], name=name)).split("\n")[0].strip("|").split("|")]
    assert tuple(shown[: len(spec.key)]) == spec.key
    values = [column.name for column in spec.columns if column.unit not in ("", "UNIX ns UTC") and column.name not in spec.key]
    assert shown[len(spec.key) : len(spec.key) + len(values)] == values[: len(shown) - len(spec.key)]
