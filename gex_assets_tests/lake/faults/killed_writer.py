"""A light process whose child publishes, rejects or removes a table-day and is killed at many of its system calls.

Its parent, `test_killed_at_system_calls`, reads one JSON line a kill: what was visible afterwards, and after another try.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gex_assets.lake.tables import Lake
from gex_assets_tests.lake.faults.traced import forked, traced
from gex_assets_tests.lake.made_up_tables import DAY, LEVELS, levels, lineage_of

GROUPS: Final = tuple(range(start, start + 100) for start in range(0, 400, 100))
OTHER: Final = (range(5),)


def write(root: Path, groups: tuple[range, ...], *, what: str) -> None:
    """Publish or reject rows, or remove the day."""
    lake = Lake(root)
    if what == "remove":
        lake.remove(LEVELS, product="ES", day=DAY)
        return
    with lake.replace(LEVELS, product="ES", day=DAY, lineage=lineage_of(LEVELS)) as staged:
        for group in groups:
            staged.write(levels(group))
        staged.finish()
        if what == "publish":
            staged.publish()
        else:
            staged.reject("no", ["Expected this, was that"])


def main(folder: Path, what: str, seed: int, kills: int) -> None:
    """Kill at `kills` moments drawn from all, the same for the same seed."""
    before, root = folder / "before", folder / "lake"

    def as_before() -> None:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(before, root)

    def work() -> None:
        write(root, GROUPS, what=what)

    # This process never writes, so that a fork of it has no other threads. But it has all modules: no kill falls into an import.
    forked(lambda: write(before, OTHER, what="publish"))
    as_before()
    forked(lambda: (folder / "modules.json").write_text(json.dumps(modules_of(work))))
    for name in json.loads((folder / "modules.json").read_text()):
        importlib.import_module(name)
    as_before()
    total = traced(work)
    assert total is not None
    say({"total": total, "clean": visible(root)})
    for stop_at in sorted(random.Random(seed).sample(range(1, total + 1), min(kills, total))):
        as_before()
        was_killed = traced(work, stop_at=stop_at) is None
        found = visible(root)
        forked(work)
        say({"stop_at": stop_at, "killed": was_killed, "visible": found, "again": visible(root)})


def visible(root: Path) -> dict[str, Any]:
    """Every object with its bytes' hash, what the lake says of the day, and hidden files that are left."""
    seen = root.parent / "seen.json"
    forked(lambda: seen.write_text(json.dumps(_looked_at(root))))
    found: dict[str, Any] = json.loads(seen.read_text())
    return found


def _looked_at(root: Path) -> dict[str, Any]:
    lake = Lake(root)
    stored = lake.find("made_up_levels", product="ES", day=DAY)
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {
        "objects": {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if not path.name.startswith(".")
        },
        "rows": None if stored is None else stored.read().num_rows,
        "sha256": None if stored is None else stored.sha256(),
        "rejected": lake.rejection("made_up_levels", product="ES", day=DAY) is not None,
        "staged": [path.name for path in files if path.name.endswith(".staged")],
    }


def modules_of(work: Callable[[], object]) -> list[str]:
    """The modules that it takes to do the work."""
    work()
    named = ((name, getattr(module, "__spec__", None)) for name, module in sys.modules.items())
    return sorted(name for name, spec in named if spec is not None and spec.name == name and spec.origin is not None)


def say(line: dict[str, Any]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
