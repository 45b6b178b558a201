from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import Header, MappingInterval, SymbolMapping
from gex_assets.lake.filesystem import ObjectInfo
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.asked import Asked, asked_by, check_header, rank_of
from gex_assets.lake.raw.claims import Rank
from gex_assets.lake.raw.delivery_notes import DeliveryNote
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.raw.layout import FoundFile, raw_file_name, raw_folder
from gex_assets.lake.raw.sidecars import Query, Sidecars
from gex_assets.lake.raw.verify import verify_day
from gex_assets_tests.lake.made_up_files import (
    DAY,
    MIDNIGHT,
    SECOND,
    mapping,
    orders,
    random_orders,
    write_orders,
    write_sidecars,
)

DAY_NS = 86_400 * SECOND
END = MIDNIGHT + DAY_NS
NAME = raw_file_name(kind="option_mbo", day=DAY)


def found(job_id: str = "") -> FoundFile:
    return FoundFile(DAY, job_id, NAME, "option_mbo", "ES", f"x/{NAME}", ObjectInfo(f"x/{NAME}", 1, 1, ""))


def header(**said: Any) -> Header:
    usual: dict[str, Any] = {
        "version": 3,
        "dataset": "GLBX.MDP3",
        "schema": "mbo",
        "stype_in": "parent",
        "stype_out": "instrument_id",
        "symbols": ("ES.OPT",),
        "start_ns": MIDNIGHT,
        "end_ns": END,
        "ts_out": False,
        "mappings": (mapping("ESH6 C6900", 11),),
    }
    return Header(**{**usual, **said})


def query(start: int = MIDNIGHT, end: int | None = END, **said: Any) -> Sidecars:
    return Sidecars(job_id="J", query=Query("GLBX.MDP3", "mbo", ("ES.OPT",), start, end, **said))


def asked(head: Header | None = None, sidecars: Sidecars | None = None, note: DeliveryNote | None = None) -> Asked:
    return asked_by(None, found(), head or header(), sidecars=sidecars or Sidecars(), note=note, name="x")


@pytest.mark.parametrize(
    ("head", "sidecars", "last", "expected"),
    [
        ({}, None, None, (MIDNIGHT, END)),
        ({}, query(MIDNIGHT + 5, MIDNIGHT + 9), None, (MIDNIGHT + 5, MIDNIGHT + 9)),
        ({"start_ns": MIDNIGHT - 9, "end_ns": MIDNIGHT + 7}, query(MIDNIGHT + 5, END + 9), None, (MIDNIGHT + 5, MIDNIGHT + 7)),
        ({"end_ns": None}, query(end=MIDNIGHT + 8), MIDNIGHT + 3, (MIDNIGHT, MIDNIGHT + 8)),
        ({"end_ns": None}, query(end=None), MIDNIGHT + 3, (MIDNIGHT, MIDNIGHT + 4)),
        ({"end_ns": None}, None, MIDNIGHT + 3, (MIDNIGHT, MIDNIGHT + 4)),
        ({"limit": 6}, None, MIDNIGHT + 3, (MIDNIGHT, MIDNIGHT + 4)),
        ({}, query(limit=6), MIDNIGHT + 3, (MIDNIGHT, MIDNIGHT + 4)),
        ({"limit": 6, "end_ns": MIDNIGHT + 2}, None, MIDNIGHT + 3, (MIDNIGHT, MIDNIGHT + 2)),
        ({"end_ns": None}, None, END + 3, (MIDNIGHT, END)),
        ({"end_ns": None}, None, None, None),
        ({"end_ns": None}, None, MIDNIGHT - 5, None),
    ],
)
def test_a_claim_is_the_time_that_metadata_header_and_day_have_in_common(
    head: dict[str, Any], sidecars: Sidecars | None, last: int | None, expected: tuple[int, int] | None
) -> None:
    assert asked(header(**head), sidecars).times(last_moment=last) == (() if expected is None else (expected,))


def test_only_a_recording_has_gaps() -> None:
    gaps = ((MIDNIGHT + 5, MIDNIGHT + 7), (MIDNIGHT + 9, END + 1))
    recorded = asked(note=DeliveryNote("recording", gaps=gaps))
    assert recorded.times(last_moment=None) == ((MIDNIGHT, MIDNIGHT + 5), (MIDNIGHT + 7, MIDNIGHT + 9))
    assert asked(note=DeliveryNote("job", gaps=gaps)).times(last_moment=None) == ((MIDNIGHT, END),)


def test_times_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BadFileError, match=r"Expected metadata\.json and the header to have a time in common"):
        check_header(found(), header(end_ns=MIDNIGHT + 5), query(start=MIDNIGHT + 5), name="x")


