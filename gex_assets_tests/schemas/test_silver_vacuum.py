"""The names of the vacuum's features, each once, with their differences; the zones are those that the kernels draw."""

from __future__ import annotations

import re
from collections import Counter

from gex_assets.kernels.features.vacuum import EMPTY_TICKS
from gex_assets.kernels.order_book.zones import BEYOND_FROM, FAR_FROM, MID_FROM, NEAR_FROM, ZONES
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES, SILVER_VACUUM, UP, base_features


def test_every_feature_of_the_list_is_there_with_three_differences() -> None:
    numbers = Counter(re.match(r"[fu]\d+", name)[0] for name in base_features())
    expected = {"f1": 6, "f2": 4, "f3": 6, "f4": 4} | dict.fromkeys(("f5", "f6", "f7", "f8", "f9"), 1)
    twice = {"u2", "u3", "u7", "u9", "u10"}
    assert numbers == expected | {f"u{n}": 2 if f"u{n}" in twice else 1 for n in range(1, 20)}
    for name in base_features():
        assert {f"d{order}_{name}" for order in (1, 2, 3)} < set(SILVER_VACUUM.column_names)
    assert len(SILVER_VACUUM.columns) == 5 + 8 + 4 * len(base_features()) == 209


def test_what_u_features_are_made_of_exists() -> None:
    for name, source in UP.items():
        for used in re.findall(r"f\d_\w+", source):
            assert used in base_features(), name


def test_zones_are_those_that_the_kernels_draw() -> None:
    assert tuple(DEPTH_ZONES) == ZONES
    begins = (0, NEAR_FROM, MID_FROM, FAR_FROM)
    assert tuple(first for first, _ in DEPTH_ZONES.values()) == begins
    assert tuple(last + 1 for _, last in DEPTH_ZONES.values()) == (*begins[1:], BEYOND_FROM)
    assert DEPTH_ZONES["far"][1] == EMPTY_TICKS
