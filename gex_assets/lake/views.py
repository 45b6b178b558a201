"""The lake as SQL: one DuckDB view per table over the published files.

Next to it stand one that includes rejected files (`…_all`) and one whose moments are TIMESTAMPTZ (`…_utc`).

`JOINED` are views over several tables, of published days only. `gex.duckdb` in the lake's folder holds views only: any DuckDB
that is started in that folder can open it, and it can be deleted at any time. Its paths are relative, so a lake may be moved.
Runs rebuild it whenever its views no longer fit the lake. `queries.py` answers SQL without it: it makes the views that a query
names in memory, so that a lake that cannot be written can be asked. DuckDB reads files only: a lake of others has no views.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import StagedObject, Waiting
from gex_assets.lake.joined_views import JOINED as OF_SEVERAL_TABLES
from gex_assets.lake.keys import VIEWS_KEY, parsed_day_key, table_days_glob, table_root
from gex_assets.lake.sql.people_views import PARTIAL_DAYS, UTC, latest_levels, partial_days, with_moments
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.schemas.table import Table

__all__ = [
    "JOINED",
    "current_views",
    "duckdb_path",
    "quoted",
    "renew_views",
    "sql_type",
    "view_names",
    "view_statement",
    "view_statements",
    "write_views",
]

_WRITING_SECONDS: Final = 60.0
"""Writing takes a second, but a machine may be busy."""
_ALL: Final = "_all"
"""End of the name of a view that includes rejected days."""

JOINED: Final[Mapping[str, Callable[[Mapping[str, str]], str]]] = MappingProxyType(
    {**OF_SEVERAL_TABLES, "latest_levels": latest_levels}
)
"""Name of each view over several tables -> how it is made of the SELECTs of the tables' views."""

_HIVE: Final = "hive_partitioning = true, hive_types_autocast = false, hive_types = {'product': VARCHAR, 'date': DATE}"
_SQL_TYPES: Final = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
}


def write_views(lake: Lake, tables: Iterable[Table] | None = None) -> None:
    """Build `gex.duckdb` in scratch and publish it. Whoever has the old one open can go on reading it.

    Raises
    ------
    LakeError
        The file cannot be written, or a file of the lake cannot be read.
    """
    _write(lake, _all_statements(lake) if tables is None else view_statements(lake, tables))


def current_views(lake: Lake) -> str:
    """Path of `gex.duckdb`, rebuilt first where it is absent or its views no longer fit the lake.

    Its paths are relative to the lake's folder: DuckDB looks for them in its working directory.

    Raises
    ------
    LakeError
        See `write_views`.
    """
    statements = _all_statements(lake)
    path = duckdb_path(lake, VIEWS_KEY)
    if _digest_of(path) != _digest(statements):
        _write(lake, statements)
    return path


def renew_views(lake: Lake, log: logging.Logger) -> None:
    """`current_views` after something was published, where DuckDB can read the lake.

    What prevents it is logged: nothing that is published depends on the views.
    """
    if lake.fs.duckdb_path(VIEWS_KEY) is None:
        return
    try:
        current_views(lake)
    except LakeError as error:
        log.warning("gex.duckdb is as it was: %s. What was published is there; the next run writes the views", error)


def duckdb_path(lake: Lake, key: str) -> str:
    """The path of an object for DuckDB, wildcards included; "" is the lake.

    Raises
    ------
    LakeError
        The lake's objects are no local files.
    """
    path = lake.fs.duckdb_path(key)
    if path is None:
        raise LakeError(f"Expected a lake in a local folder for SQL, was {lake.uri}: DuckDB reads files only")
    return path


def view_names() -> tuple[str, ...]:
    """Names of all views."""
    return (*TABLES, *(f"{name}{end}" for end in (_ALL, UTC) for name in TABLES), *JOINED, PARTIAL_DAYS)


def view_statement(lake: Lake, name: str) -> str:
    """The SELECT behind one view, with absolute paths. Only the tables that it reads are looked at."""
    if name in JOINED:
        return JOINED[name](_Published(lake))
    if name == PARTIAL_DAYS:
        return _partial_days(lake, relative=False)
    table = TABLES[name.removesuffix(_ALL).removesuffix(UTC)]
    return _statements(lake, table, relative=False)[name]


class _Published(dict[str, str]):
    """SELECTs behind the views of published tables, made when they are asked for."""

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self._lake = lake

    def __missing__(self, name: str) -> str:
        self[name] = _select(self._lake, TABLES[name], rejected=False, relative=False)
        return self[name]


def _all_statements(lake: Lake) -> dict[str, str]:
    statements = view_statements(lake, TABLES.values())
    joined = {name: make(statements) for name, make in JOINED.items()}
    return statements | joined | {PARTIAL_DAYS: _partial_days(lake, relative=True)}


def view_statements(lake: Lake, tables: Iterable[Table]) -> dict[str, str]:
    """Name of every view of the file -> the SELECT behind it, with relative paths.

    Columns are those of the schema, preceded by `product` and `date`. A table without data has a view without rows.
    """
    duckdb_path(lake, "")  # refuses a lake whose objects are no files
    statements: dict[str, str] = {}
    for table in tables:
        statements |= _statements(lake, table, relative=True)
    return statements


