"""The lock of a day: it comes before the locks of tables, so that two runs of a day go one after the other.

`gex run` takes it around each day. A run that the UI or the sensor starts takes it as part of the resource `held_day`.
"""

import contextlib
from collections.abc import Iterator
from datetime import date

from gex_assets.errors import LakeBusyError
from gex_assets.lake.filesystem import Waiting
from gex_assets.lake.keys import day_lock_key
from gex_assets.lake.tables import Lake

__all__ = ["holding_day"]


@contextlib.contextmanager
def holding_day(lake: Lake, day: date, waiting: Waiting) -> Iterator[None]:
    """Hold a day.

    Raises
    ------
    LakeBusyError
        Another process still runs the day after waiting.
    """
    doing = f"runs {day}"
    try:
        held = contextlib.ExitStack()
        held.enter_context(lake.fs.lock(day_lock_key(day), waiting._replace(doing=doing)))
    except LakeBusyError as error:
        minutes = f"{waiting.seconds / 60:g} min"
        raise LakeBusyError(
            f"Expected {day} to be free within {minutes}, was held by {error.holder}: wait for it, or longer with --wait",
            holder=error.holder,
        ) from error
    with held:
        yield
