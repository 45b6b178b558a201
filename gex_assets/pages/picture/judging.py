"""Whether a page can be published: it reads back, its cells are those of the tables, and it is not too large."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.errors import GexError
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import numbers_of, places_of, windows_of
from gex_assets.pages.picture.columns import LINE_COLUMNS
from gex_assets.pages.picture.page import has_windows
from gex_assets.pages.picture.reading import PackedColumns, data_elements, packed_columns
from gex_assets.schemas.checks import Verdict
from gex_assets.time_units import WINDOW_NS

__all__ = ["page_is_small_enough", "page_is_whole"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_CELLS: Final = 500
_TOLERANCE: Final = 1e-3
"""A number of the page may differ from the table's by this share."""


def page_is_whole(page: bytes, tables: DayTables) -> Verdict:
    """The page reads back, and cells drawn at random have the gammas and contracts of the chain."""
    try:
        if not has_windows(tables):
            return Verdict(name="page_is_whole", passed="gex-lineage" in data_elements(page), text="no windows: no picture")
        packed = packed_columns(page)
        sample = _sample(tables)
        different = [] if sample is None else _different(packed, tables, sample)
    except GexError as error:
        return Verdict(name="page_is_whole", passed=False, text=str(error))
    cells = 0 if sample is None else sample.num_rows
    facts = {"cells": cells, "blobs": len(packed.streams), "columns": len(packed.header["columns"])}
    if different:
        text = f"Expected the numbers of silver_gex_chain, was another in: {', '.join(different)}"
        return Verdict(name="page_is_whole", passed=False, text=text, facts=facts)
    text = f"{facts['columns']} columns read back; {cells} cells equal the chain"
    return Verdict(name="page_is_whole", passed=True, text=text, facts=facts)


def page_is_small_enough(page: bytes, *, most: int) -> Verdict:
    """The page is not too large to be opened."""
    passed = len(page) <= most
    text = f"{len(page) / 1e6:,.2f} MB" if passed else f"Expected at most {most / 1e6:,.0f} MB, was {len(page) / 1e6:,.2f} MB"
    return Verdict(name="page_is_small_enough", passed=passed, text=text, facts={"bytes": len(page)})


def _sample(tables: DayTables) -> pa.Table | None:
    """Rows of the chain drawn at random from one of its row groups; the same for the same file."""
    stored = tables.stored("silver_gex_chain")
    if stored is None or not stored.num_rows:
        return None
    draw = np.random.default_rng(stored.num_rows)
    rows = stored.group(int(draw.integers(stored.num_row_groups)))
    return rows.take(pa.array(np.sort(draw.choice(rows.num_rows, size=min(_CELLS, rows.num_rows), replace=False))))


def _different(packed: PackedColumns, tables: DayTables, rows: pa.Table) -> list[str]:
    """Columns of the page that differ from the sample. The page may have left out every other window."""
    ends = windows_of(tables)
    ends = ends[(ends - tables.midnight_ns) // WINDOW_NS % packed.header["stride"] == 0]
    line, window = _lines_of(packed, rows), places_of(ends, rows["ts_window_end"].to_numpy())
    if packed.header["windows"] != ends.size or (line < 0).any():
        return ["the windows or strikes"]
    kept = window >= 0
    found = []
    for blob in packed.header["blobs"]:
        for name, shown in packed.line_cells(blob, line=line[kept], window=window[kept]).items():
            if not _is_equal(shown, numbers_of(rows, name)[kept], floor=_floor(name)):
                found.append(name)
    return found


def _lines_of(packed: PackedColumns, rows: pa.Table) -> Int:
    """The page's line of each row; -1 where the page has none."""
    expirations = [int(one["ts_ns"]) for one in packed.header["expirations"]]
    lines = {(expirations[one["expiration"]], one["strike"]): line for line, one in enumerate(packed.header["lines"])}
    keys = zip(rows["ts_expiration"].to_pylist(), rows["strike"].to_pylist(), strict=True)
    return np.array([lines.get(key, -1) for key in keys], dtype=np.int64)


def _floor(name: str) -> float:
    """What is smaller is shown as this."""
    return next((one.base or 0.0 for one in LINE_COLUMNS if one.name == name), 0.0)


def _is_equal(shown: Float, known: Float, *, floor: float) -> bool:
    wanted = np.where(np.abs(known) < floor, floor, known) if floor else known
    return bool(np.allclose(shown, wanted, rtol=_TOLERANCE, atol=floor or 1e-6, equal_nan=True))
