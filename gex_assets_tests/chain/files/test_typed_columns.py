from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.chain.files.typed_columns import TypedColumns
from gex_assets.errors import ChainError


def of_values(*values: Any, title: str = "gamma", decimal: Any = None) -> TypedColumns:
    return TypedColumns.of_rows([{title: value} for value in values], file="a", decimal=decimal)


def test_values_become_numbers_and_what_is_missing_is_nan() -> None:
    given = (1, 0.5, "0.25", "1,200", "18.5%", None, "", "--", "NaN", {"raw": 3, "fmt": "3"}, float("nan"), np.float64(2.0))
    numbers = of_values(*given).numbers(0)
    assert numbers[[0, 1, 2, 3, 4, 9, 11]].tolist() == [1.0, 0.5, 0.25, 1200.0, 0.185, 3.0, 2.0]
    assert np.isnan(numbers[[5, 6, 7, 8, 10]]).all()
    assert of_values("0,25", "1.200", decimal=",").numbers(0).tolist() == [0.25, 1200.0]


@pytest.mark.parametrize("value", [True, "high", [1], 10**400, {"fmt": [1]}])
def test_what_is_no_number_is_named_by_its_row(value: Any) -> None:
    if value == {"fmt": [1]}:
        assert np.isnan(of_values(1.0, value).numbers(0)[1])
        return
    with pytest.raises(ChainError, match=r"Expected a number in row 2, column gamma of a, was .{1,100}$"):
        of_values(1.0, value).numbers(0)


@pytest.mark.parametrize("values", [(18.5, "18.5%", "18.5"), (18.5, 18.5, 18.5)])
def test_a_column_in_percent(values: tuple[Any, ...]) -> None:
    assert of_values(*values, title="iv_percent").numbers(0, percent=True).tolist() == [0.185] * 3


def test_arrow_columns_of_every_type() -> None:
    table = pa.table(
        {
            "strike": pa.array([1, 2], pa.int32()),
            "gamma": pa.array(["0.5", None], pa.large_string()),
            "right": pa.array(["C", "P"]).dictionary_encode(),
            "theta": pa.array([{"a": 1}, {"a": 2}]),
        }
    )
    found = TypedColumns.of_table(table, file="a", decimal=None)
    assert (found.titles, found.others, found.headers) == (
        ("strike", "gamma", "right"),
        ("theta",),
        "strike, gamma, right, theta",
    )
    assert found.numbers(0).tolist() == [1.0, 2.0]
    assert found.numbers(1)[0] == 0.5
    assert found.values(2) == ["C", "P"]


def test_keys_that_mean_nothing_are_not_kept_and_too_many_are_refused() -> None:
    found = TypedColumns.of_rows([{"strike": 1, "x": object()}, {"strike": 2}], file="a")
    assert (found.titles, found.others, found.size) == (("strike",), ("x",), 2)
    wide = [{"strike": 1, **{f"k{n}": n for n in range(1_000)}}]
    with pytest.raises(ChainError, match=r"Expected at most 1,000 keys in the rows of a, was more by row 1"):
        TypedColumns.of_rows(wide, file="a")
    with pytest.raises(ChainError, match=r"Expected an object in line 2 of a, was int"):
        TypedColumns.of_rows([{}, 7], file="a", row_word="line")
    with pytest.raises(ChainError, match=r"Expected columns of one length in a, was {'strike': 1, 'gamma': 2}"):
        TypedColumns.of_lists({"strike": [1], "gamma": [1, 2]}, file="a")
