"""Days of several deliveries, made up: what is read is decided by requests, so no row depends on what comes after its window."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gex_assets.defs.reading.day_claims import option_claims
from gex_assets.defs.session_windows import instrument_rows
from gex_assets.defs.table_day import TableDay
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.claims import union
from gex_assets.lake.raw.layout import RawKind, raw_file_name, raw_folder
from gex_assets.lake.raw.merge import merged_blocks, seen_instruments
from gex_assets.lake.raw.reference_data import definitions, mapped_symbols
from gex_assets.lake.raw.verify import verify_day
from gex_assets.market.products import FAMILIES
from gex_assets.market.sessions import sessions
from gex_assets.stages.bronze.instrument_names import option_names
from gex_assets.stages.bronze.instruments import option_instruments
from gex_assets.stages.bronze.mbo import option_orders
from gex_assets.stages.instrument_claims import instrument_claims
from gex_assets.stages.silver.quotes import option_quotes
from gex_assets.stages.windows import windows_of
from gex_assets.time_units import WINDOW_NS
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND, mapping, orders, write_orders
from gex_assets_tests.lake.made_up_files import definitions as definition_records

MINUTE = 60 * SECOND
SYMBOLS = {
    100: "ESH6 C6900",
    101: "ESH6 P6900",
    102: "ESM6 C7000",
    103: "EW1G6 C6900",
    104: "E2AF6 P6800",
    105: "ESH6 C8000",
    200: "UD:1V: VT 111",
}


LONE = ("request-ffffffffffff", "request-aaaaaaaaaaaa", "request-bbbbbbbbbbbb", "")
"""Folders of lone files, in the order in which they came."""


@dataclass(frozen=True)
class File:
    """A delivered file: [start, end) in ns after midnight, `end` None where the request was open."""

    folder: str
    records: np.ndarray
    kind: RawKind = "option_mbo"
    mapped: Sequence[int] = tuple(SYMBOLS)
    symbols: Sequence[str] = ("ES.OPT", "EW1.OPT", "E2A.OPT")
    start: int = 0
    end: int | None = 86_400 * SECOND
    limit: int | None = None
    header: dict[str, Any] = field(default_factory=dict)

    def write(self, root: Path) -> None:
        path = root / raw_folder(kind=self.kind, product="ES", job_id=self.folder) / raw_file_name(kind=self.kind, day=DAY)
        write_orders(
            path,
            [self.records],
            schema="mbo" if self.kind == "option_mbo" else "definition",
            version=3,
            symbols=self.symbols,
            start_ns=MIDNIGHT + self.start,
            end_ns=None if self.end is None else MIDNIGHT + self.end,
            limit=self.limit,
            mappings=[mapping(SYMBOLS[one], one) for one in self.mapped],
        )
        if not self.folder.startswith("GLBX"):
            # Without a note of when they came, only the hash of all records would decide between lone files.
            said = {"version": 1, "kind": "lone", "first_ingested_at": {path.name: LONE.index(self.folder)}}
            (path.parent / "delivery.json").write_text(json.dumps(said))
        # A file without records is whole only where a manifest says so.
        if not len(self.records):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            said = {"filename": path.name, "size": path.stat().st_size, "hash": f"sha256:{digest}"}
            (path.parent / "manifest.json").write_text(json.dumps({"job_id": self.folder, "files": [said]}))

    def cut(self, moment: int) -> File:
        """The same request with the records before a moment, by the file's own clock. [ns after midnight]."""
        clock = np.maximum.accumulate(self.records["ts_recv"].astype(np.int64)) if len(self.records) else np.zeros(0, np.int64)
        return replace(self, records=self.records[clock < MIDNIGHT + moment])


