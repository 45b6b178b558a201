"""The commands `gex chain`, `gex compare` and `gex study`: chains from elsewhere, and published tables against a known truth."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from gex_assets.cli.options import (
    CommandWithExamples,
    Day,
    Number,
    Score,
    Zone,
    echo,
    lake_option,
    out,
    product_option,
    say_if_typed,
    say_of,
)
from gex_assets.errors import GexError
from gex_assets.settings import load
from gex_assets.wording import counted

if TYPE_CHECKING:
    from gex_assets.chain.files.numbers import DecimalMark
    from gex_assets.chain.files.rows import ChainFile
    from gex_assets.chain.summary import ChainRequest

__all__ = ["chain", "compare", "study"]

_TABLES: Final = ("strikes", "expirations", "zero_dte", "strike_greeks", "strike_expirations")
"""The names of `report.chain_tables.CHAIN_TABLES`, which is not imported before it is used."""
_CHAIN_EXAMPLES: Final = (
    "gex chain spx_quotedata.csv",
    "gex chain eod.csv --symbol SPX --date 2026-01-06",
    "gex chain spx.json --gamma implied --expiration 0dte",
    "gex chain spx.json --expiration 2026-01-05..2026-01-16",
    "gex chain spx.json --expiration monthly --table strike_expirations",
    "gex chain spx.json --convention all --format json > ours.json",
    "gex chain spx.json --convention all --format html --out spx.html",
    "gex chain spx.json --with ES --expiration 0dte",
    "curl -s URL | gex chain - --spot 6012.5",
)
_COMPARE_EXAMPLES: Final = (
    "gex compare ours.json theirs.csv",
    "gex compare ours.json theirs.json --points 1 --tolerance 0.001 --strict",
)
_MARKS: Final[dict[str, DecimalMark]] = {"point": ".", "comma": ","}


@click.command(cls=CommandWithExamples, is_brief=True, examples=_CHAIN_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--spot", type=Number(), metavar="PRICE", help="Price of the underlying. [default: the file's]")
@click.option("--symbol", metavar="NAME", help="Underlying, e.g. SPX. [default: the file's]")
@click.option("--date", "day", type=Day(), help="Day of the quotes. [default: the file's]")
@click.option("--convention", "names", multiple=True, metavar="NAME", help="field, flow, magic8, … or all. [default: field]")
@click.option("--expiration", "expirations", multiple=True, metavar="WHICH", help="Day, A..B, next, monthly or 0dte.")
@click.option("--as-of", metavar="MOMENT", help="When the chain was quoted. [default: the file's]")
@click.option("--zone", type=Zone(), help="Of moments without one. [default: as the file]")
@click.option("--decimal", type=click.Choice(list(_MARKS)), metavar="MARK", help="point or comma. [default: as the cells show]")
@click.option("--gamma", type=click.Choice(["published", "iv", "implied"]), metavar="SOURCE", help="published, iv or implied.")
@click.option("--multiplier", type=Number(), metavar="USD", help="Value of a point. [default: the symbol's]")
@click.option("--rate", type=Number(is_share=True), metavar="RATE", help="Per year, 0.05 or 5%. [default: the settings']")
@click.option("--min-strikes", type=int, metavar="N", help="Fewer bring a warning. [default: the settings']")
@click.option("--base-score", "scores", type=Score(), multiple=True, help="Of a strategy. [default: the settings']")
@click.option("--with", "future", metavar="FUTURE", help="ES, NQ, …: next to its options in the lake.")
@lake_option
@click.option(
    "--table", "tables", type=click.Choice(_TABLES), multiple=True, metavar="NAME", help="strike_greeks, strike_expirations, …"
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json", "html"]),
    default="table",
    metavar="F",
    help="table, csv, json or html.",
)
@click.option(
    "--out", "page", type=click.Path(path_type=Path), metavar="PATH", help="File of the html, or -. [default: chain-NAME.html]"
)
def chain(
    *,
    file: Path,
    page: Path | None,
    day: date | None,
    as_of: str | None,
    zone: ZoneInfo | None,
    decimal: str | None,
    names: tuple[str, ...],
    rate: float | None,
    min_strikes: int | None,
    scores: tuple[tuple[str, float], ...],
    tables: tuple[str, ...],
    style: str,
    **asked: Any,
) -> None:
    """Exposure and levels of an option chain in a file.

    FILE is Cboe's delayed quotes (CSV or JSON), a vendor's JSON, or a table (CSV, Excel, Parquet, JSON) with strike, right,
    open_interest and gamma, iv, or bid and ask; gzip and zip are unpacked, and - is standard input. docs/chain_files.md lists
    forms and names of columns. Of several symbols or days in a file, --symbol and --date (or --as-of) pick one. --as-of takes
    ISO 8601; without a zone it is in --zone, else in the file's (UTC or New York's), which is said. A day without a time of day
    is its close. Without --gamma, published gammas are used where the
    quotes do not contradict them, else what quotes or volatilities give.

    --expiration takes YYYY-MM-DD, a range A..B of days, next, monthly or 0dte (the day of the quotes); all by default.
    --table adds strike_greeks (delta, vanna and charm by strike) or strike_expirations (strike by expiration) to page and
    JSON; as csv it is the one table printed, also expirations or zero_dte, by default strikes. --format html writes a page
    with charts of strikes and profile to --out. A chain without any exposure is an error, except as JSON, which has the reason.
    --convention, --expiration, --table and --base-score may be repeated.

    --with FUTURE puts a chain on an index or fund next to the future's own options in the lake, at the moment when the chain was
    quoted: strikes stand at K * future / index. Levels are of each market and of both; csv is one of strikes.
    """
    from gex_assets.chain.files.file_request import FileRequest
    from gex_assets.chain.files.reader import read_chain_file
    from gex_assets.chain.summary import documents, request_of
    from gex_assets.report.chain_page import chain_lines

    if page is not None and style != "html":
        raise GexError(f"Expected --format html with --out, was {style}: other forms go to standard output")
    if tables and style == "html":
        raise GexError(f"Expected no --table with --format html, was {', '.join(tables)}: the page shows them all")

    future, lake = asked.pop("future"), asked.pop("lake")
    if future is None and lake is not None:
        raise GexError("Expected --with with --lake, was --lake alone: a chain by itself needs no lake")
    if future is not None and tables:
        raise GexError(f"Expected no --table with --with, was {', '.join(tables)}: what is combined has strikes alone")

    # an option wins over the settings, and is checked as they are
    settings = load(lake=lake, rate=rate, min_strikes_required=min_strikes, base_scores=dict(scores) or None)
    request = request_of(
        names=names,
        tables=tables if style != "html" else _page_tables(),
        extra=settings.conventions,
        rate=settings.rate,
        min_strikes_required=settings.min_strikes_required,
        base_scores=settings.base_scores,
        multipliers=settings.multipliers,
        **asked,
    )
    wanted = FileRequest(
        symbol=request.symbol,
        spot=request.spot,
        day=day,
        zone=zone,
        decimal=None if decimal is None else _MARKS[decimal],
    ).quoted_at(as_of)
    say_if_typed(file)
    if future is not None:
        _with_future(read_chain_file(file, wanted), request, future=future, style=style, page=page, lake=settings.lake)
        return
    found = documents(read_chain_file(file, wanted), request)
    if style == "html":
        from gex_assets.pages.chain_page import chain_page

        name = file.stem if str(file) != "-" else re.sub(r"[^\w.-]+", "_", found[0]["symbol"])
        _write_page(page or Path(f"chain-{name}.html"), chain_page(found))
    else:
        for line in chain_lines(found, style=style, width=out.width, tables=tables):
            echo(line)
    if style != "json" and all(one["levels"] is None for one in found):  # a program reads the reason in its document
        raise GexError(f"Expected options with an exposure in {found[0]['file']}, was none: {_why_none(found[0])}")


def _with_future(chain_read: ChainFile, request: ChainRequest, *, future: str, style: str, page: Path | None, lake: Path) -> None:
    """A chain next to a future's options in the lake."""
    from gex_assets.chain.two_markets.documents import documents_with_future
    from gex_assets.lake.existing import existing_lake
    from gex_assets.market.products import product as product_of
    from gex_assets.report.future_side import future_side
    from gex_assets.report.two_markets_page import two_markets_lines

    name = product_of(future.upper()).name
    tables = existing_lake(lake)
    found = documents_with_future(
        chain_read, request, product=name, future_at=lambda ts: future_side(tables, product=name, until_ns=ts, rate=request.rate)
    )
    if style == "html":
        from gex_assets.pages.two_markets_page import two_markets_page

        _write_page(page or Path(f"chain-{name}-{found[0]['symbol']}.html"), two_markets_page(found))
        return
    for line in two_markets_lines(found, style=style, width=out.width):
        echo(line)


