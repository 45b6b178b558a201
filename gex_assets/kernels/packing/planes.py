"""Rows of codes as bytes that deflate well: differences along time, zigzag, then all least bytes, then the next ones.

Most differences are small, so that all but the first plane hold zeros and cost nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.packing.quantizing import unzigzag, zigzag

__all__ = ["deflated", "inflated", "planes_of", "rows_of"]

Codes = NDArray[np.uint32]

_RAW: Final = -15
"""zlib's number for a stream without header and checksum, as browsers inflate it under the name deflate-raw."""
_BITS: Final = 8


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


def deflated(parts: Iterable[bytes], *, runs: bool = False) -> bytes:
    """One raw deflate stream of all parts, one after the other.

    Parameters
    ----------
    runs : whether only runs of equal bytes are looked for, which takes a tenth of the time. Where nearly all bytes are zero the
        stream is smaller, too.
    """
    way = zlib.Z_RLE if runs else zlib.Z_DEFAULT_STRATEGY
    stream = zlib.compressobj(9, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, way)
    return b"".join([*(stream.compress(part) for part in parts), stream.flush()])


def inflated(stream: bytes) -> bytes:
    """The bytes behind a raw deflate stream.

    Raises
    ------
    zlib.error
        It is none.
    """
    return zlib.decompress(stream, _RAW)
