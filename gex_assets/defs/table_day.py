"""One table on one day: records what an asset reads, checks what it writes, publishes it."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import dagster as dg
import pyarrow as pa

from gex_assets.conventions import conventions
from gex_assets.defs.execution.day_memory import PEAK
from gex_assets.defs.execution.day_progress import day_progress
from gex_assets.defs.execution.kept import kept_metadata
from gex_assets.defs.execution.preview import is_picture, picture, preview
from gex_assets.defs.execution.run_notes import check_note, run_notes
from gex_assets.defs.execution.run_tags import FORCE, RUNNING, VIEWS_LATER, starter_does
from gex_assets.defs.execution.shown import REUSED, check_result, metadata_value, or_said
from gex_assets.defs.pages.drawing import say_rejection
from gex_assets.defs.partitions import day_of
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LOCK_SECONDS
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.audit import judge
from gex_assets.lake.filesystem import NO_WAITING, Waiting
from gex_assets.lake.freshness import Freshness
from gex_assets.lake.keys import VIEWS_KEY
from gex_assets.lake.lineage import Lineage, columns_key, end_of_orders, while_running
from gex_assets.lake.notes.convention_versions import keep_versions
from gex_assets.lake.tables import Lake, Staged, StoredTable
from gex_assets.process.freed_memory import give_back
from gex_assets.process.interruption import stop_if_asked
from gex_assets.process.machine import peak_bytes, restart_peak
from gex_assets.process.prefetch import prefetched
from gex_assets.schemas.checks import Verdict, matches_schema, still_matches_schema
from gex_assets.schemas.count_registry import dropped_and_counted
from gex_assets.schemas.pages import DAY_PAGE
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets.settings import Settings
from gex_assets.stages.day_numbers import day_numbers
from gex_assets.time_units import midnight_ns

__all__ = ["LOCK_SECONDS", "PublishCheck", "Results", "TableDay"]

PublishCheck = Callable[[StoredTable], Verdict]

Row = TypeVar("Row")
Results = Iterator[dg.AssetCheckResult | dg.MaterializeResult[Any]]

NOT_DROPPED = ("records", "rows", "crossed_rows", "resting_orders")
"""Counts in a tally that are not reasons for which something was dropped or is odd."""

FEWEST_ROWS = 65_536
"""Smaller row groups are joined until they have this many rows or `MOST_BYTES`."""

MOST_BYTES = 1 << 26
"""Bytes in memory at which joined row groups are written. A table of 700 columns has that many in 12,000 rows."""


@dataclass
class TableDay:
    """One table on one day, in one run.

    Attributes
    ----------
    inputs : hash of everything that was read, by key; becomes the lineage.
    tally : records or rows that were dropped or are odd, counted by reason; stored in the footer, shown in the UI.
    symbols : refused symbols, counted by reason; shown in the UI.
    facts : further metadata of the materialization; `records` is what the speed is computed from.
    force : whether the table is recomputed although it is up to date.
    log : the run's log.
    views_later : whether the views are left to whoever started the run.
    waiting : how long the run waits for another one that writes the same table-day.
    started : when the run of this asset began. [s, of `time.perf_counter`]
    instance : keeps the day's verdicts and timings; None where nobody is asked.
    running_ns : of a day that is still running: the moment at which its run was started. [UNIX ns UTC]
    partial : up to when partial inputs go, by key; files of a day that is still running are such. [UNIX ns UTC]
    """

    assets: ProductAssets
    name: str
    day: date
    lake: Lake
    inputs: dict[str, str] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    symbols: Counter[str] = field(default_factory=Counter)
    facts: dict[str, Any] = field(default_factory=dict)
    force: bool = False
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("gex_assets"))
    views_later: bool = False
    waiting: Waiting = NO_WAITING
    started: float = field(default_factory=time.perf_counter)
    instance: dg.DagsterInstance | None = None
    running_ns: int | None = None
    partial: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, context: dg.AssetExecutionContext, assets: ProductAssets, name: str, lake: Lake) -> "TableDay":
        """The day of a run. A run has exactly one partition: Dagster stores check results by run, not by day."""
        stop_if_asked()
        restart_peak()
        keys = list(context.partition_keys)
        if len(keys) != 1:
            raise GexError(f"Expected one partition a run, was {len(keys)}: launch a backfill with one run per partition")
        return cls(
            assets=assets,
            name=name,
            day=day_of(keys[0]),
            lake=lake,
            force=FORCE in context.run.tags,
            log=context.log,
            views_later=starter_does(context.run, VIEWS_LATER),
            waiting=Waiting(LOCK_SECONDS, context.log.info),
            instance=context.instance,
            running_ns=int(context.run.tags[RUNNING]) if RUNNING in context.run.tags else None,
        )

    @property
    def product(self) -> str:
        """The product whose table it is."""
        return self.assets.product

    @cached_property
    def settings(self) -> Settings:
        """The settings that the table declares. Reading another is an error, except those that change no row."""
        return self.assets.settings_of(self.name)

    def open(self, name: str) -> StoredTable:
        """Open a published table of the same product and day. Its hash becomes part of the lineage."""
        stored = self.lake.open(name, product=self.product, day=self.day)
        self.inputs[stored.key] = stored.sha256()
        if stored.partial_until_ns is not None:
            self.partial[stored.key] = stored.partial_until_ns
        return stored

    def read(self, name: str, *, columns: Sequence[str]) -> pa.Table:
        """Read columns of a small published table of the same product and day. Only their values become part of the lineage."""
        stored = self.lake.open(name, product=self.product, day=self.day)
        self.inputs[columns_key(stored.key, columns)] = stored.digest(columns)
        return stored.read(columns)

    @cached_property
    def is_current(self) -> bool:
        """Whether the published table is up to date: inputs, code, settings and the file itself are unchanged."""
        stored = None if self.force else self._published()
        if stored is None:
            return False
        settings, is_running = self.assets.settings, self.running_ns is not None
        if is_running and stored.partial_until_ns is None:
            return False
        running = self.day if is_running else None
        freshness = Freshness(self.lake, TABLES, lambda table: settings.digest(table.settings), running=running)
        return not freshness.why_recompute(stored, TABLES[self.name], self.product, self.day) and stored.is_as_published

    def _published(self) -> StoredTable | None:
        try:
            return self.lake.find(self.name, product=self.product, day=self.day)
        except LakeError:
            return None

    def reuse(self, *, checks: Iterable[PublishCheck] = ()) -> Results:
        """Leave the published table in place and report it. Only what the checks need is read."""
        stored = self.lake.reuse(TABLES[self.name], product=self.product, day=self.day, waiting=self.waiting)
        verdicts = [still_matches_schema(rows=stored.num_rows), *(check(stored) for check in checks)]
        self.tally = Counter(stored.tally)
        yield dg.MaterializeResult(
            asset_key=self.assets.key(self.name),
            metadata=REUSED | self._metadata(stored, rows=self._preview(stored), picture=self._picture_again(stored)),
            check_results=[check_result(verdict, asset_key=self.assets.key(self.name)) for verdict in verdicts],
            data_version=dg.DataVersion(stored.sha256()),
        )

    def lineage(self) -> Lineage:
        """Inputs, code version and settings of the rows."""
        table = TABLES[self.name]
        until = end_of_orders(self.partial)
        if until is None and self.running_ns is not None:
            until = midnight_ns(self.day)
        return Lineage(
            table=self.name,
            product=self.product,
            day=self.day,
            code_version=table.version,
            settings_hash=self.assets.settings.digest(table.settings),
            inputs=dict(self.inputs),
            partial_until_ns=until,
        )

    def prefetch(self, items: Generator[Row]) -> Generator[Row]:
        """Compute the items in a second thread, ahead of the thread that writes, where the settings allow two threads."""
        return prefetched(items) if self.settings.threads > 1 else items

    @contextlib.contextmanager
    def replace(self) -> Iterator[Staged]:
        """Write the day to a staged file, under the lock of this table and day."""
        if "conventions" in TABLES[self.name].settings:
            keep_versions(self.lake, conventions(self.settings.conventions))
        with self.lake.replace(
            TABLES[self.name], product=self.product, day=self.day, lineage=self.lineage(), waiting=self.waiting
        ) as staged:
            yield staged

    def publish(self, groups: Iterable[pa.Table], *, checks: Iterable[PublishCheck] = (), gather: bool = True) -> Results:
        """Write the row groups, audit them, run the checks and publish. A day that fails a blocking check stays invisible.

        Where the published table is up to date, it is reused and no group is computed.

        Parameters
        ----------
        groups : the row groups, in order.
        checks : blocking checks besides `matches_schema`.
        gather : whether small row groups are joined, in a thread that computes ahead of the one that writes.
        """
        if self.is_current:
            yield from self.reuse(checks=checks)
            return
        with self.replace() as staged:
            made = self.prefetch(_gathered(groups)) if gather else groups
            with contextlib.ExitStack() as stack:
                if isinstance(made, Generator):
                    stack.enter_context(contextlib.closing(made))  # it may hold open files and a thread
                shown = stack.enter_context(day_progress(self.name, self.day))
                for group in made:
                    staged.write(group)
                    shown.wrote(group)
            yield from self.settle(staged, checks=checks)

    def publish_rows(self, rows: Callable[[], pa.Table], *, checks: Iterable[PublishCheck] = ()) -> Results:
        """Publish a table of one row group; `rows` is not called where the published table is up to date."""

        def group() -> Generator[pa.Table]:
            yield rows()

        return self.publish(group(), checks=checks, gather=False)

    def settle(self, staged: Staged, *, checks: Iterable[PublishCheck] = ()) -> Results:
        """Audit what was written, then publish or reject it. A rejected day leaves the published one in place."""
        staged.note(self.tally)
        stored = staged.finish()
        give_back()
        written = time.perf_counter()
        judgement = judge(stored, TABLES[self.name])
        verdicts = [matches_schema(failures=judgement.failures, rows=judgement.rows)]
        # The other checks read columns, which are sure to exist only where the schema is matched.
        verdicts += [check(stored) for check in checks] if verdicts[0].passed else []
        rejecting = [verdict for verdict in verdicts if verdict.rejects]
        is_first = not self.lake.days(self.name, self.product)
        rows = self._preview(stored)
        if rejecting:
            staged.reject("; ".join(f"{verdict.name}: {verdict.text}" for verdict in rejecting))
            self.say_rejection(verdicts)
        else:
            stored = staged.publish()
        if is_first:
            self._renew_views()
        results = [check_result(verdict, asset_key=self.assets.key(self.name)) for verdict in verdicts]
        if rejecting:
            yield from results
        else:
            # Checks that are part of the result follow its event: the UI shows only checks of the latest materialization.
            yield dg.MaterializeResult(
                asset_key=self.assets.key(self.name),
                metadata=self._metadata(stored, rows=rows, picture=self._picture(stored)) | self._speed(stored, until=written),
                check_results=results,
                data_version=dg.DataVersion(stored.sha256()),
            )

    def say_rejection(self, verdicts: Iterable[Verdict] = ()) -> None:
        """Draw the page of the day once more, if it shows this table: it says that it was rejected, and what is known of others.

        Parameters
        ----------
        verdicts : those of this table, which the instance has not heard of yet.
        """
        if self.name not in DAY_PAGE.shows:
            return
        instance = self.instance
        own = [check_note(self.name, verdict) for verdict in verdicts]
        run = None if instance is None else lambda: run_notes(instance, self.assets, self.day, latest=own)
        say_rejection(self.assets, self.lake, self.day, log=self.log, run=run)

    def _picture(self, stored: StoredTable) -> Mapping[str, Any]:
        return self._or_said("picture", lambda: picture(stored))

    def _picture_again(self, stored: StoredTable) -> Mapping[str, Any]:
        """The picture of a table that is up to date: the one that was drawn of it, where the instance still has it."""
        kept = kept_metadata(self.instance, self.assets.key(self.name), self.day, sha256=stored.sha256())
        found = kept.get("picture")
        return {"picture": found} if found is not None and is_picture(str(found.value)) else self._picture(stored)

    def _preview(self, stored: StoredTable) -> str:
        return or_said("preview of rows", lambda: preview(stored), log=self.log, instead=str)

    def _or_said(self, name: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Metadata that are only looked at, or what stands in their place, under their name."""
        return or_said(name, make, log=self.log, instead=lambda said: {name: dg.MetadataValue.md(said)})

    def _renew_views(self) -> None:
        """Write the views when a table gets its first day. In a lake without views that is done once, with the last table."""
        if self.views_later or (self.name != next(reversed(DAY_TABLES)) and self.lake.fs.info(VIEWS_KEY) is None):
            return
        from gex_assets.lake.views import renew_views

        renew_views(self.lake, self.log)

    def _speed(self, stored: StoredTable, *, until: float) -> dict[str, Any]:
        seconds = until - self.started
        return {"records_per_second": round(self.facts.get("records", stored.num_rows) / seconds) if seconds > 0 else 0}

    def _metadata(self, stored: StoredTable, *, rows: str, picture: Mapping[str, Any]) -> dict[str, Any]:
        counted, lineage = dict(sorted(self.tally.items())), stored.lineage
        dropped, others = dropped_and_counted({reason: n for reason, n in counted.items() if reason not in NOT_DROPPED})
        return {
            **({} if lineage.partial_until_ns is None else {"partial": while_running(lineage.partial_until_ns)}),
            "dagster/partition_row_count": stored.num_rows,
            "dagster/uri": stored.uri,
            "size_bytes": stored.size_bytes,
            "dropped": dg.MetadataValue.json(dropped),
            "counted": dg.MetadataValue.json(others),
            **{reason: counted[reason] for reason in NOT_DROPPED if reason in counted},
            **({"symbols_refused": metadata_value(dict(sorted(self.symbols.items())))} if self.symbols else {}),
            "seconds": round(time.perf_counter() - self.started, 3),
            PEAK: round(peak_bytes() / 1e6, 1),
            "lineage": dg.MetadataValue.json(self._shown_lineage(lineage)),
            "preview": dg.MetadataValue.md(rows),
            **picture,
            **self._or_said("numbers", lambda: day_numbers(lineage.table, stored.read)),
            **{name: metadata_value(fact) for name, fact in self.facts.items() if name != "records"},
        }

    def _shown_lineage(self, lineage: Lineage) -> dict[str, Any]:
        """What the rows were made from. The settings have the values of now: else the table would not be current."""
        return {
            "code_version": lineage.code_version,
            "settings": self.assets.settings.values(TABLES[self.name].settings),
            "settings_hash": lineage.settings_hash,
            "inputs": dict(lineage.inputs),
        }


def _gathered(groups: Iterable[pa.Table]) -> Generator[pa.Table]:
    """Join small row groups: with many of them, the footer of a wide table with few rows would be larger than its rows."""
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
                joined = pa.concat_tables(held)
                held, rows, size = [], 0, 0
                yield joined
                del joined  # it would stay in memory until the next one is complete
        if held:
            yield pa.concat_tables(held)
