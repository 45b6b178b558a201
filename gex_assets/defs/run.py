"""Runs in this process, for `gex run` and `gex demo`: one partition after the other, on the instance that the UI shows.

Ctrl-C or a termination ends the days: the table that is being written is discarded, the run is marked as canceled, and
KeyboardInterrupt is raised after the days that were finished (`process.interruption`).
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import dagster as dg

from gex_assets.conventions import conventions
from gex_assets.defs.build import build_defs
from gex_assets.defs.execution.day_lock import holding_day
from gex_assets.defs.execution.day_memory import DayMemory, name_of, step_peaks
from gex_assets.defs.execution.instances import instance
from gex_assets.defs.execution.run_tags import DAY_IS_HELD, FORCE, RUNNING, VIEWS_LATER, own_tags, why_tags
from gex_assets.defs.jobs import HISTORY_JOB, ONE_DAY, REFRESH
from gex_assets.defs.partitions import why_outside
from gex_assets.defs.product_assets import product_of, products_of
from gex_assets.defs.progress import failure_of, is_interruption
from gex_assets.defs.ranges.day_run import DayRun, days_between
from gex_assets.defs.table_day import LOCK_SECONDS
from gex_assets.errors import LakeBusyError, LakeError, SettingsError
from gex_assets.escaping import from_markdown
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.tables import Lake
from gex_assets.process.interruption import stop_if_asked, was_asked
from gex_assets.schemas.pages import BRIEF_PAGE
from gex_assets.schemas.registry import TABLES
from gex_assets.settings import Settings

__all__ = ["DayRun", "HistoryRun", "days_between", "run_days", "run_history"]

_FOR_AN_HOUR: Final = Waiting(LOCK_SECONDS)

_OF_A_COMMAND: Final = {VIEWS_LATER: "true", DAY_IS_HELD: "true", "dagster/max_retries": "0"}
"""Tags of a run that a command looks after: no daemon tries it again."""

_LOG: Final = logging.getLogger("gex_assets")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRun:
    """The result of updating the history of all products."""

    run_id: str
    success: bool
    failure: str | None


def run_days(
    settings: Settings,
    days: Iterable[date],
    *,
    earliest: date | None = None,
    select: str | None = None,
    only: Mapping[date, Collection[dg.AssetKey]] | None = None,
    force: bool = False,
    alone: Container[date] = (),
    tags: Mapping[str, str] | None = None,
    waiting: Waiting = _FOR_AN_HOUR,
    shared: bool = True,
    announce: Callable[[date], None] | None = None,
    running_ns: int | None = None,
) -> Iterator[DayRun]:
    """Materialize the selected assets for each day, one run per day. Each day is asked for when the one before it is done.

    Parameters
    ----------
    earliest : of the days; without it they are all asked for at once.
    select : Dagster's selection syntax over assets, e.g. `key:"silver_gex"+` or `group:silver`; None for all.
    only : the assets of each day, in place of `select`.
    force : whether tables are recomputed that are up to date.
    alone : days that run while no other run of this machine does; asked when the day begins.
    tags : of the runs, besides those that every run has.
    waiting : how long to wait for another process that runs the same day. A day that is still held then has failed.
    shared : whether the runs are kept in the instance of DAGSTER_HOME, see `instances.instance`.
    announce : called with each day before it begins.
    running_ns : now, where the day is still running: what has come of it is made and marked as partial. Such a run is kept in no
        instance that the UI shows: after midnight the partition would count as made, and a backfill of what is missing would
        leave it out. [UNIX ns UTC]

    Raises
    ------
    SettingsError
        A selection that cannot be read or selects nothing, a day that is no partition of the calendar, or a convention that was
        changed under its version.
    LakeError
        There is no lake.
    KeyboardInterrupt
        The process was asked to end. The day in hand is neither published further nor yielded.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.notes.convention_versions import check_versions
    from gex_assets.lake.views import renew_views

    lake = existing_lake(settings.lake)
    is_running = running_ns is not None
    days = days if earliest is not None else list(days)
    earliest = earliest if earliest is not None else min(days, default=None)
    definitions = build_defs(settings, reaching=earliest, upkeep=False, with_today=is_running)
    memory = DayMemory.of(settings)
    check_versions(lake, conventions(settings.conventions))
    wanted = _selected(definitions, select)
    job = definitions.resolve_job_def(ONE_DAY if only is None else REFRESH)
    why = "gex refresh" if only is not None else "gex run" if select is None else f"gex run --select {select}"
    partitions = definitions.resolve_asset_graph().get(wanted[0]).partitions_def
    tags = {**(tags or {}), **own_tags(settings.lake), **_OF_A_COMMAND, **({FORCE: "true"} if force else {})}
    tags |= {RUNNING: str(running_ns)} if is_running else {}
    with instance(shared=shared and not is_running) as home:
        for day in days:
            stop_if_asked()
            if isinstance(partitions, dg.DailyPartitionsDefinition):
                outside = why_outside(partitions, now=datetime.now(UTC))(day)
                if outside is not None:
                    raise SettingsError(f"Expected a day of the calendar, was {day}: {outside}")
            if announce is not None:
                announce(day)
            keys = wanted if only is None else _with_siblings(only[day], definitions)
            tables = None if select is None and only is None else [*map(name_of, keys)]
            try:
                with (
                    holding_day(lake, day, waiting),
                    memory.holding(lake.fs, day, tables=tables, is_alone=day in alone, say=waiting.say),
                ):
                    result = job.execute_in_process(
                        partition_key=day.isoformat(),
                        instance=home,
                        asset_selection=keys,
                        run_config={"loggers": {"progress": {}}},
                        tags={**tags, **why_tags(why, products=products_of(keys, products=settings.products))},
                        raise_on_error=False,
                    )
            except LakeBusyError as error:
                yield DayRun(day=day, run_id="", success=False, failure=str(error))
                continue
            except dg.DagsterExecutionInterruptedError:
                raise KeyboardInterrupt from None
            memory.keep(lake.fs, day, step_peaks(event.materialization for event in result.get_asset_materialization_events()))
            _stop_if_interrupted(home, result)
            renewed: tuple[str, ...] = ()
            if select is None and only is None and result.success and not is_running:
                renewed = _renewed_before(day, definitions=definitions, job=job, home=home, lake=lake, settings=settings)
            renew_views(lake, _LOG)
            yield replace(_day_run(day, result), renewed=renewed)


