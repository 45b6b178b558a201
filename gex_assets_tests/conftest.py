"""One small delivered day and one small published lake, made once per test process and never changed by a test."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gex_assets.settings import Settings, load

pytest_plugins = ["gex_assets_tests.bounded", "gex_assets_tests.skips"]

gc.set_threshold(100_000, 20, 20)
# most objects are those of imported libraries, which stay: looking at them as often as Python does took a seventh of a run's time

for _name in ("COLUMNS", "LINES"):  # of whoever runs the tests, or of xdist: lines for people would be folded to that width
    os.environ.pop(_name, None)

settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,  # the same examples in every run of CI; new ones at a desk
)
settings.load_profile("any machine")  # how long an example takes depends on who else uses the machine


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: packed ones hold the time, and the test processes must agree on every name."""
    return argname if isinstance(val, bytes) else None


DAY = date(2026, 1, 6)
SESSION = (time(14, 28), time(14, 36))


@pytest.fixture(scope="session", autouse=True)
def _no_installation(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests see neither the settings nor the Dagster instance of whoever runs them."""
    for name in [name for name in os.environ if name.startswith("GEX_")] + ["DAGSTER_HOME"]:
        os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut() -> Iterator[None]:
    """No test waits until the disk has written: a run syncs some thirty files and folders."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gex_assets.lake.local_filesystem.os.fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True)
def _no_command_before() -> None:
    """A test knows nothing of a command that another one typed in this process: a process of the shell has one command."""
    options = sys.modules.get("gex_assets.cli.options")
    if options is not None:
        options.asked_lake.set("")


def settings_for(lake: Path, **choices: object) -> Settings:
    return load(lake=lake, **choices)


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the vendor's files of one day, eight minutes around the start of the busy hour."""
    from gex_assets.sample.files.defects import parsed_defects
    from gex_assets.sample.market import make_sample

    lake = tmp_path_factory.mktemp("delivered")
    make_sample(lake, start=DAY, days=1, seed=11, session=SESSION, defects=parsed_defects("all"), dbn_version=3)
    return lake


@pytest.fixture(scope="session")
def published(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same lake with every table published through Dagster."""
    from gex_assets.defs.run import run_days

    lake = tmp_path_factory.mktemp("published") / "lake"
    shutil.copytree(delivered, lake)
    runs = list(run_days(settings_for(lake), [DAY]))
    assert all(run.success for run in runs), [run.failure for run in runs]
    return lake


@pytest.fixture
def fresh(delivered: Path, tmp_path: Path) -> Path:
    """A copy of the delivered day that a test may spoil."""
    lake = tmp_path / "lake"
    shutil.copytree(delivered, lake)
    return lake
