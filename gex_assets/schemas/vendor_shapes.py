"""The vendor's records and reference data in the neutral form in which stages take them from the lake: no DBN, no versions.

These tables are never stored. The contract of what is stored of them is in `bronze_mbo`, `bronze_option_instruments`,
`bronze_option_trades` and `bronze_option_statistics`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.schemas.table import CATEGORY

__all__ = [
    "CLAIMED",
    "DEFINITIONS",
    "MAPPED_SYMBOLS",
    "SEEN_INSTRUMENTS",
    "STATISTICS",
    "MergedBlock",
    "StatType",
    "StatUpdateAction",
]


class StatType(IntEnum):
    """Codes of `stat_type` in DBN's statistics records that are used here; the venue publishes others too."""

    SETTLEMENT_PRICE = 3
    CLEARED_VOLUME = 6
    OPEN_INTEREST = 9
    BLOCK_VOLUME = 19


class StatUpdateAction(IntEnum):
    """Codes of `update_action` in DBN's statistics records: the value is valid from now on, or withdrawn."""

    NEW = 1
    DELETE = 2


class MergedBlock(NamedTuple):
    """MBO records that follow each other in the day's merged stream.

    Attributes
    ----------
    first_index : position of the first record in the stream.
    records : (n,) of the vendor's MBO layout.
    statuses : (n,) whether records are read (`kernels.records.cover`); None where all are. A record that is not read counts in
        the positions and nowhere else.
    """

    first_index: int
    records: NDArray[np.void]
    statuses: NDArray[np.int16] | None


def _fields(*, required: dict[str, pa.DataType], nullable: dict[str, pa.DataType]) -> pa.Schema:
    return pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in required.items()]
        + [pa.field(name, kind) for name, kind in nullable.items()]
    )


MAPPED_SYMBOLS: Final = _fields(
    required={"instrument_id": pa.uint32(), "raw_symbol": pa.string(), "job_id": pa.string()},
    nullable={},
)
"""What the files map on the day, the best file first."""

CLAIMED: Final = _fields(
    required={"instrument_id": pa.uint32(), "ts_start": pa.int64(), "ts_end": pa.int64()},
    nullable={"ts_complete": pa.int64()},
)
"""When records of an instrument are read: stretches [ts_start, ts_end) in order of time that do not overlap; those that touch
come from two files. From `ts_complete` on the instrument's book is complete whatever came before: the file's opening snapshot or
the start of the week stands behind it."""

SEEN_INSTRUMENTS: Final = _fields(
    required={"instrument_id": pa.uint32(), "records": pa.int64(), "ts_recv_first": pa.int64(), "job_id": pa.string()},
    nullable={},
)
"""Instruments of which order records are read, each once, with the job of the first one; sorted by instrument."""

DEFINITIONS: Final = _fields(
    required={
        "instrument_id": pa.uint32(),
        "ts_recv": pa.int64(),
        "raw_symbol": pa.string(),
        "security_update_action": pa.string(),
        "cfi": pa.string(),
        "leg_count": pa.uint16(),
        "leg_index": pa.uint16(),
        "leg_instrument_id": pa.uint32(),
        "leg_ratio_qty_numerator": pa.int32(),
        "leg_ratio_qty_denominator": pa.int32(),
        "leg_side": pa.string(),
    },
    nullable={
        "underlying": pa.string(),
        "ts_expiration": pa.int64(),
        "strike": pa.float64(),
        "multiplier": pa.float64(),
    },
)
"""Definition records in order of ts_recv (in each file its running maximum). Leg columns are 0 and empty before DBN version 3.
`multiplier` is unit_of_measure_qty."""

STATISTICS: Final = _fields(
    required={
        "instrument_id": pa.uint32(),
        "ts_recv": pa.int64(),
        "ts_event": pa.int64(),
        "ts_recv_behind": pa.int64(),
        "ts_ref": pa.int64(),
        "stat_type": pa.uint16(),
        "sequence": pa.uint32(),
        "stat_flags": pa.uint8(),
        "update_action": pa.uint8(),
        "file_date": pa.date32(),
    },
    nullable={"raw_symbol": CATEGORY, "price": pa.float64(), "quantity": pa.int64()},
)
"""Statistics in the files' order, with the symbol that each file's own header maps on its own date."""