def _renewed_before(
    day: date,
    *,
    definitions: dg.Definitions,
    job: dg.JobDefinition,
    home: dg.DagsterInstance,
    lake: Lake,
    settings: Settings,
) -> tuple[str, ...]:
    """Make again what the day before reads of delivered files that are others now; the asset keys as text.

    A failure is told by that run and by the status. The day itself is published all the same.
    """
    before = day - timedelta(days=1)
    freshness = Freshness(lake, TABLES, lambda table: settings.digest(table.settings))
    stale: list[dg.AssetKey] = []
    for key in definitions.resolve_asset_graph().get_all_asset_keys():
        table = TABLES.get(key.path[-1])
        if table is not None and 1 in table.statistics_days:
            product = product_of(key, default=settings.default_product)
            with contextlib.suppress(LakeError):  # one that cannot be read is the status's to tell
                stored = lake.find(table.name, product=product, day=before)
                if stored is not None and any(True for _ in freshness.delivered_reasons(stored, table, product, before)):
                    stale.append(key)
    if not stale:
        return ()
    stale = _with_siblings(stale, definitions)
    pages = [dg.AssetKey([*key.path[:-1], BRIEF_PAGE.name]) for key in stale if key.path[-1] in BRIEF_PAGE.draws]
    try:
        with holding_day(lake, before, NO_WAITING):
            result = job.execute_in_process(
                partition_key=before.isoformat(),
                instance=home,
                asset_selection=[*stale, *pages],
                tags={
                    **own_tags(settings.lake),
                    **_OF_A_COMMAND,
                    **why_tags(f"statistics of {day} arrived", products=products_of(stale, products=settings.products)),
                },
                raise_on_error=False,
            )
    except LakeBusyError:
        return ()  # whoever runs that day makes them
    _stop_if_interrupted(home, result)
    return tuple("/".join(key.path) for key in sorted(stale)) if result.success else ()


