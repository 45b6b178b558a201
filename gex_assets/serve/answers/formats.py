"""A page of rows as bytes: JSON, CSV or an Arrow stream. Each says convention, weight, units and since when it could be known."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pcsv

from gex_assets.conventions import SCALE_UNITS, SIGN_MODELS, Convention
from gex_assets.schemas.availability import availability
from gex_assets.schemas.table import Table
from gex_assets.serve.answers.json_rows import Times, iso_moments, json_rows, plain_json
from gex_assets.serve.answers.parameters import Format
from gex_assets.serve.answers.row_pages import Page, moment_text

__all__ = ["DATE_COLUMN", "about_page", "column_facts", "page_bytes"]

DATE_COLUMN: Final = {"name": "date", "type": "date32[day]", "unit": "", "about": "The UTC date, by which tables are stored."}


def page_bytes(page: Page, known: Mapping[str, Convention], *, form: Format, times: Times, notes: bool) -> bytes:
    """The page in a format.

    Parameters
    ----------
    known : the installation's conventions by name, for what rows do not say of them.
    times : form of moments in JSON.
    notes : whether CSV begins with lines after # that say what the page is.
    """
    about = about_page(page, known, times=times)
    if form == "json":
        units = {column.name: column.unit for column in page.plan.query.table.columns}
        head = plain_json(about)
        return f'{head[:-1]},"rows":{json_rows(page.rows, units=units, times=times)}}}'.encode()
    if form == "csv":
        return _csv(page.rows, about if notes else None)
    return _arrow(page.rows, page.plan.query.table, about)


def about_page(page: Page, known: Mapping[str, Convention], *, times: Times = "iso") -> dict[str, Any]:
    """What is said with the rows."""
    table = page.plan.query.table
    rule = availability(table)
    since = page.known_since_ns
    return {
        "product": page.plan.product,
        "table": table.name,
        "about": table.about,
        "days": [
            {
                "date": one.day.isoformat(),
                "sha256": sha256,
                "published_at": moment_text(one.published_ns),
                "partial": page.partial.get(one.day),
            }
            for one, sha256 in page.days
        ],
        "conventions": [convention_facts(found, known) for found in page.conventions],
        "known_since": {
            "column": rule.column,
            "about": rule.about,
            "latest": None if since is None else _moment(since, times),
        },
        "columns": column_facts(table, page.rows.column_names),
        "next": page.next,
    }


def convention_facts(found: Mapping[str, Any], known: Mapping[str, Convention]) -> dict[str, Any]:
    """What a convention's numbers mean: weight, scale, unit and signs. Signs are known of conventions of equal version."""
    name, version, scale = found.get("convention"), found.get("convention_version"), found.get("scale")
    mine = known.get(str(name))
    same = mine if mine is not None and version in (None, mine.version) else None
    scale = scale if scale is not None else (None if same is None else same.scale)
    return {
        "convention": name,
        "version": version,
        "weight": found.get("weight_used"),
        "scale": scale,
        "unit": None if scale is None else SCALE_UNITS.get(str(scale)),
        "sign_model": None if same is None else same.sign_model,
        "signs": None if same is None else SIGN_MODELS[same.sign_model],
    }


def column_facts(table: Table, names: Sequence[str] | None = None) -> list[dict[str, str]]:
    """Name, type, unit and description of columns, as the schema has them; the date first."""
    columns = {column.name: column for column in table.columns}
    wanted = ["date", *columns] if names is None else names
    return [
        DATE_COLUMN
        if name == "date" and name not in columns
        else {"name": name, "type": str(columns[name].type), "unit": columns[name].unit, "about": columns[name].about}
        for name in wanted
    ]


def _csv(rows: pa.Table, about: Mapping[str, Any] | None) -> bytes:
    out = io.BytesIO()
    if about is not None:
        for name, value in about.items():
            if name == "columns":
                units = ", ".join(f"{one['name']} [{one['unit']}]" for one in value if one["unit"])
                out.write(f"# units: {units}\n".encode())
            else:
                out.write(f"# {name}: {value if isinstance(value, str) else plain_json(value)}\n".encode())
    pcsv.write_csv(_flat(rows), out)
    return out.getvalue()


def _flat(rows: pa.Table) -> pa.Table:
    """Lists as JSON text, words plain: CSV knows neither lists nor dictionaries."""
    columns = []
    for name in rows.column_names:
        values = rows[name]
        if pa.types.is_dictionary(values.type):
            values = values.cast(pa.string())
        elif pa.types.is_nested(values.type):
            texts = [None if value is None else plain_json(value) for value in values.to_pylist()]
            values = pa.chunked_array([texts], pa.string())
        columns.append(values)
    return pa.table(columns, names=rows.column_names)


def _arrow(rows: pa.Table, table: Table, about: Mapping[str, Any]) -> bytes:
    facts = {one["name"]: one for one in column_facts(table, rows.column_names)}
    fields = [
        field.with_metadata({"unit": facts[field.name]["unit"], "about": facts[field.name]["about"]}) for field in rows.schema
    ]
    said = {name: value if isinstance(value, str) else json.dumps(value) for name, value in about.items() if name != "columns"}
    labelled = pa.Table.from_arrays(rows.columns, schema=pa.schema(fields, metadata=said))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, labelled.schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=False)) as writer:
        writer.write_table(labelled)
    return bytes(sink.getvalue())


def _moment(ns: int, times: Times) -> str:
    return str(ns) if times == "ns" else str(iso_moments(pa.chunked_array([[ns]], pa.int64()))[0].as_py())
