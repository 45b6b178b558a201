"""An archive that is delivered at once: every day is asked for once, the newest first, a few per tick, and each tick is short."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.sensor_cursor import MOST_BYTES_A_DAY
from gex_assets.lake.raw import deliveries
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.sensing.made_up_deliveries import SECOND, SETTLE, Deliveries

MOST = 15
TICK_CPU_SECONDS = 5.0
"""A sensor has sixty seconds for a tick, on a machine that may be ten times slower or busy."""


class Archive:
    """Empty but whole files of many days, and ticks of a sensor with settings of its own.

    Attributes
    ----------
    looks : days that the last tick looked at.
    cpu_seconds : of the longest tick. [s]
    said : by the last tick where it requested nothing.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, days: list[date], **choices: object) -> None:
        self.made_up = Deliveries(root, monkeypatch)
        for day in days:
            self.made_up.put(self.made_up.key("option_mbo", day), b"", age_s=86_400)
        self.definitions = build_defs(settings_for(root, start_date=days[0], sensor_settle_seconds=SETTLE, **choices))
        self.repository = self.definitions.get_repository_def()
        self.cursor: str | None = None
        self.looks, self.cpu_seconds, self.said = 0, 0.0, ""
        looks = deliveries.settling

        def counted(*given, **named):
            self.looks += 1
            return looks(*given, **named)

        monkeypatch.setattr(deliveries, "settling", counted)

    def tick(self) -> list[date]:
        sensor, *_ = self.definitions.sensors
        resources = {"lake": LakeResource(root=str(self.made_up.root))}
        self.made_up.now_ns += 30 * SECOND
        self.looks = 0
        began = time.process_time()
        result = sensor(dg.build_sensor_context(cursor=self.cursor, resources=resources, repository_def=self.repository))
        self.cpu_seconds = max(self.cpu_seconds, time.process_time() - began)
        self.cursor = result.cursor
        self.said = str(result.skip_reason.skip_message) if result.skip_reason else ""
        return [date.fromisoformat(str(request.partition_key)) for request in result.run_requests or ()]


def weekdays(last: date, count: int) -> list[date]:
    days = [last - timedelta(days=n) for n in range(count * 2)]
    return sorted([day for day in days if day.weekday() < 5][:count])


@pytest.mark.parametrize("starts", ["with the first day", "in the middle"])
@pytest.mark.parametrize("number", [60, pytest.param(1_000, marks=[pytest.mark.long, pytest.mark.soak])])
def test_all_days_of_an_archive_are_asked_for_newest_first_and_once(tmp_path, monkeypatch, number, starts):
    days = weekdays(date(2026, 1, 9), number)
    wanted = days[number // 2 :] if starts == "in the middle" else days
    start_from = None if wanted is days else wanted[0]
    archive = Archive(tmp_path / "lake", monkeypatch, days, sensor_max_requests=MOST, sensor_start_from=start_from)
    for _ in range(SETTLE // 30):  # all days are watched at the same time
        assert archive.tick() == []
        assert archive.said.startswith(f"{wanted[-1]}: ")
        assert archive.said.endswith(f"; and {len(wanted) - 10} more")
        assert len(str(archive.cursor)) < len(wanted) * 12 + 100
    asked: list[date] = []
    while new := archive.tick():
        assert len(new) == min(MOST, len(wanted) - len(asked))
        assert archive.looks == len(new), "what has no room is not looked at"
        asked += new
    assert asked == wanted[::-1]
    assert archive.said == f"{number} files, none of them new"
    assert archive.looks == 0
    assert len(str(archive.cursor)) < len(wanted) * MOST_BYTES_A_DAY + 100
    assert archive.cpu_seconds < TICK_CPU_SECONDS


def test_a_year_that_comes_while_an_archive_is_asked_for_begins_at_once_and_the_archive_goes_on(tmp_path, monkeypatch):
    days = weekdays(date(2026, 1, 9), 60)
    archive = Archive(tmp_path / "lake", monkeypatch, days[:40], sensor_max_requests=MOST)
    asked = [day for _ in range(4) for day in archive.tick()]
    assert asked == days[:40][: -2 * MOST - 1 : -1]
    for day in days[40:]:
        archive.made_up.put(archive.made_up.key("option_mbo", day), b"", age_s=0)
    asked += [day for _ in range(5) for day in archive.tick()]
    assert asked == [*days[:40][::-1], *days[:39:-1]]
