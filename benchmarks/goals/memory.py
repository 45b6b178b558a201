"""Goal 5: the whole process within 1 GiB, and within 10 % the same for three times the records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.data import Day, forget
from benchmarks.lines import Line, at_most, not_measured
from benchmarks.measuring import Failed, gex
from benchmarks.session import Session, seconds

__all__ = ["lines"]

GIB: Final = 1 << 30


def lines(session: Session) -> Iterator[Line]:
    """`gex run` over a whole day, every asset; a process that grows beyond the limit is ended."""
    peaks: list[float] = []
    for day in (session.middle, session.large):
        session.say(f"gex run of {day.said} records under a limit of 1 GiB")
        forget(day.lake)
        title = f"`gex run` of the whole graph under a limit of 1 GiB, {day.said} records"
        try:
            found = gex("run", "--lake", str(day.lake), "--date", day.first.isoformat(), memory=GIB)
        except Failed as error:
            yield not_measured("5", title, reason=str(error))
            continue
        peaks.append(found.peak)
        yield at_most(
            "5",
            f"peak memory of {title}",
            ours=found.peak,
            baseline=GIB,
            limit=1,
            shown=(f"{found.peak / 2**20:,.0f} MiB", "1,024 MiB"),
            records=day.said,
            remark=f"largest resident size of the process, imports included; {seconds(found.cpu)} CPU, {seconds(found.wall)}"
            " on the clock, start-up included. Above the limit the process would have been ended.",
        )
        yield _again(day, first=found.cpu)
    if len(peaks) == 2:
        yield at_most(
            "5",
            "peak memory with three times the records",
            ours=peaks[1],
            baseline=peaks[0],
            limit=1.1,
            shown=(f"{peaks[1] / 2**20:,.0f} MiB", f"{peaks[0] / 2**20:,.0f} MiB"),
            records=f"{session.large.said}; {session.middle.said}",
        )


def _again(day: Day, *, first: float) -> Line:
    found = gex("run", "--lake", str(day.lake), "--date", day.first.isoformat())
    return Line(
        goal="–",
        what="`gex run` of the same day once more, nothing changed; the first run",
        records=day.said,
        ours=seconds(found.cpu),
        baseline=seconds(first),
        ratio=found.cpu / first,
        remark="CPU of the whole process, start-up included; what is current is kept",
    )
