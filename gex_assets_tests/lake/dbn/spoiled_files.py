"""Small valid DBN files of every version and schema, and ways to spoil them: bytes on the disk, and bytes inside the frames."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from gex_assets_tests.lake import made_up_files as made_up
from gex_assets_tests.lake.made_up_files import MIDNIGHT, SECOND

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
HUGE = (2**31 - 1, 2**31, 2**32 - 1, 2**26, 2**26 + 1, 2**28, 2**24)
INTERESTING = (0, 1, 7, 8, 13, 14, 16, 19, 20, 24, 32, 64, 127, 128, 160, 255)


class Plain(NamedTuple):
    """A file before compression."""

    schema: str
    version: int
    header: bytes
    body: bytes


class Spoiled(NamedTuple):
    """Bytes to be read, of what kind of file, and what was done to them."""

    schema: str
    content: bytes
    done: tuple[str, ...]


@cache
def plain_files() -> tuple[Plain, ...]:
    """Valid files of every schema and version, without records, with a few, and with more than a block of 16."""
    files = []
    with tempfile.TemporaryDirectory() as folder:
        for schema in ("mbo", "definition", "statistics"):
            for version in (1, 2, 3):
                for records in (0, 1, 5, 40):
                    path = Path(folder) / "x.dbn.zst"
                    mappings = {} if records == 1 else {11: "ESH6 C6900", 12: "ESH6 P6900", 31: "UD:1V: GN 3067770"}
                    made_up.write_orders(
                        path,
                        [_records(schema, version, records)],
                        schema=schema,
                        version=version,
                        end_ns=MIDNIGHT + 86_400 * SECOND,
                        mappings=[made_up.mapping(symbol, one) for one, symbol in mappings.items()],
                    )
                    content = b"".join(_decompressed(path.read_bytes()))
                    end = 8 + int.from_bytes(content[4:8], "little")
                    files.append(Plain(schema, version, content[:end], content[end:]))
    return tuple(files)


def _records(schema: str, version: int, count: int) -> Any:
    if schema == "mbo":
        return made_up.random_orders(count, seed=count)
    rows = [{"ts_recv": k, "instrument_id": 11 + k % 3} for k in range(count)]
    if schema == "statistics":
        return made_up.stat_records([{**row, "stat_type": 9, "quantity": k} for k, row in enumerate(rows)], version=version)
    names = [{"raw_symbol": "ESH6 C6900", "underlying": "ESH6", "strike_price": 6_900 * SECOND, "cfi": "OCAFPS"} for _ in rows]
    return made_up.definitions([{**row, **said} for row, said in zip(rows, names, strict=True)], version=version)


def _decompressed(content: bytes) -> list[bytes]:
    parts = []
    while content:
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts.append(frame.decompress(content))
        content = frame.unused_data
    return parts


def framed(file: Plain, dice: random.Random) -> list[bytes]:
    """The file as zstd frames: as the vendor makes them, mostly; else in one, in many, or without a checksum."""
    whole, shape = file.header + file.body, dice.random()
    if shape < 0.5:
        parts = [file.header, file.body]
    elif shape < 0.65:
        parts = [whole]
    else:
        cuts = sorted(dice.randrange(len(whole) + 1) for _ in range(dice.randint(1, 3)))
        parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    checksum = dice.random() < 0.6
    return [compressed(part, dice, checksum=checksum) for part in parts]


def compressed(part: bytes, dice: random.Random, *, checksum: bool) -> bytes:
    """One frame, with its content's size in its header or without."""
    compressor = zstandard.ZstdCompressor(level=dice.choice([1, 3]), write_checksum=checksum)
    if dice.random() < 0.5:
        return compressor.compress(part)
    stream = compressor.compressobj()
    return stream.compress(part) + stream.flush()


