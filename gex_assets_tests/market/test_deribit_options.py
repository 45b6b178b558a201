from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gex_assets.market.deribit_options import deribit_option


@pytest.mark.parametrize(
    ("name", "coin", "is_linear", "strike", "right"),
    [
        ("BTC-30JAN26-90000-C", "BTC", False, 90_000.0, "C"),
        ("ETH-30JAN26-3250-P", "ETH", False, 3_250.0, "P"),
        ("BTC_USDC-30JAN26-90000-C", "BTC", True, 90_000.0, "C"),
        ("XRP_USDC-30JAN26-2d5-P", "XRP", True, 2.5, "P"),
    ],
)
def test_names_are_taken_apart(name: str, coin: str, is_linear: bool, strike: float, right: str) -> None:
    found = deribit_option(name)
    assert found is not None
    assert (found.coin, found.is_linear, found.strike, found.right) == (coin, is_linear, strike, right)
    assert found.ts_expiration_ns == int(datetime(2026, 1, 30, 8, tzinfo=UTC).timestamp()) * 10**9


def test_a_day_of_one_digit_is_a_day() -> None:
    found = deribit_option("BTC-6FEB26-90000-C")
    assert found is not None
    assert found.ts_expiration_ns == int(datetime(2026, 2, 6, 8, tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    "name", ["BTC-PERPETUAL", "BTC-30JAN26", "BTC-31FEB26-1-C", "BTC-30XYZ26-1-C", "SPXW260106C06000000", ""]
)
def test_other_names_are_none(name: str) -> None:
    assert deribit_option(name) is None
