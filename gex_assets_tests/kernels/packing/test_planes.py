"""Packed rows are those of the twin, byte by byte, and come back."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gex_assets.kernels.packing.planes import deflated, expanded, inflated, planes_of, rows_of, squeezed
from gex_assets_tests.twins.packed_day import matrix_of, unpacked

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


@given(st.lists(st.lists(st.one_of(st.just(bytes(70)), st.binary(max_size=40)), max_size=6).map(b"".join), max_size=4))
def test_parts_are_one_stream_here_and_in_the_twin(parts: list[bytes]) -> None:
    stream = deflated(parts)
    assert inflated(stream) == unpacked(stream) == b"".join(parts)


def test_blocks_of_zeros_are_left_out() -> None:
    part = bytes(32) + b"\x07" + bytes(31 + 320) + b"end"
    small = squeezed(part)
    assert small == len(part).to_bytes(4, "little") + bytes([0b10, 0b10000]) + b"\x07" + bytes(31) + b"end" + bytes(29)
    assert expanded(small) == part


@pytest.mark.parametrize("left", [2, 5, 30])
def test_a_part_that_is_cut_off_is_an_error(left: int) -> None:
    with pytest.raises(ValueError, match="Expected 7 blocks of 32 bytes"):
        expanded(squeezed(b"x" * 200)[:left])


def test_another_stream_is_an_error() -> None:
    with pytest.raises(zlib.error):
        inflated(zlib.compress(b"with a header"))
