"""Failed runs as notices: once for each run and reason, and those of one range or backfill as one.

Many runs may fail for one reason: a disk that is full, a year that was delivered badly. So a notice of a failure belongs to a
group. The first of a group is told at once, those that follow are collected (`outbox`, `delivery`). Where more are collected than
the outbox holds, they are folded: one notice that counts them by day and reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from gex_assets.notices.notice import Notice, combined
from gex_assets.wording import counted, days_text

__all__ = ["as_one", "failure_notice", "folded"]

_MOST_LETTERS: Final = 400
_MOST_REASONS: Final = 20
_MOST_LINES: Final = 6
_MOST_SPANS: Final = 8
_MOST_STEPS: Final = 40
"""Steps of which a folded notice keeps a reason; those of the others are counted together."""
_OTHER_STEPS: Final = "other reasons"
_FOLDED: Final = "folded"
"""The field of a notice that stands for many failures: how many."""


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


def folded(failures: Sequence[Notice]) -> Notice:
    """One failure that stands for several, also for folded ones: how many, of which days, with a reason for each step.

    Parameters
    ----------
    failures : at least one.
    """
    tally, groups = _Tally.of(failures), {one.group for one in failures}
    return Notice(
        kind="failure",
        identity=(_FOLDED, *(one.key for one in failures)),
        title=tally.title,
        lines=tally.lines,
        fields={_FOLDED: tally.count, "dates": tally.days, "steps": tally.counts, "step_reasons": tally.reasons},
        group=groups.pop() if len(groups) == 1 else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    """Failures, counted.

    Attributes
    ----------
    days : each once, in order.
    counts, reasons : of each step, how often it failed, and one of the reasons.
    """

    count: int
    days: list[str]
    counts: dict[str, int]
    reasons: dict[str, str]

    @classmethod
    def of(cls, failures: Sequence[Notice]) -> _Tally:
        count, days = 0, set[str]()
        counts, reasons = Counter[str](), dict[str, str]()
        for one in failures:
            if _FOLDED in one.fields:
                count += one.fields[_FOLDED]
                days.update(one.fields["dates"])
                counts.update(one.fields["steps"])
                reasons = {**one.fields["step_reasons"], **reasons}
                continue
            count += 1
            days.update([one.fields["date"]] if one.fields.get("date") else [])
            reason = str(next(iter(one.fields.get("reasons", ())), "no reason is known"))
            step = reason.partition(": ")[0]
            counts[step] += 1
            reasons.setdefault(step, reason)
        others = counts.pop(_OTHER_STEPS, 0)
        kept = dict(counts.most_common(_MOST_STEPS))
        others += counts.total() - sum(kept.values())
        kept |= {_OTHER_STEPS: others} if others else {}
        return cls(count=count, days=sorted(days), counts=kept, reasons={step: reasons.get(step, step) for step in kept})

    @property
    def title(self) -> str:
        return f"{counted(self.count, 'day' if len(self.days) == self.count else 'run')} failed"

    @property
    def lines(self) -> tuple[str, ...]:
        spans = days_text([date.fromisoformat(one) for one in self.days]).split(", ") if self.days else []
        lines = [", ".join(spans[:_MOST_SPANS]) + (" and others" if len(spans) > _MOST_SPANS else "")] if spans else []
        lines += [f"- {number} × {self.reasons[step][:160]}" for step, number in [*self.counts.items()][:_MOST_LINES]]
        if len(self.counts) > _MOST_LINES:
            lines.append(f"and {counted(len(self.counts) - _MOST_LINES, 'more reason')}")
        return (*lines, "gex status --failed says more")


def _failures(failures: Sequence[Notice]) -> Notice:
    tally = _Tally.of(failures)
    return Notice(
        kind="combined",
        identity=tuple(one.key for one in failures),
        title=tally.title,
        lines=tally.lines,
        parts=tuple(failures),
    )
