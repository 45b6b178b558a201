"""Runs in this process, for `gex run` and `gex demo`: one partition after the other, on the instance that the UI shows."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
from dotenv import load_dotenv

from gex_assets.defs.build import build_defs
from gex_assets.defs.history import HISTORY
from gex_assets.defs.progress import failure_of
from gex_assets.defs.table_day import FORCE, VIEWS_LATER
from gex_assets.errors import SettingsError
from gex_assets.settings import Settings

__all__ = ["DayRun", "HistoryRun", "days_between", "instance", "remember_home", "run_days", "run_history"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRun:
    """The result of one partition. `reused` are the tables of `materialized` that were up to date before the run."""

    day: date
    run_id: str
    success: bool
    materialized: tuple[str, ...]
    reused: tuple[str, ...]
    failed_checks: tuple[str, ...]
    warnings: tuple[str, ...]
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRun:
    """The result of updating the history of all products."""

    run_id: str
    success: bool
    failure: str | None


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


def remember_home(folder: Path) -> None:
    """Read DAGSTER_HOME from the folder's .env, as `dg dev` does, so that both use the same instance."""
    load_dotenv(folder / ".env")


@contextlib.contextmanager
def instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME, where the UI finds the runs; a temporary one where it is not set.

    Raises
    ------
    SettingsError
        Where DAGSTER_HOME is not the absolute path of a folder.
    """
    home = os.environ.get("DAGSTER_HOME")
    if home and not (Path(home).is_absolute() and Path(home).is_dir()):
        raise SettingsError(f"Expected DAGSTER_HOME to be the absolute path of a folder, was {home!r}")
    with dg.DagsterInstance.get() if home else dg.DagsterInstance.ephemeral() as found:
        yield found


def run_days(
    settings: Settings,
    days: Sequence[date],
    *,
    select: str | None = None,
    force: bool = False,
    announce: Callable[[date], None] | None = None,
) -> Iterator[DayRun]:
    """Materialize the selected assets for each day, one run per day.

    Parameters
    ----------
    select : Dagster's selection syntax over assets, e.g. `key:"silver_gex"+` or `group:silver`; None for all.
    force : whether tables are recomputed that are up to date.
    announce : called with each day before it begins.

    Raises
    ------
    SettingsError
        A selection that cannot be read or selects nothing, or a day that is no partition of the calendar.
    """
    from gex_assets.lake.tables import Lake
    from gex_assets.lake.views import current_views

    definitions, lake = build_defs(settings), Lake(settings.lake)
    wanted = _selected(definitions, select)
    job = definitions.resolve_implicit_global_asset_job_def()
    partitions = definitions.resolve_asset_graph().get(wanted[0]).partitions_def
    with instance() as home:
        for day in days:
            if partitions is not None and not partitions.has_partition_key(day.isoformat()):
                raise SettingsError(
                    f"Expected a day of the calendar ({settings.start_date} to yesterday, without Saturdays), was {day}"
                )
            if announce is not None:
                announce(day)
            result = job.execute_in_process(
                partition_key=day.isoformat(),
                instance=home,
                asset_selection=wanted,
                run_config={"loggers": {"progress": {}}},
                tags={VIEWS_LATER: "true"} | ({FORCE: "true"} if force else {}),
                raise_on_error=False,
            )
            current_views(lake)
            yield _day_run(day, result)


def run_history(settings: Settings, *, force: bool = False) -> HistoryRun:
    """Update `regime_history` of every product: dates are recomputed from the earliest changed one on.

    Parameters
    ----------
    force : whether dates are recomputed that are up to date.
    """
    job = build_defs(settings).resolve_job_def(HISTORY)
    with instance() as home:
        result = job.execute_in_process(
            instance=home,
            run_config={"loggers": {"progress": {}}},
            tags={FORCE: "true"} if force else None,
            raise_on_error=False,
        )
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
    # Tables that one pass makes are selected together.
    return sorted({sibling for key in keys for sibling in graph.get(key).execution_set_asset_keys} | set(keys))


def _day_run(day: date, result: dg.ExecuteInProcessResult) -> DayRun:
    checks = [check for check in result.get_asset_check_evaluations() if not check.passed]
    failures = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    made = {
        "/".join(event.asset_key.path): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    return DayRun(
        day=day,
        run_id=result.run_id,
        success=result.success,
        materialized=tuple(made),
        reused=tuple(name for name, metadata in made.items() if "reused" in metadata),
        failed_checks=_said(checks, warn=False),
        warnings=_said(checks, warn=True),
        failure=failure_of(failures[0]) if failures else None,
    )


def _said(checks: Sequence[dg.AssetCheckEvaluation], *, warn: bool) -> tuple[str, ...]:
    return tuple(
        f"{'/'.join(check.asset_key.path)}.{check.check_name}: {check.description}"
        for check in checks
        if (check.severity == dg.AssetCheckSeverity.WARN) is warn
    )
