"""Which instruments a delivered file maps on a day: by its header, else by the symbology.json next to it."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import Header
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.raw.layout import folder_of
from gex_assets.lake.raw.sidecars import read_symbology

__all__ = ["MappedId", "mapped_on"]

_ID_DIGITS: Final = 20
"""No id has more digits, and Python refuses to parse thousands of them."""


class MappedId(NamedTuple):
    """An instrument and its symbol."""

    instrument_id: int
    raw_symbol: str


def mapped_on(filesystem: FileSystem | None, key: str, header: Header, *, day: date, name: str | None = None) -> list[MappedId]:
    """Return the instruments that a file maps on a day, in order of the symbols.

    Parameters
    ----------
    filesystem, key : of the file. Where its header maps nothing, the symbology.json of the same folder is read; not where
        `filesystem` is None.
    name : how messages name the file; None for its address in the lake.

    Raises
    ------
    BadFileError
        A symbol is mapped to something that is no instrument id.
    """
    mappings, symbology = header.mappings, f"{folder_of(key)}/symbology.json"
    if filesystem is not None and not mappings:
        mappings, name = read_symbology(filesystem, symbology), filesystem.uri(symbology)
    elif name is None:
        name = key if filesystem is None else filesystem.uri(key)
    return [
        MappedId(_instrument_id(name, mapping.raw_symbol, interval.symbol), mapping.raw_symbol)
        for mapping in mappings
        for interval in mapping.intervals
        if interval.symbol and interval.start_date <= day < interval.end_date
    ]


def _instrument_id(name: str, raw_symbol: str, said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) <= _ID_DIGITS and int(said) < 2**32):
        raise BadFileError(f"{name}: Expected an instrument id for {raw_symbol!r}, was {said[:40]!r}")
    return int(said)
