"""The bytes and the text of a file: from a path or standard input, packed or not, never more than a bounded amount."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Final

from gex_assets.errors import ChainError
from gex_assets.escaping import visible

__all__ = ["MOST_BYTES", "STANDARD_INPUT", "bytes_of", "is_spreadsheet", "name_of", "text_of", "unpacked"]

MOST_BYTES: Final = 128 * 2**20
"""A chain of 30,000 options is some 15 MB as JSON. More than this is no chain of one underlying."""
STANDARD_INPUT: Final = "-"

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_WORKBOOK: Final = "xl/workbook.xml"
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def name_of(path: Path | str) -> str:
    """Name of a file for messages and pages, with everything that has no shape written as an escape."""
    return "standard input" if str(path) == STANDARD_INPUT else visible(Path(path).name)


def bytes_of(path: Path | str) -> bytes:
    """Content of a file, or of standard input for "-".

    Raises
    ------
    ChainError
        It cannot be read, or has more than `MOST_BYTES`.
    """
    name = name_of(path)
    try:
        if str(path) == STANDARD_INPUT:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ChainError(f"Expected a file, was {visible(str(path))}: {error.strerror}") from error
    return _bounded(data, name)


def unpacked(data: bytes, *, file: str) -> bytes:
    """Content of a gzip file, or of the one file in a zip archive; anything else, spreadsheets too, as it is.

    Raises
    ------
    ChainError
        It cannot be unpacked, holds more than `MOST_BYTES`, or the archive has several files.
    """
    if data.startswith(_GZIP):
        return _gunzipped(data, file)
    if data.startswith(_ZIP) and not is_spreadsheet(data):
        return _unzipped(data, file)
    return data


def is_spreadsheet(data: bytes) -> bool:
    """Whether the bytes are an Excel workbook (.xlsx)."""
    if not data.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _WORKBOOK in archive.namelist()
    except zipfile.BadZipFile:
        return False


def text_of(data: bytes, *, file: str) -> str:
    """Text of a file in UTF-8, or in UTF-16 with a byte order mark.

    Raises
    ------
    ChainError
        The bytes are no such text.
    """
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ChainError(
            f"Expected text in UTF-8 in {file}, was byte 0x{data[error.start]:02x} in line {line}: save the file as UTF-8"
        ) from error
    if "\0" in text:
        raise ChainError(f"Expected text in {file}, was a binary file")
    return text


def _bounded(data: bytes, file: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise ChainError(
            f"Expected at most {MOST_BYTES // 2**20} MB in {file}, was more: keep one underlying and one moment of it"
        )
    return data


def _gunzipped(data: bytes, file: str) -> bytes:
    """All members of a gzip file, unpacked no further than the bound."""
    parts: list[bytes] = []
    size = 0
    while data:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            parts.append(unpacker.decompress(data, MOST_BYTES + 1 - size))
        except zlib.error as error:
            raise ChainError(f"Expected a readable gzip file, was {file}: {error}") from error
        size += len(parts[-1])
        if size > MOST_BYTES:
            return _bounded(b"".join(parts), file)
        if not unpacker.eof:
            raise ChainError(f"Expected a whole gzip file, was {file}, which ends early: fetch it again")
        data = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _unzipped(data: bytes, file: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX")]
            if len(names) != 1:
                listed = ", ".join(visible(name) for name in names[:5]) + (" …" if len(names) > 5 else "")
                raise ChainError(f"Expected one file in the archive {file}, was {len(names)} ({listed}): unpack it and name one")
            with archive.open(names[0]) as member:
                return _bounded(member.read(MOST_BYTES + 1), file)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, OSError) as error:
        raise ChainError(f"Expected a readable archive, was {file}: {error}") from error
