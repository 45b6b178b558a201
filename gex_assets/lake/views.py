"""The lake as SQL: one DuckDB view per table over the published files, and one (`…_all`) that includes rejected ones.

`JOINED` are views over several tables, of published days only. `gex.duckdb` in the lake's folder holds views only: any DuckDB
can open it, and it can be deleted at any time. It is rebuilt whenever its views no longer fit the lake. SQL is answered by
`queries.py`. DuckDB reads files only, so a lake without local files has no views.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from itertools import islice
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.errors import LakeError
from gex_assets.lake.joined_views import JOINED
from gex_assets.lake.keys import VIEWS_KEY, parsed_day_key, table_days_glob, table_root
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table

__all__ = ["JOINED", "current_views", "duckdb_path", "quoted", "view_statements", "write_views"]

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


def _all_statements(lake: Lake) -> dict[str, str]:
    statements = view_statements(lake, TABLES.values())
    return statements | {name: joined(statements) for name, joined in JOINED.items()}


def view_statements(lake: Lake, tables: Iterable[Table]) -> dict[str, str]:
    """Name of every view -> the SELECT behind it.

    Columns are those of the schema, preceded by `product` and `date`. A table without data has a view without rows.
    """
    statements = {}
    for table in tables:
        published = _select(lake, table, rejected=False)
        statements[table.name] = published
        either = [("false", published)]
        if _ends(lake, table, rejected=True):  # a branch of 700 columns costs DuckDB time, even an empty one
            either.append(("true", _select(lake, table, rejected=True)))
        statements[f"{table.name}_all"] = " UNION ALL ".join(
            f"SELECT {_with_flag(table, flag)} FROM ({select})"  # noqa: S608 (names from the schemas)
            for flag, select in either
        )
    return statements


def _select(lake: Lake, table: Table, *, rejected: bool) -> str:
    columns = {"product": "VARCHAR", "date": "DATE"} | {column.name: _sql_type(column.type) for column in table.columns}
    empty = "SELECT " + ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items()) + " WHERE false"
    ends = _ends(lake, table, rejected=rejected)
    if not ends:
        return empty
    files = f"{quoted(duckdb_path(lake, table_days_glob(table.name, rejected=rejected)))}, {_HIVE}"
    # DuckDB takes the columns from the first file. Where days of an older layout are left it must read every footer, which
    # takes seconds on years of data. Days are recomputed in order, so the first and the last day tell.
    if all(_layout(lake, key) == table.column_names for key in ends):
        source = f"read_parquet({files})"
    else:
        source = f"({empty} UNION ALL BY NAME FROM read_parquet({files}, union_by_name = true))"
    return "SELECT " + ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in columns.items()) + f" FROM {source}"  # noqa: S608 (names from the schemas)


def _ends(lake: Lake, table: Table, *, rejected: bool) -> set[str]:
    """The first and the last published (or rejected) object of a table; none where it has no data."""
    folder = table_root(table.name, rejected=rejected)
    found: set[str] = set()
    for descending in (False, True):
        keys = (info.key for info in lake.fs.list(folder, descending=descending))
        found.update(islice((key for key in keys if parsed_day_key(key, rejected=rejected)), 1))
    return found


def _with_flag(table: Table, flag: str) -> str:
    return ", ".join(["product", "date", f"{flag} AS rejected", *(f'"{name}"' for name in table.column_names)])


def _layout(lake: Lake, key: str) -> tuple[str, ...]:
    try:
        return tuple(pq.read_schema(lake.fs.open(key).file).names)
    except (pa.ArrowException, OSError) as error:
        raise LakeError(f"Expected a Parquet file at {key}, was: {error}") from error


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _sql_type(kind.value_type)
    if pa.types.is_struct(kind):
        return "STRUCT(" + ", ".join(f'"{field.name}" {_sql_type(field.type)}' for field in kind) + ")"
    if pa.types.is_fixed_size_list(kind):
        return f"{_sql_type(kind.value_type)}[{kind.list_size}]"
    if pa.types.is_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
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
    duckdb_path(lake, VIEWS_KEY)  # refuses a lake whose objects are no files
    staged = lake.fs.stage(VIEWS_KEY)
    try:
        with duckdb.connect(staged.path.as_posix()) as connection:
            for name, select in statements.items():
                connection.execute(f'CREATE VIEW "{name}" AS {select}')
            connection.execute(f"CREATE VIEW views_written AS SELECT '{_digest(statements)}' AS sha256")
        staged.publish()
    except (duckdb.Error, OSError) as error:
        raise LakeError(f"Expected to write the views of {lake.uri}, was: {str(error).splitlines()[0]}") from error
    finally:
        with contextlib.suppress(OSError):
            staged.discard()
