"""Goal 8: a chain of 500 strikes through `analyze` within 1 ms without re-pricing, within 20 ms with its zero gamma.

The first plan's consumer has its keys of a symbol within the plan's 50 ms.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.lines import Line
from benchmarks.measuring import task
from benchmarks.session import Session

__all__ = ["lines"]


def lines(session: Session) -> Iterator[Line]:
    """One call each, its cache off, the least of many; the total is compared with a plain sum first."""
    session.say("one chain")
    said = task("analysis", strikes=500).said
    agreed = "net exposure equals a plain sum over the strikes" if said["same"] else "RESULTS DIFFER from a plain sum"
    for name, title, limit in (("plain", "without re-pricing", 1.0), ("profile", "with its zero gamma by re-pricing", 20.0)):
        took = said[name] * 1e3
        yield Line(
            goal="8",
            what=f"`analyze` of 500 strikes {title}",
            ours=f"{took:.2f} ms",
            baseline="the seed's 50 ms" if name == "plain" else "",
            ratio=50 / took if name == "plain" else None,
            target=f"< {limit:g} ms",
            met=took < limit,
            remark=agreed,
        )
    cached = task("cached_scores", strikes=200).said
    agreed = "net exposure equals a plain sum over the strikes" if cached["same"] else "RESULTS DIFFER from a plain sum"
    took = cached["computed"] * 1e3
    yield Line(
        goal="8",
        what="the first plan's keys of a cached symbol of 200 strikes, by `ChainScorer`",
        ours=f"{took:.2f} ms",
        baseline="the seed's 50 ms",
        ratio=50 / took,
        target="< 50 ms",
        met=took < 50.0,
        remark=f"{agreed}; asked again within the minute {cached['kept'] * 1e3:.2f} ms",
    )