def _why_none(document: dict[str, Any]) -> str:
    """What the warnings say of a chain without numbers: how many have expired, else the reason."""
    said = {one["code"]: one["text"] for one in document["warnings"]}
    return said.get("expired") or said.get(document["reason"] or "") or "see the warnings"


def _page_tables() -> tuple[str, ...]:
    """Pages load what reads the lake, which costs text for a terminal its start."""
    from gex_assets.pages.chain_page import TABLES

    return TABLES


def _write_page(path: Path, page: str) -> None:
    from gex_assets.pages.written import write_page

    write_page(path, page.encode())
    say_of(path)(f"{path} · {len(page.encode()) / 1000:,.0f} kB")


@click.command(cls=CommandWithExamples, is_brief=True, examples=_COMPARE_EXAMPLES)
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="B", type=click.Path(path_type=Path))
@click.option("--convention", metavar="NAME", help="Result of this one. [default: the first]")
@click.option(
    "--tolerance",
    type=Number(is_share=True, least=0.0),
    metavar="SHARE",
    default=0.01,
    help="Differs by more than. [default: 0.01]",
)
@click.option("--points", type=Number(least=0.0), metavar="N", help="Of prices. [default: by the strike grid]")
@click.option("--strict", is_flag=True, help="Exit 1 where something differs.")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def compare(
    *, first: Path, second: Path, convention: str | None, tolerance: float, points: float | None, strict: bool, style: str
) -> None:
    """Compare two results, of gex chain or of another program.

    Each is what `gex chain --format json` wrote, or JSON or CSV of named numbers.

    A and B are files; differences are relative to A. Walls may be half a step of the strike grid apart, other prices a step;
    --points says how many points instead. A number that is 1,000, a million or a billion times the other asks for its units.
    --convention chooses among the results of a file with several.
    """
    from gex_assets.chain.comparison import compare as put_side_by_side
    from gex_assets.chain.comparison import read_result
    from gex_assets.report.comparison_page import comparison_lines

    for path in (first, second):
        say_if_typed(path)
    one, other = (read_result(path, convention=convention) for path in (first, second))
    found = put_side_by_side(one, other, tolerance=tolerance, points=points)
    for line in comparison_lines(found, style=style, width=out.width):
        echo(line)
    if strict and found.over:
        raise GexError(f"Expected agreement within {tolerance:g}, was {counted(len(found.over), 'number')} apart")


