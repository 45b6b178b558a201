"""Backfills of assets, as the UI's button makes them: one run for each day."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.execution.backfill import PartitionBackfill

__all__ = ["add_backfill"]


def add_backfill(
    instance: dg.DagsterInstance, graph: Any, *, name: str, keys: Sequence[dg.AssetKey], days: Iterable[date]
) -> PartitionBackfill:
    """Ask for a backfill; the daemon works it off."""
    backfill = PartitionBackfill.from_asset_partitions(
        backfill_id=name,
        asset_graph=graph,
        partition_names=[day.isoformat() for day in days],
        asset_selection=keys,
        backfill_timestamp=time.time(),
        tags={},
        dynamic_partitions_store=instance,
        all_partitions=False,
        title=None,
        description=None,
        run_config=None,
    )
    instance.add_backfill(backfill)
    return backfill
