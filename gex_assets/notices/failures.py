"""Failed runs as notices: once for each run and reason, and those of one range or backfill as one.

Many runs may fail for one reason: a disk that is full, a year that was delivered badly. So a notice of a failure belongs to a
group. The first of a group is told at once, those that follow are collected (`outbox`, `delivery`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from gex_assets.notices.notice import Notice, combined
from gex_assets.wording import counted, days_text

__all__ = ["as_one", "failure_notice"]

_MOST_LETTERS: Final = 400
_MOST_REASONS: Final = 20
_MOST_LINES: Final = 6
_MOST_SPANS: Final = 8


def failure_notice(
    *, run_id: str, first: str, job: str, day: str | None, reasons: Sequence[str], root: str, group: str = ""
) -> Notice:
    """The notice of a failed run.

    Parameters
    ----------
    first : the run that was tried first: with the same reasons, those that were tried again are not told.
    job : its name, which is told where the run has no day.
    reasons : why each step failed, at least one.
    root : folder of the lake. Others than its users read a notice, and files are named within it.
    group : what it is collected with, see `Notice.group`.
    """
    within = [one.replace(f"{root}/", "") for one in reasons]
    more = len(within) - 1
    return Notice(
        kind="failure",
        identity=(first, *sorted(within)),
        title=f"run of {day} failed" if day else f"run of {job} failed",
        lines=(within[0][:_MOST_LETTERS], *([f"and {more} more steps"] if more else []), f"run {run_id[:8]}"),
        fields={"run_id": run_id, "job": job, "date": day, "reasons": [one[:_MOST_LETTERS] for one in within[:_MOST_REASONS]]},
        group=group,
    )


def as_one(notices: Sequence[Notice]) -> Notice:
    """One notice in place of several. Failures are counted by day and reason, and not listed one by one."""
    failures = [one for one in notices if one.kind == "failure"]
    if len(failures) < 2:
        return combined(notices)
    others = [one for one in notices if one.kind != "failure"]
    return combined([*others, _failures(failures)])


def _failures(failures: Sequence[Notice]) -> Notice:
    days = sorted({date.fromisoformat(one.fields["date"]) for one in failures if one.fields.get("date")})
    is_by_day = len(days) == len(failures)
    by_step: dict[str, list[Notice]] = {}
    for one in failures:
        by_step.setdefault(_reason(one).partition(": ")[0], []).append(one)
    spans = days_text(days).split(", ") if days else []
    lines = [", ".join(spans[:_MOST_SPANS]) + (" and others" if len(spans) > _MOST_SPANS else "")] if spans else []
    by_count = sorted(by_step.values(), key=len, reverse=True)
    lines += [f"- {len(alike)} × {_reason(alike[0])[:160]}" for alike in by_count[:_MOST_LINES]]
    if len(by_step) > _MOST_LINES:
        lines.append(f"and {counted(len(by_step) - _MOST_LINES, 'more reason')}")
    return Notice(
        kind="combined",
        identity=tuple(one.key for one in failures),
        title=f"{counted(len(failures), 'day' if is_by_day else 'run')} failed",
        lines=(*lines, "gex status --failed says more"),
        parts=tuple(failures),
    )


def _reason(one: Notice) -> str:
    return str(next(iter(one.fields.get("reasons", ())), "no reason is known"))
