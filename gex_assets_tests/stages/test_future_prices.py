from collections import Counter

import numpy as np

from gex_assets.schemas.silver_quotes import SILVER_FUTURE_QUOTES
from gex_assets.stages.future_prices import FUTURE_COLUMNS, future_prices
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


def test_rows_may_come_in_any_order_and_of_two_of_a_symbol_the_lower_instrument_counts():
    rows = [
        future_quote(7, 20, "ESH6", bid=3.0, ask=4.0),
        future_quote(9, 10, "ESH6", bid=7.0, ask=8.0),
        future_quote(2, 20, "ESM6", bid=1.0, ask=2.0),
        future_quote(7, 10, "ESH6", bid=5.0, ask=6.0),
        future_quote(3, 20, "ESH6", bid=9.0, ask=9.5),
    ]
    tally = Counter()
    prices = future_prices(table_of(SILVER_FUTURE_QUOTES, rows), tally=tally)
    assert prices.at("ESH6", np.array([10, 20]))["future_mid"].tolist() == [5.5, 9.25]
    assert tally == {"future_quoted_twice": 2}


def test_only_the_named_columns_are_needed():
    table = table_of(SILVER_FUTURE_QUOTES, [future_quote(1, 10, "ESH6", bid=1.0, ask=2.0)]).select(FUTURE_COLUMNS)
    assert future_prices(table, tally=Counter()).at("ESH6", np.array([10]))["future_mid"].tolist() == [1.5]


def test_without_futures_nothing_is_known():
    for prices in (prices_of([]), future_prices(None, tally=Counter())):
        assert all(np.isnan(values).all() for values in prices.at("ESH6", np.array([10])).values())
