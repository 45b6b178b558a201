"""Goal 9: a one-minute day within 3 times the wall time of five empty assets; the tail of a full day within 30 s of CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from benchmarks.data import forget
from benchmarks.lines import Line, at_most
from benchmarks.measuring import Measured, command, gex
from benchmarks.session import Session, seconds

__all__ = ["lines"]

TAIL_SECONDS: Final = 30


def lines(session: Session) -> Iterator[Line]:
    """Both runs are whole commands in new processes, in turn, by the clock: the least of each."""
    small = session.minute
    run = ["run", "--lake", str(small.lake), "--date", small.first.isoformat()]

    def empty() -> Measured:
        return command([sys.executable, "-m", "benchmarks.five_assets", *run])

    whole: list[Measured] = []
    bare: list[Measured] = []
    gex(*run)
    for _ in range(session.rounds):
        session.say("a one-minute day next to five empty assets")
        forget(small.lake)
        whole.append(gex(*run))
        bare.append(empty())
    mine, other = min(one.wall for one in whole), min(one.wall for one in bare)
    cpu = (min(one.cpu for one in whole), min(one.cpu for one in bare))
    yield at_most(
        "9",
        "`gex run` of a one-minute day, every asset; the same command over five empty assets; on the clock",
        ours=mine,
        baseline=other,
        limit=3,
        shown=(seconds(mine), seconds(other)),
        remark=f"CPU {seconds(cpu[0])} and {seconds(cpu[1])}; compiled code from its cache; exit codes checked",
    )
    day = session.middle
    graph = session.graph(day).said
    took = graph["steps"]["tail"]
    yield Line(
        goal="9",
        what=f"the tail of a {'day of one hour' if day.is_hour else 'full day'}, silver_forward to regime_scores",
        records=day.said,
        ours=seconds(took),
        baseline="30 s",
        ratio=took / TAIL_SECONDS,
        target="≤ 30 s CPU",
        met=None if day.is_hour else took <= TAIL_SECONDS,
        remark=f"{seconds(graph['walls']['tail'])} on the clock; start-up left out",
    )
