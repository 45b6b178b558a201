"""Goal 1: the order-book kernel takes at most 0.6 times the CPU time of decompressing the same file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.lines import Line, at_most
from benchmarks.measuring import Measured, task
from benchmarks.session import Session, nanoseconds

__all__ = ["lines", "measured"]

INSTRUMENTS: Final = 720


def measured(session: Session, *, instruments: int) -> Measured:
    """Kernel and decompression over the middle day, in turn in one process."""
    day = session.middle
    session.say(f"kernel and decompression, {instruments} instruments")
    return task(
        "kernel_beside_decompression", file=day.file, day=day.first.isoformat(), instruments=instruments, rounds=session.rounds
    )


def lines(session: Session) -> Iterator[Line]:
    """The 720 busiest outrights, each of whose records is applied, a row of quotes and flow each every five seconds."""
    found = measured(session, instruments=INSTRUMENTS).said
    applied, records = int(found["applied"]), int(found["records"])
    per_applied, per_decompressed = found["cpu"] / applied, found["decompression"] / records
    yield at_most(
        "1",
        f"kernel: book, quotes, flow of the {found['instruments']} busiest outrights, per record applied; zstd per record",
        ours=per_applied,
        baseline=per_decompressed,
        limit=0.6,
        records=session.middle.said,
        shown=(nanoseconds(found["cpu"], applied), nanoseconds(found["decompression"], records)),
        remark=f"{applied:,} of {records:,} records applied, the rest skipped at the kernel's expense;"
        f" {found['rows'] / applied:.2f} rows written per record. Whole file: kernel {found['cpu']:.2f} s,"
        f" zstd {found['decompression']:.2f} s, {found['bytes'] / records:.1f} B/record. Rows compared under goals 2 and 3.",
    )
