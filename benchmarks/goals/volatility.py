"""Goal 6: volatilities at least 5 times vanilla-option-pricers; with six greeks 4 M/s of a core, at least 3 times pyvolr."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.data import DATA
from benchmarks.environments import Absent
from benchmarks.lines import Line, at_least, not_measured
from benchmarks.measuring import Failed, Measured, alternately, task
from benchmarks.session import Session

__all__ = ["lines"]


def lines(session: Session) -> Iterator[Line]:
    """The same out-of-the-money options of one expiration for all; volatilities are compared with those they were priced at."""
    options = DATA / "options.npz"

    def ours() -> Measured:
        return task("volatility", into=options)

    session.say("volatilities")
    found = ours()
    count = int(found.said["options"])
    rate = count / found.said["with_greeks"] / 1e6
    yield Line(
        goal="6",
        what="volatility and six greeks of one core",
        records=f"{count:,} options",
        ours=f"{rate:.1f} M/s",
        ratio=rate / 4,
        target="≥ 4 M/s",
        met=rate >= 4,
        remark=f"largest relative error of a volatility {found.said['error']:.1e}",
    )
    for name, title, limit, ours_key, theirs_key in (
        ("vanilla_option_pricers", "volatility; vanilla-option-pricers", 5, "cpu", "cpu"),
        ("pyvolr", "volatility and six greeks; pyvolr's volatility and five", 3, "with_greeks", "with_greeks"),
    ):
        try:
            run = session.peer_run(name, options=options)
            session.say(f"volatilities next to {name}")
            found, peer = alternately(ours, run, rounds=session.rounds)
        except (Absent, Failed) as error:
            yield not_measured("6", title, reason=str(error))
            continue
        mine, other = found.said[ours_key], peer.said[theirs_key]
        yield at_least(
            "6",
            title,
            ours=mine,
            baseline=other,
            limit=limit,
            shown=(f"{mine / count * 1e9:,.0f} ns", f"{other / count * 1e9:,.0f} ns"),
            records=f"{count:,} options",
            remark=f"largest relative error of a volatility {found.said['error']:.1e}, the peer's {peer.said['error']:.1e}",
        )
