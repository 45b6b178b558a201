"""Runs of one machine, of which Dagster notices when their process is gone: named in dagster.yaml.

Dagster's own launcher starts a run from the code server, and only the code server knows whether it lives. Where both die, as when
a machine is switched off, the run is "started" for ever, and so is the place that it takes among the runs at once. Here the
process that the run's own first event names is looked for.
"""

import os
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus

__all__ = ["WatchedRunLauncher", "gone_process"]

_STAT: Final = "/proc/{}/stat"
_STARTED: Final = 19
"""Place of a process's start among the fields of `/proc/PID/stat` that follow its name (proc(5): field 22)."""
_LATE: Final = 2.0
"""The clocks of processes and of events differ by less than this [s]."""


class WatchedRunLauncher(dg.DefaultRunLauncher):
    """Dagster's launcher, and whether the process of a started run is still there."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """The daemon asks for started runs."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process lives that the run's first event came from.

        Returns
        -------
        RUNNING also where that cannot be told: before the first event, and where the system does not list processes.
        """
        pid = gone_process(self._instance, run.run_id)
        if pid is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"process {pid} is gone: it was killed, or the machine stopped")


def gone_process(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process of a started run of this machine that is no more; None where it lives or cannot be told."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_START):
        event = entry.dagster_event
        if event is not None and event.pid is not None and not _is_there(event.pid, since=entry.timestamp):
            return event.pid
    return None


def _is_there(pid: int, *, since: float) -> bool:
    """Whether this process lives and did so at a moment [s UTC], so that it is no later one of the same number."""
    if not Path(_STAT.format("self")).exists():
        return True
    try:
        fields = Path(_STAT.format(pid)).read_text().rpartition(")")[2].split()
        booted = next(int(line.split()[1]) for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    except (FileNotFoundError, ProcessLookupError):
        return False
    started = booted + int(fields[_STARTED]) / os.sysconf("SC_CLK_TCK")
    return fields[0] not in "ZX" and started <= since + _LATE
