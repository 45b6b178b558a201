"""The commands that read what there is: `gex status`, `gex lineage`, `gex query` and `gex doctor`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import click

from gex_assets.cli.options import (
    CommandWithExamples,
    Day,
    complain,
    echo,
    lake_option,
    out,
    product_option,
    say,
    say_if_typed,
    time_source,
)
from gex_assets.errors import GexError, SettingsError
from gex_assets.settings import Settings, load

if TYPE_CHECKING:
    from gex_assets.defs.run_status.states import RunStates
    from gex_assets.report.status_page import DayState

__all__ = ["doctor", "lineage", "query", "status"]


@click.command(
    cls=CommandWithExamples,
    is_brief=True,
    examples=(
        "gex status",
        "gex status --date 2026-01-06",
        "gex status --failed",
        "gex status --json | jq '.cause // .refused'",
        "gex status --exit-code > /dev/null || echo something is missing",
    ),
)
@click.option("--date", "day", type=Day(), help="Show only this day, table by table.")
@click.option("--failed", is_flag=True, help="Only days that are not wholly published, each with its cause.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a day, with --date a table; one a refused file or run.")
@click.option("--exit-code", is_flag=True, help="Exit 1 where a day is not wholly published, or a file was refused.")
@lake_option
@product_option
def status(*, day: date | None, failed: bool, as_json: bool, exit_code: bool, lake: Path | None, product: str | None) -> None:
    """Show days: what is there, rejected, missing or stale, and why.

    Each day has one cause; tables that only follow from it are counted. Of many days, equal ones share a line. Below are runs of
    the instance in DAGSTER_HOME: running, queued, backfills, and failures that were not made good since.
    """
    from gex_assets.conventions import conventions
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.notes.convention_versions import check_versions
    from gex_assets.lake.notes.refused_deliveries import refused_deliveries
    from gex_assets.lake.status import status as status_of
    from gex_assets.pages.bundle import brief_page_contract, day_page_contract
    from gex_assets.report.deliveries import refusal_documents, refusal_lines
    from gex_assets.report.run_lines import run_documents, run_lines
    from gex_assets.report.status_page import json_lines, states_of_days, status_lines
    from gex_assets.schemas.registry import TABLES

    settings, today = load(lake=lake), time_source.get()().date()
    products = (product,) if product else settings.products
    there = existing_lake(settings.lake)
    check_versions(there, conventions(settings.conventions))
    states = status_of(
        there,
        tables=TABLES,
        products=products,
        day=day,
        pages=[day_page_contract(), brief_page_contract()],
        digest=lambda table: settings.digest(table.settings),
        say=complain,
        running=today,
    )
    days = states_of_days(states)
    bad = [one for one in days if one.cause is not None]
    refused = refused_deliveries(there.fs)
    runs, rejected = _run_states(settings, days, only=day), {one.day for one in days if one.state == "rejected"}
    chosen = bad if failed else days
    if as_json:
        for line in (
            *json_lines(chosen, by_table=day is not None),
            *refusal_documents(refused),
            *run_documents(runs, rejected=rejected),
        ):
            echo(line)
    elif failed and days and not bad:
        say("All days are wholly published.")
    else:
        for line in status_lines(chosen, day=day, width=out.width, whole=failed, today=today):
            say(line)
    if not as_json:
        for line in (*refusal_lines(refused), *run_lines(runs, rejected=rejected, now=time(), whole=failed)):
            say(line)
    if exit_code and (bad or refused):
        sys.exit(1)


def _run_states(settings: Settings, days: Sequence[DayState], *, only: date | None) -> RunStates:
    """What the instance knows of runs of the lake; why not, where its folder cannot be used."""
    from gex_assets.defs.execution.home import home_folder, use_home_of
    from gex_assets.defs.execution.run_tags import lake_name
    from gex_assets.defs.run_status.reading import run_states
    from gex_assets.defs.run_status.states import RunStates
    from gex_assets.defs.run_status.wanted import Wanted

    said = use_home_of(Path.cwd())
    if said is not None:
        complain(said)
    right = {one.day: one.cause is None for one in days}
    right |= {one.day: False for one in days if one.cause is not None}  # another product's may be right
    own, lake = lake_name(load().lake), lake_name(settings.lake)
    try:
        return run_states(home_folder(), Wanted(lake=lake, is_settings_lake=lake == own, days=right, only=only))
    except SettingsError as error:
        return RunStates(unknown=str(error))


@click.command(
    cls=CommandWithExamples,
    is_brief=True,
    examples=(
        "gex lineage silver_gex_levels",
        "gex lineage day_page --date 2026-01-06",
        "gex lineage regime_scores --json | jq -r 'select(.now != \"same\") | .input'",
    ),
)
@click.argument("table")
@click.option("--date", "day", type=Day(), help="The day.  [default: the latest that is published]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an input, with whole hashes.")
@lake_option
@product_option
def lineage(*, table: str, day: date | None, as_json: bool, lake: Path | None, product: str | None) -> None:
    """Show what a TABLE, or a page, was made from on a day.

    Each table on the way with its code version and settings; each delivered file with its sha256; and what is another now.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.origins.ancestry import ancestry, ancestry_table
    from gex_assets.lake.pages.stored import page_days
    from gex_assets.report.ancestry_page import ancestry_lines
    from gex_assets.report.text import program_lines
    from gex_assets.schemas.pages import PAGES
    from gex_assets.schemas.registry import TABLES

    if table not in TABLES and table not in PAGES:
        raise GexError(f"Expected a table or a page, was {table}: gex lineage day_page lists all tables of a day")
    settings = load(lake=lake)
    there, of = existing_lake(settings.lake), product or settings.default_product
    if day is None:
        days = page_days(there, table, of) if table in PAGES else there.days(table, of)
        if not days:
            raise GexError(f"Expected a published day of {table} of {of}, was none: gex status shows what there is")
        day = days[-1]
    if as_json:
        found = ancestry_table(there, table, product=of, day=day)
        for line in program_lines(found.schema, found.to_batches(), style="json"):
            echo(line)
        return
    made_from = list(ancestry(there, table, product=of, day=day))
    if not made_from:  # else each table on the way is named, this one first
        say(f"{table} of {of} {day}:")
    for line in ancestry_lines(made_from, digest=settings.digest):
        say(line)


