"""The sensor and folders as the world leaves them: files that vanish while looked at, wrong clocks, hostile names, two jobs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.resources import LakeResource
from gex_assets.lake.raw import deliveries
from gex_assets.lake.raw.layout import folder_of, raw_folder
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.defs.sensing.made_up_deliveries import KINDS, MAGIC, SECOND, SETTLE, Deliveries

NEXT = DAY + timedelta(days=1)
JOBS = ("GLBX-20260121-AAA", "GLBX-20260122-BBB")


@pytest.fixture
def made_up(tmp_path, monkeypatch) -> Deliveries:
    return Deliveries(tmp_path / "lake", monkeypatch)


def while_looking(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something happens once between the listing of the files and the first look at one."""
    looks = deliveries.settling
    acts = [act]

    def later(*given, **named):
        if acts:
            acts.pop()()
        return looks(*given, **named)

    monkeypatch.setattr(deliveries, "settling", later)


# files that change while they are looked at


def test_a_file_that_vanishes_between_listing_and_looking_waits_and_the_day_is_asked_for_when_it_comes_back(made_up, monkeypatch):
    key = made_up.key("option_mbo", DAY)
    path = made_up.put(key, b"A")
    made_up.watch()
    while_looking(monkeypatch, path.unlink)
    assert made_up.look() == {}
    assert "is being replaced" in made_up.skipped.skip_message
    assert made_up.tick() == {}
    made_up.put(key, b"A")
    assert set(made_up.tick()) == {DAY}
    assert made_up.tick() == {}


def test_a_whole_job_that_vanishes_while_looked_at_stops_no_other_day(made_up, monkeypatch):
    gone = made_up.put(made_up.key("option_mbo", NEXT, JOBS[1]), b"B")
    made_up.manifest(folder_of(made_up.key("option_mbo", NEXT, JOBS[1])))
    made_up.put(made_up.key("option_mbo", DAY, JOBS[0]), b"A")

    def take_away() -> None:
        for path in gone.parent.iterdir():
            path.unlink()
        gone.parent.rmdir()

    while_looking(monkeypatch, take_away)
    assert set(made_up.tick()) == {DAY}
    assert made_up.tick() == {}


def test_a_file_that_is_replaced_by_rename_while_looked_at_is_asked_for_once_more_for_the_new_state(made_up, monkeypatch):
    key = made_up.key("option_mbo", DAY)
    path = made_up.put(key, b"A")
    new = made_up.put(f"{folder_of(key)}/other.tmp", MAGIC + b"B")
    made_up.watch()
    while_looking(monkeypatch, lambda: new.replace(path))
    asked = [made_up.look(), made_up.tick(), made_up.tick()]
    assert [set(one) for one in asked] == [{DAY}, {DAY}, set()]
    assert made_up.run(DAY, asked[0][DAY]) == {}
    assert made_up.run(DAY, asked[1][DAY]) == {}
    assert made_up.why_stale(DAY) == []
    assert len(made_up.verified) == 1


