"""Durations in nanoseconds, and the window on which every table of silver stands. No other module defines them."""

from typing import Final

__all__ = ["DAY_NS", "MICROSECOND_NS", "MILLISECOND_NS", "MINUTE_NS", "SECOND_NS", "WINDOW_NS", "YEAR_NS"]

MICROSECOND_NS: Final = 1_000
MILLISECOND_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
DAY_NS: Final = 86_400 * SECOND_NS
YEAR_NS: Final = 365 * DAY_NS
"""A year of time to expiration: 365 days."""

WINDOW_NS: Final = 5 * SECOND_NS
"""Length of a window. Windows lie on the UTC grid, `[start, end)`, and are named by their end."""
