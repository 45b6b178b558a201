"""Workers for tests: one without a process, and one whose tasks say in words what it shall do."""

from __future__ import annotations

import sys
import time
from multiprocessing.connection import Pipe

from gex_assets.process.own_module import environment_of_own
from gex_assets.process.workers import WorkerProcess

__all__ = ["Scripted", "worker"]


class Scripted:
    """A worker without a process: it answers at once, or dies."""

    made = 0

    def __init__(self, crashes: dict[int, int], *, given: list[tuple[str, int, int]]) -> None:
        Scripted.made += 1
        self.name = f"worker {Scripted.made}"
        self.connection, self._theirs = Pipe()
        self._crashes, self._given = crashes, given
        self._theirs.send(("ready", None))

    def give(self, task: int, attempt: int) -> None:
        self._given.append((self.name, task, attempt))
        if self._crashes.get(task, 0) >= attempt:
            self._theirs.close()
        else:
            self._theirs.send(("said", f"about {task}"))
            self._theirs.send(("result", -task))

    def stop(self) -> None:
        self._theirs.close()

    def end(self) -> str:
        self.connection.close()
        self._theirs.close()
        return "was killed by SIGKILL"

    def written(self) -> str:
        return ""


PRELUDE = """
import os, signal, sys, time
from gex_assets.process.interruption import EXIT_CODE, interruptible
from gex_assets.process.working import Working

def work(task, attempt):
    what, _, place = task.partition(" ")
    if what == "die" or (what == "die-once" and attempt == 1):
        print("half a line", end="", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "sleep":
        try:
            open(place, "w").write(str(os.getpid()))
            while True:
                time.sleep(0.01)
        finally:
            open(place + ".discarded", "w").close()
    print("did", task)
    return f"{task} by {os.getpid()}, attempt {attempt}"

def main():
    with interruptible():
        try:
            working = Working(int(sys.argv[-1]))
            for task, attempt in working.tasks():
                if task == "refuse":
                    working.refuse("Expected another task, was this one")
                else:
                    working.answer(work(task, attempt))
        except KeyboardInterrupt:
            return EXIT_CODE
    return 0

if __name__ == "__main__":
    sys.exit(main())
"""


def worker(code: str = PRELUDE, *, keeps: bool = True) -> WorkerProcess[str]:
    name = str(time.monotonic_ns())
    return WorkerProcess([sys.executable, "-c", code], None, name=name, keeps=keeps, environment=environment_of_own())
