"""Messages of a day, window by window, are what the decoder gives from the file, within half a step."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from gex_assets.pages.picture.windows import window_events
from gex_assets_tests.conftest import DAY
from gex_assets_tests.pages.picture.made_up_pages import page_of, tables_of
from gex_assets_tests.twins.packed_day import PackedDay


@pytest.fixture(scope="module")
def events(published: Path) -> list[dict[str, Any]]:
    return list(window_events(tables_of(published, DAY)))


@pytest.fixture(scope="module")
def day(published: Path) -> PackedDay:
    return PackedDay(page_of(tables_of(published, DAY)).decode())


def test_every_window_is_there_once_in_order(events: list[dict[str, Any]], day: PackedDay) -> None:
    assert [one["k"] for one in events] == day.column("k")[0]
    assert events[0]["ts_window_end"] == "2026-01-06T14:28:05Z"


def test_each_cell_is_that_of_the_file(events: list[dict[str, Any]], day: PackedDay) -> None:
    compared = dict.fromkeys(day.said, 0)
    for place, event in enumerate(events):
        for name, sent in event["columns"].items():
            if name == "profile_net":
                continue
            said = day.said[name]
            assert place % said["every"] == 0
            rows = [sent] if said["axis"] == "day" else sent
            assert len(rows) == len(day.column(name))
            for row, value in enumerate(rows):
                shown = day.cell(name, row, place)
                assert _is_near(value, shown, said, row, len(rows)), (name, place, row, value, shown)
                compared[name] += shown is not None
    never = {name for name, count in compared.items() if not count}
    assert never <= {"profile_net"}, never


def _is_near(value: Any, shown: Any, said: dict[str, Any], row: int, rows: int) -> bool:
    if value is None or shown is None or isinstance(shown, str):
        return bool(value == shown)
    if said["kind"] == "log":
        return math.isclose(max(value, said["base"]), shown, rel_tol=said["step"] / 2 + 1e-6)
    steps = said.get("steps")
    step = steps[row * len(steps) // rows] if steps else said["step"]
    return abs(value - shown) <= step / 2 + abs(value) * 1e-6


def test_a_curve_comes_when_it_is_known(events: list[dict[str, Any]], day: PackedDay) -> None:
    with_curve = [event for event in events if "profile_net" in event["columns"]]
    assert [event["ts_window_end"][-4:] for event in with_curve] == [":00Z"[-4:]] * len(with_curve)
    assert len(with_curve) == 8
    assert len(with_curve[0]["columns"]["profile_net"]) == len(day.header["profiles"]) * len(day.header["profile"]["prices"])


def test_a_window_is_json_without_nan(events: list[dict[str, Any]]) -> None:
    assert json.loads(json.dumps(events[12], allow_nan=False)) == events[12]


def test_a_replay_can_begin_later(published: Path, events: list[dict[str, Any]]) -> None:
    since = events[50]["k"]
    later = list(window_events(tables_of(published, DAY), since_k=since))
    assert later == events[50:]
