"""Rows of codes as bytes that deflate well: differences along time, zigzag, then all least bytes, then the next ones.

Most differences are zero or small, so that all but the first plane hold hardly anything. Blocks of zeros are left out before the
rest is deflated: whoever unpacks a day would spend most of the time on them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.packing.quantizing import unzigzag, zigzag

__all__ = ["deflated", "expanded", "inflated", "planes_of", "rows_of", "squeezed"]

Codes = NDArray[np.uint32]

_RAW: Final = -15
"""zlib's number for a stream without header and checksum, as browsers inflate it under the name deflate-raw."""
_BITS: Final = 8
_BLOCK: Final = 32
_LENGTH: Final = 4


def planes_of(codes: Codes) -> tuple[int, bytes]:
    """Pack a matrix.

    Parameters
    ----------
    codes : (rows, times). The first value of a row counts as its difference from 0; differences wrap around at 2^32.

    Returns
    -------
    (number of planes, at least one where there are cells; bytes: rows * times of each plane, least byte first, row after row).
    """
    steps = np.diff(codes, axis=1, prepend=np.zeros((codes.shape[0], 1), dtype=np.uint32))
    folded = zigzag(steps.view(np.int32))
    if not folded.size:
        return 0, b""
    planes = max(1, -(-int(folded.max()).bit_length() // _BITS))
    return planes, b"".join((folded >> np.uint32(_BITS * plane)).astype(np.uint8).tobytes() for plane in range(planes))


def rows_of(packed: bytes, *, rows: int, times: int, planes: int) -> Codes:
    """Unpack a matrix: the inverse of `planes_of`.

    Parameters
    ----------
    packed : at least rows * times * planes bytes.
    rows, times, planes : as they were packed.

    Returns
    -------
    codes : (rows, times)
    """
    folded = np.zeros((rows, times), dtype=np.uint32)
    for plane in range(planes):
        of_plane = np.frombuffer(packed, dtype=np.uint8, count=rows * times, offset=plane * rows * times)
        folded |= of_plane.reshape(rows, times).astype(np.uint32) << np.uint32(_BITS * plane)
    return np.cumsum(unzigzag(folded).view(np.uint32), axis=1, dtype=np.uint32)


def squeezed(part: bytes) -> bytes:
    """Leave out blocks of zeros.

    Returns
    -------
    Number of bytes (4, the least first); a bit per block of 32 bytes, the least bit of a byte first, set where the block holds
    anything but zeros; the blocks that do, the last block of the part filled up with zeros.
    """
    blocks = np.zeros((-(-len(part) // _BLOCK), _BLOCK), dtype=np.uint8)
    blocks.reshape(-1)[: len(part)] = np.frombuffer(part, dtype=np.uint8)
    held = blocks.any(axis=1)
    return len(part).to_bytes(_LENGTH, "little") + np.packbits(held, bitorder="little").tobytes() + blocks[held].tobytes()


def expanded(parts: bytes) -> bytes:
    """The bytes of squeezed parts, one after the other: the inverse of `squeezed`.

    Raises
    ------
    ValueError
        A part is cut off.
    """
    return b"".join(_expanded(parts))


def _expanded(parts: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(parts):
        size = int.from_bytes(parts[at : at + _LENGTH], "little")
        count = -(-size // _BLOCK)
        begin = at + _LENGTH + -(-count // _BITS)
        held = np.unpackbits(np.frombuffer(parts[at + _LENGTH : begin], dtype=np.uint8), bitorder="little")[:count].astype(
            np.bool_
        )
        at = begin + _BLOCK * int(held.sum())
        if held.size < count or at > len(parts):
            raise ValueError(f"Expected {count} blocks of {_BLOCK} bytes, was less: draw the page again")
        blocks = np.zeros((count, _BLOCK), dtype=np.uint8)
        blocks[held] = np.frombuffer(parts[begin:at], dtype=np.uint8).reshape(-1, _BLOCK)
        yield blocks.reshape(-1)[:size].tobytes()


def deflated(parts: Iterable[bytes], *, runs: bool = False) -> bytes:
    """One raw deflate stream of all parts, squeezed, one after the other.

    Parameters
    ----------
    runs : whether only runs of equal bytes are looked for, which takes a tenth of the time and makes the stream a little larger.
    """
    way = zlib.Z_RLE if runs else zlib.Z_FILTERED
    stream = zlib.compressobj(9, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, way)
    return b"".join([*(stream.compress(squeezed(part)) for part in parts), stream.flush()])


def inflated(stream: bytes) -> bytes:
    """The bytes behind a stream of `deflated`.

    Raises
    ------
    zlib.error
        It is no raw deflate stream.
    ValueError
        It holds no squeezed parts.
    """
    return expanded(zlib.decompress(stream, _RAW))