def test_a_file_that_shrinks_and_grows_again_waits_for_its_last_state(made_up):
    key = made_up.key("option_mbo", DAY)
    for content in (b"long enough", b"short", b"", b"longer than before"):
        made_up.put(key, content, age_s=0)
        assert made_up.look() == {}
        for seconds in (SETTLE // 2, SETTLE // 2 - 1):
            made_up.now_ns += seconds * SECOND
            assert made_up.look() == {}
    made_up.now_ns += SECOND
    assert set(made_up.look()) == {DAY}
    assert made_up.tick() == {}


# names


NO_DELIVERIES = [
    "glbx-mdp3-20260106.mbo.dbn.zst.part",
    "glbx-mdp3-20260106.mbo.dbn.zst.tmp",
    "glbx-mdp3-20260106.mbo.dbn.zst.crdownload",
    ".glbx-mdp3-20260106.mbo.dbn.zst",
    ".glbx-mdp3-20260106.mbo.dbn.zst.Xy12Zw",
    "glbx-mdp3-20260106.mbo.dbn.zst~",
    "glbx-mdp3-20260230.mbo.dbn.zst",
    "glbx-mdp3-00000000.mbo.dbn.zst",
    "glbx-mdp3-\u0662\u0660\u0662\u06600106.mbo.dbn.zst",
    "glbx-mdp3-20260106.mbo.dbn.zst\n",
    "glbx-mdp3-20260106.mbo\x1b[2J.dbn.zst",
    "glbx-mdp3-20260106.mbo[link=x].dbn.zst",
    "glbx-mdp3-20260106.mbo<img src=x onerror=alert(1)>.dbn.zst",
    "..glbx-mdp3-20260106.mbo.dbn.zst",
    "glbx-mdp3-20260106.mbo.dbn.zst" + "x" * 225,
    "a" * 255,
    os.fsdecode(b"glbx-mdp3-20260106.mbo.dbn.\xff\xfe"),
]


def test_a_name_of_another_form_is_no_delivery_and_stops_none(made_up):
    folder = folder_of(made_up.key("option_mbo", DAY))
    paths = [made_up.put(f"{folder}/{name}", MAGIC + b"A") for name in NO_DELIVERIES]
    assert made_up.tick() == {}
    assert made_up.skipped.skip_message == "0 files, none of them new"
    made_up.put(made_up.key("option_mbo", NEXT), b"B")
    assert set(made_up.tick()) == {NEXT}
    paths[0].replace(paths[0].with_name(NO_DELIVERIES[0].removesuffix(".part")))
    assert set(made_up.tick()) == {DAY}


ODD_JOBS = ["a job", "x\ny", "\x1b[31m", "[link=y]", "<img src=x onerror=y>", "..x", ".hidden", "j" * 201, "j" * 255, "a+b"]
ODD_JOBS += [os.fsdecode(b"\xff\xfe"), "\u00e4"]


def test_a_job_folder_of_an_odd_name_is_left_out_and_stops_none(made_up):
    """Its files could not be named in the lake."""
    name = made_up.key("option_mbo", DAY).rpartition("/")[2]
    for job in ODD_JOBS:
        made_up.put(f"{raw_folder(kind='option_mbo', product='ES')}/{job}/{name}", b"A")
    assert made_up.tick() == {}
    assert made_up.skipped.skip_message == "0 files, none of them new"
    made_up.put(made_up.key("option_mbo", NEXT, "j" * 200), b"B")
    request = made_up.tick()[NEXT]
    assert made_up.run(NEXT, request) == {}
    assert made_up.tick() == {}


def test_folders_pipes_and_links_that_are_called_like_files_are_no_deliveries(made_up):
    folder = made_up.root / folder_of(made_up.key("option_mbo", DAY))
    names = [made_up.key("option_mbo", DAY + timedelta(days=n)).rpartition("/")[2] for n in (0, 1, 2, 6, 7)]
    folder.mkdir(parents=True)
    (folder / names[0]).mkdir()
    os.mkfifo(folder / names[1])
    (folder / names[2]).symlink_to(folder / "nothing")
    (folder / names[3]).symlink_to(folder / names[3])
    (folder / "round").symlink_to(folder)
    made_up.put(made_up.key("option_mbo", date(2026, 1, 13)), b"A")
    (request_day,) = made_up.tick()
    assert request_day == date(2026, 1, 13)
    assert made_up.tick() == {}


@pytest.mark.parametrize("what", ["folder", "pipe", "link to nothing", "link to itself"])
def test_a_sidecar_that_is_no_file_counts_as_absent(made_up, what):
    for name in ("manifest.json", "condition.json", "delivery.json"):
        path = made_up.put(made_up.key("option_mbo", DAY), b"A").with_name(name)
        acts = {
            "folder": path.mkdir,
            "pipe": partial(os.mkfifo, path),
            "link to nothing": partial(path.symlink_to, path.with_name("nothing")),
            "link to itself": partial(path.symlink_to, path),
        }
        acts[what]()
    assert made_up.run(DAY, made_up.tick()[DAY]) == {}
    assert made_up.tick() == {}


def test_a_folder_that_cannot_be_read_is_said_and_keeps_the_cursor(made_up, monkeypatch):
    made_up.put(made_up.key("option_mbo", DAY), b"A")
    scandir = os.scandir

    def stale(folder):
        if JOBS[0] in str(folder):
            raise OSError(116, "Stale file handle", str(folder))
        return scandir(folder)

    definitions = build_defs(settings_for(made_up.root))
    context = dg.build_sensor_context(
        cursor="kept",
        resources={"lake": LakeResource(root=str(made_up.root))},
        repository_def=definitions.get_repository_def(),
    )
    sensor, *_ = definitions.sensors
    with monkeypatch.context() as patched:
        patched.setattr("gex_assets.lake.local_filesystem.os.scandir", stale)
        said = sensor(context)
    assert isinstance(said, dg.SkipReason)
    assert "Expected a readable folder" in said.skip_message
    assert "Stale file handle" in said.skip_message
    assert set(made_up.tick()) == {DAY}


# clocks


HOUR = 3_600
CLOCKS = {
    "lags by more than the settle time": [90, 90, 90],
    "lags by years": [20_000 * HOUR] * 3,
    "is right": [0, 0, 0],
    "is ahead": [-HOUR] * 3,
    "is ahead by years": [-20_000 * HOUR] * 3,
    "is set back in between": [-HOUR, 500 * HOUR, HOUR],
    "is set right in between": [500 * HOUR, 0, 0],
    "stands still": [HOUR, HOUR + SETTLE, HOUR + 2 * SETTLE],
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_file_grows_however_its_senders_clock_goes_and_is_taken_once_it_was_seen_unchanged(made_up, clock):
    """A server's clock that lags by more than the settle time makes each part look old as it is written."""
    key = made_up.key("option_mbo", DAY)
    for content, age_s in zip((b"a", b"ab", b"abc"), CLOCKS[clock], strict=True):
        made_up.put(key, content, age_s=age_s)
        for _ in range(2):
            assert made_up.look() == {}
            assert "may still be growing" in made_up.skipped.skip_message
            made_up.now_ns += SETTLE // 2 * SECOND
    assert set(made_up.look()) == {DAY}
    assert made_up.tick() == {}


@pytest.mark.parametrize("age_h", [-24, 0, 24])
def test_a_clock_that_is_set_back_between_ticks_delays_a_day_by_the_settle_time_only(made_up, age_h):
    """This machine was a year ahead when it first saw the file, and is right now."""
    made_up.now_ns += 365 * 86_400 * SECOND
    path = made_up.put(made_up.key("option_mbo", DAY), b"A", age_s=-86_400)
    assert made_up.look() == {}
    made_up.now_ns -= 365 * 86_400 * SECOND
    if age_h:
        made_up.age(path, age_h * 3_600)
    asked = []
    for _ in range(3):
        asked += made_up.look()
        made_up.now_ns += 30 * SECOND
    assert asked == [DAY]


@pytest.mark.parametrize("jump_s", [61, 3_600, 365 * 86_400])
def test_a_clock_that_jumps_ahead_settles_no_upload_that_stalls(made_up, jump_s):
    """Each tick speaks for the usual time between two, so three of them must have seen the file unchanged."""
    made_up.put(made_up.key("option_mbo", DAY), b"A")
    assert made_up.look() == {}
    made_up.now_ns += jump_s * SECOND
    assert made_up.look() == {}
    assert "may still be growing" in made_up.skipped.skip_message
    made_up.now_ns += 30 * SECOND
    assert set(made_up.look()) == {DAY}


def test_a_file_that_was_watched_hides_no_empty_one(made_up):
    """It counts as settled; the empty one never does."""
    made_up.put(made_up.key("option_mbo", DAY), b"A", age_s=-86_400)
    empty = made_up.key("option_mbo", DAY, JOBS[1])
    made_up.put(empty, b"", magic=b"")
    for _ in range(2):
        assert made_up.tick() == {}
        assert f"{empty} is empty" in made_up.skipped.skip_message
    made_up.put(empty, b"B")
    assert set(made_up.tick()) == {DAY}


def test_a_clock_that_is_set_back_asks_for_nothing_again(made_up):
    made_up.put(made_up.key("option_mbo", DAY), b"A")
    made_up.run(DAY, made_up.tick()[DAY])
    for step_s in (-86_400, 86_400 * 400, -86_400 * 800):
        made_up.now_ns += step_s * SECOND
        for _ in range(3):
            assert made_up.look() == {}
            made_up.now_ns += 40 * SECOND


# jobs


def test_a_day_of_two_jobs_waits_for_the_one_that_is_still_arriving(made_up):
    whole, arriving = (made_up.key("option_mbo", DAY, job) for job in JOBS)
    made_up.put(whole, b"A", age_s=1)
    made_up.manifest(folder_of(whole), age_s=1)
    made_up.put(arriving, b"B", age_s=1)
    assert made_up.look() == {}
    assert arriving in made_up.skipped.skip_message
    made_up.manifest(folder_of(arriving), age_s=1)
    request = made_up.look()[DAY]
    assert made_up.run(DAY, request) == {}
    assert made_up.verified == [whole, arriving]
    assert made_up.tick() == {}


def test_the_same_files_in_another_job_are_read_once_and_a_job_that_disappears_asks_once(made_up):
    for kind in KINDS:
        made_up.put(made_up.key(kind, DAY, JOBS[0]), kind.encode())
    made_up.run(DAY, made_up.tick()[DAY])
    again = [made_up.put(made_up.key(kind, DAY, JOBS[1]), kind.encode()) for kind in KINDS]
    made_up.run(DAY, made_up.tick()[DAY])
    assert made_up.tick() == {}
    for path in again:
        shutil.rmtree(path.parent)
    made_up.run(DAY, made_up.tick()[DAY])
    assert made_up.tick() == {}
    assert made_up.why_stale(DAY) == []


# refused files


def test_a_refused_day_is_said_in_every_tick_until_its_file_changes(made_up):
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"BAD")
    made_up.run(DAY, made_up.tick()[DAY])
    for _ in range(3):
        assert made_up.tick() == {}
        assert made_up.skipped.skip_message == f"{DAY}: files were refused; asked for again when they change"
    made_up.put(key, b"BAD again", age_s=5)
    assert made_up.look() == {}
    assert made_up.skipped.skip_message.startswith(f"{DAY}: {key} may still be growing")
    made_up.put(key, b"good")
    assert made_up.run(DAY, made_up.tick()[DAY]) == {}
    assert made_up.tick() == {}
    assert "refused" not in made_up.skipped.skip_message


def test_of_many_refused_days_the_newest_are_named(made_up):
    days = [DAY - timedelta(days=1), DAY, NEXT, DAY + timedelta(days=2), DAY + timedelta(days=6)]
    for day in days:
        made_up.put(made_up.key("option_mbo", day), b"BAD")
    for day, request in made_up.tick().items():
        made_up.run(day, request)
    assert made_up.tick() == {}
    named = ", ".join(day.isoformat() for day in days[:1:-1])
    assert made_up.skipped.skip_message == f"{named} and 2 more: files were refused; asked for again when they change"
