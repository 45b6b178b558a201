"""A lone file of several dates becomes one file for each: nothing is lost, nothing is doubled, and each says what it covers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import MappingInterval, SymbolMapping, blocks, read_header
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.delivery_notes import read_note
from gex_assets.lake.raw.ingest import Ingested, ingest
from gex_assets.lake.raw.layout import day_bounds, folder_of
from gex_assets.lake.raw.split import MOST_DAYS, contents_of, days_of, write_pieces
from gex_assets.lake.raw.verify import verify_day
from gex_assets_tests.lake.made_up_files import (
    DAY,
    MIDNIGHT,
    SECOND,
    definitions,
    mapping,
    orders,
    random_orders,
    stat_records,
    write_orders,
)
from gex_assets_tests.shared_data import shared_data

HOUR = 3_600 * SECOND
DAY_NS = 24 * HOUR
MONDAY = date(2026, 1, 5)


def take(lake: Path, *paths: Path) -> list[Ingested]:
    return ingest(LocalFileSystem(lake), paths)


def records_of(path: Path) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype=orders([]).dtype), *blocks(path, block_records=100)])


def session(moments: Sequence[int], **other: Any) -> np.ndarray:
    """Records at moments in hours from midnight of Tuesday the 6th."""
    return orders([{"ts_recv": int(at * HOUR), "instrument_id": 11, "order_id": n, **other} for n, at in enumerate(moments)])


def test_a_globex_session_is_two_dates(tmp_path: Path) -> None:
    """Case B15: 23:00 on Monday to 22:00 on Tuesday."""
    records = session([-1, -0.5, 0, 1, 21.9])
    asked: dict[str, Any] = {"start_ns": MIDNIGHT - HOUR, "end_ns": MIDNIGHT + 22 * HOUR}
    source = write_orders(tmp_path / "session.dbn.zst", [records], **asked, mappings=[mapping("ESH6 C6900", 11, MONDAY, 2)]).path
    lake = tmp_path / "lake"
    results = take(lake, source)
    assert [(one.day, one.status, one.dates) for one in results] == [(MONDAY, "added", 2), (DAY, "added", 2)]
    assert len({one.job_id for one in results}) == 1
    for one, count, start, end in zip(
        results, (2, 3), (MIDNIGHT - HOUR, MIDNIGHT), (MIDNIGHT, MIDNIGHT + 22 * HOUR), strict=True
    ):
        header = read_header(lake / str(one.key))
        assert (header.start_ns, header.end_ns, header.symbols, header.limit) == (start, end, ("ES.OPT",), None)
        assert header.mappings == (mapping("ESH6 C6900", 11, one.day or DAY),)
        assert any("Expected an opening snapshot, was none" in warning for warning in one.warnings)
        assert any("Expected a manifest with the file's hash, was none" in warning for warning in one.warnings)
        row = verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=one.day or DAY).table.to_pylist()[0]
        assert (row["records"], row["claim_times"]) == (count, [{"ts_start": start, "ts_end": end}])
    pieces = [records_of(lake / str(one.key)) for one in results]
    assert np.concatenate(pieces).tobytes() == records.tobytes()
    note = read_note(LocalFileSystem(lake), folder_of(str(results[0].key)))
    assert note is not None
    assert (note.kind, len(note.first_ingested_at)) == ("lone", 2)


def test_the_same_again_is_nothing_to_do_and_another_state_replaces_only_its_dates(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"start_ns": MIDNIGHT - HOUR, "end_ns": MIDNIGHT + HOUR}
    source = write_orders(tmp_path / "a.dbn.zst", [session([-0.5, 0.1])], **asked).path
    lake = tmp_path / "lake"
    take(lake, source)
    before = {path: path.stat().st_mtime_ns for path in lake.rglob("*") if path.is_file()}
    assert [one.status for one in take(lake, source)] == ["unchanged", "unchanged"]
    assert {path: path.stat().st_mtime_ns for path in lake.rglob("*") if path.is_file()} == before
    write_orders(source, [session([-0.5, 0.1, 0.2])], **asked)
    assert [one.status for one in take(lake, source)] == ["unchanged", "replaced"]


def test_a_date_that_begins_with_a_snapshot_is_not_called_incomplete(tmp_path: Path) -> None:
    records = session([0, 1, 24, 25])
    records["flags"][[0, 2]] = 40
    source = write_orders(tmp_path / "a.dbn.zst", [records], end_ns=MIDNIGHT + 2 * DAY_NS).path
    results = take(tmp_path / "lake", source)
    assert [any("snapshot" in warning for warning in one.warnings) for one in results] == [False, False]
    records["flags"][2] = 130
    write_orders(source, [records], end_ns=MIDNIGHT + 2 * DAY_NS)
    first, second = take(tmp_path / "other", source)
    assert not any("snapshot" in warning for warning in first.warnings)
    assert any("snapshot" in warning for warning in second.warnings)


@pytest.mark.parametrize("schema", ["definition", "statistics"])
def test_definitions_and_statistics_are_split_alike(tmp_path: Path, schema: str) -> None:
    rows = [{"instrument_id": n, "ts_recv": int(at * HOUR)} for n, at in enumerate((-1, 3, 30))]
    records = definitions(rows, version=3) if schema == "definition" else stat_records(rows, version=3)
    asked: dict[str, Any] = {"start_ns": MIDNIGHT - 2 * HOUR, "end_ns": MIDNIGHT + 2 * DAY_NS, "schema": schema, "version": 3}
    results = take(tmp_path / "lake", write_orders(tmp_path / "a.dbn.zst", [records], **asked).path)
    assert [(one.kind, one.day) for one in results] == [(f"option_{schema}", MONDAY + timedelta(days=n)) for n in range(3)]
    ids = [
        part["instrument_id"].tolist() for one in results for part in blocks(tmp_path / "lake" / str(one.key), block_records=9)
    ]
    assert ids == [[0], [1], [2]]
    assert not any("snapshot" in warning for one in results for warning in one.warnings)


def test_the_dates_are_those_that_were_asked_for(tmp_path: Path) -> None:
    """A date without records was asked for, too: it is known to be silent. Saturdays have no session."""
    friday = MIDNIGHT + 3 * DAY_NS
    asked: dict[str, Any] = {"start_ns": friday, "end_ns": friday + 4 * DAY_NS}
    results = take(tmp_path / "lake", write_orders(tmp_path / "a.dbn.zst", [session([80])], **asked).path)
    assert [one.day for one in results] == [date(2026, 1, 9), date(2026, 1, 11), date(2026, 1, 12)]
    open_end = write_orders(tmp_path / "b.dbn.zst", [session([1, 30])], end_ns=None).path
    first, last = take(tmp_path / "lake", open_end)
    assert (first.day, last.day) == (DAY, DAY + timedelta(days=1))
    ends = [read_header(tmp_path / "lake" / str(one.key)).end_ns for one in (first, last)]
    assert ends == [MIDNIGHT + DAY_NS, None]


def test_moments_decide_and_not_the_records_own_times(tmp_path: Path) -> None:
    """A record that steps back over midnight belongs to the date that has begun; one before the first date to the first."""
    records = session([-30, 23, 24.1, 23.9, 25, 90])
    source = write_orders(tmp_path / "a.dbn.zst", [records], end_ns=MIDNIGHT + 2 * DAY_NS).path
    results = take(tmp_path / "lake", source)
    pieces = [records_of(tmp_path / "lake" / str(one.key))["order_id"].tolist() for one in results]
    assert pieces == [[0, 1], [2, 3, 4, 5]]


def test_a_batchs_daily_file_given_alone_is_its_date_whatever_the_header_covers(tmp_path: Path) -> None:
    name, asked = "glbx-mdp3-20260107.mbo.dbn.zst", {"end_ns": MIDNIGHT + 5 * DAY_NS}
    source = write_orders(tmp_path / name, [session([25, 26])], **asked).path
    (one,) = take(tmp_path / "lake", source)
    assert (one.day, one.dates) == (date(2026, 1, 7), 1)
    assert (tmp_path / "lake" / str(one.key)).read_bytes() == source.read_bytes()
    write_orders(source, [session([25, 26, 50])], **asked)
    assert [one.day for one in take(tmp_path / "other", source)] == [DAY + timedelta(days=n) for n in range(4)]


def test_a_limit_that_was_reached_is_said_of_the_date_that_it_cut(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"end_ns": MIDNIGHT + 3 * DAY_NS, "limit": 4}
    results = take(tmp_path / "lake", write_orders(tmp_path / "a.dbn.zst", [session([1, 2, 25, 26])], **asked).path)
    cut = [[w for w in one.warnings if "was cut by its limit of 4 records" in w] for one in results]
    assert [len(one) for one in cut] == [0, 1, 0]
    assert [read_header(tmp_path / "lake" / str(one.key)).limit for one in results] == [None, 2, 1]
    asked["limit"] = 5
    results = take(tmp_path / "lake", write_orders(tmp_path / "a.dbn.zst", [session([1, 2, 25, 26])], **asked).path)
    assert not any("limit" in warning for one in results for warning in one.warnings)


def test_a_refused_file_changes_nothing(tmp_path: Path) -> None:
    source = write_orders(tmp_path / "a.dbn.zst", [session([1, 30])], end_ns=MIDNIGHT + 2 * DAY_NS).path
    whole = source.read_bytes()
    for content in (whole[:-1], whole + b"?"):
        source.write_bytes(content)
        (one,) = take(tmp_path / "lake", source)
        assert one.status == "refused"
        assert str(source) in one.why
    assert not [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]


def test_a_request_of_years_is_refused_in_words(tmp_path: Path) -> None:
    source = write_orders(tmp_path / "a.dbn.zst", [session([1])], end_ns=MIDNIGHT + MOST_DAYS * DAY_NS).path
    assert len(days_of(contents_of(source), name=str(source))) == MOST_DAYS - 52
    write_orders(source, [session([1])], end_ns=MIDNIGHT + (MOST_DAYS + 1) * DAY_NS)
    (one,) = take(tmp_path / "lake", source)
    assert "Expected a request of at most 366 dates, was 367: ask again in parts" in one.why


def test_a_file_that_changes_between_its_two_readings_is_refused(tmp_path: Path) -> None:
    source = write_orders(tmp_path / "a.dbn.zst", [session([1, 30])], end_ns=MIDNIGHT + 2 * DAY_NS).path
    contents = contents_of(source)
    write_orders(source, [session([1, 31])], end_ns=MIDNIGHT + 2 * DAY_NS)
    with pytest.raises(BadFileError, match="Expected the same bytes in both readings"):
        write_pieces(source, contents, [(DAY, tmp_path / "1"), (DAY + timedelta(days=1), tmp_path / "2")])


@pytest.mark.long
def test_a_real_month_of_definitions_is_split_without_loss(tmp_path: Path) -> None:
    source, lake = shared_data("dbn/definition-glbx-es-opt.dbn.zst"), tmp_path / "lake"
    results = take(lake, source)
    assert {one.status for one in results} == {"added"}
    whole = b"".join(part.tobytes() for part in blocks(source, block_records=1000))
    pieces = [part.tobytes() for one in results for part in blocks(lake / str(one.key), block_records=1000)]
    assert b"".join(pieces) == whole
    assert all(one.day is not None and one.day.weekday() != 5 for one in results)
    assert (results[0].day, results[-1].day) == (date(2023, 8, 1), date(2023, 8, 31))


def obvious_pieces(moments: Sequence[int], days: Sequence[date]) -> list[list[int]]:
    """Which records each date gets: the slow way."""
    pieces: list[list[int]] = [[] for _ in days]
    largest = -(2**62)
    for n, at in enumerate(moments):
        largest = max(largest, at)
        place = sum(MIDNIGHT + largest >= day_bounds(day)[0] for day in days[1:])
        pieces[place].append(n)
    return pieces


@settings(max_examples=40, deadline=None)
@given(
    moments=st.lists(st.integers(-40 * HOUR, 100 * HOUR), max_size=30),
    start=st.integers(-30 * HOUR, 20 * HOUR),
    hours=st.one_of(st.none(), st.integers(1, 80)),
    block_records=st.sampled_from([1, 3, 65_536]),
)
def test_every_record_is_in_the_piece_of_its_moment(
    tmp_path_factory: pytest.TempPathFactory, moments: list[int], start: int, hours: int | None, block_records: int
) -> None:
    folder = tmp_path_factory.mktemp("split")
    records = orders([{"ts_recv": at, "order_id": n} for n, at in enumerate(moments)])
    end = None if hours is None else MIDNIGHT + start + hours * HOUR
    source = write_orders(folder / "a.dbn.zst", [records], start_ns=MIDNIGHT + start, end_ns=end).path
    contents = contents_of(source)
    days = days_of(contents, name=str(source))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gex_assets.lake.raw.split._BLOCK_RECORDS", block_records)
        assert contents_of(source) == contents
        write_pieces(source, contents, [(day, folder / f"{day}") for day in days])
    found = [records_of(folder / f"{day}")["order_id"].tolist() for day in days]
    assert found == obvious_pieces(moments, days)


def test_mappings_of_a_piece_are_those_of_its_date(tmp_path: Path) -> None:
    tuesday, wednesday, thursday = (DAY + timedelta(days=n) for n in range(3))
    spread = SymbolMapping("UD:1V: A", (MappingInterval(tuesday, wednesday, "31"),))
    reused = SymbolMapping("UD:1V: B", (MappingInterval(wednesday, thursday, "31"),))
    both = SymbolMapping("ESH6 C6900", (MappingInterval(MONDAY, thursday, "11"),))
    asked: dict[str, Any] = {"end_ns": MIDNIGHT + 2 * DAY_NS, "mappings": [both, spread, reused]}
    results = take(tmp_path / "lake", write_orders(tmp_path / "a.dbn.zst", [random_orders(9, seed=1)], **asked).path)
    mapped = [[one.raw_symbol for one in read_header(tmp_path / "lake" / str(piece.key)).mappings] for piece in results]
    assert mapped == [["ESH6 C6900", "UD:1V: A"], ["ESH6 C6900", "UD:1V: B"]]
