from __future__ import annotations

import hashlib
import random
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import databento_dbn
import numpy as np
import pytest
import zstandard

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import (
    DbnFile,
    MappingInterval,
    SymbolMapping,
    blocks,
    definition_dtype,
    read_header,
    statistics_dtype,
)
from gex_assets.lake.dbn.records import MBO_DTYPE
from gex_assets.lake.dbn.source import NO_LIMITS, ReadLimits, Source, is_compressed
from gex_assets_tests.lake.made_up_files import mapping, orders, plain, random_orders, write_orders
from gex_assets_tests.shared_data import shared_data


def read(path: Path, *, block_records: int = 4096, **said: bool) -> np.ndarray:
    parts = list(blocks(path, block_records=block_records, **said))
    assert all(len(part) == block_records for part in parts[:-1])
    return np.concatenate(parts) if parts else np.zeros(0, dtype=MBO_DTYPE)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_orders(tmp_path / "small.dbn.zst", [random_orders(5, seed=1)]).path


def test_layouts_are_the_vendors() -> None:
    vendor = {
        MBO_DTYPE: databento_dbn.MBOMsg,
        definition_dtype(1): databento_dbn.InstrumentDefMsgV1,
        definition_dtype(2): databento_dbn.InstrumentDefMsgV2,
        definition_dtype(3): databento_dbn.InstrumentDefMsg,
        statistics_dtype(1): databento_dbn.StatMsgV1,
        statistics_dtype(2): databento_dbn.StatMsgV1,
        statistics_dtype(3): databento_dbn.StatMsg,
    }
    for dtype, message in vendor.items():
        assert dtype == np.dtype(message._dtypes)
    assert [dtype.itemsize for dtype in vendor] == [56, 360, 400, 520, 64, 80]


def test_a_real_day_of_futures_is_read_whole() -> None:
    path = shared_data("dbn/esh4-glbx-mdp3-20231225.mbo.dbn.zst")
    header = read_header(path)
    assert (header.version, header.dataset, header.schema, header.symbols) == (1, "GLBX.MDP3", "mbo", ("ESH4",))
    assert [(one.raw_symbol, one.intervals[0].symbol) for one in header.mappings] == [("ESH4", "17077")]
    records = read(path)
    assert len(records) == 68_792
    assert set(records["instrument_id"].tolist()) == {17077}
    assert np.count_nonzero(records["flags"] & 32) == 8_725
    assert records.tobytes() == plain(path)[-68_792 * 56 :]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("schema", ["mbo", "definition", "statistics"])
def test_every_version_and_schema_is_read(version: int, schema: str) -> None:
    path = shared_data(f"dbn/tiny.{schema}.v{version}.dbn.zst")
    assert read_header(path).version == version
    records = read(path)
    assert len(records) == 2
    if schema == "statistics":
        undefined = 2**63 - 1 if version == 3 else 2**31 - 1
        assert records["quantity"].tolist() == [undefined, undefined]
    if schema == "definition":
        assert records["raw_symbol"].tolist() == [b"MSFT", b"MSFT"]


def test_the_header_of_a_month_long_request_has_all_its_mappings() -> None:
    header = read_header(shared_data("dbn/definition-glbx-es-opt.dbn.zst"))
    assert len(header.mappings) == 11_294
    assert (header.symbols, header.stype_in) == (("ES.OPT",), "parent")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_header_says_what_was_asked_for_and_not_found(tmp_path: Path, version: int) -> None:
    asked: dict[str, Any] = {"limit": 6, "not_found": ("EW5.OPT",), "partial": ("E1A.OPT",), "end_ns": None, "version": version}
    header = read_header(write_orders(tmp_path / "x.dbn.zst", [random_orders(6, seed=1)], **asked).path)
    assert {name: getattr(header, name) for name in asked} == asked
    plain_one = read_header(write_orders(tmp_path / "y.dbn.zst", [random_orders(6, seed=1)], version=version).path)
    assert (plain_one.limit, plain_one.not_found, plain_one.partial, plain_one.stype_in) == (None, (), (), "parent")


