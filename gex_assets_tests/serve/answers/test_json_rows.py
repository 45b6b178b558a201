"""Rows as JSON text: what Python's own writer makes of them, and null for what JSON lacks."""

from __future__ import annotations

import json
import math
from datetime import date

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.serve.answers.json_rows import MOMENT_UNIT, iso_moments, json_rows, plain_json


def rows_of(columns: dict[str, pa.Array], **units: str) -> list[dict[str, object]]:
    text = json_rows(pa.table(columns), units=units, times="iso")
    return list(json.loads(text, parse_constant=lambda word: (_ for _ in ()).throw(AssertionError(word))))


@given(st.lists(st.none() | st.floats(), max_size=20), st.data())
def test_numbers_come_back_as_they_were(values: list[float | None], data: st.DataObject) -> None:
    words = data.draw(st.lists(st.none() | st.text(), min_size=len(values), max_size=len(values)))
    table = {"number": pa.array(values, pa.float64()), "word": pa.array(words, pa.string()).dictionary_encode()}
    found = rows_of(table)
    assert [row["number"] for row in found] == [None if value is None or not math.isfinite(value) else value for value in values]
    assert [row["word"] for row in found] == words


def test_every_type_of_the_schemas() -> None:
    (row,) = rows_of(
        {
            "ts": pa.array([1767709805000000001], pa.int64()),
            "day": pa.array([date(2026, 1, 6)], pa.date32()),
            "yes": pa.array([True]),
            "small": pa.array([7], pa.uint32()),
            "curve": pa.array([[1.5, 2.0]], pa.list_(pa.float64())),
            "vector": pa.array([[0.5, None]], pa.list_(pa.float32(), 2)),
            "texts": pa.array([['a"b']], pa.list_(pa.string())),
        },
        ts=MOMENT_UNIT,
    )
    assert row == {
        "ts": "2026-01-06T14:30:05.000000001Z",
        "day": "2026-01-06",
        "yes": True,
        "small": 7,
        "curve": [1.5, 2.0],
        "vector": [0.5, None],
        "texts": ['a"b'],
    }


def test_moments_have_a_fraction_only_where_there_is_one() -> None:
    moments = pa.chunked_array([[0, 5_000_000_000, None, 1]], pa.int64())
    assert iso_moments(moments).to_pylist() == [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:05Z",
        None,
        "1970-01-01T00:00:00.000000001Z",
    ]


def test_no_rows_are_an_empty_list() -> None:
    assert json_rows(pa.table({"a": pa.array([], pa.int64())}), units={}, times="ns") == "[]"


def test_plain_values_have_no_nan_wherever_they_stand() -> None:
    assert plain_json({"a": [float("nan"), {"b": float("-inf")}], "c": 1.5}) == '{"a":[null,{"b":null}],"c":1.5}'
