"""Claims of memory by several processes and threads: they wait, say so, end, and never wait for nobody."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gex_assets.defs.execution.memory_claims import SHARE, budget_bytes, claims_folder, holding_memory
from gex_assets.errors import GexError
from gex_assets.process import machine
from gex_assets.process.own_module import environment_of_own

GB = 10**9
PATIENCE = 120.0


def ten_gb(_: object) -> int:
    return 10 * GB


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_run_waits_until_its_need_fits_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    begun = threading.Event()

    def third() -> None:
        with holding_memory(3_100_000_000, say=said.append, folder=tmp_path, budget=ten_gb, pause=0.001):
            begun.set()

    with holding_memory(4 * GB, folder=tmp_path, budget=ten_gb), holding_memory(5 * GB, folder=tmp_path, budget=ten_gb):
        thread = in_thread(third)
        while not said:
            time.sleep(0.001)
        assert not begun.wait(0.05)
    assert begun.wait(PATIENCE)
    thread.join()
    assert said == ["waiting for memory: needs about 3.1 GB, 2 runs hold 9.0 of 10.0 GB"]
    assert not list(tmp_path.glob("*.claim"))


def test_whoever_is_alone_starts_however_much_it_needs(tmp_path: Path) -> None:
    with holding_memory(99 * GB, folder=tmp_path, budget=ten_gb, say=pytest.fail):
        pass


def test_the_claim_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from gex_assets.defs.execution.memory_claims import holding_memory
with holding_memory({10 * GB}, folder=Path({str(tmp_path)!r})):
    print("holds", flush=True)
    time.sleep({PATIENCE})
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment_of_own())
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holds\n"
    said: list[str] = []
    begun = threading.Event()

    def waiter() -> None:
        with holding_memory(GB, folder=tmp_path, budget=ten_gb, say=said.append, pause=0.001):
            begun.set()

    thread = in_thread(waiter)
    while not said:
        time.sleep(0.001)
    assert not begun.is_set()
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert begun.wait(PATIENCE)
    thread.join()
    assert "1 run holds 10.0 of 10.0 GB" in said[0]


def test_a_second_attempt_runs_while_nothing_else_does(tmp_path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def alone() -> None:
        with holding_memory(GB, is_alone=True, folder=tmp_path, budget=ten_gb, say=lambda _: waits.set(), pause=0.001):
            order.append("alone begins")
            time.sleep(0.05)
            order.append("alone ends")

    def later() -> None:
        with holding_memory(GB, folder=tmp_path, budget=ten_gb, pause=0.001):
            order.append("later")

    with holding_memory(GB, folder=tmp_path, budget=ten_gb):
        first = in_thread(alone)
        assert waits.wait(PATIENCE)
        second = in_thread(later)  # would fit, and waits for its turn
        time.sleep(0.05)
        assert order == []
    first.join()
    second.join()
    assert order == ["alone begins", "alone ends", "later"]


@pytest.mark.parametrize("seed", range(3))
def test_nobody_waits_for_ever_and_what_is_held_fits(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    needs = [draw.choice([1, 2, 3, 6, 9, 15]) * GB for _ in range(16)]
    held: list[int] = []
    lock, wrong = threading.Lock(), []

    def run(need: int, is_alone: bool) -> None:
        with holding_memory(need, is_alone=is_alone, folder=tmp_path, budget=ten_gb, pause=0.001):
            with lock:
                held.append(need)
                if len(held) > 1 and (sum(held) > 10 * GB or is_alone):
                    wrong.append(list(held))
            time.sleep(0.002)
            with lock:
                held.remove(need)

    threads = [in_thread(lambda need=need, alone=not at % 7: run(need, alone)) for at, need in enumerate(needs)]
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert not wrong
    assert not list(tmp_path.glob("*.claim"))


def test_an_interruption_ends_the_waiting(tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with holding_memory(10 * GB, folder=tmp_path, budget=ten_gb):
        with pytest.raises(KeyboardInterrupt), holding_memory(GB, folder=tmp_path, budget=ten_gb, say=interrupt):
            pytest.fail("it has the memory")
        assert len(list(tmp_path.glob("*.claim"))) == 1


def test_a_file_system_without_locks_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    said = f"Expected a file system with locks at {tmp_path}, was: No locks available: set TMPDIR to a folder on a disk"
    with pytest.raises(GexError, match=said), holding_memory(GB, folder=tmp_path):
        pytest.fail("it has the memory")


def test_a_full_disk_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with (
        pytest.raises(GexError, match="Expected room for a claim of memory, was: No space left on device"),
        holding_memory(GB, folder=tmp_path),
    ):
        pytest.fail("it has the memory")
    assert not list(tmp_path.glob("*.claim"))


def test_what_somebody_planted_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = claims_folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(GexError, match=r"Expected a folder of this user at .*, was somebody else's or none: set TMPDIR"):
        claims_folder()
    (tmp_path / "gate").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(GexError, match=r"Expected a file of claims at .*gate, was: a symbolic link"),
        holding_memory(1, folder=tmp_path),
    ):
        pytest.fail("it has the memory")


def test_the_budget_is_a_share_of_what_is_free_and_of_what_claimants_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = {os.getpid(): 1 * GB, 7: 2 * GB}
    monkeypatch.setattr("gex_assets.defs.execution.memory_claims.available_bytes", lambda: 5 * GB)
    monkeypatch.setattr("gex_assets.defs.execution.memory_claims.resident_bytes", lambda pid: resident.get(pid, 0))
    assert budget_bytes([7, 7, 8, os.getpid()]) == int(SHARE * 8 * GB)
    monkeypatch.undo()
    assert 0 < budget_bytes() <= SHARE * (machine.available_bytes() + 4 * GB)
