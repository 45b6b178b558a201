"""A table whose stored form changes gets a new version. Otherwise published days of the old form would count as current."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from gex_assets.schemas.columns import number
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table


def form_digest(table: Table) -> str:
    """Hash of what every stored day has: name, type and nullability of the columns, in order, and the order of the rows."""
    lines = [f"{column.name}\t{column.type}\t{column.nullable}" for column in table.columns]
    return hashlib.sha256("\n".join([*lines, *table.row_order]).encode()).hexdigest()[:16]


DIGESTS: dict[str, tuple[str, str]] = {
    "raw_option_mbo": ("2", "4075392f0430f5c4"),
    "raw_future_mbo": ("2", "4075392f0430f5c4"),
    "raw_option_definition": ("2", "4075392f0430f5c4"),
    "raw_option_statistics": ("2", "4075392f0430f5c4"),
    "bronze_option_instruments": ("2", "2c4e8865751170ba"),
    "bronze_option_mbo": ("1", "f8e3a70b1da0c2f9"),
    "bronze_option_trades": ("2", "a4cae1db371f4638"),
    "bronze_option_statistics": ("2", "2846ceccaba4a803"),
    "bronze_future_mbo": ("1", "fff04338a6ce4c9f"),
    "open_hedges": ("1", "ed645dcf1845ff8d"),
    "open_levels": ("3", "9cc29462b9de8632"),
    "open_chain": ("1", "a8404ac97d4d6114"),
    "open_roll_off": ("1", "130dc49722449a2e"),
    "open_changes": ("1", "16dde1797651ef8e"),
    "silver_option_quotes": ("2", "39d3c522cfbf7553"),
    "silver_future_quotes": ("2", "3911ce505affc8c5"),
    "silver_future_bbo": ("1", "ae0d83fae7822020"),
    "silver_forward": ("3", "28abaa4faa1cc8fd"),
    "silver_gex_chain": ("4", "c9161290ab38f64f"),
    "silver_gex": ("2", "6ea72991fab704a4"),
    "silver_gex_levels": ("4", "702a7dbdb518507a"),
    "silver_gex_profile": ("1", "840b5c1dc5990020"),
    "silver_vacuum": ("3", "2a8c6bcf577391aa"),
    "gold_trigger_vectors": ("2", "5ee4dc239aeb66c3"),
    "gold_vector_dictionary": ("1.2", "fb0cdf8b1a3cf292"),
    "gold_trigger_outcomes": ("2", "869c114d39f6c1d3"),
    "regime_scores": ("3", "5adedf821a94b09d"),
    "regime_events": ("1", "65da3ae69a0327a3"),
    "regime_history": ("2", "2d4ca4a2f16540cd"),
}
"""Table -> its version and the digest of its form. A changed form needs another version, and both are written here."""


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_changed_form_has_a_new_version(table: Table) -> None:
    found = (table.version, form_digest(table))
    version, digest = DIGESTS.get(table.name, ("none", "none"))
    if found[1] != digest:
        assert table.version != version, (
            f"Expected another version than {version!r}: the columns of {table.name} changed. Raise it in its schema module"
        )
    assert found == (version, digest), f"Expected {table.name} in DIGESTS of this module as {found}"


def test_every_table_listed_exists() -> None:
    assert set(DIGESTS) == set(TABLES)


def test_the_digest_notices_columns_their_types_and_orders() -> None:
    table = TABLES["regime_events"]
    first, second, *others = table.columns
    changed = [
        replace(table, columns=(*table.columns, number("one_more", "A number."))),
        replace(table, columns=(second, first, *others)),
        replace(table, columns=(first, second, replace(others[0], nullable=not others[0].nullable), *others[1:])),
        replace(table, columns=(first, second, number(others[0].name, "Another type."), *others[1:])),
        replace(table, order=tuple(reversed(table.key))),
    ]
    assert len({form_digest(table), *map(form_digest, changed)}) == len(changed) + 1
    assert form_digest(replace(table, about="Other words.", version="9")) == form_digest(table)
