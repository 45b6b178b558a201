"""Non-blocking checks: they report and reject nothing. Each opens its own partition, so that the UI can run it alone."""

from collections.abc import Callable
from typing import Final

import dagster as dg

from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import check_result
from gex_assets.lake.tables import StoredTable
from gex_assets.schemas.checks import (
    Verdict,
    a_file_is_there,
    books_are_sane,
    files_are_vouched_for,
    forward_is_inside_its_bounds,
)
from gex_assets.settings import Settings

__all__ = ["JUDGES", "Judge", "non_blocking_checks"]

Judge = Callable[[StoredTable, Settings], Verdict]
"""Reads what it judges, and passes on what an installation chooses: settings that its table declares or that change no row."""


def _a_file_is_there(stored: StoredTable, _: Settings) -> Verdict:
    return a_file_is_there(files=stored.num_rows, table=stored.lineage.table)


def _files_are_vouched_for(stored: StoredTable, _: Settings) -> Verdict:
    return files_are_vouched_for(stored.read(["file_name", "sha256_expected", "condition"]))


def _books_are_sane(stored: StoredTable, _: Settings) -> Verdict:
    return books_are_sane(stored.tally)


def _forward_is_inside_its_bounds(stored: StoredTable, _: Settings) -> Verdict:
    return forward_is_inside_its_bounds(stored.read(["forward", "forward_se", "forward_lower", "forward_upper"]))


_RAW: Final = ("raw_option_mbo", "raw_future_mbo", "raw_option_definition", "raw_option_statistics")
JUDGES: Final[tuple[tuple[str, Judge, tuple[str, ...], str], ...]] = (
    ("a_file_is_there", _a_file_is_there, _RAW, "At least one file of this kind was delivered for the day."),
    (
        "files_are_vouched_for",
        _files_are_vouched_for,
        _RAW,
        "A manifest states each file's hash, and the vendor calls the day's data available.",
    ),
    (
        "books_are_sane",
        _books_are_sane,
        ("silver_option_quotes", "silver_future_quotes"),
        "Few records are odd: a warning above 0.1 %, a failure above 5 %.",
    ),
    (
        "forward_is_inside_its_bounds",
        _forward_is_inside_its_bounds,
        ("silver_forward",),
        "The forward lies between the no-arbitrage bounds of its own quotes, wherever these do not contradict each other.",
    ),
)
"""Every non-blocking check: its name, its judge, the tables it judges, and what must be true."""


def non_blocking_checks(assets: ProductAssets) -> list[dg.AssetChecksDefinition]:
    """All non-blocking checks of one product."""
    return [
        _check(assets, table=table, name=name, judge=judge, about=about)
        for name, judge, tables, about in JUDGES
        for table in tables
    ]


def _check(assets: ProductAssets, *, table: str, name: str, judge: Judge, about: str) -> dg.AssetChecksDefinition:
    key = assets.key(table)
    settings = assets.settings_of(table)

    @dg.asset_check(asset=key, name=name, description=about, partitions_def=assets.partitions)
    def check(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
        stored = lake.lake().open(table, product=assets.product, day=day_of(context.partition_key))
        return check_result(judge(stored, settings), asset_key=key)

    return check