def spoiled(seed: int) -> Spoiled:
    """A file, mostly spoiled in one way or two; now and then valid."""
    dice = random.Random(seed)
    file, done = dice.choice(plain_files()), []
    for _ in range(dice.choice([0, 0, 1, 1, 1, 2])):
        name, change = dice.choice(PLAIN_WAYS)
        done.append(name)
        file = change(file, dice)
    if dice.random() < 0.1:
        return Spoiled(file.schema, file.header + file.body, ("uncompressed", *done))
    frames = framed(file, dice)
    if dice.random() < (0.15 if done else 0.3):
        name, shuffle = dice.choice(FRAME_WAYS)
        done.append(name)
        frames = shuffle(frames, dice)
    content = b"".join(frames)
    if dice.random() < (0.15 if done else 0.85):
        for _ in range(dice.choice([1, 1, 2])):
            name, spoil = dice.choice(BYTE_WAYS)
            done.append(name)
            content = spoil(content, dice)
    return Spoiled(file.schema, content, tuple(done))


def flipped(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice([1, 1, 1, 2, 8]) if content else 0):
        at = dice.randrange(len(changed))
        changed[at] = dice.choice([changed[at] ^ 1 << dice.randrange(8), dice.randrange(256), dice.choice(INTERESTING)])
    return bytes(changed)


def inserted(content: bytes, dice: random.Random) -> bytes:
    at, size = dice.randrange(len(content) + 1), dice.choice([1, 1, 4, 56, 300])
    return content[:at] + dice.choice([bytes(size), dice.randbytes(size)]) + content[at:]


def deleted(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content) + 1)
    return content[:at] + content[at + dice.choice([1, 1, 4, 56, 64]) :]


def doubled(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content) + 1)
    end = at + dice.choice([1, 4, 56, 64, len(content)])
    return content[:end] + content[at:end] + content[end:]


def cut(content: bytes, dice: random.Random) -> bytes:
    """Anywhere, in the prefix, or short of the last bytes: of a checksum, of a block's end."""
    places = [dice.randrange(len(content) + 1), dice.randrange(12), len(content) - dice.randint(1, 8)]
    return content[: max(dice.choice(places), 0)]


def trailed(content: bytes, dice: random.Random) -> bytes:
    size = dice.choice([1, 3, 4, 8, 100])
    return content + dice.choice(
        [bytes(size), dice.randbytes(size), ZSTD_MAGIC, ZSTD_MAGIC + bytes(size), b"DBN\1" + bytes(size)]
    )


def boasting(content: bytes, dice: random.Random) -> bytes:
    """The first frame's header says that its window or its content is huge, or that it needs a dictionary."""
    changed = bytearray(content)
    if len(changed) > 5 and dice.random() < 0.5:
        changed[4] = dice.choice([0xE0, 0xC0, 0x80, 0xA0, 0xE4, 0xC4, 0x03, changed[4] | 3])
    if len(changed) > 16:
        changed[5 : 5 + dice.choice([1, 4, 8])] = dice.choice([b"\xff" * 8, dice.randbytes(8), b"\xf8" * 4])
    return bytes(changed)


def _skippable(dice: random.Random) -> bytes:
    size = dice.choice([0, 1, 100])
    stated = dice.choice([size, size, size + 1, 2**32 - 1])
    return (0x184D2A50 + dice.randrange(16)).to_bytes(4, "little") + stated.to_bytes(4, "little") + bytes(size)


def with_skippable(frames: list[bytes], dice: random.Random) -> list[bytes]:
    at = dice.randint(0, len(frames))
    return [*frames[:at], _skippable(dice), *frames[at:]]


def with_empty(frames: list[bytes], dice: random.Random) -> list[bytes]:
    at = dice.randint(0, len(frames))
    return [*frames[:at], compressed(b"", dice, checksum=dice.random() < 0.5), *frames[at:]]


