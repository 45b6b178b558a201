"""How far a DBN file's metadata reach by their own counts: the check that their stated length holds no record back.

The vendor's decoder takes the fields it knows and passes over whatever the length includes beyond them; a length too large by
some records would lose these in silence. What the fields say is read in dbn.py.
"""

from __future__ import annotations

from typing import Final

__all__ = ["metadata_end"]

_PREFIX: Final = 8
_COUNTED: Final = _PREFIX + 100
"""Where the counted parts begin: after dataset, schema, times, limit, symbol types and what is reserved."""
_SYMBOL_BYTES_AT: Final = _PREFIX + 45
_SYMBOL_BYTES: Final = 22
"""Of a symbol in version 1; later versions say it themselves."""
_DATES: Final = 8
"""Of an interval: its first day and the one after its last."""


def metadata_end(encoded: bytes) -> int:
    """Where the metadata that begin a file end by their own counts.

    Parameters
    ----------
    encoded : prefix and metadata, valid or not.

    Returns
    -------
    Offset from the start of the file, somewhere beyond the end where the counts do not fit. [bytes]
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
