"""What commands and sensors ask for: the notices of a day, sending them, a test, and the state of the channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gex_assets.errors import DeliveryError, GexError
from gex_assets.lake.ranges.latest import latest_day
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.briefs import brief_notices
from gex_assets.notices.channels import SECONDS, Channel
from gex_assets.notices.day_events import day_notices
from gex_assets.notices.delivery import Clock, Postman, deliver_once
from gex_assets.notices.notice import CHICAGO, Notice
from gex_assets.notices.outbox import Outbox
from gex_assets.wording import counted

__all__ = [
    "DayNotices",
    "is_recent",
    "notices_of_brief",
    "notices_of_day",
    "send_notices",
    "state_lines",
    "try_channels",
]

_TEST_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNotices:
    """The notices of a day.

    Attributes
    ----------
    said : what they are of, in words.
    """

    notices: tuple[Notice, ...]
    said: str


def is_recent(day: date, choices: NoticeSettings, *, today: date) -> bool:
    """Whether a published day is told of by itself: a backfill of older days is silent.

    Examples
    --------
    >>> chosen = NoticeSettings(max_age_days=4)
    >>> [is_recent(date(2026, 1, day), chosen, today=date(2026, 1, 12)) for day in (7, 8, 9)]
    [False, True, True]
    """
    return day >= today - timedelta(days=choices.max_age_days)


def notices_of_day(lake: Lake, choices: NoticeSettings, *, product: str, day: date | None) -> DayNotices:
    """What a published day says.

    Parameters
    ----------
    day : None for the latest one that has rows.

    Raises
    ------
    GexError
        No day is published, or not this one, or a convention is unknown in this lake.
    """
    from gex_assets.lake.notes.convention_versions import refuse_gone, refuse_unknown

    refuse_unknown(lake, choices.conventions)
    chosen = day or latest_day(lake, "silver_gex_levels", product)
    if chosen is None:
        raise GexError(f"Expected a published day of {product}, was none: gex run makes one")
    refuse_gone(lake, "silver_gex_levels", choices.conventions, product=product, days=[chosen])
    found = tuple(day_notices(lake, choices, product=product, day=chosen))
    of = f"{', '.join(choices.conventions)}, {choices.scope}"
    return DayNotices(notices=found, said=f"{product} {chosen}, {of}: {counted(len(found), 'notice')}")


def notices_of_brief(lake: Lake, choices: NoticeSettings, *, product: str) -> DayNotices:
    """The levels before the latest session.

    Raises
    ------
    GexError
        No levels are published, or none of a convention.
    """
    found = tuple(brief_notices(lake, choices, product=product))
    return DayNotices(notices=found, said=f"{product}, before the session of {found[0].fields['session_date']}: brief")


def send_notices(
    lake: Lake, choices: NoticeSettings, channels: Sequence[Channel], notices: Iterable[Notice], *, clock: Clock | None = None
) -> list[str]:
    """Send notices that the channels have not got, and what waits; what became of them, in words.

    Raises
    ------
    LakeError
        The lake cannot be written.
    """
    postman = Postman(lake.fs, choices, channels, clock=clock)
    new = postman.put(notices)
    return [f"{counted(new, 'new notice')}", *postman.send().lines()]


def try_channels(channels: Sequence[Channel], *, clock: Clock | None = None) -> Iterator[tuple[str, bool]]:
    """Send a test to each channel, at any hour; a line for each, and whether it was taken.

    Raises
    ------
    GexError
        No channel is configured.
    """
    if not channels:
        raise GexError("Expected a channel, was none: docs/notices.md says how to configure one")
    clock = clock or Clock()
    at = clock.now()
    notice = Notice(
        kind="test",
        identity=(at.isoformat(),),
        title="gex: a test of this channel",
        lines=(f"sent {at.astimezone(CHICAGO):%Y-%m-%d %H:%M:%S} Chicago ({at.astimezone(UTC):%H:%M:%S} UTC)",),
    )
    for channel in channels:
        try:
            deliver_once(channel, notice, clock=clock, end=clock.monotonic() + max(_TEST_SECONDS, SECONDS))
        except DeliveryError as error:
            yield f"{channel.name}: {channel.where}: {error}", False
        else:
            yield f"{channel.name}: {channel.where} took a test", True


def state_lines(lake: Lake, choices: NoticeSettings, channels: Sequence[Channel]) -> Iterator[str]:
    """Which channels there are, what waits for them, and what was wrong last; nothing of it is a secret.

    Raises
    ------
    LakeError
        The outbox cannot be read.
    """
    if not channels:
        yield "notices are off: no channel is configured; docs/notices.md says how"
    outbox = Outbox(lake.fs)
    for channel in channels:
        state = outbox.state(channel.name)
        wait = f", until {datetime.fromtimestamp(state.not_before, tz=UTC):%H:%M:%S} UTC" if state.failures else ""
        yield f"{channel.name}: {channel.where}, {counted(len(state.waiting), 'notice')} waiting{wait}"
        if state.trouble:
            yield f"  last trouble: {state.trouble}"
    yield f"of {', '.join(choices.kinds)}"
    yield f"conventions {', '.join(choices.conventions)}, scope {choices.scope}"
    yield f"quiet hours {choices.quiet_hours + ' Chicago' if choices.quiet_hours else 'none'}"
    yield f"deliveries expected by {choices.delivery_due + ' Chicago' if choices.delivery_due else 'no time'}"
