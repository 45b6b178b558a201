"""Up to when something goes that is made of a day that is still running."""

from __future__ import annotations

from datetime import date

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.lineage import LINEAGE_KEY, Lineage, end_of_orders
from gex_assets.time_units import DAY_NS

LINEAGE = Lineage(table="silver_gex", product="ES", day=date(2026, 1, 6), code_version="1", settings_hash="x", inputs={"a": "b"})


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({}, None),
        ({"raw_option_mbo/product=ES": 7, "raw_future_mbo/product=ES": 9}, 7),
        ({"raw_option_mbo/product=ES": 7, "bronze_option_statistics/product=ES": 3, "raw_option_definition/x": 9}, 7),
        ({"raw_option_statistics/product=ES": 3}, 3),
        ({"silver_option_quotes/product=ES": 7, "silver_future_quotes/product=ES": DAY_NS}, 7),
        ({"raw_option_mbo/product=ES": DAY_NS}, DAY_NS),
    ],
)
def test_it_ends_with_the_first_orders_to_end(ends: dict[str, int], expected: int | None) -> None:
    assert end_of_orders(ends) == expected


@pytest.mark.parametrize("until", [None, 5])
def test_only_a_partial_lineage_says_so_and_it_is_read_back(until: int | None) -> None:
    made = Lineage(**{name: getattr(LINEAGE, name) for name in LINEAGE.__slots__} | {"partial_until_ns": until})
    footer = made.to_footer()
    assert (b"partial" in footer[LINEAGE_KEY]) is (until is not None)
    assert Lineage.from_footer(footer, where="x") == made


def test_a_mark_that_is_no_moment_is_refused() -> None:
    footer = {LINEAGE_KEY: LINEAGE.to_footer()[LINEAGE_KEY].replace(b'"day"', b'"partial_until_ns":"soon","day"')}
    with pytest.raises(LakeError, match="Expected a readable lineage in the footer of x"):
        Lineage.from_footer(footer, where="x")
