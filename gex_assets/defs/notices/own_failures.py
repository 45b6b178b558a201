"""Failed days of a command as notices: the first at once, those that follow as one at the end of the range.

Dagster's sensor of failed runs hears nothing of runs in a command's process. A notice has the same identity as the sensor's.
"""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gex_assets.errors import GexError
from gex_assets.lake.existing import existing_lake
from gex_assets.notice_settings import has_channel
from gex_assets.settings import Settings

if TYPE_CHECKING:
    from gex_assets.defs.ranges.day_run import DayRun
    from gex_assets.defs.run import HistoryRun
    from gex_assets.notices.delivery import Postman

__all__ = ["FailureTeller"]

SECONDS: Final = 10.0
"""How long a command waits for channels, once for its first failure and once at its end. What is left waits in the outbox. [s]"""


class FailureTeller:
    """Tells of what failed in one command. Without a channel, or without notices of failures, it does nothing.

    Parameters
    ----------
    say : called with a line for people.
    """

    def __init__(self, settings: Settings, *, say: Callable[[str], None]) -> None:
        self._settings, self._say = settings, say
        self._is_on = "failure" in settings.notices.kinds and has_channel(settings.notices, os.environ)
        self._group = f"command {uuid.uuid4().hex}"
        self._told = 0

    def following(self, runs: Iterable["DayRun"]) -> Iterator["DayRun"]:
        """The same runs; each that failed is told after it was yielded. One that somebody ended is not."""
        for one in runs:
            yield one
            if not one.success and not one.was_ended:
                reasons = one.reasons or ((one.failure,) if one.failure else one.failed_checks) or ("no reason is known",)
                self._tell(one.run_id, job="gex run", day=one.day, reasons=reasons)
        if self._told > 1:
            self._send(released=True)

    def history(self, done: "HistoryRun") -> None:
        """Tell of a history that failed."""
        if not done.success:
            self._tell(done.run_id, job="regime_history", day=None, reasons=(done.failure or "no reason is known",))

    def _tell(self, run_id: str, *, job: str, day: date | None, reasons: Sequence[str]) -> None:
        if not self._is_on:
            return
        from gex_assets.notices.failures import failure_notice

        notice = failure_notice(
            run_id=run_id,
            first=run_id or f"{self._group} {day}",  # no run began where another process held the day
            job=job,
            day=None if day is None else day.isoformat(),
            reasons=reasons,
            root=str(Path(self._settings.lake).absolute()),
            group=self._group,
        )
        try:
            self._postman().put([notice])
        except GexError as error:
            self._say(f"  notices: {error}")
            return
        self._told += 1
        if self._told == 1:
            self._send(released=False)

    def _send(self, *, released: bool) -> None:
        try:
            sent = self._postman().send(seconds=SECONDS, released=(self._group,) if released else ())
        except GexError as error:
            self._say(f"  notices: {error}")
        else:
            for line in sent.lines():
                self._say(f"  notices: {line}")

    def _postman(self) -> "Postman":
        from gex_assets.notices.channels import channels_of
        from gex_assets.notices.delivery import Postman

        choices = self._settings.notices
        return Postman(existing_lake(self._settings.lake).fs, choices, channels_of(choices, os.environ))
