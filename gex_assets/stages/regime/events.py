"""`regime_events`: the windows at which a convention's regime changed, from the day's `regime_scores` alone.

A change is from one known regime to another known one. A window without a regime is no change, because it tells about the data
and not about the market. The day's first regime is no change either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gex_assets.schemas.regime_events import REGIME_EVENTS
from gex_assets.schemas.regime_scores import REASONS, REGIMES
from gex_assets.stages.categories import codes_of
from gex_assets.stages.row_block import category, row_block
from gex_assets.time_units import SECOND_NS, WINDOW_NS

__all__ = ["SCORES_COLUMNS", "RegimeEventsStage", "RegimeRuns", "regime_events", "runs_by_convention"]

Float = NDArray[np.float64]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is remembered of a convention after its latest window.

    Attributes
    ----------
    regime : code of its latest known regime; -1 before the first.
    begun : end of the first window of that regime's run. [UNIX ns UTC]
    net_gex, reference_price : in the last window with a regime; NaN where NULL.
    unknown : windows since then, all without a regime.
    reason : code of the latest window's reason; -1 where it has a regime.
    changes : changes so far.
    """

    regime: int = -1
    begun: int = 0
    net_gex: float = np.nan
    reference_price: float = np.nan
    unknown: int = 0
    reason: int = -1
    changes: int = 0


class _Scores(NamedTuple):
    """Columns of a block, (n,) each: ends of windows, codes of reasons, numbers."""

    ends: Int
    reasons: Int
    net_gex: Float
    reference_price: Float


def runs_by_convention(scores: pa.Table) -> Iterator[tuple[str, RegimeRuns]]:
    """Name and runs of every convention with a regime in at least one window, sorted by name.

    Parameters
    ----------
    scores : a day's `regime_scores` in their order (at least convention and regime).
    """
    yield from ((name, runs) for name, runs in _every_convention(scores) if runs.regimes.size)


def _every_convention(scores: pa.Table) -> Iterator[tuple[str, RegimeRuns]]:
    """Name and runs of every convention, sorted by name; without runs where no window has a regime."""
    names = sorted(pc.unique(scores["convention"].cast(pa.string())).to_pylist())
    conventions, regimes = codes_of(scores["convention"], names), codes_of(scores["regime"], REGIMES)
    for number, name in enumerate(names):
        windows = np.flatnonzero(conventions == number)
        known = np.flatnonzero(regimes[windows] >= 0)
        codes = regimes[windows][known]
        change = np.flatnonzero(np.diff(codes))
        first, last = (np.append(0, change + 1), np.append(change, known.size - 1)) if known.size else (change, change)
        yield name, RegimeRuns(windows=windows, first=known[first], last=known[last], regimes=codes[first])


def regime_events(scores: Iterable[pa.Table], *, tally: Counter[str]) -> pa.Table:
    """The changes of regime within a day.

    Parameters
    ----------
    scores : row groups of a day's `regime_scores` in their order (at least `SCORES_COLUMNS`).
    tally : of `RegimeEventsStage`.

    Returns
    -------
    Rows of `REGIME_EVENTS`, in its order.
    """
    stage = RegimeEventsStage(tally=tally)
    return pa.concat_tables([REGIME_EVENTS.empty(), *map(stage.rows, scores)]).unify_dictionaries().combine_chunks()


