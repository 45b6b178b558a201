"""The brief of a session as text: one screen of a phone.

The levels and how sure they are, what changed since the session before, the night, the regime, what rolls off, what is missing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from gex_assets.brief.facts import NOT_ADVICE, Brief, chicago_moment, level_words
from gex_assets.conventions import SCALE_UNITS
from gex_assets.report.levels.change_lines import change_lines, mover_lines, roll_off_lines
from gex_assets.report.levels.hedges import hedge_lines
from gex_assets.report.levels.session_lines import session_lines

__all__ = ["brief_lines"]


def brief_lines(brief: Brief, *, width: int) -> Iterator[str]:
    """The brief as text.

    Parameters
    ----------
    width : of the screen; 40 is a phone's. [characters]
    """
    row = brief.all
    yield from _head(brief, width)
    yield ""
    for name, now, was in level_words(brief):
        said = f"{name:<10} {now}"
        change = f"(was {was})" if was is not None else ""
        yield from [f"{said} {change}".rstrip()] if len(said) + len(change) < width else [said, f"{'':<10} {change}"]
    if row["expected_move"] is not None:
        until = chicago_moment(row["ts_first_expiration"])
        yield from textwrap.wrap(f"expected move ±{row['expected_move']:,.1f} to {until} Chicago", width)
    if brief.share_0dte is not None:
        yield f"0DTE is {brief.share_0dte:.0%} of gross exposure"
    for part in _parts(brief, width):
        yield ""
        yield from part
    if brief.missing:
        yield ""
        yield "missing"
        for one in brief.missing:
            yield from textwrap.wrap(f"- {one}", width, subsequent_indent="  ")
    yield ""
    yield from textwrap.wrap(NOT_ADVICE, width)


def _parts(brief: Brief, width: int) -> Iterator[Iterator[str]]:
    """What there is besides levels, part by part."""
    if brief.change is not None and brief.change.net is not None:
        yield change_lines(brief.change, width=width)
    if brief.frame is not None and brief.frame.stretches:
        yield session_lines(brief.frame, width=width)
    if brief.movers.by_contracts:
        yield mover_lines(brief.movers, width=width)
    if brief.hedges is not None:
        yield hedge_lines(brief.hedges, width=width)
    if brief.roll_off:
        yield roll_off_lines(brief.roll_off, width=width)


def _head(brief: Brief, width: int) -> Iterator[str]:
    row = brief.all
    for line in (
        f"{brief.product}, session of {brief.session_date:%a} {brief.session_date}",
        f"{row['convention']}, {SCALE_UNITS[row['scale']]}",
        f"open interest of {row['open_interest_date'] or 'no date'}",
        f"known from {chicago_moment(row['ts_known'])} Chicago on"
        if row["ts_known"] is not None
        else "no statistic says since when",
    ):
        yield from textwrap.wrap(line, width)
