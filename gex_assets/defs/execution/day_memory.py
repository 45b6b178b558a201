"""How much memory a run of a day needs, and the block in which it holds that.

Each step counts a peak of its own, so what a step took holds wherever it runs. A run of some tables needs what the largest of
their steps took. Where the lake does not know that of all of them, the run needs what a whole day does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Self

from gex_assets.defs.execution.memory_claims import holding_memory
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.notes.day_memory import keep_peaks, kept_peaks, size_class
from gex_assets.lake.raw.sizes import delivered_bytes
from gex_assets.settings import CHANGE_NO_ROWS, Settings

if TYPE_CHECKING:
    import dagster as dg

__all__ = ["PEAK", "DayMemory", "name_of", "step_peaks", "together", "usual_need"]

PEAK: Final = "peak_memory_mb"
"""The metadata of a materialization that says what its step took. [MB]"""

_BASE: Final = 650_000_000
"""Of a day with next to no records, kernels compiled on the way. [bytes]"""
_PER_BYTE: Final = 50.0
_MOST_OF_SIZE: Final = 500_000_000
"""Tables are made in row groups of bounded memory: from some size on a larger day takes hardly more. [bytes]"""
_COST_MEMORY_ONLY: Final = ("products", "threads", "block_records")
"""Settings that change no row, and memory."""


def usual_need(delivered: int) -> int:
    """Estimate of the memory that the process of a day holds at most, imports included, before anything is known. [bytes].

    It lies above what was measured with the settings' defaults. A sample of one minute (0.3 MB delivered) takes 0.50 GB, and 0.56
    GB as the third day of its process. A whole session of half a million records (15 MB) takes 0.87 GB, and 1.37 GB where
    kernels are compiled on the way; sessions of 3 and 12 million (80 and 315 MB) take 0.88 and 0.96 GB. Days of 20 and 60 million
    (0.47 and 1.4 GB) take 0.98 and 1.05 GB (`benchmarks/RESULTS.md`, goal 5). What takes more, as all families of options may, is
    kept by `DayMemory.keep`.

    Parameters
    ----------
    delivered : bytes of the day's delivered files, compressed.
    """
    return int(_BASE + min(_PER_BYTE * delivered, _MOST_OF_SIZE))


@dataclass(frozen=True, slots=True)
class DayMemory:
    """What days need in an installation.

    Attributes
    ----------
    products : whose tables a run of a day makes.
    settings : digest of the settings that the need may depend on.
    """

    products: tuple[str, ...]
    settings: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Of an installation's settings."""
        names = [*(name for name in Settings.model_fields if name not in CHANGE_NO_ROWS), *_COST_MEMORY_ONLY]
        return cls(settings.products, settings.digest(names)[:16])

    def needs(
        self, fs: FileSystem, days: Collection[date], *, tables: Mapping[date, Collection[str]] | None = None
    ) -> Mapping[date, int]:
        """Day -> estimate of its memory: the usual need, or what a day of its size or of a smaller one took, if more. [bytes].

        Parameters
        ----------
        tables : those that a run makes of each day, as assets are called; None for all.
        """
        (one,) = days if len(days) == 1 else (None,)
        sizes, peaks = delivered_bytes(fs, self.products, day=one), kept_peaks(fs, self.settings)
        return {day: self._need(sizes.get(day, 0), peaks, None if tables is None else tables[day]) for day in days}

    @contextlib.contextmanager
    def holding(
        self,
        fs: FileSystem,
        day: date,
        *,
        tables: Collection[str] | None = None,
        is_alone: bool = False,
        say: Callable[[str], object] | None = None,
    ) -> Iterator[None]:
        """Hold the memory of a run of a day for the block, as `holding_memory` does.

        Parameters
        ----------
        tables : those that the run makes, as assets are called; None for all.
        is_alone, say : as of `holding_memory`.
        """
        need = self.needs(fs, [day], tables=None if tables is None else {day: tables})[day]
        with holding_memory(need, is_alone=is_alone, say=say):
            yield

    def keep(self, fs: FileSystem, day: date, peaks: Mapping[str, int]) -> None:
        """Keep what the steps of a day took.

        Parameters
        ----------
        peaks : by table, of `step_peaks`. [bytes]
        """
        if peaks:
            delivered = delivered_bytes(fs, self.products, day=day).get(day, 0)
            keep_peaks(fs, self.settings, delivered=delivered, peaks=peaks)

    @staticmethod
    def _need(delivered: int, peaks: Mapping[int, Mapping[str, int]], tables: Collection[str] | None) -> int:
        """The estimate. Of each table the class of sizes counts that is nearest to the day's own, from below."""
        known: dict[str, int] = {}
        for each in sorted(peaks):
            if each <= size_class(delivered):
                known |= peaks[each]
        if tables and all(table in known for table in tables):
            return max(_BASE, *(known[table] for table in tables))
        return max(usual_need(delivered), *known.values(), 0)


def step_peaks(made: Iterable[dg.AssetMaterialization]) -> dict[str, int]:
    """What steps took that computed their tables, by asset. One that reuses its table says nothing of what computing takes."""
    return {
        name_of(one.asset_key): int(float(str(one.metadata[PEAK].value)) * 1e6)
        for one in made
        if PEAK in one.metadata and "reused" not in one.metadata
    }


def name_of(key: dg.AssetKey) -> str:
    """An asset as notes name it."""
    return "/".join(key.path)


def together(needs: Sequence[int], budget: int) -> int:
    """How many days may run at once, whichever they are: so many of the largest needs fit. At least 1.

    >>> together([3, 1, 1, 3], 6), together([3, 1, 1, 3], 2)
    (2, 1)
    """
    count = held = 0
    for need in sorted(needs, reverse=True):
        held += need
        if held > budget:
            break
        count += 1
    return max(count, 1)
