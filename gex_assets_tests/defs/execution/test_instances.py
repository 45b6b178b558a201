"""Which instance keeps the runs: what `.env` says counts, a different exported one is said, and the set-up writes it once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gex_assets.defs.execution.home import use_home_of, write_home
from gex_assets.defs.execution.instances import instance
from gex_assets.errors import SettingsError


@pytest.fixture(autouse=True)
def _no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")  # restored afterwards
    monkeypatch.delenv("DAGSTER_HOME")


@pytest.mark.parametrize("exported", [None, "same", "other"])
def test_what_is_written_counts_and_another_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: str | None
) -> None:
    (tmp_path / ".env").write_text(f"DAGSTER_HOME={tmp_path / 'same'}\n")
    if exported is not None:
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / exported))
    said = use_home_of(tmp_path)
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "same")
    assert (said is not None) is (exported == "other")
    if said is not None:
        assert said.startswith(
            f"DAGSTER_HOME is exported as {tmp_path / 'other'}, but {tmp_path / '.env'} says {tmp_path / 'same'}"
        )


def test_without_env_the_exported_one_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert use_home_of(tmp_path) is None
    assert os.environ["DAGSTER_HOME"] == str(tmp_path)


def test_it_is_written_once_next_to_the_instances_configuration(tmp_path: Path) -> None:
    write_home(tmp_path)
    assert not (tmp_path / ".env").exists()
    (tmp_path / "dagster.yaml").write_text("")
    (tmp_path / ".env").write_text("GEX_RATE=0.05\n")
    for _ in range(2):
        write_home(tmp_path)
        assert (tmp_path / ".env").read_text() == f"GEX_RATE=0.05\nDAGSTER_HOME={tmp_path}\n"


def test_a_home_that_is_no_folder_is_refused_where_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "gone"))
    with pytest.raises(
        SettingsError, match=r"Expected DAGSTER_HOME to be the absolute path of a folder, was .*correct it in \.env"
    ):
        instance().__enter__()
    with instance(shared=False) as found:
        assert found.is_ephemeral
