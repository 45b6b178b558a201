"""Faults that a delivery may have, planted by name, and the list of where they were planted.

Faults of records spoil fewer than a thousandth of the records and leave a day that can be processed. Faults of files spoil the
last day's delivery. Crossed pre-open books, clears in mid-file and fills that leave an order as it was occur in all real data.
They are no faults and come from the market itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import SettingsError
from gex_assets.kernels.mbo_record import F_MAYBE_BAD_BOOK
from gex_assets.sample.files.records import LIVE_LAST

__all__ = ["FILE_FAULTS", "IN_ALL", "RECORD_FAULTS", "Planter", "chosen_defects", "parsed_defects"]

RECORD_FAULTS: Final = (
    "unknown_cancel",
    "duplicate_add",
    "ts_recv_backstep",
    "off_tick_price",
    "maybe_bad_book",
    "odd_flag",
    "crossed_in_session",
    "stale_quotes",
)
FILE_FAULTS: Final = (
    "truncated",
    "wrong_hash",
    "wrong_schema",
    "degraded",
    "missing_definitions",
    "missing_statistics",
    "missing_futures",
)
IN_ALL: Final = (*RECORD_FAULTS, "degraded")
"""What `all` stands for: all faults with which a day can still be processed."""

RATE: Final = 4e-5
"""Mean number of faults of one kind, per record."""

GAPS_PER_DAY: Final = 6
UNKNOWN_ORDER: Final = 9_000_000_000_000
"""Orders of planted records have numbers above this one."""

CROSSED_NS: Final = 7 * 10**9
"""Time for which a planted order crosses the book; off-tick orders rest for a third of it."""

GAP_NS: Final = 60 * 10**9
"""Longest time between the flagged record and the clear, where the instrument has a record within it."""

Records = NDArray[np.void]


def chosen_defects(names: Collection[str]) -> frozenset[str]:
    """Check names of faults.

    Raises
    ------
    SettingsError
        One of them is unknown.
    """
    unknown = sorted(set(names) - {*RECORD_FAULTS, *FILE_FAULTS})
    if unknown:
        raise SettingsError(f"Expected defects of {', '.join((*RECORD_FAULTS, *FILE_FAULTS))}, was {', '.join(unknown)}")
    return frozenset(names)


def parsed_defects(text: str) -> frozenset[str]:
    """Parse the text of a command line: `none`, `all`, or names separated by commas.

    Raises
    ------
    SettingsError
        A name is unknown.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    names: set[str] = set()
    for word in words:
        names |= set(IN_ALL) if word == "all" else set() if word == "none" else {word}
    return chosen_defects(names)


