"""The brief of a session as a short message: levels, exposure, the regime, what is missing."""

from __future__ import annotations

from typing import Final

from gex_assets.brief.facts import NOT_ADVICE, Brief, chicago_moment, level_words
from gex_assets.conventions import SCALE_UNITS

__all__ = ["MOST_LETTERS", "brief_notice"]

MOST_LETTERS: Final = 1_900
"""Most that a notice has; a message of Discord has room for 2,000."""

_MORE: Final = "- more is missing: gex brief says what"


def brief_notice(brief: Brief) -> str:
    """The brief as plain text of at most `MOST_LETTERS` characters.

    What does not fit of the list of missing things is left out, and the last line says so. No line needs a width.
    """
    row, frame = brief.all, brief.frame
    lines = [
        f"{brief.product}, session of {brief.session_date:%a} {brief.session_date}",
        f"{row['convention']}, {SCALE_UNITS[row['scale']]}, open interest of {row['open_interest_date'] or 'no date'}",
    ]
    if row["ts_known"] is not None:
        lines.append(f"known from {chicago_moment(row['ts_known'])} Chicago on")
    lines.append("")
    lines += [f"{one.name}: {one.now}" + ("" if one.before is None else f" (was {one.before})") for one in level_words(brief)]
    if row["expected_move"] is not None:
        until = chicago_moment(row["ts_first_expiration"])
        lines.append(f"expected move: ±{row['expected_move']:,.1f} to {until} Chicago")
    if brief.share_0dte is not None:
        lines.append(f"0DTE: {brief.share_0dte:.0%} of gross exposure")
    for one in () if frame is None else frame.stretches:
        if one.prices is not None:
            lines.append(f"{one.name}: {one.prices.low:,.2f}–{one.prices.high:,.2f}, last {one.prices.last:,.2f}")
    if frame is not None and frame.regime is not None and frame.regime.regime is not None:
        at = chicago_moment(frame.regime.ts_window_end)
        lines.append(f"regime at {at} Chicago: {frame.regime.regime}, {frame.regime.magnitude}")
    lines += [
        "",
        *_fitting([f"- {one}" for one in brief.missing], room=MOST_LETTERS - len("\n".join(lines)) - len(NOT_ADVICE) - 4),
    ]
    lines += [NOT_ADVICE]
    return "\n".join(lines)


def _fitting(lines: list[str], *, room: int) -> list[str]:
    """The first lines that fit, and a last one that says that there are more."""
    if sum(len(line) + 1 for line in lines) <= room:
        return lines
    found: list[str] = []
    room -= len(_MORE) + 1
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        found.append(line)
    return [*found, _MORE]
