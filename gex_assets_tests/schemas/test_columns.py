"""One quantity has one unit and one description; descriptions are plain sentences; codes are those of the kernels."""

from __future__ import annotations

import re
from collections import defaultdict

import pyarrow as pa
import pytest

from gex_assets.kernels.order_book import rows
from gex_assets.kernels.order_book.layout import KINDS, UNDEFINED
from gex_assets.kernels.pricing.implied_volatility import IvStatus
from gex_assets.schemas.book_columns import BOOK_STATES
from gex_assets.schemas.checks import ODD_RECORDS
from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.silver_gex_chain import IV_STATUSES
from gex_assets.schemas.table import Column, Table
from gex_assets.schemas.vendor_mbo import UNDEFINED_PRICE

UNCLEAR_WORDS = ("anew", "beside", "promise", "sentence", "flip", "told apart", "what only", "speaks")

OTHER_QUANTITIES = {
    ("price", "the order's, an integer"): ("bronze_option_mbo", "bronze_option_trades", "bronze_future_mbo"),
    ("price", "a settlement"): ("bronze_option_statistics",),
    ("price", "of the profile"): ("silver_gex_profile",),
    ("net_gex_se", "of one strike"): ("silver_gex_chain",),
}
"""(column, what it is) -> the tables in which a name stands for something else than elsewhere."""


def quantity(table: str, column: str) -> tuple[str, str]:
    return next((key for key, tables in OTHER_QUANTITIES.items() if key[0] == column and table in tables), (column, ""))


def test_the_same_name_has_the_same_unit_in_every_table() -> None:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table in TABLES.values():
        for column in table.columns:
            found[quantity(table.name, column.name)].add(column.unit)
    assert {name: units for name, units in found.items() if len(units) > 1} == {}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_descriptions_are_plain_sentences(table: Table) -> None:
    for about in (table.about, *(column.about for column in table.columns)):
        assert about.endswith("."), about
        assert "  " not in about
        assert not re.match(r"(the|a|an|of|that|whether|share|strike)\b", about), about
        assert not [word for word in UNCLEAR_WORDS if re.search(rf"\b{word}", about)], about
        clauses = re.split(r"[.;:] ", about)
        assert max(len(clause.split()) for clause in clauses) <= 26, about


def test_a_column_of_several_tables_is_described_in_the_same_words() -> None:
    """But for the tables that hold another window's, another price's or fewer expirations', which say so."""
    shared = (
        *("convention", "convention_version", "weight_used", "scale", "scope", "session_date", "instrument_id", "ts_expiration"),
        *("gross_gex", "zero_gamma", "call_wall", "put_wall", "confidence", "forward_quality", "strike", "right", "magnitude"),
    )
    other = {
        ("gold_trigger_vectors", "convention"),
        ("gold_trigger_outcomes", "convention"),
        ("gold_trigger_vectors", "convention_version"),
        ("gold_trigger_vectors", "weight_used"),
        ("silver_gex_profile", "weight_used"),
        ("regime_scores", "magnitude"),
        *(("open_roll_off", name) for name in ("gross_gex", "zero_gamma", "call_wall", "put_wall")),
    }
    for name in shared:
        texts = {
            column.about
            for table in TABLES.values()
            for column in table.columns
            if column.name == name and (table.name, name) not in other
        }
        assert len(texts) == 1, texts


def test_book_states_stand_at_the_kernels_codes() -> None:
    assert {name.lower(): getattr(rows, name.upper()) for name in BOOK_STATES} == {
        name: code for code, name in enumerate(BOOK_STATES)
    }


def test_the_undefined_price_is_the_order_books() -> None:
    assert UNDEFINED_PRICE == UNDEFINED


def test_statuses_of_volatility_stand_at_the_kernels_codes() -> None:
    assert dict(enumerate(IV_STATUSES)) == {status.value: status.name for status in IvStatus}


def test_odd_records_are_what_the_order_book_counts_and_no_healthy_feed_has() -> None:
    healthy = {"records", "unselected", "outside_windows", "maybe_bad_book"}
    assert set(ODD_RECORDS) - {"unknown_instrument"} == set(KINDS) - healthy


def test_a_table_refuses_a_column_twice_and_a_key_that_it_has_not() -> None:
    column = Column(name="x", type=pa.int64(), about="")
    for columns, key in (((column, column), ("x",)), ((column,), ("y",))):
        with pytest.raises(ValueError, match="Expected"):
            Table(name="t", layer="raw", about="", key=key, columns=columns)
