"""One run of the benchmarks: how large its days are, and what several goals need and only one should measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.data import DATA, DAY, Day, one_day, one_hour, one_minute
from benchmarks.environments import Absent, python_of, said_of
from benchmarks.measuring import Measured, task
from benchmarks.steps import STEPS

__all__ = ["Session", "nanoseconds", "seconds"]

_MILLION: Final = 1_000_000


@dataclass(kw_only=True)
class Session:
    """What the goals share.

    Attributes
    ----------
    quick : an hour of 1 and of 3 M records instead of days of 20 and 60 M, fewer repetitions.
    say : told in words what is being done.
    """

    quick: bool
    say: Callable[[str], None]
    _graphs: dict[Path, Measured] = field(default_factory=dict)
    peers: dict[str, str] = field(default_factory=dict)

    @property
    def middle(self) -> Day:
        """The day that most goals measure."""
        return self._day(_MILLION if self.quick else 20 * _MILLION)

    @property
    def large(self) -> Day:
        """Three times as much."""
        return self._day(3 * _MILLION if self.quick else 60 * _MILLION)

    @property
    def small(self) -> Day:
        """A day for whoever is slow."""
        return self._day(_MILLION)

    @property
    def minute(self) -> Day:
        """A day of one minute."""
        return one_minute()

    @property
    def rounds(self) -> int:
        """How often alternating measurements are repeated."""
        return 2 if self.quick else 3

    def graph(self, day: Day) -> Measured:
        """A day materialized, step by step; once a run."""
        if day.lake not in self._graphs:
            self.say(f"materializing {day.said} records, step by step")
            self._graphs[day.lake] = task(
                "graph", lake=day.lake, small=self.minute.lake, day=day.first.isoformat(), steps=list(STEPS)
            )
        return self._graphs[day.lake]

    def slice(self) -> Path:
        """The slice that peers are given, and its records."""
        records = 300_000 if self.quick else _MILLION
        folder = DATA / f"{'hour-' if self.quick else ''}slice-{records}"
        if not (folder / "symbols.json").exists():
            self.say(f"cutting a slice of {records:,} records for the peers")
            task("peer_input", file=self.middle.file, day=DAY.isoformat(), records=records, into=folder)
        return folder

    def peer(self, name: str) -> Path:
        """The Python of a peer.

        Raises
        ------
        Absent
            It cannot be had here.
        """
        self.say(f"environment of {name}")
        try:
            python = python_of(name)
        except Absent as error:
            self.peers[name] = f"not installed: {error}"
            raise
        self.peers[name] = said_of(name)
        return python

    def peer_run(self, name: str, **given: object) -> Callable[[], Measured]:
        """A measurement of a peer by its own script."""
        python = self.peer(name)
        script = Path(__file__).resolve().parent / "peers" / f"run_{name}.py"
        return lambda: task(name, python=python, script=script, **given)

    def _day(self, records: int) -> Day:
        return one_hour(records) if self.quick else one_day(records)


def nanoseconds(cpu: float, records: int) -> str:
    """CPU time of a record."""
    return f"{cpu / records * 1e9:,.0f} ns"


def seconds(value: float) -> str:
    """A time as text."""
    return f"{value:.3f} s" if value < 1 else f"{value:,.1f} s"
