from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.merge import merged_blocks, seen_instruments
from gex_assets.lake.raw.verify import verify_day
from gex_assets_tests.lake.made_up_files import DAY, orders, random_orders, write_orders
from gex_assets_tests.twins import bronze as twin

Files = list[tuple[str, np.ndarray]]


def delivered(root: Path, files: Files) -> pa.Table:
    for job_id, records in files:
        folder = root / raw_folder(kind="option_mbo", product="ES", job_id=job_id)
        write_orders(folder / raw_file_name(kind="option_mbo", day=DAY), [records])
    return verify_day(LocalFileSystem(root), kind="option_mbo", product="ES", day=DAY, block_records=512).table


def read(root: Path, files: pa.Table, block_records: int) -> tuple[bytes, list[bool], int]:
    tally: Counter[str] = Counter()
    parts, masks, expected = [], [], 0
    for block in merged_blocks(LocalFileSystem(root), files, block_records=block_records, tally=tally):
        assert block.first_index == expected
        expected += len(block.records)
        parts.append(block.records.tobytes())
        masks += [False] * len(block.records) if block.superseded is None else block.superseded.tolist()
    return b"".join(parts), masks, tally["superseded_by_newer_job"]


@pytest.mark.parametrize("seed", range(6))
def test_jobs_are_merged_as_the_slow_twin_does_whatever_the_blocks(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = [[11, 12], [21, 22], [12, 31, 32]]
    jobs: Files = [
        (f"GLBX-2026012{at}-X", random_orders(int(rng.integers(2, 400)), seed=10 * seed + at, ids=ids[at])) for at in range(3)
    ]
    files = delivered(tmp_path, jobs)
    truth = twin.merged(jobs)
    for block_records in (1, 7, 4096, 65_536):
        content, masks, count = read(tmp_path, files, block_records)
        assert content == b"".join(record.tobytes() for record, _ in truth)
        assert masks == [superseded for _, superseded in truth]
        assert count == sum(masks)


def test_a_shared_moment_goes_to_the_jobs_in_their_order(tmp_path: Path) -> None:
    same = [{"ts_recv": 0, "instrument_id": one, "sequence": at} for at in range(50) for one in (11,)]
    other = [{"ts_recv": 0, "instrument_id": 12, "sequence": 100 + at} for at in range(50)] + [{"ts_recv": 1, "sequence": 200}]
    jobs: Files = [("A", orders(same)), ("B", orders(other))]
    files = delivered(tmp_path, jobs)
    for block_records in (1, 3, 1000):
        content, _, _ = read(tmp_path, files, block_records)
        assert np.frombuffer(content, dtype=jobs[0][1].dtype)["sequence"].tolist() == [*range(50), *range(100, 150), 200]


def test_one_file_is_read_as_it_is(tmp_path: Path) -> None:
    records = random_orders(1_000, seed=4)
    files = delivered(tmp_path, [("A", records)])
    assert read(tmp_path, files, 100) == (records.tobytes(), [False] * 1_000, 0)
    assert read(tmp_path, files.slice(0, 0), 100) == (b"", [], 0)


def test_an_instrument_is_read_from_the_newest_job_that_has_records_of_it(tmp_path: Path) -> None:
    older = orders([{"ts_recv": 1, "instrument_id": one} for one in (11, 12, 11)])
    newer = orders([{"ts_recv": 2, "instrument_id": one} for one in (12, 21)])
    files = delivered(tmp_path, [("GLBX-20260107-Z", older), ("GLBX-20260121-A", newer)])
    seen = seen_instruments(files)
    assert [(row["instrument_id"], row["records"], row["job_id"]) for row in seen.to_pylist()] == [
        (11, 2, "GLBX-20260107-Z"),
        (12, 1, "GLBX-20260121-A"),
        (21, 1, "GLBX-20260121-A"),
    ]
    _, masks, count = read(tmp_path, files, 2)
    assert masks == [False, True, False, False, False]
    assert count == 1


def test_a_file_that_changed_since_it_was_verified_is_refused(tmp_path: Path) -> None:
    files = delivered(tmp_path, [("A", random_orders(100, seed=5))])
    write_orders(tmp_path / files["path"][0].as_py(), [random_orders(100, seed=6)])
    with pytest.raises(BadFileError, match=r"Expected the file that was verified \(\w{64}\), was \w{64}"):
        read(tmp_path, files, 10)
    (tmp_path / files["path"][0].as_py()).unlink()
    with pytest.raises(BadFileError, match="Expected a readable file"):
        read(tmp_path, files, 10)
