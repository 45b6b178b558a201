"""Lakes of a few records, filled as a user would: files, `gex ingest`'s function, a run through Dagster, rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.dbn.reader import SymbolMapping
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import Ingested, ingest
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, mapping, orders, write_orders, write_sidecars

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
OLDER, NEWER = "GLBX-20260121-AAAAAAAAAA", "GLBX-20260122-BBBBBBBBBB"
CALL, PUT, SPREAD = 100, 101, 200
OPTIONS = {CALL: "ESH6 C6900", PUT: "ESH6 P6900"}
FUTURES = {1: "ESH6", 2: "ESM6"}
QUOTES, FUTURE_QUOTES, CHAIN = "silver_option_quotes", "silver_future_quotes", "silver_gex_chain"
BOOK = (("B", 10, 5, 1), ("A", 11, 4, 2))
"""What rests in `snapshot`: a bid of 5 at 10, an ask of 4 at 11."""
SCHEMAS = {"option_definition": "definition", "option_statistics": "statistics"}
SUFFIXES = {"mbo": "mbo", "definition": "definition", "statistics": "statistics"}


@dataclass(frozen=True)
class Given:
    """A file that comes: [start, end) in ns after midnight, `end` None where the request was open, `job` None for a lone file.

    Attributes
    ----------
    said_end : the end that metadata.json states, where it is another than the header's. [ns after midnight]
    """

    kind: str
    records: np.ndarray
    names: Mapping[int, str]
    job: str | None = None
    start: int = 0
    end: int | None = 10 * MINUTE
    limit: int | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    spoil: Callable[[Path], object] | None = None
    said_end: int | None = None

    @property
    def symbols(self) -> list[str]:
        return ["ES.FUT"] if self.kind == "future_mbo" else ["ES.OPT"]

    def write(self, folder: Path, *, day: date = DAY) -> Path:
        """The file, with the sidecars of its job if it has one."""
        schema = SCHEMAS.get(self.kind, "mbo")
        mappings: Sequence[SymbolMapping] = [mapping(name, one, day) for one, name in self.names.items()]
        end = None if self.end is None else MIDNIGHT + self.end
        asked = {"symbols": self.symbols, "stype_in": "parent", **self.asked}
        times = {"start_ns": MIDNIGHT + self.start, "end_ns": end}
        path = folder / f"glbx-mdp3-{day:%Y%m%d}.{SUFFIXES[schema]}.dbn.zst"
        header = {"version": 3, "mappings": mappings, **times, "limit": self.limit, **asked}
        write_orders(path, [self.records], schema=schema, **header)
        if self.spoil:
            self.spoil(path)
        if self.job:
            query = {key: value for key, value in asked.items() if key in ("symbols", "stype_in", "stype_out")}
            end = end if self.said_end is None else MIDNIGHT + self.said_end
            write_sidecars(
                folder, job_id=self.job, day=day, schema=schema, start=times["start_ns"], end=end, limit=self.limit, **query
            )
            result = {name: [{"d0": f"{DAY}", "d1": "2026-01-07", "s": str(one)}] for one, name in self.names.items()}
            (folder / "symbology.json").write_text(json.dumps({"result": result, "status": 0}))
            manifest = json.loads((folder / "manifest.json").read_text())
            manifest["files"] = [one for one in manifest["files"] if one["filename"] != "symbology.json"]
            (folder / "manifest.json").write_text(json.dumps(manifest))
        return path

    def cut(self, moment: int) -> Given:
        """The same request with the records before a moment, by the file's own clock. [ns after midnight]"""
        clock = np.maximum.accumulate(self.records["ts_recv"].astype(np.int64))
        return replace(self, records=self.records[clock < MIDNIGHT + moment])


def take(root: Path, files: Sequence[Given]) -> list[Ingested]:
    """Ingest the files one after the other, a second apart."""
    taken = []
    for place, one in zip(count(), files, strict=False):
        path = one.write(root / "downloads" / str(place) / (one.job or "lone"))
        now = MIDNIGHT + 400 * HOUR + place * SECOND
        taken += ingest(LocalFileSystem(root / "lake"), [path], clock=lambda now=now: now)
    return taken


