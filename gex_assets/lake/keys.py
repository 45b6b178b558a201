"""Where every kind of object lies in the lake: its key, a relative POSIX path.

    {table}/product=ES/date=2026-01-06/data.parquet                  a published table-day
    _rejected/{table}/product=ES/date=2026-01-06/data.parquet        the latest delivery that was refused
    _rejected/{table}/product=ES/date=2026-01-06/reason.json         why; alone where delivered files were refused
    _live/{table}/product=ES/date=2026-01-06/window=1767709800000000000.parquet
                                                                     rows of one window of a day that is not over yet
    _pages/{name}/product=ES/date=2026-01-06/page.html               a page about a day
    _journals/{name}/product=ES/date=2026-01-06/part=00000017.jsonl  one block of a log that only grows: blocks are added
    _ledgers/{name}.json                                             a small state that is replaced under a condition
    _locks/date=2026-01-06                                           no object: only its lock is held, by the run of a day
    raw/…                                                            delivered files (`raw/layout.py`)
    truth/product=ES/date=2026-01-06/{name}.parquet                  what a sample market was made of
    gex.duckdb                                                       SQL views (`views.py`)

Objects are written whole. So a log is many blocks, and a live day many windows. Folders that begin with `_` are never tables:
a table's name begins with a letter. Every key but that of a ledger, the views and a lock names its product and day.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from gex_assets.errors import LakeError
from gex_assets.lake.names import PRODUCT, TABLE, checked_product, checked_table, day_named

__all__ = [
    "VIEWS_KEY",
    "DayKey",
    "day_lock_key",
    "journal_key",
    "ledger_key",
    "live_window_key",
    "page_folder",
    "page_key",
    "parsed_day_key",
    "parsed_page_day",
    "parsed_page_key",
    "parsed_reason_key",
    "parsed_truth_day",
    "reason_key",
    "table_day_key",
    "table_days_glob",
    "table_folder",
    "table_root",
    "truth_folder",
    "truth_key",
]

VIEWS_KEY: Final = "gex.duckdb"
"""The file of views."""

_DATA: Final = "data.parquet"
_REASON: Final = "reason.json"
_REJECTED: Final = "_rejected/"
_DAY: Final = rf"product=({PRODUCT})/date=(\d{{4}}-\d{{2}}-\d{{2}})"
_TABLE_DAY: Final = re.compile(rf"({TABLE})/{_DAY}/{re.escape(_DATA)}", re.ASCII)
_REASON_DAY: Final = re.compile(rf"{_REJECTED}({TABLE})/{_DAY}/{re.escape(_REASON)}", re.ASCII)
_PAGE_DAY: Final = re.compile(rf"_pages/({TABLE})/{_DAY}/page\.html", re.ASCII)
_TRUTH: Final = re.compile(rf"truth/{_DAY}/{TABLE}\.parquet", re.ASCII)
_LARGEST_PART: Final = 10**8


class DayKey(NamedTuple):
    """What the key of a table-day names."""

    table: str
    product: str
    day: date


def table_root(name: str, *, rejected: bool = False) -> str:
    """Folder of a table's published (or rejected) days of all products."""
    return f"{_REJECTED if rejected else ''}{checked_table(name)}"


def table_days_glob(name: str, *, rejected: bool = False) -> str:
    """What all keys of a table's published (or rejected) days match, for programs that know wildcards."""
    return f"{table_root(name, rejected=rejected)}/product=*/date=*/{_DATA}"


def table_folder(name: str, *, product: str, rejected: bool = False) -> str:
    """Folder of a table's published (or rejected) days."""
    return f"{table_root(name, rejected=rejected)}/product={checked_product(product)}"


def table_day_key(name: str, *, product: str, day: date, rejected: bool = False) -> str:
    """Key of a published (or rejected) table-day; lineages name inputs by it."""
    return f"{table_folder(name, product=product, rejected=rejected)}/date={day.isoformat()}/{_DATA}"


