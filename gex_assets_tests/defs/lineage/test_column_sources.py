"""The declared sources of columns are true: each is changed alone, and what comes out is compared with what is declared."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.lake.tables import Lake
from gex_assets.schemas.column_sources import MATCHING, column_sources, sources_in_words
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.lineage.changed_sources import HOWS, changed_by, columns_read

Pair = tuple[str, str]

OWN: Final = tuple({"name": weight, "version": 1, "weights": [weight]} for weight in ("resting_size", "volume", "oi_plus_flow"))
"""Conventions that use the weights which the built-in ones leave."""

WINDOWS: Final = {
    **dict.fromkeys(("silver_gex_levels", "silver_gex_profile"), 14),
    **dict.fromkeys(("regime_scores", "regime_events"), 96),
}
"""Table -> windows of the day that are enough for it; 40 for the others."""

FUTURES: Final = ("future_mid", "future_vwap", "future_last")
CHOICES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "silver_forward": ({}, *({"reference_price": name} for name in FUTURES)),
    "silver_gex_levels": ({}, {"conventions": OWN}),
    "silver_gex_profile": ({}, {"conventions": OWN}),
}
"""Table -> settings under which it is computed; what any of them uses is declared."""

NOT_MET: Final = (
    (
        "regime_scores",
        "regime bias expected_behavior score_*",
        "silver_gex_levels.net_gex_se",
        "only a convention with neutral_errors asks how sure net exposure is",
    ),
    ("regime_events", "unknown_reason seconds_unknown", "*", "no window of the day is without a regime"),
    ("silver_forward", "n_incomplete", "*_price *.book_state", "no book of the day is incomplete, whatever its prices are"),
    ("silver_forward", "method", "*.book_state", "half of the books are enough for a forward"),
    (
        "silver_future_quotes silver_option_quotes",
        "???_depth",
        "*.price",
        "all levels that the day has are counted, whatever their prices are",
    ),
    ("silver_future_quotes silver_option_quotes", "trade_none_size", "*", "no trade of the day is without a side"),
    (
        "silver_future_quotes silver_option_quotes",
        "trade_* aggressor_net vwap",
        "*.flags",
        "a trade is left out only while flags say that its book is restated",
    ),
    ("silver_future_bbo", "bid_price", "*.order_id *.size", "the few orders of the best price do not change it"),
    ("silver_gex_chain", "*", "*.legs *_trades.side", "the day has few trades of spreads, and not of each strike"),
    ("silver_gex_chain", "*flow*", "*_trades.size *.is_spread", "of trades, flow takes those of spreads' legs"),
    ("silver_gex_levels", "*_wall_reason *_wall_underlying", "*", "there are walls of the one future, whatever the numbers are"),
    ("silver_gex_levels", "call_wall* secondary_call_wall", "*.put_flow_inventory", "no strike has flow of both rights"),
    ("silver_gex_levels", "put_wall* secondary_put_wall", "*.call_flow_inventory", "no strike has flow of both rights"),
    ("silver_gex_levels", "*_wall_kept", "*.iv_bid *.iv_fit", "the draws that move a wall are few"),
    ("silver_gex_levels", "coverage", "*_flow_inventory *_volume", "every strike that traded has a gamma"),
    ("silver_gex_levels", "zero_gamma*", "*_volume", "the contracts traded so far are few"),
    ("silver_gex_levels silver_gex_profile", "weight_used", "*", "it is another only where no option has open interest"),
    ("silver_gex_chain", "*_oi_plus_flow", "*.ts_ref", "all of the day's flow comes after the session of open interest"),
    ("silver_gex_chain", "iv_filled", "*.forward", "the day's quotes give a volatility whichever option is out of the money"),
)
"""Tables, columns and sources that are declared by the code, and why no change of this small day shows it."""

MOVED: Final[tuple[tuple[str, str, str], ...]] = (
    ("silver_future_bbo", "ts_event", "its rows are the changes of prices: with others, another record stands in a row"),
)
"""Table and columns whose values are others because rows are others, and why."""

DECLARED: Final = tuple(name for name in TABLES if column_sources(name))


def effects(lake: Path, name: str) -> tuple[dict[Pair, set[str]], set[Pair]]:
    """Source -> columns that it changes, under any of the choices; and the sources that are read.

    Each source is changed once. Those that did not change all that they are declared for are changed in further ways.
    """
    declared: dict[Pair, set[str]] = {}
    for column, sources in column_sources(name).items():
        for source in sources:
            declared.setdefault(source, set()).add(column)
    found: dict[Pair, set[str]] = {}
    read: set[Pair] = set()
    windows = WINDOWS.get(name, 40)
    for choices in CHOICES.get(name, ({},)):
        settings = settings_for(lake, threads=1, **choices)
        asked = columns_read(Lake(lake), name, settings, windows=windows)
        read |= {(table, one) for table, columns in asked.items() if not table.startswith("raw_") for one in columns}
        for how in HOWS:
            left = [pair for pair in sorted(read) if pair not in found or not declared.get(pair, set()) <= found[pair]]
            for source, columns in changed_by(Lake(lake), name, settings, windows=windows, sources=left, how=how):
                found.setdefault(source, set()).update(columns)
    return found, read


def of_rules(rules: Iterable[tuple[str, ...]], *words: str) -> bool:
    return any(
        all(any(fnmatchcase(word, pattern) for pattern in rule[place].split()) for place, word in enumerate(words))
        for rule in rules
    )


def disagreements(lake: Path, name: str) -> dict[str, list[str]]:
    found, read = effects(lake, name)
    declared = {(source, column) for column, sources in column_sources(name).items() for source in sources}
    seen = {(source, column) for source, columns in found.items() for column in columns}
    return {
        "not declared": sorted(
            f"{column} <- {source[0]}.{source[1]}"
            for source, column in seen - declared
            if source[1] not in MATCHING and not column.startswith(("d1_", "d2_", "d3_")) and not of_rules(MOVED, name, column)
        ),
        "not met": sorted(
            f"{column} <- {source[0]}.{source[1]}"
            for source, column in declared - seen
            if source[1] not in MATCHING and not of_rules(NOT_MET, name, column, ".".join(source))
        ),
        "not read": sorted(f"{column} <- {source[0]}.{source[1]}" for source, column in declared if source not in read),
    }


NOTHING: Final[dict[str, list[str]]] = {"not declared": [], "not met": [], "not read": []}


def test_what_is_declared_of_scores_is_what_a_change_of_levels_changes(published: Path) -> None:
    assert disagreements(published, "regime_scores") == NOTHING


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in DECLARED if name != "regime_scores"])
def test_what_is_declared_is_what_a_change_changes(name: str, published: Path) -> None:
    assert disagreements(published, name) == NOTHING


@pytest.mark.parametrize("name", DECLARED)
def test_sources_are_columns_of_tables_that_the_asset_is_made_of(name: str, tmp_path: Path) -> None:
    graph = build_defs(settings_for(tmp_path), upkeep=False).resolve_asset_graph()
    (key,) = (key for key in graph.get_all_asset_keys() if key.path == [name])
    above = {up.path[-1] for up in graph.get(key).parent_keys}
    for sources in column_sources(name).values():
        for table, column in sources:
            assert table in above
            assert column in TABLES[table].column_names
        assert len(set(sources)) == len(sources)


def test_the_ui_has_it_as_metadata_and_in_words(tmp_path: Path) -> None:
    graph = build_defs(settings_for(tmp_path, products=("NQ",)), upkeep=False).resolve_asset_graph()
    metadata = graph.get(dg.AssetKey("regime_scores")).metadata
    deps = metadata["dagster/column_lineage"].deps_by_column
    assert {column: {(dep.asset_key.path[-1], dep.column_name) for dep in found} for column, found in deps.items()} == {
        column: set(sources) for column, sources in column_sources("regime_scores").items()
    }
    about = {column.name: column.description for column in metadata["dagster/column_schema"].columns}
    assert str(about["hedge_per_sigma"]).endswith(f" Made of {sources_in_words('regime_scores', 'hedge_per_sigma')}.")
    assert "dagster/column_lineage" not in graph.get(dg.AssetKey("raw_option_mbo")).metadata
