"""Whether the trading day before has been delivered by the time that an installation expects it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from gex_assets.lake.raw.layout import delivered_kinds
from gex_assets.lake.tables import Lake
from gex_assets.market.sessions import sessions
from gex_assets.notices.notice import CHICAGO, Notice

__all__ = ["Delivery", "delivery_of", "expected_day", "latest_due_day", "missing_notices"]

_LOOK_BACK_DAYS: Final = 10
"""The exchange has been closed for a week at most."""


def expected_day(*, product: str, due: time, now: datetime) -> date | None:
    """The latest UTC date with trading that should have come by now.

    Parameters
    ----------
    due : on Chicago's clock, of the day after.
    now : with its zone.

    Returns
    -------
    None where the time has not come yet today; what was due the day before was told then.

    Examples
    --------
    >>> monday = datetime(2026, 1, 12, 7, 30, tzinfo=CHICAGO)
    >>> expected_day(product="ES", due=time(7, 0), now=monday)
    datetime.date(2026, 1, 11)
    >>> expected_day(product="ES", due=time(8, 0), now=monday) is None
    True
    """
    return None if now.astimezone(CHICAGO).time() < due else latest_due_day(product=product, due=due, now=now)


def latest_due_day(*, product: str, due: time, now: datetime) -> date:
    """The latest UTC date with trading whose time has come, today or on a day before.

    Parameters
    ----------
    due, now : as for `expected_day`.

    Examples
    --------
    >>> monday = datetime(2026, 1, 12, 7, 30, tzinfo=CHICAGO)
    >>> latest_due_day(product="ES", due=time(8, 0), now=monday)
    datetime.date(2026, 1, 9)
    """
    there = now.astimezone(CHICAGO)
    today = there.date() - timedelta(days=int(there.time() < due))
    return next(day for back in range(1, _LOOK_BACK_DAYS) if sessions(product=product, day=(day := today - timedelta(days=back))))


class Delivery(NamedTuple):
    """A day's kinds of files: those that the last delivered day before it had, and those that are there."""

    expected: frozenset[str]
    there: frozenset[str]


def delivery_of(lake: Lake, *, product: str, day: date) -> Delivery:
    """What is there of a day, next to what is expected. Where nothing was delivered within the look-back, nothing is.

    Raises
    ------
    LakeError
        The lake cannot be listed.
    """
    delivered = delivered_kinds(lake.fs, product=product)
    return Delivery(_kinds_before(delivered, day), delivered.get(day, frozenset()))


def missing_notices(lake: Lake, *, products: Iterable[str], due: time, now: datetime) -> list[Notice]:
    """A notice for each product whose expected day lacks files that the last delivered day before it had.

    A lake to which nothing was delivered within the look-back expects nothing.

    Parameters
    ----------
    due, now : as for `expected_day`.
    """
    found = []
    for product in products:
        day = expected_day(product=product, due=due, now=now)
        if day is None:
            continue
        expected, there = delivery_of(lake, product=product, day=day)
        lacking = sorted(expected - there)
        if lacking:
            found.append(_notice(product, day, lacking, is_empty=not there, due=due))
    return found


def _kinds_before(delivered: Mapping[date, frozenset[str]], day: date) -> frozenset[str]:
    """Kinds of files of the last delivered day before a day, within the look-back."""
    for back in range(1, _LOOK_BACK_DAYS):
        kinds = delivered.get(day - timedelta(days=back))
        if kinds:
            return kinds
    return frozenset()


def _notice(product: str, day: date, lacking: list[str], *, is_empty: bool, due: time) -> Notice:
    names = ", ".join(lacking).replace("_", " ")
    what = "no file has come" if is_empty else f"no {names} has come"
    return Notice(
        kind="missing",
        identity=(product, str(day), *lacking),
        title=f"{product} {day}: {what}",
        lines=(f"expected by {due:%H:%M} Chicago", f"lacking: {names}", f"gex status --date {day} says more"),
        fields={"product": product, "date": str(day), "lacking": lacking, "due": f"{due:%H:%M}"},
    )
