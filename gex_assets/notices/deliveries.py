"""Whether the trading day before has been delivered by the time that an installation expects it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from gex_assets.lake.raw.deliveries import DeliveredDay, delivered_days
from gex_assets.lake.tables import Lake
from gex_assets.market.sessions import sessions
from gex_assets.notices.notice import CHICAGO, Notice

__all__ = ["expected_day", "missing_notices"]

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
    there = now.astimezone(CHICAGO)
    if there.time() < due:
        return None
    for back in range(1, _LOOK_BACK_DAYS):
        day = there.date() - timedelta(days=back)
        if sessions(product=product, day=day):
            return day
    return None


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
        delivered = delivered_days(lake, product=product)
        kinds = _kinds_before(delivered, day)
        there = {file.kind for file in delivered[day].files} if day in delivered else set()
        lacking = sorted(kinds - there)
        if lacking:
            found.append(_notice(product, day, lacking, is_empty=not there, due=due))
    return found


def _kinds_before(delivered: dict[date, DeliveredDay], day: date) -> set[str]:
    """Kinds of files of the last delivered day before a day, within the look-back."""
    for back in range(1, _LOOK_BACK_DAYS):
        one = delivered.get(day - timedelta(days=back))
        if one is not None and one.files:
            return {str(file.kind) for file in one.files}
    return set()


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
