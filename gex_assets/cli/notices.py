"""The command that tells what happened: `gex notices`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gex_assets.cli.options import CommandWithExamples, Day, complain, lake_option, product_option, say
from gex_assets.settings import Settings, load

if TYPE_CHECKING:
    from gex_assets.notices.channels import Channel
    from gex_assets.notices.telling import DayNotices

__all__ = ["notices"]


@click.command(
    cls=CommandWithExamples,
    is_brief=True,
    examples=(
        "gex notices                           # which channels there are, and what waits",
        "gex notices --dry-run                 # what the latest day would say",
        "gex notices --date 2026-01-06 --json",
        "gex notices --replay 2026-01-06       # what a channel would have got, and when",
        "gex notices --brief                   # the levels before the next session",
        "gex notices --test                    # one to each channel",
        "gex notices --send --date yesterday   # for cron, after gex run",
    ),
)
@click.option("--date", "day", type=Day(), help="What this day would say.  [default: the latest that is published]")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would be sent, and send nothing.")
@click.option("--brief", "is_brief", is_flag=True, help="The levels before the latest session in place of a day.")
@click.option("--replay", "replayed", type=Day(), help="Show what a channel would have got over a day, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON objects, one a line, as the webhook gets them.")
@click.option("--send", "is_sent", is_flag=True, help="Send the day's notices, each once, and what waits.")
@click.option("--test", "is_test", is_flag=True, help="Send a test to each channel now.")
@lake_option
@product_option
def notices(
    *,
    day: date | None,
    is_dry: bool,
    is_brief: bool,
    replayed: date | None,
    as_json: bool,
    is_sent: bool,
    is_test: bool,
    lake: Path | None,
    product: str | None,
) -> None:
    """Tell of regimes and levels by chat, webhook or mail.

    Nothing is sent unless a channel is configured and --send or --test asks for it, or the sensor of Dagster is on.
    """
    import os

    from gex_assets.errors import GexError
    from gex_assets.market.products import product as product_of
    from gex_assets.notices.channels import channels_of

    if is_brief and day is not None:
        raise GexError("Expected --brief or --date, was both: the brief is of the latest session")
    is_shown = is_dry or as_json or ((is_brief or day is not None) and not is_sent)
    if sum((is_shown, is_sent, is_test)) > 1:
        raise GexError("Expected one of --dry-run, --send and --test, was more than one: --json belongs to --dry-run")
    if replayed is not None and (day is not None or is_brief or is_sent or is_test or as_json):
        raise GexError("Expected --replay alone, or with --dry-run, was with another: it shows one day and sends nothing")
    settings = load(lake=lake)
    name = product_of(product).name if product else settings.default_product
    if replayed is not None:
        _replay(settings, product=name, day=replayed)
        return
    if is_shown:
        _show(settings, product=name, day=day, is_brief=is_brief, as_json=as_json)
        return
    channels = channels_of(settings.notices, os.environ)
    if is_test:
        _try(channels)
    elif is_sent:
        _send(settings, channels, product=name, day=day, is_brief=is_brief)
    else:
        _tell_state(settings, channels)


def _show(settings: Settings, *, product: str, day: date | None, is_brief: bool, as_json: bool) -> None:
    import json

    found = _found(settings, product=product, day=day, is_brief=is_brief)
    for one in found.notices:
        if as_json:
            click.echo(json.dumps(one.document, allow_nan=False))
            continue
        for line in (*one.text.splitlines(), ""):
            say(line)
    if not as_json:
        say(f"{found.said}; nothing was sent")


def _replay(settings: Settings, *, product: str, day: date) -> None:
    from gex_assets.lake.existing import existing_lake
    from gex_assets.notices.notice import CHICAGO
    from gex_assets.notices.replay import replayed_day
    from gex_assets.wording import counted

    count, messages = replayed_day(existing_lake(settings.lake), settings.notices, product=product, day=day)
    for at, one in messages:
        say(f"{at.astimezone(CHICAGO):%a %Y-%m-%d %H:%M} Chicago")
        for line in (*one.text.splitlines(), ""):
            say(f"  {line}" if line else "")
    said = f"{counted(count, 'notice')} in {counted(len(messages), 'message')}"
    say(f"{product} {day}, had its windows been told as they ended: {said}; nothing was sent")


def _try(channels: Sequence[Channel]) -> None:
    from gex_assets.errors import GexError
    from gex_assets.notices.telling import try_channels

    failed = 0
    for line, is_fine in try_channels(channels):
        (say if is_fine else complain)(line)
        failed += not is_fine
    if failed:
        raise GexError(f"Expected every channel to take a test, was {failed} of {len(channels)} that did not")


def _found(settings: Settings, *, product: str, day: date | None, is_brief: bool) -> DayNotices:
    from gex_assets.lake.existing import existing_lake
    from gex_assets.notices.telling import notices_of_brief, notices_of_day

    lake = existing_lake(settings.lake)
    if is_brief:
        return notices_of_brief(lake, settings.notices, product=product)
    return notices_of_day(lake, settings.notices, product=product, day=day)


def _send(settings: Settings, channels: Sequence[Channel], *, product: str, day: date | None, is_brief: bool) -> None:
    from gex_assets.errors import GexError
    from gex_assets.lake.existing import existing_lake
    from gex_assets.notices.telling import send_notices

    if not channels:
        raise GexError("Expected a channel, was none: docs/notices.md says how to configure one")
    found = _found(settings, product=product, day=day, is_brief=is_brief)
    for line in send_notices(existing_lake(settings.lake), settings.notices, channels, found.notices):
        say(line)


def _tell_state(settings: Settings, channels: Sequence[Channel]) -> None:
    from gex_assets.lake.existing import existing_lake
    from gex_assets.notices.telling import state_lines

    for line in state_lines(existing_lake(settings.lake), settings.notices, channels):
        say(line)