def _statements(lake: Lake, table: Table, *, relative: bool) -> dict[str, str]:
    """The three views of a table."""
    published = _select(lake, table, rejected=False, relative=relative)
    either = [("false", published)]
    if _ends(lake, table, rejected=True):  # a branch of 700 columns costs DuckDB time, even an empty one
        either.append(("true", _select(lake, table, rejected=True, relative=relative)))
    union = " UNION ALL ".join(
        f"SELECT {_with_flag(table, flag)} FROM ({select})"  # noqa: S608 (names from the schemas)
        for flag, select in either
    )
    return {table.name: published, f"{table.name}{_ALL}": union, f"{table.name}{UTC}": with_moments(table, published)}


def _select(lake: Lake, table: Table, *, rejected: bool, relative: bool) -> str:
    columns = {"product": "VARCHAR", "date": "DATE"} | {column.name: sql_type(column.type) for column in table.columns}
    empty = "SELECT " + ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items()) + " WHERE false"
    ends = _ends(lake, table, rejected=rejected)
    if not ends:
        return empty
    glob = table_days_glob(table.name, rejected=rejected)
    files = f"{quoted(glob if relative else duckdb_path(lake, glob))}, {_HIVE}"
    # DuckDB takes the columns from the first file. Where days of an older layout are left it must read every footer, which
    # takes seconds on years of data. Days are recomputed in order, so the first and the last day tell.
    if all(_layout(lake, key) == table.column_names for key in ends):
        source = f"read_parquet({files})"
    else:
        source = f"({empty} UNION ALL BY NAME FROM read_parquet({files}, union_by_name = true))"
    return "SELECT " + ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns.items()) + f" FROM {source}"  # noqa: S608 (names from the schemas)


def _partial_days(lake: Lake, *, relative: bool) -> str:
    """The SELECT behind `partial_days`."""
    table = SILVER_GEX_LEVELS
    if not _ends(lake, table, rejected=False):
        return partial_days(None)
    glob = table_days_glob(table.name)
    return partial_days(quoted(glob if relative else duckdb_path(lake, glob)))


def _ends(lake: Lake, table: Table, *, rejected: bool) -> set[str]:
    """The first and the last published (or rejected) object of a table; none where it has no data."""
    folder = table_root(table.name, rejected=rejected)
    found: set[str] = set()
    for descending in (False, True):
        keys = lake.fs.keys(folder, descending=descending)
        found.update(islice((key for key in keys if parsed_day_key(key, rejected=rejected)), 1))
    return found


def _with_flag(table: Table, flag: str) -> str:
    return ", ".join(["product", "date", f"{flag} AS rejected", *(f'"{name}"' for name in table.column_names)])


def _layout(lake: Lake, key: str) -> tuple[str, ...]:
    try:
        return tuple(pq.read_schema(lake.fs.open(key).file).names)
    except (pa.ArrowException, OSError) as error:
        raise LakeError(f"Expected a Parquet file at {key}, was: {error}") from error


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type; LakeError where it has none."""
    if pa.types.is_dictionary(kind):
        return sql_type(kind.value_type)
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in kind) + ")"
    if pa.types.is_fixed_size_list(kind):
        return f"{sql_type(kind.value_type)}[{kind.list_size}]"
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if kind not in _SQL_TYPES:
        raise LakeError(f"Expected a type that SQL has a name for, was {kind}")
    return _SQL_TYPES[kind]


def quoted(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _digest(statements: dict[str, str]) -> str:
    text = "\n".join(f"{name} {select}" for name, select in statements.items())
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of(path: str) -> str | None:
    """The digest that the file states; None where there is no readable file."""
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"ATTACH {quoted(path)} AS gex (READ_ONLY)")
            row = connection.execute("FROM gex.views_written").fetchone()
            return str(row[0]) if row else None
    except duckdb.Error:
        return None


def _write(lake: Lake, statements: dict[str, str]) -> None:
    folder = duckdb_path(lake, "")  # refuses a lake whose objects are no files
    with lake.fs.lock(VIEWS_KEY, Waiting(_WRITING_SECONDS)):
        lake.fs.clear_staged(VIEWS_KEY)  # of a writer that was killed
        _write_alone(lake, folder, statements)


def _write_alone(lake: Lake, folder: str, statements: dict[str, str]) -> None:
    staged: StagedObject | None = None
    try:
        staged = lake.fs.stage(VIEWS_KEY)
        with duckdb.connect(staged.path.as_posix()) as connection:
            connection.execute(f"SET file_search_path = {quoted(folder)}")
            connection.begin()  # else each of the many views waits for the disk
            for name, select in statements.items():
                connection.execute(f'CREATE VIEW "{name}" AS {select}')
            connection.execute(f"CREATE VIEW views_written AS SELECT '{_digest(statements)}' AS sha256")
            connection.commit()
        staged.publish()
    except (duckdb.Error, OSError) as error:
        raise LakeError(f"Expected to write the views of {lake.uri}, was: {str(error).splitlines()[0]}") from error
    finally:
        if staged is not None:
            with contextlib.suppress(OSError):
                staged.discard()
