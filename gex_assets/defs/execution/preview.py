"""What the UI shows of a table-day: a few rows as Markdown, of its last busy windows, and of some tables a small picture."""

from typing import Any, Final

import dagster as dg
import numpy as np
import pyarrow as pa

from gex_assets.escaping import as_markdown
from gex_assets.lake.tables import StoredTable
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table

__all__ = ["is_picture", "picture", "preview"]

_ROWS: Final = 5
_COLUMNS: Final = 12
_BUSY: Final = 0.5, 0.9
"""Busy is a row group, then a row, that knows at least this share of what the best knows: closed and silent hours know little."""
_TIME: Final = "UNIX ns UTC"


def preview(stored: StoredTable) -> str:
    """The last busy rows of a table: what identifies them, then its values, then the rest, as many columns as fit.

    Of a table of order records or files these are its last rows.
    """
    spec = TABLES[stored.lineage.table]
    names = _columns(spec)
    rows = _last_busy_rows(stored, names)
    if not rows:
        return "no rows"
    times = {column.name for column in spec.columns if column.unit == _TIME}
    more = len(spec.columns) - len(names)
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name], is_time=name in times) for name in names) + " |" for row in rows]
    return "\n".join(lines) + (f"\n\n… and {more} more columns" if more > 0 else "")


def picture(stored: StoredTable) -> dict[str, dg.MarkdownMetadataValue]:
    """The table-day's picture as metadata; nothing of tables without one. It is part of the event, so that it stays with it."""
    from gex_assets.pages.previews import as_markdown as image_in_markdown  # Pillow is loaded by runs, not by definitions
    from gex_assets.pages.previews import preview_of

    found = preview_of(stored)
    return {} if found is None else {"picture": dg.MetadataValue.md(image_in_markdown(found))}


def is_picture(text: str) -> bool:
    """Whether metadata hold a picture, and not why there is none."""
    return text.startswith("![")


def _columns(spec: Table) -> list[str]:
    """The key, then what has a unit and is no moment, then the rest."""
    values = [column.name for column in spec.columns if column.unit and column.unit != _TIME]
    return list(dict.fromkeys((*spec.key, *values, *spec.column_names)))[:_COLUMNS]


def _last_busy_rows(stored: StoredTable, names: list[str]) -> list[dict[str, Any]]:
    known = [stored.known_share(number, names) for number in range(stored.num_row_groups)]
    if not known:
        return []
    number = max(number for number, share in enumerate(known) if share >= _BUSY[0] * max(known))
    group = stored.group(number, names)
    if "ts_window_end" in names:
        counts = np.sum([_is_known(group[name]) for name in names], axis=0)
        group = group.take(np.flatnonzero(counts >= _BUSY[1] * counts.max()))
    rows: list[dict[str, Any]] = group.slice(max(0, group.num_rows - _ROWS)).to_pylist()
    return rows


def _is_known(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(column.is_valid())


def _cell(value: Any, *, is_time: bool) -> str:
    if value is None:
        return ""
    return str(np.datetime64(value, "ns")).removesuffix(".000000000") if is_time else as_markdown(str(value))
