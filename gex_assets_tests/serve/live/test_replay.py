"""A stored day played as events: the windows are those of the tables, whatever its clock is told."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gex_assets.analytics.reach import shown_flip
from gex_assets.lake.tables import Lake
from gex_assets.pages.picture.axes import Axes
from gex_assets.serve.catalogue import Catalogue
from gex_assets.serve.live.replay import Replay, Replays
from gex_assets.serve.routes import replay as routes
from gex_assets.serve.service import Service
from gex_assets.serve.table_specs import SERVED
from gex_assets.settings import load
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client

FAST = "speed=10000"


def windows_of(events: Any) -> list[dict[str, Any]]:
    found = []
    for one in events:
        if one.get("event") == "window":
            assert one["id"] == str(json.loads(one["data"])["k"])
            found.append(json.loads(one["data"]))
        if one.get("event") == "end":
            return found
    raise AssertionError("no end")


def header_of(page: bytes) -> dict[str, Any]:
    start = page.index(b'id="gex-day">') + len(b'id="gex-day">')
    return dict(json.loads(page[start : page.index(b"</script>", start)]))


def test_replayed_windows_are_those_of_the_tables(served: Client, published: Path) -> None:
    with served.events(f"/v1/replay/ES/{DAY}?{FAST}") as events:
        windows = windows_of(events)
    header = header_of(served.ask(f"/days/ES/{DAY}").plain)
    rows = Lake(published).open("silver_gex_levels", product="ES", day=DAY).read().to_pylist()
    regimes = Lake(published).open("regime_scores", product="ES", day=DAY).read().to_pylist()
    by_key = {(row["ts_window_end"], row["convention"], row["scope"]): row for row in rows}
    ends = sorted({row["ts_window_end"] for row in rows})
    assert len(windows) == len(ends) == header["windows"]
    judged = {(row["ts_window_end"], row["convention"]): row for row in regimes}
    compared = 0
    for end, window in zip(ends, windows, strict=True):
        assert end == int(header["midnight_ns"]) + (window["k"] + 1) * 5_000_000_000
        for place, level in enumerate(header["levels"]):
            row = shown_flip(by_key[end, level["convention"], level["scope"]])
            for name in ("net_gex", "net_gex_se", "call_wall", "put_wall", "zero_gamma"):
                shown = window["columns"][name][place]
                assert (shown is None) == (row[name] is None)
                assert shown is None or shown == pytest.approx(row[name], rel=1e-6)
                compared += shown is not None
            if level["scope"] == "selected":
                assert window["columns"]["regime"][place] == judged[end, level["convention"]]["regime"]
    assert compared > 3 * len(ends)


def test_it_begins_where_it_is_asked_and_goes_on_where_it_was(served: Client) -> None:
    with served.events(f"/v1/replay/ES/{DAY}?{FAST}&from=14:30") as events:
        windows = windows_of(events)
    assert windows[0]["ts_window_end"] == "2026-01-06T14:30:05Z"
    with served.events(f"/v1/replay/ES/{DAY}?{FAST}", Last_Event_ID=str(windows[3]["k"])) as events:
        assert windows_of(events) == windows[4:]


def test_the_page_of_a_replay_has_the_windows_before_and_the_address_of_the_others(served: Client) -> None:
    whole = header_of(served.ask(f"/days/ES/{DAY}").plain)
    assert whole["live"].pop("events").startswith(f"/v1/stream?product=ES&date={DAY}&seen=")
    assert whole["live"] == {"grows": False}
    page = served.ask(f"/days/ES/{DAY}?replay={FAST.partition('=')[2]}&from=14:30")
    header = header_of(page.plain)
    assert 0 < header["windows"] < whole["windows"]
    assert [header[name] for name in ("lines", "levels", "expirations")] == [
        whole[name] for name in ("lines", "levels", "expirations")
    ]
    with served.events(header["live"]["events"]) as events:
        assert header["windows"] + len(windows_of(events)) == whole["windows"]
    again = served.ask(f"/days/ES/{DAY}?replay=61&from=14:30")
    assert again.headers["etag"] != page.headers["etag"]


def test_scripts_of_a_page_run_by_their_hash_only(served: Client) -> None:
    policy = served.ask(f"/days/ES/{DAY}").headers["content-security-policy"]
    (scripts,) = [part for part in policy.split("; ") if part.startswith("script-src")]
    assert "sha256-" in scripts
    assert "unsafe-inline" not in scripts


@pytest.mark.long
def test_a_replay_is_changed_while_it_runs(served: Client) -> None:
    def told(document: dict[str, Any], session: str) -> Any:
        body = json.dumps(document).encode()
        return served.ask(f"/v1/replay-sessions/{session}", method="POST", body=body, Content_Type="application/json")

    with served.events(f"/v1/replay/ES/{DAY}?speed=1") as events:
        session = json.loads(next(events)["data"])["session"]
        next(events)  # the first window comes at once, the second in five seconds
        begin = time.monotonic()
        assert told({"speed": 10_000}, session).json()["speed"] == 10_000
        assert len(windows_of(events)) == 95
        assert time.monotonic() - begin < 95 * 5 / 4  # a quarter of what the first speed takes
    with served.events(f"/v1/replay/ES/{DAY}?speed=1") as events:
        session = json.loads(next(events)["data"])["session"]
        next(events)
        assert told({"pause": True}, session).json()["paused"] is True
        assert json.loads(next(events)["data"])["paused"] is True
        assert told({"pause": False, "seek": "14:35:50", "speed": 10_000}, session).status == 200
        assert windows_of(events)[0]["ts_window_end"] == "2026-01-06T14:35:55Z"
        assert told({"speed": 0}, session).status == 422
        assert told({"seek": "never"}, session).status == 422
        assert told({"wrong": 1}, session).status == 422
    assert told({"speed": 5}, "nothing").status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("ES/2026-01-09", 404),
        ("NQ/2026-01-06", 404),
        ("ES/2026-01-06?speed=0", 422),
        ("ES/2026-01-06?from=x", 422),
        ("ES/x", 422),
    ],
)
def test_what_cannot_be_played_is_a_problem(served: Client, path: str, status: int) -> None:
    served.problem(f"/v1/replay/{path}", status)


def test_another_place_in_the_day_needs_no_axes_again(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read from the keys of the whole day. And the day stays in one state, whatever is published meanwhile."""
    service = Service(Catalogue(Lake(published), SERVED), load(lake=published))
    made, of = [], Axes.of
    monkeypatch.setattr(Axes, "of", lambda tables, stride: made.append(tables) or of(tables, stride=stride))
    windows = routes._windows(service, "ES", DAY, 1)
    assert not made
    first = next(iter(windows(0)))["k"]
    assert [next(iter(windows(number)))["k"] for number in (first + 5, first)] == [first + 5, first]
    assert len(made) == 1


