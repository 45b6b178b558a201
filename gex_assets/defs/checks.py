"""Non-blocking checks: they report and reject nothing. Each opens its own partition, so that the UI can run it alone."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Final

import dagster as dg

from gex_assets.defs.execution.shown import check_result
from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.errors import LakeError
from gex_assets.lake.tables import Lake, StoredTable
from gex_assets.schemas.book_checks import books_are_complete
from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.checks import (
    Verdict,
    a_file_is_there,
    books_are_sane,
    files_are_vouched_for,
    forward_is_inside_its_bounds,
    names_and_terms_agree,
    statistics_are_usable,
    tables_fit_each_other,
)
from gex_assets.schemas.claim_checks import CLAIM_COLUMNS, claims_are_whole
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets.schemas.premarket_checks import REPRICED_COLUMNS, settlements_are_repriced
from gex_assets.settings import Settings

__all__ = ["JUDGES", "Judge", "non_blocking_checks", "verdict_shares"]

Judge = Callable[[StoredTable, Settings], Verdict]
"""Reads what it judges, and passes on what an installation chooses: settings that its table declares or that change no row."""


def _a_file_is_there(stored: StoredTable, _: Settings) -> Verdict:
    return a_file_is_there(files=stored.num_rows, table=stored.lineage.table)


def _files_are_vouched_for(stored: StoredTable, _: Settings) -> Verdict:
    return files_are_vouched_for(stored.read(["file_name", "sha256_expected", "condition"]))


def _claims_are_whole(stored: StoredTable, _: Settings) -> Verdict:
    return claims_are_whole(stored.read(CLAIM_COLUMNS))


def _books_are_sane(stored: StoredTable, _: Settings) -> Verdict:
    return books_are_sane(stored.tally)


def _names_and_terms_agree(stored: StoredTable, _: Settings) -> Verdict:
    return names_and_terms_agree(stored.tally)


def _statistics_are_usable(stored: StoredTable, _: Settings) -> Verdict:
    return statistics_are_usable(stored.tally)


def _tables_fit_each_other(stored: StoredTable, _: Settings) -> Verdict:
    return tables_fit_each_other(stored.tally)


def _books_are_complete(stored: StoredTable, _: Settings) -> Verdict:
    return books_are_complete(stored.groups(("ts_window_end", "instrument_id", "is_complete")))


def _forward_is_inside_its_bounds(stored: StoredTable, _: Settings) -> Verdict:
    return forward_is_inside_its_bounds(stored.read(["forward", "forward_se", "forward_lower", "forward_upper"]))


def _settlements_are_repriced(stored: StoredTable, _: Settings) -> Verdict:
    return settlements_are_repriced(stored.read(REPRICED_COLUMNS))


_RAW: Final = ("raw_option_mbo", "raw_future_mbo", "raw_option_definition", "raw_option_statistics")
_BOOKS: Final = ("bronze_option_mbo", "bronze_future_mbo", "silver_option_quotes", "silver_future_quotes")
_MADE_OF_OTHERS: Final = (
    "open_levels",
    "silver_future_bbo",
    "silver_forward",
    "silver_gex_chain",
    "silver_gex",
    "silver_gex_levels",
    "silver_gex_profile",
    "silver_vacuum",
    "gold_trigger_vectors",
    "regime_scores",
)
_PLACES: Final[tuple[tuple[str, Judge, tuple[str, ...]], ...]] = (
    ("a_file_is_there", _a_file_is_there, _RAW),
    ("files_are_vouched_for", _files_are_vouched_for, _RAW),
    ("claims_are_whole", _claims_are_whole, _RAW),
    ("books_are_sane", _books_are_sane, _BOOKS),
    ("books_are_complete", _books_are_complete, ("silver_option_quotes", "silver_future_quotes")),
    ("names_and_terms_agree", _names_and_terms_agree, ("bronze_option_instruments", "bronze_future_mbo")),
    ("statistics_are_usable", _statistics_are_usable, ("bronze_option_statistics", "open_levels")),
    ("settlements_are_repriced", _settlements_are_repriced, ("open_levels",)),
    ("tables_fit_each_other", _tables_fit_each_other, _MADE_OF_OTHERS),
    ("forward_is_inside_its_bounds", _forward_is_inside_its_bounds, ("silver_forward",)),
)

JUDGES: Final[tuple[tuple[str, Judge, tuple[str, ...], str], ...]] = tuple(
    (name, judge, tables, CHECK_GUIDE[name].description) for name, judge, tables in _PLACES
)
"""Every non-blocking check: its name, its judge, the tables it judges, and what must be true."""


def non_blocking_checks(assets: ProductAssets) -> list[dg.AssetChecksDefinition]:
    """All non-blocking checks of one product."""
    return [
        _check(assets, table=table, name=name, judge=judge, about=about)
        for name, judge, tables, about in JUDGES
        for table in tables
    ]


def verdict_shares(assets: ProductAssets, lake: Lake, day: date) -> dict[str, float]:
    """Shares of the non-blocking checks of what the day's page shows that warned and that failed; none without any.

    The tables are judged here once more: a check runs at any time after its table, so the instance may lack a verdict or still
    have an earlier one.
    """
    found: Counter[str] = Counter()
    for _, judge, tables, _ in JUDGES:
        for table in (name for name in tables if name in DAY_PAGE.shows):
            with contextlib.suppress(LakeError):  # the check itself says what cannot be read
                stored = lake.find(table, product=assets.product, day=day)
                if stored is not None:
                    verdict = judge(stored, assets.settings_of(table))
                    found["passed" if verdict.passed else verdict.severity] += 1
    judged = found.total()
    return {"warn_share": found["warn"] / judged, "failed_share": found["error"] / judged} if judged else {}


def _check(assets: ProductAssets, *, table: str, name: str, judge: Judge, about: str) -> dg.AssetChecksDefinition:
    key = assets.key(table)
    settings = assets.settings_of(table)

    @dg.asset_check(asset=key, name=name, description=about, partitions_def=assets.partitions)
    def check(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> dg.AssetCheckResult:
        stored = lake.lake().open(table, product=assets.product, day=day_of(context.partition_key))
        return check_result(judge(stored, settings), asset_key=key)

    return check
