"""Goal 2: from the raw file to quotes, in memory at most 2 times decompression, as materialized at most 6 times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.goals.kernel_and_decompression import INSTRUMENTS, measured
from benchmarks.lines import Line, at_most
from benchmarks.measuring import task
from benchmarks.session import Session, seconds

__all__ = ["lines"]

STEPS: Final = ("raw", "instruments", "bronze", "quotes")


def lines(session: Session) -> Iterator[Line]:
    """Quotes from memory are compared with those that the graph published, row by row, before either is measured."""
    day = session.middle
    graph = session.graph(day).said
    session.say("quotes in memory against the graph's")
    same = task("same_quotes", lake=day.lake, file=day.file, day=day.first.isoformat()).said
    agreed = f"{int(same['rows']):,} rows × 8 columns of silver_option_quotes equal those made in memory"
    if same["differences"] or same["rows"] != same["stored"]:
        agreed = f"RESULTS DIFFER: {same['differences']} fields, {same['rows']} rows against {same['stored']}"
    found = measured(session, session.middle, instruments=INSTRUMENTS).said
    yield at_most(
        "2",
        "raw file to quotes in memory, one pass; zstd alone",
        ours=found["whole"],
        baseline=found["decompression"],
        limit=2,
        shown=(seconds(found["whole"]), seconds(found["decompression"])),
        records=day.said,
        remark=agreed,
    )
    took = sum(graph["steps"][name] - graph["least"][name] for name in STEPS)
    parts = ", ".join(f"{name} {graph['steps'][name]:.2f} s" for name in STEPS)
    least = sum(graph["least"][name] for name in STEPS)
    yield at_most(
        "2",
        "the graph as materialized, raw verified to silver_option_quotes; zstd alone",
        ours=took,
        baseline=found["decompression"],
        limit=6,
        shown=(seconds(took), seconds(found["decompression"])),
        records=day.said,
        remark=f"{parts}; taken off: {least:.2f} s, the same steps over one minute, which is Dagster and no records. {agreed}",
    )
