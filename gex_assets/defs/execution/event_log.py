"""The instance on one machine, with an event log that writes a run's planned events in one transaction.

A run of all tables plans some hundred events, one for each asset and check. Dagster's SQLite log opens two files and commits
three times for each of them: nine tenths of what creating a run costs the daemon. The files and their form are Dagster's own.
So an instance may go from one class to the other at any time.

Files stay open between events. Whoever closes a file as the last one copies its write-ahead log into it, and syncs both:
that was a fifth of the time of a small day.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import Any, Final

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import NullPool

__all__ = ["BatchedEventLog", "BatchedInstance", "BatchedStorage"]

_BUSY_SECONDS: Final = 60.0
"""How long a writer waits for another one, as in Dagster's own log. [s]"""

_PATIENT: Final = {"timeout": _BUSY_SECONDS}

_MOST_ENGINES: Final = 16
"""An engine keeps its file open, and the statements that it compiled. Every run has a file, and an engine, of its own."""

_BATCH: Final = 1_000
"""Events of one transaction at most. A run of all tables of all products has fewer."""


class BatchedEventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite files, with one transaction for a batch of events."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._held = threading.local()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data=inst_data)

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Store one event. The UI follows a running run by changes of its file: they are only in the log next to it by now."""
        super().store_event(event)
        if not getattr(self._held, "connections", {}):
            os.utime(self.path_for_shard(event.run_id))

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store events, those of a run in one transaction: all of them or none."""
        for run_id, own in groupby(events, lambda event: event.run_id):
            with self._db_lock, ExitStack() as stack:
                held = {shard: stack.enter_context(self._opened(shard)) for shard in (run_id, INDEX_SHARD_NAME)}
                self._held.connections = held
                try:
                    for event in own:
                        self.store_event(event)
                finally:
                    self._held.connections = {}
            os.utime(self.path_for_shard(run_id))

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table. It is asked once for every check; a table that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction in a file; within a batch, the one that the batch holds."""
        held = getattr(self._held, "connections", {}).get(shard)
        if held is not None:
            yield held
            return
        with self._db_lock, self._opened(shard) as connection:
            yield connection

    @contextmanager
    def _opened(self, shard: str) -> Iterator[Connection]:
        if shard not in self._initialized_dbs:
            self._initdb(create_engine(self.conn_string_for_shard(shard), poolclass=NullPool, connect_args=_PATIENT))
            self._initialized_dbs.add(shard)
        with self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        found = self._engines.pop(shard, None)
        if found is None:
            found = create_engine(self.conn_string_for_shard(shard), connect_args=_PATIENT)
            listen(found, "connect", _syncs_at_checkpoints)
        self._engines[shard] = found  # the one used last is the last one
        while len(self._engines) > _MOST_ENGINES:
            self._engines.pop(next(iter(self._engines))).dispose()
        return found


def _syncs_at_checkpoints(connection: Any, _record: Any) -> None:
    """Let a commit wait for no disk: a killed process loses nothing, a power cut loses the last events and spoils no file.

    https://www.sqlite.org/pragma.html#pragma_synchronous: NORMAL, with a write-ahead log.
    """
    connection.execute("PRAGMA synchronous=NORMAL")


class BatchedStorage(DagsterSqliteStorage):
    """Dagster's storage in SQLite files, with `BatchedEventLog`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data=inst_data)
        assert isinstance(self._event_log_storage, SqliteEventLogStorage)  # noqa: S101 (a private name of Dagster)
        self._event_log_storage = BatchedEventLog(self._event_log_storage._base_dir)  # noqa: SLF001 (of the super class)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "BatchedStorage":
        """Make the storage that the instance's configuration names."""
        return cls.from_local(inst_data=inst_data, **config_value)


class BatchedInstance(dg.DagsterInstance):
    """An instance whose storage is `BatchedStorage`, unless its dagster.yaml names another one."""

    @staticmethod
    def config_schema() -> Mapping[str, Any]:
        """Nothing besides what every instance can be told."""
        return {}

    @staticmethod
    def config_defaults(base_dir: str) -> Mapping[str, ConfigurableClassData | None]:
        """Parts of an instance that its dagster.yaml does not name."""
        config = f"base_dir: {base_dir!r}\n"
        return {**InstanceRef.config_defaults(base_dir), "storage": ConfigurableClassData(__name__, "BatchedStorage", config)}

    def _get_event_batch_size(self) -> int:
        return _BATCH if isinstance(self.event_log_storage, BatchedEventLog) else super()._get_event_batch_size()
