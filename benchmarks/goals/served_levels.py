"""Goal 11: 1,000 requests a second of cached levels on one core, p99 below 20 ms on an idle one; next to bare starlette."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.data import DATA
from benchmarks.lines import Line
from benchmarks.measuring import gex, task
from benchmarks.session import Session

__all__ = ["lines"]

RATE: Final = 1_000
LATEST_MS: Final = 20.0
_LAKE: Final = DATA / "served"
_DAY: Final = "2026-01-06"


def lines(session: Session) -> Iterator[Line]:
    """A server of a small lake, and one route of starlette that sends the same bytes, in turns on one core."""
    if not any((_LAKE / "silver_gex_levels").rglob("data.parquet")):
        session.say("a small lake to serve")
        gex("sample", "--lake", str(_LAKE), "--start", _DAY, "--session", "14:28-14:36")
        gex("run", "--lake", str(_LAKE), "--date", _DAY)
    session.say("levels from memory")
    said = task("cached_levels", lake=_LAKE, requests=4_000 if session.quick else 20_000).said
    mine, bare = (said["per_request"][name] for name in ("ours", "bare"))
    agreed = f"{said['bytes']:,} bytes equal" if said["same"] else "RESULTS DIFFER"
    yield Line(
        goal="11",
        what="`gex serve`: the latest levels from memory; bare starlette with the same bytes",
        records=f"{RATE:,} requests/s on one core",
        ours=f"{1 / mine:,.0f}/s",
        baseline=f"{1 / bare:,.0f}/s",
        ratio=mine / bare,
        target=f"≥ {RATE:,}/s",
        met=1 / mine >= RATE,
        remark=f"{agreed}; requests per second of the server's CPU time",
    )
    late = {name: 1_000 * said["p99"][name] for name in ("ours", "bare")}
    yield Line(
        goal="11",
        what="99 % of 5,000 answers at 1,000 requests a second; the same of bare starlette",
        ours=f"{late['ours']:.1f} ms",
        baseline=f"{late['bare']:.1f} ms",
        ratio=late["ours"] / late["bare"],
        target=f"≤ {LATEST_MS:g} ms, idle machine",
        met=late["ours"] <= LATEST_MS,
        remark=f"on the clock, from the moment that a request was due; half of them within {1_000 * said['p50']['ours']:.1f} ms",
    )
