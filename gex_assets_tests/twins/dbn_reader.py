"""A DBN file read once more, slow and obvious: zstd frames walked byte by byte, the header field by field, record after record.

An oracle for `gex_assets.lake.dbn.reader`: what a file holds, or why it is to be refused. Files of a few hundred kilobytes.
"""

from __future__ import annotations

import struct
from datetime import date
from typing import Any, NamedTuple

import zstandard

ZSTD, SKIPPABLE = 0xFD2FB528, range(0x184D2A50, 0x184D2A60)
CHECKSUM_OF_NOTHING = bytes.fromhex("99e9d851")
"""The one checksum that zstandard does not look at where it decompresses in one call."""
LARGEST_BLOCK = 1 << 17
LARGEST_WINDOW = 1 << 27
LARGEST_FRAME = 1 << 27
SCHEMAS = {0: "mbo", 9: "definition", 10: "statistics"}
RTYPES = {"mbo": 160, "definition": 19, "statistics": 24}
SIZES = {
    "mbo": {1: 56, 2: 56, 3: 56},
    "definition": {1: 360, 2: 400, 3: 520},
    "statistics": {1: 64, 2: 64, 3: 80},
}


class RefusedError(Exception):
    """The file is not whole, not valid or not of a kind that is read."""


class Content(NamedTuple):
    version: int
    schema: str
    start_ns: int
    end_ns: int | None
    symbols: list[str]
    mappings: dict[str, list[tuple[date, date, str]]]
    records: list[bytes]


def read(content: bytes, *, header_alone_is_whole: bool = False) -> Content:
    """What a file of these bytes holds."""
    if content[:3] == b"DBN":
        plain, frames = content, 0
    else:
        need(int.from_bytes(content[:4], "little") in {ZSTD, *SKIPPABLE}, "neither DBN nor zstd")
        plain, frames = decompressed(content)
    header, records = parsed(plain)
    need(bool(records) or frames != 1 or header_alone_is_whole, "the header's frame alone")
    return header._replace(records=records)


def need(held: bool, otherwise: str) -> None:
    if not held:
        raise RefusedError(otherwise)


def decompressed(content: bytes) -> tuple[bytes, int]:
    """All frames one after the other, and how many they are, without those to be skipped."""
    plain, at, frames = b"", 0, 0
    while at < len(content):
        magic = int.from_bytes(content[at : at + 4], "little")
        if magic in SKIPPABLE:
            need(len(content) >= at + 8, "a skippable frame cut")
            at += 8 + int.from_bytes(content[at + 4 : at + 8], "little")
            need(at <= len(content), "a skippable frame cut")
            continue
        need(magic == ZSTD and len(content) >= at + 4, "bytes between frames")
        end, bound = frame_end(content, at)
        need(bound <= LARGEST_FRAME, "a frame of more zeros than any file here has of anything")
        try:
            part = zstandard.ZstdDecompressor().decompress(content[at:end], max_output_size=max(bound, 1))
        except zstandard.ZstdError as error:
            raise RefusedError(str(error)) from error
        need(bool(part) or not content[at + 4] >> 2 & 1 or content[end - 4 : end] == CHECKSUM_OF_NOTHING, "a checksum")
        plain, at, frames = plain + part, end, frames + 1
    return plain, frames


def frame_end(content: bytes, start: int) -> tuple[int, int]:
    """Where a frame ends, and how much it can hold at most (RFC 8878)."""
    at = start + 4

    def take(count: int) -> int:
        nonlocal at
        need(at + count <= len(content), "a frame cut")
        at += count
        return int.from_bytes(content[at - count : at], "little")

    descriptor = take(1)
    single, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    need(not descriptor >> 3 & 1, "a reserved bit")
    window = 0
    if not single:
        byte = take(1)
        window = (1 << 10 + (byte >> 3)) // 8 * (8 + (byte & 7))
    dictionary = take((0, 1, 2, 4)[descriptor & 3])
    need(not dictionary, "a dictionary")
    wide = descriptor >> 6
    stated = take((single, 2, 4, 8)[wide]) + (256 if wide == 1 else 0)
    need(max(window, stated if single else 0) <= LARGEST_WINDOW, "a window too large")
    bound, last = 0, 0
    while not last:
        head = take(3)
        last, kind, size = head & 1, head >> 1 & 3, head >> 3
        need(kind != 3, "a reserved block")
        take(1 if kind == 1 else size)
        bound += size if kind != 2 else LARGEST_BLOCK
    take(4 * checksum)
    need(not (wide or single) or stated <= bound, "a content size that the blocks cannot hold")
    return at, bound


class Fields:
    """A cursor over the header's fields."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def take(self, count: int) -> bytes:
        need(self.at + count <= len(self.content), "a header cut")
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def count(self) -> int:
        """Of things of at least a byte each."""
        number = self.number()
        need(number <= len(self.content) - self.at, "a count that does not fit")
        return number

    def text(self, size: int) -> str:
        """Padded with NULs."""
        try:
            return self.take(size).decode().rstrip("\0")
        except UnicodeDecodeError as error:
            raise RefusedError(str(error)) from error

    def day(self) -> date:
        number = self.number()
        try:
            return date(number // 10_000, number // 100 % 100, number % 100)
        except ValueError as error:
            raise RefusedError(str(error)) from error


def parsed(plain: bytes) -> tuple[Content, list[bytes]]:
    need(len(plain) >= 8 and plain[:3] == b"DBN", "not DBN")
    version, length = plain[3], int.from_bytes(plain[4:8], "little")
    need(version in {1, 2, 3}, "an unknown version")
    need(len(plain) >= 8 + length, "a header cut")
    fields = Fields(plain[8 : 8 + length])
    fields.text(16)
    schema = SCHEMAS.get(fields.number(2), "")
    start, end = fields.number(8), fields.number(8)
    fields.number(8)
    if version == 1:
        fields.number(8)
    stype_in, stype_out, ts_out = fields.number(1), fields.number(1), fields.number(1)
    width = 22 if version == 1 else fields.number(2)
    fields.take(47 if version == 1 else 53)
    need(fields.number() == 0, "a definition of a schema")
    symbols, _, _ = ([fields.text(width) for _ in range(fields.count())] for _ in range(3))
    mappings: dict[str, list[Any]] = {}
    for _ in range(fields.count()):
        symbol = fields.text(width)
        mappings[symbol] = [(fields.day(), fields.day(), fields.text(width)) for _ in range(fields.count())]
    rest = fields.content[fields.at :]
    need(len(rest) < 8 and not any(rest), "bytes after the header's fields")
    need(bool(schema), "records that are not read here")
    need(ts_out == 0, "a sending time")
    need(stype_in in {*range(16), 255} and stype_out in range(16), "an unknown kind of symbol")
    content = Content(version, schema, start, None if end in {0, 2**64 - 1} else end, symbols, mappings, [])
    return content, list(records_of(plain[8 + length :], schema, version))


def records_of(body: bytes, schema: str, version: int) -> list[bytes]:
    size, records, at = SIZES[schema][version], [], 0
    while at < len(body):
        need(at + size <= len(body), "a record cut")
        words, rtype = struct.unpack_from("BB", body, at)
        need((4 * words, rtype) == (size, RTYPES[schema]), "a record of another kind")
        records.append(body[at : at + size])
        at += size
    return records
