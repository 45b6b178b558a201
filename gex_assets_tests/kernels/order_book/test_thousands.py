"""Ten thousand wild sequences against the twin: every field of every row, every count, and what rests at the end."""

from __future__ import annotations

import pytest

from gex_assets_tests.kernels.order_book.runs import differences
from gex_assets_tests.kernels.order_book.wild_sequences import Way, through_the_kernel, through_the_twin, wild_case, wild_way
from gex_assets_tests.long_cases import mostly_long

BATCHES = [(10, 60, 250)] * 4 + [(10, 60, 1_000)] * 7 + [(60, 200, 750)] * 2 + [(200, 800, 245)] * 2 + [(8_000, 9_000, 5)] * 2
"""Shortest and longest sequence of a batch, and how many."""


@pytest.mark.parametrize("batch", mostly_long(range(len(BATCHES))))
def test_wild_sequences_come_out_as_the_twin_says(batch: int) -> None:
    shortest, longest, count = BATCHES[batch]
    for seed in range(1_000 * batch, 1_000 * batch + count):
        case = wild_case(seed, records=(shortest, longest))
        expected = through_the_twin(case)
        for way in (wild_way(seed, case), Way()):
            found = through_the_kernel(case, way)
            assert not differences(found.rows, expected.rows)[:5], (seed, way)
            assert (found.counts, found.resting) == (expected.counts, expected.resting), (seed, way)


def test_they_are_ten_thousand() -> None:
    assert sum(count for _, _, count in BATCHES) == 10_000
