"""SQL over the views, read-only, in this process.

Views are made in memory when a query names them: nothing is written, and a lake that was moved or is read-only is answered too.
DuckDB is restricted first: files outside the lake are forbidden, settings are locked. That leaves gaps: inside the lake
`COPY … TO` could write, even from within a WITH clause, and delivered files could be read. So each query is checked before it
runs: one statement, of a kind that reads, that names views only (`sql.rules`), with a plan that has no writing step.
`sql.process` runs a query under limits, in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.lake.existing import existing_lake
from gex_assets.lake.sql.rules import refuse_more_than_views
from gex_assets.lake.tables import Lake
from gex_assets.lake.views import duckdb_path, quoted, view_names, view_statement

__all__ = ["LakeReader", "connect", "query", "restricted_connection"]

_WORD: Final = re.compile(r"\w+")
_UNKNOWN_NAME: Final = re.compile(r"Table with name (\S+) does not exist")
_CATALOG: Final = frozenset({"show", "information_schema", "sqlite_master"})
_CATALOG_FUNCTIONS: Final = ("duckdb_", "pg_", "pragma_")
_WRITING_STEPS: Final = ("COPY", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "EXECUTE", "EXTERNAL_RESOURCE")


class LakeReader:
    """A connection that runs queries over the lake's views and can do nothing else."""

    def __init__(self, lake: Lake, connection: duckdb.DuckDBPyConnection, spill: tempfile.TemporaryDirectory[str]) -> None:
        self._lake = lake
        self._connection = connection
        self._spill = spill
        self._left = set(view_names())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and remove what it has spilled."""
        self._connection.close()
        self._spill.cleanup()

    def query(self, sql: str) -> pa.Table:
        """Run one query: SELECT, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.

        Raises
        ------
        LakeError
            In one line: what DuckDB refused, or that the statement does more than read.
        """
        with _answered():
            return self._connection.sql(self._checked(sql)).to_arrow_table()

    def batches(self, sql: str, *, rows: int) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Run one query as `query` does; its rows come in batches, computed while they are asked for.

        Parameters
        ----------
        rows : rows of a batch.
        """
        with _answered():
            reader = self._connection.sql(self._checked(sql)).to_arrow_reader(rows)
        return reader.schema, _answering(reader)

    def _checked(self, sql: str) -> str:
        statements = self._connection.extract_statements(sql)
        if len(statements) != 1:
            raise LakeError(f"Expected one SQL statement, was {len(statements)}")
        statement = statements[0]
        text, kind = str(statement.query), statement.type
        if kind in (duckdb.StatementType.EXPLAIN, duckdb.StatementType.SELECT):
            self._make_views(text)
        if kind == duckdb.StatementType.EXPLAIN and "analyze" not in text.lower():
            refuse_more_than_views(self._connection, text)
            return text
        if kind != duckdb.StatementType.SELECT:
            raise LakeError(f"Expected a query that only reads, was {kind.name}")
        refuse_more_than_views(self._connection, text)
        for _, plan in self._connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchall():
            for step in _steps(json.loads(plan)):
                if any(word in step for word in _WRITING_STEPS):
                    raise LakeError(f"Expected a query that only reads, was one with {step}")
        return text

    def _make_views(self, sql: str) -> None:
        """Make the views that a statement may read: those it names, or all where it asks what there is."""
        words = {word.lower() for word in _WORD.findall(sql)}
        named = (
            self._left if words & _CATALOG or any(word.startswith(_CATALOG_FUNCTIONS) for word in words) else self._left & words
        )
        for name in sorted(named):
            self._connection.execute(f'CREATE VIEW "{name}" AS {view_statement(self._lake, name)}')
        self._left -= named


def connect(lake: Lake | Path | str, *, memory_limit: str = "1GB", threads: int = 1) -> LakeReader:
    """Open the lake's views, read-only, in this process.

    Parameters
    ----------
    memory_limit : memory of a query before it spills to the system's folder for temporary files, e.g. "1GB".
    threads : threads of a query.

    Raises
    ------
    LakeError
        There is no lake, its views cannot be built or opened, or a limit cannot be used.
    """
    lake = lake if isinstance(lake, Lake) else existing_lake(lake)
    # A folder whose name can be guessed might be a link that somebody has planted.
    spill = tempfile.TemporaryDirectory(prefix="gex-query-", ignore_cleanup_errors=True)
    try:
        connection = restricted_connection(lake, spill.name, memory_limit=memory_limit, threads=threads)
    except LakeError:
        spill.cleanup()
        raise
    return LakeReader(lake, connection, spill)


def restricted_connection(lake: Lake, spill: str, *, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that can open files of the lake and of a folder for what it spills, and nothing else.

    Raises
    ------
    LakeError
        A limit cannot be used, or the lake's objects are no files.
    """
    folder = duckdb_path(lake, "")
    try:
        connection = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "threads": threads})
        for statement in (
            "ATTACH ':memory:' AS gex",
            "USE gex",
            f"SET temp_directory = {quoted(spill)}",
            "SET TimeZone = 'UTC'",
            "SET python_enable_replacements = false",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            f"SET allowed_directories = [{quoted(folder)}]",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            connection.execute(statement)
    except duckdb.Error as error:
        raise LakeError(f"Expected to open the views of {lake.uri}, was: {_one_line(error)}") from error
    return connection


def query(lake: Lake | Path | str, sql: str, *, memory_limit: str = "1GB", threads: int = 1) -> pa.Table:
    """Run one query over the lake; see `LakeReader.query`."""
    with connect(lake, memory_limit=memory_limit, threads=threads) as reader:
        return reader.query(sql)


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """DuckDB's errors as ours, in one line. Arrow's reader raises them as errors of its own."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise LakeError(f"Expected a query that can be answered, was: {_of_our_views(_one_line(error))}") from error


def _of_our_views(said: str) -> str:
    """What DuckDB says of a name that it does not know, with names of the lake's views in place of its own tables."""
    found = _UNKNOWN_NAME.search(said)
    if found is None:
        return said
    near = get_close_matches(found[1].lower(), view_names(), n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else "SHOW TABLES lists the views"
    return f"{said[: found.end()]}: {hint}"


def _answering(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    with _answered():
        yield from batches


def _steps(plan: Any) -> Iterator[str]:
    nodes = plan if isinstance(plan, list) else [plan]
    for node in nodes:
        yield str(node.get("name", "")).upper()
        yield from _steps(node.get("children", []))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n", maxsplit=1)[0].split())
