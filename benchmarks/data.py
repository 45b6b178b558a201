"""The one place that makes the days that are measured. They stay in `benchmarks/out`, named by their contents.

The days are the sample market's full profile with a fixed seed: the same bytes on every machine.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.measuring import gex

__all__ = ["DATA", "DAY", "Day", "days", "forget", "one_day", "one_hour", "one_minute"]

DATA: Final = Path(__file__).resolve().parent / "out" / "data"
DAY: Final = date(2026, 1, 6)
SEED: Final = 7
HOUR: Final = "14:30-15:30"
MINUTE: Final = "14:30-14:31"
_ORDERS: Final = "raw/source=databento/product_type=future_option/symbol=ES/table=market_by_order_dbn"
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A lake with raw files of one day or several.

    Attributes
    ----------
    lake : its folder.
    first : the first day.
    records : order records of options that were asked for, of a day.
    is_hour : whether the day is one hour long.
    """

    lake: Path
    first: date
    records: int
    is_hour: bool = False

    @property
    def file(self) -> Path:
        """The first day's file of options' orders."""
        return next(self.lake.glob(f"{_ORDERS}/**/glbx-mdp3-{self.first:%Y%m%d}.mbo.dbn.zst"))

    @property
    def said(self) -> str:
        """How many records, for people."""
        return f"{self.records / _MILLION:g} M{' in an hour' if self.is_hour else ''}"


def one_day(records: int) -> Day:
    """A whole day with so many records, made where it is not there yet."""
    return _made(f"full-{records}", records=records)


def one_hour(records: int) -> Day:
    """A day of one hour with so many records: 1 M come about as fast as 20 M in a whole day."""
    return _made(f"hour-{records}", records=records, session=HOUR)


def days(count: int, records: int, *, of_an_hour: bool) -> Day:
    """Some days, whole or of an hour each, with so many records each."""
    name = f"{'hour' if of_an_hour else 'full'}-{records}-{count}-days"
    return _made(name, records=records, count=count, session=HOUR if of_an_hour else None)


def one_minute() -> Day:
    """A day of one minute."""
    return _made("one-minute", records=0, session=MINUTE, profile="small")


def _made(name: str, *, records: int, count: int = 1, session: str | None = None, profile: str = "full") -> Day:
    lake = DATA / name
    if not (lake / ".whole").exists():
        shutil.rmtree(lake, ignore_errors=True)
        lake.mkdir(parents=True)
        span = ["--start", str(DAY), "--days", str(count), *(["--session", session] if session else [])]
        amount = ["--records", str(records)] if records else []
        kind = ["--profile", profile, "--seed", str(SEED), "--defects", "none"]
        gex("sample", "--lake", str(lake), *span, *amount, *kind)
        (lake / ".whole").touch()
    return Day(lake=lake, first=DAY, records=records, is_hour=session == HOUR)


def forget(lake: Path) -> None:
    """Remove what was made of the raw files before: an unchanged day would be reused, and nothing would be measured.

    The views go too. In a lake that has them, a table's first day writes them again. No later day does.
    """
    for made in lake.iterdir():
        if made.is_dir() and made.name not in {"raw", "truth"}:
            shutil.rmtree(made)
        elif made.suffix == ".duckdb":
            made.unlink()
