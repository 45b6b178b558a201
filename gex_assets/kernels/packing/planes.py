"""Rows of codes as bytes that deflate well: differences along time, zigzag, then all least bytes, then the next ones.

Most differences are zero or small, so that all but the first plane hold hardly anything. Blocks of zeros are left out before the
rest is deflated: whoever unpacks a day would spend most of the time on them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.packing.quantizing import unzigzag, zigzag

__all__ = ["deflated", "expanded", "inflated", "planes_of", "rows_of", "squeezed"]

Bytes = NDArray[np.uint8]
Codes = NDArray[np.uint32]
Int = NDArray[np.int64]

_RAW: Final = -15
"""zlib's number for a stream without header and checksum, as browsers inflate it under the name deflate-raw."""
_BITS: Final = 8
_BLOCK: Final = 32
_LENGTH: Final = 4
_CELLS: Final = 1 << 17
"""About so many cells are worked on at a time: what is in between stays in the processor's cache."""


def planes_of(cells: NDArray[Any], *, codes_of: Callable[[NDArray[Any]], Codes] | None = None) -> list[Bytes]:
    """Pack a matrix, some rows at a time.

    Parameters
    ----------
    cells : (rows, times)
    codes_of : makes codes of some rows of cells, in the same shape; None where the cells are codes. The first code of a row
        counts as its difference from 0; differences wrap around at 2^32.

    Returns
    -------
    Planes of bytes, each (rows, times), least byte first: at least one, but none where there is no cell.
    """
    planes: list[Bytes] = []
    rows, times = cells.shape
    if not cells.size:
        return planes
    for part in _parts(rows, times):
        codes = cells[part] if codes_of is None else codes_of(cells[part])
        steps = codes.copy()
        np.subtract(codes[:, 1:], codes[:, :-1], out=steps[:, 1:])
        folded = zigzag(steps.view(np.int32))
        bytes_of = folded.astype("<u4", copy=False).view(np.uint8).reshape(*folded.shape, -1)
        needed = max(1, -(-int(folded.max()).bit_length() // _BITS))
        planes += [np.zeros((rows, times), dtype=np.uint8) for _ in range(needed - len(planes))]
        for number in range(needed):
            planes[number][part] = bytes_of[:, :, number]
    return planes


def rows_of(packed: bytes | memoryview, *, rows: int, times: int, planes: int, wanted: Int | None = None) -> Codes:
    """Unpack a matrix, or some rows of it: the inverse of `planes_of`.

    Parameters
    ----------
    packed : at least rows * times * planes bytes, plane after plane.
    rows, times, planes : as they were packed.
    wanted : (n,) numbers of the rows that are unpacked; None for all.

    Returns
    -------
    codes : (n, times)
    """
    numbers = np.arange(rows) if wanted is None else wanted
    of_planes = [
        np.frombuffer(packed, dtype=np.uint8, count=rows * times, offset=plane * rows * times).reshape(rows, times)
        for plane in range(planes)
    ]
    codes = np.zeros((numbers.size, times), dtype=np.uint32)
    for part in _parts(numbers.size, times):
        folded = np.zeros(codes[part].shape, dtype=np.uint32)
        for plane, cells in enumerate(of_planes):
            folded |= cells[numbers[part]].astype(np.uint32) << np.uint32(_BITS * plane)
        np.cumsum(unzigzag(folded).view(np.uint32), axis=1, dtype=np.uint32, out=codes[part])
    return codes


def _parts(rows: int, times: int) -> Iterable[slice]:
    """The rows in parts of about `_CELLS` cells."""
    step = max(1, _CELLS // max(1, times))
    return (slice(first, first + step) for first in range(0, rows, step))


def squeezed(part: bytes | memoryview) -> bytes:
    """Leave out blocks of zeros.

    Returns
    -------
    Number of bytes (4, the least first); a bit per block of 32 bytes, the least bit of a byte first, set where the block holds
    anything but zeros; the blocks that do, the last block of the part filled up with zeros.
    """
    data = np.frombuffer(part, dtype=np.uint8)
    whole, rest = data[: data.size - data.size % _BLOCK].reshape(-1, _BLOCK), data[data.size - data.size % _BLOCK :].tobytes()
    held = whole.view(np.uint64).any(axis=1)
    last = [rest.ljust(_BLOCK, b"\0")] if any(rest) else []
    bits = np.packbits(np.append(held, bool(last)) if rest else held, bitorder="little")
    return b"".join([data.size.to_bytes(_LENGTH, "little"), bits.tobytes(), whole[held].tobytes(), *last])


def expanded(parts: bytes) -> memoryview:
    """The bytes of squeezed parts, one after the other: the inverse of `squeezed`.

    Raises
    ------
    ValueError
        A part is cut off.
    """
    found = list(_squeezed_parts(parts))
    whole = np.zeros(sum(size for size, _, _ in found), dtype=np.uint8)  # pages of zeros that nobody writes to take no memory
    start = 0
    for size, held, begin in found:
        stop = start + size
        last = stop - size % _BLOCK
        blocks = held[: size // _BLOCK]
        end = begin + _BLOCK * int(blocks.sum())
        whole[start:last].reshape(-1, _BLOCK)[blocks] = np.frombuffer(parts[begin:end], dtype=np.uint8).reshape(-1, _BLOCK)
        if held[blocks.size :].any():
            whole[last:stop] = np.frombuffer(parts, dtype=np.uint8, count=stop - last, offset=end)
        start = stop
    return whole.data


def _squeezed_parts(parts: bytes) -> Iterator[tuple[int, NDArray[np.bool_], int]]:
    """Size of each part, which of its blocks hold anything, and where the first of these begins."""
    at = 0
    while at < len(parts):
        size = int.from_bytes(parts[at : at + _LENGTH], "little")
        count = -(-size // _BLOCK)
        begin = at + _LENGTH + -(-count // _BITS)
        bits = np.frombuffer(parts[at + _LENGTH : begin], dtype=np.uint8)
        held = np.unpackbits(bits, bitorder="little")[:count].astype(np.bool_)
        at = begin + _BLOCK * int(held.sum())
        if held.size < count or at > len(parts):
            raise ValueError(f"Expected {count} blocks of {_BLOCK} bytes, was less: draw the page again")
        yield size, held, begin


def deflated(parts: Iterable[bytes | memoryview], *, runs: bool = False) -> bytes:
    """One raw deflate stream of all parts, squeezed, one after the other.

    Parameters
    ----------
    runs : whether only runs of equal bytes are looked for, which takes a tenth of the time and makes the stream a little larger.
    """
    stream = zlib.compressobj(9, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, zlib.Z_RLE if runs else zlib.Z_FILTERED)
    return b"".join([*(stream.compress(squeezed(part)) for part in parts), stream.flush()])


def inflated(stream: bytes) -> memoryview:
    """The bytes behind a stream of `deflated`.

    Raises
    ------
    zlib.error
        It is no raw deflate stream.
    ValueError
        It holds no squeezed parts.
    """
    return expanded(zlib.decompress(stream, _RAW))
