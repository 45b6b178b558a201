"""Schemas of the raw tables: one row per delivered file that was verified; four tables of one schema, one per kind of input.

The records stay in the vendor's files. A raw table lists the files that a day is made of, and what was checked.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from gex_assets.schemas.columns import category, count, flag, moment_ns
from gex_assets.schemas.table import Column, Table

__all__ = ["RAW_FUTURE_MBO", "RAW_OPTION_DEFINITION", "RAW_OPTION_MBO", "RAW_OPTION_STATISTICS"]

INSTRUMENT_SEEN: Final[pa.DataType] = pa.struct(
    [
        pa.field("instrument_id", pa.uint32(), nullable=False),
        pa.field("records", pa.int64(), nullable=False),
        pa.field("ts_recv_first", pa.int64(), nullable=False),
    ]
)

CLAIM_TIME: Final[pa.DataType] = pa.struct(
    [pa.field("ts_start", pa.int64(), nullable=False), pa.field("ts_end", pa.int64(), nullable=False)]
)

_COLUMNS: Final = (
    Column(name="job_id", type=pa.string(), about="The vendor's batch job; empty where a file came without one."),
    Column(name="file_name", type=pa.string(), about="The file's name as delivered."),
    Column(name="path", type=pa.string(), about="Path of the file, relative to the lake."),
    Column(name="size_bytes", type=pa.int64(), about="Size of the compressed file.", unit="bytes", at_least=1),
    Column(name="sha256", type=pa.string(), about="Hash of the file's bytes, computed while the file was verified."),
    Column(
        name="sha256_expected",
        type=pa.string(),
        about="Hash that manifest.json states; NULL for a file without a manifest.",
        nullable=True,
    ),
    Column(name="dbn_version", type=pa.int32(), about="Version of the DBN encoding.", at_least=1, at_most=3),
    Column(name="dataset", type=pa.string(), about="The vendor's dataset, GLBX.MDP3."),
    Column(name="schema", type=pa.string(), about="The vendor's record schema.", one_of=("mbo", "definition", "statistics")),
    count("records", "Records in the file.", "records", kind=pa.int64()),
    moment_ns("ts_recv_first", "ts_recv of the first record; NULL for a file without records.", nullable=True),
    moment_ns("ts_recv_last", "ts_recv of the last record; NULL for a file without records.", nullable=True),
    count("ts_recv_backsteps", "Records whose ts_recv is earlier than the largest before it.", "records", kind=pa.int64()),
    Column(
        name="rank",
        type=pa.int32(),
        about="1 for the best file of the day and kind, which is read where several claim the same.",
        at_least=1,
    ),
    Column(
        name="claim_times",
        type=pa.list_(pa.field("item", CLAIM_TIME, nullable=False)),
        about="When the file may be read: stretches [ts_start, ts_end) of its request, cut to the day [UNIX ns UTC].",
    ),
    Column(
        name="claimed_instruments",
        type=pa.list_(pa.field("item", pa.uint32(), nullable=False)),
        about="The instruments that the file maps on the day, ascending: those that it may be read for.",
    ),
    moment_ns(
        "ts_snapshot",
        "ts_recv of the first record, where that belongs to a snapshot of the books; NULL where the books do not begin complete.",
        nullable=True,
    ),
    Column(
        name="limit",
        type=pa.int64(),
        about="Most records that the request asked for; NULL where it asked for all.",
        unit="records",
        nullable=True,
        at_least=0,
    ),
    Column(
        name="not_found",
        type=pa.list_(pa.field("item", pa.string(), nullable=False)),
        about="Symbols of the request that the vendor did not find.",
    ),
    count("superseded", "Records that are not read because a better file claims them.", "records", kind=pa.int64()),
    Column(
        name="superseded_by",
        type=pa.list_(pa.field("item", pa.string(), nullable=False)),
        about="Paths of the better files that claim records of this one.",
    ),
    count("unclaimed", "Records that are not read because they lie outside the file's own request.", "records", kind=pa.int64()),
    count("unmapped", "Records of instruments that the file does not map on the day.", "records", kind=pa.int64()),
    Column(
        name="set_aside",
        type=pa.list_(pa.field("item", pa.string(), nullable=False)),
        about="Paths of worse files that do not verify and are not needed, because this one covers all that they were asked for.",
    ),
    flag("is_tied", "Whether only the hash decides between this file and another of equal rank."),
    category(
        "condition",
        "The condition that the vendor states for the day's data; NULL without condition.json.",
        one_of=("available", "degraded"),
        nullable=True,
    ),
    Column(name="mapped_symbols", type=pa.int64(), about="Symbols that the file's header maps.", at_least=0),
    Column(
        name="instruments_seen",
        type=pa.list_(pa.field("item", INSTRUMENT_SEEN, nullable=False)),
        about="Every instrument of which records are read: how many, and the moment of the first.",
    ),
)


def _raw(name: str, what: str) -> Table:
    return Table(
        name=name,
        layer="raw",
        about=f"One row per verified file of {what}.",
        key=("job_id", "file_name"),
        version="2",
        columns=_COLUMNS,
        kinds=("dbn", "parquet"),
    )


RAW_OPTION_MBO: Final = _raw("raw_option_mbo", "the options' orders (MBO)")
RAW_FUTURE_MBO: Final = _raw("raw_future_mbo", "the futures' orders (MBO)")
RAW_OPTION_DEFINITION: Final = _raw("raw_option_definition", "the options' definitions")
RAW_OPTION_STATISTICS: Final = _raw("raw_option_statistics", "the options' statistics")
