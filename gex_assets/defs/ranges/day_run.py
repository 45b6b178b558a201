"""What becomes of a day, and which days a range has: plain data, for those who show it and those who run it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gex_assets.errors import SettingsError

__all__ = ["DayRun", "days_between"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRun:
    """The result of one partition.

    Attributes
    ----------
    run_id : empty where there was no run: another process held the day, or the process died that ran it.
    reasons : why each step failed; `failure` is the first.
    reused : the tables of `materialized` that were up to date before the run.
    without_files : whether raw tables were published and none of them has a file.
    renewed : tables of the day before that were made again, because they read this day's statistics too.
    was_ended : whether somebody ended its process, as the UI does: it failed, and nobody need be told.
    partial : of a day that is still running: that it is, and until when, in words.
    """

    day: date
    run_id: str
    success: bool
    materialized: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    failed_checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    reasons: tuple[str, ...] = ()
    without_files: bool = False
    renewed: tuple[str, ...] = ()
    was_ended: bool = False
    partial: str | None = None


def days_between(first: date, last: date) -> list[date]:
    """The calendar's days from first to last, both included: Saturdays have no session and no partition.

    Raises
    ------
    SettingsError
        Where last is before first.
    """
    if last < first:
        raise SettingsError(f"Expected --to on or after --date {first}, was {last}")
    return [day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)).weekday() != 5]
