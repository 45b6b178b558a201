from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gex_assets.errors import BadFileError, LakeBusyError, LakeError
from gex_assets.lake.dbn.reader import read_header
from gex_assets.lake.dbn.source import ReadLimits
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.delivery_notes import read_note
from gex_assets.lake.raw.ingest import Ingested, ingest
from gex_assets.lake.raw.layout import folder_of
from gex_assets.lake.raw.split import request_id
from gex_assets.lake.raw.verify import verify_day
from gex_assets_tests.lake import made_up_files as made_up
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, plain, random_orders, write_orders, write_sidecars
from gex_assets_tests.shared_data import shared_data

JOB = "GLBX-20260107-AAAAAAAAAA"
FOLDER = "raw/source=databento/product_type=future_option/symbol=ES/table=market_by_order_dbn"
NAME = "glbx-mdp3-20260106.mbo.dbn.zst"
DAY_NS = 86_400 * SECOND


def take(lake: Path, *paths: Path) -> list[Ingested]:
    return ingest(LocalFileSystem(lake), paths)


def everything(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """A batch folder of two days, as downloaded."""
    folder = tmp_path / "downloads" / JOB
    for day in (6, 7):
        start = MIDNIGHT + (day - 6) * DAY_NS
        write_orders(
            folder / f"glbx-mdp3-202601{day:02}.mbo.dbn.zst",
            [random_orders(100, seed=day)],
            start_ns=start,
            end_ns=start + DAY_NS,
        )
    write_sidecars(folder, job_id=JOB, end=MIDNIGHT + 2 * DAY_NS)
    return folder


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def test_a_batch_folder_comes_in_with_its_sidecars(lake: Path, batch: Path) -> None:
    results = take(lake, batch)
    assert [(one.status, one.kind, one.product, one.day, one.job_id) for one in results] == [
        ("added", "option_mbo", "ES", date(2026, 1, day), JOB) for day in (6, 7)
    ]
    assert [one.key for one in results] == [f"{FOLDER}/{JOB}/glbx-mdp3-2026010{day}.mbo.dbn.zst" for day in (6, 7)]
    assert all(one.warnings == () or "outside" in one.warnings[0] for one in results)
    there = everything(lake)
    note = json.loads(there.pop(f"{FOLDER}/{JOB}/delivery.json"))
    assert (note["kind"], sorted(note["first_ingested_at"])) == ("job", [NAME, "glbx-mdp3-20260107.mbo.dbn.zst"])
    assert there == {f"{FOLDER}/{JOB}/{name}": content for name, content in everything(batch).items()}
    assert verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY).table["sha256_expected"][0].is_valid


def test_the_same_again_is_nothing_to_do(lake: Path, batch: Path) -> None:
    take(lake, batch)
    before = {path: path.stat().st_mtime_ns for path in lake.rglob("*") if path.is_file()}
    assert [one.status for one in take(lake, batch.parent)] == ["unchanged", "unchanged"]
    assert {path: path.stat().st_mtime_ns for path in lake.rglob("*") if path.is_file()} == before


def test_a_file_of_a_job_given_alone_still_belongs_to_it(lake: Path, batch: Path) -> None:
    (result,) = take(lake, batch / NAME)
    assert (result.status, result.job_id) == ("added", JOB)
    assert (lake / FOLDER / JOB / "manifest.json").is_file()


def test_a_refused_file_leaves_everything_as_it_was_and_others_come_in(lake: Path, batch: Path) -> None:
    (batch / NAME).write_bytes((batch / NAME).read_bytes()[:-1])
    bad, good = take(lake, batch)
    assert (bad.status, good.status) == ("refused", "added")
    assert "as manifest.json says" in bad.why
    assert str(batch / NAME) in bad.why
    assert not (lake / FOLDER / JOB / NAME).exists()
    assert not list(lake.rglob(".*staged"))


def test_a_redelivery_replaces_only_when_it_is_verified(lake: Path, batch: Path) -> None:
    take(lake, batch)
    before = everything(lake)
    (batch / NAME).write_bytes((batch / NAME).read_bytes()[:-4])
    write_sidecars(batch, job_id=JOB, end=MIDNIGHT + 2 * DAY_NS)
    bad, same = take(lake, batch)
    assert (bad.status, same.status) == ("refused", "unchanged")
    assert "Expected the last zstd frame to end" in bad.why
    assert everything(lake)[f"{FOLDER}/{JOB}/{NAME}"] == before[f"{FOLDER}/{JOB}/{NAME}"]
    write_orders(batch / NAME, [random_orders(50, seed=77)])
    write_sidecars(batch, job_id=JOB, end=MIDNIGHT + 2 * DAY_NS)
    assert [one.status for one in take(lake, batch)] == ["replaced", "unchanged"]
    assert verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY).table["records"].to_pylist() == [50]


