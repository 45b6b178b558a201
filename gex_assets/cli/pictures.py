"""The commands that draw: `gex heatmap`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from gex_assets.cli.options import CommandWithExamples, Day, lake_option, product_option, say_of
from gex_assets.errors import GexError
from gex_assets.settings import load
from gex_assets.wording import counted

__all__ = ["heatmap"]


@click.command(
    cls=CommandWithExamples,
    examples=(
        "gex heatmap --date 2026-01-06",
        "gex heatmap --date yesterday --open",
        "gex heatmap --date 2026-01-06 --product NQ --out nq.html",
    ),
)
@click.option("--date", "day", type=Day(), required=True, help="Day to draw.")
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path),
    help="File to write, or -.  [default: heatmap-PRODUCT-DATE.html in this folder]",
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@lake_option
@product_option
def heatmap(*, day: date, file: Path | None, show: bool, lake: Path | None, product: str | None) -> None:
    """Draw a day: exposure by strike over time, price and levels.

    Writes one HTML file that needs neither a network nor this package to be looked at. An earlier page is replaced; any other
    file is left alone.
    """
    from gex_assets.conventions import conventions
    from gex_assets.lake.existing import existing_lake
    from gex_assets.lake.notes.convention_versions import check_versions
    from gex_assets.market.products import product as product_of
    from gex_assets.pages.day_page import whole_heatmap
    from gex_assets.pages.day_tables import DayTables
    from gex_assets.pages.written import STANDARD_OUTPUT, write_page
    from gex_assets.schemas.pages import DAY_PAGE

    if show and file == STANDARD_OUTPUT:
        raise GexError("Expected a file with --open, was standard output: name one with --out")
    settings = load(lake=lake)
    chosen = product_of(product).name if product else settings.default_product
    there, known = existing_lake(settings.lake), conventions(settings.conventions)
    check_versions(there, known)
    tables = DayTables(there, product=chosen, day=day)
    packed, page = whole_heatmap(tables, conventions=known, settings_hash=settings.digest(DAY_PAGE.settings))
    target = Path(f"heatmap-{chosen}-{day}.html") if file is None else file
    write_page(target, page)
    say = say_of(target)
    lines, windows = packed.header["lines"], packed.header["windows"]
    strikes, expirations = (len({line[name] for line in lines}) for name in ("strike", "expiration"))
    say(f"{target}: {len(page) / 1e6:,.2f} MB, {windows:,} windows, {strikes:,} strikes of {counted(expirations, 'expiration')}")
    for note in packed.notes:
        say(f"  {note}")
    if show:
        click.launch(target.absolute().as_uri())
