"""What runs, waits and failed, as lines below the state of a lake."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from gex_assets.escaping import visible
from gex_assets.wording import counted, days_text, duration_text

if TYPE_CHECKING:
    from gex_assets.defs.run_status.states import Backfill, FailedRun, QueuedRun, RunningRun, RunStates

__all__ = ["run_documents", "run_lines"]

_MOST_RUNNING: Final = 10
_MOST_FAILED: Final = 10
_MOST_TABLES: Final = 2
_MOST_SPANS: Final = 6
_MOST_LETTERS: Final = 300


def run_lines(states: RunStates, *, rejected: Collection[date], now: float, whole: bool = False) -> Iterator[str]:
    """Lines for people; none where nothing runs, waits or failed.

    Parameters
    ----------
    rejected : days on which something was rejected: only other files, or other code, make them right.
    now : the time now. [UNIX s]
    whole : whether every failed day is listed.
    """
    if states.unknown:
        yield f"what runs is not known: {visible(states.unknown)}"
    for one in states.running[:_MOST_RUNNING]:
        yield _running(one, now)
    if len(states.running) > _MOST_RUNNING:
        yield f"… {counted(len(states.running) - _MOST_RUNNING, 'more run')} in hand"
    yield from _queued(states.queued)
    yield from map(_backfill, states.backfills)
    yield from _failed(states.failed, rejected, now=now, whole=whole)


def run_documents(states: RunStates, *, rejected: Collection[date]) -> Iterator[str]:
    """The same as JSON objects: of each run, backfill and failed day one, named by its first key.

    Parameters
    ----------
    rejected : as for `run_lines`.
    """
    if states.unknown:
        yield json.dumps({"runs_unknown": states.unknown})
    for one in states.running:
        how_far = {"state": one.state, "tables": list(one.tables), "made": one.made, "of": one.of}
        where = {"host": one.host or None, "heard": None if one.heard is None else _iso(one.heard)}
        yield json.dumps({"running": one.run_id} | _about(one) | {"since": _iso(one.since)} | how_far | where)
    for waiting in states.queued:
        yield json.dumps({"queued": waiting.run_id} | _about(waiting) | {"since": _iso(waiting.since)})
    for each in states.backfills:
        counts = {"days": each.days, "done": each.done, "failed": each.failed, "left": each.left}
        times = {"since": _iso(each.since), "seconds_left": each.seconds_left}
        yield json.dumps({"backfill": each.backfill_id, "name": each.name} | counts | times)
    for bad in states.failed:
        why = {"at": _iso(bad.at), "is_gone": bad.is_gone, "reason": bad.reason, "more_steps": bad.more}
        yield json.dumps({"failed": bad.run_id} | _about(bad) | why | {"resume": _command([bad], rejected)})


def _about(run: RunningRun | QueuedRun | FailedRun) -> dict[str, Any]:
    return {"job": run.job, "day": None if run.day is None else run.day.isoformat(), "by": run.by}


def _running(run: RunningRun, now: float) -> str:
    tables = ", ".join(run.tables[:_MOST_TABLES]) + (f" and {more} more" if (more := len(run.tables) - _MOST_TABLES) > 0 else "")
    parts = [
        f"{run.state}: {run.day or run.job}",
        *([tables] if tables else []),
        *([f"{run.made} of {run.of} tables"] if run.of else []),
        f"since {_clock(run.since, now)}",
        *([f"on {run.host}, last heard of at {_clock(run.heard, now)}"] if run.heard is not None else []),
        f"by {run.by} (run {run.run_id[:8]})",
    ]
    return visible(", ".join(parts))


def _queued(queued: Sequence[QueuedRun]) -> Iterator[str]:
    days = sorted({one.day for one in queued if one.day is not None})
    if days:
        more = sum(one.day is not None for one in queued) - len(days)
        runs = f" in {counted(len(days) + more, 'run')}" if more else ""
        yield f"queued: {counted(len(days), 'day')}{runs}, {_spans(days)}"
    for job in sorted({one.job for one in queued if one.day is None}):
        yield f"queued: {visible(job)}"


def _backfill(backfill: Backfill) -> str:
    left = "" if backfill.left is None else f", {backfill.left:,} left"
    days = "days" if backfill.days is None else counted(backfill.days, "day")
    pace = "" if backfill.seconds_left is None else f", about {duration_text(backfill.seconds_left)} left at this pace"
    name = f"{backfill.name} " if backfill.name else ""
    return visible(
        f"backfill {name}({backfill.backfill_id}): {days}, {backfill.done:,} done, {backfill.failed:,} failed{left}{pace}"
    )


def _failed(failed: Sequence[FailedRun], rejected: Collection[date], *, now: float, whole: bool) -> Iterator[str]:
    if not failed:
        return
    days = [one for one in failed if one.day is not None]
    if days:
        yield f"failed, and not made since: {counted(len(days), 'day')}"
    shown = days if whole else days[-_MOST_FAILED:]
    if len(shown) < len(days):
        yield f"  … {_spans([one.day for one in days[: -len(shown)] if one.day is not None])}"
    for one in shown:
        yield f"  {one.day}: {_why(one, now)}"
    again = [one for one in days if one.day not in rejected]
    if again:
        yield f"  resume: {_command(again, rejected)}"
    refused = [one for one in days if one.day in rejected]
    if refused:
        yield f"  once what was rejected is another: {_command(refused, rejected)}"
    for one in failed:
        if one.day is None:
            yield f"failed: {visible(one.job)}: {_why(one, now)}; resume: {_command([one], rejected)}"


def _why(run: FailedRun, now: float) -> str:
    reason = run.reason or f"run {run.run_id[:8]} says why"
    cut = reason if len(reason) <= _MOST_LETTERS else f"{reason[:_MOST_LETTERS]}…"
    more = f"; and {counted(run.more, 'more step')}" if run.more else ""
    return visible(f"{cut}{more} ({'begun' if run.is_gone else 'ended'} {_clock(run.at, now)}, by {run.by})")


def _command(failed: Sequence[FailedRun], rejected: Collection[date]) -> str:
    """The command that makes the days right. `gex refresh` makes what is missing, and leaves alone what was rejected."""
    days = [one.day for one in failed if one.day is not None]
    if not days:
        return "gex history"
    to = f" --to {days[-1]}" if days[-1] != days[0] else ""
    return f"gex {'run' if days[0] in rejected or not to else 'refresh'} --date {days[0]}{to}"


def _spans(days: Sequence[date]) -> str:
    spans = days_text(days).split(", ")
    more = len(spans) - _MOST_SPANS
    return ", ".join(spans[:_MOST_SPANS]) + (f" and {counted(more, 'more span')}" if more > 0 else "")


def _clock(at: float, now: float) -> str:
    """A moment and how long ago it was; without its date where that is today's."""
    moment = datetime.fromtimestamp(at, tz=UTC)
    is_today = moment.date() == datetime.fromtimestamp(now, tz=UTC).date()
    return f"{moment:{'%H:%M' if is_today else '%Y-%m-%d %H:%M'}} UTC ({duration_text(max(now - at, 0.0))})"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), tz=UTC).isoformat()
