"""The two sensors of notices. Where a channel is configured they run by themselves; without one there are none."""

import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

import dagster as dg

from gex_assets.defs.progress import failure_of, is_interruption
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.existing import existing_lake
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.notice import Notice
from gex_assets.settings import Settings

__all__ = ["failure_notice", "news", "notice_sensors"]

TICK_SECONDS: Final = 60


def notice_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """One sensor that tells of days and deliveries and sends what waits, one that tells of failed runs; none without a channel.

    Raises
    ------
    SettingsError
        A channel cannot be used.
    """
    from gex_assets.notices.channels import channels_of

    channels = channels_of(settings.notices, os.environ)
    if not channels:
        return []
    root, choices = str(settings.lake), settings.notices

    @dg.sensor(
        name="notices",
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of regimes, walls and the flip of the latest day, of a delivery that has not come; sends what waits.",
    )
    def notices(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from gex_assets.notices.delivery import Postman

        try:
            lake = existing_lake(root)
            now = datetime.now(UTC)
            found, cursor, words = news(lake, choices, products=settings.products, cursor=context.cursor, now=now)
            postman = Postman(lake.fs, choices, channels)
            postman.put(found)
            words += postman.send().lines()
        except LakeError as error:
            return dg.SkipReason(str(error))
        for line in words:
            context.log.info(line)
        return dg.SensorResult(skip_reason=dg.SkipReason("; ".join(words) or "nothing new"), cursor=cursor)

    @dg.run_failure_sensor(
        name="notices_of_failed_runs",
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of a failed run: once for each run and reason.",
    )
    def notices_of_failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        from gex_assets.notices.delivery import Postman

        if "failure" not in choices.kinds:
            return dg.SkipReason("failures are none of notices.kinds")
        found = failure_notice(context.dagster_run, context.get_step_failure_events(), context.failure_event)
        if found is not None:
            # The other sensor sends it: many runs may fail within one tick, and a slow channel would outlast it.
            try:
                Postman(existing_lake(root).fs, choices, channels).put([found])
            except LakeError as error:  # said by the run itself; it must not keep this sensor at the same run for ever
                context.log.warning(str(error))
        return None

    return [notices, notices_of_failed_runs]


def news(
    lake: Lake, choices: NoticeSettings, *, products: Iterable[str], cursor: str | None, now: datetime
) -> tuple[list[Notice], str, list[str]]:
    """What is new since the last look.

    Parameters
    ----------
    cursor : of the look before: by product, the latest day and the state of its tables. None looks at the latest day again: what
        was told already is known to the outbox.
    now : with its zone.

    Returns
    -------
    The notices, the next cursor, and what cannot be told, in words.

    Raises
    ------
    LakeError
        The lake cannot be listed.
    """
    from gex_assets.lake.ranges.latest import latest_day
    from gex_assets.notices.day_events import WATCHED_TABLES
    from gex_assets.notices.deliveries import missing_notices
    from gex_assets.notices.telling import is_recent, notices_of_day

    seen, found, words = _parsed(cursor), list[Notice](), list[str]()
    names = tuple(products)
    for product in names:
        day: date | None = latest_day(lake, WATCHED_TABLES[0], product)
        if day is None or not is_recent(day, choices, today=now.date()):
            continue
        infos = [lake.fs.info(lake.key(name, product=product, day=day)) for name in WATCHED_TABLES]
        state = " ".join([str(day), *(info.tag if info is not None else "none" for info in infos)])
        if None in infos or seen.get(product) == state:
            continue
        try:
            found += notices_of_day(lake, choices, product=product, day=day).notices
        except GexError as error:
            words.append(str(error))
        seen[product] = state
    if choices.due is not None and "missing" in choices.kinds:
        found += missing_notices(lake, products=names, due=choices.due, now=now)
    return found, json.dumps(seen, sort_keys=True), words


def failure_notice(run: dg.DagsterRun, steps: Iterable[dg.DagsterEvent], end: dg.DagsterEvent) -> Notice | None:
    """The notice of a failed run; None where somebody ended it.

    Runs that Dagster tried again count as one: with the same reason they are told once.
    """
    from gex_assets.notices.notice import Notice

    events = list(steps)
    if events and all(is_interruption(event) for event in events):
        return None
    reasons = [failure_of(event) for event in events if not is_interruption(event)] or [end.message or "no reason is known"]
    day = run.tags.get("dagster/partition")
    root = run.tags.get("dagster/root_run_id", run.run_id)
    more = len(reasons) - 1
    return Notice(
        kind="failure",
        identity=(root, *sorted(reasons)),
        title=f"run of {day} failed" if day else f"run of {run.job_name} failed",
        lines=(*(one[:400] for one in reasons[:1]), *([f"and {more} more steps"] if more else []), f"run {run.run_id[:8]}"),
        fields={"run_id": run.run_id, "job": run.job_name, "date": day, "reasons": [one[:400] for one in reasons[:20]]},
    )


def _parsed(cursor: str | None) -> dict[str, str]:
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return {str(name): str(state) for name, state in found.items()} if isinstance(found, dict) else {}
