"""JSON files next to market files: read as bytes, parsed, and looked into, with an error that names the file.

What the vendor's files mean is in `sidecars.py`, what ours mean in `delivery_notes.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from gex_assets.errors import BadFileError
from gex_assets.lake.filesystem import FileSystem

__all__ = ["JsonFile"]

_LARGEST: Final = 1 << 27
"""Bytes of a JSON file that is read. A symbology of 7,000 symbols has 1.3 MB."""


class JsonFile(NamedTuple):
    """A JSON file of a folder. The methods raise a BadFileError for what cannot be read or is of another kind."""

    filesystem: FileSystem
    folder: str
    name: str

    def __str__(self) -> str:
        return self.filesystem.uri(self.key)

    @property
    def key(self) -> str:
        """Its place in the lake."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    def content(self) -> bytes | None:
        """Its bytes; None where it is absent."""
        try:
            info = self.filesystem.info(self.key)
            if info is None:
                return None  # also where a pipe lies: reading it might never end
            if info.size_bytes > _LARGEST:
                raise BadFileError(f"{self}: Expected at most {_LARGEST:,} bytes, was {info.size_bytes:,}")
            return self.filesystem.read_bytes(self.key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadFileError(f"Expected a readable file at {self}, was: {error.strerror}") from error

    def load(self, *, kind: type = dict) -> Any:
        """Its parsed content; None where it is absent."""
        text = self.content()
        return None if text is None else self.parsed(text, kind=kind)

    def parsed(self, text: bytes, *, kind: type = dict) -> Any:
        """Parse bytes that were read before."""
        try:
            content = json.loads(text)
            json.dumps(
                content, ensure_ascii=False
            ).encode()  # half a surrogate pair is valid JSON, but no text that a table can store
        except (ValueError, RecursionError) as error:
            raise BadFileError(f"{self}: Expected JSON, was: {error}") from error
        if not isinstance(content, kind):
            raise BadFileError(f"{self}: Expected {kind.__name__}, was {type(content).__name__}")
        return content

    def get(self, content: Mapping[str, Any], name: str, kind: type) -> Any:
        """A field of that kind."""
        value = content.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BadFileError(f"{self}: Expected {kind.__name__} as {name}, was {repr(value)[:200]}")
        return value

    def optional(self, content: Mapping[str, Any], name: str, kind: type) -> Any:
        """A field of that kind; None where it is absent or null."""
        return None if content.get(name) is None else self.get(content, name, kind)

    def texts(self, content: Mapping[str, Any], name: str) -> tuple[str, ...]:
        """A list of texts; none where it is absent or null."""
        return tuple(str(one) for one in self.optional(content, name, list) or ())

    def objects(self, entries: Any) -> list[dict[str, Any]]:
        """The entries of a list of objects."""
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise BadFileError(f"{self}: Expected a list of objects, was {str(entries)[:60]!r}")
        return entries

    def date(self, text: str) -> date:
        """A date as YYYY-MM-DD."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise BadFileError(f"{self}: Expected a date, was {text!r}") from None
