"""The commands `gex chain`, `gex compare` and `gex study`: chains from elsewhere, and published tables against a known truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from gex_assets.cli_options import Day, Score, lake_option, out, product_option
from gex_assets.errors import GexError
from gex_assets.settings import load

__all__ = ["chain", "compare", "study"]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--spot", type=float, metavar="PRICE", help="Price of the underlying. [default: the file's]")
@click.option("--symbol", metavar="NAME", help="Underlying, e.g. SPX. [default: the file's]")
@click.option("--convention", "names", multiple=True, metavar="NAME", help="field, flow, magic8, … or all. [default: field]")
@click.option("--expiration", "expirations", multiple=True, metavar="DAY", help="YYYY-MM-DD or 0dte. [default: all]")
@click.option("--as-of", metavar="MOMENT", help="When the chain was quoted. [default: the file's]")
@click.option("--gamma", type=click.Choice(["published", "iv", "implied"]), metavar="SOURCE", help="published, iv or implied.")
@click.option("--multiplier", type=float, metavar="USD", help="Value of a point. [default: the symbol's]")
@click.option("--rate", type=float, metavar="RATE", help="Interest per year. [default: the settings']")
@click.option("--min-strikes", type=int, metavar="N", help="Fewer bring a warning. [default: the settings']")
@click.option("--base-score", "scores", type=Score(), multiple=True, help="Of a strategy. [default: the settings']")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def chain(
    *,
    file: Path,
    names: tuple[str, ...],
    rate: float | None,
    min_strikes: int | None,
    scores: tuple[tuple[str, float], ...],
    style: str,
    **asked: Any,
) -> None:
    """Exposure and levels of an option chain in a file.

    FILE is Cboe's delayed quotes (CSV or JSON), or a table (CSV, Parquet or JSON) with strike, right, open_interest and gamma,
    iv, or bid and ask. --convention, --expiration and --base-score may be repeated. --as-of takes ISO 8601, in UTC where it has
    no zone. Without --gamma, the first source that the file has is used.
    """
    from gex_assets.chain.files.reader import read_chain_file
    from gex_assets.chain.summary import documents, request_of
    from gex_assets.report.chain_page import chain_lines

    # an option wins over the settings, and is checked as they are
    settings = load(rate=rate, min_strikes_required=min_strikes, base_scores=dict(scores) or None)
    request = request_of(
        names=names,
        extra=settings.conventions,
        rate=settings.rate,
        min_strikes_required=settings.min_strikes_required,
        base_scores=settings.base_scores,
        **asked,
    )
    for line in chain_lines(documents(read_chain_file(file), request), style=style, width=out.width):
        click.echo(line)


@click.command()
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="B", type=click.Path(path_type=Path))
@click.option("--convention", metavar="NAME", help="Result of this one. [default: the first]")
@click.option(
    "--tolerance", type=click.FloatRange(min=0.0), metavar="SHARE", default=0.01, help="Differs by more than. [default: 0.01]"
)
@click.option("--strict", is_flag=True, help="Exit 1 where something differs.")
@click.option("--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def compare(*, first: Path, second: Path, convention: str | None, tolerance: float, strict: bool, style: str) -> None:
    """Compare two results: of gex chain --format json, or of another program (JSON or CSV of named numbers).

    A and B are files; differences are relative to A. --convention chooses among the results of a file with several.
    """
    from gex_assets.chain.comparison import compare as put_side_by_side
    from gex_assets.chain.comparison import read_result
    from gex_assets.report.comparison_page import comparison_lines

    one, other = (read_result(path, convention=convention) for path in (first, second))
    found = put_side_by_side(one, other, tolerance=tolerance)
    for line in comparison_lines(found, style=style, width=out.width):
        click.echo(line)
    if strict and found.over:
        raise GexError(f"Expected agreement within {tolerance:g}, was {len(found.over)} number(s) apart")


@click.group()
def study() -> None:
    """Studies of the method on sample days, whose truth is known."""


@study.command("truth")
@lake_option
@click.option("--date", "days", type=Day(), multiple=True, help="A day; repeatable. [default: all with a truth]")
@click.option(
    "--stale", "shares", type=float, metavar="SHARE", multiple=True, help="Stale quotes; repeatable. [default: 0.05, 0.2]"
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
    """Compare published tables of sample days with the truth behind them, in each day's busy part."""
    from gex_assets.lake.tables import Lake
    from gex_assets.report.study_page import finding_lines
    from gex_assets.study.truth import STALE_SHARES, study_days, study_truth

    settings = load(lake=lake)
    tables, name = Lake(settings.lake), product or settings.default_product
    chosen = days or study_days(tables, product=name)
    found = [
        one
        for day in chosen
        for one in study_truth(
            tables, product=name, day=day, rate=settings.rate, shares=shares or STALE_SHARES, minutes=minutes, seed=seed
        )
    ]
    for line in finding_lines(found, style=style, width=out.width):
        click.echo(line)
    missed = [one for one in found if one.holds is False]
    if strict and missed:
        raise GexError(f"Expected every requirement to hold, was {len(missed)} of them missed")