def rank(job_id: str = "", note: DeliveryNote | None = None, sidecars: Sidecars | None = None, **said: Any) -> Rank:
    usual: dict[str, Any] = {"limit": None, "sha256": "00"}
    return rank_of(found(job_id), sidecars=sidecars or Sidecars(), note=note, **{**usual, **said})


JOB = "GLBX-20260121-AAAAAAAAAA"
DAY_LATER = MIDNIGHT + 20 * DAY_NS


def noted(kind: Any, *, came: int | None = None, requested: int | None = None) -> DeliveryNote:
    return DeliveryNote(kind, requested_at=requested, first_ingested_at={} if came is None else {NAME: came})


def test_files_are_ranked_by_kind_limit_and_age_never_by_an_alphabet() -> None:
    worst_to_best = [
        rank("request-ffff", noted("recording", came=DAY_LATER), limit=9),
        rank("GLBX-20260131-ZZZZZZZZZZ", noted("recording", came=DAY_LATER)),
        rank("request-ffff", noted("lone", came=DAY_LATER), limit=9),
        rank("zzz"),
        rank("request-zzzz", noted("lone", came=MIDNIGHT)),
        rank("request-aaaa", noted("lone", came=MIDNIGHT + 1)),
        rank("request-aaaa", noted("lone", came=MIDNIGHT + 1), sha256="01"),
        rank("request-0000", noted("lone", came=DAY_LATER)),
        rank("request-0000", noted("lone", came=MIDNIGHT, requested=DAY_LATER + DAY_NS)),
        rank(JOB, limit=3),
        rank("any", sidecars=Sidecars(job_id="odd")),
        rank("GLBX-20260107-ZZZZZZZZZZ", noted("job", came=DAY_LATER)),
        rank(JOB),
        rank(JOB, noted("job", came=MIDNIGHT)),
        rank("GLBX-20260121-0000000000", noted("job", came=MIDNIGHT + 1)),
        rank("GLBX-20260122-0000000000"),
        rank("GLBX-20260107-0000000000", noted("job", requested=DAY_LATER + 9 * DAY_NS)),
    ]
    assert worst_to_best == sorted(worst_to_best)
    assert len(set(worst_to_best)) == len(worst_to_best)


# A day's files together.


def place(root: Path, job_id: str = "") -> Path:
    return root / raw_folder(kind="option_mbo", product="ES", job_id=job_id) / NAME


def verify(root: Path) -> Any:
    return verify_day(LocalFileSystem(root), kind="option_mbo", product="ES", day=DAY)


def some(count: int, seed: int = 1) -> Any:
    return [random_orders(count, seed=seed, ids=[11, 12, 21, 22])]


@pytest.mark.parametrize("where", ["header", "metadata"])
def test_a_request_that_its_limit_cut_is_said(tmp_path: Path, where: str) -> None:
    records = orders([{"ts_recv": at, "instrument_id": 11} for at in range(6)])
    path = place(tmp_path, JOB)
    write_orders(path, [records], **({"limit": 6} if where == "header" else {}))
    if where == "metadata":
        write_sidecars(path.parent, job_id=JOB, limit=6)
    day = verify(tmp_path)
    (row,) = day.table.to_pylist()
    assert (row["limit"], row["claim_times"]) == (6, [{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + 6}])
    assert any("was a request that its limit of 6 cut short" in warning for warning in day.warnings)


@pytest.mark.parametrize(("where", "limit"), [("header", 2**63), ("metadata", 2**63), ("metadata", -1)])
def test_a_limit_that_cannot_be_is_refused(tmp_path: Path, where: str, limit: int) -> None:
    path = place(tmp_path, JOB)
    write_orders(path, some(10), **({"limit": limit} if where == "header" else {}))
    if where == "metadata":
        write_sidecars(path.parent, job_id=JOB, limit=limit)
    with pytest.raises(BadFileError, match=rf"{JOB}.*Expected a limit from 1 to \d+ records, was {limit}"):
        verify(tmp_path)


def test_a_lone_file_that_maps_no_ids_is_refused_by_the_name_that_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "mine.dbn.zst"
    none = MappingInterval(DAY, DAY + timedelta(days=1), "no id")
    write_orders(path, some(10), mappings=[SymbolMapping("ESH6 C6900", (none,))])
    (one,) = ingest(LocalFileSystem(tmp_path / "lake"), [path])
    assert one.why.startswith(f"{path}: Expected an instrument id for 'ESH6 C6900', was 'no id'")


def test_a_limit_that_was_not_reached_is_no_warning(tmp_path: Path) -> None:
    write_orders(place(tmp_path, JOB), [orders([{"ts_recv": 3, "instrument_id": 11}])], limit=6)
    day = verify(tmp_path)
    assert day.table["claim_times"].to_pylist() == [[{"ts_start": MIDNIGHT, "ts_end": MIDNIGHT + 4}]]
    assert not any("limit" in warning for warning in day.warnings)


