"""The zones of a book's side: their names and where they begin, in ticks from the reference.

Facts for schemas and stages as well as for the kernel that draws the zones (`zones`); needs no numba.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LAST_TICK", "ZONES", "ZONE_BEGINS", "zone_ticks"]

ZONE_BEGINS: Final = {"at": 0, "near": 3, "mid": 6, "far": 15}
"""Zone, nearest first -> ticks from the reference at which it begins."""

ZONES: Final = tuple(ZONE_BEGINS)

LAST_TICK: Final = 20
"""The last tick of the last zone; sizes beyond it are ignored."""


def zone_ticks(zone: str) -> tuple[int, int]:
    """First and last tick of a zone.

    >>> zone_ticks("near"), zone_ticks("far")
    ((3, 5), (15, 20))
    """
    later = [begin for begin in ZONE_BEGINS.values() if begin > ZONE_BEGINS[zone]]
    return ZONE_BEGINS[zone], min(later, default=LAST_TICK + 1) - 1
