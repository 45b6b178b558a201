"""Goal 10: three times the records take at most 3.2 times the CPU; eight days on two workers are at least 1.7 times as fast."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from time import perf_counter
from typing import Final

from benchmarks.data import Day, days, forget
from benchmarks.lines import Line, at_least, at_most
from benchmarks.measuring import gex
from benchmarks.session import Session, seconds

__all__ = ["lines"]

STEPS: Final = ("raw", "instruments", "bronze", "quotes")
DAYS: Final = 8
RECORDS: Final = {False: 2_000_000, True: 300_000}
SATURDAY: Final = 5


def lines(session: Session) -> Iterator[Line]:
    """Growth over what depends on the number of records; workers by the clock, start-up taken off."""
    middle, large = session.middle, session.large
    small, big = session.graph(middle).said, session.graph(large).said
    took = [sum(said["steps"][name] - said["least"][name] for name in STEPS) for said in (small, big)]
    yield at_most(
        "10",
        "raw verified to silver_option_quotes, three times the records",
        ours=took[1],
        baseline=took[0],
        limit=3.2,
        shown=(seconds(took[1]), seconds(took[0])),
        records=f"{large.said}; {middle.said}",
        remark="CPU time without start-up. Peaks of the step-by-step processes"
        f" {big['peak'] / 2**20:,.0f} and {small['peak'] / 2**20:,.0f} MiB.",
    )
    yield from _workers(session)


def _workers(session: Session) -> Iterator[Line]:
    session.say(f"{DAYS} days of {RECORDS[session.quick]:,} records")
    lot = days(DAYS, RECORDS[session.quick], of_an_hour=session.quick)
    every = _dates(lot, DAYS)
    start = min(_on_the_clock(session.minute, [[session.minute.first]], threads=1) for _ in range(2))
    session.say("eight days by one worker of one thread")
    one = _on_the_clock(lot, [every], threads=1) - start
    session.say("eight days by two workers of one thread each")
    two = _on_the_clock(lot, [every[: DAYS // 2], every[DAYS // 2 :]], threads=1) - start
    session.say("eight days by one worker of two threads")
    threads = _on_the_clock(lot, [every], threads=2) - start
    yield at_least(
        "10",
        f"{DAYS} days by two workers; by one; on the clock, start-up taken off",
        ours=two,
        baseline=one,
        limit=1.7,
        shown=(seconds(two), seconds(one)),
        records=f"{DAYS} × {lot.said}",
        remark="a worker is a `gex run` of its share of the days in one thread (`threads = 1`);"
        f" start-up {seconds(start)}, a run of one minute; means something on two idle cores only",
    )
    yield Line(
        goal="–",
        what=f"{DAYS} days by one worker that computes and writes in two threads; in one",
        records=f"{DAYS} × {lot.said}",
        ours=seconds(threads),
        baseline=seconds(one),
        ratio=threads / one,
        target="",
        met=None,
        remark="`threads = 2`, the default",
    )


def _dates(lot: Day, count: int) -> list[date]:
    found: list[date] = []
    day = lot.first
    while len(found) < count:
        if day.weekday() != SATURDAY:
            found.append(day)
        day += timedelta(days=1)
    return found


def _on_the_clock(lot: Day, shares: list[list[date]], *, threads: int) -> float:
    """Run each share as a process of its own, all at once."""
    forget(lot.lake)
    started = perf_counter()
    with ThreadPoolExecutor(len(shares)) as pool:
        runs = [
            pool.submit(
                gex,
                *("run", "--lake", str(lot.lake), "--date", share[0].isoformat(), "--to", share[-1].isoformat()),
                settings={"GEX_THREADS": str(threads)},
            )
            for share in shares
        ]
        for run in runs:
            run.result()
    return perf_counter() - started
