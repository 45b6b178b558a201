"""Delivered files are taken in, verified and read alike in every file system."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.freshness import delivered_inputs, delivered_sha256
from gex_assets.lake.lineage import sidecars_key
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.claims import claims_of
from gex_assets.lake.raw.deliveries import delivered_days, settling
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.raw.merge import merged_blocks
from gex_assets.lake.raw.reference_data import mapped_symbols
from gex_assets.lake.raw.sidecars import facts_digest
from gex_assets.lake.raw.verify import verify_day
from gex_assets.lake.status import known_days
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_files import DAY, OPTIONS, random_orders, write_orders, write_sidecars
from gex_assets_tests.lake.made_up_objects import put
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.lake.memory_filesystem import MemoryFileSystem

JOB = "GLBX-20260107-AAAAAAAAAA"
NAME = "glbx-mdp3-20260106.mbo.dbn.zst"
RAW = TABLES["raw_option_mbo"]


@pytest.fixture(params=["local", "memory"])
def fs(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path / "lake") if request.param == "local" else MemoryFileSystem()


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads" / JOB
    write_orders(folder / NAME, [random_orders(300, seed=3, ids=[*OPTIONS])])
    write_sidecars(folder, job_id=JOB)
    return folder


def test_a_delivery_is_taken_in_verified_and_read(fs: FileSystem, batch: Path) -> None:
    (taken,) = ingest(fs, [batch])
    assert (taken.status, taken.why) == ("added", "")
    key = str(taken.key)
    content = (batch / NAME).read_bytes()
    assert fs.read_bytes(key) == content
    assert [one.status for one in ingest(fs, [batch])] == ["unchanged"]
    day = verify_day(fs, kind="option_mbo", product="ES", day=DAY)
    assert day.warnings == ()
    assert day.inputs == {key: hashlib.sha256(content).hexdigest(), sidecars_key(key): facts_digest(fs, key)}
    blocks = merged_blocks(fs, day.table, claims=claims_of(day.table), block_records=64)
    assert np.concatenate([block.records for block in blocks]).tobytes() == random_orders(300, seed=3, ids=[*OPTIONS]).tobytes()
    assert mapped_symbols(fs, day.table, day=DAY).num_rows > 0


def test_what_was_delivered_is_known_without_reading_it(fs: FileSystem, batch: Path) -> None:
    lake = Lake(fs)
    (taken,) = ingest(fs, [batch])
    waiting = delivered_days(lake, product="ES")[DAY]
    assert [file.key for file in waiting.files] == [taken.key]
    assert settling(lake, waiting, watched=False) is None
    assert [*delivered_inputs(lake, "raw_option_mbo", "ES", DAY)] == [taken.key]
    day = verify_day(fs, kind="option_mbo", product="ES", day=DAY)
    publish(lake, RAW, day.table, inputs=day.inputs)
    assert delivered_days(lake, product="ES")[DAY].state(lake) == waiting.state(lake)
    assert known_days(lake, ["raw_option_mbo"], "ES") == [DAY]
    assert delivered_sha256(lake, str(taken.key)) == day.table["sha256"][0].as_py()


def test_a_file_that_changed_since_it_was_verified_is_refused(fs: FileSystem, batch: Path) -> None:
    (taken,) = ingest(fs, [batch])
    key = str(taken.key)
    files = verify_day(fs, kind="option_mbo", product="ES", day=DAY).table
    put(fs, key, write_orders(batch / "other.dbn.zst", [random_orders(300, seed=4)]).path.read_bytes())
    with pytest.raises(BadFileError, match="Expected the file that was verified"):
        list(merged_blocks(fs, files, claims=claims_of(files), block_records=64))
    with pytest.raises(BadFileError, match=rf"{NAME}: Expected sha256 \w+ as manifest.json says|bytes as manifest.json says"):
        verify_day(fs, kind="option_mbo", product="ES", day=DAY)
    before = facts_digest(fs, key)
    put(fs, key.replace(NAME, "symbology.json"), b'{"result": {}}')
    with pytest.raises(BadFileError, match=r"symbology.json: Expected \d+ bytes as manifest.json says"):
        facts_digest(fs, key)
    fs.delete(key.replace(NAME, "manifest.json"))
    assert facts_digest(fs, key) != before
