"""Types of answers for the API's documentation, made from the tables' schemas: names, units and sentences are theirs."""

from __future__ import annotations

from typing import Any, Final, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, create_model

from gex_assets.schemas.table import Column, Table
from gex_assets.serve.answers.formats import DATE_COLUMN
from gex_assets.serve.answers.json_rows import MOMENT_UNIT

__all__ = ["ColumnFacts", "ConventionFacts", "DayState", "KnownSince", "page_model", "row_model"]

_DERIVATIVES: Final = ("d1_", "d2_", "d3_")


class DayState(BaseModel):
    """A published day that rows come from."""

    date: str = Field(description="UTC date.", examples=["2026-01-06"])
    sha256: str = Field(description="Hash of the table's file: the state of the data.")
    published_at: str = Field(description="When that state was published, in UTC.", examples=["2026-01-07T06:00:00Z"])
    partial: str | None = Field(description="Of a day that was still running: that it was, and until when. Null for whole days.")


class ConventionFacts(BaseModel):
    """What the numbers of a convention mean. No statement about dealers is a fact: the signs are a named assumption."""

    convention: str | None = Field(description="The named set of choices.", examples=["field"])
    version: int | None = Field(description="Its version.", examples=[2])
    weight: str | None = Field(
        description="What gammas were multiplied with; null where there is none.", examples=["open_interest"]
    )
    scale: str | None = Field(description="Scale of exposures.", examples=["usd_per_1pct"])
    unit: str | None = Field(description="Unit of exposures.", examples=["USD per 1 %"])
    sign_model: str | None = Field(
        description="The assumption behind the signs; null where this installation does not know the version.",
        examples=["long_call_short_put"],
    )
    signs: str | None = Field(description="The same in words.", examples=["calls +, puts -"])


class KnownSince(BaseModel):
    """Since when the rows could be known."""

    column: str | None = Field(description="The column whose moment says so for each row.", examples=["ts_window_end"])
    about: str = Field(description="What that means.")
    latest: str | None = Field(description="The latest such moment in this answer: no part of it needs to be newer.")


class ColumnFacts(BaseModel):
    """A column as its schema describes it."""

    name: str
    type: str = Field(description="Arrow type, as CSV and Arrow have it.")
    unit: str
    about: str


def row_model(table: Table) -> type[BaseModel]:
    """A row of a table in JSON. Where columns were chosen, the others are absent.

    Derivatives (d1_, d2_, d3_) are not listed one by one: they are numbers or null, with the description of their feature.
    """
    fields: dict[str, Any] = {"date": (str, Field(description=DATE_COLUMN["about"], examples=["2026-01-06"]))}
    for column in table.columns:
        if not column.name.startswith(_DERIVATIVES):
            required = column.name in table.key
            about = column.about + (f" [{column.unit}]" if column.unit else "")
            fields[column.name] = (
                _type(column),
                Field(description=about) if required else Field(default=None, description=about),
            )
    config = ConfigDict(extra="allow", title=f"{table.name} row", protected_namespaces=())
    return create_model(f"Row_{table.name}", __config__=config, __doc__=table.about, **fields)


def page_model(table: Table) -> type[BaseModel]:
    """A page of rows of a table, with what must be said with them."""
    fields: dict[str, Any] = {
        "product": (str, Field(examples=["ES"])),
        "table": (Literal[table.name], Field(description="Name of the table.")),
        "about": (str, Field(description="What a row is.")),
        "days": (list[DayState], Field(description="Published days that were read, and their states.")),
        "conventions": (list[ConventionFacts], Field(description="What exposures of these rows mean, by convention.")),
        "known_since": (KnownSince, Field(description="Since when the rows could be known.")),
        "columns": (list[ColumnFacts], Field(description="The rows' columns, in order.")),
        "next": (str | None, Field(description="Cursor of the next page; null at the end.")),
        "rows": (list[row_model(table)], Field(description="The rows, by the table's key.")),  # type: ignore[misc]
    }
    return create_model(f"Page_{table.name}", __config__=ConfigDict(title=f"{table.name} page"), **fields)


def _type(column: Column) -> Any:
    kind = column.type
    found: Any = str
    if pa.types.is_dictionary(kind) and column.one_of:
        found = Literal[column.one_of]
    elif pa.types.is_boolean(kind):
        found = bool
    elif pa.types.is_int64(kind) and column.unit == MOMENT_UNIT:
        found = str
    elif pa.types.is_integer(kind):
        found = int
    elif pa.types.is_floating(kind):
        found = float
    elif pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        found = list[str] if pa.types.is_string(kind.value_type) else list[float | None]
    return found | None
