"""What it costs the daemon to create the runs of a backfill: `python -m benchmarks.run_creation [DAYS]`.

The real graph against one asset that does nothing, in Dagster's own storage and in the project's (`BatchedInstance`). Each is a
backfill of so many days on an instance of its own, until all runs are queued. Only the daemon's processor time is counted: the
code server is another process. None of the runs is started.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import dagster as dg
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.backfill import execute_backfill_iteration

from gex_assets_tests.defs.backfills import add_backfill

__all__ = ["Created", "created", "defs"]

_OURS: Final = "instance_class: {module: gex_assets.defs.execution.event_log, class: BatchedInstance}\n"
_GRAPHS: Final = {"one asset": "benchmarks.run_creation", "all tables": "gex_assets.definitions"}
_STORAGES: Final = {"Dagster's storage": "", "BatchedInstance": _OURS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The cost of one run.

    Attributes
    ----------
    cpu, wall : of the daemon. [s]
    events : stored before the run starts.
    """

    cpu: float
    wall: float
    events: int


@dg.definitions
def defs() -> dg.Definitions:
    """One partitioned asset that does nothing."""

    @dg.asset(partitions_def=dg.DailyPartitionsDefinition(start_date="2017-05-21", timezone="UTC"))
    def nothing() -> None: ...

    return dg.Definitions(assets=[nothing], executor=dg.in_process_executor)


def created(module: str, *, config: str, days: int) -> Created:
    """Create the runs of a backfill over all partitioned assets of a module's definitions.

    Parameters
    ----------
    config : further lines of the instance's dagster.yaml.
    """
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "dagster.yaml").write_text(f"telemetry: {{enabled: false}}\n{config}", encoding="utf-8")
        target = ModuleTarget(module_name=module, attribute=None, working_directory=None, location_name="measured")
        with dg.DagsterInstance.from_config(home) as instance, WorkspaceProcessContext(instance, target) as workspace:
            graph = workspace.create_request_context().asset_graph
            keys = sorted(key for key in graph.get_all_asset_keys() if graph.get(key).partitions_def is not None)
            add_backfill(instance, graph, name="measured", keys=keys, days=_days(days))
            cpu, wall = process_time(), perf_counter()
            while instance.get_runs_count() < days:
                list(execute_backfill_iteration(workspace, logging.getLogger("benchmarks")))
            cpu, wall = process_time() - cpu, perf_counter() - wall
            events = len(instance.all_logs(instance.get_runs(limit=1)[0].run_id))
    return Created(cpu=cpu / days, wall=wall / days, events=events)


def _days(count: int) -> Iterator[date]:
    day = date(2026, 1, 5)
    for _ in range(count):
        yield day
        day += timedelta(days=2 if day.weekday() == 4 else 1)  # no Saturdays


def main() -> None:
    """Measure and print a line each."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for graph, module in _GRAPHS.items():
        for storage, config in _STORAGES.items():
            one = created(module, config=config, days=days)
            sys.stdout.write(
                f"{graph:<12} {storage:<20} {one.cpu:6.2f} s CPU  {one.wall:6.2f} s  {one.events:4} events  a run, of {days}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
