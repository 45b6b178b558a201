"""Prints which types a small day compiles kernels for that no tiny call compiled before; run in a process of its own."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from datetime import date, time
from pathlib import Path
from typing import Any

from gex_assets.defs.run import run_days, run_history
from gex_assets.sample.files.defects import RECORD_FAULTS
from gex_assets.sample.market import make_sample
from gex_assets.settings import load
from gex_assets.warm_up.units import UNITS

DAY = date(2026, 1, 6)
SESSION = (time(14, 28), time(14, 36))


def cached() -> dict[str, Any]:
    """Every compiled function of the package that numba caches, by name."""
    found: dict[str, Any] = {}
    for root in ("gex_assets.kernels", "gex_assets.sample"):
        for info in pkgutil.walk_packages(importlib.import_module(root).__path__, f"{root}."):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                function = getattr(value, "py_func", None)
                if function is not None and function.__module__ == info.name and type(value._cache).__name__ != "NullCache":
                    found[f"{info.name}.{name}"] = value
    return found


def main(lake: Path) -> None:
    functions = cached()
    of_units: dict[str, set[str]] = {}
    before: set[str] = set()
    for unit in UNITS:
        unit.call()
        called = {f"{name} {types}" for name, function in functions.items() for types in function.signatures}
        of_units[unit.name], before = called - before, called
    make_sample(lake, start=DAY, days=1, session=SESSION, defects=RECORD_FAULTS, dbn_version=3)
    settings = load(lake=lake)
    success = all(run.success for run in run_days(settings, [DAY])) and run_history(settings).success
    after = {f"{name} {types}" for name, function in functions.items() for types in function.signatures}
    empty = [name for name, types in of_units.items() if not types]
    Path(lake, "answer.json").write_text(json.dumps({"success": success, "new": sorted(after - before), "empty": empty}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