@click.group()
def study() -> None:
    """Studies of the method on sample days, whose truth is known."""


@study.command("truth", cls=CommandWithExamples, examples=("gex study truth", "gex study truth --date 2026-01-06 --strict"))
@lake_option
@click.option("--date", "days", type=Day(), multiple=True, help="A day; repeatable. [default: all with a truth]")
@click.option(
    "--stale",
    "shares",
    type=Number(is_share=True),
    metavar="SHARE",
    multiple=True,
    help="Stale quotes; repeatable. [default: 0.05, 0.2]",
)
@click.option("--minutes", type=click.IntRange(min=1), metavar="N", default=10, help="Age of stale quotes. [default: 10]")
@click.option("--seed", type=int, metavar="N", default=1, help="Choice of stale quotes. [default: 1]")
@click.option("--strict", is_flag=True, help="Exit 1 where a requirement is missed.")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@product_option
def study_truth_of_days(
    *,
    lake: Path | None,
    days: tuple[date, ...],
    shares: tuple[float, ...],
    minutes: int,
    seed: int,
    strict: bool,
    style: str,
    product: str | None,
) -> None:
    """Compare sample days' tables with the truth behind them.

    Only the busy part of each day counts.
    """
    from gex_assets.lake.existing import existing_lake
    from gex_assets.report.study_page import finding_lines
    from gex_assets.study.truth import STALE_SHARES, study_days, study_truth

    settings = load(lake=lake)
    tables, name = existing_lake(settings.lake), product or settings.default_product
    chosen = days or study_days(tables, product=name)
    found = [
        one
        for day in chosen
        for one in study_truth(
            tables, product=name, day=day, rate=settings.rate, shares=shares or STALE_SHARES, minutes=minutes, seed=seed
        )
    ]
    for line in finding_lines(found, style=style, width=out.width):
        echo(line)
    missed = [one for one in found if one.holds is False]
    if strict and missed:
        raise GexError(f"Expected every requirement to hold, was {len(missed)} of them missed")
