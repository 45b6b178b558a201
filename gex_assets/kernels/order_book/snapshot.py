"""Writes named arrays as one piece of bytes, and reads them back.

A snapshot begins with a magic number and its version. Then come a digest and the length of the rest, so that a snapshot that was
cut or changed is refused. The rest is a header in JSON (kind, names, types, shapes) and the numbers, little-endian.
What the arrays mean is known to those that write them: `contents`, and the stages over the books.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import SnapshotError

__all__ = ["VERSION", "packed", "unpacked"]

VERSION: Final = 2
"""Raised with every change of what a snapshot holds or means."""

_MAGIC: Final = b"GEXBOOKS"
_START: Final = struct.Struct("<8sI")
"""Magic number and version: the same in all versions."""
_REST: Final = struct.Struct("<32sQ")
"""SHA-256 and length of what follows. [bytes]"""
_HEADER: Final = struct.Struct("<Q")
"""Length of the header. [bytes]"""


def packed(kind: str, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write arrays as bytes.

    Parameters
    ----------
    kind : what the arrays are a snapshot of, in a few words.
    arrays : plain numbers, truths or texts of any shape, by name.

    Returns
    -------
    The same bytes for the same arrays.
    """
    little = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    named = [(name, array.dtype.str, list(np.shape(arrays[name]))) for name, array in little.items()]
    header = json.dumps({"kind": kind, "arrays": named}).encode()
    body = b"".join([_HEADER.pack(len(header)), header, *(array.tobytes() for array in little.values())])
    return _START.pack(_MAGIC, VERSION) + _REST.pack(hashlib.sha256(body).digest(), len(body)) + body


def unpacked(kind: str, snapshot: bytes) -> dict[str, NDArray[Any]]:
    """Read the arrays of a snapshot, which are read-only.

    Raises
    ------
    SnapshotError
        If it is no snapshot, of another version or kind, cut, or changed.
    """
    if len(snapshot) < _START.size or not snapshot.startswith(_MAGIC):
        raise SnapshotError(f"Expected a snapshot of {kind}, was {len(snapshot)} bytes that begin with {snapshot[:8]!r}")
    version = _START.unpack_from(snapshot)[1]
    if version != VERSION:
        raise SnapshotError(f"Expected a snapshot of {kind} of version {VERSION}, was version {version}")
    first = _START.size + _REST.size
    body = snapshot[first:]
    digest, length = _REST.unpack_from(snapshot, _START.size) if len(snapshot) >= first else (b"", first)
    if len(body) != length:
        raise SnapshotError(f"Expected {length} bytes of a snapshot of {kind}, was {len(body)}")
    if hashlib.sha256(body).digest() != digest:
        raise SnapshotError(f"Expected a snapshot of {kind} as it was written, was one with other bytes")
    at = _HEADER.size + _HEADER.unpack_from(body)[0]
    header = json.loads(body[_HEADER.size : at])
    if header["kind"] != kind:
        raise SnapshotError(f"Expected a snapshot of {kind}, was one of {header['kind']}")
    arrays: dict[str, NDArray[Any]] = {}
    for name, dtype, shape in header["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        flat = np.frombuffer(body, dtype, count, at) if count else np.empty(0, dtype)
        arrays[name] = flat.reshape(shape)
        at += flat.nbytes
    return arrays
