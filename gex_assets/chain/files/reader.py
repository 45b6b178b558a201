"""Files of option chains: the content of a file decides its form, and the form's module reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files import cboe, nested, tables
from gex_assets.chain.files.cells import MOST_COLUMNS, read_cells
from gex_assets.chain.files.column_names import is_header, is_header_of_symbols
from gex_assets.chain.files.contents import bytes_of, is_spreadsheet, name_of, text_of, unpacked
from gex_assets.chain.files.file_request import FileRequest
from gex_assets.chain.files.json_text import document_of
from gex_assets.chain.files.rows import ChainFile
from gex_assets.chain.files.spreadsheet import sheet_cells
from gex_assets.chain.files.typed_columns import TypedColumns
from gex_assets.chain.files.vendors.known_forms import vendor_chain
from gex_assets.errors import ChainError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ChainFile", "FileRequest", "read_chain_file"]

_PARQUET: Final = b"PAR1"
_HEADED_BY: Final = "a column strike or option symbols"
_MOST_PARQUET: Final = 10_000_000
_BY_KEYS: Final = {"results": "Polygon option chain, JSON", "options.option": "Tradier option chain, JSON"}
"""Path of the rows -> name of the form, where it tells the vendor."""


def read_chain_file(path: Path | str, request: FileRequest | None = None) -> ChainFile:
    """Read a chain from a file, or from standard input for "-".

    Read are Cboe's delayed quotes (CSV or JSON), plain tables (CSV, Parquet, JSON, JSON lines, Excel), and the JSON of vendors:
    Schwab, Tradier, Polygon, Yahoo, Deribit, NSE, and any that nests rows of options. gzip and zip are unpacked. The content
    decides what kind of file it is, not its name. docs/chain_files.md lists names and forms.

    Parameters
    ----------
    path : of the file.
    request : which part of it is meant, where it has several symbols, days or prices, and what it leaves open.

    Raises
    ------
    ChainError
        The file cannot be opened or is none of these, something in it cannot be read, or what must be one in a chain is
        several; names file, line and column.

    Examples
    --------
    >>> read_chain_file("nothing.csv")
    Traceback (most recent call last):
    ...
    gex_assets.errors.ChainError: Expected a file, was nothing.csv: No such file or directory
    """
    request = request or FileRequest()
    name = name_of(path)
    data = unpacked(bytes_of(path), file=name)
    if data.startswith(_PARQUET):
        columns = TypedColumns.of_table(_parquet(data, file=name), file=name, decimal=request.decimal)
        return tables.read_table(columns, form="table, Parquet", request=request)
    if is_spreadsheet(data):
        return tables.read_table(sheet_cells(data, file=name, decimal=request.decimal), form="table, Excel", request=request)
    text = text_of(data, file=name)
    if not text.strip():
        raise ChainError(f"Expected a chain in {name}, was an empty file")
    if text.lstrip()[0] in "{[" and not text.lstrip().startswith("[QUOTE_"):
        return _of_json(text, file=name, request=request)
    cells = read_cells(
        text, file=name, is_header=is_header, or_else=is_header_of_symbols, expected=_HEADED_BY, decimal=request.decimal
    )
    if cboe.is_quote_table(cells.header):
        return cboe.quote_table(cells, request)
    return tables.read_table(cells, form="table, CSV", request=request)


def _parquet(data: bytes, *, file: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(pa.BufferReader(data))
        shape = parquet.metadata.num_rows, parquet.metadata.num_columns
        if shape[1] > MOST_COLUMNS or shape[0] * shape[1] > _MOST_PARQUET:
            raise ChainError(f"Expected at most {MOST_COLUMNS:,} columns and {_MOST_PARQUET:,} values in {file}, was {shape}")
        return parquet.read()
    except (pa.ArrowException, OSError) as error:
        raise ChainError(f"Expected a readable Parquet file, was {file}: {error}") from error


def _of_json(text: str, *, file: str, request: FileRequest) -> ChainFile:
    document, is_lines = document_of(text, file=file)
    if isinstance(document, Mapping) and cboe.is_quotes(document) and _has_symbols(document):
        return cboe.quotes(document, file=file, request=request)
    warnings = Warnings()
    vendor = vendor_chain(document, file=file, symbol=request.symbol)
    if vendor is not None:
        for code, note in vendor.notes.items():
            warnings.add(code, note)
        return tables.read_table(
            TypedColumns.of_rows(vendor.rows, file=file, decimal=request.decimal),
            form=vendor.form,
            request=request,
            said=vendor.said,
            warnings=warnings,
            multiplier=vendor.multiplier,
        )
    lists = _columns_in(document)
    if lists is not None:
        columns = TypedColumns.of_lists(lists, file=file, decimal=request.decimal)
        return tables.read_table(columns, form="table, JSON", request=request, said=tables.said_in(document))
    found = nested.find_rows(document, file=file)
    if found.has_more:
        warnings.add("more_pages", "the file names a next page: sums are of this page alone")
    columns = TypedColumns.of_rows(found.rows, file=file, decimal=request.decimal, row_word="line" if is_lines else "row")
    form = _BY_KEYS.get(found.path, "table, JSON")
    return tables.read_table(columns, form=form, request=request, said=found.said, warnings=warnings)


def _columns_in(document: object) -> dict[str, list[object]] | None:
    """The lists of an object that is a table by columns, whole or below chain, options, rows or data; None for any other."""
    if not isinstance(document, Mapping):
        return None
    for one in (document, *(document[name] for name in ("chain", "options", "rows", "data") if name in document)):
        if isinstance(one, Mapping):
            lists = {str(name): values for name, values in one.items() if isinstance(values, list)}
            if is_header(list(lists)) and not any(values and isinstance(values[0], Mapping) for values in lists.values()):
                return lists
    return None


def _has_symbols(document: Mapping[str, object]) -> bool:
    data = document.get("data")
    inner = data if isinstance(data, Mapping) else document
    options = inner.get("options")
    return not options or (isinstance(options, list) and isinstance(options[0], Mapping) and "option" in options[0])
