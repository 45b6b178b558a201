"""Goal 7: one instrument of a 20 M day within 0.2 s of one core, five minutes within 0.1 s."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.data import DATA
from benchmarks.goals.raw_to_bronze import bronze_file
from benchmarks.lines import Line
from benchmarks.measuring import task
from benchmarks.session import Session, seconds

__all__ = ["lines"]


def lines(session: Session) -> Iterator[Line]:
    """The lake's own question in SQL against the same question over plain Parquet in the file's order, answers compared."""
    day = session.middle
    if not bronze_file(day).exists():
        session.graph(day)
    plain = DATA / f"unsorted-{day.lake.name}.parquet"
    if not plain.exists():
        session.say("the same records in the file's order, for comparison")
        task("unsorted_parquet", file=day.file, into=plain)
    session.say("questions")
    found = task("one_query", lake=day.lake, plain=plain, file=day.file, day=day.first.isoformat()).said
    for name, title, limit in (("instrument", "the busiest instrument's records", 0.2), ("minutes", "five minutes of all", 0.1)):
        said = found[name]
        mine, other = said["ours"][0], said["plain"][0]
        agreed = f"{said['rows']:,} rows equal" if said["same"] else "RESULTS DIFFER"
        yield Line(
            goal="7",
            what=f"{title}, by `gex query`; plain Parquet in the file's order",
            records=day.said,
            ours=seconds(mine),
            baseline=seconds(other),
            ratio=other / mine,
            target=f"≤ {limit} s",
            met=None if day.is_hour else mine <= limit,
            remark=f"{agreed}; CPU time of one thread, connection open, {said['ours'][1]:.3f} s on the clock",
        )
