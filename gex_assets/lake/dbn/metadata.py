"""The length of a DBN file's metadata by their own counts, to compare with the length that the file states.

The vendor's decoder skips what the stated length includes beyond the known fields. A stated length that is too large would
thus drop records silently. The fields themselves are read in `reader.py`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["metadata_end"]

_PREFIX: Final = 8
_COUNTED: Final = _PREFIX + 100
"""Where the counted parts begin: after dataset, schema, times, limit, symbol types and reserved bytes."""
_SYMBOL_BYTES_AT: Final = _PREFIX + 45
_SYMBOL_BYTES: Final = 22
"""Bytes of a symbol in version 1. Later versions state the number themselves."""
_DATES: Final = 8
"""Bytes of an interval's dates: its first day and the day after its last."""


def metadata_end(encoded: bytes) -> int:
    """Return where the metadata at the start of a file end by their own counts.

    Parameters
    ----------
    encoded : prefix and metadata, valid or not.

    Returns
    -------
    Offset from the start of the file; some offset beyond the end where the counts do not fit. [bytes]
    """
    symbol_bytes = _SYMBOL_BYTES if encoded[3] == 1 else _number(encoded, _SYMBOL_BYTES_AT, 2)
    at = _COUNTED
    at += 4 + _number(encoded, at)  # a definition of the schema, never used yet
    for _ in ("symbols", "partial", "not found"):
        at += 4 + symbol_bytes * _number(encoded, at)
    mappings, at = _number(encoded, at), at + 4
    for _ in range(mappings):
        if at > len(encoded):
            break
        at += symbol_bytes
        at += 4 + (_DATES + symbol_bytes) * _number(encoded, at)
    return at


def _number(encoded: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(encoded[at : at + size], "little")
