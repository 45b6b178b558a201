"""Where the market data for tests lies: next to the repository, never inside it (it may not be redistributed)."""

from __future__ import annotations

from pathlib import Path

import pytest

MARKET_DATA_ABSENT = "the market data next to the repository (../shared/data) is absent; it may not be redistributed"
"""The only reason for which a test may be skipped in CI."""

ROOT = Path(__file__).resolve().parents[1]


def shared_data(name: str) -> Path:
    """Path of a file that lies next to the repository; the test is skipped where the folder is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(MARKET_DATA_ABSENT)
    return folder / name
