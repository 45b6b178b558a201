"""`gex levels` as it is typed: in a terminal, into a file, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gex_assets_tests.cli.typed import gex

LEVELS = 8
"""Both walls, their seconds, the flip, the reference price, and the expected move up and down."""


def test_levels_within_a_day_fit_a_terminal(published: Path, tmp_path: Path) -> None:
    done = gex("levels", "--date", "2026-01-06", "--at", "14:35", "--lake", str(published), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ES 2026-01-06 14:35:00 UTC, field, selected, by open_interest\n")
    assert "call wall" in done.stdout


def test_levels_before_a_session_come_from_the_same_run(published: Path, tmp_path: Path) -> None:
    done = gex("levels", "--format", "json", "--convention", "magic8", "--lake", str(published), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)
    assert (one["session_date"], one["convention"], one["scope"]) == ("2026-01-07", "magic8", "all")
    assert one["levels"]


def test_a_file_is_written_and_replaced_only_when_asked(published: Path, tmp_path: Path) -> None:
    words = ("levels", "--format", "tradingview", "--out", "levels.pine", "--lake", str(published))
    assert gex(*words, cwd=tmp_path).stdout == f"levels.pine: {LEVELS} levels\n"
    assert (tmp_path / "levels.pine").read_text().startswith("//@version=6\n")
    refused = gex(*words, cwd=tmp_path)
    assert refused.returncode == 1
    assert "Expected levels.pine not to be there, was a file" in refused.stderr
    assert gex(*words, "--overwrite", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--session", "2026-01-07", "--date", "2026-01-06"], "Expected --session or --date, was both"),
        (["--at", "14:30"], "Expected --date with --at, was --at alone"),
        (["--session", "2026-01-09"], "Expected levels before the session of 2026-01-09, was none"),
        (["--convention", "fields"], "Expected a convention of field, magic8, was fields: did you mean field"),
        (["--format", "csv", "--out", "none/levels.csv"], "Expected a file to write at none/levels.csv"),
    ],
)
def test_an_error_is_one_clear_line(published: Path, tmp_path: Path, words: list[str], says: str) -> None:
    done = gex("levels", "--lake", str(published), *words, cwd=tmp_path)
    assert done.returncode == 1
    assert says in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_brief_fits_a_phone_and_a_program(published: Path, tmp_path: Path) -> None:
    done = gex("brief", "--lake", str(published), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ES, session of Wed 2026-01-07\n")
    assert max(map(len, done.stdout.splitlines())) <= 46
    document = json.loads(gex("brief", "--json", "--convention", "magic8", "--lake", str(published), cwd=tmp_path).stdout)
    assert document["convention"] == "magic8"
    assert document["roll_off"]
    refused = gex("brief", "--convention", "flow", "--lake", str(published), cwd=tmp_path)
    assert (refused.returncode, "Expected a convention of field, magic8" in refused.stderr) == (1, True)
