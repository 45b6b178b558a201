"""`gex heatmap` as it is typed: one file, what is missing in words, and nothing overwritten but its own pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets_tests.cli.typed import gex
from gex_assets_tests.twins.packed_day import PackedDay


def test_a_day_becomes_one_file_with_everything_in_it(published: Path, tmp_path: Path) -> None:
    done = gex("heatmap", "--date", "2026-01-06", "--lake", str(published), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    file = tmp_path / "heatmap-ES-2026-01-06.html"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert done.stdout.startswith("heatmap-ES-2026-01-06.html: 0.")
    assert "96 windows, 190 strikes of 1 expiration\n" in done.stdout
    page = file.read_text()
    assert PackedDay(page).header["windows"] == 96
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page
    assert gex("heatmap", "--date", "2026-01-06", "--lake", str(published), cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--date", "2026-01-07"], "Expected windows of ES 2026-01-07 in the lake, was none: run the day with"),
        (["--date", "2026-01-06", "--product", "XX"], "Expected a product of"),
        (["--date", "2026-01-06", "--out", "mine.html"], "was another file"),
        (["--date", "2026-01-06", "--out", "none/page.html"], "Expected a folder none"),
        (["--date", "2026-01-06", "--lake", "nowhere"], "Expected a lake at"),
        (["--date", "2026-01-06", "--out", "-", "--open"], "Expected a file with --open, was standard output"),
    ],
)
def test_an_error_is_one_clear_line(published: Path, tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "mine.html").write_text("mine")
    done = gex("heatmap", "--lake", str(published), *words, cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_a_line_is_standard_output(published: Path, tmp_path: Path) -> None:
    done = gex("heatmap", "--date", "2026-01-06", "--lake", str(published), "--out", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.rstrip().endswith("</html>")
    assert "96 windows" in done.stderr
    assert not list(tmp_path.iterdir())
    refused = gex("pages", "--lake", str(published), "--out", "-", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Expected a folder with --out" in refused.stderr
    assert not list(tmp_path.iterdir())


def test_help_has_examples(tmp_path: Path) -> None:
    assert "gex heatmap --date yesterday --open" in gex("heatmap", "--help", cwd=tmp_path).stdout
