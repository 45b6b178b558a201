from collections import Counter

import numpy as np

from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES
from gex_assets.stages.future_prices import future_prices
from gex_assets_tests.stages.made_up_day import future_quote, table_of


def prices_of(rows):
    return future_prices(table_of(SILVER_FUTURE_QUOTES, rows), tally=Counter())


def test_each_price_is_found_by_symbol_and_window():
    rows = [
        future_quote(1, 10, "ESH6", bid=1.0, ask=2.0, vwap=1.25, last_trade_price=1.75),
        future_quote(2, 10, "ESM6", bid=5.0, ask=6.0),
        future_quote(1, 20, "ESH6", bid=3.0, ask=2.0, state="crossed", last_trade_price=1.75),
    ]
    found = prices_of(rows).at("ESH6", np.array([5, 10, 20]))
    np.testing.assert_array_equal(found["future_mid"], [np.nan, 1.5, np.nan])
    np.testing.assert_array_equal(found["future_vwap"], [np.nan, 1.25, np.nan])
    np.testing.assert_array_equal(found["future_last"], [np.nan, 1.75, 1.75])


def test_without_futures_nothing_is_known():
    for prices in (prices_of([]), future_prices(None, tally=Counter())):
        assert all(np.isnan(values).all() for values in prices.at("ESH6", np.array([10])).values())
