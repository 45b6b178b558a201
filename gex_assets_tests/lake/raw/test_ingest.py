from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import LakeBusyError, LakeError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import Ingested, ingest
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
    assert everything(lake) == {f"{FOLDER}/{JOB}/{name}": content for name, content in everything(batch).items()}
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
    assert result.key == (
        "raw/source=databento/product_type=future/symbol=ES/table=market_by_order_dbn/glbx-mdp3-20231225.mbo.dbn.zst"
    )
    assert "Expected a manifest with the file's hash, was none" in result.warnings[0]
    assert everything(lake) == {result.key: source.read_bytes()}
    assert [one.status for one in take(lake, source)] == ["unchanged"]


def test_a_header_of_a_month_stands_for_its_first_day(lake: Path) -> None:
    (result,) = take(lake, shared_data("dbn/definition-glbx-es-opt.dbn.zst"))
    assert (result.status, result.kind, result.day) == ("added", "option_definition", date(2023, 8, 1))
    assert result.key is not None
    assert result.key.endswith("table=definition_dbn/glbx-mdp3-20230801.definition.dbn.zst")


def test_folders_of_several_kinds_and_days_are_sorted_out(lake: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    names = ("definition-glbx-es-opt", "es_options_definition_2024-05", "esh4-glbx-mdp3-20231225.mbo")
    (folder / "below").mkdir(parents=True)
    for name in names:
        shutil.copy(shared_data(f"dbn/{name}.dbn.zst"), folder / "below")
    statistics = made_up.stat_records([{"instrument_id": 11, "stat_type": 9, "quantity": 1}], version=3)
    write_orders(folder / "anything.dbn.zst", [statistics], schema="statistics", version=3)
    assert sorted((one.kind, one.day, one.status) for one in take(lake, folder)) == [
        ("future_mbo", date(2023, 12, 25), "added"),
        ("option_definition", date(2023, 8, 1), "added"),
        ("option_definition", date(2024, 5, 9), "added"),
        ("option_statistics", DAY, "added"),
    ]


def test_lone_files_of_other_symbols_do_not_push_each_other_out(lake: Path, tmp_path: Path) -> None:
    quarterly = write_orders(tmp_path / "a.dbn.zst", [random_orders(10, seed=1)]).path
    weekly = write_orders(tmp_path / "b.dbn.zst", [random_orders(10, seed=2)], symbols=["EW1.OPT"]).path
    for _ in range(2):
        results = take(lake, quarterly, weekly)
        assert [one.job_id[:8] for one in results] == ["", "request-"]
    assert [one.status for one in results] == ["unchanged", "unchanged"]
    assert verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY).table.num_rows == 2
    newer = write_orders(tmp_path / "c.dbn.zst", [random_orders(12, seed=3)]).path
    assert [(one.status, one.job_id) for one in take(lake, newer)] == [("replaced", "")]


def test_a_broken_file_in_the_place_of_a_lone_one_is_replaced(lake: Path, tmp_path: Path) -> None:
    (lake / FOLDER).mkdir(parents=True)
    (lake / FOLDER / NAME).write_bytes(b"half a download")
    source = write_orders(tmp_path / "a.dbn.zst", [random_orders(10, seed=1)]).path
    assert [one.status for one in take(lake, source)] == ["replaced"]
    assert (lake / FOLDER / NAME).read_bytes() == source.read_bytes()


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


def test_two_at_once_do_not_mix(lake: Path, tmp_path: Path) -> None:
    source = write_orders(tmp_path / "a.dbn.zst", [random_orders(10, seed=1)]).path
    with LocalFileSystem(lake).lock(f"{FOLDER}/{NAME}"), pytest.raises(LakeBusyError):
        take(lake, source)


def test_progress_names_every_file(lake: Path, batch: Path) -> None:
    said: list[str] = []
    ingest(LocalFileSystem(lake), [batch], progress=said.append)
    assert [Path(line).name for line in said] == [NAME, "glbx-mdp3-20260107.mbo.dbn.zst"]
