from __future__ import annotations

from datetime import date

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.lineage import LINEAGE_KEY, Lineage

LINEAGE = Lineage(
    table="silver_gex",
    product="ES",
    day=date(2026, 1, 6),
    code_version="3",
    settings_hash="abc",
    inputs={"b/data.parquet": "2", "a/data.parquet": "1"},
)


def test_a_footer_brings_back_what_was_written():
    assert Lineage.from_footer(LINEAGE.to_footer(), where="x") == LINEAGE


def test_equal_lineages_have_equal_bytes_whatever_the_order_of_the_inputs():
    other = Lineage(
        table="silver_gex",
        product="ES",
        day=date(2026, 1, 6),
        code_version="3",
        settings_hash="abc",
        inputs={"a/data.parquet": "1", "b/data.parquet": "2"},
    )
    assert other.to_footer() == LINEAGE.to_footer()
    assert LINEAGE.to_footer()[LINEAGE_KEY] == (
        b'{"code_version":"3","day":"2026-01-06","inputs":{"a/data.parquet":"1","b/data.parquet":"2"},'
        b'"product":"ES","settings_hash":"abc","table":"silver_gex"}'
    )


@pytest.mark.parametrize(
    "metadata", [None, {}, {LINEAGE_KEY: b"{"}, {LINEAGE_KEY: b"[]"}, {LINEAGE_KEY: b"{}"}, {LINEAGE_KEY: b'{"table":"../x"}'}]
)
def test_a_footer_that_says_nothing_readable_is_refused_with_its_file(metadata):
    with pytest.raises(LakeError, match="of here"):
        Lineage.from_footer(metadata, where="here")
