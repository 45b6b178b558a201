from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.defs.session_windows import has_windows, instrument_rows
from gex_assets.schemas.vendor_shapes import CLAIMED
from gex_assets.time_units import WINDOW_NS

HALF = WINDOW_NS // 2
MOMENTS = st.integers(-2, 24).map(lambda halves: halves * HALF)


def table_of(ends: list[int]) -> Any:
    """A stored table with these windows."""
    return cast("Any", SimpleNamespace(groups=lambda columns: [pa.table({"ts_window_end": pa.array(ends, pa.int64())})]))


@given(
    ends=st.sets(st.integers(1, 12)).map(lambda said: np.array(sorted(said), np.int64) * WINDOW_NS),
    rows=st.lists(st.tuples(MOMENTS, MOMENTS, MOMENTS), max_size=4),
)
def test_windows_are_expected_where_an_instrument_is_listed_and_claimed(ends: Any, rows: list[tuple[int, int, int]]) -> None:
    expected = [
        end
        for end in ends.tolist()
        if any(listed < end and start <= end - WINDOW_NS and end <= stop for listed, start, stop in rows)
    ]
    check = has_windows(ends, rows=rows)
    assert check(table_of(expected)).passed
    assert check(table_of(expected)).facts["expected"] == len(expected)
    if expected:
        assert not check(table_of(expected[1:])).passed


def test_claims_that_touch_are_one_and_unlisted_instruments_have_no_rows() -> None:
    rows = [(1, 0, 5, None), (1, 5, 9, 5), (1, 12, 20, None), (2, 0, 9, None)]
    claims = pa.table(dict(zip(CLAIMED.names, map(list, zip(*rows, strict=True)), strict=True)), schema=CLAIMED)
    assert list(instrument_rows({1: 3, 7: 0}, claims)) == [(3, 0, 9), (3, 12, 20)]
