"""The command `gex`. Each command reads its options, calls one function of the package and shows the answer."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, time
from pathlib import Path

import click

from gex_assets.cli_chain import chain, compare, study
from gex_assets.cli_options import Day, Session, lake_option, out, product_option
from gex_assets.errors import GexError, SettingsError
from gex_assets.settings import Settings, load

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="gex-assets")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def gex(*, debug: bool) -> None:
    """Gamma exposure, levels and regimes from order-by-order options data."""


@gex.command()
@lake_option
@click.option("--date", "day", type=Day(), default="2026-01-06", show_default=True, help="First day of the sample.")
@click.option("--days", type=click.IntRange(min=1), default=1, show_default=True, help="Number of days.")
@click.option("--seed", type=int, default=7, show_default=True, help="Random seed of the sample.")
def demo(*, lake: Path | None, day: date, days: int, seed: int) -> None:
    """Generate a sample market, run every asset and show the results."""
    from gex_assets.demo import run_demo

    if not run_demo(load(lake=lake), start=day, days=days, seed=seed, console=out):
        sys.exit(1)


@gex.command()
@lake_option
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option(
    "--days", type=click.IntRange(min=1), default=1, show_default=True, help="Number of days; Saturdays have no session."
)
@click.option(
    "--profile",
    type=click.Choice(["small", "full"]),
    default="small",
    show_default=True,
    help="full: as many instruments and records as a real day.",
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
@product_option
def sample(
    *,
    lake: Path | None,
    start: date,
    days: int,
    profile: str,
    seed: int,
    defects: str,
    dbn_version: str,
    session: tuple[time, time] | None,
    records: int | None,
    product: str | None,
) -> None:
    """Write a sample market as the vendor delivers it, with its true values."""
    from gex_assets.report.lake import sample_lines
    from gex_assets.sample.files.defects import parsed_defects
    from gex_assets.sample.market import make_sample
    from gex_assets.warm_up.compilation import announced_compilation
    from gex_assets.warm_up.units import seconds_of

    settings = load(lake=lake)
    with announced_compilation(_say, seconds=seconds_of("sample")):
        report = make_sample(
            settings.lake,
            start=start,
            days=days,
            profile=profile,
            seed=seed,
            defects=parsed_defects(defects),
            dbn_version=int(dbn_version),
            product=product or settings.default_product,
            session=session,
            records=records,
            progress=_say,
        )
    for line in sample_lines(report):
        _say(line)


@gex.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@lake_option
def ingest(*, paths: tuple[Path, ...], lake: Path | None) -> None:
    """Verify downloaded batch folders or single files and copy them into the lake."""
    from gex_assets.lake.raw.ingest import ingest as bring
    from gex_assets.lake.tables import Lake
    from gex_assets.report.lake import ingest_lines
    from gex_assets.warm_up.compilation import announced_compilation
    from gex_assets.warm_up.units import UNITS

    tables = Lake(load(lake=lake).lake)
    with announced_compilation(_say, seconds=sum(unit.seconds for unit in UNITS if unit.name == "order_records")):
        results = bring(tables.fs, paths, progress=_say)
    for line in ingest_lines(results):
        _say(line)
    refused = [result for result in results if result.status == "refused"]
    if refused or not results:
        raise GexError(f"Expected files to take in, was {len(refused)} refused of {len(results)}")


@gex.command()
@click.option("--date", "day", type=Day(), required=True, help="Day to run, or first day of a range.")
@click.option("--to", "last", type=Day(), help="Last day of the range.")
@click.option(
    "--select", help='Assets to run, e.g. key:"silver_gex"+ or group:silver (Dagster selection syntax).  [default: all]'
)
@click.option("--force", is_flag=True, help="Recompute tables that are up to date, too.")
@lake_option
def run(*, day: date, last: date | None, select: str | None, force: bool, lake: Path | None) -> None:
    """Run days through Dagster in this process, one run per day.

    Tables that are up to date are reused. A table is up to date when its inputs, its code and its settings have not changed.
    """
    from gex_assets.defs.run import days_between, remember_home, run_days
    from gex_assets.report.text import day_run_line
    from gex_assets.warm_up.compilation import announced_compilation
    from gex_assets.warm_up.units import seconds_of

    settings = load(lake=lake)
    days = days_between(day, last or day)
    if not days:
        raise SettingsError(f"Expected at least one day that is no Saturday, was {day}")
    remember_home(Path.cwd())
    failed = 0
    runs = run_days(settings, days, select=select, force=force, announce=lambda each: out.print(f"{each}", style="bold"))
    with announced_compilation(_say, seconds=seconds_of("graph")):
        for done in runs:
            _say(day_run_line(done))
            failed += not done.success
    if failed:
        raise GexError(f"Expected {len(days)} day(s) to be published, was {len(days) - failed}: {failed} failed")


@gex.command()
@click.option("--force", is_flag=True, help="Recompute dates that are up to date, too.")
@lake_option
def history(*, force: bool, lake: Path | None) -> None:
    """Update regime_history over all published days.

    Dates are recomputed from the earliest changed one on; dates that are up to date are reused.
    """
    from gex_assets.defs.run import remember_home, run_history

    settings = load(lake=lake)
    remember_home(Path.cwd())
    done = run_history(settings, force=force)
    _rebuild_views(settings)
    if not done.success:
        raise GexError(done.failure or f"Expected the history to be published, was not: see run {done.run_id[:8]}")


@gex.command()
@click.option("--date", "day", type=Day(), help="Show only this day, table by table.")
@lake_option
@product_option
def status(*, day: date | None, lake: Path | None, product: str | None) -> None:
    """Show tables and days: rows, bytes, and what is rejected, missing or stale, and why."""
    from gex_assets.lake.status import status as status_of
    from gex_assets.lake.tables import Lake
    from gex_assets.report.lake import status_lines
    from gex_assets.schemas.registry import TABLES

    settings = load(lake=lake)
    products = (product,) if product else settings.products
    states = status_of(
        Lake(settings.lake), tables=TABLES, products=products, day=day, digest=lambda table: settings.digest(table.settings)
    )
    for line in status_lines(states, day=day, width=out.width):
        _say(line)


@gex.command()
@click.argument("sql")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="Form of the answer.",
)
@lake_option
def query(*, sql: str, style: str, lake: Path | None) -> None:
    """Run SQL in DuckDB, read-only. Each table is a view with product and date."""
    from gex_assets.lake.queries import query as ask
    from gex_assets.report.text import answer_lines

    settings = load(lake=lake)
    for line in answer_lines(ask(settings.lake, sql), style=style, width=out.width):
        click.echo(line)


@gex.command()
@click.option("--quick", is_flag=True, help="Smaller days and fewer repetitions: minutes instead of half an hour.")
@click.option("--only", help="Goals to measure, by number, e.g. 1,3.  [default: all]")
@click.option("--write", is_flag=True, help="Write benchmarks/RESULTS.md.")
@click.option("--profile", is_flag=True, help="Show the time of each step.")
@click.option("--list", "listed", is_flag=True, help="List the goals.")
def bench(*, quick: bool, only: str | None, write: bool, profile: bool, listed: bool) -> None:
    """Measure speed and memory as ratios to named baselines.

    Needs a clone of the project: benchmarks/ is not part of the package.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / "benchmarks" / "__main__.py").is_file():
        raise GexError(f"Expected the folder benchmarks next to the package, as in a clone of the project, was none in {root}")
    chosen = {"--quick": quick, "--write": write, "--profile": profile, "--list": listed}
    options = [name for name, asked in chosen.items() if asked] + ([f"--only={only}"] if only else [])
    sys.exit(subprocess.run([sys.executable, "-m", "benchmarks", *options], cwd=root, check=False).returncode)  # noqa: S603


for _command in (chain, compare, study):
    gex.add_command(_command)


def _say(line: str) -> None:
    out.print(line, markup=False)


def _rebuild_views(settings: Settings) -> None:
    from gex_assets.lake.tables import Lake
    from gex_assets.lake.views import current_views

    current_views(Lake(settings.lake))


def main() -> None:
    """Run the command; an error is one clear line and a non-zero exit."""
    try:
        gex(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("gex: interrupted", err=True)
        sys.exit(130)
    except GexError as error:
        if "--debug" in sys.argv:
            raise
        click.echo(f"gex: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
