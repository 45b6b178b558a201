"""`gold_trigger_vectors`: features of options and futures at each trigger, as one list of numbers in a fixed order.

`triggers` finds the triggers. This module computes the features of a stretch of windows from these windows and those before.
A row depends on no later window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.features.look_back import look_back_blocks
from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS, LEVEL_IDS, VECTOR
from gex_assets.schemas.vector_layout import (
    BLOCKS,
    CROSS_FEATURES,
    FEATURES,
    GEX_FEATURES,
    LOOK_BACKS,
    VACUUM_FEATURES,
    VECTOR_LENGTH,
    VECTOR_VERSION,
)
from gex_assets.stages.gold.cross_features import GEX_NEEDED, VACUUM_NEEDED, Market, cross_blocks
from gex_assets.stages.gold.feature_rows import FeatureRows
from gex_assets.stages.gold.triggers import Triggers, TriggerWindows
from gex_assets.stages.row_block import category, row_block

__all__ = ["GEX_COLUMNS", "VACUUM_COLUMNS", "trigger_vectors"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_OF_GEX: Final = tuple(dict.fromkeys((*GEX_FEATURES, *GEX_NEEDED)))
_OF_VACUUM: Final = tuple(dict.fromkeys((*VACUUM_FEATURES, *VACUUM_NEEDED)))
GEX_COLUMNS: Final = ("ts_window_end", "underlying", *_OF_GEX)
VACUUM_COLUMNS: Final = ("ts_window_end", "symbol", *_OF_VACUUM)

_BEFORE: Final = max(LOOK_BACKS) - 1
_WINDOWS_AT_A_TIME: Final = 120
"""Windows whose features are computed together; so many fit a core's cache."""

_ROWS_PER_GROUP: Final = 1_000
"""Vectors of a row group, 24 MB. Writing and checking a row group takes several times its size in memory."""


