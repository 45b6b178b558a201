"""`gex doctor`: each thing is fine, or says why not and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from gex_assets import doctor
from gex_assets.cli.main import gex
from gex_assets.doctor import Finding, findings


@pytest.fixture(autouse=True)
def _compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gex_assets.warm_up.compilation.is_compiled", lambda: True)


def found(lake: Path) -> dict[str, Finding]:
    return {one.about: one for one in findings(lake=lake)}


def test_an_empty_lake_is_a_note_and_everything_else_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "lake").mkdir()
    said = found(tmp_path / "lake")
    assert list(said) == ["Python", "packages", "settings", "lake", "disk", "Dagster", "kernels"]
    assert said["lake"].is_fine is None
    assert "gex ingest PATH…" in said["lake"].to_do
    assert all(one.is_fine for name, one in said.items() if name not in ("lake", "disk"))


def test_what_is_wrong_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "relative")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: doctor.shutil._ntuple_diskusage(10, 9, 1))
    monkeypatch.setattr(
        doctor.metadata, "requires", lambda _: ["click>=99", "nothing-of-this-name", 'pytest>=99; extra == "dev"']
    )
    said = found(tmp_path / "none")
    assert not any((said["lake"].is_fine, said["Dagster"].is_fine, said["packages"].is_fine, said["disk"].is_fine))
    assert "is not >=99; nothing-of-this-name is missing" in said["packages"].said
    assert all(one.to_do for one in said.values() if not one.is_fine)
    assert not (tmp_path / "none").exists()


def test_an_unusable_setting_is_named_and_the_exit_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEX_MAX_DTE", "soon")
    done = CliRunner().invoke(gex, ["doctor", "--lake", str(tmp_path)])
    assert done.exit_code == 1
    assert "wrong  settings  max_dte" in done.output
    monkeypatch.delenv("GEX_MAX_DTE")
    done = CliRunner().invoke(gex, ["doctor", "--lake", str(tmp_path)])
    assert done.exit_code == 0
    assert "note   lake" in done.output
