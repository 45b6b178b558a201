"""What is cached on the disk must notice when a compiled piece in another file has changed."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

from gex_assets import sample

UNITS = {
    "futures.loop.fill_ladder",
    "futures.loop.run",
    "options.rate_loop.run",
    "options.quotes.fill_in",
    "options.budget_loop.run_budgeted",
    "files.packing._packed",
}

COVERED = """
import importlib, json, pkgutil
import gex_assets.kernels.numba_tools.compiled_unit as compiled
from gex_assets import sample
asked, own = {}, compiled.fingerprint
def noted(*modules):
    number = own(*modules)
    asked[number] = [module.__name__ for module in modules]
    return number
compiled.fingerprint = noted
for info in pkgutil.walk_packages(sample.__path__, "gex_assets.sample."):
    importlib.import_module(info.name)
print(json.dumps(asked))
"""


def dispatchers() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for info in pkgutil.walk_packages(sample.__path__, "gex_assets.sample."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            function = getattr(value, "py_func", None)
            if function is not None and function.__module__ == module.__name__:
                found[f"{info.name.removeprefix('gex_assets.sample.')}.{name}"] = value
    return found


def pieces(function: Any) -> set[Any]:
    """Every compiled function that this one calls, or one of those."""
    found: set[Any] = set()
    waiting = [function]
    while waiting:
        one = waiting.pop()
        for name in one.__code__.co_names:
            called = getattr(one.__globals__.get(name), "py_func", None)
            if called is not None and called not in found:
                found.add(called)
                waiting.append(called)
    return found


@pytest.fixture(scope="module")
def covered() -> dict[int, set[str]]:
    """The modules behind every number, as another process finds them."""
    printed = subprocess.run([sys.executable, "-c", COVERED], capture_output=True, text=True, check=True).stdout
    return {int(number): set(modules) for number, modules in json.loads(printed).items()}


def test_only_whole_units_are_cached() -> None:
    assert {name for name, value in dispatchers().items() if type(value._cache).__name__ != "NullCache"} == UNITS


@pytest.mark.parametrize("name", sorted(UNITS))
def test_a_unit_closes_over_the_number_of_all_that_it_is_made_of(name: str, covered: dict[int, set[str]]) -> None:
    function = dispatchers()[name].py_func
    (cell,) = function.__closure__
    called = pieces(function)
    assert len(called) > 1
    assert {one.__module__ for one in called} <= covered[cell.cell_contents]
