from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.delivery_notes import note_file
from gex_assets.lake.raw.sidecars import Sidecars, facts_digest, read_sidecars, read_symbology
from gex_assets_tests.lake.made_up_files import write_sidecars
from gex_assets_tests.shared_data import shared_data


def real(folder: Path, job: str) -> Path:
    for path in shared_data("sidecars").glob(f"{job}.*.json"):
        shutil.copy(path, folder / path.name.removeprefix(f"{job}."))
    return folder


def test_real_sidecars_of_orders_are_read(tmp_path: Path) -> None:
    sidecars = read_sidecars(LocalFileSystem(real(tmp_path, "es_opt_mbo")))
    assert sidecars.job_id == "GLBX-20260121-A7TQU6QDNJ"
    assert sidecars.query is not None
    assert (sidecars.query.dataset, sidecars.query.schema, sidecars.query.symbols) == ("GLBX.MDP3", "mbo", ("ES.OPT",))
    assert (sidecars.query.start_ns, sidecars.query.end_ns) == (1_767_657_600_000_000_000, 1_768_867_200_000_000_000)
    assert sidecars.files is not None
    monday = sidecars.files["glbx-mdp3-20260119.mbo.dbn.zst"]
    assert (monday.size_bytes, monday.sha256[:8]) == (756_451_252, "bc874ccb")
    assert sidecars.conditions == {}


def test_real_sidecars_of_statistics_are_read(tmp_path: Path) -> None:
    sidecars = read_sidecars(LocalFileSystem(real(tmp_path, "es_opt_statistics")))
    assert sidecars.job_id == "GLBX-20260122-PCAB76CC7N"
    assert len(sidecars.conditions) == 13
    assert set(sidecars.conditions.values()) == {"available"}
    assert date(2026, 1, 11) in sidecars.conditions
    assert date(2026, 1, 10) not in sidecars.conditions


def test_a_real_symbology_names_outrights_and_spreads() -> None:
    mappings = read_symbology(LocalFileSystem(shared_data("sidecars")), "es_opt_mbo.symbology.json")
    spreads = sum(mapping.raw_symbol.startswith("UD:") for mapping in mappings)
    assert (len(mappings), spreads) == (7_138, 4_444)
    spread = next(mapping for mapping in mappings if mapping.raw_symbol == "UD:1V: GN 3067770")
    assert spread.intervals == ((date(2026, 1, 19), date(2026, 1, 20), "3067770"),)


def test_what_was_asked_for_and_not_found_is_read(tmp_path: Path) -> None:
    real_ones = read_sidecars(LocalFileSystem(real(tmp_path, "es_opt_mbo")))
    assert real_ones.query is not None
    assert (real_ones.query.stype_in, real_ones.query.limit, real_ones.not_found) == ("parent", None, ())
    folder = tmp_path / "job"
    write_sidecars(folder, job_id="GLBX-20260107-AAAAAAAAAA", symbols=["ES.OPT", "EW5.OPT"], limit=6)
    said = {"result": {}, "not_found": ["EW5.OPT"], "partial": ["ES.OPT"], "status": 1}
    (folder / "manifest.json").unlink()
    (folder / "symbology.json").write_text(json.dumps(said))
    sidecars = read_sidecars(LocalFileSystem(folder))
    assert sidecars.query is not None
    assert sidecars.query.limit == 6
    assert (sidecars.not_found, sidecars.partial, sidecars.named) == (("EW5.OPT",), ("ES.OPT",), ())
    (folder / "symbology.json").write_text(json.dumps({"result": {}, "not_found": "EW5.OPT"}))
    with pytest.raises(BadFileError, match=r"symbology\.json: Expected list as not_found, was 'EW5\.OPT'"):
        read_sidecars(LocalFileSystem(folder))


def test_a_symbology_of_a_request_by_ids_leads_to_ids_as_all_others_do(tmp_path: Path) -> None:
    result = {"100": [{"d0": "2026-01-06", "d1": "2026-01-07", "s": "ESH6 C6900"}], "99": []}
    (tmp_path / "symbology.json").write_text(json.dumps({"result": result, "stype_in": "instrument_id"}))
    (mapped,) = read_symbology(LocalFileSystem(tmp_path), "symbology.json")
    assert (mapped.raw_symbol, mapped.intervals) == ("ESH6 C6900", ((date(2026, 1, 6), date(2026, 1, 7), "100"),))
    assert read_sidecars(LocalFileSystem(tmp_path)).named == ("ESH6 C6900",)


