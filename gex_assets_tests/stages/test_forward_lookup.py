import numpy as np

from gex_assets.stages.forward_lookup import ForwardLookup
from gex_assets_tests.stages.made_up_day import forward_table

ROWS = [
    {"ts_window_end": 10, "ts_expiration": 100, "forward": 5.0, "quality": "weak"},
    {"ts_window_end": 10, "ts_expiration": 200, "forward": 7.0, "reference_price": 5.0},
    {"ts_window_end": 20, "ts_expiration": 100, "forward": None, "quality": "none"},
]


def test_rows_are_found_by_expiration_and_window():
    prices = ForwardLookup.of(forward_table(ROWS))
    ends = np.array([5, 10, 15, 20, 25])
    np.testing.assert_array_equal(prices.at("forward", 100, ends), [np.nan, 5.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(prices.at("quality", 100, ends), [np.nan, 1.0, np.nan, 0.0, np.nan])
    np.testing.assert_array_equal(prices.at("reference_price", 200, ends[:2]), [np.nan, 5.0])


def test_standard_errors_are_half_of_what_is_stored_for_each_rows_own_expiration():
    given = [row | {"forward_se": se} for row, se in zip(ROWS, (0.5, 0.25, None), strict=True)]
    prices = ForwardLookup.of(forward_table(given))
    expirations, ends = np.array([200, 100, 100, 300, 100]), np.array([10, 10, 20, 10, 15])
    np.testing.assert_array_equal(prices.standard_errors(expirations, ends), [0.125, 0.25, np.nan, np.nan, np.nan])
    assert prices.standard_errors(expirations[:0], ends[:0]).shape == (0,)


def test_only_the_columns_asked_for_are_needed():
    names = ["ts_window_end", "ts_expiration"]
    for column in ("forward", "reference_price", "quality"):
        whole, part = (ForwardLookup.of(table) for table in (forward_table(ROWS), forward_table(ROWS).select([*names, column])))
        for expiration in (100, 200):
            ends = np.array([10, 20])
            np.testing.assert_array_equal(part.at(column, expiration, ends), whole.at(column, expiration, ends))


def test_what_is_not_there_is_unknown():
    for rows in (ROWS, []):
        assert np.isnan(ForwardLookup.of(forward_table(rows)).at("forward", 300, np.array([10]))).all()