class Planter:
    """Plants faults of records into one day's blocks.

    Attributes
    ----------
    names : the requested faults.
    planted : fault, record_index in the finished file (-1 for a state that lasts), ts_recv, instrument_id of each.
    """

    def __init__(self, names: Collection[str], dice: np.random.Generator) -> None:
        self.names = chosen_defects(names)
        self.planted: list[dict[str, Any]] = []
        self._dice = dice
        self._before = 0
        self._made = 0
        self._gaps: set[tuple[int, int]] = set()

    @property
    def gaps(self) -> int:
        """Number of mid-file clears that the market has to make because a gap precedes them."""
        return GAPS_PER_DAY if "maybe_bad_book" in self.names else 0

    def note_gaps(self, gaps: set[tuple[int, int]]) -> None:
        """Take the moments [UNIX ns] and instruments of those clears."""
        self._gaps = gaps

    def note_stale(self, *, instruments: NDArray[np.int64], ts_ns: int) -> None:
        """List instruments whose makers stop."""
        for instrument in instruments.tolist():
            self._write_down("stale_quotes", -1, ts_ns, instrument)

    def pass_over(self, block: Records) -> None:
        """Count a block in which nothing is planted."""
        self._before += len(block)

    def plant(self, block: Records, *, is_spread: NDArray[np.bool_]) -> Records:
        """Spoil a block.

        Parameters
        ----------
        block : live records in the file's order.
        is_spread : records of user-defined spreads, in which nothing is planted.

        Returns
        -------
        The block, with records changed and inserted.
        """
        insertions: list[tuple[int, Records, str]] = []
        changes: list[tuple[int, str]] = []
        if not self.names:
            self._before += len(block)
            return block
        action = np.ascontiguousarray(block["action"]).view(np.uint8)
        changes_a_book = (action == ord("A")) | (action == ord("M")) | (action == ord("C"))
        ends = np.flatnonzero((block["flags"] == LIVE_LAST) & ~is_spread & changes_a_book)
        for name in RECORD_FAULTS:
            if name not in self.names or len(ends) < 50:
                continue
            match name:
                case "maybe_bad_book":
                    changes += self._mark_gaps(block, ends)
                case "stale_quotes":
                    pass
                case "odd_flag" | "ts_recv_backstep":
                    changes += self._change(name, block, ends)
                case _:
                    insertions += self._insert(name, block, ends)
        return self._finished(block, insertions, changes)

    def _some(self, places: NDArray[np.int64], size: int, name: str) -> list[int]:
        count = int(self._dice.poisson(RATE * size))
        if count == 0 and size > 2000 and not any(fault["defect"] == name for fault in self.planted):
            count = 1
        places = places[10:-10]
        return sorted({int(place) for place in self._dice.choice(places, min(count, len(places)))}) if len(places) else []

    def _change(self, name: str, block: Records, ends: NDArray[np.int64]) -> list[tuple[int, str]]:
        changed = []
        for place in self._some(ends, len(block), name):
            if name == "odd_flag":
                block["flags"][place] |= self._dice.choice(np.array([64, 16, 1], np.uint8))
            else:
                block["ts_recv"][place] = block["ts_recv"][place - 1] - int(self._dice.integers(500, 400_000))
            changed.append((place, name))
        return changed

    def _mark_gaps(self, block: Records, ends: NDArray[np.int64]) -> list[tuple[int, str]]:
        """Flag the instrument's first record within `GAP_NS` before each planned clear, or else its last one before the clear."""
        changed = []
        all_clears = np.flatnonzero(block["action"] == b"R") if self._gaps else np.zeros(0, np.int64)
        for ts_ns, instrument in sorted(self._gaps):
            clears = all_clears[(block["instrument_id"][all_clears] == instrument) & (block["ts_recv"][all_clears] >= ts_ns)]
            if not len(clears):
                continue
            own = ends[(block["instrument_id"][ends] == instrument) & (ends < clears[0])]
            recent = own[block["ts_recv"][own] + GAP_NS > block["ts_recv"][clears[0]]]
            if len(own):
                place = int(recent[0] if len(recent) else own[-1])
                block["flags"][place] |= F_MAYBE_BAD_BOOK
                changed.append((place, "maybe_bad_book"))
                self._gaps = self._gaps - {(ts_ns, instrument)}
        return changed

    def _insert(self, name: str, block: Records, ends: NDArray[np.int64]) -> list[tuple[int, Records, str]]:
        wanted = {"duplicate_add": b"A", "crossed_in_session": b"A"}
        places = ends if name not in wanted else ends[block["action"][ends] == wanted[name]]
        if name == "crossed_in_session":
            places = places[block["side"][places] == b"A"]
        if name == "off_tick_price":
            places = places[(block["side"][places] == b"B") & (block["price"][places] > 10**9)]
        made: list[tuple[int, Records, str]] = []
        for place in self._some(places, len(block), name):
            row = block[place : place + 1].copy()
            row["flags"] = LIVE_LAST
            self._made += 1
            if name == "duplicate_add":
                made.append((place + 1, row, name))
                continue
            row["order_id"] = UNKNOWN_ORDER + self._made
            if name == "unknown_cancel":
                row["action"] = b"C"
                made.append((place + 1, row, name))
                continue
            row["action"] = b"A"
            later = CROSSED_NS if name == "crossed_in_session" else CROSSED_NS // 3
            if name == "crossed_in_session":
                row["side"] = b"B"
                row["price"] += 2 * 10**9
            else:
                row["price"] = row["price"] * 6 // 10 // (5 * 10**7) * (5 * 10**7) + 10**7
            gone = row.copy()
            gone["action"] = b"C"
            place_gone = int(ends[min(np.searchsorted(block["ts_recv"][ends], row["ts_recv"][0] + later), len(ends) - 1)])
            for field in ("ts_event", "ts_recv", "sequence", "ts_in_delta"):
                gone[field] = block[field][place_gone]
            made += [(place + 1, row, name), (place_gone + 1, gone, "")]
        return made

    def _finished(self, block: Records, insertions: list[tuple[int, Records, str]], changes: list[tuple[int, str]]) -> Records:
        names = dict(changes)
        if insertions:
            insertions.sort(key=lambda insertion: insertion[0])
            before = np.array([place for place, _, _ in insertions])
            block = np.insert(block, before, np.concatenate([row for _, row, _ in insertions]))
            names = {place + int(np.searchsorted(before, place, side="right")): name for place, name in names.items()}
            names |= {place + k: name for k, (place, _, name) in enumerate(insertions) if name}
        for place in sorted(names):
            self._write_down(names[place], self._before + place, int(block["ts_recv"][place]), int(block["instrument_id"][place]))
        self._before += len(block)
        return block

    def _write_down(self, name: str, record_index: int, ts_recv: int, instrument: int) -> None:
        self.planted.append({"defect": name, "record_index": record_index, "ts_recv": ts_recv, "instrument_id": instrument})
