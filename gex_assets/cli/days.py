"""The commands that make days: `gex demo`, `sample`, `ingest`, `run` and `history`."""

from __future__ import annotations

import shlex
import sys
from datetime import date, time, timedelta
from pathlib import Path

import click

from gex_assets.cli.options import (
    CommandWithExamples,
    Day,
    Session,
    complain,
    lake_option,
    out,
    product_option,
    say,
    shared_instance,
    time_source,
)
from gex_assets.cli.running_day import checked_days_are_over, first_day, running_moment
from gex_assets.cli.shown_days import jobs_option, shown_days
from gex_assets.errors import GexError, SettingsError
from gex_assets.process.garbage import loading
from gex_assets.process.interruption import EXIT_CODE, was_asked
from gex_assets.process.progress import live_line
from gex_assets.settings import load
from gex_assets.wording import counted

__all__ = ["demo", "history", "ingest", "run", "sample"]

NO_FILES = 3
"""Exit code where a day had no files and --require-files was given."""

_AFTER_RUN = """\b
Exit codes:
  0    all days are published, also those without files
  1    a day failed
  3    a day had no files, with --require-files
  130  interrupted
"""

_INGEST_WIDTH = 80
"""Columns of the results of an ingest, also in a pipe: they are sentences, not tables."""


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex demo",
        "gex demo --days 2 --lake /tmp/lake",
    ),
)
@lake_option
@click.option("--date", "day", type=Day(), default="2026-01-06", show_default=True, help="First day of the sample.")
@click.option("--days", type=click.IntRange(min=1), default=1, show_default=True, help="Number of days.")
@click.option("--seed", type=int, default=7, show_default=True, help="Random seed of the sample.")
def demo(*, lake: Path | None, day: date, days: int, seed: int) -> None:
    """Generate a sample market, run every asset and show the results."""
    from gex_assets.defs.execution.home import write_home
    from gex_assets.demo import run_demo

    settings = load(lake=lake)
    write_home(Path.cwd())
    shared = shared_instance(settings)
    if not run_demo(settings, start=day, days=days, seed=seed, console=out, shared=shared, given=_given(lake=lake)):
        sys.exit(1)


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex sample --start 2026-01-06 --session 14:28-14:36",
        "gex sample --start 2026-01-06 --days 5 --product NQ",
        "gex sample --start 2026-01-06 --profile small --families weekly,eom",
    ),
)
@lake_option
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option(
    "--days", type=click.IntRange(min=1), default=1, show_default=True, help="Number of days; Saturdays have no session."
)
@click.option(
    "--profile",
    type=click.Choice(["lively", "wide", "small", "full"]),
    default="lively",
    show_default=True,
    help="lively: staged, with dailies; wide: with their whole ladders; small: quarterlies, a random walk; full: as many records"
    " as on a real day.",
)
@click.option(
    "--families", help="Families of options to list, separated by commas: quarterly,weekly,daily,eom.  [default: the profile's]"
)
@click.option("--seed", type=int, default=7, show_default=True, help="Random seed of the sample.")
@click.option(
    "--defects", default="all", show_default=True, help="Faults to put into the files: all, none, or names separated by commas."
)
@click.option(
    "--dbn-version", type=click.Choice(["1", "2", "3"]), default="1", show_default=True, help="DBN version of the files."
)
@click.option("--session", type=Session(), help="Generate only this part of each day, in UTC.")
@click.option("--records", type=int, help="Option records of a day, with --profile full.  [default: 88,000,000 in a whole day]")
@click.option("--overwrite", is_flag=True, help="Replace the files of days that a sample has delivered before.")
@product_option
def sample(
    *,
    lake: Path | None,
    start: date,
    days: int,
    profile: str,
    families: str | None,
    seed: int,
    defects: str,
    dbn_version: str,
    session: tuple[time, time] | None,
    records: int | None,
    overwrite: bool,
    product: str | None,
) -> None:
    """Write a sample market as the vendor delivers it, with its truth."""
    from gex_assets.market.products import product as product_of
    from gex_assets.report.lake import sample_lines
    from gex_assets.sample.files.defects import parsed_defects
    from gex_assets.sample.market import make_sample
    from gex_assets.sample.profile import profile as profile_of
    from gex_assets.sample.profile import with_families
    from gex_assets.warm_up.compilation import announced_compilation
    from gex_assets.warm_up.units import seconds_of

    settings = load(lake=lake)
    kind_of_future = product_of(product or settings.default_product)
    names = None if families is None else tuple(name.strip() for name in families.split(","))
    with announced_compilation(say, seconds=seconds_of("sample")):
        report = make_sample(
            settings.lake,
            start=start,
            days=days,
            profile=with_families(profile_of(profile), names, listed=kind_of_future.families),
            seed=seed,
            defects=parsed_defects(defects),
            dbn_version=int(dbn_version),
            product=kind_of_future.name,
            session=session,
            records=records,
            overwrite=overwrite,
            progress=say,
        )
    for line in sample_lines(report):
        say(line)


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex ingest ~/downloads/GLBX-20260121-XXXXXXXXXX",
        "gex ingest esh6.mbo.dbn.zst --lake /data/lake",
    ),
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@lake_option
def ingest(*, paths: tuple[Path, ...], lake: Path | None) -> None:
    """Verify downloaded folders or files and copy them into the lake."""
    from gex_assets.lake.dbn.source import ReadLimits
    from gex_assets.lake.notes.refused_deliveries import keep_refusals
    from gex_assets.lake.raw.ingest import ingest as bring
    from gex_assets.lake.tables import Lake
    from gex_assets.report.lake import ingest_lines
    from gex_assets.warm_up.compilation import announced_compilation
    from gex_assets.warm_up.units import UNITS

    settings = load(lake=lake)
    tables = Lake(settings.lake)
    with announced_compilation(say, seconds=sum(unit.seconds for unit in UNITS if unit.name == "order_records")):
        limits = ReadLimits(settings.max_expansion_ratio, settings.max_file_bytes)
        with live_line():
            results = bring(tables.fs, paths, limits=limits, progress=say)
    keep_refusals(tables.fs, results)
    for line in ingest_lines(results, width=min(out.width, _INGEST_WIDTH)):
        say(line)
    refused = [result for result in results if result.status == "refused"]
    if refused or not results:
        raise GexError(f"Expected files to take in, was {len(refused)} refused of {len(results)}")


