from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import BadFileError, LakeError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import day_named_by, find_files, kind_of, raw_file_name, raw_folder, strange_names

DAY = date(2026, 1, 6)
FOLDER = "raw/source=databento/product_type=future_option/symbol=ES/table=market_by_order_dbn"


def put(root: Path, *keys: str) -> None:
    for key in keys:
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(b"x")


def test_folders_and_names_are_those_of_a_batch_download() -> None:
    assert raw_folder(kind="option_mbo", product="ES") == FOLDER
    assert raw_folder(kind="future_mbo", product="NQ", job_id="GLBX-20260121-A7TQU6QDNJ") == (
        "raw/source=databento/product_type=future/symbol=NQ/table=market_by_order_dbn/GLBX-20260121-A7TQU6QDNJ"
    )
    assert raw_folder(kind="option_definition", product="ES").endswith("table=definition_dbn")
    assert raw_folder(kind="option_statistics", product="ES").endswith("table=statistics_dbn")
    assert raw_file_name(kind="option_statistics", day=DAY) == "glbx-mdp3-20260106.statistics.dbn.zst"
    assert day_named_by("glbx-mdp3-20260106.statistics.dbn.zst") == DAY
    assert day_named_by("glbx-mdp3-20261306.mbo.dbn.zst") is None


@pytest.mark.parametrize("job_id", ["..", "a/b", "/etc", ".hidden", "a b", "", "x\n"])
def test_names_from_outside_do_not_become_paths(job_id: str) -> None:
    if job_id:
        with pytest.raises(LakeError, match="Expected a job's name"):
            raw_folder(kind="option_mbo", product="ES", job_id=job_id)
    with pytest.raises(LakeError, match="Expected a product"):
        raw_folder(kind="option_mbo", product=f"../{job_id}")


def test_kinds_follow_from_product_type_and_schema() -> None:
    assert kind_of(product_type="future", schema="mbo") == "future_mbo"
    assert kind_of(product_type="future_option", schema="definition") == "option_definition"
    with pytest.raises(BadFileError, match="was definition of future"):
        kind_of(product_type="future", schema="definition")


def test_files_of_a_day_are_found_with_and_without_a_job(tmp_path: Path) -> None:
    name = "glbx-mdp3-20260106.mbo.dbn.zst"
    put(
        tmp_path,
        f"{FOLDER}/{name}",
        f"{FOLDER}/GLBX-20260121-B/{name}",
        f"{FOLDER}/GLBX-20260121-A/{name}",
        f"{FOLDER}/GLBX-20260121-A/glbx-mdp3-20260107.mbo.dbn.zst",
        f"{FOLDER}/GLBX-20260121-A/.{name}.0123.staged",
        f"{FOLDER}/.hidden/{name}",
        f"{FOLDER}/GLBX-20260121-A/deeper/{name}",
        f"{FOLDER}/GLBX-20260121-A/manifest.json",
    )
    found = find_files(LocalFileSystem(tmp_path), kind="option_mbo", product="ES", day=DAY)
    assert [(one.job_id, one.key.removeprefix(FOLDER)) for one in found] == [
        ("", f"/{name}"),
        ("GLBX-20260121-A", f"/GLBX-20260121-A/{name}"),
        ("GLBX-20260121-B", f"/GLBX-20260121-B/{name}"),
    ]
    assert [one.day for one in find_files(LocalFileSystem(tmp_path), kind="option_mbo", product="ES")] == [DAY] * 3 + [
        date(2026, 1, 7)
    ]
    assert find_files(LocalFileSystem(tmp_path), kind="future_mbo", product="ES") == []
    (tmp_path / found[0].key).write_bytes(b"longer")
    (longer, *_) = find_files(LocalFileSystem(tmp_path), kind="option_mbo", product="ES", day=DAY)
    assert (longer.info.size_bytes, longer.info.tag == found[0].info.tag) == (6, False)


def test_names_that_belong_nowhere_are_said(tmp_path: Path) -> None:
    put(
        tmp_path,
        f"{FOLDER}/glbx-mdp3-20260106.mbo.dbn.zst",
        f"{FOLDER}/glbx-mdp3-20260106.mbo.ESH6.dbn.zst",
        f"{FOLDER}/JOB/glbx-mdp3-20260106.statistics.dbn.zst",
        f"{FOLDER}/JOB/glbx-mdp3-20260107.statistics.dbn.zst",
    )
    strange = strange_names(LocalFileSystem(tmp_path), kind="option_mbo", product="ES", day=DAY)
    assert [name.removeprefix(FOLDER) for name in strange] == [
        "/JOB/glbx-mdp3-20260106.statistics.dbn.zst",
        "/glbx-mdp3-20260106.mbo.ESH6.dbn.zst",
    ]


def test_of_one_day_only_its_files_are_asked(tmp_path, monkeypatch):
    folder = tmp_path / raw_folder(kind="option_mbo", product="ES", job_id="GLBX-20260121-ABC")
    folder.mkdir(parents=True)
    for number in range(1, 29):
        (folder / raw_file_name(kind="option_mbo", day=date(2026, 2, number))).write_bytes(b"orders")
    asked, ask = [], LocalFileSystem.info
    monkeypatch.setattr(LocalFileSystem, "info", lambda self, key: asked.append(key) or ask(self, key))
    monkeypatch.setattr(LocalFileSystem, "list", lambda *args, **options: pytest.fail("all files were asked"))
    (found,) = find_files(LocalFileSystem(tmp_path), kind="option_mbo", product="ES", day=date(2026, 2, 3))
    assert asked == [found.key]
    assert (found.day, found.info.size_bytes) == (date(2026, 2, 3), 6)
