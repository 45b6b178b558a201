"""The layout that ARCHITECTURE.md describes: small files, small folders, tests where the code is."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "gex_assets", ROOT / "gex_assets_tests"
MOST_LINES = 400
MOST_MODULES = 20
MOST_WITH_HELPERS = 30
"""Of tests and benchmarks: one a module of the package, and made-up inputs next to them."""
FLAT = {"schemas"}
"""Folders that may hold more: one module per table, sorted by layer through their names."""

FOLDERS = sorted({path.parent for top in (PACKAGE, TESTS, ROOT / "benchmarks") for path in top.rglob("*.py")})


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_files_and_folders_are_small(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    long = {name_of(path): count for path in modules if (count := len(path.read_text().splitlines())) > MOST_LINES}
    assert not long, f"Expected at most {MOST_LINES} lines, was {long}: divide the file by topic"
    if folder.name not in FLAT:
        most = MOST_MODULES if PACKAGE in (folder, *folder.parents) else MOST_WITH_HELPERS
        assert len(modules) <= most, f"Expected at most {most} modules, was {len(modules)}: group them by topic"


@pytest.mark.parametrize("folder", [one for one in FOLDERS if PACKAGE in one.parents], ids=name_of)
def test_tests_mirror_the_folders(folder: Path) -> None:
    mirror = TESTS / folder.relative_to(PACKAGE)
    assert list(mirror.glob("test_*.py")), f"Expected tests of {name_of(folder)} in {name_of(mirror)}, was none"


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=name_of)
def test_no_module_imports_from_a_test_module(path: Path) -> None:
    """Fixtures and made-up inputs stand in modules of their own, so that a test can be moved or removed."""
    imported = f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)} import"
    users = [name_of(other) for other in TESTS.rglob("*.py") if f"from {imported}" in other.read_text()]
    assert not users


@pytest.mark.parametrize("folder", [one for one in FOLDERS if PACKAGE in (one, *one.parents)], ids=name_of)
def test_each_package_says_what_it_holds(folder: Path) -> None:
    assert (folder / "__init__.py").read_text().startswith('"""')


EVERYWHERE_BUT = {
    "Only the floor of definitions and the roofs know Dagster": {"defs", "cli", "definitions", "demo", "doctor"},
    "Only the lake reads and writes DBN and asks DuckDB": {"lake"},
    "Only the server knows HTTP": {"serve"},
}
"""Contracts of imports that hold in every room but these."""


@pytest.mark.parametrize("name", EVERYWHERE_BUT)
def test_a_contract_holds_in_every_room(name: str) -> None:
    """A new room is in no list of an import contract by itself."""
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - {"__init__"}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one["name"] == name]
    assert {module.removeprefix("gex_assets.") for module in contract["source_modules"]} == rooms - EVERYWHERE_BUT[name]


OF_COMPILED_CODE = {"B018", "FBT001", "FBT003"}
"""B018: a unit names what it closes over (`kernels.numba_tools.compiled_unit`). FBT: compiled functions take no keywords."""


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=name_of)
def test_each_exception_from_a_rule_has_a_reason(path: Path) -> None:
    is_compiled = path.relative_to(PACKAGE).parts[0] in ("kernels", "sample")
    for line in path.read_text().splitlines():
        exception = re.search(r"# noqa(?:: (?P<codes>[A-Z]+\d+(?:, [A-Z]+\d+)*)(?P<reason> \(.+\)| - .+)?)?", line)
        if exception is not None and exception["reason"] is None:
            codes = set((exception["codes"] or "every rule").split(", "))
            assert codes <= (OF_COMPILED_CODE if is_compiled else set()), (
                f"Expected a reason in brackets, was none: {line.strip()}"
            )


NUMBERED = {"natural_spline.py", "smile.py", "smile_errors.py"}
"""Where a number is a name: the terms of a spline, the entries of its matrix."""
COMPILED = [
    path
    for folder in ("kernels", "sample")
    for path in sorted((PACKAGE / folder).rglob("*.py"))
    if "njit" in path.read_text() and path.name not in NUMBERED
]


@pytest.mark.parametrize("path", COMPILED, ids=name_of)
def test_compiled_code_names_its_positions(path: Path) -> None:
    """Only a first element may be called by its number; a shape's dimensions have no other name."""
    functions = [
        one
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.FunctionDef) and any("njit" in ast.unparse(decorator) for decorator in one.decorator_list)
    ]
    found = []
    for node in (inner for one in functions for inner in ast.walk(one) if isinstance(inner, ast.Subscript)):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        numbers = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, int)]
        if any(number > 0 for number in numbers) and not ast.unparse(node.value).endswith("shape"):
            found.append(f"{ast.unparse(node)} in line {node.lineno}")
    assert not found, "give the position a name"
