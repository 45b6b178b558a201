"""Whether the books of a table of quotes are complete: a pure function like those in `checks`, over row groups of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.checks import Verdict, moment_text
from gex_assets.time_units import WINDOW_NS

__all__ = ["books_are_complete"]

_MOMENTS_SHOWN: Final = 3


def books_are_complete(groups: Iterable[pa.Table]) -> Verdict:
    """A snapshot, a clear or the start of the week stands behind every book. Else its depth is only what has come since.

    Parameters
    ----------
    groups : columns `ts_window_end`, `instrument_id` and `is_complete` of a table of quotes, in order of time.
    """
    name, runs, rows = "books_are_complete", _IncompleteRuns(), 0
    seen: set[int] = set()
    for group in groups:
        rows += group.num_rows
        seen.update(pc.unique(group["instrument_id"]).to_pylist())
        runs.add(group)
    instruments, incomplete, begun = len(seen), runs.instruments, sorted(runs.begun.items())
    facts = {
        "instruments": instruments,
        "incomplete_instruments": incomplete,
        "rows": rows,
        "incomplete_rows": runs.rows,
        "incomplete_from": {moment_text(ts): count for ts, count in begun[:_MOMENTS_SHOWN]},
    }
    if not incomplete:
        return Verdict(name=name, passed=True, text=f"all {instruments:,} instruments, in every window", facts=facts)
    shown = begun[:_MOMENTS_SHOWN]
    since = ", ".join(f"{count:,} whose rows begin at {moment_text(ts)} without a snapshot" for ts, count in shown)
    more = f" and {len(begun) - _MOMENTS_SHOWN:,} moments more" if len(begun) > _MOMENTS_SHOWN else ""
    text = (
        f"Expected complete books, was {incomplete:,} of {instruments:,} instruments incomplete, in {runs.rows:,} of {rows:,} "
        f"rows: {since}{more}. Their depth is only what has come since, and their resting size is NULL"
    )
    return Verdict(name=name, passed=False, text=text, severity="warn", facts=facts)


class _IncompleteRuns:
    """Rows of incomplete books by the window that their run begins with: the instrument has none in the window before."""

    def __init__(self) -> None:
        self.rows = 0
        self.begun: Counter[int] = Counter()
        self._windows = 0
        self._last: dict[int, int] = {}

    def add(self, group: pa.Table) -> None:
        """Add the next whole windows."""
        windows = np.unique(group["ts_window_end"].to_numpy())
        some = group.filter(pc.invert(group["is_complete"]))
        ids, ends = some["instrument_id"].to_numpy(), some["ts_window_end"].to_numpy()
        order = np.lexsort((ends, ids))
        ids, ends = ids[order], ends[order]
        # Windows by their number in the table: between sessions there are none.
        number = self._windows + np.searchsorted(windows, ends)
        first, last = (np.ones(ids.size, np.bool_) for _ in range(2))
        first[1:] = last[:-1] = ids[1:] != ids[:-1]
        before = np.roll(number, 1)
        before[first] = [self._last.get(one, -2) for one in ids[first].tolist()]
        self.begun.update((ends[number - before != 1] - WINDOW_NS).tolist())
        self._last |= dict(zip(ids[last].tolist(), number[last].tolist(), strict=True))
        self._windows += windows.size
        self.rows += ids.size

    @property
    def instruments(self) -> int:
        """Instruments with an incomplete row."""
        return len(self._last)
