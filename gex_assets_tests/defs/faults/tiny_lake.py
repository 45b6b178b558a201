"""Small lakes, of days of a minute each, and `gex run` of them in a process of its own."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Final

from gex_assets.lake.keys import table_day_key
from gex_assets.sample.files.defects import parsed_defects
from gex_assets.sample.market import make_sample, sample_days
from gex_assets.schemas.registry import DAY_TABLES

__all__ = ["DAYS", "TINY", "TinyLake", "as_no_superuser", "command_of", "make_tiny", "objects", "ran", "started", "tables_there"]

DAYS: Final = (date(2026, 1, 6), date(2026, 1, 7))
_MINUTE: Final = (time(15), time(15, 1))
PATIENCE: Final = 600.0
_DROP_CAPABILITY, _DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER = 24, 1, 2, 3


@dataclass(frozen=True, slots=True)
class TinyLake:
    """What is delivered into a small lake.

    Attributes
    ----------
    start, count : the days.
    product : the one product, which the lake's own settings name.
    defects : faults of real files, as `gex sample --defects` reads them.
    dbn_version : of the files.
    """

    start: date = DAYS[0]
    count: int = len(DAYS)
    product: str = "ES"
    defects: str = "none"
    dbn_version: int = 1

    @property
    def days(self) -> tuple[date, ...]:
        """The days that have files."""
        return sample_days(start=self.start, days=self.count)

    def make(self, lake: Path) -> Path:
        """Deliver the days into a lake."""
        make_sample(
            lake,
            start=self.start,
            days=self.count,
            session=_MINUTE,
            seed=11,
            product=self.product,
            defects=parsed_defects(self.defects),
            dbn_version=self.dbn_version,
        )
        if self.product != "ES":
            (lake / "gex.toml").write_text(f'products = ["{self.product}"]\n')
        return lake

    def range_of(self, lake: Path, *more: str) -> list[str]:
        """`gex run` of all its days."""
        return command_of(lake, self.days[0], "--to", self.days[-1].isoformat(), *more)


TINY: Final = {
    "two days": TinyLake(),
    "faults of real files": TinyLake(defects="all", dbn_version=3),
    "another product": TinyLake(product="NQ", dbn_version=2),
    "over a weekend": TinyLake(start=date(2026, 1, 9), count=3),
}


def make_tiny(lake: Path, *, days: int = len(DAYS)) -> Path:
    """Deliver the first days into a lake."""
    return TinyLake(count=days).make(lake)


def command_of(lake: Path, day: date, *more: str) -> list[str]:
    """`gex run` of a day."""
    return [sys.executable, "-m", "gex_assets.cli", "run", "--date", day.isoformat(), "--lake", str(lake), *more]


def started(command: Sequence[str], home: Path, *, before: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    """The command in a folder of its own, in which no `.env` lies, and without a terminal.

    Parameters
    ----------
    home : the folder; made where there is none.
    before : called in the new process.
    """
    home.mkdir(parents=True, exist_ok=True)
    repository = Path(__file__).parents[3]
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return subprocess.Popen(
        command,
        cwd=home,
        env=environment | {"PYTHONPATH": str(repository)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=before,  # noqa: PLW1509 (it calls the kernel, no Python code that may wait for a thread)
    )


def ran(command: Sequence[str], home: Path, *, before: Callable[[], object] | None = None) -> tuple[int, str]:
    """Exit code and all that was said."""
    with started(command, home, before=before) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def objects(lake: Path) -> dict[str, str]:
    """Hashes of all published and rejected tables. Pages say how long their run took, so their bytes differ."""
    found = (path for path in sorted(lake.rglob("data.parquet")))
    return {path.relative_to(lake).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def tables_there(lake: Path, day: date) -> int:
    """How many tables of the day are published."""
    return sum((lake / table_day_key(name, product="ES", day=day)).exists() for name in DAY_TABLES)


def as_no_superuser() -> None:
    """Give up, for the program that is started next, what lets root write everywhere."""
    library = ctypes.CDLL(None, use_errno=True)
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER):
        library.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)  # fails for whoever is not root, who has none of them
