"""A page replaces an earlier page and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.errors import GexError
from gex_assets.pages.written import GENERATOR, write_page

PAGE = b"<!doctype html>" + GENERATOR


def test_a_page_is_written_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    for page in (PAGE + b"1", PAGE + b"2"):
        write_page(file, page)
        assert file.read_bytes() == page
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("content", [b"", b"mine", b"<!doctype html><title>other</title>", b"x" * 5000 + GENERATOR])
def test_other_files_are_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(content)
    with pytest.raises(GexError, match="was another file"):
        write_page(file, PAGE)
    assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GexError, match="was a folder"):
        write_page(tmp_path, PAGE)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(GexError, match="Expected a folder"):
        write_page(tmp_path / "none" / "page.html", PAGE)


def test_others_may_read_it(tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", PAGE)
    assert (tmp_path / "page.html").stat().st_mode & 0o444