def with_zeros(frames: list[bytes], dice: random.Random) -> list[bytes]:
    """One more frame, whose few bytes hold many, now and then gigabytes: blocks that repeat one byte, 128 KiB each."""
    head, block = bytes([0, 0x38]), (1 << 17 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (8 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return [*frames, ZSTD_MAGIC + head + block * dice.choice([1, 1, 1, 4, 4, 4, 4, 16_000]) + last]


def repeated(frames: list[bytes], dice: random.Random) -> list[bytes]:
    return [*frames, dice.choice(frames)] if frames else frames


def reordered(frames: list[bytes], dice: random.Random) -> list[bytes]:
    return dice.sample(frames, len(frames))


def dropped(frames: list[bytes], dice: random.Random) -> list[bytes]:
    at = dice.randrange(len(frames))
    return [*frames[:at], *frames[at + 1 :]]


def other_length(file: Plain, dice: random.Random) -> Plain:
    """The header says that it is longer or shorter; by whole records, too."""
    length = int.from_bytes(file.header[4:8], "little")
    by = dice.choice([1, -1, 4, 8, 56, 112, 560, 64, 80, 360, 400, 520, -8, -length])
    stated = dice.choice([*HUGE, length + by, length + by, length + by, length + by]) % 2**32
    return file._replace(header=file.header[:4] + stated.to_bytes(4, "little") + file.header[8:])


def longer_header(file: Plain, dice: random.Random) -> Plain:
    """Bytes at the header's end that nothing accounts for, and a length that includes them."""
    header = file.header + dice.choice([bytes(dice.randint(1, 60)), dice.randbytes(8)])
    return file._replace(header=header[:4] + (len(header) - 8).to_bytes(4, "little") + header[8:])


def other_count(file: Plain, dice: random.Random) -> Plain:
    """A count of symbols, mappings or intervals is another."""
    changed, first = bytearray(file.header), 108
    places = [at for at in range(first, len(changed) - 3) if not changed[at + 1] | changed[at + 2] | changed[at + 3]]
    at = dice.choice(places or [first])
    changed[at : at + 4] = dice.choice([*HUGE, 0, 1, 2, 3, 5]).to_bytes(4, "little")
    return file._replace(header=bytes(changed[: len(file.header)]))


def other_field(file: Plain, dice: random.Random) -> Plain:
    """Something in the header's fixed part: version, dataset, schema, times, symbol types, ts_out, width of symbols."""
    changed, at = bytearray(file.header), dice.choice([3, 8, *range(24, 42), *range(42, 60)])
    changed[at] = dice.choice([*INTERESTING, dice.randrange(256)])
    return file._replace(header=bytes(changed))


def header_bytes(file: Plain, dice: random.Random) -> Plain:
    return file._replace(header=dice.choice([flipped, flipped, deleted, inserted])(file.header, dice))


def record_head(file: Plain, dice: random.Random) -> Plain:
    """A record's length or type is another."""
    if not file.body:
        return file
    changed, size = bytearray(file.body), max(4 * file.body[0], 4)
    at = size * dice.randrange(len(changed) // size + 1) + dice.randrange(2)
    changed[min(at, len(changed) - 1)] = dice.choice(INTERESTING)
    return file._replace(body=bytes(changed))


def record_bytes(file: Plain, dice: random.Random) -> Plain:
    return file._replace(body=dice.choice([flipped, flipped, deleted, inserted, doubled, cut, trailed])(file.body, dice))


def other_version(file: Plain, dice: random.Random) -> Plain:
    """Records of one version or schema under the header of another."""
    return file._replace(header=dice.choice(plain_files()).header)


PLAIN_WAYS: list[tuple[str, Callable[[Plain, random.Random], Plain]]] = [
    (way.__name__, way)
    for way in (
        *(other_length, longer_header, other_count, other_field, header_bytes),
        *(record_head, record_bytes, record_bytes, record_bytes, other_version),
    )
]
FRAME_WAYS: list[tuple[str, Callable[[list[bytes], random.Random], list[bytes]]]] = [
    (way.__name__, way) for way in (with_skippable, with_empty, with_zeros, repeated, reordered, dropped)
]
BYTE_WAYS: list[tuple[str, Callable[[bytes, random.Random], bytes]]] = [
    (way.__name__, way) for way in (flipped, flipped, inserted, deleted, doubled, cut, cut, trailed, boasting)
]
WAYS = sorted({name for name, _ in (*PLAIN_WAYS, *FRAME_WAYS, *BYTE_WAYS)})
