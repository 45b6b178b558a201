"""What pages are made of is in the wheel: a user needs neither node nor this repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("gex_assets", "pyproject.toml", "README.md", "LICENSE")

BUILD = "import setuptools.build_meta as backend, sys; print(backend.build_wheel(sys.argv[1]))"


def test_scripts_styles_and_templates_are_in_the_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc"))
        else:
            source.mkdir(exist_ok=True)
            shutil.copy(path, source / name)
    done = subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        names = set(wheel.namelist())
    pages = ROOT / "gex_assets" / "pages"
    needed = [path for folder in ("web", "picture/templates") for path in (pages / folder).iterdir() if path.is_file()]
    assert {"heatmap.js", "heatmap.css", "page.css", "page.html"} <= {path.name for path in needed}
    missing = [str(path.relative_to(ROOT)) for path in needed if str(path.relative_to(ROOT)) not in names]
    assert not missing, f"Expected these in the wheel, was without {missing}: add them to package-data"
