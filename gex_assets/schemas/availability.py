"""Since when a row of a table could be known: which of its moments says so, and what that means.

Rows of windows use what was received before the window's end, and nothing later. Rows of order data are known from their receipt.
Two kinds of rows look further ahead, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gex_assets.schemas.registry import OPEN_TABLES
from gex_assets.schemas.table import Table

__all__ = ["Availability", "availability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Since when rows could be known.

    Attributes
    ----------
    column : the column whose moment it is; None where no moment of the row says it.
    about : one plain sentence.
    """

    column: str | None
    about: str


_WINDOW: Final = Availability(
    column="ts_window_end", about="A row uses only what was received before its window's end, and could be known from then on."
)
_RECEIPT: Final = Availability(column="ts_recv", about="A row could be known from the moment it was received.")
_AHEAD: Final = Availability(
    column=None,
    about="An outcome looks up to 24 minutes ahead of ts_window_end: it could be known when its last bar was over.",
)
_CODE: Final = Availability(column=None, about="Rows depend on the code alone, on no data.")
_FILES: Final = Availability(column=None, about="A row describes a delivered file: it could be known from its delivery.")
_LISTED: Final = Availability(
    column="ts_listed", about="An option could be known from its definition or its first record, the earlier of the two."
)
_BEFORE_THE_SESSION: Final = Availability(
    column="ts_known", about="A row could be known when the last statistic that it uses was published."
)
_OTHERS: Final = {
    "gold_trigger_outcomes": _AHEAD,
    "gold_vector_dictionary": _CODE,
    "bronze_option_instruments": _LISTED,
    **dict.fromkeys(OPEN_TABLES, _BEFORE_THE_SESSION),
}


def availability(table: Table) -> Availability:
    """Since when rows of a table could be known."""
    if table.name in _OTHERS:
        return _OTHERS[table.name]
    if table.layer == "raw":
        return _FILES
    return _WINDOW if "ts_window_end" in table.column_names else _RECEIPT
