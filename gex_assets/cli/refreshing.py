"""The command `gex refresh`: what is stale or missing is made again, and nothing else."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from gex_assets.cli.options import (
    CommandWithExamples,
    Day,
    complain,
    lake_option,
    product_option,
    say,
    shared_instance,
    time_source,
)
from gex_assets.cli.shown_days import jobs_option, shown_days
from gex_assets.errors import GexError, SettingsError
from gex_assets.process.garbage import loading
from gex_assets.process.interruption import EXIT_CODE, was_asked
from gex_assets.process.progress import live_line
from gex_assets.settings import load
from gex_assets.wording import counted

__all__ = ["refresh"]


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex refresh --dry-run",
        "gex refresh",
        "gex refresh --date 2026-01-06 --to 2026-01-16",
    ),
)
@click.option("--dry-run", is_flag=True, help="Say what would be read and made, and make nothing.")
@click.option("--date", "first", type=Day(), help="First day.  [default: the first known one]")
@click.option("--to", "last", type=Day(), help="Last day.  [default: the one of --date, else the last known one]")
@jobs_option
@lake_option
@product_option
def refresh(
    *, dry_run: bool, first: date | None, last: date | None, jobs: int | None, lake: Path | None, product: str | None
) -> None:
    """Make again what is stale or missing, and nothing else.

    `gex status` names it. What is up to date is reused. What was rejected is left alone until something changes that it is
    made from: files, inputs, code or settings.
    """
    with loading():
        from gex_assets.defs.notices.own_failures import FailureTeller
        from gex_assets.defs.run import DayRun, run_history
        from gex_assets.defs.upkeep.refresh import planned_refresh
        from gex_assets.lake.existing import existing_lake
        from gex_assets.report.refresh_plan import refresh_lines
        from gex_assets.warm_up.compilation import announced_compilation
        from gex_assets.warm_up.units import seconds_of

    if first is not None and last is not None and last < first:
        raise SettingsError(f"Expected --to on or after --date {first}, was {last}")
    settings = load(lake=lake)
    until = last if last is not None or first is None else first
    products = (product,) if product else None
    there = existing_lake(settings.lake)
    plan = planned_refresh(settings, there, products=products, first=first, last=until, say=complain, now=time_source.get()())
    for line in refresh_lines(plan):
        say(line)
    if dry_run or not (plan.only or plan.history):
        return
    shared = shared_instance(settings)
    done: list[DayRun] = []
    teller = FailureTeller(settings, say=say)
    try:
        for one in teller.following(shown_days(settings, list(plan.only), only=plan.only, shared=shared, jobs=jobs)):
            done.append(one)  # noqa: PERF402 (those before an interruption count)
        with live_line(), announced_compilation(say, seconds=seconds_of("graph")):
            history = run_history(settings, shared=shared) if plan.history else None
            if history is not None:
                teller.history(history)
    except KeyboardInterrupt:
        sys.exit(EXIT_CODE)
    if was_asked():
        sys.exit(EXIT_CODE)
    failed = [one for one in done if not one.success]
    if failed:
        raise GexError(
            f"Expected {counted(len(done), 'day')} to be made again, was {len(done) - len(failed)}: {failed[0].day} failed:"
            f" {failed[0].failure or 'see its run'}. `gex status --failed` lists all"
        )
    if history is not None and not history.success:
        raise GexError(history.failure or f"Expected the history to be published, was not: see run {history.run_id[:8]}")