def trigger_vectors(
    windows: TriggerWindows,
    triggers: Triggers,
    *,
    gex: Iterable[pa.Table],
    vacuum: Iterable[pa.Table],
    multiplier: float,
    tick: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Rows of every trigger with its vector.

    Parameters
    ----------
    windows, triggers : of the day, from `stages.gold.triggers`.
    gex, vacuum : row groups with at least `GEX_COLUMNS` and `VACUUM_COLUMNS`, in order of time.
    multiplier : value of a point. [USD per index point]
    tick : least step of the future's price. [index points]
    tally : counts `elements_missing` and `triggers`.

    Yields
    ------
    Tables of `GOLD_TRIGGER_VECTORS`, one per row group: whole stretches of windows with at least 1,000 rows, but for the last.
    """
    held: list[pa.Table] = []
    for rows in _stretches(windows, triggers, gex=gex, vacuum=vacuum, multiplier=multiplier, tick=tick, tally=tally):
        held.append(rows)
        if sum(part.num_rows for part in held) >= _ROWS_PER_GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _stretches(
    windows: TriggerWindows,
    triggers: Triggers,
    *,
    gex: Iterable[pa.Table],
    vacuum: Iterable[pa.Table],
    multiplier: float,
    tick: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """One table per stretch of windows that has triggers."""

    def rows_of(groups: Iterable[pa.Table], columns: Sequence[str], series: str) -> FeatureRows:
        return FeatureRows(groups, columns=columns, series=series, names=windows.symbols, before=_BEFORE)

    of_gex = rows_of(gex, _OF_GEX, "underlying")
    of_vacuum = rows_of(vacuum, _OF_VACUUM, "symbol")
    for first in range(0, windows.ends.size, _WINDOWS_AT_A_TIME):
        stretch = slice(first, first + _WINDOWS_AT_A_TIME)
        ends, series = windows.ends[stretch], windows.series[stretch]
        values = [rows.at(ends=ends, series=series) for rows in (of_gex, of_vacuum)]
        low, high = np.searchsorted(triggers.window, [first, first + ends.size])
        if low == high:
            continue
        chosen = slice(int(low), int(high))
        window = triggers.window[chosen] - first
        vectors = np.empty((window.size, len(BLOCKS), FEATURES), dtype=np.float32)
        own = slice(0, len(GEX_FEATURES))
        vectors[:, :, own] = _blocks(values[0], windows.option_run[stretch], len(GEX_FEATURES))[window]
        own = slice(len(GEX_FEATURES), len(GEX_FEATURES) + len(VACUUM_FEATURES))
        vectors[:, :, own] = _blocks(values[1], windows.future_run[stretch], len(VACUUM_FEATURES))[window]
        crossed = cross_blocks(
            Market(
                gex=_by_name(_OF_GEX, values[0]),
                vacuum=_by_name(_OF_VACUUM, values[1]),
                multiplier=multiplier,
                tick=tick,
            ),
            row=_BEFORE + window,
            run=np.minimum(windows.option_run[stretch], windows.future_run[stretch])[window],
            level=triggers.level[chosen],
            direction=windows.direction[triggers.window[chosen]],
        )
        vectors[:, :, FEATURES - len(CROSS_FEATURES) :] = crossed.transpose(1, 0, 2)
        yield _table(windows, triggers, chosen, vectors, tick=tick, tally=tally)


def _blocks(values: Float, run: Int, features: int) -> NDArray[np.float32]:
    """(W, blocks, features) of the first `features` columns."""
    blocks = look_back_blocks(values=values[:, :features], run=run, look_backs=LOOK_BACKS)
    return blocks.transpose(1, 0, 2).astype(np.float32)


def _by_name(names: Sequence[str], values: Float) -> dict[str, Float]:
    return {name: values[:, place] for place, name in enumerate(names)}


def _table(
    windows: TriggerWindows,
    triggers: Triggers,
    chosen: slice,
    vectors: NDArray[np.float32],
    *,
    tick: float,
    tally: Counter[str],
) -> pa.Table:
    window, level = triggers.window[chosen], triggers.level[chosen]
    flat = vectors.reshape(-1)
    missing = np.isnan(flat)
    tally["triggers"] += window.size
    tally["elements_missing"] += int(np.count_nonzero(missing))
    episode, names = episode_ids(triggers, chosen)
    version = triggers.version[chosen]
    columns: dict[str, NDArray[Any] | pa.Array] = {
        "ts_window_end": windows.ends[window],
        "convention": category(triggers.convention[chosen], triggers.conventions),
        "level_id": category(triggers.level_id[chosen], LEVEL_IDS),
        "session_date": windows.session_date[window],
        "underlying": category(windows.series[window], windows.symbols),
        "level": level,
        "approach_dir": windows.direction[window].astype(np.int8),
        "episode_id": category(episode, names),
        "ts_episode_start": triggers.episode_start[chosen],
        "convention_version": pa.array(version, type=pa.int32(), mask=version < 0),
        "weight_used": category(triggers.weight[chosen], triggers.weights),
        "reference_price": windows.price[window],
        "distance_ticks": (level - windows.price[window]) / tick,
        "has_option": windows.has_option[window],
        "has_future": windows.has_future[window],
        "vector_version": np.full(window.size, VECTOR_VERSION, dtype=np.int32),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat, mask=missing), VECTOR_LENGTH).cast(VECTOR),
    }
    return row_block(GOLD_TRIGGER_VECTORS, columns)


def episode_ids(triggers: Triggers, chosen: slice) -> tuple[Int, list[str]]:
    """(n,) positions in a list of names `convention/level_id/start`, such as `field/call_wall/2026-01-06T14:31:05Z`."""
    keys = np.stack([triggers.convention[chosen], triggers.level_id[chosen], triggers.episode_start[chosen]], axis=1)
    distinct, position = np.unique(keys, axis=0, return_inverse=True)
    names = [
        f"{triggers.conventions[convention]}/{LEVEL_IDS[level_id]}/{np.datetime64(start // 1_000_000_000, 's')}Z"
        for convention, level_id, start in distinct.tolist()
    ]
    return position.reshape(-1), names
