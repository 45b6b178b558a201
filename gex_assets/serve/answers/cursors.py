"""Cursors of paging: where the next page begins, as an opaque word.

A cursor names a row of one state of one day, and the request that it belongs to. If that day was published again since, the page
before and the page after would not fit together: the cursor is refused, and the reader begins again.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final

from gex_assets.errors import LakeError
from gex_assets.lake.names import day_named
from gex_assets.serve.answers.problems import ProblemError

__all__ = ["LONGEST_CURSOR", "Cursor"]

LONGEST_CURSOR: Final = 200
_PARTS: Final = 4
_TAG_LETTERS: Final = 16
_REQUEST_LETTERS: Final = 12
_MOST_ROWS: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Cursor:
    """The first row of the next page.

    Attributes
    ----------
    day : the day that it lies in.
    state : the beginning of the hash of that day's table.
    row : its number in that table's file.
    request : the beginning of the hash of the request's other parameters.
    """

    day: date
    state: str
    row: int
    request: str

    @classmethod
    def of(cls, *, day: date, sha256: str, row: int, request: str) -> Cursor:
        """The cursor of a row of a day, for a request known by its hash."""
        return cls(day, sha256[:_TAG_LETTERS], row, request[:_REQUEST_LETTERS])

    def __str__(self) -> str:
        text = json.dumps([self.day.isoformat(), self.state, self.row, self.request], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parsed(cls, text: str, *, request: str) -> Cursor:
        """Read a cursor of the request known by its hash.

        Raises
        ------
        ProblemError
            It is none, or one of another request.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
            found = cls._of_parts(parts)
        except (ValueError, binascii.Error, UnicodeError, LakeError, RecursionError):
            found = None
        if found is None:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST, "Expected a cursor as `next` of a page gave it, was another text: begin without a cursor"
            )
        if found.request != request[:_REQUEST_LETTERS]:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                "Expected the parameters of the page that gave the cursor, was others: keep them, or begin without a cursor",
            )
        return found

    @classmethod
    def _of_parts(cls, parts: Any) -> Cursor | None:
        if not isinstance(parts, list) or len(parts) != _PARTS:
            return None
        day, state, row, request = parts
        is_number = isinstance(row, int) and not isinstance(row, bool) and 0 <= row < _MOST_ROWS
        if not (is_number and isinstance(state, str) and isinstance(request, str)):
            return None
        return cls(day_named(str(day)), state, row, request)

    def check_state(self, sha256: str) -> None:
        """Refuse to go on in another state of the day than the one that the page before has read."""
        if not sha256.startswith(self.state) or len(self.state) != _TAG_LETTERS:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                f"Expected {self.day} in the state that the page before has read, was published again: begin without a cursor",
            )