@click.command(
    cls=CommandWithExamples,
    is_brief=True,
    examples=(
        'gex query "SHOW TABLES"',
        'gex query "DESCRIBE silver_gex_levels"',
        'gex query "SELECT * FROM regime_scores LIMIT 5" --format lines',
        "gex query -f levels.sql --format csv > levels.csv",
        'echo "SELECT count(*) FROM silver_gex" | gex query -',
    ),
)
@click.argument("sql", required=False)
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), help="Read the query from a file; - is standard input.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "lines", "csv", "json"]),
    default="table",
    show_default=True,
    help="Form of the answer. lines: one column a line.",
)
@click.option("--rows", type=click.IntRange(min=1), default=100, show_default=True, help="Rows that a table shows.")
@click.option("--width", type=click.IntRange(min=20), help="Columns of a table.  [default: the terminal's]")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds after which it is ended."
)
@click.option("--memory", type=click.IntRange(min=50), default=1_000, show_default=True, help="Memory that it may take, in MB.")
@click.option("--max-rows", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Rows of an answer.")
@click.option("--max-size", type=click.IntRange(min=1), default=500, show_default=True, help="Size of an answer, in MB.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads that compute.")
@lake_option
def query(
    *,
    sql: str | None,
    file: Path | None,
    style: str,
    rows: int,
    width: int | None,
    timeout: float,
    memory: int,
    max_rows: int,
    max_size: int,
    threads: int,
    lake: Path | None,
) -> None:
    """Ask the lake in SQL, read-only.

    Each table is a view of its name with product and date. SQL is that of DuckDB; it sees the views and no files. A query runs
    in a process of its own and is ended where it takes more than --timeout, --memory, --max-rows or --max-size allow.
    """
    from gex_assets.lake.sql.process import QueryLimits, ask
    from gex_assets.report.text import people_lines, program_lines

    text = _sql_of(sql, file)
    settings = load(lake=lake)
    limits = QueryLimits(seconds=timeout, memory_mb=memory, rows=max_rows, size_mb=max_size, threads=threads)
    if style in {"csv", "json"}:
        with ask(settings.lake, text, limits=limits) as answer:
            for line in program_lines(answer.schema, answer.batches, style=style):
                echo(line)
        return
    with ask(settings.lake, text, limits=limits, first=rows) as answer:
        shown = answer.read()
    for line in people_lines(shown, style=style, width=width or out.width, rows=answer.rows, is_counted=answer.is_counted):
        echo(line)


def _sql_of(sql: str | None, file: Path | None) -> str:
    """The query from the argument, a file or standard input: exactly one of them."""
    if (sql is None) == (file is None):
        raise click.UsageError('Expected a query: gex query "SELECT …", gex query -f FILE, or gex query - for standard input')
    if sql == "-" or (file is not None and str(file) == "-"):
        say_if_typed("-")
        return sys.stdin.read()
    if file is None:
        return sql or ""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GexError(f"Expected a file with a query, was {file}: {error}") from error


@click.command(cls=CommandWithExamples, is_brief=True, examples=("gex doctor", "gex doctor --lake /data/lake"))
@lake_option
def doctor(*, lake: Path | None) -> None:
    """Look at all that a run needs: fine, or why not and what to do.

    Exits 1 where something does not work. Nothing is changed.
    """
    from gex_assets.doctor import findings

    broken = 0
    for found in findings(lake=lake):
        word = {True: "ok", False: "wrong", None: "note"}[found.is_fine]
        say(f"{word:<6} {found.about:<9} {found.said}" + (f": {found.to_do}" if found.to_do else ""))
        broken += found.is_fine is False
    if broken:
        sys.exit(1)
