"""Skips are counted by reason, and only absent market data is one that CI allows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("workers", mostly_long([["-n", "1"], []]))
@pytest.mark.parametrize(("reason", "code"), [pytest.param(MARKET_DATA_ABSENT, 0, marks=pytest.mark.long), ("no wish to", 1)])
def test_a_skip_is_counted_and_refused_in_ci_where_it_is_not_for_market_data(tmp_path, reason, code, workers):
    (tmp_path / "test_made_up.py").write_text(FILE.format(reason=reason))
    words = ["-m", "pytest", "-q", "-p", "gex_assets_tests.skips", "-p", "no:cacheprovider", "test_made_up.py", *workers]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {
        "PYTHONPATH": str(ROOT)
    }
    for strict, expected in (([], 0), (["--strict-skips"], code)):
        done = subprocess.run(
            [sys.executable, *words, *strict], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, done.stdout + done.stderr
        refused = "NOT ALLOWED: " if expected else ""
        assert f"{refused}3 skipped: {reason}" in done.stdout.splitlines()
