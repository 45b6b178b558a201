"""Lines of the table of results: what was asked, what was measured, whether the target is met, and how lines are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

__all__ = ["Line", "at_least", "at_most", "markdown", "not_measured", "plain"]

HEADINGS: Final = ("goal", "what", "records", "ours", "baseline", "ratio", "target", "met", "results compared; remarks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measurement and its baseline.

    Attributes
    ----------
    goal : its number, or "–" for what is only told.
    what : what was measured.
    records : how many records, as text; empty where there are none.
    ours, baseline : the two figures with their units.
    ratio : of the two, as the target puts it; None where nothing could be measured.
    target : the target in words.
    met : None where there is no target, or nothing to hold against it.
    remark : how the results were compared, and what the baseline cannot do.
    """

    goal: str
    what: str
    records: str = ""
    ours: str = ""
    baseline: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    remark: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as texts, one a heading."""
        met = {True: "yes", False: "NO", None: "–"}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}×" if self.ratio < 100 else f"{self.ratio:,.0f}×"
        return (self.goal, self.what, self.records, self.ours, self.baseline, ratio, self.target, met, self.remark)

    def stored(self) -> dict[str, Any]:
        """The line as plain values; `Line(**values)` is the line again."""
        return asdict(self)


def at_most(goal: str, what: str, *, ours: float, baseline: float, limit: float, shown: tuple[str, str], **rest: Any) -> Line:
    """A line whose ratio ours / baseline has to stay below a limit; `shown` are the two figures for people."""
    ratio = ours / baseline
    figures: dict[str, Any] = {"ours": shown[0], "baseline": shown[1], "ratio": ratio}
    return Line(goal=goal, what=what, target=f"≤ {limit:g}×", met=ratio <= limit, **{**figures, **rest})


def at_least(goal: str, what: str, *, ours: float, baseline: float, limit: float, shown: tuple[str, str], **rest: Any) -> Line:
    """A line that says how many times less ours takes than the baseline, which has to reach a limit."""
    ratio = baseline / ours
    figures: dict[str, Any] = {"ours": shown[0], "baseline": shown[1], "ratio": ratio}
    return Line(goal=goal, what=what, target=f"≥ {limit:g}×", met=ratio >= limit, **{**figures, **rest})


def not_measured(goal: str, what: str, *, reason: str) -> Line:
    """A line for what could not be measured, and why."""
    return Line(goal=goal, what=what, remark=f"not measured: {reason}")


def plain(lines: Iterable[Line], *, width: int = 160) -> list[str]:
    """The table for a terminal: columns aligned, remarks on lines of their own."""
    rows = [HEADINGS[:-1], *(line.cells()[:-1] for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS) - 1)]
    said = ["", *(line.remark for line in lines)]
    out: list[str] = []
    for row, remark in zip(rows, said, strict=True):
        out.append("  ".join(cell.ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip())
        out += [f"      {part}" for part in _wrapped(remark, width - 6)]
    return out


def markdown(lines: Sequence[Line]) -> list[str]:
    """The table as Markdown."""
    rule = "|" + " --- |" * len(HEADINGS)
    rows = ["| " + " | ".join(cell.replace("|", "/") for cell in line.cells()) + " |" for line in lines]
    return ["| " + " | ".join(HEADINGS) + " |", rule, *rows]


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
