"""What a table-day was computed from, as the footer of its file states it. It holds no times: equal work has equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from gex_assets.errors import LakeError
from gex_assets.lake.names import checked_product, checked_table, day_named
from gex_assets.time_units import DAY_NS, SECOND_NS

__all__ = [
    "LINEAGE_KEY",
    "NO_RECORDS_YET",
    "WHILE_RUNNING",
    "Lineage",
    "columns_key",
    "columns_read",
    "end_of_orders",
    "sidecars_key",
    "source_of",
    "until_text",
    "while_running",
]

LINEAGE_KEY: Final = b"gex_assets.lineage"

WHILE_RUNNING: Final = "made while the day was still running"
"""How it is said of a partial day that it is one."""
NO_RECORDS_YET: Final = "no records yet"
"""How it is said of a partial day that nothing has come of it."""

_REFERENCE_DATA: Final = ("raw_option_definition", "raw_option_statistics", "bronze_option_statistics")

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


def end_of_orders(ends: Mapping[str, int]) -> int | None:
    """Up to when something goes that is made of partial inputs: to the earliest end among orders and what is made of them.

    Definitions and statistics come in bursts and count only where there is nothing else. So do inputs of which nothing had come:
    they end with the day's first moment.

    Parameters
    ----------
    ends : up to when each partial input goes, by its key. [UNIX ns UTC]

    Returns
    -------
    None without partial inputs. [UNIX ns UTC]
    """
    came = {key: end for key, end in ends.items() if end % DAY_NS}
    orders = [end for key, end in came.items() if key.partition("/")[0] not in _REFERENCE_DATA]
    return min(orders or came.values() or ends.values(), default=None)


def while_running(until_ns: int) -> str:
    """That something was made of a day that was not over, and up to when.

    Parameters
    ----------
    until_ns : `Lineage.partial_until_ns`. [UNIX ns UTC]

    Examples
    --------
    >>> while_running(1_767_711_345 * 10**9)
    'made while the day was still running, until 14:55 UTC'
    >>> while_running(1_767_657_600 * 10**9)
    'made while the day was still running, no records yet'
    """
    return f"{WHILE_RUNNING}, {until_text(until_ns)}"


def until_text(until_ns: int) -> str:
    """Up to when a partial day goes. One that goes to its first moment has no record.

    Parameters
    ----------
    until_ns : `Lineage.partial_until_ns`. [UNIX ns UTC]

    Examples
    --------
    >>> until_text(1_767_711_345 * 10**9), until_text(1_767_657_600 * 10**9)
    ('until 14:55 UTC', 'no records yet')
    """
    if until_ns % DAY_NS == 0:
        return NO_RECORDS_YET
    return f"until {datetime.fromtimestamp(until_ns // SECOND_NS, tz=UTC):%H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """The inputs, the code and the settings behind one table-day.

    Attributes
    ----------
    code_version : `Table.version` of the code that computed it.
    settings_hash : digest of the settings that the table names (`Settings.digest(table.settings)`).
    inputs : key of every object that was read, raw files included -> sha256 of its bytes. Where only a part was read:
        `columns_key` or `sidecars_key` -> sha256 of that part.
    partial_until_ns : of a day that was still running: the end of what had been delivered. None for days that were over, of
        which the footer says nothing: their bytes are what they always were. [UNIX ns UTC]
    """

    table: str
    product: str
    day: date
    code_version: str
    settings_hash: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    partial_until_ns: int | None = None

    def to_footer(self) -> dict[bytes, bytes]:
        """Key and value for a Parquet footer: JSON with sorted keys, equal for equal work."""
        values: dict[str, Any] = {
            "table": self.table,
            "product": self.product,
            "day": self.day.isoformat(),
            "code_version": self.code_version,
            "settings_hash": self.settings_hash,
            "inputs": dict(self.inputs),
        }
        if self.partial_until_ns is not None:
            values["partial_until_ns"] = self.partial_until_ns
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
            until = values.get("partial_until_ns")
            return cls(
                table=checked_table(values["table"]),
                product=checked_product(values["product"]),
                day=day_named(values["day"]),
                code_version=str(values["code_version"]),
                settings_hash=str(values["settings_hash"]),
                inputs={str(key): str(value) for key, value in values["inputs"].items()},
                partial_until_ns=None if until is None else int(until),
            )
        except (LakeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeError(f"Expected a readable lineage in the footer of {where}, was {text!r}") from error
