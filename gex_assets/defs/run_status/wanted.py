"""Which runs a reader asks for: those of one lake, and failures of days that are not right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gex_assets.defs.execution.run_tags import LAKE
from gex_assets.defs.run_status.tags import is_of_lake

__all__ = ["Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked.

    Attributes
    ----------
    lake : its name, see `tags.lake_name`.
    is_settings_lake : whether it is the settings' lake, as whose runs without a tag count.
    days : days that the lake knows, and whether everything of them is published.
    only : the one day that is asked for; None for all.
    """

    lake: str
    is_settings_lake: bool
    days: Mapping[date, bool]
    only: date | None = None

    def is_of(self, tags: Mapping[str, str]) -> bool:
        """Whether a run with these tags is of the lake."""
        return is_of_lake(tags, self.lake, is_settings_lake=self.is_settings_lake)

    def may_be_failed(self, day: date, tags: Mapping[str, str] | None = None) -> bool:
        """Whether a failure of the day is told: not where all of it is published.

        Parameters
        ----------
        tags : the run's. None where they are not known yet. Of a day that the lake does not know, a run must name the lake.

        Examples
        --------
        >>> one, other, third = date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8)
        >>> wanted = Wanted(lake="/data", is_settings_lake=True, days={one: True, other: False})
        >>> [wanted.may_be_failed(day, {}) for day in (one, other, third)], wanted.may_be_failed(third, {LAKE: "/data"})
        ([False, True, False], True)
        """
        if self.only not in (None, day):
            return False
        is_right = self.days.get(day)
        if is_right is None:
            return tags is None or LAKE in tags
        return not is_right
