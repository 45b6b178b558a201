from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import RawKind, raw_file_name, raw_folder
from gex_assets.lake.raw.verify import VerifiedDay, verify_day
from gex_assets.schemas.raw_files import RAW_OPTION_MBO
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, orders, random_orders, write_orders, write_sidecars
from gex_assets_tests.shared_data import shared_data

JOB = "GLBX-20260107-AAAAAAAAAA"
DAY_NS = 86_400 * SECOND


def delivered(root: Path, *, job_id: str = JOB, kind: RawKind = "option_mbo", records: Any = None, **header: Any) -> Path:
    """One file in its place, without sidecars."""
    path = root / raw_folder(kind=kind, product="ES", job_id=job_id) / raw_file_name(kind=kind, day=DAY)
    return write_orders(path, [random_orders(500, seed=1) if records is None else records], **header).path


def verify(root: Path, *, kind: RawKind = "option_mbo", day: date = DAY, block_records: int = 64) -> VerifiedDay:
    return verify_day(LocalFileSystem(root), kind=kind, product="ES", day=day, block_records=block_records)


def test_a_delivered_job_becomes_one_row(tmp_path: Path) -> None:
    rows = [
        {"ts_recv": 0, "instrument_id": 12, "flags": 40},
        {"ts_recv": 5, "instrument_id": 11},
        {"ts_recv": 3, "instrument_id": 12},
        {"ts_recv": 4, "instrument_id": 12},
        {"ts_recv": 9, "instrument_id": 99},
    ]
    path = delivered(tmp_path, records=orders(rows), version=3)
    write_sidecars(path.parent, job_id=JOB)
    day = verify(tmp_path, block_records=2)
    (warning,) = day.warnings
    assert "Expected a name for every instrument, was none for 1 records (20.00%)" in warning
    assert day.table.schema == RAW_OPTION_MBO.arrow_schema()
    (row,) = day.table.to_pylist()
    assert row["sha256"] == row["sha256_expected"]
    assert {name: row[name] for name in row if "sha256" not in name} == {
        "job_id": JOB,
        "file_name": "glbx-mdp3-20260106.mbo.dbn.zst",
        "path": path.relative_to(tmp_path).as_posix(),
        "size_bytes": path.stat().st_size,
        "dbn_version": 3,
        "dataset": "GLBX.MDP3",
        "schema": "mbo",
        "records": 5,
        "ts_recv_first": MIDNIGHT,
        "ts_recv_last": MIDNIGHT + 9,
        "ts_recv_backsteps": 2,
        "rank": 1,
        "claim_times": [{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + DAY_NS}],
        "claimed_instruments": [11, 12, 21, 22, 31, 32, 33, 34],
        "ts_snapshot": MIDNIGHT,
        "limit": None,
        "not_found": [],
        "superseded": 0,
        "superseded_by": [],
        "unclaimed": 0,
        "unmapped": 1,
        "set_aside": [],
        "is_tied": False,
        "condition": "available",
        "mapped_symbols": 8,
        "instruments_seen": [
            {"instrument_id": 11, "records": 1, "ts_recv_first": MIDNIGHT + 5},
            {"instrument_id": 12, "records": 3, "ts_recv_first": MIDNIGHT},
        ],
    }


@pytest.mark.parametrize("block_records", [1, 7, 4096, 65_536])
def test_the_row_does_not_depend_on_the_blocks(tmp_path: Path, block_records: int) -> None:
    delivered(tmp_path)
    assert verify(tmp_path, block_records=block_records).table.equals(verify(tmp_path).table)


def test_no_file_is_no_row(tmp_path: Path) -> None:
    day = verify(tmp_path)
    assert day.table.equals(RAW_OPTION_MBO.empty())
    assert day.warnings == ()


def test_the_real_lone_file_is_verified_with_a_warning(tmp_path: Path) -> None:
    day = date(2023, 12, 25)
    target = tmp_path / raw_folder(kind="future_mbo", product="ES") / raw_file_name(kind="future_mbo", day=day)
    target.parent.mkdir(parents=True)
    shutil.copy(shared_data("dbn/esh4-glbx-mdp3-20231225.mbo.dbn.zst"), target)
    verified = verify(tmp_path, kind="future_mbo", day=day)
    (row,) = verified.table.to_pylist()
    assert (row["records"], row["job_id"], row["sha256_expected"], row["condition"]) == (68_792, "", None, None)
    assert row["instruments_seen"] == [{"instrument_id": 17077, "records": 68_792, "ts_recv_first": row["ts_recv_first"]}]
    assert len(verified.warnings) == 1
    assert "Expected a manifest" in verified.warnings[0]


def test_a_request_of_part_of_the_day_is_cut_to_it(tmp_path: Path) -> None:
    path = delivered(tmp_path, start_ns=MIDNIGHT - DAY_NS, end_ns=MIDNIGHT + 3 * SECOND)
    (row,) = verify(tmp_path).table.to_pylist()
    assert row["claim_times"] == [{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + 3 * SECOND}]
    write_sidecars(path.parent, job_id=JOB, start=MIDNIGHT + SECOND, end=MIDNIGHT + 2 * DAY_NS)
    (row,) = verify(tmp_path).table.to_pylist()
    assert row["claim_times"] == [{"ts_start": MIDNIGHT + SECOND, "ts_end": MIDNIGHT + 3 * SECOND}]


