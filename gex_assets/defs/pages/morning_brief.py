"""The schedule of the UI: the levels for the session and the page of its brief, an hour before the regular hours begin."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import dagster as dg

from gex_assets.defs.execution.run_tags import why_tags
from gex_assets.defs.jobs import BEFORE_THE_SESSION
from gex_assets.defs.resources import LakeResource
from gex_assets.errors import LakeError
from gex_assets.market.holidays import is_business_day
from gex_assets.market.sessions import session_after

if TYPE_CHECKING:
    from gex_assets.lake.tables import Lake

__all__ = ["day_before", "morning_brief"]

_LONGEST_BREAK_DAYS: Final = 7
"""No session follows a date by more days than this."""


def morning_brief(products: Sequence[str]) -> dg.ScheduleDefinition:
    """The schedule over all products. It is off until someone turns it on: the sensor makes the same when files arrive."""

    @dg.schedule(
        name="morning_brief",
        job_name=BEFORE_THE_SESSION,
        cron_schedule="30 7 * * 1-5",
        execution_timezone="America/Chicago",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=(
            "At 07:30 in Chicago on trading days: levels for the day's session, and the page of its brief, of the last date that "
            "has statistics. What is up to date stays."
        ),
    )
    def evaluate(context: dg.ScheduleEvaluationContext, lake: LakeResource) -> list[dg.RunRequest] | dg.SkipReason:
        today = context.scheduled_execution_time.date()  # in Chicago
        if not is_business_day(today):
            return dg.SkipReason(f"{today} is no trade date")
        try:
            opened = lake.lake()
            found = {name: day_before(opened, product=name, session_date=today) for name in products}
        except LakeError as error:
            return dg.SkipReason(str(error))
        days = sorted({day for day in found.values() if day is not None})
        if not days:
            return dg.SkipReason(f"no statistics were delivered of a date before the session of {today}")
        tags = why_tags("schedule morning_brief", products=products)
        return [dg.RunRequest(run_key=f"{today} {day}", partition_key=day.isoformat(), tags=tags) for day in days]

    return evaluate


def day_before(lake: "Lake", *, product: str, session_date: date) -> date | None:
    """The last date whose levels are for a session and of which statistics were delivered; None without one.

    Levels for a Monday are those of Sunday or, where Sunday has no file, of the Friday before it.
    """
    from gex_assets.lake.raw.deliveries import delivered_days

    days = delivered_days(lake, product=product)
    for back in range(1, _LONGEST_BREAK_DAYS + 1):
        day = session_date - timedelta(days=back)
        if session_after(product=product, day=day).session_date != session_date:
            return None
        if day in days and days[day].of("option_statistics"):
            return day
    return None
