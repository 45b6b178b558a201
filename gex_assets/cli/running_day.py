"""Which day `gex run` may take: one that is over, or with --partial the UTC day that is still running."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import click

from gex_assets.errors import SettingsError
from gex_assets.time_units import datetime_ns
from gex_assets.wording import TODAY_IS_RUNNING

__all__ = ["checked_days_are_over", "first_day", "running_moment"]


def first_day(day: date | None, *, partial: bool, now: datetime) -> date:
    """The day of --date, which --partial may do without.

    Raises
    ------
    click.MissingParameter
        Neither was given.
    """
    if day is not None:
        return day
    if partial:
        return now.date()
    raise click.MissingParameter(param_type="option", param_hint="'--date'")


def running_moment(day: date, last: date | None, *, now: datetime) -> int:
    """The moment now, where the day is the one that is running. [UNIX ns UTC].

    Raises
    ------
    SettingsError
        It is another day, or there is a range.
    """
    today = now.date()
    if last is not None:
        raise SettingsError(f"Expected one day with --partial, was --to {last} too: only today is running, leave --to out")
    if day < today:
        raise SettingsError(f"Expected today ({today} UTC) with --partial, was {day}: that day is over, leave --partial out")
    if day > today:
        raise SettingsError(f"Expected today ({today} UTC) with --partial, was {day}: that day has not begun")
    return datetime_ns(now)


def checked_days_are_over(days: Sequence[date], *, now: datetime) -> None:
    """Refuse a range that holds the day that is running, before anything is made.

    Raises
    ------
    SettingsError
        It does.
    """
    today = now.date()
    if today in days:
        raise SettingsError(f"Expected days that are over, to {today - timedelta(days=1)} (UTC), was {today}: {TODAY_IS_RUNNING}")