def _stop_if_interrupted(home: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
    """Mark a run that was interrupted as canceled, which Dagster takes for a failure, and end."""
    interrupted = any(is_interruption(event) for event in result.all_events if event.event_type_value == "STEP_FAILURE")
    if not interrupted and (result.success or not was_asked()):
        return
    home.report_run_canceled(result.dagster_run, message="Interrupted: what was being written is discarded.")
    raise KeyboardInterrupt


def run_history(settings: Settings, *, force: bool = False, shared: bool = True) -> HistoryRun:
    """Update `regime_history` of every product: dates are recomputed from the earliest changed one on.

    Parameters
    ----------
    force : whether dates are recomputed that are up to date.
    shared : as for `run_days`.

    Raises
    ------
    LakeError
        There is no lake.
    KeyboardInterrupt
        The process was asked to end. Dates that were finished stay.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.views import renew_views

    job, lake = build_defs(settings, upkeep=False).resolve_job_def(HISTORY_JOB), existing_lake(settings.lake)
    with instance(shared=shared) as home:
        result = job.execute_in_process(
            instance=home,
            run_config={"loggers": {"progress": {}}},
            tags={
                **own_tags(settings.lake),
                **({FORCE: "true"} if force else {}),
                **why_tags("gex history", products=settings.products),
            },
            raise_on_error=False,
        )
        _stop_if_interrupted(home, result)
    renew_views(lake, _LOG)
    failures = [failure_of(event) for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    checks = _said([check for check in result.get_asset_check_evaluations() if not check.passed], warn=False)
    return HistoryRun(run_id=result.run_id, success=result.success, failure="; ".join((*checks, *failures)) or None)


def _selected(definitions: dg.Definitions, select: str | None) -> list[dg.AssetKey]:
    graph = definitions.resolve_asset_graph()
    if select is None:
        return sorted(key for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned)
    try:
        keys = dg.AssetSelection.from_string(select).resolve(graph)
    except (ValueError, dg.DagsterError) as error:
        raise SettingsError(f'Expected a selection such as key:"silver_gex"+ or group:silver, was {select!r}') from error
    if not keys:
        raise SettingsError(f"Expected a selection of at least one asset, was {select!r}: it selects none")
    keys = {key for key in keys if graph.get(key).is_partitioned}
    if not keys:
        raise SettingsError(f"Expected a selection of tables that one day makes, was {select!r}: `gex history` makes the others")
    return _with_siblings(keys, definitions)


def _with_siblings(keys: Iterable[dg.AssetKey], definitions: dg.Definitions) -> list[dg.AssetKey]:
    """The same in order, with the tables that one pass makes together with them."""
    graph = definitions.resolve_asset_graph()
    return sorted({sibling for key in keys for sibling in (key, *graph.get(key).execution_set_asset_keys)})


def _day_run(day: date, result: dg.ExecuteInProcessResult) -> DayRun:
    checks = [check for check in result.get_asset_check_evaluations() if not check.passed]
    failures = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    made = {
        "/".join(event.asset_key.path): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    files = [metadata["dagster/partition_row_count"].value for name, metadata in made.items() if "raw_" in name]
    return DayRun(
        day=day,
        run_id=result.run_id,
        success=result.success,
        materialized=tuple(made),
        reused=tuple(name for name, metadata in made.items() if "reused" in metadata),
        failed_checks=_said(checks, warn=False),
        warnings=_said(checks, warn=True),
        failure=failure_of(failures[0]) if failures else None,
        reasons=tuple(map(failure_of, failures)),
        without_files=bool(files) and not any(files),
        partial=_partial(made),
    )


def _partial(made: Mapping[str, Mapping[str, dg.MetadataValue[Any]]]) -> str | None:
    """That the day was still running, and until when: by the options' orders where they were made, else by any table."""
    said = {name: str(metadata["partial"].value) for name, metadata in made.items() if "partial" in metadata}
    orders = [words for name, words in said.items() if name.endswith("raw_option_mbo")]
    return max(orders or said.values(), default=None)


def _said(checks: Sequence[dg.AssetCheckEvaluation], *, warn: bool) -> tuple[str, ...]:
    return tuple(
        f"{'/'.join(check.asset_key.path)}.{check.check_name}: {from_markdown(check.description or '')}"
        for check in checks
        if (check.severity == dg.AssetCheckSeverity.WARN) is warn
    )
