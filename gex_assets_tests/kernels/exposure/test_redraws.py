from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.exposure.redraws import DRAWS, NORMALS, normals, seeds_of, uniform
from gex_assets_tests.twins import kept_walls as twin

SOME = st.integers(0, 2**63 - 1)


@settings(deadline=None, max_examples=30)
@given(SOME, SOME, st.integers(0, 10_000))
def test_numbers_are_those_of_the_twin(end: int, expiration: int, number: int) -> None:
    seed = int(seeds_of(np.array([end]), np.array([expiration]))[0])
    assert seed == twin.derived(end, expiration)
    assert uniform(np.uint64(seed), number) == twin.uniform(seed, number)
    found = normals(np.array([seed], dtype=np.uint64))
    assert found.shape == (1, DRAWS, NORMALS)
    assert found.ravel()[:60] == pytest.approx(twin.normal_pairs(seed, 60), rel=1e-12, abs=1e-12)


def test_known_values_of_splitmix64() -> None:
    # the reference implementation's first outputs for the seed 1234567
    state, found = 1234567, []
    for _ in range(3):
        found.append(twin.mixed(state))
        state = (state + twin.GOLDEN) & twin.MASK
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_numbers_of_neighbouring_windows_are_independent_and_normal() -> None:
    ends = 1_767_657_600_000_000_000 + 60_000_000_000 * np.arange(200)
    many = normals(seeds_of(ends, np.full(200, 1_773_408_600_000_000_000)))
    assert abs(many.mean()) < 0.005
    assert many.std() == pytest.approx(1.0, abs=0.005)
    assert abs(np.corrcoef(many[:-1].ravel(), many[1:].ravel())[0, 1]) < 0.005
    together = np.corrcoef(many.reshape(-1, NORMALS).T) - np.eye(NORMALS)
    assert np.abs(together).max() < 0.015


def test_a_window_s_numbers_do_not_depend_on_its_company() -> None:
    ends, expirations = np.array([5, 7, 11]), np.array([3, 3, 2])
    alone = normals(seeds_of(ends[1:2], expirations[1:2]))
    assert np.array_equal(normals(seeds_of(ends, expirations))[1], alone[0])
