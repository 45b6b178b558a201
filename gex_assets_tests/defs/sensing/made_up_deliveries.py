"""A lake whose files are a few bytes, and runs that verify them as if they were real: for tests of when a day is run again."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pyarrow as pa
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.raw import verified_day
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.sensors import TICK_SECONDS
from gex_assets.defs.table_day import TableDay
from gex_assets.errors import BadFileError
from gex_assets.lake.freshness import Freshness, delivered_inputs, delivered_sha256, sidecars_digest
from gex_assets.lake.lineage import sidecars_key
from gex_assets.lake.raw import verify
from gex_assets.lake.raw.layout import RawKind, find_files, first_day, folder_of, raw_file_name, raw_folder
from gex_assets.lake.raw.sidecars import facts_digest, read_sidecars
from gex_assets.lake.raw.verify import VerifiedDay
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.lake.made_up_tables import publish

MAGIC = b"\x28\xb5\x2f\xfd"
SECOND = 1_000_000_000
SETTLE = 60
KINDS: tuple[RawKind, ...] = ("option_mbo", "future_mbo", "option_definition", "option_statistics")
ORDERS = KINDS[:2]
STATISTICS = "bronze_option_statistics"
READERS = tuple(name for name, table in TABLES.items() if table.statistics_days)
"""Tables that read delivered statistics of other days: `STATISTICS` and `OPEN_TABLES`."""


@dataclass
class Deliveries:
    """A lake, a clock of its own, the sensor, and runs of what it requests.

    Attributes
    ----------
    now_ns : the time that the sensor sees.
    cursor : of the sensor.
    verified : how often each file was read from its first byte to its last.
    """

    root: Path
    monkeypatch: pytest.MonkeyPatch
    now_ns: int = 1_800_000_000 * SECOND
    cursor: str | None = None
    skipped: dg.SkipReason | None = None
    verified: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SimpleNamespace(time_ns=lambda: self.now_ns, thread_time=lambda: 0.0)
        self.monkeypatch.setattr("gex_assets.defs.sensors.time", clock)
        self.monkeypatch.setattr(verify, "verify_day", self._verify_day)
        self.assets = ProductAssets(product="ES", settings=settings_for(self.root), partitions=daily(date(2026, 1, 1)))

    @property
    def lake(self) -> Lake:
        """The lake, opened again."""
        return Lake(self.root)

    def key(self, kind: RawKind, day: date, job: str = "GLBX-20260121-AAA") -> str:
        return f"{raw_folder(kind=kind, product='ES', job_id=job)}/{raw_file_name(kind=kind, day=day)}"

    def put(self, key: str, content: bytes, *, age_s: float = 3_600, magic: bytes = MAGIC) -> Path:
        """Write a file in place, `age_s` old."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(magic + content if key.endswith(".zst") else content)
        self.age(path, age_s)
        return path

    def age(self, path: Path, age_s: float) -> None:
        moment = self.now_ns - int(age_s * SECOND)
        os.utime(path, ns=(moment, moment))

    def manifest(self, folder: str, *, age_s: float = 3_600) -> Path:
        """A manifest of what lies in a job's folder now."""
        found = [path for path in sorted((self.root / folder).iterdir()) if path.suffix == ".zst" and path.name[0] != "."]
        files = [
            {"filename": one.name, "size": one.stat().st_size, "hash": f"sha256:{hashlib.sha256(one.read_bytes()).hexdigest()}"}
            for one in found
        ]
        text = json.dumps({"job_id": folder.rpartition("/")[2], "files": files})
        return self.put(f"{folder}/manifest.json", text.encode(), age_s=age_s)

    def tick(self) -> dict[date, dg.RunRequest]:
        """What is asked for in a tick and in one after the settle time, by day."""
        asked = self.look()
        for _ in range(SETTLE // TICK_SECONDS):
            self.now_ns += TICK_SECONDS * SECOND
            later = self.look()
            assert not set(asked) & set(later)
            asked |= later
        return asked

    def watch(self) -> None:
        """Let ticks go by until the next one finds settled what is there now."""
        for _ in range(SETTLE // TICK_SECONDS):
            assert self.look() == {}
            self.now_ns += TICK_SECONDS * SECOND

    def look(self) -> dict[date, dg.RunRequest]:
        """One tick: its requests by day."""
        lake = self.lake
        first = (first_day(lake.fs, kind=kind, product="ES") for kind in KINDS)
        definitions, repository = _definitions(min((day for day in first if day is not None), default=date(2026, 1, 1)))
        context = dg.build_sensor_context(
            cursor=self.cursor, resources={"lake": LakeResource(root=str(self.root))}, repository_def=repository
        )
        sensor, *_ = definitions.sensors
        result = sensor(context)
        if isinstance(result, dg.SkipReason):  # there is no lake yet
            return {}
        self.cursor, self.skipped = result.cursor, result.skip_reason
        asked = list(result.run_requests or ())
        days = {date.fromisoformat(str(request.partition_key)): request for request in asked}
        assert len(days) == len(asked)
        return days

    def run(self, day: date, request: dg.RunRequest | None = None) -> dict[str, str]:
        """What a run of the day does with its raw tables and those that read statistics: their failures, by table."""
        selected = None if request is None else {key.path[-1] for key in request.asset_selection or ()}
        failures = {}
        for name, table in DAY_TABLES.items():
            if table.layer == "raw" and (selected is None or name in selected):
                one = TableDay(assets=self.assets, name=name, day=day, lake=self.lake)
                try:
                    list(verified_day(one, name.removeprefix("raw_")))
                except dg.Failure as failure:
                    failures[name] = str(failure.description)
        options_failed = any(name.startswith("raw_option") for name in failures)
        for name in READERS if not options_failed else ():
            if selected is None or name in selected:
                keys = [*delivered_inputs(self.lake, name, "ES", day)]
                inputs = {key: delivered_sha256(self.lake, key) or "" for key in keys}
                inputs |= {sidecars_key(key): sidecars_digest(self.lake, key) for key in keys}
                publish(self.lake, TABLES[name], day=day, inputs=inputs)
        return failures

    def why_stale(self, day: date) -> list[str]:
        """What differs between the delivered files and what is published, as the status finds it."""
        lake, reasons = self.lake, []
        judge = Freshness(lake, TABLES, lambda _: "")
        for name in (*(name for name, table in DAY_TABLES.items() if table.layer == "raw"), *READERS):
            stored = lake.find(name, product="ES", day=day)
            if stored is not None:
                reasons += judge.delivered_reasons(stored, TABLES[name], "ES", day)
        return reasons

    def is_published(self, day: date) -> bool:
        """Whether the day was run."""
        return self.lake.find(STATISTICS, product="ES", day=day) is not None

    def outcome(self, day: date) -> str:
        """How a day stands when the sensor has nothing left to do, from bytes alone."""
        lake, words = self.lake, set()
        starts: tuple[RawKind, ...] = (*ORDERS, "option_statistics")
        is_run = any(find_files(lake.fs, kind=kind, product="ES", day=day) for kind in starts)
        for kind in KINDS:
            there = {found.key: lake.fs.read_bytes(found.key) for found in find_files(lake.fs, kind=kind, product="ES", day=day)}
            stored = lake.find(f"raw_{kind}", product="ES", day=day)
            known = dict(zip(*stored.read(["path", "sha256"]).to_pydict().values(), strict=True)) if stored is not None else {}
            if known == {key: hashlib.sha256(content).hexdigest() for key, content in there.items()}:
                words.add("up to date")
            elif any(b"BAD" in content for content in there.values()):
                assert not is_run or lake.rejection(f"raw_{kind}", product="ES", day=day) is not None
                words.add("refused")
            else:
                words.add("taken away" if known and not there else f"raw_{kind} is not what was delivered")
        orders = [found for kind in ORDERS for found in find_files(lake.fs, kind=kind, product="ES", day=day)]
        if not orders and not self.is_published(day):
            return "without orders"
        # What stays as it is published hides no other kind that was left unread.
        unread = sorted(words - {"up to date", "taken away", "refused"})
        left = [word for word in ("taken away", "refused") if word in words]
        return next(iter((*unread, *left)), "; ".join(self.why_stale(day)) or "up to date")

    def _verify_day(self, filesystem, *, kind: RawKind, product: str, day: date, **_: object) -> VerifiedDay:
        """Read the files; one that holds BAD is refused."""
        rows, inputs = [], {}
        for found in find_files(filesystem, kind=kind, product=product, day=day):
            read_sidecars(filesystem, folder_of(found.key))
            content = filesystem.read_bytes(found.key)
            self.verified.append(found.key)
            if b"BAD" in content:
                raise BadFileError(f"{filesystem.uri(found.key)}: Expected records, was BAD")
            if any(row["size_bytes"] == len(content) and filesystem.read_bytes(row["path"]) == content for row in rows):
                continue  # the same file is there twice: it is left out
            inputs[found.key] = hashlib.sha256(content).hexdigest()
            inputs[sidecars_key(found.key)] = facts_digest(filesystem, found.key)
            rows.append(_row(found, content))
        return VerifiedDay(
            table=pa.Table.from_pylist(rows, schema=TABLES[f"raw_{kind}"].arrow_schema()), inputs=inputs, warnings=()
        )


def _row(found, content: bytes) -> dict[str, object]:
    """A row of the raw table: what the contract asks for, and the least of the rest."""
    table = TABLES[f"raw_{found.kind}"]
    row: dict[str, object] = {}
    for column in table.columns:
        if column.nullable:
            row[column.name] = None
        elif pa.types.is_list(column.type):
            row[column.name] = []
        elif pa.types.is_boolean(column.type):
            row[column.name] = False
        elif pa.types.is_integer(column.type):
            row[column.name] = max(1, int(column.at_least or 1))
        else:
            row[column.name] = column.one_of[0] if column.one_of else "x"
    known = {
        "job_id": found.job_id,
        "file_name": found.file_name,
        "path": found.key,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return row | known


@cache
def _definitions(start: date) -> tuple[dg.Definitions, dg.RepositoryDefinition]:
    """Built once for all lakes of a first day: each tick brings its lake as a resource."""
    choices = {"start_date": start, "sensor_settle_seconds": SETTLE, "sensor_max_requests": 50}
    definitions = build_defs(settings_for(Path("nowhere"), **choices))
    return definitions, definitions.get_repository_def()
