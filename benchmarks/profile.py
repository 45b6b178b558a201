"""Where the time goes: the pipeline in steps of nanoseconds per record, and the Python functions that take most of each step."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.measuring import Failed, command, task
from benchmarks.session import Session
from benchmarks.steps import STEPS

__all__ = ["profile_lines"]

EVENTS = "instructions:u,cycles:u,branch-misses:u,cache-misses:u"


def profile_lines(session: Session) -> Iterator[str]:
    """Lines for a terminal."""
    day = session.middle
    session.say("steps in memory")
    said = dict(task("steps_in_memory", file=day.file, day=day.first.isoformat()).said)
    records = int(said["records"])
    yield f"in memory, {day.said} records, ns of CPU time per record, each on its own:"
    for name, cpu in said["steps"].items():
        yield f"  {name:<58} {cpu / records * 1e9:8.1f}"
    session.say("the graph under the profiler")
    graph = task(
        "graph", lake=day.lake, small=session.minute.lake, day=day.first.isoformat(), steps=list(STEPS), functions=8
    ).said
    yield f"the graph, {day.said} records, CPU time of each step under the profiler, and where most of it is spent:"
    for name in STEPS:
        yield f"  {name:<30} {graph['steps'][name]:8.2f} s  {graph['steps'][name] / records * 1e9:8.1f} ns per record"
        for where, own, calls in graph["functions"][name]:
            yield f"      {own:8.2f} s  {calls:>10,} calls  {where}"
    yield from _counters(session)


def _counters(session: Session) -> Iterator[str]:
    """What the processor counts over the kernel's passes, where `perf` is there."""
    if shutil.which("perf") is None:
        yield "perf is not there: no counts of the processor"
        return
    session.say("the processor's counters")
    folder = session.slice()
    asked = [sys.executable, "-m", "benchmarks.tasks", "kernel_on_peer_input"]
    try:
        counts: list[dict[str, Any]] = [
            _counted(
                command(["perf", "stat", "-x", ";", "-e", EVENTS, *asked, f'{{"folder": "{folder}", "rounds": {rounds}}}']).said
            )
            for rounds in (1, 11)
        ]
    except Failed as error:
        yield f"perf is there and counts nothing: {error}"
        return
    records = 10 * int(task("kernel_on_peer_input", folder=folder, rounds=1).said["records"])
    per = {name: (counts[1][name] - value) / records for name, value in counts[0].items()}
    yield "the kernel, per record, by the processor's counters: " + ", ".join(
        f"{value:.2f} {name}" for name, value in per.items()
    )


def _counted(said: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in said["text"].splitlines():
        parts = line.split(";")
        if len(parts) > 2 and parts[0].isdigit():
            found[parts[2].removesuffix(":u")] = float(parts[0])
    return found
