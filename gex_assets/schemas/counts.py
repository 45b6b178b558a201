"""What an entry of the list of counts says: meaning, when to worry, and which check reads it or why it is only shown.

The entries stand in `counted_records` and `counted_rows`; `count_registry` has them together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Count"]


@dataclass(frozen=True)
class Count:
    """One count.

    Attributes
    ----------
    name : its key in a tally; a part that varies stands in braces, as in ``iv_{status}``.
    about : what is counted.
    worry : when to worry, and what to do then.
    read_by : the checks that judge it.
    only_shown : why no check reads it; empty where one does.
    """

    name: str
    about: str
    worry: str
    read_by: tuple[str, ...] = ()
    only_shown: str = ""

    @property
    def is_dropped(self) -> bool:
        """Whether what is counted is in no table: its text says that it is left out. Others describe rows that are there."""
        return "left out" in self.about

    @property
    def shape(self) -> str:
        """The name with `{}` for every part that varies."""
        return re.sub(r"\{\w+\}", "{}", self.name)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the keys that the entry stands for."""
        return re.compile(r"\w+".join(re.escape(part) for part in self.shape.split("{}")))
