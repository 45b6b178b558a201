"""The result of a study as data: one number, with what it was measured on, its baseline and its requirement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a study.

    Attributes
    ----------
    day, expiration : the sample day, and the expiration's date in Chicago.
    days : from the first window measured to the expiration. [days]
    subject, measure : of what, and which number.
    unit : of value, baseline and limit.
    value : NaN where nothing could be measured.
    baseline, baseline_is : the same number by a rule that others use, and the rule's name; None without such a rule.
    limit : the requirement; None where there is none.
    share : the requirement as a share of the baseline, where it is one. [1]
    at_least : whether the value has to reach the limit; otherwise it has to stay within it.
    cases : windows, or strikes or options in windows, that were measured.
    """

    day: date
    expiration: date
    days: float
    subject: str
    measure: str
    unit: str
    value: float
    cases: int
    baseline: float | None = None
    baseline_is: str | None = None
    limit: float | None = None
    share: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the requirement is met; None without one. A value that could not be measured does not meet it."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit
