"""What the file sensor remembers from one tick to the next: for each day, digests of what it last saw, and how often it asked.

Dagster stores the cursor with every tick, so it is small: at most `MOST_BYTES_A_DAY` for each day of the calendar, whatever
the number of files. Ten years of days take 80 kB at most.
"""

import base64
import json
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
    """A day with a file whose time lies in the future: since when it has been seen in this state. [UNIX s]."""

    listing: str
    since: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The state of the sensor.

    Attributes
    ----------
    began : when this cursor began [UNIX s]. It is part of run keys, so that a new cursor's are not those of an old one.
    """

    began: int
    days: dict[date, Seen] = field(default_factory=dict)
    watched: dict[date, Watched] = field(default_factory=dict)

    def text(self) -> str:
        """The cursor as Dagster stores it."""
        months: dict[str, list[str]] = {}
        for day, seen in sorted(self.days.items()):
            serial = str(seen.serial) if seen.serial != 1 else ""
            months.setdefault(f"{day:%Y-%m}", []).append(f"{_LETTERS[day.day]}{seen.listing}{seen.state}{serial}")
        content: dict[str, object] = {"version": _VERSION, "began": self.began}
        content["days"] = {month: " ".join(entries) for month, entries in months.items()}
        if self.watched:
            content["watched"] = {day.isoformat(): list(watched) for day, watched in sorted(self.watched.items())}
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
        days = {}
        for month, entries in content["days"].items():
            first = date.fromisoformat(f"{month}-01")
            for entry in entries.split(" "):
                days[first.replace(day=_LETTERS.index(entry[0]))] = _seen(entry[1:])
        watched = {
            date.fromisoformat(day): Watched(str(listing), int(since))
            for day, (listing, since) in content.get("watched", {}).items()
        }
        return Cursor(int(content["began"]), days, watched), None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Cursor(now_s), "the cursor cannot be read and is replaced: days are compared with what is published"


def _seen(entry: str) -> Seen:
    listing, state, serial = entry[:_LISTING], entry[_LISTING : _LISTING + _STATE], entry[_LISTING + _STATE :]
    if len(state) != _STATE:
        raise ValueError(f"Expected an entry of at least {_LISTING + _STATE} characters, was {entry!r}")
    return Seen(listing, state, int(serial) if serial else 1)


def _shortened(digest: str, length: int) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(digest)).decode()[:length]
