"""Goal 12: the page of a day with whole ladders of strikes is drawn within 1 GiB; next to reading what it packs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.data import DATA
from benchmarks.lines import Line, at_most
from benchmarks.measuring import alternately, gex, task
from benchmarks.session import Session, seconds

__all__ = ["lines"]

GIB: Final = 1 << 30
_DAY: Final = "2026-01-06"
_ALL: Final = {"GEX_OPTION_FAMILIES": "quarterly,weekly,daily,eom", "GEX_MAX_DTE": "100", "GEX_EXPIRATIONS": "all"}


def lines(session: Session) -> Iterator[Line]:
    """A day of the sample's wide profile; an hour of it where it has to be quick."""
    lake = DATA / ("wide-hour" if session.quick else "wide")
    if not any((lake / "silver_gex_chain").rglob("data.parquet")):
        session.say("a day with whole ladders of strikes")
        part = ["--session", "14:00-15:00"] if session.quick else []
        gex("sample", "--lake", str(lake), "--start", _DAY, "--profile", "wide", "--overwrite", *part)
        gex("run", "--lake", str(lake), "--date", _DAY, settings=_ALL)
    session.say("the page of the day")
    weights = task("drawn_page", lake=lake, day=_DAY).said["weights"]
    drawn, read = alternately(
        lambda: task("drawn_page", lake=lake, day=_DAY),
        lambda: task("chain_read", lake=lake, day=_DAY, weights=weights),
        rounds=3,
    )
    said = drawn.said
    records = f"{said['lines']:,} strikes × {said['windows']:,} windows"
    yield at_most(
        "12",
        "a day's page, drawn and judged; reading the columns of the chain that it packs, each once",
        ours=drawn.cpu,
        baseline=read.cpu,
        limit=12,
        shown=(seconds(drawn.cpu), seconds(read.cpu)),
        records=records,
        remark=f"{'cells equal the chain' if said['whole'] else 'RESULTS DIFFER'}; {said['bytes'] / 1e6:.2f} MB; CPU time without"
        f" start-up, of which judging {seconds(said['cpu'] - said['drawn'])}; {read.said['rows'] / 1e6:,.1f} M rows of the chain",
    )
    yield at_most(
        "12",
        "peak memory of the same",
        ours=drawn.peak,
        baseline=GIB,
        limit=1,
        shown=(f"{drawn.peak / 2**20:,.0f} MiB", "1,024 MiB"),
        records=records,
        remark="largest resident size of the process, imports included",
    )
