"""Rows of a wide table by window: those of the window's future, preceded by the windows before."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.stages.gold.feature_rows import FeatureRows

NAN = np.nan
SYMBOLS = ("ESH6", "ESM6")
ROWS = pa.table(
    {
        "ts_window_end": pa.array([5, 5, 10, 20, 20], type=pa.int64()),
        "symbol": pa.array(["ESH6", "ESM6", "ESM6", "ESZ6", "ESH6"]).dictionary_encode(),
        "one": [1.0, 2.0, 3.0, 4.0, None],
        "two": [10, 20, 30, 40, 50],
    }
)


def rows_of(counts: list[int]) -> np.ndarray:
    """Of four windows in blocks of so many windows: each window's row, preceded by the two before."""
    features = FeatureRows(columns=("two", "one"), future="symbol", before=2)
    ends, series = np.array([5, 10, 15, 20]), np.array([0, 1, 0, 0])
    parts, first = [], 0
    for count in counts:
        own = slice(first, first + count)
        rows = ROWS.filter(pa.compute.is_in(ROWS["ts_window_end"], pa.array(ends[own])))
        joined = features.with_present(rows if rows.num_rows else None, ends=ends[own], series=series[own], symbols=SYMBOLS)
        parts += [joined[window : window + 3] for window in range(count)]
        first += count
    return np.stack(parts)


@pytest.mark.parametrize("counts", [[4], [1, 1, 1, 1], [3, 1], [0, 2, 0, 2]])
def test_each_window_has_the_row_of_its_future_and_the_windows_before_it(counts):
    none = [NAN, NAN]
    first, second, last = [10.0, 1.0], [30.0, 3.0], [50.0, NAN]
    expected = [[none, none, first], [none, first, second], [first, second, none], [second, none, last]]
    np.testing.assert_array_equal(rows_of(counts), expected)


def test_a_future_without_a_name_has_no_row():
    features = FeatureRows(columns=("two",), future="symbol", before=1)
    found = features.with_present(ROWS.slice(3, 1), ends=np.array([20]), series=np.array([-1]), symbols=SYMBOLS)
    np.testing.assert_array_equal(found, [[NAN], [NAN]])