def reason_key(name: str, *, product: str, day: date) -> str:
    """Key of the reason for which a table-day was rejected."""
    return f"{table_folder(name, product=product, rejected=True)}/date={day.isoformat()}/{_REASON}"


def parsed_day_key(key: str, *, rejected: bool = False) -> DayKey | None:
    """What the key of a published (or rejected) table-day names; None for any other key."""
    if rejected and not key.startswith(_REJECTED):
        return None
    match = _TABLE_DAY.fullmatch(key.removeprefix(_REJECTED) if rejected else key)
    return DayKey(match[1], match[2], day_named(match[3])) if match else None


def parsed_reason_key(key: str) -> DayKey | None:
    """The table-day whose rejection the key of a reason explains; None for any other key."""
    match = _REASON_DAY.fullmatch(key)
    return DayKey(match[1], match[2], day_named(match[3])) if match else None


def live_window_key(name: str, *, product: str, day: date, ts_window_end: int) -> str:
    """Key of a table's rows of one window, of a day that is not over yet.

    Parameters
    ----------
    ts_window_end : end of the window. [UNIX ns UTC]

    Raises
    ------
    LakeError
        A name cannot be used, or the moment is before 1970 or after 2262.
    """
    if not 0 < ts_window_end < 2**63:
        raise LakeError(f"Expected the end of a window in UNIX ns, was {ts_window_end}")
    return f"_live/{_on_a_day(name, product, day)}/window={ts_window_end:019d}.parquet"


def page_folder(name: str, *, product: str) -> str:
    """Folder of the pages of a name about the days of a product."""
    return f"_pages/{checked_table(name)}/product={checked_product(product)}"


def page_key(name: str, *, product: str, day: date) -> str:
    """Key of a page about a day."""
    return f"_pages/{_on_a_day(name, product, day)}/page.html"


def parsed_page_day(key: str, name: str, *, product: str) -> date | None:
    """The day of a page of that name and product; None for any other key."""
    found = parsed_page_key(key)
    return found.day if found is not None and (found.table, found.product) == (name, product) else None


def parsed_page_key(key: str) -> DayKey | None:
    """The name, product and day of a page; None for any other key."""
    match = _PAGE_DAY.fullmatch(key)
    return DayKey(match[1], match[2], day_named(match[3])) if match else None


def journal_key(name: str, *, product: str, day: date, part: int) -> str:
    """Key of one block of a log of a day; blocks are numbered from 0, and their keys sort as their numbers do.

    Raises
    ------
    LakeError
        A name or the number cannot be used.
    """
    if not 0 <= part < _LARGEST_PART:
        raise LakeError(f"Expected a part from 0 to {_LARGEST_PART - 1}, was {part}")
    return f"_journals/{_on_a_day(name, product, day)}/part={part:08d}.jsonl"


def ledger_key(name: str) -> str:
    """Key of a small state of the whole lake. Replace it with `publish(replaces=tag)`: of two writers one has to read again."""
    return f"_ledgers/{checked_table(name)}.json"


def day_lock_key(day: date) -> str:
    """Key whose lock the run of a day holds."""
    return f"_locks/date={day.isoformat()}"


def truth_folder(*, product: str, day: date | None = None) -> str:
    """Folder of the truth behind one sample day of a product, or all of them."""
    return f"truth/product={checked_product(product)}{'' if day is None else f'/date={day.isoformat()}'}"


def truth_key(name: str, *, product: str, day: date) -> str:
    """Key of one table of the truth behind a sample day."""
    return f"{truth_folder(product=product, day=day)}/{checked_table(name)}.parquet"


def parsed_truth_day(key: str) -> date | None:
    """The day of an object of the truth; None for any other key."""
    match = _TRUTH.fullmatch(key)
    return day_named(match[2]) if match else None


def _on_a_day(name: str, product: str, day: date) -> str:
    return f"{checked_table(name)}/product={checked_product(product)}/date={day.isoformat()}"
