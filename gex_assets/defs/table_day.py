"""One table, one day: what an asset reads is remembered, what it writes is judged before anybody can see it."""

import contextlib
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, TypeVar

import dagster as dg
import numpy as np
import pyarrow as pa

from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.audit import judge
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.keys import VIEWS_KEY
from gex_assets.lake.lineage import Lineage, columns_key
from gex_assets.lake.tables import Lake, Staged, StoredTable
from gex_assets.process.freed_memory import give_back
from gex_assets.process.prefetch import prefetched
from gex_assets.schemas.checks import Verdict, matches_schema, still_matches_schema
from gex_assets.schemas.registry import DAY_TABLES, TABLES

__all__ = ["AGAIN", "LOCK_SECONDS", "VIEWS_LATER", "PublishCheck", "Results", "TableDay", "check_result"]

AGAIN: Final = "gex/again"
"""A run with this tag makes every table anew, also one that would come out as it is."""

PublishCheck = Callable[[StoredTable], Verdict]
VIEWS_LATER: Final = ".gex/views-later"
"""A run with this tag leaves the views to whoever started it."""

Row = TypeVar("Row")
Results = Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]

NOT_DROPPED = ("records", "rows", "crossed_rows", "resting_orders")
"""What tallies hold beside the reasons for which something was dropped or is odd."""

FEWEST_ROWS = 65_536
"""Smaller row groups are gathered until there are this many rows …"""

MOST_BYTES = 1 << 26
"""… or so many bytes in memory: a table of 700 columns holds that much in 12,000 rows."""

LOCK_SECONDS = 3_600.0
"""How long a run waits for another one that writes the same table-day. The lock of a killed process is free at once."""

PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 12


