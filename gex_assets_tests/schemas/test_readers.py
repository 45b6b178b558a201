"""Every stored column has a reader in this package, or says for whom it is stored; and does not say so when it has a reader.

A column is read when a constant names it that a stage asks the lake for, when a module that reads the whole table
names it, or when the judge of a check of the table names it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from gex_assets.defs import checks
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table
from gex_assets.stages.gold import mids_at_moments, trigger_outcomes, trigger_vectors
from gex_assets.stages.regime import events, history, scores
from gex_assets.stages.silver import forward, future_bbo, gex, gex_chain, gex_levels, gex_profile, quotes, vacuum
from gex_assets_tests.shared_data import ROOT

_FILES = (
    "lake/raw/*.py",
    "stages/bronze/*.py",
    "defs/bronze.py",
    "defs/silver.py",
    "schemas/checks.py",
    "schemas/claim_checks.py",
)
_CHAIN = ("stages/silver/chain_*.py", "stages/silver/gex_chain.py")
_LEVELS = ("stages/silver/gex_levels.py", "stages/silver/gex_profile.py", "stages/silver/level_*.py")

MODULES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("raw_option_mbo", "raw_future_mbo", "raw_option_definition", "raw_option_statistics"), _FILES),
    "bronze_option_instruments": (
        "stages/instrument_claims.py",
        *("stages/ladders.py", "stages/bronze/mbo.py", "stages/bronze/statistics.py", "stages/bronze/trades.py"),
        *("stages/silver/quotes.py", "stages/silver/forward.py", "defs/bronze.py", "schemas/checks.py", "study/truth.py"),
        *_CHAIN,
    ),
    "bronze_option_mbo": ("defs/silver.py",),
    "bronze_option_trades": _CHAIN,
    "bronze_option_statistics": ("stages/silver/statistic_in_force.py", "stages/premarket/settled.py", *_LEVELS),
    "silver_future_quotes": ("stages/future_prices.py",),
    "silver_forward": ("stages/forward_lookup.py", "study/truth.py", *_LEVELS),
    "silver_gex_levels": ("study/truth.py", "demo.py", "lake/joined_views.py"),
    "regime_scores": ("demo.py",),
    "regime_history": ("stages/regime/history.py",),
}
"""Table -> modules that read it whole or ask for it in SQL."""

TRADED = ("symbol", "trade_buy_size", "trade_sell_size", "trade_none_size")
"""What the view `exposure_by_product` takes from `silver_future_quotes`."""

CONSTANTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "bronze_option_mbo": (quotes.ORDER_COLUMNS,),
    "bronze_future_mbo": (future_bbo.RECORD_COLUMNS, trigger_outcomes.TRADE_COLUMNS),
    "silver_option_quotes": (forward.QUOTE_COLUMNS, gex_chain.QUOTE_COLUMNS, gex.QUOTE_COLUMNS),
    "silver_future_quotes": (forward.FUTURE_COLUMNS, trigger_vectors.FUTURE_COLUMNS, trigger_outcomes.WINDOW_COLUMNS, TRADED),
    "silver_future_bbo": (mids_at_moments.BEST_PRICE_COLUMNS,),
    "silver_forward": (gex_chain.FORWARD_COLUMNS,),
    "silver_gex_chain": (gex.CHAIN_COLUMNS, gex_levels.CHAIN_COLUMNS, gex_profile.CHAIN_COLUMNS),
    "silver_gex": (trigger_vectors.GEX_COLUMNS, vacuum.UNDERLYING_COLUMNS, trigger_outcomes.REFERENCE_COLUMNS),
    "silver_gex_levels": (trigger_vectors.LEVELS_COLUMNS, scores.LEVELS_COLUMNS),
    "silver_vacuum": (trigger_vectors.VACUUM_COLUMNS,),
    "gold_trigger_vectors": (trigger_outcomes.TRIGGER_COLUMNS,),
    "regime_scores": (events.SCORES_COLUMNS, history.SCORES_COLUMNS),
}
"""Table -> the columns that stages ask the lake for."""


def named_in(modules: Iterable[str], table: str) -> set[str]:
    """Strings of the modules; of SQL the words, where it asks for the table."""
    found: set[str] = set()
    for pattern in modules:
        paths = sorted((ROOT / "gex_assets").glob(pattern))
        assert paths, pattern
        for path in paths:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if "SELECT" not in node.value:
                        found.add(node.value)
                    elif table in node.value or path.name == "joined_views.py":
                        found |= set(re.findall(r"\w+", node.value))
    return found


def judged(table: str) -> set[str]:
    """Strings of the judges of the table's non-blocking checks."""
    trees = [ast.parse(inspect.getsource(judge)) for _, judge, tables, _ in checks.JUDGES if table in tables]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {node.value for node in nodes if isinstance(node.value, str)}


def documented(table: str) -> set[str]:
    """Words of the README's queries of this table."""
    queries = re.findall(r'query "([^"]+)"', (ROOT / "README.md").read_text(encoding="utf-8"))
    return {word for query in queries if table in query for word in re.findall(r"\w+", query)}


def read_columns(table: Table) -> set[str]:
    """The columns that something reads; those that identify and sort its rows count."""
    constants = {name for names in CONSTANTS.get(table.name, ()) for name in names}
    named = named_in(MODULES.get(table.name, ()), table.name) | constants | judged(table.name) | documented(table.name)
    return (named & set(table.column_names)) | {*table.key, *table.row_order}


def wrong_reasons(table: Table) -> list[str]:
    """The columns without a reader and without a reason, and those with both."""
    read = read_columns(table)
    return [
        f"{table.name}.{column.name}: " + ("is read and has a reason" if column.for_whom else "is not read and has no reason")
        for column in table.columns
        if bool(column.for_whom) == (column.name in read or bool(table.for_whom))
    ]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_has_a_reader_or_a_reason(table: Table) -> None:
    assert not wrong_reasons(table)


@pytest.mark.parametrize(
    ("name", "column", "change"),
    [
        ("silver_forward", "discount_factor", lambda column: replace(column, for_whom="")),
        ("silver_forward", "forward", lambda column: replace(column, for_whom="nobody")),
        ("silver_gex_levels", "dex", lambda column: replace(column, for_whom="")),
    ],
)
def test_a_missing_and_an_outdated_reason_are_found(name: str, column: str, change: Callable) -> None:
    table = TABLES[name]
    columns = tuple(change(one) if one.name == column else one for one in table.columns)
    (found,) = wrong_reasons(replace(table, columns=columns))
    assert found.startswith(f"{name}.{column}: ")


def test_what_stages_ask_for_exists() -> None:
    for name, constants in CONSTANTS.items():
        for names in constants:
            assert set(names) <= set(TABLES[name].column_names), name


def test_only_end_products_speak_for_all_their_columns() -> None:
    assert {name for name, table in TABLES.items() if table.for_whom} == {
        "open_levels",
        "open_hedges",
        "open_chain",
        "open_roll_off",
        "open_changes",
        "silver_gex_profile",
        "gold_trigger_vectors",
        "gold_vector_dictionary",
        "gold_trigger_outcomes",
        "regime_events",
        "regime_history",
    }
