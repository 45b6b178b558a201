"""Skips are counted by reason, and CI allows two: absent market data, and no time left for a long test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gex_assets_tests.bounded import NOT_BEGUN
from gex_assets_tests.long_cases import mostly_long
from gex_assets_tests.shared_data import MARKET_DATA_ABSENT, ROOT

FILE = """
import pytest

@pytest.mark.parametrize("n", range(3))
def test_skipped(n):
    pytest.skip({reason!r})

def test_passed():
    pass
"""


def ran(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Pytest over the tests of a folder, with the plugins alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {
        "PYTHONPATH": str(ROOT)
    }
    plugins = ["-p", "gex_assets_tests.bounded", "-p", "gex_assets_tests.skips", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "test_made_up.py", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", mostly_long([[], ["-n", "1"]]))
@pytest.mark.parametrize(("reason", "code"), [pytest.param(MARKET_DATA_ABSENT, 0, marks=pytest.mark.long), ("no wish to", 1)])
def test_a_skip_is_counted_and_refused_in_ci_where_it_is_not_for_market_data(
    tmp_path: Path, reason: str, code: int, workers: list[str]
) -> None:
    (tmp_path / "test_made_up.py").write_text(FILE.format(reason=reason))
    for strict, expected in (([], 0), (["--strict-skips"], code)):
        done = ran(tmp_path, *workers, *strict)
        assert done.returncode == expected, done.stdout + done.stderr
        refused = "NOT ALLOWED: " if expected else ""
        assert f"{refused}3 skipped: {reason}" in done.stdout.splitlines()


SLOW = """
import pytest

from gex_assets_tests import bounded

@pytest.fixture
def never():
    raise AssertionError("set up for a test that is left out")

def test_slow():
    bounded.began -= 1_000  # as if it had taken so long

def test_late(never):
    pass

def test_later(never):
    pass
"""


@pytest.mark.parametrize("workers", mostly_long([[], ["-n", "1"]]))
def test_a_bounded_run_begins_no_test_too_late_and_counts_those_left_out(tmp_path: Path, workers: list[str]) -> None:
    (tmp_path / "test_made_up.py").write_text(SLOW)
    done = ran(tmp_path, *workers, "--strict-skips", "--begin-within", "1000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"2 skipped: {NOT_BEGUN}" in done.stdout.splitlines()
    assert "1 passed, 2 skipped" in done.stdout
