"""What a channel would have got over a past day, had its windows been told as they ended: limits, quiet hours and all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.channels import Channel
from gex_assets.notices.delivery import Clock, Postman
from gex_assets.notices.notice import Notice
from gex_assets.notices.outbox import Outbox
from gex_assets.notices.telling import notices_of_day
from gex_assets.time_units import SECOND_NS

__all__ = ["messages_of", "replayed_day"]

_TICK_S: Final = 60
"""Between two looks, as the sensor's. [s]"""


def replayed_day(lake: Lake, choices: NoticeSettings, *, product: str, day: date) -> tuple[int, list[tuple[datetime, Notice]]]:
    """How many notices the day has, and the messages that a channel would have got of them, each with its moment.

    Raises
    ------
    GexError
        The day is not published, or a convention is unknown in this lake.
    """
    found = notices_of_day(lake, choices, product=product, day=day).notices
    return len(found), [*messages_of(found, choices)]


def messages_of(notices: tuple[Notice, ...], choices: NoticeSettings) -> Iterator[tuple[datetime, Notice]]:
    """The messages of notices that are told once a minute, as soon as they are known.

    Parameters
    ----------
    notices : in the order of time, each with the moment since which it is known.
    """
    got, hand = list[Notice](), _Hand()
    channel = Channel(name="replay", where="nowhere", send=lambda notice, _: got.append(notice))
    clock = Clock(now=hand.now, monotonic=hand.seconds, sleep=lambda _: None)
    with tempfile.TemporaryDirectory() as folder:  # an outbox of its own: that of the lake stays as it is
        fs = LocalFileSystem(Path(folder))
        postman = Postman(fs, choices, [channel], clock=clock)
        left, waits = [*notices], False
        while left or waits:
            hand.at = _tick(left[0]) if left and not waits else hand.at + timedelta(seconds=_TICK_S)
            due = [one for one in left if _tick(one) <= hand.at]
            left = left[len(due) :]
            postman.put(due)
            postman.send()
            yield from ((hand.at, one) for one in got)
            got.clear()
            waits = bool(Outbox(fs).state(channel.name).waiting)


class _Hand:
    """A clock that is set from look to look."""

    at = datetime.fromtimestamp(0, tz=UTC)

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()


def _tick(notice: Notice) -> datetime:
    """The first look at which a notice is known."""
    seconds = -(-(notice.ts_known or 0) // (_TICK_S * SECOND_NS)) * _TICK_S
    return datetime.fromtimestamp(seconds, tz=UTC)
