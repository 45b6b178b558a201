"""Packed rows are those of the twin, byte by byte, and come back."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gex_assets.kernels.packing import planes as planes_module
from gex_assets.kernels.packing.planes import deflated, expanded, inflated, planes_of, rows_of, squeezed
from gex_assets_tests.twins.packed_day import matrix_of, unpacked

ANY = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 300))
MATRICES = arrays(np.uint32, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=ANY)


@given(MATRICES)
def test_a_matrix_comes_back_here_and_in_the_twin(codes: np.ndarray) -> None:
    rows, times = codes.shape
    planes = planes_of(codes)
    packed = b"".join(plane.tobytes() for plane in planes)
    assert (rows_of(packed, rows=rows, times=times, planes=len(planes)) == codes).all()
    assert matrix_of(packed, {"planes": len(planes), "offset": 0}, rows=rows, times=times) == codes.tolist()
    wanted = np.arange(rows)[::-2]
    assert (rows_of(packed, rows=rows, times=times, planes=len(planes), wanted=wanted) == codes[wanted]).all()


def test_small_changes_take_one_plane() -> None:
    codes = np.array([[100, 227, 100], [127, 126, 125]], dtype=np.uint32)
    (plane,) = planes_of(codes)
    assert plane.tolist() == [[200, 254, 253], [254, 1, 1]]


def test_what_never_changes_from_zero_takes_a_plane_of_zeros() -> None:
    assert [plane.tobytes() for plane in planes_of(np.zeros((2, 3), dtype=np.uint32))] == [bytes(6)]


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_a_matrix_without_cells_takes_nothing(shape: tuple[int, int]) -> None:
    assert planes_of(np.zeros(shape, dtype=np.uint32)) == []
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


@pytest.mark.parametrize("cells", [1, 4, 1 << 17])
def test_a_matrix_is_packed_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    """One row has large numbers: the planes that it needs are there for all rows."""
    monkeypatch.setattr(planes_module, "_CELLS", cells)
    seen: list[tuple[int, ...]] = []
    halves = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 80_000, 9], [0, 0, 0, 1]], dtype=np.int32)

    def doubled(part: np.ndarray) -> np.ndarray:
        seen.append(part.shape)
        return (part * 2).astype(np.uint32)

    planes = planes_of(halves, codes_of=doubled)
    assert len(seen) == {1: 4, 4: 4, 1 << 17: 1}[cells]
    packed = b"".join(plane.tobytes() for plane in planes)
    assert len(planes) == 3
    assert (rows_of(packed, rows=4, times=4, planes=3) == halves * 2).all()


def test_another_stream_is_an_error() -> None:
    with pytest.raises(zlib.error):
        inflated(zlib.compress(b"with a header"))
