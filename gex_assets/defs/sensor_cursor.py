"""What the file sensor remembers from one tick to the next: for each day, digests of what it last saw, and how often it asked.

Dagster stores the cursor with every tick, so it is small: at most `MOST_BYTES_A_DAY` for each day of the calendar, whatever
the number of files. Ten years of days take 80 kB at most. Days that wait take half of that, where they came together.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

__all__ = ["MOST_BYTES_A_DAY", "Cursor", "Seen", "Watched", "parsed_cursor", "same_files", "short_listing", "short_state"]

MOST_BYTES_A_DAY: Final = 22
"""Of the cursor's text: a letter for the day of the month, 15 for the digests, four for the serial, part of the month's name."""

_VERSION: Final = 3
_FILES: Final = 4
_LISTING: Final = 8
_STATE: Final = 7
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuv"


class Seen(NamedTuple):
    """A day as it was last looked at.

    Attributes
    ----------
    listing : short digests of names, sizes, times and tags, of the files and of the sidecars: while it is the same, nothing is
        opened.
    state : short digest of the files, without tags, and of what the sidecars say of them: a run is requested where it changes.
    serial : requests so far; 0 where the lake was up to date at first sight.
    """

    listing: str
    state: str
    serial: int = 0


class Watched(NamedTuple):
    """A day whose listing changed: for how long ticks have seen it in this state, see `Cursor.passed`. [s]."""

    listing: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The state of the sensor.

    Attributes
    ----------
    began : when this cursor began [UNIX s]. It is part of run keys, so that a new cursor's are not those of an old one.
    ticked : when the tick was that left it, by the sensor's own clock; 0 where there was none. [UNIX s]
    """

    began: int
    days: dict[date, Seen] = field(default_factory=dict)
    watched: dict[date, Watched] = field(default_factory=dict)
    ticked: int = 0

    def passed(self, *, now_s: int, most: int) -> int:
        """Seconds since the last tick, as far as the clock can be trusted.

        A tick speaks for the time since the one before it, and for no more than the usual time between two. So a clock that jumps
        ahead adds no more than that, and one that is set back nothing.

        Parameters
        ----------
        now_s : the time now. [UNIX s]
        most : the usual time between two ticks. [s]

        Examples
        --------
        >>> cursor = Cursor(0, ticked=1_000)
        >>> [cursor.passed(now_s=now, most=30) for now in (1_020, 1_035, 900_000, 400)]
        [20, 30, 30, 0]
        """
        return min(max(now_s - self.ticked, 0), most) if self.ticked else 0

    def text(self) -> str:
        """The cursor as Dagster stores it."""
        content: dict[str, object] = {"version": _VERSION, "began": self.began}
        content["days"] = _by_month(
            {day: f"{seen.listing}{seen.state}{seen.serial if seen.serial != 1 else ''}" for day, seen in self.days.items()}
        )
        if self.ticked:
            content["ticked"] = self.ticked
        by_seconds: dict[int, dict[date, str]] = {}
        for day, watched in self.watched.items():
            by_seconds.setdefault(watched.seconds, {})[day] = watched.listing
        if by_seconds:
            content["watched"] = {str(seconds): _by_month(days) for seconds, days in sorted(by_seconds.items())}
        return json.dumps(content, separators=(",", ":"))


def short_listing(files: str, sidecars: str) -> str:
    """A listing's digests [hexadecimal], as short as the cursor keeps them: 24 bits each."""
    return _shortened(files, _FILES) + _shortened(sidecars, _LISTING - _FILES)


def same_files(listing: str, other: str) -> bool:
    """Whether two listings differ in sidecars only."""
    return listing[:_FILES] == other[:_FILES]


def short_state(digest: str) -> str:
    """A state's digest [hexadecimal], as short as the cursor keeps it: 42 bits."""
    return _shortened(digest, _STATE)


def parsed_cursor(text: str | None, *, now_s: int) -> tuple[Cursor, str | None]:
    """Read a cursor.

    Returns
    -------
    The cursor, a new one where there is none, and why one that was there is replaced.
    """
    if not text:
        return Cursor(now_s), None
    try:
        content = json.loads(text)
        if content.get("version") != _VERSION:
            return Cursor(now_s), "the cursor is of an earlier version and is replaced: days are compared with what is published"
        days = {day: _seen(entry) for day, entry in _of_months(content["days"])}
        watched = {
            day: Watched(listing, int(seconds))
            for seconds, months in content.get("watched", {}).items()
            for day, listing in _of_months(months)
        }
        return Cursor(int(content["began"]), days, watched, int(content.get("ticked", 0))), None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Cursor(now_s), "the cursor cannot be read and is replaced: days are compared with what is published"


def _by_month(entries: Mapping[date, str]) -> dict[str, str]:
    """What is kept of days, with a letter for the day of the month."""
    months: dict[str, list[str]] = {}
    for day, entry in sorted(entries.items()):
        months.setdefault(f"{day:%Y-%m}", []).append(f"{_LETTERS[day.day]}{entry}")
    return {month: " ".join(found) for month, found in months.items()}


def _of_months(months: Mapping[str, str]) -> Iterator[tuple[date, str]]:
    for month, entries in months.items():
        first = date.fromisoformat(f"{month}-01")
        for entry in entries.split(" "):
            yield first.replace(day=_LETTERS.index(entry[0])), entry[1:]


def _seen(entry: str) -> Seen:
    listing, state, serial = entry[:_LISTING], entry[_LISTING : _LISTING + _STATE], entry[_LISTING + _STATE :]
    if len(state) != _STATE:
        raise ValueError(f"Expected an entry of at least {_LISTING + _STATE} characters, was {entry!r}")
    return Seen(listing, state, int(serial) if serial else 1)


def _shortened(digest: str, length: int) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(digest)).decode()[:length]
