"""What numba does not offer by name does what it says, for every form that the loops hand it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
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
    one: Any
    number: int
    share: float


@njit
def of_a_mixed_tuple(mixed: Mixed) -> float:
    bare = unowned(mixed)
    bare.one[0] += bare.number
    return bare.one[0] * bare.share


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


def test_numbers_of_a_named_tuple_stay_as_they_are() -> None:
    one = np.array([1.0])
    assert of_a_mixed_tuple(Mixed(one, 2, 0.5)) == 1.5
    assert one.tolist() == [3.0]
