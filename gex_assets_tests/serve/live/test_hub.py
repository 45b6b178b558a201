"""Open pages hear of what is published, in order, whoever is slow or was away."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from gex_assets.lake.tables import Lake
from gex_assets.serve.catalogue import Catalogue, Change
from gex_assets.serve.live.hub import Hub
from gex_assets.serve.table_specs import SERVED
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client, running

LEVELS = "silver_gex_levels"


def publish(lake: Path, day: date) -> None:
    """The day's levels and page appear at once, as publishing renames them into place."""
    store = Lake(lake)
    key = store.key(LEVELS, product="ES", day=day)
    for name, content in (
        (key, (lake / store.key(LEVELS, product="ES", day=DAY)).read_bytes()),
        (f"_pages/day_page/product=ES/date={day}/page.html", b"<p>a page"),
    ):
        staged = store.fs.stage(name)
        staged.path.write_bytes(content)
        staged.publish()


@pytest.fixture
def small(published: Path, tmp_path: Path) -> Path:
    """A lake with one table of one day."""
    lake = tmp_path / "lake"
    shutil.copytree(published / LEVELS, lake / LEVELS)
    return lake


def until(events: object, wanted: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in events:  # type: ignore[attr-defined]
        if one.get("event") == "published":
            found.append(json.loads(one["data"]))
        if sum("tables" in one for one in found) >= wanted:
            break
    return found


@pytest.mark.long
def test_a_page_stays_open_while_fifty_days_are_published(small: Path) -> None:
    days = [DAY + timedelta(days=number) for number in range(1, 51)]
    with running(small) as client, client.events("/v1/stream") as events:
        assert next(events)["retry"]
        threading.Thread(target=lambda: [publish(small, day) for day in days], daemon=True).start()
        seen: dict[str, bool] = {}
        for one in events:
            if one.get("event") == "published":
                data = json.loads(one["data"])
                seen[data["date"]] = seen.get(data["date"], False) or data["page"]
            if len(seen) == len(days) and all(seen.values()):
                break
        assert sorted(seen) == [str(day) for day in days]
        assert client.json("/v1/levels/ES/latest")["date"] == str(days[-1])


def test_a_reader_that_was_away_gets_what_it_missed(small: Path) -> None:
    with running(small) as client:
        with client.events("/v1/stream") as events:
            first = next(events)
        publish(small, date(2026, 2, 2))
        with client.events("/v1/stream", Last_Event_ID=first["id"]) as events:
            assert until(events, 1)[0]["date"] == "2026-02-02"
        with client.events("/v1/stream", Last_Event_ID="another-run-3") as events:
            next(events)
            assert next(events)["event"] == "reset"


def test_a_reader_hears_only_of_the_day_it_shows(small: Path) -> None:
    with running(small) as client, client.events("/v1/stream?product=ES&date=2026-02-03") as events:
        next(events)
        publish(small, date(2026, 2, 2))
        time.sleep(0.3)
        publish(small, date(2026, 2, 3))
        assert until(events, 1)[0]["date"] == "2026-02-03"


def test_a_page_hears_of_what_came_between_its_sending_and_its_listening(small: Path) -> None:
    """A page takes seconds to be read, and an address stays good over a start of the server: it names the state that is shown."""

    def address(client: Client) -> str:
        found = re.search(rb'"events":"(/v1/stream[^"]+)"', client.ask(f"/days/ES/{DAY}").plain)
        assert found is not None
        return found[1].decode()

    with running(small) as client:
        drawn = address(client)
        with client.events(drawn) as events:
            assert next(events)["event"] == "hello"
            publish(small, DAY)
            assert until(events, 1)[0]["date"] == str(DAY)
    with running(small) as client:
        with client.events(drawn, Last_Event_ID="another-run-3") as events:
            assert next(events)["event"] == "hello"
            one = next(events)
        assert (one["event"], json.loads(one["data"])["page"]) == ("published", True)
        page = f"_pages/day_page/product=ES/date={DAY}/page.html"
        assert (small / page).read_bytes() == b"<p>a page"
        shown = Catalogue(Lake(small), SERVED).snapshot.page_state("ES", DAY)
        with client.events(f"/v1/stream?product=ES&date={DAY}&seen={shown}", Last_Event_ID="another-run-3") as events:
            assert next(events)["event"] == "hello"
            publish(small, DAY)
            found = next(events)
        assert (found["event"], bool(found["id"])) == ("published", True)  # not the reset of one who may have missed something


def test_a_day_published_again_makes_other_answers(small: Path) -> None:
    with running(small) as client, client.events("/v1/stream") as events:
        next(events)
        page = client.json("/v1/levels/ES?limit=1")
        shutil.copyfile(small / Lake(small).key(LEVELS, product="ES", day=DAY), small / "copy.parquet")
        store = Lake(small)
        staged = store.fs.stage(store.key(LEVELS, product="ES", day=DAY))
        staged.path.write_bytes(changed((small / "copy.parquet").read_bytes()))
        staged.publish()
        until(events, 1)
        again = client.json("/v1/levels/ES?limit=1")
        assert again["days"][0]["sha256"] != page["days"][0]["sha256"]
        assert "again" in client.problem(f"/v1/levels/ES?limit=1&cursor={page['next']}", 409)


@pytest.mark.parametrize("days", ["", f"&from={DAY}"], ids=["no day", "an open range"])
def test_pages_of_a_day_go_on_when_a_later_day_is_published(small: Path, days: str) -> None:
    """A request without a day means the last one. A time without a date is of the only day of a range, whose end may be open.

    Both are others when a day is published in the middle of the pages.
    """
    path = f"/v1/levels/ES?convention=field&scope=selected&since=14:30&limit=30{days}"
    with running(small) as client, client.events("/v1/stream") as events:
        next(events)
        first = client.json(path)
        publish(small, DAY + timedelta(days=1))
        until(events, 1)
        second = client.json(f"{path}&cursor={first['next']}")
        assert {row["date"] for row in second["rows"]} == {str(DAY)}
        assert second["rows"][0]["ts_window_end"] > first["rows"][-1]["ts_window_end"]
        if days:
            assert "with its date for a range of days" in client.problem(path, 422)
        else:
            assert client.json(path)["days"][0]["date"] == str(DAY + timedelta(days=1))
        Lake(small).fs.delete(Lake(small).key(LEVELS, product="ES", day=DAY))
        until(events, 1)
        assert "was removed" in client.problem(f"{path}&cursor={first['next']}", 409)


def changed(parquet: bytes) -> bytes:
    """The same rows in other bytes."""
    import io

    import pyarrow.parquet as pq

    rows, out = pq.read_table(io.BytesIO(parquet)), io.BytesIO()
    pq.write_table(rows, out, compression="gzip")
    return out.getvalue()


def test_hundreds_of_pages_hear_of_one_day(small: Path) -> None:
    catalogue = Catalogue(Lake(small), SERVED)
    hub = Hub(catalogue, seconds=0.05)

    async def read(count: int) -> list[bytes]:
        streams = [hub.stream() for _ in range(count)]
        async with hub.running():
            for stream in streams:
                await anext(stream)
            publish(small, date(2026, 3, 3))
            found = await asyncio.wait_for(asyncio.gather(*(anext(stream) for stream in streams)), 20)
            for stream in streams:
                await stream.aclose()  # type: ignore[attr-defined]
        return list(found)

    found = asyncio.run(read(400))
    assert len(found) == 400
    assert all(b'"date":"2026-03-03"' in one for one in found)


async def first_news(hub: Hub, before: Callable[[], object]) -> bytes:
    """The first event after the greeting, where something happens after it."""
    stream = hub.stream()
    async with hub.running():
        await anext(stream)
        await asyncio.to_thread(before)
        found = await asyncio.wait_for(anext(stream), 20)
        await stream.aclose()  # type: ignore[attr-defined]
    return found


def test_what_a_request_has_seen_first_is_told_all_the_same(small: Path) -> None:
    """A request that meets a replaced day renews the catalogue: the hub's next look then finds no change of its own."""
    catalogue = Catalogue(Lake(small), SERVED)

    def seen() -> None:
        publish(small, date(2026, 3, 3))
        catalogue.refresh()

    # where a look comes between the two, all is well too, but the test proves nothing
    assert b'"date":"2026-03-03"' in asyncio.run(first_news(Hub(catalogue, seconds=0.2), seen))


def test_an_error_of_any_kind_ends_no_looking(
    small: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue = Catalogue(Lake(small), SERVED)
    refresh, errors = catalogue.refresh, [RuntimeError("odd"), ValueError("odder"), OSError("gone")]

    def failing() -> list[Change]:
        if errors:
            raise errors.pop()
        return refresh()

    monkeypatch.setattr(catalogue, "refresh", failing)
    assert b'"date":"2026-03-03"' in asyncio.run(
        first_news(Hub(catalogue, seconds=0.01), lambda: publish(small, date(2026, 3, 3)))
    )
    assert not errors
    assert [record.message.partition(":")[0] for record in caplog.records].count("the lake cannot be looked at") == 3


def test_nothing_comes_twice_after_the_greeting(small: Path) -> None:
    hub = Hub(Catalogue(Lake(small), SERVED), seconds=60.0, heartbeat=0.05)

    async def read() -> list[bytes]:
        first = hub.stream()
        greeting = await anext(first)
        last = greeting.decode().split("id: ")[1].split("\n")[0]
        hub.tell(Change("ES", DAY, ("one",), ()))
        again = hub.stream(last)
        await anext(again)
        hub.tell(Change("ES", DAY, ("two",), ()))
        return [await anext(again) for _ in range(3)]

    *found, silence = asyncio.run(read())
    assert silence.startswith(b": ")
    assert [json.loads(one.split(b"data: ")[1])["tables"] for one in found] == [["one"], ["two"]]


def test_a_slow_reader_is_told_and_dropped(small: Path) -> None:
    hub = Hub(Catalogue(Lake(small), SERVED), seconds=60.0)

    async def read() -> list[bytes]:
        stream, quick = hub.stream(), hub.stream()
        await anext(stream)
        await anext(quick)
        for number in range(150):
            hub.tell(Change("ES", DAY, (f"table_{number}",), ()))
            await anext(quick)
        return [one async for one in stream]

    (last,) = asyncio.run(read())
    assert b"event: dropped" in last
    assert b"slower" in last


def test_silence_is_filled_with_heartbeats(small: Path) -> None:
    hub = Hub(Catalogue(Lake(small), SERVED), seconds=60.0, heartbeat=0.01)

    async def read() -> bytes:
        stream = hub.stream()
        await anext(stream)
        return await anext(stream)

    assert asyncio.run(read()).startswith(b": ")


def test_more_readers_than_allowed_are_refused(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(small) as client:
        monkeypatch.setattr(Hub, "is_full", property(lambda _self: True))
        assert "close some" in client.problem("/v1/stream", 503)


def test_the_server_ends_although_pages_are_open(served: Client, small: Path) -> None:
    begin = time.monotonic()
    with running(small) as client:
        held = [client.events("/v1/stream") for _ in range(5)]
        for one in held:
            next(one.__enter__())
    assert time.monotonic() - begin < 15
