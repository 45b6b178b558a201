"""Tasks in processes that die: each ends exactly once, crashes cost one more attempt, and nobody outlives the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import GexError
from gex_assets.process.workers import Begun, Crashed, Ended, RefusedError, Said, WorkerProcess, supervised
from gex_assets_tests.process.made_up_workers import Scripted, worker

PATIENCE = 120.0


@given(crashes=st.lists(st.integers(0, 3), max_size=12), jobs=st.integers(1, 5))
def test_every_task_ends_exactly_once(crashes: list[int], jobs: int) -> None:
    given_to: list[tuple[str, int, int]] = []
    plan = dict(enumerate(crashes, start=1))
    begun, running, ended = [], set(), Counter()
    for event in supervised(plan, lambda: Scripted(plan, given=given_to), jobs=jobs):
        if isinstance(event, Begun):
            begun.append((event.task, event.attempt))
            running.add(event.task)
            assert len(running) <= jobs
        elif isinstance(event, Said):
            assert event.text == f"about {event.task}"
        else:
            running.remove(event.task)
            ended[event.task] += isinstance(event, Ended) or event.is_final
            if isinstance(event, Ended):
                assert event.result == -event.task
                assert plan[event.task] < 2
            else:
                assert event.is_final == ((event.task, 2) in begun)
    assert ended == Counter(dict.fromkeys(plan, 1))
    assert [task for task, attempt in begun if attempt == 1] == list(plan)  # in the order given
    assert {task for task, attempt in begun if attempt == 2} == {task for task, count in plan.items() if count}
    before: set[str] = set()
    for name, _, attempt in given_to:
        assert attempt == 1 or name not in before  # once more in a fresh process
        before.add(name)


def test_workers_are_started_once_and_not_for_each_task() -> None:
    given_to: list[tuple[str, int, int]] = []
    for _ in supervised(range(1, 50), lambda: Scripted({}, given=given_to), jobs=2):
        pass
    assert len({name for name, _, _ in given_to}) == 2


def test_a_killed_process_costs_its_own_task_one_attempt() -> None:
    events = list(supervised(["a", "die-once", "die", "b"], worker, jobs=2))
    results = {event.task: event for event in events if isinstance(event, Ended)}
    assert set(results) == {"a", "b", "die-once"}
    assert results["die-once"].result.endswith("attempt 2")
    assert results["a"].written == "did a\n"
    crashes = [event for event in events if isinstance(event, Crashed)]
    assert Counter((event.task, event.is_final) for event in crashes) == {
        ("die-once", False): 1,
        ("die", False): 1,
        ("die", True): 1,
    }
    assert {(event.how, event.written) for event in crashes} == {("was killed by SIGKILL", "half a line")}


def test_a_worker_that_is_asked_to_leave_off_discards_what_it_does(tmp_path: Path) -> None:
    """As after Ctrl-C: whoever closes the events waits until no worker is left."""
    events = supervised([f"sleep {tmp_path / 'there'}", "a"], worker, jobs=1)
    assert isinstance(next(events), Begun)
    wait_for(tmp_path / "there")
    pid = int((tmp_path / "there").read_text())
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert (tmp_path / "there.discarded").exists()
    assert is_gone(pid)


def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    parent = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from gex_assets.process.workers import supervised
from gex_assets_tests.process.made_up_workers import worker
for _ in supervised(["sleep {tmp_path / "there"}"], worker, jobs=1):
    pass
"""
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        wait_for(tmp_path / "there")
        process.send_signal(signal.SIGKILL)
    pid, end = int((tmp_path / "there").read_text()), time.monotonic() + PATIENCE
    while not is_gone(pid):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert (tmp_path / "there.discarded").exists()


def test_what_a_worker_refuses_ends_all() -> None:
    events = supervised(["a", "refuse", "b"], worker, jobs=1)
    seen = []
    with pytest.raises(RefusedError, match=r"^Expected another task, was this one$"):
        seen.extend(events)
    assert [event.task for event in seen if isinstance(event, Begun)] == ["a", "refuse"]


def test_processes_that_cannot_start_are_not_started_for_every_task() -> None:
    started = []

    def start() -> WorkerProcess[str]:
        started.append(1)
        return worker("raise SystemExit(3)")

    with pytest.raises(
        GexError, match="Expected a process that works off tasks, was one that ended with code 3 before its first"
    ):
        list(supervised("abcdef", start, jobs=1))
    assert len(started) == 2


def wait_for(place: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not (place.exists() and place.read_text()):
        assert time.monotonic() < end
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True
