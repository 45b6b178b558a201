"""What a table-day or a page was made from, through all tables between, down to the hash of each delivered file.

Each object says in its footer or head what it was made from directly. Here those are followed upwards, as long as what lies there
now is what was read then. Footers and noted hashes are read, and no rows of large tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pyarrow as pa

from gex_assets.errors import LakeError
from gex_assets.lake.freshness import Made, delivered_sha256, sidecars_digest
from gex_assets.lake.lineage import columns_read, sidecars_key, source_of
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.tables import Lake

__all__ = ["MadeFrom", "ancestry", "ancestry_table", "made_object"]

Now = Literal["same", "changed", "gone"]

_COLUMNS: Final = pa.schema(
    [
        pa.field("made", pa.string(), nullable=False),
        pa.field("product", pa.string(), nullable=False),
        pa.field("date", pa.date32(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
        pa.field("settings_hash", pa.string(), nullable=False),
        pa.field("input", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("now", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFrom:
    """One input of a table-day or page.

    Attributes
    ----------
    made : the table or page that was made; with `product` and `date` its day.
    code_version, settings_hash : of what was made, as its lineage states them.
    input : key of what was read; `#columns=` or `#sidecars` name the part of it that was.
    sha256 : of what was read.
    now : whether what lies there now is that: `changed` and `gone` end the way upwards.
    """

    made: str
    product: str
    date: date
    code_version: str
    settings_hash: str
    input: str
    sha256: str
    now: Now


def made_object(lake: Lake, name: str, *, product: str, day: date) -> Made:
    """The published table-day or page.

    Raises
    ------
    LakeError
        There is none.
    """
    page = find_page(lake, name, product=product, day=day)
    return page if page is not None else lake.open(name, product=product, day=day)


def ancestry(lake: Lake, name: str, *, product: str, day: date) -> Iterator[MadeFrom]:
    """All inputs of a published table-day or page, its own first, then those of its inputs. Each object comes once.

    Raises
    ------
    LakeError
        It is not published, or its lineage cannot be read.
    """
    waiting, met = [made_object(lake, name, product=product, day=day)], set[str]()
    while waiting:
        lineage = waiting.pop(0).lineage
        for key, sha256 in sorted(lineage.inputs.items()):
            above, now = _now(lake, key, sha256)
            if above is not None and now == "same" and above.key not in met:
                met.add(above.key)
                waiting.append(above)
            yield MadeFrom(
                made=lineage.table,
                product=lineage.product,
                date=lineage.day,
                code_version=lineage.code_version,
                settings_hash=lineage.settings_hash,
                input=key,
                sha256=sha256,
                now=now,
            )


def ancestry_table(lake: Lake, name: str, *, product: str, day: date) -> pa.Table:
    """`ancestry` as a table, a row per input."""
    rows = [{field: getattr(one, field) for field in _COLUMNS.names} for one in ancestry(lake, name, product=product, day=day)]
    return pa.Table.from_pylist(rows, schema=_COLUMNS)


def _now(lake: Lake, key: str, sha256: str) -> tuple[Made | None, Now]:
    """The table-day behind an input's key, if it is one, and whether it is what was read."""
    source = source_of(key)
    if lake.fs.info(source) is None:
        return None, "gone"
    place = lake.table_day(source)
    if place is None:
        found = sidecars_digest(lake, source) if key == sidecars_key(source) else delivered_sha256(lake, source)
        return None, "same" if found == sha256 else "changed"
    name, product, day = place
    try:
        stored = lake.open(name, product=product, day=day)
        columns = columns_read(key)
        found = stored.sha256() if columns is None else stored.digest(columns)
    except LakeError:
        return None, "changed"
    return stored, "same" if found == sha256 else "changed"