def made_up(count: int) -> Any:
    def windows(number: int) -> Iterator[dict[str, Any]]:
        return iter([{"k": k, "columns": {}} for k in range(number, count)])

    return windows


def kinds(events: list[bytes]) -> list[str]:
    return [one.decode().split("event: ")[1].split("\n")[0] for one in events]


def test_the_clock_keeps_its_speed() -> None:
    async def seconds(speed: float) -> float:
        begin = time.monotonic()
        async for _ in Replay(made_up(21), day=DAY, start=0, speed=speed).events():
            pass
        return time.monotonic() - begin

    assert asyncio.run(seconds(500.0)) >= 20 * 5 / 500.0  # 20 steps of 5 s
    assert asyncio.run(seconds(10_000.0)) < 20 * 5 / 4


def test_closed_hours_are_passed_quickly() -> None:
    def windows(_number: int) -> Iterator[dict[str, Any]]:
        return iter([{"k": 0, "columns": {}}, {"k": 720, "columns": {}}])

    async def run() -> float:
        begin = time.monotonic()
        assert kinds([one async for one in Replay(windows, day=DAY, start=0, speed=60.0).events()]) == [
            "replay",
            "window",
            "window",
            "end",
        ]
        return time.monotonic() - begin

    assert asyncio.run(run()) < 60 / 2


def test_all_replays_end_when_the_server_does() -> None:
    replays = Replays(most=1)

    async def run() -> list[bytes]:
        stream = replays.play(Replay(made_up(100), day=DAY, start=0, speed=0.1))
        found = [await anext(stream) for _ in range(2)]
        assert replays.is_full
        replays.close()
        return found + [one async for one in stream]

    assert kinds(asyncio.run(run())) == ["replay", "window"]
    assert not replays.is_full


def test_a_pause_is_filled_with_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gex_assets.serve.live.replay._HEARTBEAT", 0.01)

    async def run() -> list[bytes]:
        replay = Replay(made_up(3), day=DAY, start=0, speed=1.0)
        stream: AsyncIterator[bytes] = replay.events()
        found = [await anext(stream), await anext(stream)]
        replay.change(pause=True)
        found += [await anext(stream) for _ in range(3)]
        replay.stop()
        return found

    assert [one[:2] for one in asyncio.run(run())][-2:] == [b": ", b": "]
    assert list(itertools.islice(made_up(3)(1), 1)) == [{"k": 1, "columns": {}}]
