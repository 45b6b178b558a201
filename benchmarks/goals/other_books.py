"""Goal 3: the kernel at least 60 times a dict book with the same features, 8 times nautilus_trader, 1.5 times itch-book."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.data import DAY
from benchmarks.environments import Absent
from benchmarks.lines import Line, at_least, not_measured
from benchmarks.measuring import Failed, Measured, alternately, task
from benchmarks.session import Session, nanoseconds

__all__ = ["lines"]


def lines(session: Session) -> Iterator[Line]:
    """Each peer alternates with ours over the same slice of records; its best prices are compared with ours first."""
    folder = session.slice()

    def ours() -> Measured:
        return task("kernel_on_peer_input", folder=folder, rounds=3)

    session.say("dict book")
    found, twin = alternately(ours, lambda: task("dict_book", folder=folder), rounds=1)
    said, records = twin.said, int(twin.said["records"])
    yield at_least(
        "3",
        "kernel; dict book with the same features",
        ours=found.cpu,
        baseline=twin.cpu,
        limit=60,
        shown=(nanoseconds(found.cpu, records), nanoseconds(twin.cpu, records)),
        records=f"{records / 1e6:g} M",
        remark=f"every column of {said['rows']:,} rows and every count equal"
        if not said["differences"]
        else f"RESULTS DIFFER in {said['differences']}: {said['first']}",
    )
    for name, title, limit, remark in (
        ("nautilus", "kernel; nautilus_trader, load and apply", 8, _nautilus),
        ("itch_book", "kernel with quotes and flow; itch-book, parsing, books and table of best prices", 1.5, _itch_book),
        ("hftbacktest", "kernel; hftbacktest, elapse over the 40 busiest instruments", None, _hftbacktest),
    ):
        yield _beside(session, ours, name=name, title=title, limit=limit, remark=remark)


def _beside(
    session: Session,
    ours: Callable[[], Measured],
    *,
    name: str,
    title: str,
    limit: float | None,
    remark: Callable[[Mapping[str, Any], int], str],
) -> Line:
    try:
        run = session.peer_run(name, folder=session.slice(), day=DAY, compare=True)
        session.say(f"kernel next to {name}")
        found, peer = alternately(ours, run, rounds=session.rounds)
    except (Absent, Failed) as error:
        return not_measured("3", title, reason=str(error))
    records = int(found.said["records"])
    theirs = int(peer.said.get("records", records))
    if not theirs:
        return not_measured("3", title, reason=f"it could follow none of {peer.said['instruments']} instruments to the end")
    agreed = f"best prices and sizes at {peer.said['compared']:,} moments equal, but for those inside an event"
    if peer.said["different"]:
        agreed = f"RESULTS DIFFER at {peer.said['different']:,} of {peer.said['compared']:,} moments"
    mine, other = found.cpu / records, peer.cpu / theirs
    line = at_least(
        "3" if limit else "–",
        title,
        ours=mine,
        baseline=other,
        limit=limit or 1,
        shown=(f"{mine * 1e9:,.0f} ns", f"{other * 1e9:,.0f} ns"),
        records=f"{records / 1e6:g} M",
        remark=f"{agreed}. {remark(peer.said, records)}",
    )
    return line if limit else Line(**{**line.stored(), "target": "", "met": None})


def _nautilus(said: Mapping[str, Any], records: int) -> str:
    return f"Loading {said['load'] / records * 1e9:,.0f} ns of it; it keeps books only, no windows, no flow."


def _itch_book(said: Mapping[str, Any], records: int) -> str:
    books = said["books"] / records * 1e9
    return f"Fed with ITCH messages made of the same records; without its table {books:,.0f} ns; no windows, no flow."


def _hftbacktest(said: Mapping[str, Any], _: int) -> str:
    return (
        f"{said['stopped']} of {said['instruments']} instruments left out, at whose partial cancels its L3 book ends; one asset"
        " at a time, two books each (exchange and local); no flow."
    )
