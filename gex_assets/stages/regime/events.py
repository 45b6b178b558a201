"""`regime_events`: the windows at which a convention's regime changed, from the day's `regime_scores` alone.

A change is from one known regime to another known one. A window without a regime is no change, because it tells about the data
and not about the market. The day's first regime is no change either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.schemas.regime_events import REGIME_EVENTS
from gex_assets.schemas.regime_scores import REASONS, REGIMES
from gex_assets.stages.row_block import category, row_block
from gex_assets.time_units import SECOND_NS, WINDOW_NS

__all__ = ["SCORES_COLUMNS", "RegimeRuns", "codes_of", "regime_events", "runs_by_convention"]

Int = NDArray[np.int64]

_HERE: Final = ("ts_window_end", "session_date", "convention_version", "weight_used", "scale", "underlying", "magnitude")
_HERE_TOO: Final = ("convention", "net_gex", "reference_price", "zero_gamma", "confidence")
SCORES_COLUMNS: Final = (*_HERE, *_HERE_TOO, "regime", "reason")
"""Columns of `regime_scores` that events need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeRuns:
    """One convention's windows with a regime, divided into runs of one regime.

    Attributes
    ----------
    windows : (n,) row numbers of the convention, in order of time.
    first, last : (k,) positions in `windows` of each run's first and last window with its regime.
    regimes : (k,) codes of `REGIMES`; consecutive ones differ.
    """

    windows: Int
    first: Int
    last: Int
    regimes: Int


def codes_of(column: pa.ChunkedArray, names: Sequence[str]) -> Int:
    """(n,) position of each word in `names`; -1 for NULL and for any other word."""
    found = pc.index_in(column.cast(pa.string()), pa.array(names, type=pa.string()))
    codes: Int = found.fill_null(-1).to_numpy().astype(np.int64)
    return codes


def runs_by_convention(scores: pa.Table) -> Iterator[tuple[str, RegimeRuns]]:
    """Name and runs of every convention with a regime in at least one window, sorted by name.

    Parameters
    ----------
    scores : a day's `regime_scores` in their order (at least convention and regime).
    """
    names = np.array(scores["convention"].cast(pa.string()).to_pylist(), dtype=object)
    regimes = codes_of(scores["regime"], REGIMES)
    for name in sorted(set(names.tolist())):
        windows = np.flatnonzero(names == name)
        known = np.flatnonzero(regimes[windows] >= 0)
        if known.size:
            codes = regimes[windows][known]
            change = np.flatnonzero(codes[1:] != codes[:-1])
            first = np.append(0, change + 1)
            last = np.append(change, known.size - 1)
            yield name, RegimeRuns(windows=windows, first=known[first], last=known[last], regimes=codes[first])


def regime_events(scores: pa.Table, *, tally: Counter[str]) -> pa.Table:
    """The changes of regime within a day.

    Parameters
    ----------
    scores : a day's `regime_scores` in their order (at least `SCORES_COLUMNS`).
    tally : counts `changes` and, of these, `changes_across_unknown`.

    Returns
    -------
    Rows of `REGIME_EVENTS`, in its order.
    """
    reasons = codes_of(scores["reason"], REASONS)
    ends = scores["ts_window_end"].to_numpy()
    parts = [_changes(runs, ends, reasons) for _, runs in runs_by_convention(scores)]
    found = {name: np.concatenate([part[name] for part in parts]) for name in _FOUND} if parts else dict.fromkeys(_FOUND, _NONE)
    # Rows of regime_scores lie in the order of the same key.
    found = {name: values[np.argsort(found["row"])] for name, values in found.items()}
    at, before = scores.take(pa.array(found["row"])), scores.take(pa.array(found["row_before"]))
    tally["changes"] += at.num_rows
    tally["changes_across_unknown"] += int(np.count_nonzero(found["unknown"]))
    columns: dict[str, NDArray[Any] | pa.Array] = {
        **{name: at[name] for name in (*_HERE, *_HERE_TOO)},
        "change_number": found["number"],
        "regime_from": category(found["regime_from"], REGIMES),
        "regime_to": category(found["regime_to"], REGIMES),
        "net_gex_before": before["net_gex"],
        "reference_price_before": before["reference_price"],
        "seconds_since_change": found["stood_ns"] // SECOND_NS,
        "seconds_unknown": found["unknown"] * (WINDOW_NS // SECOND_NS),
        "unknown_reason": category(found["reason"], REASONS),
    }
    return row_block(REGIME_EVENTS, columns)


_FOUND: Final = ("row", "row_before", "number", "regime_from", "regime_to", "stood_ns", "unknown", "reason")
_NONE: Final[Int] = np.empty(0, np.int64)


def _changes(runs: RegimeRuns, ends: Int, reasons: Int) -> dict[str, Int]:
    """Facts of each change of one convention, by name: positions of rows, codes of words, time in ns, gaps in windows."""
    at, before, begun = runs.first[1:], runs.last[:-1], runs.first[:-1]
    unknown = at - before - 1
    return {
        "row": runs.windows[at],
        "row_before": runs.windows[before],
        "number": np.arange(1, at.size + 1),
        "regime_from": runs.regimes[:-1],
        "regime_to": runs.regimes[1:],
        "stood_ns": ends[runs.windows[at]] - ends[runs.windows[begun]],
        "unknown": unknown,
        "reason": np.where(unknown > 0, reasons[runs.windows[at - 1]], -1),
    }
