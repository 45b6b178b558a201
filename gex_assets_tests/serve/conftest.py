"""A server over the published lake, for tests that change nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gex_assets.defs.run import run_history
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.serve.servers import Client, running


@pytest.fixture(scope="session")
def with_history(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published lake, and the history over its days."""
    lake = tmp_path_factory.mktemp("with_history") / "lake"
    shutil.copytree(published, lake)
    assert run_history(settings_for(lake)).success
    return lake


@pytest.fixture(scope="session")
def served(with_history: Path) -> Iterator[Client]:
    with running(with_history) as client:
        yield client
