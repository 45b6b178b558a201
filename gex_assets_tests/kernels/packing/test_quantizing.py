"""Codes lie within half a step of their values, and what is missing stays missing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gex_assets.kernels.packing.quantizing import (
    LARGEST,
    from_indices,
    from_linear,
    from_log,
    to_indices,
    to_linear,
    to_log,
    unzigzag,
    zigzag,
)

INTEGERS = arrays(np.int32, st.integers(1, 30), elements=st.integers(-(2**31), 2**31 - 1))
STEPS = st.sampled_from([1e-3, 0.005, 0.01, 0.25, 1.0, 1e5])


@given(INTEGERS)
def test_zigzag_is_undone(whole: np.ndarray) -> None:
    folded = zigzag(whole)
    assert (unzigzag(folded) == whole).all()
    assert folded.tolist() == [2 * one if one >= 0 else -2 * one - 1 for one in whole.tolist()]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), STEPS)
def test_a_linear_code_lies_within_half_a_step(values: list[float], step: float) -> None:
    codes = from_linear(np.array(values), step=step)
    found = to_linear(codes, step=step)
    for value, code, back in zip(values, codes.tolist(), found.tolist(), strict=True):
        if abs(value) / step > LARGEST + 1:
            assert code == 0
        elif code:
            assert back == pytest.approx(value, abs=0.5 * step * (1 + 1e-9) + abs(value) * 1e-12)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 2.0 * LARGEST])
def test_what_no_code_can_hold_is_missing(value: float) -> None:
    codes = from_linear(np.array([value, 1.0]), step=1.0)
    assert codes.tolist() == [0, 3]
    assert np.isnan(to_linear(codes, step=1.0)[0])


def test_the_largest_steps_are_held() -> None:
    codes = from_linear(np.array([LARGEST, -LARGEST], dtype=np.float64), step=1.0)
    assert to_linear(codes, step=1.0).tolist() == [LARGEST, -LARGEST]


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=30))
def test_a_logarithmic_code_lies_within_half_a_ratio(values: list[float]) -> None:
    found = to_log(from_log(np.array(values), step=0.0018, base=1e-9), step=0.0018, base=1e-9)
    assert np.abs(np.log(found / np.array(values))).max() <= 0.0009 * (1 + 1e-6)


def test_zero_and_less_than_the_base_are_the_base_and_not_missing() -> None:
    assert to_log(from_log(np.array([0.0, 1e-12, 1e-9]), step=0.01, base=1e-9), step=0.01, base=1e-9).tolist() == [1e-9] * 3


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e-9])
def test_what_has_no_logarithm_is_missing(value: float) -> None:
    assert from_log(np.array([value]), step=0.01, base=1e-9).tolist() == [0]


def test_positions_come_back() -> None:
    positions = np.array([[-1, 0], [7, 2]])
    assert (to_indices(from_indices(positions)) == positions).all()
