"""Packed rows are those of the twin, byte by byte, and come back."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gex_assets.kernels.packing.planes import deflated, inflated, planes_of, rows_of
from gex_assets_tests.twins.packed_day import matrix_of

ANY = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 300))
MATRICES = arrays(np.uint32, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=ANY)


@given(MATRICES)
def test_a_matrix_comes_back_here_and_in_the_twin(codes: np.ndarray) -> None:
    rows, times = codes.shape
    planes, packed = planes_of(codes)
    assert len(packed) == planes * rows * times
    assert (rows_of(packed, rows=rows, times=times, planes=planes) == codes).all()
    assert matrix_of(packed, {"planes": planes, "offset": 0}, rows=rows, times=times) == codes.tolist()


def test_small_changes_take_one_plane() -> None:
    codes = np.array([[100, 227, 100], [127, 126, 125]], dtype=np.uint32)
    planes, packed = planes_of(codes)
    assert planes == 1
    assert list(packed) == [200, 254, 253, 254, 1, 1]


def test_what_never_changes_from_zero_takes_a_plane_of_zeros() -> None:
    assert planes_of(np.zeros((2, 3), dtype=np.uint32)) == (1, bytes(6))


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_a_matrix_without_cells_takes_nothing(shape: tuple[int, int]) -> None:
    assert planes_of(np.zeros(shape, dtype=np.uint32)) == (0, b"")
    assert rows_of(b"", rows=shape[0], times=shape[1], planes=0).shape == shape


def test_parts_are_one_stream() -> None:
    assert inflated(deflated([b"abc", b"", b"abc" * 1000])) == b"abc" * 1001


def test_another_stream_is_an_error() -> None:
    with pytest.raises(zlib.error):
        inflated(zlib.compress(b"with a header"))