def test_mappings_of_a_request_by_ids_lead_to_ids_as_all_others_do(tmp_path: Path) -> None:
    first, second = date(2026, 1, 6), date(2026, 1, 7)
    by_id = [
        SymbolMapping("100", (MappingInterval(first, second, "ESH6 C6900"),)),
        SymbolMapping("31", (MappingInterval(first, second, "UD:1V: A"), MappingInterval(second, date(2026, 1, 8), "UD:1V: B"))),
        SymbolMapping("99", (MappingInterval(first, second, ""),)),
    ]
    asked: dict[str, Any] = {"symbols": ["100", "31", "99"], "stype_in": "instrument_id", "stype_out": "raw_symbol"}
    header = read_header(write_orders(tmp_path / "x.dbn.zst", [], mappings=by_id, **asked).path)
    assert header.mappings == (
        SymbolMapping("ESH6 C6900", (MappingInterval(first, second, "100"),)),
        SymbolMapping("UD:1V: A", (MappingInterval(first, second, "31"),)),
        SymbolMapping("UD:1V: B", (MappingInterval(second, date(2026, 1, 8), "31"),)),
    )
    named = [mapping("ESH6 C6900", 100)]
    other = write_orders(tmp_path / "y.dbn.zst", [], symbols=["100"], stype_in="instrument_id", mappings=named)
    assert read_header(other.path).mappings == tuple(named)


def test_schemas_that_are_not_read_here_are_refused() -> None:
    path = shared_data("dbn/options_bbo-1m_2024-05-09T09-55_2024-05-09T10-05.dbn.zst")
    with pytest.raises(BadFileError, match=r"Expected records of schema mbo.*was schema bbo-1m"):
        read(path)


@pytest.mark.parametrize("block_records", [1, 7, 4096, 65_536])
def test_blocks_of_any_size_hold_the_same_records(tmp_path: Path, block_records: int) -> None:
    records = random_orders(9_000, seed=2)
    path = write_orders(tmp_path / "x.dbn.zst", [records]).path
    assert read(path, block_records=block_records).tobytes() == records.tobytes()


def test_a_block_stays_as_it_was_when_the_next_one_is_read(tmp_path: Path) -> None:
    records = random_orders(64, seed=3)
    kept = list(blocks(write_orders(tmp_path / "x.dbn.zst", [records]).path, block_records=16))
    assert np.concatenate(kept).tobytes() == records.tobytes()


def test_a_file_cut_at_any_byte_is_refused(small: Path, tmp_path: Path) -> None:
    whole = small.read_bytes()
    cut = tmp_path / "cut.dbn.zst"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(BadFileError, match=r"cut\.dbn\.zst.*Expected .* was "):
            read(cut)


SKIPPED = (0x184D2A50).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"notes"


def test_a_frame_to_be_skipped_may_come_first_or_anywhere(small: Path, tmp_path: Path) -> None:
    """Case B16: some programs write an index or a note in front."""
    whole, truth = small.read_bytes(), read(small).tobytes()
    header = len(whole) - len(_after_the_first_frame(whole))
    path = tmp_path / "skipped.dbn.zst"
    for content in (SKIPPED + whole, SKIPPED * 3 + whole + SKIPPED, whole[:header] + SKIPPED + whole[header:]):
        path.write_bytes(content)
        assert is_compressed(path)
        assert read(path).tobytes() == truth
        path.write_bytes(content[:-1])
        with pytest.raises(BadFileError, match="Expected the last zstd frame to end"):
            read(path)
    for content in (SKIPPED, SKIPPED[:6], SKIPPED + b"DBN\1"):
        path.write_bytes(content)
        with pytest.raises(BadFileError, match=r"skipped\.dbn\.zst: Expected .* was "):
            read(path)


def test_a_frame_to_be_skipped_does_not_vouch_for_a_file_that_ends_with_its_header(small: Path, tmp_path: Path) -> None:
    whole, path = small.read_bytes(), tmp_path / "cut.dbn.zst"
    header = whole[: len(whole) - len(_after_the_first_frame(whole))]
    for content in (SKIPPED + header, header + SKIPPED, header):
        path.write_bytes(content)
        with pytest.raises(BadFileError, match="Expected records, or a manifest"):
            read(path)


def _after_the_first_frame(content: bytes) -> bytes:
    frame = zstandard.ZstdDecompressor().decompressobj()
    frame.decompress(content)
    return frame.unused_data


@pytest.mark.parametrize("log", [28, 30, 31])
def test_a_window_that_is_too_large_is_called_that(small: Path, tmp_path: Path, log: int) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=log, enable_ldm=False, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = tmp_path / "long.dbn.zst"
    path.write_bytes(frame.compress(plain(small)) + frame.flush())
    with pytest.raises(
        BadFileError, match=f"Expected zstd frames with a window of at most 134,217,728 bytes, was one of {1 << log:,}"
    ):
        read(path)


