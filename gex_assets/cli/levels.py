"""The commands that hand out levels: `gex levels` and `gex brief`."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import click

from gex_assets.cli.options import Clock, CommandWithExamples, Day, lake_option, out, product_option, say, say_of
from gex_assets.errors import GexError
from gex_assets.settings import load

__all__ = ["brief", "levels"]

_PHONE = 46
"""Columns of a brief, also on a wide terminal: it is read on a phone."""


@click.command(
    cls=CommandWithExamples,
    is_brief=True,
    examples=(
        "gex levels",
        "gex levels --session 2026-01-07 --scope 0dte",
        "gex levels --date 2026-01-06 --at 20:55",
        "gex levels --format tradingview --out levels.pine --overwrite",
        "gex levels --format csv --convention field --convention magic8",
    ),
)
@click.option("--session", type=Day(), help="Levels before this session.  [default: the latest that are published]")
@click.option("--date", "day", type=Day(), help="Levels within this day in place of those before a session.")
@click.option(
    "--at", "clock", type=Clock(), help="With --date: the last window that ends by then, in UTC.  [default: the day's last]"
)
@click.option("--convention", "conventions", multiple=True, default=("field",), show_default=True, help="Repeatable.")
@click.option("--scope", help="all, selected, 0dte or exp:YYYY-MM-DD.  [default: all before a session, selected within a day]")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json", "tradingview", "ninjatrader", "sierra"]),
    default="table",
    show_default=True,
    help="Form of the levels; docs/charts.md says how each program takes them in.",
)
@click.option("--out", "file", type=click.Path(path_type=Path), help="File to write, or -.  [default: the terminal]")
@click.option("--overwrite", is_flag=True, help="Replace the file of --out.")
@lake_option
@product_option
def levels(
    *,
    session: date | None,
    day: date | None,
    clock: str | None,
    conventions: tuple[str, ...],
    scope: str | None,
    style: str,
    file: Path | None,
    overwrite: bool,
    lake: Path | None,
    product: str | None,
) -> None:
    """Show levels with their errors, or write them for a chart.

    Without --date these are the levels before a session: they need no orders.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.market.products import product as product_of
    from gex_assets.report.levels.formats import as_text
    from gex_assets.report.levels.page import level_lines
    from gex_assets.report.levels.stored import levels_before, levels_within

    if session is not None and day is not None:
        raise GexError("Expected --session or --date, was both: one asks for levels before a session, the other within a day")
    if clock is not None and day is None:
        raise GexError("Expected --date with --at, was --at alone")
    settings = load(lake=lake)
    name = product_of(product).name if product else settings.default_product
    there = existing_lake(settings.lake)
    if day is None:
        found = levels_before(there, product=name, session=session, conventions=conventions, scope=scope or "all")
    else:
        found = levels_within(
            there,
            product=name,
            day=day,
            clock=None if clock is None else time.fromisoformat(clock),
            conventions=conventions,
            scope=scope or "selected",
        )
    if style == "table" and file is None:
        for line in level_lines(found, width=out.width):
            say(line)
        return
    text = "\n".join(level_lines(found, width=80)) + "\n" if style == "table" else as_text(found, style)
    if file is None or str(file) == "-":
        click.echo(text, nl=False)
        return
    try:
        with file.open("w" if overwrite else "x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise GexError(f"Expected {file} not to be there, was a file: name another with --out, or add --overwrite") from None
    except OSError as error:
        raise GexError(f"Expected a file to write at {file}, was: {error.strerror}") from None
    say_of(file)(f"{file}: {sum(len(one.levels) for one in found)} levels")


@click.command(
    cls=CommandWithExamples,
    is_brief=True,
    examples=(
        "gex brief",
        "gex brief --session 2026-01-07 --convention magic8",
        "gex brief --at 13:30",
        "gex brief --json | jq .missing",
        "gex brief --html brief.html",
    ),
)
@click.option("--session", type=Day(), help="Trade date of the session.  [default: the latest that has levels]")
@click.option("--convention", default="field", show_default=True)
@click.option(
    "--at", "clock", type=Clock(), help="Nothing later is looked at, in UTC.  [default: the session's last published window]"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page for a phone to this file, or -.")
@lake_option
@product_option
def brief(
    *,
    session: date | None,
    convention: str,
    clock: str | None,
    as_json: bool,
    page: Path | None,
    lake: Path | None,
    product: str | None,
) -> None:
    """Tell a session's levels and course on a phone's screen.

    What they are and how sure, what changed since the session before, range and flow of the night, the regime, what rolls off
    next, and what is missing.
    """
    import json

    if as_json and page is not None:
        raise GexError("Expected --json or --html, was both: ask once for each")
    from gex_assets.brief.facts import read_brief
    from gex_assets.lake.existing import existing_lake
    from gex_assets.market.products import product as product_of
    from gex_assets.report.levels.brief import brief_lines
    from gex_assets.report.levels.brief_document import brief_document

    settings = load(lake=lake)
    made = read_brief(
        existing_lake(settings.lake),
        product=product_of(product).name if product else settings.default_product,
        session=session,
        convention=convention,
        clock=None if clock is None else time.fromisoformat(clock),
    )
    if as_json:
        click.echo(json.dumps(brief_document(made)))
        return
    if page is not None:
        from gex_assets.pages.brief.page import brief_page
        from gex_assets.pages.written import write_page

        write_page(page, brief_page(made).encode())
        say_of(page)(f"{page}: the brief of {made.session_date}")
        return
    for line in brief_lines(made, width=min(out.width, _PHONE)):
        say(line)
