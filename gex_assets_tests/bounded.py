"""A pytest plugin: with `--begin-within SECONDS` no test begins later. Those left out are skipped, so counted, for one reason.

CI runs its long tests so: all of them on an idle machine, as many as its time holds on one that others use too. `--first` says
which folders come before the others (with `--no-loadscope-reorder`, or xdist sorts by the number of tests).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import pytest

NOT_BEGUN: Final = "not begun within the time that CI has for long tests"
_TESTS: Final = Path(__file__).parent
began = time.monotonic()
"""When this test process came to the plugin: before it collected. [s]"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--begin-within", type=float, default=float("inf"), metavar="SECONDS", help="begin no test later than this")
    parser.addoption("--first", default="", metavar="FOLDERS", help="folders of tests that come first, with commas between them")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of the folders named come first, in the order of the names; all others keep theirs."""
    folders = [_TESTS / name for name in config.getoption("first").split(",") if name]
    unknown = [folder for folder in folders if not folder.is_dir()]
    if unknown:
        raise pytest.UsageError(f"Expected a folder of tests, was {unknown[0]}: name those that --first has from {_TESTS}")
    items.sort(key=lambda item: next((k for k, folder in enumerate(folders) if folder in item.path.parents), len(folders)))


@pytest.hookimpl(tryfirst=True)  # before any fixture is set up
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test whose turn comes too late."""
    if time.monotonic() - began > item.config.getoption("begin_within"):
        pytest.skip(NOT_BEGUN)
