"""Runs of one machine that start at once, and of which Dagster notices when their process is gone: named in dagster.yaml.

Dagster's own launcher has the code server start a Python process for each run, which imports Dagster, the assets and their
libraries: several seconds, most of a small day. Here one process has imported all that and forks one for each run
(`gex_assets.process.fork_server`). It is started with the first run, and once more where a file of the package has changed since.

Only the code server knows whether a run lives that it started. Where both die, as when a machine is switched off, the run is
"started" for ever, and so is the place that it takes among the runs at once. Here the process of the run is looked for.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._serdes import ConfigurableClassData

from gex_assets.defs.execution.run_process import IMPORTED, RunTask
from gex_assets.defs.execution.run_tags import DAY_IS_HELD, HOST, PROCESS, starter_does
from gex_assets.process.fork_server import ForkServer, ForkServerGoneError
from gex_assets.process.own_module import files_state

__all__ = ["WatchedRunLauncher", "gone_process"]

_STAT: Final = "/proc/{}/stat"
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
"""Another text each time that the machine is started (random(4))."""
_STARTED: Final = 19
"""Place of a process's start among the fields of `/proc/PID/stat` that follow its name (proc(5): field 22)."""
_LATE: Final = 2.0
"""The clocks of processes and of events differ by less than this [s]."""
_DEFINITIONS: Final = "gex_assets.definitions"


class WatchedRunLauncher(dg.DefaultRunLauncher):
    """Dagster's launcher, with runs that are forked, and whether the process of a started run is still there.

    Where processes cannot be forked safely (macOS), and for definitions that are not this package's, Dagster's own way is left.
    """

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._lock = threading.Lock()
        self._forks: ForkServer | None = None
        self._state = ""

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run.

        Raises
        ------
        GexError
            The run cannot be started; Dagster marks it as failed.
        """
        if not _is_forkable(context):
            super().launch_run(context)
            return
        run_id = context.dagster_run.run_id
        task = RunTask(run_id, self._instance.get_ref())
        with self._lock:
            try:
                pid = self._fork_server().start(task)
            except ForkServerGoneError:  # a new one is as good
                self.dispose()
                pid = self._fork_server().start(task)
        self._instance.add_run_tags(run_id, {PROCESS: f"{run_id} {pid} {_start_of(pid)}"})
        self._run_ids.add(run_id)

    def terminate(self, run_id: str) -> bool:
        """Ask the process of a run to leave off; False where there is none any more."""
        run = self._instance.get_run_by_id(run_id)
        process = None
        if run is not None and not run.is_finished:
            process = _process_of(run.run_id, run.tags) or _command_of(self._instance, run)
        if run is None or process is None:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        pid, start = process
        why = f"Process {pid} is gone: there is nothing to terminate."
        if _start_of(pid) == start:
            try:
                os.kill(pid, signal.SIGTERM)
            except OSError as error:
                why = f"Expected a process of this user, was {pid}, which may not be signalled: {error.strerror}: end it itself."
            else:
                return True
        self._instance.report_engine_event(why, run, cls=type(self))
        return False

    def dispose(self) -> None:
        """Fork no more. Runs that were started go on."""
        if self._forks is not None:
            self._forks.close()
            self._forks = None

    @property
    def supports_check_run_worker_health(self) -> bool:
        """The daemon asks for started runs."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process of the run lives: the one that was forked, or the one that its first event came from.

        Returns
        -------
        RUNNING also where that cannot be told: before the first event, and where the system does not list processes.
        """
        process = _process_of(run.run_id, run.tags)
        pid = gone_process(self._instance, run.run_id) if process is None else process[0]
        if pid is None or (process is not None and _start_of(pid) == process[1]):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"process {pid} is gone: it was killed, or the machine stopped")

    def _fork_server(self) -> ForkServer:
        state = files_state()
        if state != self._state:  # the code was changed: as with a code server that was loaded again
            self.dispose()
        if self._forks is None:
            functions = {name: f"{RunTask.__module__}:{name}" for name in ("execute", "report_death")}
            self._forks = ForkServer(work=functions["execute"], died=functions["report_death"], modules=IMPORTED)
            self._state = state
        return self._forks


def _is_forkable(context: LaunchRunContext) -> bool:
    """Whether the run is of this package's definitions, which this Python loads, on a system that lists processes."""
    origin = context.job_code_origin
    if origin is None or not sys.platform.startswith("linux"):
        return False
    repository = origin.repository_origin
    pointer = repository.code_pointer
    own = isinstance(pointer, ModuleCodePointer) and pointer.module == _DEFINITIONS
    return own and repository.executable_path == sys.executable and repository.container_image is None


def _process_of(run_id: str, tags: Mapping[str, str]) -> tuple[int, str] | None:
    """Number and start of the process that was forked for a run. A run that is tried again has the tag of the first one."""
    words = tags.get(PROCESS, "").split()
    return (int(words[1]), words[2]) if len(words) == 3 and words[0] == run_id else None


def _command_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[int, str] | None:
    """Number and start of the process of a command, as `gex run`, that executes a run on this machine.

    A signal means to it what Ctrl-C does: it discards what it was writing, and ends.
    """
    if not starter_does(run, DAY_IS_HELD) or run.tags.get(HOST) != socket.gethostname():
        return None
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_START):
        pid = entry.dagster_event.pid if entry.dagster_event is not None else None
        if pid is not None and _is_there(pid, since=entry.timestamp):
            return pid, _start_of(pid)
    return None


def _start_of(pid: int) -> str:
    """When a process was started, in words that no other has, whatever is done to the clock; "gone" where it has ended."""
    ticks = _started_ticks(pid)
    return "gone" if ticks is None else f"{_BOOT.read_text().strip()}+{ticks}"


def _started_ticks(pid: int) -> int | None:
    """When a process was started, in clock ticks since the machine was; None where it has ended."""
    try:
        fields = Path(_STAT.format(pid)).read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[_STARTED])


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
    ticks = _started_ticks(pid)
    if ticks is None:
        return False
    booted = next(int(line.split()[1]) for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    return booted + ticks / os.sysconf("SC_CLK_TCK") <= since + _LATE
