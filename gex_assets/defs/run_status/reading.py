"""What an instance knows of the runs of a lake, or why it does not say so: the status of a lake never fails because of it."""

import time
from pathlib import Path

from gex_assets.defs.run_status.glance import glance
from gex_assets.defs.run_status.states import RunStates
from gex_assets.defs.run_status.wanted import Wanted

__all__ = ["run_states", "states_of_instance_at"]


def run_states(home: Path | None, wanted: Wanted) -> RunStates:
    """The states of runs; without loading Dagster where there is nothing to tell.

    Parameters
    ----------
    home : the folder of the instance; None where runs are not kept.
    """
    if home is None:
        return RunStates()
    seen = glance(home, wanted)
    if seen == "nothing":
        return RunStates()
    if seen == "locked":
        return RunStates(unknown=f"another process holds {home / 'history' / 'runs.db'}: ask again")
    return states_of_instance_at(home, wanted)


def states_of_instance_at(home: Path, wanted: Wanted) -> RunStates:
    """The states of runs of the instance in a folder, through Dagster."""
    import dagster as dg

    from gex_assets.defs.run_status.failures import failed_runs, gone_runs
    from gex_assets.defs.run_status.in_hand import backfills_under_way, queued_runs, running_run, started_records

    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            started, queued = started_records(instance, wanted), queued_runs(instance, wanted)
            gone = gone_runs(instance, started, now=time.time())
            running = [running_run(instance, one) for one in started if one.dagster_run.run_id not in gone]
            return RunStates(
                running=running,
                queued=queued,
                backfills=[] if wanted.only is not None else [*backfills_under_way(instance, wanted, now=time.time())],
                failed=failed_runs(
                    instance,
                    wanted,
                    gone=[(one, gone[one.dagster_run.run_id]) for one in started if one.dagster_run.run_id in gone],
                    in_hand={one.day for one in running} | {one.day for one in queued},
                ),
            )
    except Exception as error:  # noqa: BLE001 (a storage of any make may fail in any way, and the lake's status is told all the same)
        return RunStates(unknown=f"{home}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
