from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.chain.arrow_columns import float_table, floats, integers, texts


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 64, 1_001])
def test_columns_equal_those_of_arrow_s_own_converter(size: int) -> None:
    dice = np.random.default_rng(size)
    numbers = np.where(dice.random(size) < 0.3, np.nan, dice.normal(size=size))
    words = [None if dice.random() < 0.3 else f"w{'ä' * int(dice.integers(3))}{place}" for place in range(size)]
    whole = dice.integers(-(2**62), 2**62, size)
    made = [floats(numbers), integers(whole, size=size), integers(None, size=size), texts(words)]
    expected = [
        pa.array(numbers, from_pandas=True),
        pa.array(whole),
        pa.array([None] * size, type=pa.int64()),
        pa.array(words, type=pa.string()),
    ]
    for one, other in zip(made, expected, strict=True):
        one.validate(full=True)
        assert one.equals(other)
        assert one.null_count == other.null_count


def test_a_strided_array_keeps_its_values() -> None:
    numbers = np.arange(12.0).reshape(3, 4)[:, 1]
    assert float_table({"a": numbers}).to_pylist() == [{"a": 1.0}, {"a": 5.0}, {"a": 9.0}]
