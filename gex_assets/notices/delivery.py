"""Sends what waits: retries, the wait that a server asks for, a limit by the minute, quiet hours, and many notices as one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from gex_assets.errors import DeliveryError, LakeBusyError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.keys import ledger_key
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.channels import SECONDS, Channel
from gex_assets.notices.failures import as_one
from gex_assets.notices.notice import Notice
from gex_assets.notices.outbox import MOST_AGE_S, ChannelState, Outbox, Waiting
from gex_assets.notices.quiet_hours import is_quiet
from gex_assets.wording import counted

__all__ = ["Clock", "Delivered", "Postman", "deliver_once"]

_LOG: Final = logging.getLogger("gex_assets")

_ATTEMPTS: Final = 3
_FIRST_PAUSE_S: Final = 0.5
"""Before the second attempt; twice as long before each further one. [s]"""
_LONGEST_WAIT_S: Final = 5.0
"""A server that asks for a longer wait is left alone until then; the next call goes on. [s]"""
_LONGEST_PAUSE_S: Final = 3_600
"""Between calls to a channel that fails again and again. [s]"""
BUDGET_S: Final = 36.0
"""For one call over all channels: a tick of a sensor ends after 60 s. [s]"""


COLLECT_S: Final = 3_600
"""After something of a group was told, what follows of it is collected for so long. [s]"""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, which tests replace.

    Attributes
    ----------
    now : the time now, with its zone.
    monotonic : seconds that only grow.
    sleep : waits. [s]
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Delivered:
    """What became of the notices in one call.

    Attributes
    ----------
    sent : notices that a channel took, by channel. Combined ones count one by one.
    waits : why others wait, by channel.
    dropped : why others wait no longer, by channel.
    """

    sent: dict[str, int] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """One line for each thing to say."""
        return [
            *(f"{channel}: {counted(number, 'notice')} sent" for channel, number in self.sent.items()),
            *(f"{channel}: {why}" for channel, why in self.waits.items()),
            *(f"{channel}: {why}" for channel, why in self.dropped.items()),
        ]


class Postman:
    """Puts notices into the outbox and sends what waits.

    Parameters
    ----------
    channels : without one nothing is kept and nothing is sent.
    """

    def __init__(
        self, fs: FileSystem, choices: NoticeSettings, channels: Sequence[Channel], *, clock: Clock | None = None
    ) -> None:
        self._fs, self._choices, self._channels = fs, choices, tuple(channels)
        self._outbox = Outbox(fs)
        self._clock = clock or Clock()

    def put(self, notices: Iterable[Notice]) -> int:
        """Let notices wait; how many are new.

        Raises
        ------
        LakeError
            The outbox cannot be read or written.
        """
        now = self._clock.now()
        names = [one.name for one in self._channels]
        return self._outbox.put(notices, names, now=now, is_quiet=is_quiet(self._choices.quiet, now=now))

    def waiting_groups(self) -> set[str]:
        """Groups of which something waits for a channel.

        Raises
        ------
        LakeError
            The outbox cannot be read.
        """
        states = [self._outbox.state(one.name) for one in self._channels]
        return {one.notice.group for state in states for one in state.waiting} - {""}

    def send(self, *, seconds: float = BUDGET_S, released: Collection[str] = ()) -> Delivered:
        """Send what waits, each channel within its share of the time. One that is down holds up no other.

        Parameters
        ----------
        seconds : for all channels. [s]
        released : groups that are complete, so that nothing more is to be collected.

        Raises
        ------
        LakeError
            The outbox cannot be read or written.
        """
        found = Delivered()
        if not self._channels:
            return found
        try:
            with self._fs.lock(ledger_key("notices_sending")):
                for channel in self._channels:
                    self._send_all(channel, found, seconds=seconds / len(self._channels), released=released)
        except LakeBusyError:
            found.waits = {one.name: "another process is sending" for one in self._channels}
        return found

    def _send_all(self, channel: Channel, found: Delivered, *, seconds: float, released: Collection[str]) -> None:
        end, state = self._clock.monotonic() + seconds, self._outbox.state(channel.name)
        of_use = self._still_of_use(channel, state, found)
        waiting = [one for one in of_use if one.notice.group in released or not self._is_collected(one, state)]
        if len(waiting) < len(of_use):
            found.waits[channel.name] = f"{counted(len(of_use) - len(waiting), 'failure')} collected, to be told as one"
        why = self._why_not_now(state) if waiting else None
        if why is not None:
            found.waits[channel.name] = f"{counted(len(waiting), 'notice')} wait{'s' if len(waiting) == 1 else ''}: {why}"
            return
        sent_at = list(state.sent_at)
        for batch in self._batches(waiting):
            now = self._clock.now()
            if sum(at > now.timestamp() - 60 for at in sent_at) >= self._choices.max_per_minute:
                found.waits[channel.name] = f"more wait: {self._choices.max_per_minute} a minute is the limit"
                return
            if self._clock.monotonic() >= end:
                found.waits[channel.name] = "more wait: there was no time left"
                return
            keys = [one.key for one in batch]
            try:
                deliver_once(channel, as_one(batch), clock=self._clock, end=end)
            except DeliveryError as error:
                why = f"{channel.where}: {error}"
                _LOG.warning("notices: %s: %s", channel.name, why)
                if error.is_final:
                    self._outbox.dropped(channel.name, keys, now=now, why=why)
                    found.dropped[channel.name] = f"{counted(len(keys), 'notice')} not taken: {why}"
                    continue
                pause = min(60.0 * 2**state.failures, _LONGEST_PAUSE_S)
                pause = pause if error.retry_after is None else error.retry_after
                later = self._clock.now() + timedelta(seconds=min(pause, MOST_AGE_S))
                self._outbox.failed(channel.name, not_before=later, why=why)
                found.waits[channel.name] = f"tried again in {pause:,.0f} s: {why}"
                return
            now = self._clock.now()
            sent_at.append(int(now.timestamp()))
            self._outbox.told(channel.name, keys, now=now)
            found.sent[channel.name] = found.sent.get(channel.name, 0) + len(keys)

    def _still_of_use(self, channel: Channel, state: ChannelState, found: Delivered) -> list[Waiting]:
        now = self._clock.now()
        old = [one for one in state.waiting if one.since < now.timestamp() - MOST_AGE_S]
        if old:
            why = f"waited for more than {MOST_AGE_S // 3_600} h" + (f" ({state.trouble})" if state.trouble else "")
            self._outbox.dropped(channel.name, [one.notice.key for one in old], now=now, why=why)
            found.dropped[channel.name] = f"{counted(len(old), 'notice')} {why}"
        return [one for one in state.waiting if one not in old]

    def _is_collected(self, one: Waiting, state: ChannelState) -> bool:
        last = state.groups.get(one.notice.group) if one.notice.group else None
        return last is not None and self._clock.now().timestamp() < last + COLLECT_S

    def _why_not_now(self, state: ChannelState) -> str | None:
        now = self._clock.now()
        if is_quiet(self._choices.quiet, now=now):
            return f"quiet hours {self._choices.quiet_hours} Chicago"
        if now.timestamp() < state.not_before:
            until = datetime.fromtimestamp(state.not_before, tz=UTC)
            return f"the channel is left alone until {until:%H:%M:%S} UTC: {state.trouble}"
        return None

    def _batches(self, waiting: Sequence[Waiting]) -> list[list[Notice]]:
        """Each notice alone; as one those of a group, those that quiet hours held, and all of them where they are many."""
        held = [one.notice for one in waiting if one.is_held]
        by_group: dict[str, list[Notice]] = {}
        for one in waiting:
            if not one.is_held:
                by_group.setdefault(one.notice.group or one.notice.key, []).append(one.notice)
        if len(held) + len(by_group) > self._choices.combine_above:
            return [held + [one for batch in by_group.values() for one in batch]]
        return [*([held] if held else []), *by_group.values()]


def deliver_once(channel: Channel, notice: Notice, *, clock: Clock, end: float) -> None:
    """Send one notice, with further attempts where the first fails for now.

    Parameters
    ----------
    end : by which it must be over. [s of `clock.monotonic`]

    Raises
    ------
    DeliveryError
        The last attempt's.
    """
    pause = _FIRST_PAUSE_S
    for attempt in range(1, _ATTEMPTS + 1):
        left = end - clock.monotonic()
        try:
            channel.send(notice, max(min(SECONDS, left), 0.1))
        except DeliveryError as error:
            wait = pause if error.retry_after is None else max(error.retry_after, 0.1)
            is_last = attempt == _ATTEMPTS or wait > _LONGEST_WAIT_S or clock.monotonic() + wait >= end
            if error.is_final or is_last:
                raise
            clock.sleep(wait)
            pause *= 2
        else:
            return
