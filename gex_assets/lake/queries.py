"""SQL over the views, read-only, in this process.

DuckDB is restricted first: the file of views is attached read-only, files outside the lake are forbidden, settings are locked.
That leaves a gap: inside the lake `COPY … TO` could write, even from within a WITH clause. So each query is checked before it
runs: one statement, of a kind that reads, with a plan that has no writing step.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake
from gex_assets.lake.views import current_views, duckdb_path, quoted

__all__ = ["LakeReader", "connect", "query"]

_WRITING_STEPS: Final = ("COPY", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "EXECUTE", "EXTERNAL_RESOURCE")


class LakeReader:
    """A connection that runs queries over the lake's views and can do nothing else."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def query(self, sql: str) -> pa.Table:
        """Run one query: SELECT, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.

        Raises
        ------
        LakeError
            In one line: what DuckDB refused, or that the statement does more than read.
        """
        try:
            statement = self._checked(sql)
            return self._connection.sql(statement).to_arrow_table()
        except duckdb.Error as error:
            raise LakeError(f"Expected a query that can be answered, was: {_one_line(error)}") from error

    def _checked(self, sql: str) -> str:
        statements = self._connection.extract_statements(sql)
        if len(statements) != 1:
            raise LakeError(f"Expected one SQL statement, was {len(statements)}")
        statement = statements[0]
        text, kind = str(statement.query), statement.type
        if kind == duckdb.StatementType.EXPLAIN and "analyze" not in text.lower():
            return text
        if kind != duckdb.StatementType.SELECT:
            raise LakeError(f"Expected a query that only reads, was {kind.name}")
        for _, plan in self._connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchall():
            for step in _steps(json.loads(plan)):
                if any(word in step for word in _WRITING_STEPS):
                    raise LakeError(f"Expected a query that only reads, was one with {step}")
        return text


def connect(lake: Lake | Path | str, *, memory_limit: str = "1GB", threads: int = 1) -> LakeReader:
    """Open the lake's views, read-only, in this process.

    Parameters
    ----------
    memory_limit : memory of a query before it spills to the system's folder for temporary files, e.g. "1GB".
    threads : threads of a query.

    Raises
    ------
    LakeError
        The views cannot be built or opened, or a limit cannot be used.
    """
    lake = lake if isinstance(lake, Lake) else Lake(lake)
    views = current_views(lake)
    spill = Path(tempfile.gettempdir()) / f"gex-query-{os.getpid()}"
    try:
        connection = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "threads": threads})
        for statement in (
            f"ATTACH {quoted(views)} AS gex (READ_ONLY)",
            "USE gex",
            f"SET temp_directory = {quoted(spill.as_posix())}",
            "SET python_enable_replacements = false",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            f"SET allowed_directories = [{quoted(duckdb_path(lake, ''))}]",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            connection.execute(statement)
    except duckdb.Error as error:
        raise LakeError(f"Expected to open the views of {lake.uri}, was: {_one_line(error)}") from error
    return LakeReader(connection)


def query(lake: Lake | Path | str, sql: str, *, memory_limit: str = "1GB", threads: int = 1) -> pa.Table:
    """Run one query over the lake; see `LakeReader.query`."""
    with connect(lake, memory_limit=memory_limit, threads=threads) as reader:
        return reader.query(sql)


def _steps(plan: Any) -> Iterator[str]:
    nodes = plan if isinstance(plan, list) else [plan]
    for node in nodes:
        yield str(node.get("name", "")).upper()
        yield from _steps(node.get("children", []))


def _one_line(error: duckdb.Error) -> str:
    return " ".join(str(error).split("\n\n", maxsplit=1)[0].split())
