"""Delivered files of chosen sizes, on a machine where runs may claim 2 GB together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gex_assets.defs.execution import memory_claims
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.layout import raw_file_name, raw_folder

__all__ = ["delivered", "two_gigabytes"]

GB = 10**9


def two_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of claims of its own, where 2 GB may be claimed."""
    folder = tmp_path / "claims"
    folder.mkdir()
    monkeypatch.setattr(memory_claims, "claims_folder", lambda: folder)
    monkeypatch.setattr(memory_claims, "available_bytes", lambda: int(2 * GB / memory_claims.SHARE))
    monkeypatch.setattr(memory_claims, "resident_bytes", lambda _: 0)
    return folder


def delivered(lake: Path, sizes: dict[date, int]) -> LocalFileSystem:
    """Files of these sizes, without content."""
    for day, size in sizes.items():
        folder = lake / raw_folder(kind="option_mbo", product="ES")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / raw_file_name(kind="option_mbo", day=day)).open("wb") as file:
            file.truncate(size)
    return LocalFileSystem(lake)
