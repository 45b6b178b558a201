"""The data dictionary: the text of TABLES.md, made from the schemas alone.

Columns that differ only in their strike slot or in the order of their derivative share a row. Otherwise the 700 columns of
`silver_gex` would be unreadable.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.silver_gex import DERIVATIVE_ORDERS, SLOTS
from gex_assets.schemas.table import LAYERS, Column, Table

__all__ = ["VIEWS", "data_dictionary", "type_name"]

_SLOT: Final = re.compile(rf"(?<=_)(?:{'|'.join(sorted(SLOTS, key=len, reverse=True))})(?=_|$)")
_SLOT_WORD: Final = re.compile(rf"\bslot (?:{'|'.join(sorted(SLOTS, key=len, reverse=True))})\b")
_ORDER: Final = re.compile(rf"^d([{''.join(str(order) for order in DERIVATIVE_ORDERS)}])_")
_ORDER_WORDS: Final = re.compile(r"\bof order \d\b")

_HEAD: Final = """\
# Tables

Generated from `gex_assets/schemas/` by `python -m gex_assets.schemas.dictionary`; a test compares the two. Do not edit.

A table-day is one file, `{lake}/{table}/product=ES/date=YYYY-MM-DD/data.parquet`. `product` and `date` are stored in its path
only; they precede every key. The table's name is also the asset key, the folder and the view in DuckDB, where `product` and
`date` are columns. The view `{table}_all` adds rejected days and the column `rejected`. Times (`ts_…`) are int64 UNIX ns UTC.
A missing value is NULL, never 0 and never NaN. `category` is a dictionary-coded string. The rows of a row group are sorted by
the table's order. *For …* says who needs a column that no stage, view, check or page of this package reads.
"""


VIEWS: Final = """\
## Views over several tables

They need no file of their own. A column that is not explained here is that of the table.

### latest_levels

The last window with a reference price of each product's latest day with rows, from `silver_gex_levels` and `regime_scores`; a
row per
`product`, `convention` and `scope`.

- `date`, `window_end`: the day, and the window's end as TIMESTAMPTZ.
- `price`: `reference_price` [index points]. `put_wall`, `call_wall`, `net_gex`, `net_gex_se`, `gross_gex`, `coverage`,
  `forward_quality`, `underlying`, `weight_used`: as in `silver_gex_levels`. `unit`: unit of the exposures, in words.
- `flip`: `zero_gamma`; NULL beyond three of a day's standard deviations. `flip_reason` says why it is NULL.
- `flip_error`: the larger of `zero_gamma_se` and half of the band [index points]; NULL under `strike_sign_change`.
- `flip_low`, `flip_high`: the band. `regime`, `magnitude`, `bias`, `confidence`: of `regime_scores`, for the scope `selected`
  alone.

### partial_days

Days whose `silver_gex_levels` were made while the day was still running (`gex run --partial`); a row per `product` and `date`.

- `until`: the end of what had come by then, as TIMESTAMPTZ.

### exposure_by_product

Exposures of all products in one unit, next to their futures' volume; a row per window, `product` and `convention`, of the
scope `selected`.

- `date`, `ts_window_end`, `session_date`, `convention_version`, `weight_used`, `underlying`, `reference_price`: as in
  `silver_gex_levels`.
- `multiplier`: value of a point of the product's future [USD].
- `net_usd_per_1pct`, `gross_usd_per_1pct`: exposure [USD per 1 %].
- `net_contracts_per_1pct`, `gross_contracts_per_1pct`: the same in contracts of the future [contracts per 1 %].
- `future_volume`, `future_volume_so_far`: contracts of the underlying future traded in the window, and since the day's
  beginning; NULL
  without futures. `net_share_of_volume`: net contracts per 1 % over the volume so far; NULL where that is 0.

### outcomes_by_level

Outcomes of `gold_trigger_outcomes` over the first rows of episodes; a row per `product`, `date`, `convention`, `level_id`,
`price_source` and horizon `bar`.

- `episodes`: episodes with an outcome at this horizon.
- `break_share`, `reject_share`, `whipsaw_share`, `chop_share`, `no_touch_share`: share of them with each outcome.
- `turned_back`: mean distance that the price turned back; its expectation without drift is 0. `turned_back_episodes`: of how
  many episodes.
