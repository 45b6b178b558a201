"""The version of a page knows every file that draws it, and no other."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from gex_assets.pages.bundle import bundle, day_page_contract, drawing_digest, drawing_files
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets_tests.shared_data import ROOT

PACKAGE = ROOT / "gex_assets"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, place in drawing_files(PACKAGE):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(str(place)), target)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "pages/sections/levels.py",
        "pages/words.py",
        "pages/web/heatmap.js",
        "pages/picture/templates/page.html",
        "analytics/reach.py",
    ],
)
def test_a_changed_file_is_another_version(package: Path, name: str) -> None:
    before = drawing_digest(package)
    assert day_page_contract().version == f"{DAY_PAGE.version}-{before[:8]}"
    with (package / name).open("a") as file:
        file.write(" ")
    assert drawing_digest(package) != before


def test_other_pages_and_caches_do_not_count(package: Path) -> None:
    before = drawing_digest(package)
    for name in ("pages/history.py", "pages/previews/canvas.py", "pages/web/chain.js", "pages/__pycache__/words.cpython-311.pyc"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x")
    assert drawing_digest(package) == before


def test_every_module_of_pages_that_a_day_is_drawn_by_counts() -> None:
    """What the page imports of this room, directly or by others."""
    counted = {name for name, _ in drawing_files(PACKAGE)}
    waiting, seen = ["gex_assets.pages.day_page"], set()
    while waiting:
        module = waiting.pop()
        path = PACKAGE.parent / f"{module.replace('.', '/')}.py"
        path = path if path.is_file() else path.with_suffix("") / "__init__.py"
        if module in seen or not path.is_file():
            continue
        seen.add(module)
        assert str(path.relative_to(PACKAGE)) in counted
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gex_assets.pages"):
                waiting += [str(node.module), *(f"{node.module}.{one.name}" for one in node.names)]
    assert len(seen) > 25


def test_what_is_inlined_is_there() -> None:
    assert bundle("web/heatmap.js")