def test_the_largest_window_that_is_read(small: Path, tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=False, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = tmp_path / "long.dbn.zst"
    path.write_bytes(frame.compress(plain(small)) + frame.flush())
    assert read(path).tobytes() == read(small).tobytes()


def bomb(path: Path, megabytes: int) -> Path:
    """Valid records, all the same: each MB of them is a few hundred bytes of the file."""
    block = np.repeat(orders([{"ts_recv": 0, "instrument_id": 11}]), 1_000_000 // 56)
    return write_orders(path, [block] * megabytes).path


def test_a_small_file_that_holds_gigabytes_is_refused_while_it_is_read(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.dbn.zst", 300)
    assert path.stat().st_size < 100_000
    seen: list[int] = []
    with DbnFile(path) as file:
        held = file.blocks(block_records=65_536, reuse=True)
        with pytest.raises(BadFileError, match=r"bomb\.dbn\.zst: Expected at most 100 decompressed bytes for each byte"):
            seen.extend(block.nbytes for block in held)
    assert 60e6 < sum(seen) < 72e6
    with DbnFile(path, limits=NO_LIMITS) as file:
        assert sum(len(block) for block in file.blocks(block_records=65_536, reuse=True)) == 300 * (1_000_000 // 56)


def test_what_expands_a_lot_but_holds_little_is_read(tmp_path: Path) -> None:
    path = bomb(tmp_path / "small.dbn.zst", 60)
    assert sum(len(block) for block in blocks(path, block_records=65_536)) == 60 * (1_000_000 // 56)


@pytest.mark.parametrize("compressed", [True, False])
def test_a_file_may_hold_so_many_bytes_and_no_more(small: Path, tmp_path: Path, compressed: bool) -> None:
    path, size = tmp_path / ("x.dbn.zst" if compressed else "x.dbn"), len(plain(small))
    path.write_bytes(small.read_bytes() if compressed else plain(small))
    for limit, fits in ((size, True), (size - 1, False), (10, False)):
        said = rf"Expected at most {limit:,} bytes when decompressed"
        with (
            nullcontext() if fits else pytest.raises(BadFileError, match=said),
            DbnFile(path, limits=ReadLimits(file_bytes=limit)) as file,
        ):
            assert sum(len(block) for block in file.blocks(block_records=2)) == 5


def test_a_file_without_records_needs_its_second_frame_or_somebodys_word(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "none.dbn.zst", []).path
    assert len(read(path)) == 0
    header = zstandard.ZstdDecompressor().decompressobj()
    header.decompress(path.read_bytes())
    path.write_bytes(path.read_bytes()[: -len(header.unused_data)])
    with pytest.raises(BadFileError, match="Expected records, or a manifest"):
        read(path)
    assert len(read(path, header_alone_is_whole=True)) == 0


@pytest.mark.parametrize("after", [b"\0", b"garbage after the end", b"\x28\xb5\x2f\xfd\0"])
def test_bytes_after_the_last_frame_are_refused(small: Path, after: bytes) -> None:
    small.write_bytes(small.read_bytes() + after)
    with pytest.raises(BadFileError):
        read(small)


def test_changed_bytes_never_change_the_records_in_silence(small: Path, tmp_path: Path) -> None:
    whole, truth, header = small.read_bytes(), read(small).tobytes(), read_header(small)
    rng = random.Random(5)
    path = tmp_path / "changed.dbn.zst"
    refused = 0
    for _ in range(600):
        changed = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 8])):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        path.write_bytes(bytes(changed))
        try:
            assert read(path).tobytes() == truth
            assert read_header(path) == header
        except BadFileError:
            refused += 1
    assert refused > 500


def test_plain_bytes_of_a_changed_header_or_record_are_refused_or_read(small: Path, tmp_path: Path) -> None:
    whole = plain(small)
    rng = random.Random(6)
    path = tmp_path / "changed.dbn"
    for _ in range(600):
        changed = bytearray(whole)
        changed[rng.randrange(len(changed))] = rng.randrange(256)
        path.write_bytes(bytes(changed[: rng.choice([len(changed), rng.randrange(len(changed))])]))
        try:
            records = read(path)
        except BadFileError:
            continue
        assert set(records["rtype"].tolist()) <= {160}


def test_an_uncompressed_file_is_read(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.dbn"
    path.write_bytes(plain(small))
    assert read(path).tobytes() == read(small).tobytes()
    path.write_bytes(plain(small)[:-1])
    with pytest.raises(BadFileError, match=r"Expected whole records of 56 bytes, was 55 bytes after record 4"):
        read(path)


def test_records_of_another_kind_are_refused(small: Path, tmp_path: Path) -> None:
    content = bytearray(plain(small))
    at = len(content) - 2 * 56
    for offset, value in ((0, 20), (1, 19)):
        changed = bytearray(content)
        changed[at + offset] = value
        path = tmp_path / "other.dbn.zst"
        path.write_bytes(zstandard.ZstdCompressor(write_checksum=True).compress(bytes(changed)))
        with pytest.raises(BadFileError, match=r"Expected records of rtype 160 and 56 bytes, was .* at record 3"):
            read(path, block_records=2)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_header_that_takes_a_record_in_is_refused(tmp_path: Path, version: int) -> None:
    content = bytearray(plain(write_orders(tmp_path / "x.dbn.zst", [random_orders(5, seed=1)], version=version).path))
    path, length = tmp_path / "x.dbn", int.from_bytes(content[4:8], "little")
    path.write_bytes(content)
    assert len(read(path)) == 5
    content[4:8] = (length + 56).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=rf"Expected a header of \d+ bytes, as its counts say, was one of {length + 64}"):
        read_header(path)


@pytest.mark.parametrize(
    ("content", "was"),
    [
        (b"", "was an empty file"),
        (b"not a file of the vendor", "was bytes 6e 6f 74 20, as text, workbooks and Parquet begin: gex chain reads such files"),
        (b'\n"strike",right', "was bytes 0a 22 73 74, as text, .*: gex chain reads"),
        (b"PK\x03\x04 a workbook", "was bytes 50 4b 03 04, as text, .*: gex chain reads"),
        (b"\x00\x01\x02\x03 noise", "was bytes 00 01 02 03$"),
        (b"DBN\x09\x10\0\0\0" + bytes(16), "was bytes 44 42 4e 09"),
        (b"DBN\x01\xff\xff\xff\xff", "was 4294967295 bytes"),
        (b"DBN\x01\x10\0\0\0" + bytes(16), "Expected the metadata of a DBN file"),
    ],
)
def test_what_is_no_dbn_file_is_refused(tmp_path: Path, content: bytes, was: str) -> None:
    path = tmp_path / "x.dbn.zst"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=was):
        read_header(path)


def test_no_file_is_a_bad_file(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="Expected a readable file"):
        read_header(tmp_path / "absent.dbn.zst")
    with pytest.raises(BadFileError, match="Expected a readable file"):
        read_header(tmp_path)


def test_one_pass_knows_size_hash_and_count(tmp_path: Path) -> None:
    written = write_orders(tmp_path / "x.dbn.zst", [orders([{"ts_recv": 1}] * 3)])
    with DbnFile(written.path, digest=True) as file:
        list(file.blocks(block_records=2))
        assert (file.sha256, file.size_bytes, file.records) == (written.sha256, written.size_bytes, 3)


def test_a_block_may_be_the_same_memory_as_the_next(tmp_path: Path) -> None:
    records = random_orders(70, seed=3)
    with DbnFile(write_orders(tmp_path / "x.dbn.zst", [records]).path) as file:
        read = [(block.tobytes(), block.ctypes.data) for block in file.blocks(block_records=16, reuse=True)]
    assert b"".join(content for content, _ in read) == records.tobytes()
    assert len({place for _, place in read}) == 1


class Dripping:
    """A stream that returns a few bytes at a time, as a network does."""

    def __init__(self, content: bytes, dice: random.Random) -> None:
        self.rest, self.dice = content, dice

    def read(self, size: int = -1) -> bytes:
        step = self.dice.randint(1, 7) if size < 0 else min(size, self.dice.randint(1, 7))
        part, self.rest = self.rest[:step], self.rest[step:]
        return part

    def readinto(self, room: memoryview) -> int:
        part = self.read(len(room))
        room[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self.rest = b""


@pytest.mark.parametrize("compressed", [True, False])
def test_a_stream_may_return_less_than_was_asked_for(small: Path, *, compressed: bool) -> None:
    content = small.read_bytes() if compressed else plain(small)
    source = Source("somewhere", lambda: Dripping(content, random.Random(1)))
    assert is_compressed(source) == compressed
    with DbnFile(source, digest=True) as file:
        assert np.concatenate(list(file.blocks(block_records=2))).tobytes() == read(small).tobytes()
        assert (file.sha256, file.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    cut = Source("somewhere", lambda: Dripping(content[:-1], random.Random(1)))
    with DbnFile(cut) as file, pytest.raises(BadFileError, match="somewhere: Expected"):
        list(file.blocks(block_records=2))
