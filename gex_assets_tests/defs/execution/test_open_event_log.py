"""Files of the event log stay open: others see each event at once, also those who watch the file, and a kill loses none."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from gex_assets.defs.execution.event_log import BatchedEventLog

RUN = "0a1b2c3d"
WAIT_SECONDS = 30.0


def event(number: int) -> dg.EventLogEntry:
    return dg.EventLogEntry(
        error_info=None,
        level=20,
        user_message=f"event {number}",
        run_id=RUN,
        timestamp=1_767_700_000.0 + number,
        step_key=None,
        job_name="one_day",
        dagster_event=None,
    )


def messages(log: SqliteEventLogStorage) -> list[str]:
    return [one.user_message for one in log.get_logs_for_run(RUN)]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SqliteEventLogStorage]:
    """Dagster's own log of the same files, as another process has it."""
    log = SqliteEventLogStorage(str(tmp_path))
    yield log
    log.dispose()


def test_another_reader_sees_each_event_at_once(tmp_path: Path, reader: SqliteEventLogStorage) -> None:
    writer = BatchedEventLog(str(tmp_path))
    for number in range(3):
        writer.store_event(event(number))
        assert messages(reader) == [f"event {n}" for n in range(number + 1)]
    assert (tmp_path / f"{RUN}.db-wal").stat().st_size > 0  # so the file was not closed in between
    writer.store_event_batch([event(3), event(4)])
    assert len(messages(reader)) == 5


@pytest.mark.parametrize("at_once", [False, True])
def test_whoever_follows_a_run_is_told_of_what_is_written(
    tmp_path: Path, reader: SqliteEventLogStorage, *, at_once: bool
) -> None:
    writer = BatchedEventLog(str(tmp_path))
    writer.store_event(event(0))
    seen, told = list[str](), threading.Event()

    def see(entry: dg.EventLogEntry, _cursor: Any) -> None:
        seen.append(entry.user_message)
        if entry.user_message == "event 2":
            told.set()

    reader.watch(RUN, None, see)
    try:
        if at_once:
            writer.store_event_batch([event(1), event(2)])
        else:
            writer.store_event(event(1))
            writer.store_event(event(2))
        assert told.wait(WAIT_SECONDS), seen
    finally:
        reader.end_watch(RUN, see)


_WRITES_AND_DIES = """
import os, pickle, signal, sys
from gex_assets.defs.execution.event_log import BatchedEventLog

log = BatchedEventLog(sys.argv[1])
for event in pickle.load(sys.stdin.buffer):
    log.store_event(event)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_loses_no_event(tmp_path: Path, reader: SqliteEventLogStorage) -> None:
    events = pickle.dumps([event(number) for number in range(20)])
    ended = subprocess.run([sys.executable, "-c", _WRITES_AND_DIES, str(tmp_path)], input=events, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert messages(reader) == [f"event {n}" for n in range(20)]
