"""The command `gex pages`: pages about all days of a lake, as files that need no server."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex_assets.cli.options import CommandWithExamples, lake_option, say
from gex_assets.errors import GexError
from gex_assets.escaping import visible
from gex_assets.settings import load

if TYPE_CHECKING:
    from gex_assets.lake.tables import Lake

__all__ = ["pages"]

_FOLDER = "_pages"
"""Where day pages lie in a lake; the pages about them stand next to them unless told otherwise."""


@click.command(cls=CommandWithExamples, examples=("gex pages", "gex pages --out site"))
@click.option("--out", "folder", type=click.Path(path_type=Path), help="Folder to write to. [default: _pages in the lake]")
@lake_option
def pages(*, folder: Path | None, lake: Path | None) -> None:
    """Write an index of days with small pictures, their history, a brief.

    index-NAME.html, history-NAME.html and brief-NAME.html are of each product, and index.html is the index of the first. They
    link to the pages of days that the lake holds, and need no network and no server. They are written again each time: run it
    after new days.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.pages.addresses import FIRST_INDEX, brief_file, history_file, index_file
    from gex_assets.pages.brief.latest import latest_brief_page
    from gex_assets.pages.history import history_of_lake
    from gex_assets.pages.index import index_of_lake
    from gex_assets.pages.written import STANDARD_OUTPUT, write_page

    if folder == STANDARD_OUTPUT:
        raise GexError("Expected a folder with --out, was -: several pages have no place in one stream")
    settings = load(lake=lake)
    tables = existing_lake(settings.lake)
    out = folder or Path(settings.lake) / _FOLDER
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GexError(
            f"Expected a folder at {visible(str(out))}, or to make one, was: {error.strerror}: name another with --out"
        ) from error
    for product in settings.products:
        others = [(name, index_file(name)) for name in settings.products if name != product]
        index, history, brief = index_file(product), history_file(product), brief_file(product)

        def link(day: date, of: str = product) -> str | None:
            return _address(tables, of, day, out)

        days = index_of_lake(tables, product=product, link=link, others=[("history", history), ("brief", brief), *others])
        to_others = [("days", index), ("history", history)]
        for file, text in (
            *([(FIRST_INDEX, days)] if product == settings.default_product else []),
            (index, days),
            (history, history_of_lake(tables, product=product, link=link, others=[("days", index), ("brief", brief), *others])),
            (brief, latest_brief_page(tables, product=product, links=to_others)),
        ):
            write_page(out / file, text.encode())
            say(f"{out / file} · {len(text.encode()) / 1000:,.0f} kB")


def _address(lake: Lake, product: str, day: date, out: Path) -> str | None:
    """The day's page as seen from the folder; None where the lake holds none."""
    from urllib.parse import quote

    from gex_assets.lake.keys import page_key

    key = page_key("day_page", product=product, day=day)
    if lake.fs.info(key) is None:
        return None
    return quote(os.path.relpath(lake.fs.uri(key), out.resolve()), safe="/=")
