"""What numba does not offer by name does what it says, for every form that the loops hand it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import njit

from gex_assets.kernels.numba_tools.memory import unowned


class Pair(NamedTuple):
    one: Any
    other: Any


@njit
def of_a_tuple(pair: Pair) -> float:
    bare = unowned(pair)
    bare.one[1] += 1.0
    return bare.one[1] + bare.other[0, 1]


class Mixed(NamedTuple):
    values: Any
    start: int
    share: float
    is_open: bool


@njit
def of_a_mixture(mixed: Mixed) -> Mixed:
    bare = unowned(mixed)
    bare.values[0] += bare.share
    return Mixed(mixed.values, bare.start + 1, bare.share / 2, not bare.is_open)


@njit
def of_nested(pair: Pair) -> Pair:
    return unowned(pair)


@njit
def of_an_array(array: Any) -> float:
    bare = unowned(array)
    bare[0] += 1.0
    return bare[0]


def test_arrays_without_owners_are_the_same_arrays_alone_and_in_a_named_tuple() -> None:
    one, other = np.array([1.0, 2.0]), np.array([[3, 4]])
    assert of_a_tuple(Pair(one, other)) == 7.0
    assert of_an_array(one) == 2.0
    assert one.tolist() == [2.0, 3.0]


def test_numbers_beside_the_arrays_pass_as_they_are() -> None:
    values = np.array([1.0, 2.0])
    assert of_a_mixture(Mixed(values, 2**40, 0.5, True)) == Mixed(values, 2**40 + 1, 0.25, False)
    assert values.tolist() == [1.5, 2.0]


@pytest.mark.parametrize("given", [Pair(np.zeros(1), "text"), Pair(np.zeros(1), Pair(np.zeros(1), 1))], ids=["text", "a tuple"])
def test_other_fields_are_refused(given: Pair) -> None:
    with pytest.raises(TypeError, match="Expected an array or a tuple of arrays and numbers"):
        of_nested(given)
