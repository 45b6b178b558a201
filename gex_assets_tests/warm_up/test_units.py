"""The tiny calls compile all that a day needs, each something of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gex_assets.warm_up.units import UNITS, seconds_of


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    lake = tmp_path_factory.mktemp("warm_up")
    # a process of its own: other tests compile for types of theirs
    subprocess.run([sys.executable, "-m", "gex_assets_tests.warm_up.compiled_types", str(lake)], check=True, capture_output=True)
    return dict(json.loads(Path(lake, "answer.json").read_text()))


@pytest.mark.long
def test_after_the_tiny_calls_a_sample_day_and_its_graph_compile_nothing(answer: dict[str, object]) -> None:
    assert answer["success"]
    assert answer["new"] == []


@pytest.mark.long
def test_each_unit_compiles_something_that_no_other_does(answer: dict[str, object]) -> None:
    assert answer["empty"] == []


def test_names_are_distinct_and_the_samples_units_begin_first() -> None:
    assert len({unit.name for unit in UNITS}) == len(UNITS)
    users = [unit.user for unit in UNITS]
    assert users == sorted(users, key=["sample", "graph"].index)
    assert seconds_of("sample") + seconds_of("graph") == sum(unit.seconds for unit in UNITS)