- `turned_back_se`: its standard error if episodes were independent; NULL for fewer than two, and where all are equal.
"""
"""The views of DuckDB that join tables; a test compares their columns."""


@dataclass
class _Row:
    """A line of the dictionary: one column, or several that differ in slot or order only."""

    name: str
    column: Column
    about: str
    members: list[str] = field(default_factory=list)


def data_dictionary() -> str:
    """The text of TABLES.md."""
    parts = [_HEAD, _overview(TABLES.values())]
    for layer in LAYERS:
        tables = [table for table in TABLES.values() if table.layer == layer]
        if tables:
            parts.append(f"## {layer}\n")
            parts += [_table(table) for table in tables]
    return "\n".join([*parts, VIEWS])


def _overview(tables: Iterable[Table]) -> str:
    lines = ["| table | key | what a row is |", "|---|---|---|"]
    lines += [f"| [`{table.name}`](#{table.name}) | {', '.join(table.key)} | {_cell(table.about)} |" for table in tables]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> str:
    facts = [f"key `{', '.join(table.key)}`", f"version {table.version}", f"{len(table.columns)} columns"]
    if table.row_order != table.key:
        facts.insert(1, f"row groups sorted by `{', '.join(table.row_order)}`")
    if table.settings:
        facts.append(f"settings `{', '.join(table.settings)}`")
    rows = list(_rows(table))
    lines = [f"### {table.name}\n", table.about + "\n", "; ".join(facts) + ".\n"]
    if table.for_whom:
        lines.append(f"*For {table.for_whom}.*\n")
    families = {"`{slot}`": ", ".join(SLOTS), "`d{n}`": ", ".join(f"d{order}" for order in DERIVATIVE_ORDERS)}
    used = [f"{name} is one of {words}" for name, words in families.items() if any(name[1:-1] in row.name for row in rows)]
    if used:
        lines.append("; ".join(used) + ".\n")
    lines += ["| column | type | unit | NULL | range | what it is |", "|---|---|---|---|---|---|"]
    lines += [
        f"| `{row.name}` | {type_name(row.column.type)} | {_cell(row.column.unit)} | {'yes' if row.column.nullable else ''} "
        f"| {_cell(_range(row.column))} | {_cell(_sentence(row))} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _rows(table: Table) -> Iterator[_Row]:
    """One row per column, or per family of columns where the family is complete."""
    families: dict[tuple[object, ...], _Row] = {}
    for column in table.columns:
        name, about = _family(column)
        alike = (name, about, str(column.type), column.unit, column.nullable, _range(column), column.for_whom)
        row = families.setdefault(alike, _Row(name, column, about))
        row.members.append(column.name)
    for row in families.values():
        expected = (len(SLOTS) if "{slot}" in row.name else 1) * (len(DERIVATIVE_ORDERS) if row.name.startswith("d{n}_") else 1)
        if len(row.members) == expected:
            yield row
        else:
            yield from (
                _Row(column.name, column, column.about, [column.name]) for column in table.columns if column.name in row.members
            )


def _sentence(row: _Row) -> str:
    return f"{row.about} *For {row.column.for_whom}.*" if row.column.for_whom else row.about


def _family(column: Column) -> tuple[str, str]:
    name = _ORDER.sub("d{n}_", column.name)
    name, about = _SLOT.sub("{slot}", name), _SLOT.sub("{slot}", column.about)
    return name, _ORDER_WORDS.sub("of order n", _SLOT_WORD.sub("slot {slot}", about))


def type_name(kind: pa.DataType) -> str:
    """Name of a type as shown in TABLES.md and in the UI's column tables."""
    if pa.types.is_dictionary(kind):
        return "category"
    if pa.types.is_list(kind):
        return f"list of {type_name(kind.value_type)}"
    if pa.types.is_fixed_size_list(kind):
        return f"list of {kind.list_size} {type_name(kind.value_type)}"
    if pa.types.is_struct(kind):
        return f"struct ({', '.join(f'{part.name} {type_name(part.type)}' for part in kind)})"
    return {"double": "float64", "float": "float32", "date32[day]": "date"}.get(str(kind), str(kind))


def _range(column: Column) -> str:
    if column.one_of:
        return ", ".join(column.one_of)
    if column.at_least is not None and column.at_most is not None:
        return f"{column.at_least:g} … {column.at_most:g}"
    if column.at_least is not None:
        return f"≥ {column.at_least:g}"
    return f"≤ {column.at_most:g}" if column.at_most is not None else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.buffer.write(data_dictionary().encode())
