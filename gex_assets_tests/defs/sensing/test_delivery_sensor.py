"""The sensor on a lake: what is delivered, delivered again, touched, late, refused or taken away, and what is requested then."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.raw import verified_day
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.table_day import TableDay
from gex_assets.lake.raw.layout import folder_of
from gex_assets.schemas.pages import BRIEF_PAGE, PAGES
from gex_assets.schemas.registry import DAY_TABLES, OPEN_TABLES, PREMARKET
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.sensing.made_up_deliveries import STATISTICS, Deliveries

NEXT = DAY + timedelta(days=1)
OPTIONS, FUTURES = "raw_option_mbo", "raw_future_mbo"


@pytest.fixture
def made_up(tmp_path, monkeypatch) -> Deliveries:
    return Deliveries(tmp_path / "lake", monkeypatch)


def tables(request: dg.RunRequest) -> set[str]:
    return {key.path[-1] for key in request.asset_selection}


def tick(lake, cursor: str | None = None) -> dg.SensorResult:
    definitions = build_defs(settings_for(lake))
    sensor, *_ = definitions.sensors
    context = dg.build_sensor_context(
        cursor=cursor, resources={"lake": LakeResource(root=str(lake))}, repository_def=definitions.get_repository_def()
    )
    return sensor(context)


def test_a_sample_starts_a_run_of_its_day_and_one_of_the_statistics_before_it(fresh):
    result = tick(fresh)
    asked = {request.partition_key: tables(request) for request in result.run_requests}
    assert asked == {
        DAY.isoformat(): {*DAY_TABLES, *PAGES},
        (DAY - timedelta(days=1)).isoformat(): {*PREMARKET, BRIEF_PAGE.name},
    }
    again = tick(fresh, result.cursor)
    assert not again.run_requests
    assert "none of them new" in again.skip_reason.skip_message


def test_delivered_as_a_then_b_then_a_again_starts_three_runs(made_up):
    key, keys = made_up.key("option_mbo", DAY), []
    for content, age_s in ((b"A", 7_200), (b"B", 3_600), (b"A", 7_200)):
        made_up.put(key, content, age_s=age_s)
        (request,) = made_up.tick().values()
        made_up.run(DAY, request)
        keys.append(request.run_key)
        assert made_up.tick() == {}
        assert made_up.why_stale(DAY) == []
    assert len(set(keys)) == 3
    assert len(made_up.verified) == 3


def test_three_states_start_three_runs_also_where_the_runs_have_to_wait(made_up):
    key = made_up.key("option_mbo", DAY)
    asked = []
    for content in (b"A", b"B", b"A"):
        made_up.put(key, content)
        asked += made_up.tick().values()
    assert len({request.run_key for request in asked}) == 3
    for request in asked:
        made_up.run(DAY, request)
    assert len(made_up.verified) == 1  # the first run reads what is there, the others find nothing changed


@pytest.mark.parametrize("how", ["an older time", "the same time", "another size"])
def test_other_bytes_are_noticed_whatever_their_time(made_up, how):
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"first", age_s=3_600)
    made_up.run(DAY, made_up.tick()[DAY])
    content, age_s = {"an older time": (b"other", 90_000), "the same time": (b"other", 3_600)}.get(how, (b"longer one", 3_600))
    made_up.put(key, content, age_s=age_s)
    assert made_up.why_stale(DAY) == [f"input {key} changed"]
    request = made_up.tick()[DAY]
    assert OPTIONS in tables(request)
    assert made_up.run(DAY, request) == {}
    assert made_up.why_stale(DAY) == []
    assert made_up.verified == [key, key]


def test_a_touched_file_is_looked_at_once_and_nothing_is_published_again(made_up):
    key = made_up.key("option_mbo", DAY)
    path = made_up.put(key, b"same")
    made_up.run(DAY, made_up.tick()[DAY])
    table = made_up.root / made_up.lake.key(OPTIONS, product="ES", day=DAY)
    before = table.stat()
    made_up.age(path, 100)
    assert made_up.run(DAY, made_up.tick()[DAY]) == {}
    assert made_up.verified == [key]
    assert (table.stat().st_ino, table.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert made_up.tick() == {}


def test_other_rights_or_links_start_nothing_and_are_read_once(made_up, monkeypatch):
    paths = [made_up.put(made_up.key(kind, DAY), kind.encode()) for kind in ("option_mbo", "option_statistics")]
    made_up.run(DAY, made_up.tick()[DAY])
    reads = []
    streamed = type(made_up.lake.fs).stream
    monkeypatch.setattr(type(made_up.lake.fs), "stream", lambda fs, key: (reads.append(key), streamed(fs, key))[1])
    monkeypatch.setattr("gex_assets.lake.raw.deliveries.is_compressed", lambda _: True)
    paths[0].chmod(0o600)
    paths[1].with_name("linked").hardlink_to(paths[1])
    assert made_up.tick() == {}
    assert sorted(made_up.root / key for key in reads) == sorted(paths)
    assert made_up.tick() == {}
    assert made_up.why_stale(DAY) == []
    assert len(reads) == 2


def test_what_was_published_before_the_sensor_knew_it_is_compared_and_left_alone(made_up, tmp_path, monkeypatch):
    """A copy of a lake has other inodes: its files are hashed once, and nothing is requested."""
    for kind in ("option_mbo", "option_definition"):
        made_up.put(made_up.key(kind, DAY), kind.encode())
    made_up.run(DAY)
    copy = Deliveries(tmp_path / "copy", monkeypatch)
    shutil.copytree(made_up.root, copy.root)
    assert copy.tick() == {}
    copy.put(copy.key("option_definition", DAY), b"other", age_s=90_000)
    copy.cursor = None
    assert OPTIONS not in tables(copy.tick()[DAY])


def test_a_cursor_of_an_earlier_version_is_replaced_and_published_days_stay(made_up):
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"A")
    made_up.run(DAY)
    made_up.cursor = json.dumps({key: "5-1"})
    assert made_up.tick() == {}
    assert json.loads(made_up.cursor)["version"] == 3


def test_a_file_that_is_still_written_waits_and_so_does_one_that_begins_as_no_file_does(made_up):
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"", magic=b"", age_s=3_600)
    assert made_up.tick() == {}
    assert "is empty or begins as no compressed file does" in made_up.skipped.skip_message
    for content in (b"a", b"ab", b"abc"):
        made_up.put(key, content, age_s=5)
        assert made_up.look() == {}
        assert "may still be growing" in made_up.skipped.skip_message
        made_up.now_ns += 30_000_000_000
    assert made_up.look() == {}
    made_up.now_ns += 30_000_000_000
    assert set(made_up.look()) == {DAY}


def test_a_manifest_settles_a_file_at_once_if_what_it_lists_is_there(made_up):
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"A", age_s=1)
    manifest = made_up.manifest(folder_of(key), age_s=1)
    listed = json.loads(manifest.read_text())
    for name in ("condition.json", "symbology.json"):
        listed["files"].append({"filename": name, "size": 2, "hash": f"sha256:{'0' * 64}"})
    whole = manifest.read_bytes()
    made_up.put(f"{folder_of(key)}/manifest.json", json.dumps(listed).encode(), age_s=1)
    assert made_up.look() == {}
    made_up.put(f"{folder_of(key)}/manifest.json", whole, age_s=1)
    assert set(made_up.look()) == {DAY}


@pytest.mark.parametrize("name", ["manifest.json", "condition.json", "symbology.json", "metadata.json", "delivery.json"])
def test_a_sidecar_that_comes_late_makes_again_what_depends_on_it(made_up, name):
    key, other = made_up.key("option_mbo", DAY), made_up.key("option_mbo", NEXT)
    made_up.put(key, b"A")
    made_up.put(other, b"B")
    for day, request in made_up.tick().items():
        made_up.run(day, request)
    query = {"dataset": "GLBX.MDP3", "schema": "mbo", "symbols": ["ES.OPT"], "start": 0, "end": None}
    content = {
        "condition.json": [{"date": DAY.isoformat(), "condition": "degraded"}],
        "symbology.json": {"result": {}},
        "delivery.json": {"version": 1, "kind": "job", "first_ingested_at": {key.rpartition("/")[2]: 7}},
        "metadata.json": {"job_id": "GLBX-20260121-AAA", "query": query},
    }
    if name == "manifest.json":
        made_up.manifest(folder_of(key))
    else:
        made_up.put(f"{folder_of(key)}/{name}", json.dumps(content[name]).encode())
    days = {DAY, NEXT}
    if name == "condition.json":
        days = {DAY}  # the condition of one date says nothing of the other
    assert {day for day in (DAY, NEXT) if made_up.why_stale(day)} == days
    asked = made_up.tick()
    assert set(asked) == days
    for day, request in asked.items():
        made_up.run(day, request)
        assert made_up.why_stale(day) == []
    assert made_up.tick() == {}


def test_a_touched_sidecar_starts_nothing(made_up):
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"A")
    manifest = made_up.manifest(folder_of(key))
    made_up.run(DAY, made_up.tick()[DAY])
    made_up.age(manifest, 100)
    assert made_up.tick() == {}
    assert made_up.why_stale(DAY) == []


def test_definitions_alone_start_nothing_until_orders_come(made_up):
    made_up.put(made_up.key("option_definition", DAY), b"A")
    assert made_up.tick() == {}
    assert "alone start no run" in made_up.skipped.skip_message
    made_up.put(made_up.key("future_mbo", DAY), b"A")
    assert tables(made_up.tick()[DAY]) == {*DAY_TABLES, *PAGES}


def test_statistics_alone_make_the_levels_for_the_next_session_and_nothing_else(made_up):
    made_up.put(made_up.key("option_statistics", DAY), b"A")
    asked = made_up.tick()
    assert {day: tables(request) for day, request in asked.items()} == {DAY: {*PREMARKET, BRIEF_PAGE.name}}
    made_up.run(DAY, asked[DAY])
    assert made_up.tick() == {}
    assert made_up.why_stale(DAY) == []
    made_up.put(made_up.key("option_definition", DAY), b"A")
    assert {day: tables(request) for day, request in made_up.tick().items()} == {DAY: {*PREMARKET, BRIEF_PAGE.name}}
    made_up.put(made_up.key("option_mbo", DAY), b"A")
    assert tables(made_up.tick()[DAY]) == {*DAY_TABLES, *PAGES} - {"raw_option_statistics"}


@pytest.mark.parametrize("orders", [True, False])
def test_the_next_days_statistics_make_the_levels_again(made_up, orders):
    """They turn early open interest into final; of a whole day nothing else is made again."""
    for kind in ("option_mbo", "option_statistics") if orders else ("option_statistics",):
        made_up.put(made_up.key(kind, DAY), b"A")
    made_up.run(DAY, made_up.tick()[DAY])
    made_up.put(made_up.key("option_statistics", NEXT), b"final")
    assert [why.split("/")[-1] for why in made_up.why_stale(DAY)] == ["glbx-mdp3-20260107.statistics.dbn.zst is new"] * len(
        OPEN_TABLES
    )
    asked = made_up.tick()
    assert set(asked) == {DAY, NEXT}
    assert tables(asked[NEXT]) == {*PREMARKET, BRIEF_PAGE.name}
    assert "open_levels" in tables(asked[DAY])
    made_again = {name for name in tables(asked[DAY]) if made_up.lake.find(name, product="ES", day=DAY) is not None}
    # The made-up run lists no options, so what is made of them is asked for, too.
    assert made_again == ({*OPEN_TABLES, STATISTICS} if orders else set(PREMARKET))
    assert BRIEF_PAGE.name in tables(asked[DAY])
    for day, request in asked.items():
        made_up.run(day, request)
    assert made_up.why_stale(DAY) == []
    assert made_up.tick() == {}


def test_refused_statistics_alone_are_said_and_not_tried_again(made_up):
    made_up.put(made_up.key("option_statistics", DAY), b"BAD")
    assert set(made_up.run(DAY, made_up.tick()[DAY])) == {"raw_option_statistics"}
    assert made_up.tick() == {}


def test_late_statistics_make_again_the_published_days_that_read_them(made_up):
    """The day before and up to five following ones, of which those that are not published have nothing to be made again."""
    days = [date(2026, 1, 5) + timedelta(days=n) for n in range(8)]
    for day in days:
        if day.weekday() != 5 and day != date(2026, 1, 8):
            made_up.put(made_up.key("option_mbo", day), b"A")
    for day, request in made_up.tick().items():
        made_up.run(day, request)
    late = date(2026, 1, 6)
    made_up.put(made_up.key("option_statistics", late), b"late", age_s=100)
    reach = {late} | {late + timedelta(days=n) for n in (-1, 1, 3, 5)}
    assert {day for day in days if made_up.why_stale(day)} == reach
    asked = made_up.tick()
    assert set(asked) == reach
    assert STATISTICS in tables(asked[date(2026, 1, 7)])
    assert not {name for name in tables(asked[date(2026, 1, 7)]) if name.startswith("raw_")}
    for day, request in asked.items():
        made_up.run(day, request)
    assert made_up.tick() == {}
    assert [day for day in days if made_up.why_stale(day)] == []


def test_a_file_that_was_left_out_is_an_input_too(made_up):
    keys = [made_up.key("option_mbo", DAY, job) for job in ("GLBX-20260121-AAA", "GLBX-20260122-BBB")]
    for key in keys:
        made_up.put(key, b"the same twice")
    made_up.run(DAY, made_up.tick()[DAY])
    assert made_up.lake.open(OPTIONS, product="ES", day=DAY).num_rows == 1
    assert made_up.why_stale(DAY) == []
    made_up.run(DAY)
    assert made_up.verified == keys
    made_up.put(keys[1], b"another one")
    assert made_up.why_stale(DAY) == [f"input {keys[1]} changed"]


def test_a_refused_file_is_asked_for_again_only_when_it_changed(made_up):
    key = made_up.key("option_mbo", DAY)
    path = made_up.put(key, b"BAD")
    (failure,) = made_up.run(DAY, made_up.tick()[DAY]).values()
    assert failure == f"{path}: Expected records, was BAD"
    assert made_up.tick() == {}
    made_up.cursor = None  # a new sensor knows it from the lake
    assert made_up.tick() == {}
    assert "raw_option_mbo refused" in made_up.skipped.skip_message
    made_up.age(path, 100)  # touched only
    assert made_up.tick() == {}
    made_up.put(key, b"good")
    assert made_up.run(DAY, made_up.tick()[DAY]) == {}
    assert made_up.lake.rejection(OPTIONS, product="ES", day=DAY) is None


def test_the_failure_of_a_refused_file_says_what_to_do_and_is_not_tried_again(made_up):
    path = made_up.put(made_up.key("option_mbo", DAY), b"BAD")
    day = TableDay(assets=made_up.assets, name=OPTIONS, day=DAY, lake=made_up.lake)
    with pytest.raises(dg.Failure) as caught:
        list(verified_day(day, "option_mbo"))
    assert caught.value.description == f"{path}: Expected records, was BAD"
    assert {name: value.value for name, value in caught.value.metadata.items()} == {
        "file": str(path),
        "expected": "records",
        "was": "BAD",
        "what to do": "deliver it again, or remove it and run `gex run --date 2026-01-06`",
    }
    assert not caught.value.allow_retries
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_late_file_next_to_a_refused_one_runs_what_can_be_made(made_up):
    made_up.put(made_up.key("option_mbo", DAY), b"BAD")
    made_up.run(DAY, made_up.tick()[DAY])
    made_up.put(made_up.key("future_mbo", DAY), b"late")
    request = made_up.tick()[DAY]
    assert FUTURES in tables(request)
    assert "bronze_future_mbo" in tables(request)
    assert not {OPTIONS, "bronze_option_mbo", "silver_gex"} & tables(request)
    assert made_up.run(DAY, request) == {}
    assert made_up.tick() == {}


@pytest.mark.long
def test_a_tick_over_ten_thousand_unchanged_files_opens_none_and_takes_under_five_seconds(made_up, monkeypatch):
    import time

    day = date(2017, 5, 22)
    for number in range(2_500):
        for kind in ("option_mbo", "future_mbo", "option_definition", "option_statistics"):
            made_up.put(made_up.key(kind, day + timedelta(days=number), f"GLBX-{number // 25}"), b"")
    # What was requested of each day does not matter here: a first pass notes every day.
    monkeypatch.setattr("gex_assets.lake.raw.changes.changes", lambda *_, **__: _nothing())
    made_up.tick()
    assert len(json.loads(made_up.cursor)["days"]) == 83
    assert len(made_up.cursor) < 2_505 * 22 + 60
    monkeypatch.setattr("gex_assets.lake.raw.deliveries.settling", None)
    began = time.process_time()
    assert made_up.look() == {}
    assert time.process_time() - began < 5.0


def _nothing():
    from gex_assets.lake.raw.changes import Changes

    return Changes()