@dataclass
class TableDay:
    """What one run of one asset does for one day.

    `tally` counts, by reason, records or rows that were dropped or met on the way; it is stored in the table's footer and
    shown in the UI, like `symbols`, which counts what the day's symbols were refused for.
    """

    assets: ProductAssets
    name: str
    day: date
    lake: Lake
    inputs: dict[str, str] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    symbols: Counter[str] = field(default_factory=Counter)
    facts: dict[str, Any] = field(default_factory=dict)
    again: bool = False
    views_later: bool = False
    waiting: Waiting = NO_WAITING
    started: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(cls, context: dg.AssetExecutionContext, assets: ProductAssets, name: str, lake: Lake) -> "TableDay":
        """The day that this run was asked for: exactly one partition a run, or checks could not be kept apart by day."""
        keys = list(context.partition_keys)
        if len(keys) != 1:
            raise GexError(f"Expected one partition a run, was {len(keys)}: launch a backfill with one run per partition")
        tags = context.run.tags
        day = day_of(keys[0])
        return cls(
            assets=assets,
            name=name,
            day=day,
            lake=lake,
            again=AGAIN in tags,
            views_later=VIEWS_LATER in tags,
            waiting=Waiting(LOCK_SECONDS, context.log.info),
        )

    @property
    def product(self) -> str:
        """Whose table it is."""
        return self.assets.product

    def open(self, name: str) -> StoredTable:
        """A published table of the same product and day; its hash becomes part of this table's lineage."""
        stored = self.lake.open(name, product=self.product, day=self.day)
        self.inputs[stored.key] = stored.sha256()
        return stored

    def read(self, name: str, *, columns: Sequence[str]) -> pa.Table:
        """Columns of a small published table of the same product and day; only what they say becomes part of the lineage."""
        stored = self.lake.open(name, product=self.product, day=self.day)
        self.inputs[columns_key(stored.key, columns)] = stored.digest(columns)
        return stored.read(columns)

    @cached_property
    def is_current(self) -> bool:
        """Whether what is published is what this run would make: the same inputs, code and settings, and nobody touched it."""
        stored = None if self.again else self._published()
        if stored is None:
            return False
        settings = self.assets.settings
        freshness = Freshness(self.lake, TABLES, lambda table: settings.digest(table.settings))
        return not freshness.why_recompute(stored, TABLES[self.name], self.product, self.day) and stored.is_as_published

    def _published(self) -> StoredTable | None:
        try:
            return self.lake.find(self.name, product=self.product, day=self.day)
        except LakeError:
            return None

    def keep(self, *, checks: Iterable[PublishCheck] = ()) -> Results:
        """Leave what is published as it is and say so: nothing of the day is read again but what the checks need."""
        stored = self.lake.reuse(TABLES[self.name], product=self.product, day=self.day, waiting=self.waiting)
        verdicts = [still_matches_schema(rows=stored.num_rows), *(check(stored) for check in checks)]
        self.tally = Counter(stored.tally)
        yield dg.MaterializeResult(
            asset_key=self.assets.key(self.name),
            metadata=self._metadata(stored, preview=_preview(stored)) | {"kept": True},
            check_results=[check_result(verdict, asset_key=self.assets.key(self.name)) for verdict in verdicts],
            data_version=dg.DataVersion(stored.sha256()),
        )

    def lineage(self) -> Lineage:
        """Where the rows come from."""
        table = TABLES[self.name]
        return Lineage(
            table=self.name,
            product=self.product,
            day=self.day,
            code_version=table.version,
            settings_hash=self.assets.settings.digest(table.settings),
            inputs=dict(self.inputs),
        )

    def prefetch(self, made: Generator[Row]) -> Generator[Row]:
        """What is made for this table, in a thread beside the one that writes where the settings allow two."""
        return prefetched(made) if self.assets.settings.threads > 1 else made

    @contextlib.contextmanager
    def replace(self) -> Iterator[Staged]:
        """Write the day aside, under the table-day's lock."""
        with self.lake.replace(
            TABLES[self.name], product=self.product, day=self.day, lineage=self.lineage(), waiting=self.waiting
        ) as staged:
            yield staged

    def publish(self, groups: Iterable[pa.Table], *, checks: Iterable[PublishCheck] = (), gather: bool = True) -> Results:
        """Write, audit, publish: only a day whose blocking checks are true becomes visible.

        With `gather`, small row groups become larger ones, made by a thread of their own beside the one that writes; without,
        the table's schema says what a row group holds. Where what is published is current, `groups` is not asked for a
        single row.
        """
        if self.is_current:
            yield from self.keep(checks=checks)
            return
        with self.replace() as staged:
            made = self.prefetch(_gathered(groups)) if gather else groups
            with contextlib.ExitStack() as stack:
                if isinstance(made, Generator):
                    stack.enter_context(contextlib.closing(made))  # it may hold files and a thread
                for group in made:
                    staged.write(group)
            yield from self.settle(staged, checks=checks)

    def settle(self, staged: Staged, *, checks: Iterable[PublishCheck] = ()) -> Results:
        """Audit what was written and publish or reject it; what was published before stays where this day is rejected."""
        staged.note(self.tally)
        stored = staged.finish()
        give_back()
        written = time.perf_counter()
        judgement = judge(stored, TABLES[self.name])
        verdicts = [matches_schema(failures=judgement.failures, rows=judgement.rows)]
        # The other checks read columns that only a table which match the schema is sure to have.
        verdicts += [check(stored) for check in checks] if verdicts[0].passed else []
        rejecting = [verdict for verdict in verdicts if verdict.rejects]
        is_first = not self.lake.days(self.name, self.product)
        preview = _preview(stored)
        if rejecting:
            staged.reject("; ".join(f"{verdict.name}: {verdict.text}" for verdict in rejecting))
        else:
            stored = staged.publish()
        if is_first:
            self._renew_views()
        results = [check_result(verdict, asset_key=self.assets.key(self.name)) for verdict in verdicts]
        if rejecting:
            yield from results
        else:
            # Checks that come with the result follow its event; the UI counts for a day only checks of what it has now.
            yield dg.MaterializeResult(
                asset_key=self.assets.key(self.name),
                metadata=self._metadata(stored, preview=preview) | self._speed(stored, until=written),
                check_results=results,
                data_version=dg.DataVersion(stored.sha256()),
            )

    def _renew_views(self) -> None:
        """A table's first day turns its empty view into one over files: in a lake without views once, with the last table."""
        if self.lake.fs.duckdb_path(VIEWS_KEY) is None:  # DuckDB reads files only
            return
        if self.views_later or (self.name != next(reversed(DAY_TABLES)) and self.lake.fs.info(VIEWS_KEY) is None):
            return
        from gex_assets.lake.views import write_views

        write_views(self.lake)

    def _speed(self, stored: StoredTable, *, until: float) -> dict[str, Any]:
        seconds = until - self.started
        return {"records_per_second": round(self.facts.get("records", stored.num_rows) / seconds) if seconds > 0 else 0}

    def _metadata(self, stored: StoredTable, *, preview: str) -> dict[str, Any]:
        counted, lineage = dict(sorted(self.tally.items())), stored.lineage
        return {
            "dagster/partition_row_count": stored.num_rows,
            "dagster/uri": stored.uri,
            "size_bytes": stored.size_bytes,
            "dropped": dg.MetadataValue.json({reason: n for reason, n in counted.items() if n and reason not in NOT_DROPPED}),
            **{reason: counted[reason] for reason in NOT_DROPPED if reason in counted},
            **({"symbols_refused": dg.MetadataValue.json(dict(sorted(self.symbols.items())))} if self.symbols else {}),
            "seconds": round(time.perf_counter() - self.started, 3),
            "peak_memory_mb": round(peak_memory_bytes() / 1e6, 1),
            "lineage": dg.MetadataValue.json({"code_version": lineage.code_version, "inputs": dict(lineage.inputs)}),
            "preview": dg.MetadataValue.md(preview),
            **{name: fact for name, fact in self.facts.items() if name != "records"},
        }


