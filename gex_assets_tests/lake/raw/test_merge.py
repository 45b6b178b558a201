from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.errors import BadFileError
from gex_assets.kernels.records.cover import READ, SUPERSEDED, UNCLAIMED, UNMAPPED
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.claims import claims_of
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.merge import merged_blocks, seen_instruments
from gex_assets.lake.raw.verify import verify_day
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, mapping, orders, random_orders, write_orders
from gex_assets_tests.twins.claims import DeliveredFile, merged

DAY_NS = 86_400 * SECOND


def delivered(root: Path, files: list[DeliveredFile]) -> pa.Table:
    for file in files:
        folder = root / raw_folder(kind="option_mbo", product="ES", job_id=file.name)
        write_orders(
            folder / raw_file_name(kind="option_mbo", day=DAY),
            [file.records],
            start_ns=file.start,
            end_ns=file.end,
            mappings=[mapping(f"ESH6 C{one}", one) for one in sorted(file.mapped)],
        )
    return verify_day(LocalFileSystem(root), kind="option_mbo", product="ES", day=DAY, block_records=512).table


def job(name: str, records: np.ndarray, ids: Any, *, start: int = 0, end: int = DAY_NS) -> DeliveredFile:
    """A vendor's job. Its name is its rank: all these begin alike and go on with their date."""
    return DeliveredFile(name, (name,), MIDNIGHT + start, MIDNIGHT + end, frozenset(ids), records)


def read(root: Path, files: pa.Table, block_records: int, since: Any = None) -> tuple[bytes, list[str]]:
    parts, said, expected = [], [], 0
    claims = claims_of(files, since=since)
    names = {SUPERSEDED + row["rank"]: row["job_id"] for row in files.select(["rank", "job_id"]).to_pylist()}
    words = {READ: "read", UNMAPPED: "unmapped", UNCLAIMED: "unclaimed", **names}
    for block in merged_blocks(LocalFileSystem(root), files, claims=claims, block_records=block_records):
        assert block.first_index == expected
        expected += len(block.records)
        parts.append(block.records.tobytes())
        said += ["read"] * len(block.records) if block.statuses is None else [words[one] for one in block.statuses.tolist()]
    return b"".join(parts), said


@pytest.mark.parametrize("seed", range(8))
def test_jobs_are_merged_as_the_slow_twin_does_whatever_the_blocks(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = [[11, 12, 13], [21, 22, 12], [12, 31, 11]]
    files = []
    for at in range(3):
        records = random_orders(int(rng.integers(2, 400)), seed=10 * seed + at, ids=[*ids[at], 99])
        start, end = sorted(rng.choice(400_000, 2, replace=False).tolist())
        whole = seed % 2 == 0 and at == 1
        files.append(job(f"GLBX-2026012{at}-X", records, ids[at], start=0 if whole else start, end=DAY_NS if whole else end))
    table = delivered(tmp_path, files)
    truth = merged(files)
    for block_records in (1, 7, 4096, 65_536):
        content, said = read(tmp_path, table, block_records)
        assert content == b"".join(record.tobytes() for record, _ in truth)
        assert said == [status for _, status in truth]
    assert dict(zip(table["job_id"].to_pylist(), table["rank"].to_pylist(), strict=True)) == {
        file.name: 1 + sum(other.rank > file.rank for other in files) for file in files
    }
    assert sum(table["unmapped"].to_pylist()) == said.count("unmapped")
    assert sum(table["unclaimed"].to_pylist()) == said.count("unclaimed")
    assert sum(table["superseded"].to_pylist()) == sum(status.startswith("GLBX") for status in said)
    seen = seen_instruments(table).to_pylist()
    assert sum(row["records"] for row in seen) == said.count("read")


def test_instruments_that_definitions_add_are_read_from_then_on(tmp_path: Path) -> None:
    since = [{50: MIDNIGHT + 100_000, 51: MIDNIGHT + 5}, {50: MIDNIGHT + 200_000}]
    files = [
        replace(job("GLBX-20260120-X", random_orders(300, seed=1, ids=[11, 50, 51]), [11]), since=since[0]),
        replace(job("GLBX-20260121-X", random_orders(300, seed=2, ids=[12, 50]), [12]), since=since[1]),
    ]
    table = delivered(tmp_path, files)
    added = {row["path"]: next(file.since for file in files if file.name == row["job_id"]) for row in table.to_pylist()}
    truth = [status for _, status in merged(files)]
    for block_records in (1, 64, 1_000):
        assert read(tmp_path, table, block_records, since=added)[1] == truth
    assert set(truth) == {"read", "unmapped", "GLBX-20260121-X"}


def test_a_shared_moment_goes_to_the_files_in_order_of_rank(tmp_path: Path) -> None:
    same = [{"ts_recv": 0, "instrument_id": 11, "sequence": at} for at in range(50)]
    other = [{"ts_recv": 0, "instrument_id": 12, "sequence": 100 + at} for at in range(50)]
    other += [{"ts_recv": 1, "instrument_id": 12, "sequence": 200}]
    files = delivered(tmp_path, [job("GLBX-20260107-A", orders(same), [11]), job("GLBX-20260108-A", orders(other), [12])])
    for block_records in (1, 3, 1000):
        content, said = read(tmp_path, files, block_records)
        sequence = np.frombuffer(content, dtype=orders(same).dtype)["sequence"].tolist()
        assert sequence == [*range(100, 150), *range(50), 200]
        assert set(said) == {"read"}


def test_one_file_is_read_as_it_is(tmp_path: Path) -> None:
    records = random_orders(1_000, seed=4, ids=[11, 12])
    files = delivered(tmp_path, [job("A", records, [11, 12])])
    assert read(tmp_path, files, 100) == (records.tobytes(), ["read"] * 1_000)
    assert read(tmp_path, files.slice(0, 0), 100) == (b"", [])


def test_an_instrument_is_listed_by_its_first_record_that_is_read(tmp_path: Path) -> None:
    older = orders([{"ts_recv": at, "instrument_id": one} for at, one in ((1, 11), (2, 12), (3, 11), (9, 12))])
    newer = orders([{"ts_recv": 5, "instrument_id": one} for one in (12, 21)])
    files = delivered(tmp_path, [job("GLBX-20260107-Z", older, [11, 12]), job("GLBX-20260121-A", newer, [12, 21], end=7)])
    seen = [tuple(row.values()) for row in seen_instruments(files).to_pylist()]
    assert seen == [
        (11, 2, MIDNIGHT + 1, "GLBX-20260107-Z"),
        (12, 2, MIDNIGHT + 5, "GLBX-20260121-A"),
        (21, 1, MIDNIGHT + 5, "GLBX-20260121-A"),
    ]
    assert read(tmp_path, files, 2)[1] == ["read", "GLBX-20260121-A", "read", "read", "read", "read"]


def test_a_file_that_changed_since_it_was_verified_is_refused(tmp_path: Path) -> None:
    files = delivered(tmp_path, [job("A", random_orders(100, seed=5), [11])])
    write_orders(tmp_path / files["path"][0].as_py(), [random_orders(100, seed=6)])
    with pytest.raises(BadFileError, match=r"Expected the file that was verified \(\w{64}\), was \w{64}"):
        read(tmp_path, files, 10)
    (tmp_path / files["path"][0].as_py()).unlink()
    with pytest.raises(BadFileError, match="Expected a readable file"):
        read(tmp_path, files, 10)
