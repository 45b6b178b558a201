"""Goal 1: the order-book kernel takes at most 0.6 times the CPU time of decompressing the same file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.data import Day
from benchmarks.lines import Line, at_most
from benchmarks.measuring import Measured, task
from benchmarks.session import Session, nanoseconds, seconds

__all__ = ["lines", "measured"]

INSTRUMENTS: Final = 720
EVERY: Final = 1 << 20


def measured(session: Session, day: Day, *, instruments: int) -> Measured:
    """Kernel and decompression over a day, in turn in one process."""
    session.say(f"kernel and decompression, {day.said} records, {instruments} instruments")
    return task(
        "kernel_and_decompression", file=day.file, day=day.first.isoformat(), instruments=instruments, rounds=session.rounds
    )


def lines(session: Session) -> Iterator[Line]:
    """Books of the 720 busiest outrights with a row of quotes and flow each every five seconds; and those of every outright.

    A day has as many rows however many records it has. So the goal is for a day as large as real ones. A smaller day, where rows
    are a larger part, has a line without a target.
    """
    trials = ((session.large, INSTRUMENTS, 0.6), (session.middle, INSTRUMENTS, None), (session.middle, EVERY, None))
    for day, instruments, limit in trials:
        found = measured(session, day, instruments=instruments).said
        applied, records = int(found["applied"]), int(found["records"])
        which = f"the {found['instruments']} busiest outrights" if instruments != EVERY else "every outright"
        line = at_most(
            "1" if limit else "–",
            f"kernel over the whole file: book, quotes, flow of {which}; zstd of the same file",
            ours=found["cpu"],
            baseline=found["decompression"],
            limit=limit or 1,
            shown=(seconds(found["cpu"]), seconds(found["decompression"])),
            records=day.said,
            remark=f"{applied:,} of {records:,} records applied, {nanoseconds(found['cpu'], applied)} each with"
            f" {found['rows'] / applied:.2f} rows of {found['instruments']} instruments written per record;"
            f" zstd {nanoseconds(found['decompression'], records)}, {found['bytes'] / records:.1f} B a record. Blocks of records,"
            " and rows of eight windows at a time, come in the same memory; as blocks and row groups in memory of their own"
            f" {nanoseconds(found['fresh'], applied)}. Rows are compared under goals 2 and 3.",
        )
        yield line if limit else Line(**{**line.stored(), "target": "", "met": None})
