"""The calendar of partitions: one per UTC day, without Saturdays. Holidays stay in: Globex reopens on their evenings."""

from __future__ import annotations

from datetime import date

import dagster as dg

__all__ = ["daily", "day_of"]


def daily(start: date) -> dg.DailyPartitionsDefinition:
    """Every UTC day from `start` to yesterday, except Saturdays."""
    return dg.DailyPartitionsDefinition(start_date=start.isoformat(), timezone="UTC", exclusions=["0 0 * * 6"])


def day_of(partition_key: str) -> date:
    """The date that a partition's key names."""
    return date.fromisoformat(partition_key)
