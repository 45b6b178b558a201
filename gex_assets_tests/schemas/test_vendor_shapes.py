"""The vendor's codes against the vendor's own library, and against what the data dictionary says of them."""

from __future__ import annotations

import databento_dbn
import pytest

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.vendor_shapes import StatType, StatUpdateAction


@pytest.mark.parametrize("code", list(StatType))
def test_kinds_of_statistics_have_the_vendors_codes(code: StatType) -> None:
    assert code == int(getattr(databento_dbn.StatType, code.name))


@pytest.mark.parametrize("code", list(StatUpdateAction))
def test_update_actions_have_the_vendors_codes(code: StatUpdateAction) -> None:
    assert code == int(getattr(databento_dbn.StatUpdateAction, code.name))


def test_the_column_names_every_code_that_is_stored() -> None:
    (column,) = (one for one in BRONZE_OPTION_STATISTICS.columns if one.name == "stat_type")
    for code in StatType:
        assert f"{code.value} for" in column.about
        assert code.name.lower().replace("_", " ") in column.about