def quotes(root: Path, files: Sequence[File], *, until: int = 86_400 * SECOND, expirations: Any = "front") -> pa.Table:
    """`silver_option_quotes` of the day, by the stages that its assets call, up to a moment. [ns after midnight]."""
    for file in files:
        file.write(root)
    day = cast("TableDay", SimpleNamespace(lake=SimpleNamespace(fs=LocalFileSystem(root)), product="ES", day=DAY))
    kinds: tuple[RawKind, ...] = ("option_mbo", "option_definition")
    found = {kind: verify_day(day.lake.fs, kind=kind, product="ES", day=DAY).table for kind in kinds}
    mbo = found["option_mbo"]
    defined = definitions(day.lake.fs, found["option_definition"], block_records=100)
    names = option_names(
        mapped=[mapped_symbols(day.lake.fs, one, day=DAY) for one in found.values()],
        definitions=defined,
        product="ES",
        day=DAY,
        families=FAMILIES,
        tally=Counter(),
    )
    claims = option_claims(day, mbo, definitions=defined, names=names)
    instruments = option_instruments(
        names=names,
        definitions=defined,
        seen=seen_instruments(mbo),
        claims=claims.stretches(),
        day=DAY,
        max_dte=45,
        expirations=expirations,
        tally=Counter(),
    )
    stream = merged_blocks(day.lake.fs, mbo, claims=claims.claims, names_hold=claims.names_hold, block_records=97)
    groups = option_orders(
        stream, instruments=instruments, names=names, definitions=defined, stretch_records=1 << 20, tally=Counter()
    )
    rows = [table for name, table in groups if name == "bronze_option_mbo"]
    records = pa.concat_tables(rows, promote_options="default").sort_by("record_index") if rows else None
    claimed = union((part["ts_start"], part["ts_end"]) for times in mbo["claim_times"].to_pylist() for part in times)
    windows = windows_of(
        one
        for start, end in claimed
        for one in sessions(product="ES", day=DAY, start_ns=start, end_ns=min(end, MIDNIGHT + until))
    )
    made = list(option_quotes([] if records is None else [records], instruments=instruments, windows=windows, tally=Counter()))
    table = pa.concat_tables(made) if made else None
    listed = instruments.filter(pc.and_(instruments["selected"], pc.is_valid(instruments["ts_listed"])))
    moments = dict(zip(*(listed[name].to_pylist() for name in ("instrument_id", "ts_listed")), strict=True))
    expected = {
        (end, one)
        for one in moments
        for listed_at, start, stop in instrument_rows({one: moments[one]}, instrument_claims(listed))
        for end in windows.ends.tolist()
        if end > listed_at and start <= end - WINDOW_NS and end <= stop
    }
    if table is None:
        assert not expected
        return pa.table({"ts_window_end": pa.array([], pa.int64()), "instrument_id": pa.array([], pa.uint32())})
    assert set(zip(table["ts_window_end"].to_pylist(), table["instrument_id"].to_pylist(), strict=True)) == expected
    return table


def early(table: pa.Table, moment: int) -> list[dict[str, Any]]:
    return table.filter(pc.less_equal(table["ts_window_end"], MIDNIGHT + moment)).to_pylist()


def known_until(file: File, cut: int) -> int:
    """Up to when the cut file claims what the whole one does: the last record says where an open or limited request ends."""
    short = file.cut(cut)
    is_open = file.end is None or file.limit is not None
    if not is_open or len(short.records) == len(file.records):
        return cut
    last = int(short.records["ts_recv"].max()) - MIDNIGHT + 1 if len(short.records) else file.start
    return min(cut, max(last, file.start))


def assert_the_cut_changes_nothing(root: Path, files: Sequence[File], cut: int, **choices: Any) -> int:
    """Compare every row before the cut; how many there are."""
    whole = quotes(root / "whole", files, **choices)
    short = quotes(root / "cut", [file.cut(cut) for file in files], **choices)
    until = min([cut, *(known_until(file, cut) for file in files if file.kind == "option_mbo")])
    assert early(short, until) == early(whole, until)
    return len(early(whole, until))


def adds(*said: tuple[int, int], **other: Any) -> np.ndarray:
    """An order each: (ns after midnight, instrument)."""
    return orders([{"ts_recv": at, "instrument_id": one, "order_id": 1 + at % 1_000_003 + one, **other} for at, one in said])


def every(step: int, until: int, *ids: int) -> np.ndarray:
    return adds(*((at, one) for at in range(0, until, step) for one in ids))