def check_result(verdict: Verdict, *, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """Say a verdict to Dagster."""
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=verdict.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.WARN if verdict.severity == "warn" else dg.AssetCheckSeverity.ERROR,
        description=verdict.text,
        metadata={name: _metadata_value(value) for name, value in verdict.facts.items()},
    )


def peak_memory_bytes() -> int:
    """Largest resident size [bytes] of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _gathered(groups: Iterable[pa.Table]) -> Generator[pa.Table]:
    """Row groups of whole windows, few enough that wide tables of few rows are not mostly their own footer."""
    held: list[pa.Table] = []
    rows = size = 0
    with contextlib.ExitStack() as stack:
        if isinstance(groups, Generator):
            stack.enter_context(contextlib.closing(groups))
        for group in groups:
            held.append(group)
            rows += group.num_rows
            size += group.nbytes
            if rows >= FEWEST_ROWS or size >= MOST_BYTES:
                together = pa.concat_tables(held)
                held, rows, size = [], 0, 0
                yield together
                del together  # it would be in memory until the next is there
        if held:
            yield pa.concat_tables(held)


def _metadata_value(value: Any) -> Any:
    return dg.MetadataValue.json(value) if isinstance(value, dict | list) else value


def _preview(stored: StoredTable) -> str:
    """First rows as a Markdown table, as many columns as fit, times written out."""
    times = {column.name for column in TABLES[stored.lineage.table].columns if column.unit == "UNIX ns UTC"}
    names = list(stored.schema.names)[:PREVIEW_COLUMNS]
    first = next(iter(stored.groups(columns=names)), None)
    rows = first.slice(0, PREVIEW_ROWS).to_pylist() if first is not None else []
    if not rows:
        return "no rows"
    more = len(stored.schema.names) - len(names)
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name], is_time=name in times) for name in names) + " |" for row in rows]
    return "\n".join(lines) + (f"\n\n… and {more} more columns" if more > 0 else "")


def _cell(value: Any, *, is_time: bool) -> str:
    if value is None:
        return ""
    return str(np.datetime64(value, "ns")).removesuffix(".000000000") if is_time else str(value)