def test_the_real_lone_file_finds_its_place_by_its_header(lake: Path) -> None:
    source = shared_data("dbn/esh4-glbx-mdp3-20231225.mbo.dbn.zst")
    (result,) = take(lake, source)
    assert (result.status, result.kind, result.product, result.day) == ("added", "future_mbo", "ES", date(2023, 12, 25))
    folder = "raw/source=databento/product_type=future/symbol=ES/table=market_by_order_dbn"
    assert result.key == f"{folder}/{request_id(read_header(source))}/glbx-mdp3-20231225.mbo.dbn.zst"
    assert "Expected a manifest with the file's hash, was none" in result.warnings[0]
    there = everything(lake)
    assert there.pop(result.key) == source.read_bytes()
    (note,) = there.values()
    assert json.loads(note)["kind"] == "lone"
    assert [one.status for one in take(lake, source)] == ["unchanged"]


def test_folders_of_several_kinds_and_days_are_sorted_out(lake: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    names = ("es_options_definition_2024-05", "esh4-glbx-mdp3-20231225.mbo")
    (folder / "below").mkdir(parents=True)
    for name in names:
        shutil.copy(shared_data(f"dbn/{name}.dbn.zst"), folder / "below")
    statistics = made_up.stat_records([{"instrument_id": 11, "stat_type": 9, "quantity": 1}], version=3)
    write_orders(folder / "anything.dbn.zst", [statistics], schema="statistics", version=3)
    assert sorted((one.kind, one.day, one.status) for one in take(lake, folder)) == [
        ("future_mbo", date(2023, 12, 25), "added"),
        ("option_definition", date(2024, 5, 9), "added"),
        ("option_statistics", DAY, "added"),
    ]


def test_lone_files_lie_side_by_side_by_their_requests(lake: Path, tmp_path: Path) -> None:
    minute = 60 * SECOND
    requests: list[dict[str, Any]] = [
        {"end_ns": MIDNIGHT + 5 * minute},
        {"start_ns": MIDNIGHT + 5 * minute, "end_ns": MIDNIGHT + 10 * minute},
        {"end_ns": MIDNIGHT + 5 * minute, "symbols": ["EW1.OPT"]},
        {"end_ns": MIDNIGHT + 5 * minute, "limit": 10},
        {"end_ns": MIDNIGHT + 5 * minute, "symbols": ["ESH6 C6900"], "stype_in": "raw_symbol"},
    ]
    paths = [write_orders(tmp_path / f"{n}.dbn.zst", [random_orders(10, seed=n)], **said).path for n, said in enumerate(requests)]
    for status in ("added", "unchanged"):
        results = take(lake, *paths)
        assert [(one.status, one.job_id[:8]) for one in results] == [(status, "request-")] * len(paths)
        assert len({one.job_id for one in results}) == len(paths)
    table = verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY).table
    assert sorted(table["job_id"].to_pylist()) == sorted(one.job_id for one in results)


def test_the_same_request_again_replaces_its_file_and_keeps_the_time_of_its_first_coming(lake: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"symbols": ["ES.OPT", "EW1.OPT"]}
    older = write_orders(tmp_path / "a.dbn.zst", [random_orders(10, seed=1)], **asked).path
    newer = write_orders(tmp_path / "b.dbn.zst", [random_orders(12, seed=3)], symbols=asked["symbols"][::-1]).path
    (first,) = ingest(LocalFileSystem(lake), [older], clock=lambda: 5)
    (second,) = ingest(LocalFileSystem(lake), [newer], clock=lambda: 9)
    assert (first.status, second.status, second.key) == ("added", "replaced", first.key)
    assert (lake / str(first.key)).read_bytes() == newer.read_bytes()
    note = read_note(LocalFileSystem(lake), folder_of(str(first.key)))
    assert note is not None
    assert (note.kind, note.first_ingested_at) == ("lone", {NAME: 5})


