"""What a table-day was computed from, as the footer of its file states it. It holds no times: equal work has equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gex_assets.errors import LakeError
from gex_assets.lake.names import checked_product, checked_table, day_named

__all__ = ["LINEAGE_KEY", "Lineage", "columns_key", "columns_read", "sidecars_key", "source_of"]

LINEAGE_KEY: Final = b"gex_assets.lineage"

_COLUMNS: Final = "#columns="
_SIDECARS: Final = "#sidecars"


def columns_key(key: str, columns: Sequence[str]) -> str:
    """The key of an input of which only these columns were read. A change of other columns changes nothing."""
    return f"{key}{_COLUMNS}{','.join(sorted(columns))}"


def columns_read(key: str) -> tuple[str, ...] | None:
    """The columns that an input's key names; None where it names the whole object."""
    _, found, columns = key.partition(_COLUMNS)
    return tuple(columns.split(",")) if found else None


def sidecars_key(key: str) -> str:
    """The key of what the sidecars say of a delivered file."""
    return f"{source_of(key)}{_SIDECARS}"


def source_of(key: str) -> str:
    """The object behind an input's key."""
    return key.partition("#")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """The inputs, the code and the settings behind one table-day.

    Attributes
    ----------
    code_version : `Table.version` of the code that computed it.
    settings_hash : digest of the settings that the table names (`Settings.digest(table.settings)`).
    inputs : key of every object that was read, raw files included -> sha256 of its bytes. Where only a part was read:
        `columns_key` or `sidecars_key` -> sha256 of that part.
    """

    table: str
    product: str
    day: date
    code_version: str
    settings_hash: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    def to_footer(self) -> dict[bytes, bytes]:
        """Key and value for a Parquet footer: JSON with sorted keys, equal for equal work."""
        values = {
            "table": self.table,
            "product": self.product,
            "day": self.day.isoformat(),
            "code_version": self.code_version,
            "settings_hash": self.settings_hash,
            "inputs": dict(self.inputs),
        }
        return {LINEAGE_KEY: json.dumps(values, sort_keys=True, separators=(",", ":")).encode()}

    @classmethod
    def from_footer(cls, metadata: Mapping[bytes, bytes] | None, *, where: str) -> Lineage:
        """Read what `to_footer` wrote.

        Raises
        ------
        LakeError
            The footer of the object `where` holds no lineage, or none that can be read.
        """
        text = (metadata or {}).get(LINEAGE_KEY)
        if text is None:
            raise LakeError(f"Expected the lineage in the footer of {where}, was none")
        try:
            values = json.loads(text)
            return cls(
                table=checked_table(values["table"]),
                product=checked_product(values["product"]),
                day=day_named(values["day"]),
                code_version=str(values["code_version"]),
                settings_hash=str(values["settings_hash"]),
                inputs={str(key): str(value) for key, value in values["inputs"].items()},
            )
        except (LakeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeError(f"Expected a readable lineage in the footer of {where}, was {text!r}") from error