def test_our_own_note_belongs_to_what_is_said_of_a_file(tmp_path: Path) -> None:
    fs = LocalFileSystem(tmp_path)
    write_sidecars(tmp_path / "job", job_id="GLBX-20260107-AAAAAAAAAA")
    keys = [f"job/glbx-mdp3-2026010{day}.mbo.dbn.zst" for day in (6, 7)]
    before = [facts_digest(fs, key) for key in keys]
    note_file(fs, "job", kind="job", file_name="glbx-mdp3-20260107.mbo.dbn.zst", now_ns=5)
    noted = [facts_digest(fs, key) for key in keys]
    assert len({*before, *noted}) == 4  # that both lie in the folder of a job is said of both
    note_file(fs, "job", kind="job", file_name="glbx-mdp3-20260106.mbo.dbn.zst", now_ns=6)
    again = [facts_digest(fs, key) for key in keys]
    assert again[0] != noted[0]
    assert again[1] == noted[1]


def test_a_folder_without_sidecars_says_nothing(tmp_path: Path) -> None:
    assert read_sidecars(LocalFileSystem(tmp_path)) == Sidecars()
    assert read_symbology(LocalFileSystem(tmp_path), "symbology.json") == ()


@pytest.mark.parametrize("name", ["metadata.json", "condition.json", "symbology.json"])
def test_a_sidecar_that_is_not_the_manifests_is_refused(tmp_path: Path, name: str) -> None:
    write_sidecars(tmp_path, job_id="GLBX-20260107-AAAAAAAAAA")
    read_sidecars(LocalFileSystem(tmp_path))
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content + b" ")
    with pytest.raises(
        BadFileError, match=rf"{name}: Expected {len(content)} bytes as manifest.json says, was {len(content) + 1}"
    ):
        read_sidecars(LocalFileSystem(tmp_path))
    (tmp_path / name).write_bytes(content.replace(b"2026", b"2027"))
    with pytest.raises(BadFileError, match=rf"{name}: Expected sha256 .* as manifest.json says, was "):
        read_sidecars(LocalFileSystem(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("manifest.json", "{", "Expected JSON"),
        ("manifest.json", "[]", "Expected dict, was list"),
        ("manifest.json", '{"job_id": "x"}', "Expected list as files, was None"),
        ("manifest.json", '{"job_id": "x", "files": [{"filename": "a", "size": 1, "hash": "md5:0"}]}', "Expected a sha256 for a"),
        ("manifest.json", '{"job_id": "x", "files": [3]}', "Expected a list of objects"),
        ("metadata.json", '{"job_id": 4, "query": {}}', "Expected list as symbols"),
        ("metadata.json", "[" * 100_000, "Expected JSON"),
        ("condition.json", '[{"date": "2026-01-06", "condition": "fine"}]', "Expected a condition of available"),
        ("condition.json", '[{"date": "6 January", "condition": "available"}]', "Expected a date"),
        ("condition.json", "\x00\xff", "Expected JSON"),
        ("metadata.json", '{"job_id": "\\ud800", "query": {}}', "Expected JSON.*surrogates not allowed"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content, encoding="latin-1")
    with pytest.raises(BadFileError, match=f"{name}.*{said}"):
        read_sidecars(LocalFileSystem(tmp_path))


@pytest.mark.parametrize("name", ["metadata.json", "manifest.json", "condition.json", "symbology.json"])
def test_a_sidecar_of_gigabytes_is_refused_unread(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(BadFileError, match=rf"{name}: Expected at most 134,217,728 bytes, was 3,000,000,000"):
        read_sidecars(LocalFileSystem(tmp_path))


def test_a_request_may_be_open(tmp_path: Path) -> None:
    query = {"dataset": "GLBX.MDP3", "schema": "mbo", "symbols": ["ES.OPT"], "start": 1, "end": None}
    (tmp_path / "metadata.json").write_text(json.dumps({"job_id": "j", "query": query}))
    asked = read_sidecars(LocalFileSystem(tmp_path)).query
    assert asked is not None
    assert asked.end_ns is None
