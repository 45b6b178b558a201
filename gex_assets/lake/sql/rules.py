"""What SQL over the lake may name: its views, and functions that make rows of nothing. No file, no setting, no other database.

DuckDB expands a view into functions that read files, so forbidding these would forbid the views. The rules are therefore held
on the statement as it was written, before any view is expanded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import duckdb

from gex_assets.errors import LakeError

__all__ = ["refuse_more_than_views"]

_ROW_MAKERS: Final = frozenset(
    {
        *("generate_series", "json_each", "json_tree", "query", "range", "repeat", "repeat_row", "unnest"),
        *("duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_types", "duckdb_views", "pg_timezone_names"),
        "summary",
    }
)
"""Table functions that a query may call. What `query` is given is judged as the statement itself is."""

_CATALOG: Final = frozenset({"duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_types", "duckdb_views"})
_OF_DUCKDB: Final = re.compile(r"(?:duckdb|pragma)_\w+", re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(r"[^./\\:*?\[\]]*")
"""A name that DuckDB does not take for a file, whatever files there are."""

_READING_NODES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_EXPLAIN: Final = re.compile(r"\s*explain\s*(?:\([^)]*\)\s*)?", re.IGNORECASE)
_MOST_NESTED: Final = 5
"""How deep `query('…')` may call itself."""


def refuse_more_than_views(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse a statement that names more than views.

    Parameters
    ----------
    sql : one statement that DuckDB can parse: a SELECT, or an EXPLAIN of one.

    Raises
    ------
    LakeError
        Names what the statement asks for beyond views.
    """
    explained = _EXPLAIN.match(sql)
    try:
        _judge(connection, sql[explained.end() :] if explained else sql, depth=0)
    except RecursionError as error:
        raise LakeError("Expected a query of at most some hundred levels, was one nested deeper") from error


def _judge(connection: duckdb.DuckDBPyConnection, sql: str, *, depth: int) -> None:
    if depth > _MOST_NESTED:
        raise LakeError(f"Expected query() in at most {_MOST_NESTED} levels, was more")
    ((text,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        raise LakeError(
            "Expected a query whose columns are known before it runs, was one that DuckDB cannot show: begin with SELECT, and "
            "give PIVOT its values with IN (…)"
        )
    for node in _nodes(tree):
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in _READING_NODES:
            raise LakeError(f"Expected a query that only reads, was one with {kind.removesuffix('_QUERY_NODE')}")
        if kind == "BASE_TABLE":
            _judge_name(str(node["table_name"]))
        elif kind == "TABLE_FUNCTION":
            inner = _judge_function(node["function"])
            if inner is not None:
                _judge(connection, inner, depth=depth + 1)


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _judge_name(name: str) -> None:
    """Refuse names of files, and of DuckDB's own state.

    A part of the statement that is named like a file (`WITH "a.parquet" AS …`) is refused too: elsewhere in the same statement
    its name may mean the file.
    """
    if not _PLAIN_NAME.fullmatch(name):
        raise LakeError(f"Expected the name of a view, was {name!r}: SQL sees views only, SHOW TABLES lists them")
    if _OF_DUCKDB.fullmatch(name) and name.lower() not in _CATALOG:
        raise LakeError(f"Expected the name of a view, was DuckDB's {name}: SQL sees views only, SHOW TABLES lists them")


def _judge_function(function: Mapping[str, Any]) -> str | None:
    """Refuse functions that see more than views. Returns the SQL that `query` is given."""
    name = str(function["function_name"]).lower()
    if name not in _ROW_MAKERS:
        raise LakeError(f"Expected a query over views, was one with {name}(): SQL sees views only, SHOW TABLES lists them")
    if name != "query":
        return None
    arguments = [one["expression"] for one in function["arguments"]]
    literal = arguments[0].get("literal") if len(arguments) == 1 else None
    if not literal or literal.get("kind") != "STRING":
        raise LakeError("Expected query() of one text between quotation marks, was another argument")
    return str(literal["text"])