def run(root: Path, *tables: str, day: date = DAY, **choices: Any) -> DayRun:
    """A run of tables and what they are made of."""
    select = "+(" + " or ".join(f'key:"{one}"' for one in tables) + ")"
    (done,) = run_days(settings_for(root / "lake", **choices), [day], select=select)
    return done


def made(root: Path, files: Sequence[Given], *tables: str, **choices: Any) -> DayRun:
    """Take the files, all of them, and run."""
    refused = [one.why for one in take(root, files) if one.status == "refused"]
    assert not refused, refused
    done = run(root, *tables, **choices)
    assert done.success, done.failure
    return done


def rows(root: Path, name: str, *, day: date = DAY) -> list[dict[str, Any]]:
    return Lake(root / "lake").open(name, product="ES", day=day).read().to_pylist()


def quotes(root: Path, one: int, name: str = "silver_option_quotes", *, day: date = DAY) -> dict[int, dict[str, Any]]:
    """Rows of an instrument by their window's end. [s after midnight of DAY]"""
    found = [row for row in rows(root, name, day=day) if row["instrument_id"] == one]
    return {(row["ts_window_end"] - MIDNIGHT) // SECOND: row for row in found}


def chain_of(root: Path) -> dict[int, dict[str, Any]]:
    """The chain's one strike by the window's end. [s after midnight of DAY]"""
    return {(row["ts_window_end"] - MIDNIGHT) // SECOND: row for row in rows(root, CHAIN)}


def over_midnight(**asked: Any) -> Given:
    """A lone file of a future: two orders on Monday, one at 62 s on Tuesday; asked for from two minutes before midnight."""
    records = mbo(
        (-120, 1, "AB", {"price": 6900, "size": 5, "order_id": 1}),
        (-60, 1, "AB", {"price": 6900, "size": 5, "order_id": 2}),
        (62, 1, "AB", {"price": 6900, "size": 4, "order_id": 3}),
    )
    names = {"mappings": [mapping("ESH6", 1, date(2026, 1, 5), 2)]}
    return Given("future_mbo", records, {}, **{"start": -2 * MINUTE, "end": 3 * MINUTE, "asked": names, **asked})


def ends(*stretches: tuple[int, int]) -> list[int]:
    """Ends of the windows that lie wholly inside stretches. [s]"""
    return [end for start, stop in stretches for end in range(-(-start // 5) * 5 + 5, stop + 1, 5)]


def at(row: Mapping[str, Any], **expected: Any) -> None:
    """Compare the named columns."""
    assert {name: row[name] for name in expected} == expected


def said(done: DayRun, *words: str) -> bool:
    """Whether one warning or failed check holds all the words."""
    return any(all(word in text for word in words) for text in (*done.warnings, *done.failed_checks))


def mbo(*records: tuple[float, int, str, Any]) -> np.ndarray:
    """Records as (seconds, instrument, action and side, columns); price in points, `snapshot` for flags 40."""
    block = []
    for seconds, one, what, columns in records:
        row = {"ts_recv": round(seconds * SECOND), "instrument_id": one, "action": what[0], "side": what[1], **columns}
        row["flags"] = 40 if row.pop("snapshot", False) else row.get("flags", 130)
        row["price"] = round(row.get("price", 10) * SECOND)
        block.append(row)
    return orders(block)


def snapshot(one: int, *resting: tuple[str, float, int, int], seconds: float = 0, clear: bool = True) -> list[Any]:
    """An instrument's snapshot: orders as (side, price, size, order_id)."""
    first = [(seconds, one, "RN", {"snapshot": True, "order_id": 0, "size": 0})] if clear else []
    added = [
        (seconds, one, f"A{side}", {"snapshot": True, "price": price, "size": size, "order_id": order})
        for side, price, size, order in resting
    ]
    return [*first, *added]