@click.command(
    cls=CommandWithExamples,
    epilog=_AFTER_RUN,
    examples=(
        "gex run --date 2026-01-06",
        "gex run --date 2026-01-06 --to 2026-01-16",
        "gex run --date yesterday --require-files",
        "gex run --date today --partial",
    ),
)
@click.option("--date", "day", type=Day(), help="Day to run, or first day of a range; also today, yesterday (UTC).  [required]")
@click.option("--to", "last", type=Day(), help="Last day of the range.")
@click.option(
    "--select", help='Assets to run, e.g. key:"silver_gex"+ or group:silver (Dagster selection syntax).  [default: all]'
)
@click.option("--force", is_flag=True, help="Recompute tables that are up to date, too.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0.0),
    default=60.0,
    show_default=True,
    help="Minutes to wait for another process that runs the same day.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Compute what has come of today, and mark it as partial until the whole day is run.",
)
@click.option("--require-files", is_flag=True, help="Exit with 3 if nothing was delivered for one of the days.")
@jobs_option
@lake_option
def run(
    *,
    day: date | None,
    last: date | None,
    select: str | None,
    force: bool,
    wait: float,
    partial: bool,
    require_files: bool,
    jobs: int | None,
    lake: Path | None,
) -> None:
    """Run days through Dagster, one run per day.

    Tables that are up to date are reused. A table is up to date when its inputs, its code and its settings have not changed.

    Days of a range run in processes of their own. A day whose process dies is tried once more.

    Ctrl-C discards the table that is being written and ends the range. A second one ends at once.
    """
    from gex_assets.defs.notices.own_failures import FailureTeller
    from gex_assets.defs.ranges.day_run import DayRun, days_between
    from gex_assets.lake.existing import existing_lake
    from gex_assets.report.day_range import DayRange

    settings, now = load(lake=lake), time_source.get()()
    day = first_day(day, partial=partial, now=now)
    running_ns = running_moment(day, last, now=now) if partial else None
    days = days_between(day, last or day)
    if not partial:
        checked_days_are_over(days, now=now)
    if not days and last is None and (partial or day == now.date() - timedelta(days=1)):
        say(f"{day} is a Saturday, which has no session: nothing to run")
        return
    if not days:
        raise SettingsError(f"Expected at least one day that is no Saturday, was {day}")
    existing_lake(settings.lake)
    shared = shared_instance(settings)
    done: list[DayRun] = []
    interrupted = False
    runs = shown_days(
        settings,
        days,
        jobs=jobs,
        select=select,
        force=force,
        wait_seconds=60.0 * wait,
        shared=shared,
        running_ns=running_ns,
    )
    try:
        for one in FailureTeller(settings, say=say).following(runs):
            done.append(one)  # noqa: PERF402 (those before an interruption count)
    except KeyboardInterrupt:
        interrupted = True
    interrupted = interrupted or was_asked()
    options = _given(
        lake=lake,
        select=select,
        force=force,
        wait=wait if wait != 60.0 else None,
        partial=partial,
        require_files=require_files,
        jobs=jobs,
    )
    ended = DayRange(days=days, done=done, interrupted=interrupted, command=f"gex run{options}")
    for line in ended.lines():
        say(line)
    if interrupted:
        sys.exit(EXIT_CODE)
    if ended.failed:
        failed = len(ended.failed)
        raise GexError(f"Expected {counted(len(days), 'day')} to be published, was {len(days) - failed}: {failed} failed")
    if require_files and ended.without_files:
        named = ", ".join(map(str, ended.without_files))
        complain(f"Expected files of every day, was none for {named}: see `gex ingest`")
        sys.exit(NO_FILES)


@click.command(cls=CommandWithExamples, examples=("gex history",))
@click.option("--force", is_flag=True, help="Recompute dates that are up to date, too.")
@lake_option
def history(*, force: bool, lake: Path | None) -> None:
    """Update regime_history over all published days.

    Dates are recomputed from the earliest changed one on; dates that are up to date are reused.
    """
    with loading():
        from gex_assets.defs.notices.own_failures import FailureTeller
        from gex_assets.defs.run import run_history
        from gex_assets.lake.existing import existing_lake

    settings = load(lake=lake)
    existing_lake(settings.lake)
    done = run_history(settings, force=force, shared=shared_instance(settings))
    FailureTeller(settings, say=say).history(done)
    if not done.success:
        raise GexError(done.failure or f"Expected the history to be published, was not: see run {done.run_id[:8]}")


def _given(**options: Path | str | float | bool | None) -> str:
    """The options as they would be typed again; those that were not given are left out."""
    words = []
    for name, value in options.items():
        if value is True:
            words.append(f"--{name.replace('_', '-')}")
        elif value not in (None, False):
            words.append(f"--{name.replace('_', '-')} {shlex.quote(f'{value:g}' if isinstance(value, float) else str(value))}")
    return "".join(f" {word}" for word in words)
