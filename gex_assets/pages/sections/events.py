"""Events of the day: the windows at which a convention's regime changed, in words."""

from __future__ import annotations

from typing import Any, Final

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, joined, note, paragraph, table
from gex_assets.pages.words import REASONS, amount, count, price, share, unit_of, weight_text, window_clock

__all__ = ["events"]

_COLUMNS: Final = (
    *("ts_window_end", "convention", "weight_used", "scale", "change_number", "regime_from", "regime_to", "magnitude"),
    *("net_gex_before", "net_gex", "reference_price", "confidence", "seconds_since_change", "seconds_unknown"),
    "unknown_reason",
)
_SHORT: Final = 20
_MOST: Final = 100
"""Events of one convention that are listed; a regime that flickers around zero has hundreds."""


def events(day: DayTables) -> Section:
    """A table for each convention that changed its regime."""
    title = "Events of the day"
    if day.stored("regime_events") is None:
        return Section("events", title, paragraph("Events are not published for this day."))
    rows = day.read("regime_events", _COLUMNS).to_pylist()
    if not rows:
        return Section("events", title, paragraph("No convention changed its regime on this day."))
    parts: list[Text] = []
    for convention in sorted({row["convention"] for row in rows}):
        of_it = [row for row in rows if row["convention"] == convention]
        weight, unit = weight_text(of_it[0]["weight_used"]), unit_of(of_it[0]["scale"])
        about = f"{convention}, weighted by {weight}: {len(of_it)} changes of regime, exposures in {unit}"
        columns = (
            "UTC",
            "from",
            "to",
            "magnitude",
            ">net before",
            ">net after",
            ">price",
            ">confidence",
            ">lasted",
            "unknown between",
        )
        parts.append(table(columns, [_cells(row) for row in of_it[:_MOST]], caption=about, long=len(of_it) > _SHORT))
        if len(of_it) > _MOST:
            parts.append(note(f"The first {_MOST} of {count(len(of_it))} are listed; the table regime_events has all."))
    parts.append(note("A change is from one known regime to another. “Lasted” is the time since the change before."))
    return Section("events", title, joined(parts))


def _cells(row: dict[str, Any]) -> list[Text]:
    unknown = row["seconds_unknown"]
    reason = REASONS.get(row["unknown_reason"] or "", row["unknown_reason"] or "")
    return [
        window_clock(row["ts_window_end"], seconds=True),
        row["regime_from"],
        row["regime_to"],
        row["magnitude"],
        amount(row["net_gex_before"]),
        amount(row["net_gex"]),
        price(row["reference_price"]),
        share(row["confidence"]),
        duration(row["seconds_since_change"]),
        f"{duration(unknown)}: {reason}" if unknown else "",
    ]


def duration(seconds: int) -> str:
    """A time in hours, minutes and seconds.

    Examples
    --------
    >>> duration(35), duration(990), duration(7260)
    ('35 s', '16 min 30 s', '2 h 1 min')
    """
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"
