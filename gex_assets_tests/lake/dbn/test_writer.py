from __future__ import annotations

import hashlib
from pathlib import Path

import databento_dbn
import numpy as np
import pytest
import zstandard

from gex_assets.errors import LakeError
from gex_assets.lake.dbn.reader import blocks, read_header
from gex_assets.lake.dbn.writer import write_dbn
from gex_assets_tests.lake.made_up_files import (
    MIDNIGHT,
    SECOND,
    definitions,
    mapping,
    orders,
    random_orders,
    stat_records,
    write_orders,
)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("schema", ["mbo", "definition", "statistics"])
def test_what_is_written_is_read_back_by_us_and_by_the_vendors_decoder(tmp_path: Path, version: int, schema: str) -> None:
    records = {
        "mbo": lambda: random_orders(50, seed=1),
        "definition": lambda: definitions([{"instrument_id": 5, "raw_symbol": "ESH6 C6900"}] * 3, version=version),
        "statistics": lambda: stat_records([{"instrument_id": 5, "stat_type": 9, "quantity": 12}] * 3, version=version),
    }[schema]()
    said = {
        "version": version,
        "schema": schema,
        "symbols": ["ES.OPT"],
        "stype_in": "parent",
        "start_ns": MIDNIGHT,
        "end_ns": MIDNIGHT + SECOND,
        "mappings": [mapping("ESH6 C6900", 11), mapping("UD:1V: GN 3067770", 31)],
    }
    written = write_dbn(tmp_path / "a" / "x.dbn.zst", blocks=[records], **said)
    header = read_header(written.path)
    assert {name: getattr(header, name) for name in said} == {**said, "symbols": ("ES.OPT",), "mappings": tuple(said["mappings"])}
    assert np.concatenate(list(blocks(written.path, block_records=7))).tobytes() == records.tobytes()

    decoder = databento_dbn.DBNDecoder(upgrade_policy=databento_dbn.VersionUpgradePolicy.AS_IS)
    rest = written.path.read_bytes()
    frames = 0
    while rest:
        frame = zstandard.ZstdDecompressor().decompressobj()
        decoder.write(frame.decompress(rest))
        rest, frames = frame.unused_data, frames + 1
    metadata, *decoded = decoder.decode()
    assert frames == 2
    assert metadata.version == version
    assert b"".join(bytes(record) for record in decoded) == records.tobytes()


def test_the_bytes_do_not_depend_on_the_blocks(tmp_path: Path) -> None:
    records = random_orders(5_000, seed=2)
    one = write_orders(tmp_path / "one.dbn.zst", [records])
    many = write_orders(tmp_path / "many.dbn.zst", np.array_split(records, 13))
    assert one.path.read_bytes() == many.path.read_bytes()
    assert (one.sha256, one.size_bytes, one.records) == (many.sha256, many.size_bytes, many.records)


def test_the_bytes_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    records = random_orders(400_000, seed=3)
    one = write_orders(tmp_path / "one.dbn.zst", [records], threads=1)
    many = [
        write_orders(tmp_path / f"{threads}.dbn.zst", np.array_split(records, pieces), threads=threads)
        for threads, pieces in ((2, 1), (2, 29), (5, 7))
    ]
    assert {other.sha256 for other in many} == {one.sha256}
    assert hashlib.sha256(one.path.read_bytes()).hexdigest() == one.sha256
    read_back = np.concatenate(list(blocks(one.path, block_records=65_536)))
    assert read_back.tobytes() == records.tobytes()
    assert one.sha256 != write_orders(tmp_path / "none.dbn.zst", [records]).sha256


def test_records_of_another_layout_or_type_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    wrong_length = orders([{"ts_recv": 0}])
    wrong_length["length"] = 15
    for records in (wrong_length, stat_records([{}], version=1)):
        with pytest.raises(LakeError, match="Expected"):
            write_orders(tmp_path / "x.dbn.zst", [records])
    with pytest.raises(LakeError, match="Expected a schema"):
        write_orders(tmp_path / "x.dbn.zst", [], schema="bbo-1s")
    with pytest.raises(LakeError, match="Expected a header that DBN 1 can hold"):
        write_orders(tmp_path / "x.dbn.zst", [], mappings=[mapping("a symbol that is far too long for version one", 1)])
    assert list(tmp_path.iterdir()) == []
