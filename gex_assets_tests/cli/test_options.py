"""What commands say to people: in the terminal's width, with words whole, and with commands that can be copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.cli.options import lines_for_people
from gex_assets_tests.cli.typed import gex

LONG = "Expected a lake at /a/folder-with-a-name/that-is/longer-than-the/line-it-shall-stand/in/altogether, was none: make one"


@pytest.mark.parametrize("width", [40, 80])
def test_words_and_paths_stay_whole(width: int) -> None:
    lines = lines_for_people(f"  {LONG}", width=width)
    assert " ".join(line.strip() for line in lines) == LONG
    assert all(len(line) <= width or " " not in line.strip() for line in lines)
    assert [line[: len(line) - len(line.lstrip())] for line in lines] == ["  ", *["    "] * (len(lines) - 1)]


def test_a_pipe_has_lines_of_any_length() -> None:
    assert lines_for_people(LONG, width=None) == [LONG]


def test_an_error_is_folded_at_the_terminals_width(tmp_path: Path) -> None:
    done = gex("status", "--lake", str(tmp_path / "nowhere"), cwd=tmp_path, COLUMNS="80")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) > 1
    assert all(len(line) <= 80 or " " not in line.strip() for line in done.stderr.splitlines())


def test_commands_that_are_named_are_of_the_lake_that_was_asked_for(published: Path, tmp_path: Path) -> None:
    said = gex("status", "--lake", str(published), cwd=tmp_path).stdout
    assert f"`gex history --lake {published}` makes it" in said
    said = gex("status", cwd=tmp_path, GEX_LAKE=str(published)).stdout
    assert "`gex history` makes it" in said
