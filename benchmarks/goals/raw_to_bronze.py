"""Goal 4: raw to bronze at least 6 times the vendor's own way to Parquet, in a file of at most 0.85 times the raw one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.data import DATA, Day
from benchmarks.lines import Line, at_least, at_most
from benchmarks.measuring import task
from benchmarks.session import Session, nanoseconds

__all__ = ["bronze_file", "lines"]


def bronze_file(day: Day) -> Path:
    """The day's `bronze_option_mbo`."""
    return day.lake / "bronze_option_mbo" / "product=ES" / f"date={day.first}" / "data.parquet"


def lines(session: Session) -> Iterator[Line]:
    """Every field of every record in bronze is compared with the raw file before its speed is measured."""
    day, slow = session.middle, session.small
    graph = session.graph(day).said
    session.say("bronze against the raw file")
    same = task("same_records", file=day.file, bronze=bronze_file(day)).said
    session.say("DBNStore.to_parquet")
    vendor = task("vendor_parquet", file=slow.file, into=DATA / "vendor.parquet")
    took, records = graph["steps"]["bronze"] - graph["least"]["bronze"], day.records
    raw = task("decompression", file=day.file).said["bytes"] // RECORD_BYTES
    agreed = f"{int(same['rows']):,} records × 10 fields and their positions equal the raw file's"
    if same["differences"] or same["rows"] != same["expected"]:
        agreed = f"RESULTS DIFFER: {same['differences']} fields, {same['rows']} records against {same['expected']}"
    yield at_least(
        "4",
        "raw to bronze, sorted by instrument, hashed and audited; DBNStore.to_parquet",
        ours=took / raw,
        baseline=vendor.cpu / vendor.said["records"],
        limit=6,
        shown=(nanoseconds(took, raw), nanoseconds(vendor.cpu, int(vendor.said["records"]))),
        records=f"{day.said}; {slow.said}",
        remark=f"{agreed}; the trades table is written in the same pass.",
    )
    kept = bronze_file(day).stat().st_size / same["rows"]
    file = day.file.stat().st_size / raw
    other = vendor.said["bytes"] / vendor.said["records"]
    yield at_most(
        "4",
        "bytes of a record kept in bronze; of a record of the raw zst",
        ours=kept,
        baseline=file,
        limit=0.85,
        shown=(f"{kept:.1f} B", f"{file:.1f} B"),
        records=f"{records / 1e6:g} M",
        remark=f"{other:.1f} B by DBNStore.to_parquet. Bronze keeps outrights: {same['rows'] / raw:.1%} of the records.",
    )


RECORD_BYTES = 56