def test_a_wrong_size_and_a_wrong_hash_are_refused(tmp_path: Path) -> None:
    path = delivered(tmp_path)
    write_sidecars(path.parent, job_id=JOB)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(BadFileError, match=rf"Expected {len(whole)} bytes as manifest.json says, was {len(whole) - 1}"):
        verify(tmp_path)
    again = write_orders(tmp_path / "other.dbn.zst", [random_orders(500, seed=2)]).path.read_bytes()
    path.write_bytes(again)
    manifest = path.parent / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"size": {len(whole)}', f'"size": {len(again)}'))
    with pytest.raises(BadFileError, match=r"glbx-mdp3-20260106.*Expected sha256 \w{64} as manifest.json says, was \w{64}"):
        verify(tmp_path)
    assert path.read_bytes() == again


def test_a_truncated_lone_file_is_refused(tmp_path: Path) -> None:
    path = delivered(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadFileError, match="Expected the last zstd frame to end"):
        verify(tmp_path)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"dataset": "XNAS.ITCH"}, "Expected dataset 'GLBX.MDP3', was 'XNAS.ITCH'"),
        ({"symbols": ["NQ.OPT"]}, r"Expected product and kind \('ES', 'future_option'\), was \('NQ', 'future_option'\)"),
        ({"symbols": ["ES.FUT"]}, r"Expected product and kind .*was \('ES', 'future'\)"),
        ({"symbols": ["CL.OPT"]}, "Expected a future of ES, NQ, RTY, YM or options on one, was 'CL.OPT'"),
        ({"symbols": []}, "Expected symbols of one product and kind, was"),
        ({"start_ns": MIDNIGHT + DAY_NS, "end_ns": MIDNIGHT + 2 * DAY_NS}, "Expected the header to cover 2026-01-06"),
        ({"start_ns": MIDNIGHT - DAY_NS, "end_ns": MIDNIGHT}, "Expected the header to cover 2026-01-06"),
    ],
)
def test_files_of_something_else_are_refused(tmp_path: Path, header: dict[str, Any], said: str) -> None:
    delivered(tmp_path, **header)
    with pytest.raises(BadFileError, match=said):
        verify(tmp_path)


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = delivered(tmp_path)
    target = tmp_path / raw_folder(kind="option_statistics", product="ES") / raw_file_name(kind="option_statistics", day=DAY)
    target.parent.mkdir(parents=True)
    shutil.copy(path, target)
    with pytest.raises(BadFileError, match="Expected schema 'statistics', was 'mbo'"):
        verify(tmp_path, kind="option_statistics")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"schema": "statistics"}, "Expected schema in metadata.json 'mbo', was 'statistics'"),
        ({"dataset": "OPRA.PILLAR"}, "Expected dataset in metadata.json 'GLBX.MDP3', was 'OPRA.PILLAR'"),
        ({"start": 0, "end": 5}, "Expected metadata.json to cover 2026-01-06"),
        ({"start": -(10**30), "end": -(10**29)}, "Expected metadata.json to cover 2026-01-06"),
    ],
)
def test_metadata_of_another_request_is_refused(tmp_path: Path, query: dict[str, Any], said: str) -> None:
    path = delivered(tmp_path)
    write_sidecars(path.parent, job_id=JOB, **query)
    with pytest.raises(BadFileError, match=said):
        verify(tmp_path)


def test_the_vendors_word_on_the_day_counts(tmp_path: Path) -> None:
    path = delivered(tmp_path)
    write_sidecars(path.parent, job_id=JOB, condition="degraded")
    day = verify(tmp_path)
    assert day.table["condition"].to_pylist() == ["degraded"]
    assert any("was degraded" in warning for warning in day.warnings)
    for condition in ("missing", "pending"):
        write_sidecars(path.parent, job_id=JOB, condition=condition)
        with pytest.raises(BadFileError, match=f"Expected data available on 2026-01-06, was {condition}"):
            verify(tmp_path)


def test_a_file_without_records_is_believed_where_the_manifest_names_it(tmp_path: Path) -> None:
    path = delivered(tmp_path, records=random_orders(0, seed=1))
    write_sidecars(path.parent, job_id=JOB)
    (row,) = verify(tmp_path).table.to_pylist()
    assert (row["records"], row["ts_recv_first"], row["ts_recv_last"], row["instruments_seen"]) == (0, None, None, [])


def test_what_is_odd_is_said(tmp_path: Path) -> None:
    records = orders([{"ts_recv": at, "instrument_id": 11} for at in (-1, 0, DAY_NS)])
    path = delivered(tmp_path, records=records)
    write_sidecars(path.parent, job_id="GLBX-20260107-OTHER")
    (path.parent / "glbx-mdp3-20260106.mbo.ESH6.dbn.zst").write_bytes(b"x")
    warnings = verify(tmp_path).warnings
    assert [warning.split(": ", 1)[1] for warning in warnings] == [
        f"Expected the sidecars of job {JOB}, was GLBX-20260107-OTHER",
        "Expected a name like glbx-mdp3-YYYYMMDD.mbo.dbn.zst, was another; it is left out",
        "Expected records within the time of its request, was 2 outside it; they are not read",
    ]


def test_several_jobs_are_rows_in_order_and_the_same_file_twice_is_one(tmp_path: Path) -> None:
    delivered(tmp_path, job_id="GLBX-20260121-B", symbols=["EW1.OPT"])
    lone = delivered(tmp_path, job_id="")
    first = delivered(tmp_path, job_id=JOB)
    day = verify(tmp_path)
    assert day.table["job_id"].to_pylist() == ["", JOB, "GLBX-20260121-B"]
    write_sidecars(lone.parent, job_id=JOB)
    day = verify(tmp_path)
    assert day.table["job_id"].to_pylist() == [JOB, "GLBX-20260121-B"]
    assert any("it is left out" in warning for warning in day.warnings)
    write_orders(first, [random_orders(400, seed=9)])
    with pytest.raises(BadFileError, match=r"Expected one glbx-mdp3-20260106\.mbo\.dbn\.zst of job"):
        verify(tmp_path)
