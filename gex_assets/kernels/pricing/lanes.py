"""Scalars and arrays laid out as lanes for compiled loops, and back: numpy's broadcasting, without repeating constants.

A kernel copies a block of lanes into one scratch array, one row per argument. With one base address and constant offsets, LLVM
sees that nothing overlaps and turns the loop over the block into vector code.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = ["BLOCK", "Flat", "Floats", "fill_block", "flatten", "shaped"]

BLOCK: Final = 128
"""Lanes per block: the scratch arrays stay in the first-level cache."""

Floats = NDArray[np.float64]


class Flat(NamedTuple):
    """One argument of a kernel: lane i is `values[i * step]`; a scalar has step 0."""

    values: Floats
    step: int


def _flat(array: Floats, shape: tuple[int, ...]) -> Flat:
    constant = array.size == 1
    wide = array if constant else np.broadcast_to(array, shape)
    # one type of array for the compiler, whoever made it: Arrow's are read-only
    return Flat(np.require(wide, dtype=np.float64, requirements=["C", "W", "A"]).reshape(-1), 0 if constant else 1)


def flatten(*arguments: ArrayLike, is_call: ArrayLike = True) -> tuple[tuple[int, ...], tuple[Flat, ...]]:
    """Lay out float64 arguments, and last the flags of calls as +1 and −1, with the shape that numpy broadcasts them to.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast: the caller's mistake, not the data's.
    TypeError
        Where `is_call` is neither bool nor whole numbers ("C" and "P" would both be true).
    """
    flags = np.asarray(is_call)
    if flags.dtype.kind not in "biu":
        raise TypeError(f"Expected is_call of bool, was {flags.dtype}")
    arrays = [np.asarray(argument, dtype=np.float64) for argument in arguments]
    arrays.append(np.where(flags != 0, 1.0, -1.0))
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return shape, tuple(_flat(array, shape) for array in arrays)


def shaped(values: NDArray[Any], shape: tuple[int, ...]) -> Any:
    """Kernel's flat answer in the caller's shape; a numpy scalar where every argument was one."""
    return values.reshape(shape)[()]


@njit(nogil=True, error_model="numpy")
def fill_block(lane: Floats, arguments: tuple[Flat, ...], start: int, count: int) -> None:
    """Copy `count` lanes from `start` on into the rows of the scratch array; lanes past the end repeat the last."""
    for row in range(len(arguments)):
        values = arguments[row].values
        first = row * BLOCK
        if arguments[row].step == 0:
            lane[first : first + BLOCK] = values[0]
        else:
            lane[first : first + count] = values[start : start + count]
            lane[first + count : first + BLOCK] = values[start + count - 1]
