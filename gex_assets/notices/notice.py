"""A notice: what is told once, as text for a phone and as fields for a program, under an identity of its own."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gex_assets.brief.facts import NOT_ADVICE
from gex_assets.errors import GexError
from gex_assets.escaping import visible
from gex_assets.time_units import SECOND_NS

__all__ = ["CHICAGO", "DISCLAIMER", "MOST_LETTERS", "SCHEMA", "WIDTH", "Notice", "combined", "known_text", "text_notice"]

CHICAGO: Final = ZoneInfo("America/Chicago")
DISCLAIMER: Final = NOT_ADVICE
SCHEMA: Final = "gex-notice/1"
"""Name and version of the JSON object: docs/notices.md describes it."""

MOST_LETTERS: Final = 1_900
"""Of a notice's text. Discord takes 2,000, and escapes need room."""
WIDTH: Final = 40
"""Columns of a phone held upright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice.

    Attributes
    ----------
    kind : one of `notice_settings.KINDS`, or `text`, `test`, `combined`. All but runs, deliveries and tests are of the market.
    identity : what makes it this one and no other; of two with the same identity one is told.
    title : one line.
    lines : further lines, without what every notice says.
    ts_known : since when its content could be known [UNIX ns UTC]; None where it is of no moment of the market.
    fields : the same for a program. Missing numbers are null.
    parts : the notices that it combines.
    group : those of one group are collected: the first one is told at once, those that follow as one. Empty for none.
    """

    kind: str
    identity: tuple[str, ...]
    title: str
    lines: tuple[str, ...] = ()
    ts_known: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Notice, ...] = ()
    group: str = ""

    @property
    def key(self) -> str:
        """Digest of kind and identity, in hexadecimal."""
        return hashlib.sha256(json.dumps([self.kind, *self.identity]).encode()).hexdigest()[:32]

    @property
    def text(self) -> str:
        """The whole text, at most `MOST_LETTERS`, in lines of a phone's width where words are not longer."""
        known = [known_text(self.ts_known)] if self.ts_known is not None else []
        last = _wrapped(DISCLAIMER) if self.is_of_the_market else []
        lines = [part for one in (self.title, *self.lines, *known) for part in _wrapped(one)]
        room = MOST_LETTERS - sum(len(one) + 1 for one in last) - len("…\n")
        kept: list[str] = []
        for line in lines:
            cut = line[:200]
            if room - len(cut) - 1 < 0:
                kept.append("…")
                break
            room -= len(cut) + 1
            kept.append(cut)
        return "\n".join([*kept, *last])

    @property
    def is_of_the_market(self) -> bool:
        """Whether it says something of levels or exposures, so that it says under which assumption, too."""
        if self.parts:
            return any(one.is_of_the_market for one in self.parts)
        return self.kind not in ("failure", "missing", "test")

    @property
    def document(self) -> dict[str, Any]:
        """The notice as a JSON object."""
        return {
            "schema": SCHEMA,
            "key": self.key,
            "kind": self.kind,
            "title": visible(self.title),
            "text": self.text,
            "ts_known": self.ts_known,
            "known_at": None if self.ts_known is None else _iso(self.ts_known),
            "fields": dict(self.fields),
            "notices": [one.document for one in self.parts],
            "disclaimer": DISCLAIMER,
        }

    def kept(self) -> dict[str, Any]:
        """What `restored` needs to make the same notice."""
        return {
            "kind": self.kind,
            "identity": list(self.identity),
            "title": self.title,
            "lines": list(self.lines),
            "ts_known": self.ts_known,
            "fields": dict(self.fields),
            "group": self.group,
        }

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> Notice:
        """The notice that was kept.

        Raises
        ------
        GexError
            It was not kept by `kept`.
        """
        try:
            return cls(
                kind=str(kept["kind"]),
                identity=tuple(map(str, kept["identity"])),
                title=str(kept["title"]),
                lines=tuple(map(str, kept["lines"])),
                ts_known=None if kept["ts_known"] is None else int(kept["ts_known"]),
                fields=dict(kept["fields"]),
                group=str(kept.get("group", "")),  # what waited before there were groups has none
            )
        except (KeyError, TypeError, ValueError) as error:
            raise GexError(f"Expected a notice that was kept, was {type(error).__name__}: {error}") from error


def combined(notices: Sequence[Notice]) -> Notice:
    """One notice in place of several: their titles with their times.

    Parameters
    ----------
    notices : at least one, which is returned as it is where it is alone.
    """
    if len(notices) == 1:
        return notices[0]
    lines: list[str] = []
    room = MOST_LETTERS - 160
    for number, one in enumerate(notices):
        when = "" if one.ts_known is None else f"{_chicago(one.ts_known):%a %H:%M} "
        line = f"- {when}{one.title}"
        room -= len(line[:200]) + 8  # wrapped lines are indented
        if room < 0:
            lines.append(f"and {len(notices) - number} more")
            break
        lines.append(line)
    if any(one.ts_known is not None for one in notices):
        lines.append("times are Chicago's")
    return Notice(
        kind="combined",
        identity=tuple(one.key for one in notices),
        title=f"{len(notices)} notices",
        lines=tuple(lines),
        parts=tuple(notices),
    )


def text_notice(
    title: str,
    text: str,
    *,
    identity: Sequence[str],
    kind: str = "text",
    ts_known: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Notice:
    """Any text as a notice.

    Parameters
    ----------
    title : one line.
    text : further lines. What every notice ends with is said once.
    identity : what makes it this one: it is sent once to each channel.
    ts_known : since when it could be known. [UNIX ns UTC]
    """
    lines = tuple(line for line in text.splitlines() if line != DISCLAIMER)
    return Notice(kind=kind, identity=tuple(identity), title=title, lines=lines, ts_known=ts_known, fields=fields or {})


def known_text(ts: int) -> str:
    """When something could be known, on both clocks.

    Examples
    --------
    >>> known_text(1_767_709_805_000_000_000)
    'known Tue 2026-01-06 08:30:05 Chicago (14:30:05 UTC)'
    """
    moment = datetime.fromtimestamp(ts // SECOND_NS, tz=UTC)
    return f"known {moment.astimezone(CHICAGO):%a %Y-%m-%d %H:%M:%S} Chicago ({moment:%H:%M:%S} UTC)"


def _wrapped(line: str) -> list[str]:
    said = visible(line)
    indent = "  " if said.startswith("- ") else ""
    return textwrap.wrap(said, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


def _chicago(ts: int) -> datetime:
    return datetime.fromtimestamp(ts // SECOND_NS, tz=CHICAGO)


def _iso(ts: int) -> str:
    return datetime.fromtimestamp(ts // SECOND_NS, tz=UTC).isoformat()
