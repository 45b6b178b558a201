"""Levels through the day: exposure, flip and walls of every convention and scope, at the open, every hour and the close."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, details, joined, note, paragraph, table, tag
from gex_assets.pages.sections.moments import hourly
from gex_assets.pages.sections.summary import LEVEL_COLUMNS
from gex_assets.pages.words import amount, flip_words, price, scope_text, share, unit_of, weight_text, window_clock, with_error

__all__ = ["levels"]

_COLUMNS: Final = (
    *("UTC", ">price", ">net ± error", ">gross", ">flip", ">call wall", ">kept", ">put wall", ">kept", ">coverage"),
    *(">quoted in 60 s", ">delta exposure (USD)", ">vanna (USD per vol point)", ">charm (USD per day)"),
)


def levels(day: DayTables) -> Section:
    """A table for each convention, first over all selected expirations, others folded away."""
    rows = day.at("silver_gex_levels", LEVEL_COLUMNS, hourly(day)).to_pylist()
    of_pair: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_pair[row["convention"], row["scope"]].append(row)
    conventions = list(dict.fromkeys(convention for convention, _ in of_pair))
    if not conventions:
        return Section("levels", "Levels", paragraph("No window of this day has a price, so there are no levels."))
    parts: list[Text] = [
        note(
            "At the first minute with a price, every full hour, and the last. A wall is kept where draws of quotes and forwards "
            "within their errors give the same strike. “none” says that there is no such level, or none within reach."
        )
    ]
    for convention in conventions:
        scopes = [scope for one, scope in of_pair if one == convention]
        parts.append(tag("h3", convention))
        for scope in sorted(scopes, key=lambda one: one != "selected"):
            whole = _table(convention, scope, of_pair[convention, scope])
            parts.append(whole if scope == "selected" else details(f"{convention}, {scope_text(scope)}", whole))
    return Section("levels", "Levels by convention and scope", joined(parts))


def _table(convention: str, scope: str, rows: Sequence[dict[str, Any]]) -> Markup:
    known = next((row for row in rows if row["weight_used"] is not None), rows[0])
    caption = (
        f"{convention}, expirations: {scope_text(scope)}, weighted by {weight_text(known['weight_used'])}. Exposures in "
        f"{unit_of(known['scale'])}, prices in index points."
    )
    if all(row["net_gex"] is None for row in rows):
        return paragraph(f"{convention}, {scope_text(scope)}: no strike of this scope has an exposure on this day.")
    return table(_COLUMNS, [_cells(row) for row in rows], caption=caption, wide=True)


def _cells(row: dict[str, Any]) -> list[Text]:
    return [
        window_clock(row["ts_window_end"]),
        price(row["reference_price"]),
        with_error(row["net_gex"], row["net_gex_se"]),
        amount(row["gross_gex"], sign=False),
        _short_flip(row),
        price(row["call_wall"]) if row["call_wall"] is not None else "none",
        share(row["call_wall_kept"]),
        price(row["put_wall"]) if row["put_wall"] is not None else "none",
        share(row["put_wall_kept"]),
        share(row["coverage"]),
        share(row["quoted_share"]),
        amount(row["dex"]),
        amount(row["vanna_exposure"]),
        amount(row["charm_exposure"]),
    ]


def _short_flip(row: dict[str, Any]) -> Text:
    """The flip; where there is none, why is said when pointed at, and the summary says it in full."""
    flip = flip_words(row)
    return flip.text if flip.is_shown or not flip.about else tag("abbr", flip.text, title=flip.about)
