"""Whether an instance has anything to tell, without Dagster, whose import takes more than a second.

Only an instance whose runs lie in Dagster's own SQLite file is looked at, read-only. Of all others, and where the file has
another form than expected, the answer is that Dagster must be asked.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

from gex_assets.defs.run_status.tags import parsed_day
from gex_assets.defs.run_status.wanted import Wanted

__all__ = ["Glance", "glance"]

Glance = Literal["nothing", "something", "locked"]

_WAIT_SECONDS: Final = 1.0
"""For another process that holds the file; Dagster's own readers hold it for less."""
_ELSEWHERE: Final = re.compile(r"^(storage|run_storage)\s*:", re.MULTILINE)

_IN_HAND: Final = (
    "SELECT EXISTS (SELECT 1 FROM runs WHERE status IN ('QUEUED', 'STARTING', 'STARTED', 'CANCELING'))"
    " OR EXISTS (SELECT 1 FROM bulk_actions WHERE status IN ('REQUESTED', 'CANCELING', 'FAILING'))"
)
_FAILED_DAYS: Final = "SELECT DISTINCT partition FROM runs WHERE status = 'FAILURE' AND partition IS NOT NULL"
_FAILED_JOBS: Final = (
    "SELECT EXISTS (SELECT 1 FROM runs WHERE status = 'FAILURE' AND id IN"
    " (SELECT max(id) FROM runs WHERE partition IS NULL GROUP BY pipeline_name))"
)


def glance(home: Path, wanted: Wanted) -> Glance:
    """Look at the file of runs.

    Parameters
    ----------
    home : the folder of the instance.
    wanted : whose runs are asked for. What is in hand is something, whosever it is.

    Returns
    -------
    `nothing` where no run is in hand or queued and none failed that would be told; `locked` where that cannot be seen now.
    """
    config, runs = home / "dagster.yaml", home / "history" / "runs.db"
    try:
        if config.is_file() and _ELSEWHERE.search(config.read_text(encoding="utf-8")):
            return "something"
        if not runs.is_file():
            return "nothing"
        with closing(sqlite3.connect(f"{runs.as_uri()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)) as there:
            if there.execute(_IN_HAND).fetchone()[0] or there.execute(_FAILED_JOBS).fetchone()[0]:
                return "something"
            days = [parsed_day(text) for (text,) in there.execute(_FAILED_DAYS)]
    except sqlite3.OperationalError as error:
        return "locked" if "locked" in str(error) else "something"
    except (sqlite3.DatabaseError, OSError, UnicodeDecodeError):
        return "something"  # Dagster says what is wrong
    return "something" if any(day is not None and wanted.may_be_failed(day) for day in days) else "nothing"
