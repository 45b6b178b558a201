from __future__ import annotations

from datetime import date

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.names import checked_key, checked_product, checked_table, day_named


@pytest.mark.parametrize(
    "key",
    [
        "silver_gex/product=ES/date=2026-01-06/data.parquet",
        "_rejected/silver_gex/product=ES/date=2026-01-06/reason.json",
        "raw/source=databento/symbol=ES/table=definition_dbn/GLBX-20260121-ABCDEFGHIJ/glbx-mdp3-20260106.definition.dbn.zst",
    ],
)
def test_a_plain_key_passes(key):
    assert checked_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "..",
        "a/../b",
        "a/..",
        "a//b",
        "a/",
        "./a",
        "a/.hidden",
        "-a",
        "a b",
        "a\\b",
        "a\nb",
        "a\0b",
        "ä",
        "~",
        "C:/x",
        "a" * 300,
    ],
)
def test_anything_else_is_refused(key):
    with pytest.raises(LakeError, match="Expected a key of plain names"):
        checked_key(key)


@pytest.mark.parametrize("name", ["", "Silver", "../x", "a/b", "a-b", "1a", "_rejected", "a\n"])
def test_a_table_has_a_table_s_name(name):
    assert checked_table("silver_gex") == "silver_gex"
    with pytest.raises(LakeError):
        checked_table(name)


@pytest.mark.parametrize("product", ["", "es", "../ES", "ES/..", "ES.OPT", "*", "E" * 13, "ES\n"])
def test_a_product_is_capital_letters_and_digits(product):
    assert checked_product("ES") == "ES"
    with pytest.raises(LakeError):
        checked_product(product)


@pytest.mark.parametrize("text", ["", "20260106", "2026-1-6", "2026-13-01", "2026-02-30", "2026-01-06T00", "٢٠٢٦-٠١-٠٦"])
def test_a_day_has_one_form(text):
    assert day_named("2026-01-06") == date(2026, 1, 6)
    with pytest.raises(LakeError):
        day_named(text)
