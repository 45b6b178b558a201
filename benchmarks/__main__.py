"""`python -m benchmarks`: measure what is asked for, print the table, and with `--write` renew RESULTS.md.

Lines of earlier runs stay in `benchmarks/out`. So goals can be measured one after the other and written together.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Final

import click

from benchmarks.goals.registry import GOALS, lines_of
from benchmarks.lines import Line, markdown, not_measured, plain
from benchmarks.machine import NO_PEERS, facts
from benchmarks.measuring import Failed
from benchmarks.session import Session

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "RESULTS.md"
KEPT: Final = HERE / "out" / "lines.json"


class _Goals(click.ParamType[tuple[str, ...]]):
    """Numbers of goals, separated by commas."""

    name = "1,3,…"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = tuple(part.strip() for part in str(value).split(","))
        unknown = [name for name in names if name not in GOALS]
        if unknown:
            self.fail(f"Expected goals of {', '.join(GOALS)}, was {', '.join(unknown)}", param, ctx)
        return names


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="An hour of 1 and of 3 M records instead of days of 20 and 60 M, fewer repetitions.")
@click.option("--only", type=_Goals(), help="Only these goals. [default: all]")
@click.option("--write", is_flag=True, help="Renew RESULTS.md, with the last lines of goals that are not measured now.")
@click.option("--profile", is_flag=True, help="Show where the time goes, step by step, instead.")
@click.option("--list", "listed", is_flag=True, help="Show what is measured.")
def bench(*, quick: bool, only: tuple[str, ...] | None, write: bool, profile: bool, listed: bool) -> None:
    """Benchmarks as ratios: ours against named baselines in the same run, results compared before speed."""
    if listed:
        for number, (_, about) in GOALS.items():
            click.echo(f"{number:>3}  {about}")
        return
    started = perf_counter()
    session = Session(quick=quick, say=lambda words: click.echo(f"[{perf_counter() - started:6.0f} s] {words}", err=True))
    if profile:
        from benchmarks.profile import profile_lines

        for text in profile_lines(session):
            click.echo(text)
        return
    measured: list[Line] = []
    for goal in only or tuple(GOALS):
        found: list[Line] = []
        try:
            found += lines_of(goal, session)
        except Failed as error:
            found.append(not_measured(goal, GOALS[goal][1], reason=str(error)))
        _keep(goal, found, facts_of_run(session), quick=quick)
        measured += found
    for text in plain(measured):
        click.echo(text)
    if write:
        RESULTS.write_text("\n".join(_document(quick=quick)) + "\n", encoding="utf-8")
        click.echo(f"written: {RESULTS}")
    differ = [line.what for line in measured if "RESULTS DIFFER" in line.remark]
    if differ:
        click.echo(f"gex bench: Expected equal results, was: {'; '.join(differ)}", err=True)
        sys.exit(1)


def facts_of_run(session: Session) -> dict[str, str]:
    """The machine and what was asked for."""
    return facts(peers=session.peers, command=f"gex bench{' --quick' if session.quick else ''}")


def _keep(goal: str, lines: list[Line], about: dict[str, str], *, quick: bool) -> None:
    """Store a goal's lines with those of the others."""
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept.setdefault("quick" if quick else "whole", {})[goal] = {"facts": about, "lines": [line.stored() for line in lines]}
    KEPT.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def _document(*, quick: bool) -> list[str]:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["quick" if quick else "whole"]
    found = [goal for goal in GOALS if goal in kept]
    lines = [Line(**values) for goal in found for values in kept[goal]["lines"]]
    about = {name: value for goal in found for name, value in kept[goal]["facts"].items()}
    peers = (part for goal in found for part in kept[goal]["facts"]["peers"].split("; ") if part != NO_PEERS)
    about["peers"] = "; ".join(dict.fromkeys(peers))
    dates = sorted({kept[goal]["facts"]["date"] for goal in found})
    about["date"] = " to ".join(dict.fromkeys([dates[0], dates[-1]]))
    missed = [goal for goal in GOALS if goal not in kept]
    return [
        "# Results of the benchmarks",
        "",
        "Written by `gex bench --write`. Every figure is a ratio within one run: absolute times drift with the machine.",
        "Times are CPU time of a process unless a line says “on the clock”; of alternating repetitions the least counts.",
        "Results were compared before speed; the last column says how.",
        "",
        *(f"- **{name}**: {value}" for name, value in about.items()),
        *([f"- **not measured**: goals {', '.join(missed)}"] if missed else []),
        "",
        *markdown(lines),
    ]


if __name__ == "__main__":
    bench(prog_name="gex bench")