def test_a_broken_file_in_the_place_of_a_lone_one_is_replaced(lake: Path, tmp_path: Path) -> None:
    source = write_orders(tmp_path / "a.dbn.zst", [random_orders(10, seed=1)]).path
    (first,) = take(lake, source)
    (lake / str(first.key)).write_bytes(b"half a download")
    assert [one.status for one in take(lake, source)] == ["replaced"]
    assert (lake / str(first.key)).read_bytes() == source.read_bytes()


def test_a_file_put_by_hand_into_the_tables_folder_stays_readable(lake: Path, tmp_path: Path) -> None:
    write_orders(lake / FOLDER / NAME, [random_orders(10, seed=1)])
    take(lake, write_orders(tmp_path / "a.dbn.zst", [random_orders(7, seed=1)], symbols=["EW1.OPT"]).path)
    table = verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY).table
    assert sorted(table["records"].to_pylist()) == [7, 10]


@pytest.mark.parametrize("job_id", ["../../elsewhere", "/etc", "a b", ".hidden"])
def test_names_of_jobs_do_not_become_paths_unchecked(lake: Path, tmp_path: Path, job_id: str) -> None:
    folder = tmp_path / "job"
    write_orders(folder / NAME, [random_orders(10, seed=1)])
    write_sidecars(folder, job_id=job_id)
    (result,) = take(lake, folder)
    assert result.status == "refused"
    assert "Expected a job's name" in result.why
    assert not lake.exists() or everything(lake) == {}


def test_what_is_not_taken_in_is_said(lake: Path, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    write_orders(folder / "glbx-mdp3-20260106.mbo.ESH6.dbn.zst", [random_orders(10, seed=1)])
    write_sidecars(folder, job_id=JOB)
    (split,) = take(lake, folder)
    assert (split.status, "Expected a file of one day" in split.why) == ("refused", True)
    other = write_orders(tmp_path / "o.dbn.zst", [], symbols=["CL.OPT"]).path
    futures = made_up.definitions([], version=1)
    definition = write_orders(tmp_path / "d.dbn.zst", [futures], symbols=["ES.FUT"], schema="definition").path
    (tmp_path / "t.dbn.zst").write_bytes(b"text")
    (tmp_path / "p.dbn").write_bytes(plain(write_orders(tmp_path / "z.dbn.zst", [random_orders(10, seed=1)]).path))
    results = take(lake, other, definition, tmp_path / "t.dbn.zst", tmp_path / "p.dbn")
    assert [one.status for one in results] == ["refused"] * 4
    assert ["Expected" in one.why for one in results] == [True] * 4
    assert "was a plain one" in results[-1].why
    with pytest.raises(LakeError, match="was nothing"):
        take(lake, tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LakeError, match="was none"):
        take(lake, tmp_path / "empty")


def test_a_file_that_holds_too_much_is_refused_by_the_limits_that_are_set(lake: Path, batch: Path, tmp_path: Path) -> None:
    lone = write_orders(tmp_path / "a.dbn.zst", [random_orders(100, seed=1)]).path
    long = write_orders(tmp_path / "b.dbn.zst", [random_orders(100, seed=1)], end_ns=MIDNIGHT + 2 * DAY_NS).path
    small = ReadLimits(file_bytes=5_000)
    results = ingest(LocalFileSystem(lake), [batch, lone, long], limits=small)
    assert [one.status for one in results] == ["refused"] * 4
    assert all("Expected at most 5,000 bytes when decompressed (setting max_file_bytes)" in one.why for one in results)
    assert {one.status for one in ingest(LocalFileSystem(lake), [batch, lone, long])} == {"added"}
    with pytest.raises(BadFileError, match="setting max_file_bytes"):
        verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY, limits=small)


def test_two_at_once_do_not_mix(lake: Path, tmp_path: Path) -> None:
    source = write_orders(tmp_path / "a.dbn.zst", [random_orders(10, seed=1)]).path
    key = f"{FOLDER}/{request_id(read_header(source))}/{NAME}"
    with LocalFileSystem(lake).lock(key), pytest.raises(LakeBusyError):
        take(lake, source)


def test_progress_names_every_file(lake: Path, batch: Path) -> None:
    said: list[str] = []
    ingest(LocalFileSystem(lake), [batch], progress=said.append)
    assert [Path(line).name for line in said] == [NAME, "glbx-mdp3-20260107.mbo.dbn.zst"]
