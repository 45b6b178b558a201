"""Failed days of a command: the first is told at once, the others as one at the end, and a slow channel holds nothing up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from gex_assets.defs.notices import own_failures
from gex_assets.defs.notices.own_failures import FailureTeller
from gex_assets.defs.ranges.day_run import DayRun
from gex_assets.defs.run import HistoryRun
from gex_assets.lake.tables import Lake
from gex_assets.notices.outbox import Outbox
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.notices.servers import Answer, hook

FIRST = date(2026, 1, 5)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    (tmp_path / "lake" / "raw").mkdir(parents=True)
    return tmp_path / "lake"


def runs(failing: int, *, of: int, ends: type[BaseException] | None = None) -> Iterator[DayRun]:
    for number in range(of):
        success = number >= failing
        reason = "" if success else f"raw_option_mbo: no room on day {number}"
        yield DayRun(
            day=FIRST + timedelta(days=number),
            run_id=f"{number:036}",
            success=success,
            failure=reason or None,
            reasons=(reason,) if reason else (),
        )
    if ends is not None:
        raise ends


def test_a_range_in_which_many_days_fail_sends_two_messages(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with hook(Answer(200)) as there:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        followed = [*FailureTeller(settings_for(lake), say=said.append).following(runs(14, of=20))]
    assert len(followed) == 20
    assert [body["title"] for body in there.bodies] == ["run of 2026-01-05 failed", "13 days failed"]
    assert said == ["  notices: webhook: 1 notice sent", "  notices: webhook: 13 notices sent"]


def test_one_failed_day_is_one_message_and_none_is_none(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(Answer(200)) as there:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        for failing in (1, 0):
            teller = FailureTeller(settings_for(lake), say=lambda _: None)
            assert len([*teller.following(runs(failing, of=3))]) == 3
            assert len(there.bodies) == 1


def test_what_an_interrupted_range_collected_waits_for_whoever_sends_next(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(Answer(200)) as there:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        with pytest.raises(KeyboardInterrupt):
            for _ in FailureTeller(settings_for(lake), say=lambda _: None).following(runs(3, of=3, ends=KeyboardInterrupt)):
                pass
    assert [body["title"] for body in there.bodies] == ["run of 2026-01-05 failed"]
    assert len(Outbox(Lake(lake).fs).state("webhook").waiting) == 2


def test_a_slow_channel_holds_up_no_command_and_keeps_what_it_did_not_take(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_failures, "SECONDS", 0.3)
    said: list[str] = []
    with hook(Answer(how="never")) as there:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        began = time.monotonic()
        assert len([*FailureTeller(settings_for(lake), say=said.append).following(runs(1, of=1))]) == 1
    assert time.monotonic() - began < 15.0
    assert "Expected an answer within" in said[0]
    assert len(Outbox(Lake(lake).fs).state("webhook").waiting) == 1


def test_a_history_that_failed_is_told(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(Answer(200)) as there:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        teller = FailureTeller(settings_for(lake), say=lambda _: None)
        teller.history(HistoryRun(run_id="1" * 36, success=True, failure=None))
        teller.history(HistoryRun(run_id="1" * 36, success=False, failure="regime_history: 2026-01-06 was refused"))
    assert [body["title"] for body in there.bodies] == ["run of regime_history failed"]


@pytest.mark.parametrize("kinds", ["[]", '["brief"]', None])
def test_without_a_channel_or_without_failures_among_the_kinds_nothing_is_written(
    lake: Path, monkeypatch: pytest.MonkeyPatch, kinds: str | None
) -> None:
    if kinds is not None:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", "http://localhost:9/SECRET")
        monkeypatch.setenv("GEX_NOTICES", f'{{"kinds": {kinds}}}')
    assert len([*FailureTeller(settings_for(lake), say=pytest.fail).following(runs(2, of=2))]) == 2
    assert not [*lake.rglob("*.json")]


def test_a_lake_that_cannot_be_written_fails_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEX_NOTICES_WEBHOOK", "http://localhost:9/SECRET")
    said: list[str] = []
    assert len([*FailureTeller(settings_for(tmp_path / "gone"), say=said.append).following(runs(1, of=1))]) == 1
    assert said[0].startswith("  notices: Expected a lake at ")


def test_a_day_that_somebody_ended_is_not_told(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = DayRun(day=FIRST, run_id="", success=False, failure="the process was asked to end", was_ended=True)
    with hook(Answer(200)) as there:
        monkeypatch.setenv("GEX_NOTICES_WEBHOOK", there.address)
        assert [*FailureTeller(settings_for(lake), say=pytest.fail).following([ended])] == [ended]
    assert there.bodies == []
