"""The names of the vacuum's features, each once, with their differences."""

from __future__ import annotations

import re
from collections import Counter

from gex_assets.schemas.silver_vacuum import SILVER_VACUUM, UP, base_features


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
