"""Files of option chains: the content of a file decides its form, and the form's module reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.chain.files import cboe, tables
from gex_assets.chain.files.cells import bytes_of, read_cells, text_of
from gex_assets.chain.files.rows import ChainFile
from gex_assets.errors import ChainError

__all__ = ["ChainFile", "read_chain_file"]

_PARQUET: Final = b"PAR1"
_ROWS: Final = ("chain", "options", "rows", "data")
"""Keys of a JSON object that may hold the rows."""


def read_chain_file(path: Path | str) -> ChainFile:
    """Read a chain from a file: Cboe's delayed quotes (CSV or JSON), or a plain table (CSV, Parquet, JSON, JSON lines).

    The content decides what kind of file it is, not its name.

    Raises
    ------
    ChainError
        The file cannot be opened or is none of these, or something in it cannot be read; names file, line and column.

    Examples
    --------
    >>> read_chain_file("nothing.csv")
    Traceback (most recent call last):
    ...
    gex_assets.errors.ChainError: Expected a file, was nothing.csv: No such file or directory
    """
    path = Path(path)
    data = bytes_of(path)
    if data.startswith(_PARQUET):
        try:
            table = pq.read_table(pa.BufferReader(data))
        except pa.ArrowException as error:
            raise ChainError(f"Expected a readable Parquet file, was {path.name}: {error}") from error
        return tables.plain_table(table, file=path.name, form="table, Parquet")
    text = text_of(data, file=path.name)
    if not text.strip():
        raise ChainError(f"Expected a chain in {path.name}, was an empty file")
    if text.lstrip()[0] in "{[":
        return _of_json(_document(text, file=path.name), file=path.name)
    cells = read_cells(text, file=path.name, headed_by=tables.HEADED_BY)
    return cboe.quote_table(cells) if cboe.is_quote_table(cells.header) else tables.cell_table(cells)


def _document(text: str, *, file: str) -> object:
    """A JSON document, or the list of a file's lines of JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and error.msg == "Extra data":
            try:
                return [json.loads(line) for line in lines]
            except json.JSONDecodeError:
                pass
        raise ChainError(f"Expected JSON in {file}, was {error.msg} in line {error.lineno}, column {error.colno}") from error


def _of_json(document: object, *, file: str) -> ChainFile:
    if isinstance(document, Mapping):
        if cboe.is_quotes(document) and _has_symbols(document):
            return cboe.quotes(document, file=file)
        for name in _ROWS:
            rows = document.get(name)
            if isinstance(rows, list | Mapping) and rows and not isinstance(next(iter(rows)), int | float):
                return tables.plain_table(rows, file=file, form="table, JSON", said=document)
        if not all(isinstance(values, list) for values in document.values()):
            raise ChainError(f"Expected rows under one of {', '.join(_ROWS)} in {file}, was {', '.join(map(str, document))}")
    return tables.plain_table(document, file=file, form="table, JSON")


def _has_symbols(document: Mapping[str, object]) -> bool:
    data = document.get("data")
    inner = data if isinstance(data, Mapping) else document
    options = inner.get("options")
    return not options or (isinstance(options, list) and isinstance(options[0], Mapping) and "option" in options[0])