def test_what_a_newer_request_supersedes_is_said_with_its_name(tmp_path: Path) -> None:
    old, new = place(tmp_path, "GLBX-20260107-ZZZZZZZZZZ"), place(tmp_path, JOB)
    write_orders(old, some(400))
    write_orders(new, some(100), end_ns=MIDNIGHT + 50_000)
    day = verify(tmp_path)
    older, newer = day.table.to_pylist()
    assert (older["rank"], newer["rank"], newer["superseded"]) == (2, 1, 0)
    assert older["superseded_by"] == [newer["path"]]
    assert 0 < older["superseded"] < 400
    assert any(f"records are superseded by {newer['path']}" in warning for warning in day.warnings)


def test_a_tie_is_decided_by_the_hash_and_said(tmp_path: Path) -> None:
    for job_id, seed in (("GLBX-20260121-A", 1), ("GLBX-20260121-B", 2)):
        write_orders(place(tmp_path, job_id), some(50, seed))
    day = verify(tmp_path)
    ranks = dict(zip(day.table["sha256"].to_pylist(), day.table["rank"].to_pylist(), strict=True))
    assert ranks == {max(ranks): 1, min(ranks): 2}
    assert sorted(day.table["is_tied"].to_pylist()) == [False, True]
    assert any("the larger sha256 decides" in warning for warning in day.warnings)


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def test_a_failing_file_is_set_aside_only_where_a_better_one_covers_all_that_it_was_asked_for(tmp_path: Path) -> None:
    old, new = place(tmp_path, "GLBX-20260107-ZZZZZZZZZZ"), place(tmp_path, JOB)
    write_orders(old, some(100), end_ns=MIDNIGHT + DAY_NS // 2)
    write_orders(new, some(100, 2))
    spoil(old)
    day = verify(tmp_path)
    (row,) = day.table.to_pylist()
    key = old.relative_to(tmp_path).as_posix()
    assert (row["job_id"], row["set_aside"]) == (JOB, [key])
    assert key in day.inputs
    assert any("it is set aside" in warning for warning in day.warnings)
    # Half of the day is not covered: the day fails.
    write_orders(new, some(100, 2), end_ns=MIDNIGHT + DAY_NS // 4)
    with pytest.raises(BadFileError, match=r"GLBX-20260107-ZZZZZZZZZZ.*Expected the last zstd frame to end"):
        verify(tmp_path)
    # Nor is an instrument.
    write_orders(new, some(100, 2), mappings=[mapping("ESH6 C6900", 11)])
    with pytest.raises(BadFileError, match="GLBX-20260107-ZZZZZZZZZZ"):
        verify(tmp_path)


def test_no_worse_file_steps_in_for_a_failing_one(tmp_path: Path) -> None:
    write_orders(place(tmp_path, "GLBX-20260107-ZZZZZZZZZZ"), some(100))
    path = place(tmp_path, JOB)
    write_orders(path, some(100, 2))
    spoil(path)
    with pytest.raises(BadFileError, match=JOB):
        verify(tmp_path)


def test_a_file_whose_header_cannot_be_read_is_never_set_aside(tmp_path: Path) -> None:
    write_orders(place(tmp_path, JOB), some(100))
    path = place(tmp_path, "GLBX-20260107-ZZZZZZZZZZ")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no DBN")
    with pytest.raises(BadFileError, match="GLBX-20260107-ZZZZZZZZZZ"):
        verify(tmp_path)


def test_a_snapshot_counts_where_it_opens_the_file(tmp_path: Path) -> None:
    opening = orders([{"ts_recv": 0, "flags": 40, "instrument_id": 11}, {"ts_recv": 5, "instrument_id": 11}])
    later = orders([{"ts_recv": 0, "instrument_id": 11}, {"ts_recv": 5, "flags": 40, "instrument_id": 11}])
    found = []
    for records in (opening, later, opening[:0]):
        path = place(tmp_path, JOB)
        write_orders(path, [records])
        write_sidecars(path.parent, job_id=JOB)
        found.append(verify(tmp_path).table["ts_snapshot"].to_pylist())
        (path.parent / "manifest.json").unlink()
    assert found == [[MIDNIGHT], [None], [None]]


def test_symbols_that_were_not_found_stand_with_the_file(tmp_path: Path) -> None:
    path = place(tmp_path, JOB)
    write_orders(path, some(10), symbols=["ES.OPT", "EW5.OPT"])
    (path.parent / "symbology.json").write_text(json.dumps({"result": {}, "not_found": ["EW5.OPT"]}))
    assert verify(tmp_path).table["not_found"].to_pylist() == [["EW5.OPT"]]
