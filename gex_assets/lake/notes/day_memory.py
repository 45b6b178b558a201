"""What the steps of days took of memory when they last computed their tables, by settings and by how much was delivered.

Each table's latest peak counts, also where it is smaller than an earlier one: newer code may need less.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.notes.ledger import change_ledger, read_ledger

__all__ = ["keep_peaks", "kept_peaks", "size_class"]

_LEDGER: Final = "day_memory"
_MOST_SETTINGS: Final = 8
"""Settings that were used last; of others a lake knows nothing any more."""
_STEP: Final = 50_000_000
"""Peaks are kept in whole steps, and a fall by one is no news: equal days do not write again and again. [bytes]"""


def size_class(delivered: int) -> int:
    """The class of sizes of a delivered day: each holds days of up to twice the bytes of the one before.

    >>> size_class(0), size_class(1), size_class(1_000_000), size_class(2_000_000)
    (0, 1, 20, 21)
    """
    return delivered.bit_length()


def kept_peaks(fs: FileSystem, settings: str) -> Mapping[int, Mapping[str, int]]:
    """Class of sizes -> table -> peak of the step that made it. [bytes] Nothing where what is kept cannot be read.

    Parameters
    ----------
    settings : a digest of those that the memory of a day may depend on.
    """
    with contextlib.suppress(LakeError):  # then the usual model holds
        return _peaks(read_ledger(fs, _LEDGER).get(settings))
    return {}


def keep_peaks(fs: FileSystem, settings: str, *, delivered: int, peaks: Mapping[str, int]) -> None:
    """Keep the peaks of a day's steps in place of those of its class. A lake that cannot be written goes without.

    Parameters
    ----------
    delivered : [bytes]
    peaks : by table. [bytes]
    """
    name = size_class(delivered)

    def with_peaks(kept: dict[str, Any]) -> dict[str, Any]:
        known = _peaks(kept.get(settings))
        of_class = dict(known.get(name, {}))
        before = dict(of_class)
        for table, peak in peaks.items():
            rounded = math.ceil(peak / _STEP) * _STEP
            if not 0 <= of_class.get(table, -1) - rounded <= _STEP:
                of_class[table] = rounded
        if of_class == before:
            return kept
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        others = {key: one for key, one in kept.items() if key != settings and _peaks(one)}
        latest = sorted(others, key=lambda key: str(others[key].get("changed", "")), reverse=True)[: _MOST_SETTINGS - 1]
        return {settings: {"changed": now, "tables": {**known, name: of_class}}, **{key: others[key] for key in latest}}

    with contextlib.suppress(LakeError):
        change_ledger(fs, _LEDGER, with_peaks)


def _peaks(kept: Any) -> dict[int, dict[str, int]]:
    """What is kept of some settings; nothing where it is of another form."""
    classes = kept.get("tables") if isinstance(kept, dict) else None
    if not isinstance(classes, dict):
        return {}
    return {
        int(name): {table: peak for table, peak in tables.items() if type(peak) is int}
        for name, tables in classes.items()
        if str(name).isdecimal() and isinstance(tables, dict)
    }
