"""Notices, a clock and an outbox for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gex_assets.errors import DeliveryError
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.channels import Channel
from gex_assets.notices.delivery import Clock, Postman
from gex_assets.notices.notice import Notice

__all__ = ["NOON", "Hands", "Tape", "made_up", "postman"]

NOON = datetime(2026, 1, 6, 18, 0, tzinfo=UTC)
"""Noon in Chicago."""


def made_up(number: int) -> Notice:
    return Notice(kind="crossed", identity=("ES", str(number)), title=f"notice {number}", ts_known=1_767_709_805_000_000_000)


class Hands:
    """A clock that is set by hand; sleeping moves it on."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.slept: list[float] = []

    def seconds(self) -> float:
        return self.at.timestamp()

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.wait(seconds)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.at, monotonic=self.seconds, sleep=self.sleep)


class Tape:
    """A channel that remembers what it got, and fails as it is told."""

    def __init__(self, name: str = "tape", fails: Callable[[int], DeliveryError | None] = lambda _: None) -> None:
        self.got: list[Notice] = []
        self.attempts = 0
        self._fails = fails
        self.channel = Channel(name=name, where="a tape", send=self._send)

    def _send(self, notice: Notice, _seconds: float) -> None:
        self.attempts += 1
        error = self._fails(self.attempts)
        if error is not None:
            raise error
        self.got.append(notice)

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.got]


def postman(lake: Path, *tapes: Tape, hands: Hands | None = None, **choices: object) -> Postman:
    """A postman as a new process has it: nothing is shared but the lake."""
    chosen = NoticeSettings.model_validate(choices)
    fs = LocalFileSystem(lake)
    return Postman(fs, chosen, [one.channel for one in tapes], clock=(hands or Hands()).clock)
