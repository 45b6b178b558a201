"""Processes that are forked for tasks: each has its own, what one imports the next ones have, and a death is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gex_assets.process.fork_server import ForkServer, ForkServerGoneError

PATIENCE = 60.0
WORK = "gex_assets_tests.process.forked_work"


@pytest.fixture
def server() -> Iterator[ForkServer]:
    found = ForkServer(work=f"{WORK}:work", died=f"{WORK}:died", modules=["this"])
    yield found
    found.close()
    wait_for(lambda: not lives(found.pid))


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def text_in(path: Path) -> str:
    wait_for(lambda: path.exists() and path.read_text())
    return path.read_text()


def test_each_task_has_a_process_of_its_own_and_finds_what_others_imported(server: ForkServer, tmp_path: Path) -> None:
    seen = []
    for number in range(4):
        pid = server.start(f"import {tmp_path / str(number)} colorsys")
        assert text_in(tmp_path / str(number)).split()[:2] == [str(pid), str(server.pid)]
        wait_for(lambda pid=pid: not lives(pid))
        seen.append((tmp_path / str(number)).read_text().split()[2])
        time.sleep(0.2)  # it says so at its end
    assert seen[0] == "False"
    assert seen[-1] == "True"


def test_a_module_that_cannot_be_imported_by_its_name_is_left_out(server: ForkServer, tmp_path: Path) -> None:
    pid = server.start(f"made-up {tmp_path / 'told'}")
    wait_for(lambda: not lives(pid))
    server.start(f"import {tmp_path / 'later'} colorsys")
    assert text_in(tmp_path / "later")
    assert not (tmp_path / "told").exists()


@pytest.mark.parametrize(
    ("task", "how"), [("die", "was killed by SIGKILL"), ("exit 7", "ended with code 7"), ("raise a", "ended with code 1")]
)
def test_a_death_is_told_of_its_task(server: ForkServer, tmp_path: Path, task: str, how: str) -> None:
    server.start(f"{task} {tmp_path / 'told'}")
    assert text_in(tmp_path / "told") == how


def test_an_end_in_order_is_no_death(server: ForkServer, tmp_path: Path) -> None:
    pid = server.start(f"exit 0 {tmp_path / 'told'}")
    wait_for(lambda: not lives(pid))
    server.start(f"die {tmp_path / 'other'}")
    assert text_in(tmp_path / "other")
    assert not (tmp_path / "told").exists()


def test_tasks_in_hand_go_on_where_the_server_is_closed(tmp_path: Path) -> None:
    server = ForkServer(work=f"{WORK}:work", died=f"{WORK}:died", modules=[])
    server.start(f"wait {tmp_path / 'there'} {tmp_path / 'go'}")
    text_in(tmp_path / "there")
    server.close()
    time.sleep(0.2)
    assert lives(server.pid)
    (tmp_path / "go").write_text("")
    wait_for(lambda: not lives(server.pid))
    assert (tmp_path / "go").read_text() == "seen"


def test_a_signal_to_the_group_ends_tasks_and_not_what_forks_them(server: ForkServer, tmp_path: Path) -> None:
    pid = server.start(f"wait {tmp_path / 'there'} {tmp_path / 'told'}")
    text_in(tmp_path / "there")
    os.kill(server.pid, signal.SIGTERM)
    os.kill(server.pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    assert text_in(tmp_path / "told") == "was killed by SIGTERM"
    server.start(f"import {tmp_path / 'later'} colorsys")
    assert text_in(tmp_path / "later")


def test_a_server_that_was_killed_is_said_to_be_gone(server: ForkServer) -> None:
    server.start("exit 0")
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not lives(server.pid))
    with pytest.raises(ForkServerGoneError, match="Expected a process that starts others, was one that "):
        server.start("exit 0")


def test_a_server_that_cannot_import_what_it_shall_says_where_to_look() -> None:
    server = ForkServer(work=f"{WORK}:work", died=f"{WORK}:died", modules=["no_such_module"])
    wait_for(lambda: not lives(server.pid))
    with pytest.raises(ForkServerGoneError, match="was one that ended with code 1: see what it wrote to standard error"):
        server.start("exit 0")


def test_it_ends_where_its_parent_was_killed(tmp_path: Path) -> None:
    code = f"""
import pathlib, time
from gex_assets.process.fork_server import ForkServer
server = ForkServer(work="{WORK}:work", died="{WORK}:died", modules=[])
server.start("exit 0")
pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(server.pid))
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2]) as parent:
        pid = int(text_in(tmp_path / "pid"))
        assert lives(pid)
        parent.kill()
        wait_for(lambda: not lives(pid))
