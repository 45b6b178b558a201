"""Goal 1: the order-book kernel takes at most 0.6 times the CPU time of decompressing the same file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.lines import Line, at_most
from benchmarks.measuring import Measured, task
from benchmarks.session import Session, nanoseconds, seconds

__all__ = ["lines", "measured"]

INSTRUMENTS: Final = 720
EVERY: Final = 1 << 20


def measured(session: Session, *, instruments: int) -> Measured:
    """Kernel and decompression over the middle day, in turn in one process."""
    day = session.middle
    session.say(f"kernel and decompression, {instruments} instruments")
    return task(
        "kernel_beside_decompression", file=day.file, day=day.first.isoformat(), instruments=instruments, rounds=session.rounds
    )


def lines(session: Session) -> Iterator[Line]:
    """Books of the 720 busiest outrights with a row of quotes and flow each every five seconds; and those of every outright."""
    for instruments, limit in ((INSTRUMENTS, 0.6), (EVERY, None)):
        found = measured(session, instruments=instruments).said
        applied, records = int(found["applied"]), int(found["records"])
        which = f"the {found['instruments']} busiest outrights" if limit else f"every outright ({found['instruments']})"
        line = at_most(
            "1" if limit else "–",
            f"kernel over the whole file: book, quotes, flow of {which}; zstd of the same file",
            ours=found["cpu"],
            baseline=found["decompression"],
            limit=limit or 1,
            shown=(seconds(found["cpu"]), seconds(found["decompression"])),
            records=session.middle.said,
            remark=f"{applied:,} of {records:,} records applied, {nanoseconds(found['cpu'], applied)} each with"
            f" {found['rows'] / applied:.2f} rows written per record; zstd {nanoseconds(found['decompression'], records)},"
            f" {found['bytes'] / records:.1f} B a record. Rows are handed out eight windows at a time in the same memory; as row"
            f" groups in memory of their own {nanoseconds(found['fresh'], applied)}. Rows are compared under goals 2 and 3.",
        )
        yield line if limit else Line(**{**line.stored(), "target": "", "met": None})