JOB_A, JOB_B = "GLBX-20260107-AAAAAAAAAA", "GLBX-20260121-BBBBBBBBBB"
TEN = 10 * MINUTE


def test_b1_an_instrument_that_a_newer_job_has_late_is_read_as_the_requests_say(tmp_path: Path) -> None:
    older = File(JOB_A, every(SECOND, TEN, 100), mapped=(100,), end=TEN)
    newer = File(JOB_B, adds((8 * MINUTE, 100), (9 * MINUTE, 101)), mapped=(100, 101), end=TEN)
    # The newer job was asked for it all day, and has nothing of it before: there are no rows, with and without the cut.
    assert assert_the_cut_changes_nothing(tmp_path / "mapped", [older, newer], 5 * MINUTE) == 0
    # It was not asked for it: the older job is read, the row at two minutes is there.
    other = replace(newer, mapped=(101,), records=adds((9 * MINUTE, 101)))
    assert assert_the_cut_changes_nothing(tmp_path / "other", [older, other], 5 * MINUTE) == 60
    row = next(
        one
        for one in early(quotes(tmp_path / "row", [older, other]), 2 * MINUTE)
        if one["ts_window_end"] == MIDNIGHT + 2 * MINUTE
    )
    assert row["bid_orders"] == 120


def test_b2_an_instrument_is_listed_by_its_first_record_where_that_is_earlier_than_its_definition(tmp_path: Path) -> None:
    made = File(JOB_A, every(SECOND, TEN, 100), mapped=(100,), end=TEN)
    said = definition_records([{"ts_recv": 5 * MINUTE, "instrument_id": 100, "raw_symbol": SYMBOLS[100]}], version=3)
    defined = File(JOB_A, said, kind="option_definition", end=TEN)
    assert quotes(tmp_path / "whole", [made, defined]).num_rows == 120
    assert assert_the_cut_changes_nothing(tmp_path, [made, defined], 5 * MINUTE) == 60


@pytest.mark.parametrize("expirations", ["front", 2, "all"])
def test_b3_one_definition_late_in_the_day_changes_no_choice_before_it(tmp_path: Path, expirations: Any) -> None:
    records = every(10 * SECOND, TEN, 100)
    late = adds(*((at, 103) for at in range(3 * MINUTE, TEN, 10 * SECOND)))
    both = np.concatenate([records, late])
    made = File(JOB_A, both[np.argsort(both["ts_recv"], kind="stable")], mapped=(100, 103, 105), end=TEN)
    said = definition_records([{"ts_recv": 5 * MINUTE, "instrument_id": 105, "raw_symbol": SYMBOLS[105]}], version=3)
    defined = File(JOB_A, said, kind="option_definition", end=TEN)
    for number, cut in enumerate((MINUTE, 3 * MINUTE, 4 * MINUTE, 6 * MINUTE)):
        rows = assert_the_cut_changes_nothing(tmp_path / str(number), [made, defined], cut, expirations=expirations)
        assert rows >= cut // WINDOW_NS


def test_b4_two_lone_pieces_of_the_same_symbols_are_read_one_after_the_other(tmp_path: Path) -> None:
    first = File("request-bbbbbbbbbbbb", every(SECOND, 5 * MINUTE, 100), mapped=(100,), end=5 * MINUTE)
    second = adds(*((at, 100) for at in range(5 * MINUTE, TEN, SECOND)))
    pieces = [first, File("request-aaaaaaaaaaaa", second, mapped=(100,), start=5 * MINUTE, end=TEN)]
    table = quotes(tmp_path, pieces)
    assert table.num_rows == 120
    # The books go on where the claims touch.
    assert table["bid_orders"].to_pylist() == [5 * window for window in range(1, 121)]


def test_b4_a_lone_minute_beside_a_job_takes_nothing_from_it(tmp_path: Path) -> None:
    job = File(JOB_A, every(SECOND, TEN, 100), mapped=(100,), end=TEN)
    lone = File("request-ffffffffffff", every(SECOND, MINUTE, 100), mapped=(100,), end=MINUTE)
    assert quotes(tmp_path / "both", [job, lone]).equals(quotes(tmp_path / "job", [job]))


