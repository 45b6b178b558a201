"""A lake that is there is opened; a name that leads elsewhere is an error that says what to do, and makes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.existing import existing_lake


def test_a_missing_folder_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(
        LakeError, match=r"Expected a lake at .*/daat, was nothing: name another with --lake DIR.*`gex ingest PATH…`"
    ):
        existing_lake(tmp_path / "daat")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("made", ["notes.txt", "src"])
def test_a_folder_of_other_things_is_no_lake(tmp_path: Path, made: str) -> None:
    (tmp_path / made).mkdir()
    with pytest.raises(LakeError, match=rf"was a folder of other things \({made}\)"):
        existing_lake(tmp_path)


def test_a_file_is_no_lake(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")
    with pytest.raises(LakeError, match="was a file"):
        existing_lake(tmp_path / "lake")


@pytest.mark.parametrize("holds", [(), ("README.md",), (".hidden",), ("notes.txt", "raw"), ("silver_gex",), ("gex.duckdb",)])
def test_an_empty_folder_and_one_with_something_of_a_lake_are_opened(tmp_path: Path, holds: tuple[str, ...]) -> None:
    for name in holds:
        (tmp_path / name).mkdir()
    assert existing_lake(tmp_path).uri.rstrip("/") == tmp_path.as_posix()