class RegimeEventsStage:
    """Rows of `regime_events`, one block of whole windows after the other; grouping does not matter.

    Parameters
    ----------
    tally : counts `changes` and, of these, `changes_across_unknown`.
    """

    def __init__(self, *, tally: Counter[str]) -> None:
        self._known: dict[str, _Known] = {}
        self._tally = tally

    def rows(self, scores: pa.Table) -> pa.Table:
        """Rows of `REGIME_EVENTS` of a block, in its order.

        Parameters
        ----------
        scores : rows of `regime_scores` of these windows in their order (at least `SCORES_COLUMNS`).
        """
        numbers = _Scores(
            ends=scores["ts_window_end"].to_numpy(),
            reasons=codes_of(scores["reason"], REASONS),
            net_gex=scores["net_gex"].to_numpy(),
            reference_price=scores["reference_price"].to_numpy(),
        )
        parts: list[dict[str, NDArray[Any]]] = []
        for name, runs in _every_convention(scores):
            changes, self._known[name] = _changes(runs, numbers, self._known.get(name, _Known()))
            parts.append(changes)
        row = np.concatenate([_NO_ROWS, *(part["row"] for part in parts)])
        if not row.size:
            return REGIME_EVENTS.empty()
        # Rows of regime_scores lie in the order of the same key.
        order = np.argsort(row)
        found = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
        at = scores.take(pa.array(found["row"]))
        self._tally["changes"] += at.num_rows
        self._tally["changes_across_unknown"] += int(np.count_nonzero(found["unknown"]))
        columns: dict[str, NDArray[Any] | pa.Array] = {
            **{name: at[name] for name in (*_HERE, *_HERE_TOO)},
            "change_number": found["number"],
            "regime_from": category(found["regime_from"], REGIMES),
            "regime_to": category(found["regime_to"], REGIMES),
            "net_gex_before": found["net_gex_before"],
            "reference_price_before": found["reference_price_before"],
            "seconds_since_change": found["stood_ns"] // SECOND_NS,
            "seconds_unknown": found["unknown"] * (WINDOW_NS // SECOND_NS),
            "unknown_reason": category(found["reason"], REASONS),
        }
        return row_block(REGIME_EVENTS, columns)


_NO_ROWS: Final[Int] = np.empty(0, np.int64)


def _changes(runs: RegimeRuns, scores: _Scores, known: _Known) -> tuple[dict[str, NDArray[Any]], _Known]:
    """Facts of each change of one convention in a block, and what is known of the convention after it.

    Parameters
    ----------
    runs : of the convention, positions of rows of the block.
    known : the convention before the block.

    Returns
    -------
    Facts by name, (changes,) each: positions of rows, codes of words, values, time in ns, gaps in windows. And the memory.
    """
    windows, first, last, regimes = runs.windows, runs.first, runs.last, runs.regimes
    row, row_before = windows[first], windows[last[:-1]]
    # Every run is compared with the one before it, the first of the block with the remembered one.
    regime_from = np.append(known.regime, regimes)[:-1]
    begun = scores.ends[row]
    begun[:1] = np.where(regimes[:1] == known.regime, known.begun, begun[:1])
    unknown = first - np.append(-1 - known.unknown, last)[:-1] - 1
    reason_before = np.append(known.reason, scores.reasons[windows])[first]
    changed = (regime_from >= 0) & (regime_from != regimes)
    found: dict[str, NDArray[Any]] = {
        "row": row,
        "number": known.changes + np.cumsum(changed),
        "regime_from": regime_from,
        "regime_to": regimes,
        "net_gex_before": np.append(known.net_gex, scores.net_gex[row_before])[: row.size],
        "reference_price_before": np.append(known.reference_price, scores.reference_price[row_before])[: row.size],
        "stood_ns": begun - np.append(known.begun, begun)[:-1],
        "unknown": unknown,
        "reason": np.where(unknown > 0, reason_before, -1),
    }
    after = replace(known, unknown=known.unknown + windows.size, reason=int(scores.reasons[windows[-1]]))
    if row.size:
        latest = windows[last[-1]]
        after = _Known(
            regime=int(regimes[-1]),
            begun=int(begun[-1]),
            net_gex=float(scores.net_gex[latest]),
            reference_price=float(scores.reference_price[latest]),
            unknown=int(windows.size - 1 - last[-1]),
            reason=after.reason,
            changes=known.changes + int(np.count_nonzero(changed)),
        )
    return {name: values[changed] for name, values in found.items()}, after
