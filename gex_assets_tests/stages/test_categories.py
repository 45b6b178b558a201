from __future__ import annotations

import pyarrow as pa
import pytest

from gex_assets.stages.categories import GrowingNames, codes_of

WORDS = ["b", "a", None, "c", "b"]
COLUMNS = {
    "plain": pa.chunked_array([WORDS[:2], WORDS[2:]]),
    "coded": pa.chunked_array([pa.array(WORDS[:2]).dictionary_encode(), pa.array(WORDS[2:]).dictionary_encode()]),
    "sliced": pa.chunked_array([pa.array(["z", *WORDS]).dictionary_encode().slice(1)]),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_words_are_positions_and_others_are_none(column):
    assert codes_of(column, ("a", "b")).tolist() == [1, 0, -1, -1, 1]
    assert codes_of(column, ()).tolist() == [-1] * 5


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_name_keeps_its_position(column):
    names = GrowingNames("d", "a")
    assert names.add(column).tolist() == [2, 1, -1, 3, 2]
    assert names.names == ("d", "a", "b", "c")
    assert names.add(pa.chunked_array([["e", "c"]])).tolist() == [4, 3]
    assert names.add(pa.chunked_array([[None, "d"]])).tolist() == [-1, 0]
    assert names.names == ("d", "a", "b", "c", "e")


def test_no_rows_are_no_codes():
    assert codes_of(pa.chunked_array([], type=pa.string()), ("a",)).tolist() == []
    assert GrowingNames().add(pa.chunked_array([], type=pa.string())).tolist() == []
