"""What the status said of each day, kept with what it was said of: while nothing of a day changed, nothing is opened again.

A day's mark is a digest of names, sizes and tags of everything that its states depend on. Ten years are sixty thousand footers,
but one listing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.notes.ledger import change_ledger, read_ledger

__all__ = ["Marks", "digest_of", "keep_states", "kept_states"]

_LEDGER: Final = "day_states"
_FORMAT: Final = 1
"""Raise it when states are judged in another way."""


class Marks(NamedTuple):
    """Digests of what the states of a day depend on.

    Attributes
    ----------
    own : of tables that are computed from the day alone.
    chained : of tables that span days: also of everything before.
    """

    own: str
    chained: str


def digest_of(parts: Iterable[str]) -> str:
    """A short digest of texts in their order."""
    return hashlib.blake2b("\n".join((str(_FORMAT), *parts)).encode(), digest_size=12).hexdigest()


def kept_states(fs: FileSystem, product: str) -> dict[date, tuple[Marks, list[Any]]]:
    """Day -> its marks when its states were judged, and the states; nothing where what is kept cannot be read."""
    found: dict[date, tuple[Marks, list[Any]]] = {}
    with contextlib.suppress(LakeError):  # then every day is looked at
        for name, text in dict(read_ledger(fs, _LEDGER).get(product) or {}).items():
            with contextlib.suppress(ValueError, TypeError):
                own, chained, states = json.loads(text)
                found[date.fromisoformat(name)] = Marks(str(own), str(chained)), list(states)
    return found


def keep_states(fs: FileSystem, product: str, states: Mapping[date, tuple[Marks, list[Any]]]) -> None:
    """Replace what is kept of a product. A lake that cannot be written is looked at again next time."""
    made = {
        day.isoformat(): json.dumps([*marks, values], separators=(",", ":"), default=list)
        for day, (marks, values) in states.items()
    }
    with contextlib.suppress(LakeError):
        change_ledger(fs, _LEDGER, lambda kept: kept | {product: made})
