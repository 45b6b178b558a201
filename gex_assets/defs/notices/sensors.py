"""The two sensors of notices. Where a channel is configured they run by themselves; without one there are none."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dagster as dg
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES

from gex_assets.defs.execution.run_tags import BACKFILL, DAY
from gex_assets.defs.progress import failure_of, is_interruption
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.existing import existing_lake
from gex_assets.lake.tables import Lake
from gex_assets.market.sessions import session_after, session_end_ns
from gex_assets.notice_settings import NoticeSettings, has_channel
from gex_assets.settings import Settings
from gex_assets.time_units import SECOND_NS

if TYPE_CHECKING:
    from gex_assets.notices.notice import Notice

__all__ = ["news", "notice_sensors", "told_failure"]

TICK_SECONDS: Final = 60
_OF_BACKFILL: Final = "backfill "


def notice_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """One sensor that tells of days and deliveries and sends what waits, one that tells of failed runs; none without a channel.

    Raises
    ------
    SettingsError
        A channel cannot be used.
    """
    if not has_channel(settings.notices, os.environ):
        return []
    from gex_assets.notices.channels import channels_of

    channels = channels_of(settings.notices, os.environ)
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
            words += postman.send(released=_complete(context.instance, postman.waiting_groups())).lines()
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
        found = told_failure(context.dagster_run, context.get_step_failure_events(), context.failure_event, root=root)
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
) -> tuple[list["Notice"], str, list[str]]:
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
    from gex_assets.notices.briefs import brief_notices
    from gex_assets.notices.day_events import WATCHED_TABLES
    from gex_assets.notices.deliveries import missing_notices
    from gex_assets.notices.telling import notices_of_day

    seen, found, words = _parsed(cursor), list["Notice"](), list[str]()
    names = tuple(products)
    for product in names:
        day, state = _changed(lake, WATCHED_TABLES, product, choices, seen=seen.get(product), now=now)
        if day is not None:
            with _said(words):
                found += notices_of_day(lake, choices, product=product, day=day).notices
            seen[product] = state
        before, state = _changed(lake, ("open_levels",), product, choices, seen=seen.get(f"{product} brief"), now=now)
        if before is not None and "brief" in choices.kinds:
            session = session_after(product=product, day=before).session_date
            if session_end_ns(product=product, session_date=session) > now.timestamp() * SECOND_NS:
                with _said(words):
                    found += brief_notices(lake, choices, product=product, session=session)
            seen[f"{product} brief"] = state
    if choices.due is not None and "missing" in choices.kinds:
        found += missing_notices(lake, products=names, due=choices.due, now=now)
    return found, json.dumps(seen, sort_keys=True), words


def told_failure(run: dg.DagsterRun, steps: Iterable[dg.DagsterEvent], end: dg.DagsterEvent, *, root: str) -> "Notice | None":
    """The notice of a failed run; None where somebody ended it.

    Runs that Dagster tried again count as one: with the same reason they are told once. Those of a backfill are collected, and
    so are others in which the same steps failed.

    Parameters
    ----------
    root : folder of the lake.
    """
    from gex_assets.notices.failures import failure_notice

    events = list(steps)
    if events and all(is_interruption(event) for event in events):
        return None
    failed = [event for event in events if not is_interruption(event)]
    backfill = run.tags.get(BACKFILL)
    return failure_notice(
        run_id=run.run_id,
        first=run.tags.get("dagster/root_run_id", run.run_id),
        job=run.job_name,
        day=run.tags.get(DAY),
        reasons=[failure_of(event) for event in failed] or [end.message or "no reason is known"],
        root=str(Path(root).absolute()),
        group=f"{_OF_BACKFILL}{backfill}" if backfill else f"steps {' '.join(sorted(str(event.step_key) for event in failed))}",
    )


def _complete(instance: dg.DagsterInstance, groups: Iterable[str]) -> list[str]:
    """Those of the groups whose backfill is over: nothing more will fail in them."""
    found = []
    for group in groups:
        backfill = instance.get_backfill(group.removeprefix(_OF_BACKFILL)) if group.startswith(_OF_BACKFILL) else None
        if backfill is not None and backfill.status in BULK_ACTION_TERMINAL_STATUSES:
            found.append(group)
    return found


def _parsed(cursor: str | None) -> dict[str, str]:
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return {str(name): str(state) for name, state in found.items()} if isinstance(found, dict) else {}


def _changed(
    lake: Lake, tables: Sequence[str], product: str, choices: NoticeSettings, *, seen: str | None, now: datetime
) -> tuple[date | None, str]:
    """The latest day of the first table, and the state of all of them; no day where it is too old, incomplete or as it was."""
    from gex_assets.lake.ranges.latest import latest_day
    from gex_assets.notices.telling import is_recent

    day = latest_day(lake, tables[0], product)
    if day is None or not is_recent(day, choices, today=now.date()):
        return None, ""
    infos = [lake.fs.info(lake.key(name, product=product, day=day)) for name in tables]
    state = " ".join([str(day), *(info.tag for info in infos if info is not None)])
    return (None if None in infos or state == seen else day), state


@contextlib.contextmanager
def _said(words: list[str]) -> Iterator[None]:
    """What is wrong with a day is said in the tick's log. It is looked at again once its tables are others."""
    try:
        yield
    except GexError as error:
        words.append(str(error))
