from __future__ import annotations

from collections import Counter

from gex_assets.schemas import vector_layout
from gex_assets.schemas.gold_trigger_vectors import VECTOR
from gex_assets.schemas.silver_gex import SILVER_GEX
from gex_assets.schemas.silver_gex import base_features as gex_features
from gex_assets.schemas.silver_vacuum import SILVER_VACUUM
from gex_assets.schemas.silver_vacuum import base_features as vacuum_features
from gex_assets.schemas.vector_layout import (
    BLOCKS,
    CROSS_FEATURES,
    SOURCES,
    VECTOR_DIGESTS,
    VECTOR_VERSION,
    elements,
    layout_digest,
)


def test_the_order_of_the_elements_is_the_one_that_the_version_stands_for():
    """Names or order changed? Give the layout a new version and add its digest; what models have learned stays what it was."""
    assert VECTOR_DIGESTS[VECTOR_VERSION] == layout_digest()
    assert max(VECTOR_DIGESTS) == VECTOR_VERSION
    assert VECTOR_DIGESTS[1] == "5c274b0d460fcddd744af54abb918e5356d2901a19f9d33e63be6e1bfdb2e04d"


def test_the_digest_notices_a_name_and_an_order(monkeypatch):
    before = layout_digest()
    names = elements()
    for other in ((names[1], names[0], *names[2:]), (names[0]._replace(name="another"), *names[1:]), names[:-1]):
        monkeypatch.setattr(vector_layout, "elements", lambda other=other: other)
        assert layout_digest() != before


def test_every_feature_crossed_ones_too_and_its_derivatives_stands_in_every_block():
    found = Counter((one.source, one.feature) for one in elements())
    expected = {("silver_gex", name) for name in gex_features()} | {("silver_vacuum", name) for name in vacuum_features()}
    expected |= {("cross", name) for name in CROSS_FEATURES}
    expected |= {(source, f"d{order}_{name}") for source, name in expected for order in (1, 2, 3)}
    assert set(found) == expected
    assert set(found.values()) == {len(BLOCKS)} == {7}
    for source, feature in expected:
        table = {"silver_gex": SILVER_GEX, "silver_vacuum": SILVER_VACUUM}.get(source)
        assert table is None or feature in table.column_names
    assert {source for source, _ in found} == set(SOURCES)


def test_exposure_ahead_of_the_price_and_behind_it_stands_in_the_vector():
    names = {one.name for one in elements()}
    for family in ("gex", "gexoi", "gexflow"):
        assert {f"{family}_ahead_now", f"{family}_behind_mean_24", f"d3_{family}_ahead_step_9"} <= names


def test_names_are_there_once_and_the_list_is_as_long_as_they_are():
    assert len({one.name for one in elements()}) == len(elements()) == VECTOR.list_size
    assert BLOCKS == ("now", "mean_3", "mean_9", "mean_24", "step_3", "step_9", "step_24")
