from __future__ import annotations

from gex_assets.schemas.gold_vector_dictionary import GOLD_VECTOR_DICTIONARY
from gex_assets.schemas.vector_layout import VECTOR_VERSION, elements
from gex_assets.stages.gold.vector_dictionary import vector_dictionary


def test_a_row_says_what_stands_at_its_place():
    table = vector_dictionary()
    assert table.schema.equals(GOLD_VECTOR_DICTIONARY.arrow_schema())
    assert table["index"].to_pylist() == list(range(len(elements())))
    assert set(table["vector_version"].to_pylist()) == {VECTOR_VERSION}
    row = next(row for row in table.to_pylist() if row["name"] == "d2_gex_above_mean_9")
    assert (row["feature"], row["block"], row["source"]) == ("d2_gex_above", "mean_9", "silver_gex")
