"""What runs of days took of memory, by settings and by how much was delivered: the largest peak of each class of sizes."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.notes.ledger import change_ledger, read_ledger

__all__ = ["keep_peak", "kept_peaks", "size_class"]

_LEDGER: Final = "day_memory"
_MOST_SETTINGS: Final = 8
"""Settings that were used last; of others a lake knows nothing any more."""
_STEP: Final = 50_000_000
"""Peaks are kept in whole steps, so that equal days do not write again and again. [bytes]"""


def size_class(delivered: int) -> int:
    """The class of sizes of a delivered day: each holds days of up to twice the bytes of the one before.

    >>> size_class(0), size_class(1), size_class(1_000_000), size_class(2_000_000)
    (0, 1, 20, 21)
    """
    return delivered.bit_length()


def kept_peaks(fs: FileSystem, settings: str) -> Mapping[int, int]:
    """Class of sizes -> the largest peak of such a day. [bytes] Nothing where what is kept cannot be read.

    Parameters
    ----------
    settings : a digest of those that the memory of a day may depend on.
    """
    with contextlib.suppress(LakeError):  # then the usual model holds
        return _peaks(read_ledger(fs, _LEDGER).get(settings))
    return {}


def keep_peak(fs: FileSystem, settings: str, *, delivered: int, peak: int) -> None:
    """Keep the peak of a day where it is the largest of its class. A lake that cannot be written goes without.

    Parameters
    ----------
    delivered, peak : [bytes]
    """
    rounded, name = math.ceil(peak / _STEP) * _STEP, size_class(delivered)

    def with_peak(kept: dict[str, Any]) -> dict[str, Any]:
        peaks = _peaks(kept.get(settings))
        if peaks.get(name, 0) >= rounded:
            return kept
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        others = {key: one for key, one in kept.items() if key != settings and _peaks(one)}
        latest = sorted(others, key=lambda key: str(others[key].get("changed", "")), reverse=True)[: _MOST_SETTINGS - 1]
        return {settings: {"changed": now, "peaks": {**peaks, name: rounded}}, **{key: others[key] for key in latest}}

    with contextlib.suppress(LakeError):
        change_ledger(fs, _LEDGER, with_peak)


def _peaks(kept: Any) -> dict[int, int]:
    """What is kept of some settings; nothing where it is of another form."""
    peaks = kept.get("peaks") if isinstance(kept, dict) else None
    if not isinstance(peaks, dict):
        return {}
    return {int(name): peak for name, peak in peaks.items() if name.isdecimal() and type(peak) is int}
