"""Every count that the package keeps. One that nobody reads warns nobody, so each has a reader or a reason.

A test compares the entries with the code, both ways. A new count gets an entry in `counted_records` (files, records, symbols) or
`counted_rows` (windows, rows, levels, triggers). `make tables` renews docs/counts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gex_assets.schemas.counted_records import COUNTED_RECORDS
from gex_assets.schemas.counted_rows import COUNTED_ROWS
from gex_assets.schemas.counts import Count

__all__ = ["COUNTS", "dropped_and_counted", "entry_of"]

COUNTS: Final[tuple[Count, ...]] = (*COUNTED_RECORDS, *COUNTED_ROWS)
"""In the order of docs/counts.md."""


def entry_of(key: str) -> Count:
    """The entry of a key of a tally; of several that match, the one that says most of it.

    Raises
    ------
    KeyError
        There is none.
    """
    matching = [count for count in COUNTS if count.pattern.fullmatch(key)]
    if not matching:
        raise KeyError(f"Expected an entry in schemas/counted_records.py or schemas/counted_rows.py, was none for {key!r}")
    return max(matching, key=lambda count: len(count.shape.replace("{}", "")))


def dropped_and_counted(tally: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """The counts of what is in no table, and all other counts; those of 0 are in neither.

    Parameters
    ----------
    tally : counts by key. One without an entry is no reason to call anything dropped.
    """
    dropped: dict[str, int] = {}
    counted: dict[str, int] = {}
    for key, count in sorted(tally.items()):
        if count:
            matching = any(one.pattern.fullmatch(key) for one in COUNTS)
            (dropped if matching and entry_of(key).is_dropped else counted)[key] = count
    return dropped, counted