def test_b4_a_newer_job_of_two_minutes_leaves_the_rest_of_the_day(tmp_path: Path) -> None:
    job = File(JOB_A, every(SECOND, TEN, 100), mapped=(100,), end=TEN)
    newer = File(JOB_B, every(SECOND, 2 * MINUTE, 100), mapped=(100,), end=2 * MINUTE)
    assert quotes(tmp_path / "both", [job, newer]).equals(quotes(tmp_path / "job", [job]))


def made_up_day(seed: int) -> tuple[list[File], int, Any]:
    """Deliveries of random kinds, times and instruments; a cut; how many expirations are used."""
    rng = np.random.default_rng(seed)
    span = 2 * MINUTE

    def times() -> tuple[int, int]:
        start, end = sorted(rng.choice(24, 2, replace=False).tolist())
        return int(start) * WINDOW_NS + int(rng.integers(0, 2)) * SECOND, int(end) * WINDOW_NS + int(rng.integers(0, 2)) * SECOND

    def some(kind: str) -> tuple[tuple[int, ...], int, int, int | None, int | None]:
        mapped = tuple(
            sorted(rng.choice(list(SYMBOLS), int(rng.integers(0 if kind == "definition" else 1, 7)), replace=False).tolist())
        )
        start, end = (0, span) if rng.random() < 0.4 else times()
        limited = rng.random() < 0.2
        return mapped, start, end, None if rng.random() < 0.2 else end, 10_000 if limited else None

    files = []
    folders = rng.permutation(["GLBX-20260107-A", "GLBX-20260121-B", "GLBX-20260122-A", *LONE])
    for folder in folders[: int(rng.integers(1, 5))].tolist():
        mapped, start, end, said, limit = some("mbo")
        count = int(rng.integers(0, 400))
        moments = np.sort(rng.integers(max(0, start - 5 * SECOND), end + 5 * SECOND, count)) - (rng.random(count) < 0.03) * SECOND
        moments = np.maximum(moments, 0)
        records = adds(*zip(moments.tolist(), rng.choice([*SYMBOLS], count).tolist(), strict=True))
        records["side"] = rng.choice(np.frombuffer(b"AB", "S1"), count)
        records["price"] = rng.integers(1, 40, count) * 250_000_000
        records["action"] = rng.choice(np.frombuffer(b"AAAACMTR", "S1"), count)
        records["flags"] = rng.choice(np.array([130, 0, 40, 130]), count)
        files.append(File(folder, records, mapped=mapped, start=start, end=said, limit=limit))
    for folder in ("GLBX-20260107-A", "GLBX-20260121-B")[: int(rng.integers(0, 3))]:
        mapped, start, end, said, limit = some("definition")
        count = int(rng.integers(0, 8))
        rows = [
            {
                "ts_recv": int(at),
                "instrument_id": int(one),
                "raw_symbol": SYMBOLS[int(rng.choice([*SYMBOLS])) if rng.random() < 0.1 else int(one)],
            }
            for at, one in zip(np.sort(rng.integers(0, span, count)), rng.choice([*SYMBOLS], count), strict=True)
        ]
        files.append(
            File(
                folder,
                definition_records(rows, version=3),
                kind="option_definition",
                mapped=mapped,
                start=start,
                end=said,
                limit=limit,
            )
        )
    expirations = ("front", 2, "all")[int(rng.integers(0, 3))]
    return files, int(rng.integers(1, 24)) * WINDOW_NS, expirations


@pytest.mark.parametrize("seeds", [0, 1, *(pytest.param(seeds, marks=pytest.mark.long) for seeds in range(2, 10))])
def test_made_up_deliveries_cut_anywhere_leave_every_earlier_row(tmp_path: Path, seeds: int) -> None:
    rows = 0
    for seed in range(20 * seeds, 20 * (seeds + 1)):
        files, cut, expirations = made_up_day(seed)
        rows += assert_the_cut_changes_nothing(tmp_path / str(seed), files, cut, expirations=expirations, until=3 * MINUTE)
    assert rows > 100
