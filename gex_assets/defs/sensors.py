"""The sensor that requests a run when files arrive. `requests` decides, as a pure function of the files; Dagster calls it."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import dagster as dg

from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.lake.tables import Lake

__all__ = ["Delivered", "Request", "delivery_sensor", "requests"]

TICK_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A file in the raw layer.

    Attributes
    ----------
    complete : a manifest names it with this size, so that nobody is still writing it.
    plausible : it is not empty and begins with a DBN header.
    registered : its day's raw table has a row for it, of this size and not older.
    """

    raw_table: str
    day: date
    path: str
    size_bytes: int
    mtime_ns: int
    complete: bool
    plausible: bool
    registered: bool

    @property
    def fingerprint(self) -> str:
        """Changes when the file is delivered again."""
        return f"{self.size_bytes}-{self.mtime_ns}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A day to run: the raw tables whose files changed, and a key that changes with a re-delivery."""

    day: date
    raw_tables: tuple[str, ...]
    run_key: str


def requests(
    files: Iterable[Delivered],
    *,
    cursor: Mapping[str, str],
    now_ns: int,
    settle_seconds: int,
    start_from: date | None,
    most: int,
    is_partition: Callable[[date], bool],
) -> tuple[list[Request], dict[str, str], list[str]]:
    """Decide which days to run.

    A day is requested once for all kinds of files, when each of its files has settled. A file has settled when a manifest
    names its size, or when it has not changed for `settle_seconds`. A file that changes later is a re-delivery: its day is
    requested again.

    Parameters
    ----------
    files : the files in the raw layer of one product.
    cursor : fingerprints requested so far, by path.
    now_ns : the time now. [UNIX ns]
    settle_seconds : how long a file without a manifest must be unchanged. [s]
    start_from : days before this one are ignored; None for no limit.
    most : how many days may be requested at once; the others wait for the next tick.
    is_partition : whether a day is one of the calendar's.

    Returns
    -------
    The requests in order of days, the next cursor, and why other days with changed files wait.
    """
    days: dict[date, list[Delivered]] = {}
    for file in files:
        if start_from is None or file.day >= start_from:
            days.setdefault(file.day, []).append(file)
    asked: list[Request] = []
    waiting: list[str] = []
    next_cursor = dict(cursor)
    for day in sorted(days):
        delivered = sorted(days[day], key=lambda file: file.path)
        for file in delivered:
            if file.registered and file.path not in cursor:
                next_cursor[file.path] = file.fingerprint
        changed = [file for file in delivered if next_cursor.get(file.path) != file.fingerprint]
        if not changed:
            continue
        unsettled = [
            file
            for file in delivered
            if not file.plausible or not (file.complete or now_ns - file.mtime_ns >= settle_seconds * 1_000_000_000)
        ]
        if unsettled:
            waiting.append(f"{day}: {unsettled[0].path} is still being written")
        elif not is_partition(day):
            waiting.append(f"{day}: not a day of the calendar")
        elif len(asked) >= most:
            waiting.append(f"{day}: waits for the next tick ({most} days at once)")
        else:
            next_cursor |= {file.path: file.fingerprint for file in changed}
            parts = "\n".join(f"{file.path} {file.fingerprint}" for file in delivered)
            asked.append(
                Request(
                    day=day,
                    raw_tables=tuple(sorted({file.raw_table for file in changed})),
                    run_key=f"{day}:{hashlib.sha256(parts.encode()).hexdigest()[:16]}",
                )
            )
    return asked, next_cursor, waiting


def delivery_sensor(assets: ProductAssets, definitions: Sequence[dg.AssetsDefinition]) -> dg.SensorDefinition:
    """The sensor of one product. It is off by default: over an archive it would request every day."""
    settings = assets.settings
    own = dg.AssetSelection.assets(*(key for definition in definitions for key in definition.keys))
    prefix = "" if assets.product == settings.default_product else f"{assets.product}__"

    @dg.sensor(
        name=f"{prefix}delivered_files",
        target=own,
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts one run per day when its files have arrived completely, and another when they are delivered again.",
    )
    def delivered_files(context: dg.SensorEvaluationContext, lake: LakeResource) -> dg.SensorResult | dg.SkipReason:
        from gex_assets.lake.raw.deliveries import delivered

        found = [Delivered(**delivery._asdict()) for delivery in delivered(lake.lake(), product=assets.product)]
        cursor: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
        asked, next_cursor, waiting = requests(
            found,
            cursor=cursor,
            now_ns=time.time_ns(),
            settle_seconds=settings.sensor_settle_seconds,
            start_from=settings.sensor_start_from,
            most=settings.sensor_max_requests,
            is_partition=lambda day: assets.partitions.has_partition_key(day.isoformat()),
        )
        for reason in waiting:
            context.log.info(reason)
        text = json.dumps(next_cursor, sort_keys=True)
        if not asked:
            return dg.SensorResult(
                skip_reason=dg.SkipReason("; ".join(waiting) or f"{len(found)} files, none of them new"), cursor=text
            )
        tables = {key.path[-1] for definition in definitions for key in definition.keys}
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    run_key=request.run_key,
                    partition_key=request.day.isoformat(),
                    asset_selection=sorted(
                        _below(
                            assets, {*request.raw_tables, *_lacking(lake.lake(), assets, tables, day=request.day)}, definitions
                        )
                    ),
                )
                for request in asked
            ],
            cursor=text,
        )

    return delivered_files


def _lacking(lake: Lake, assets: ProductAssets, tables: Iterable[str], *, day: date) -> set[str]:
    """The tables that the day does not have yet. A table that is made from a delivered file may need them as well."""
    return {name for name in tables if lake.find(name, product=assets.product, day=day) is None}


def _below(assets: ProductAssets, tables: Iterable[str], definitions: Sequence[dg.AssetsDefinition]) -> set[dg.AssetKey]:
    """The tables and everything that is made from them. Tables that one pass makes are selected together."""
    reached = {assets.key(name) for name in tables}
    grown = True
    while grown:
        grown = False
        for definition in definitions:
            made = set(definition.keys)
            if not made <= reached and any(key in reached or definition.asset_deps[key] & reached for key in made):
                reached |= made
                grown = True
    return reached
