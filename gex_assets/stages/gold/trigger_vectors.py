"""`gold_trigger_vectors`: features of options and futures at each trigger, as one list of numbers in a fixed order.

`triggers` finds the triggers. This module computes the features of a block of windows from these windows and those before that
look-backs reach: 23, and three more for differences of crossed features.
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
    CROSS_ELEMENTS,
    FEATURES,
    GEX_FEATURES,
    LOOK_BACKS,
    VACUUM_FEATURES,
    VECTOR_LENGTH,
    VECTOR_VERSION,
)
from gex_assets.stages.gold.blocks import in_blocks
from gex_assets.stages.gold.cross_features import GEX_NEEDED, VACUUM_NEEDED, WINDOWS_BEFORE, Market, cross_blocks
from gex_assets.stages.gold.feature_rows import FeatureRows
from gex_assets.stages.gold.trigger_windows import FUTURE_COLUMNS, GEX_KEYS, VACUUM_KEYS, TriggerWindows
from gex_assets.stages.gold.triggers import LEVELS_COLUMNS, Triggers, TriggersStage
from gex_assets.stages.row_block import category, row_block
from gex_assets.time_units import WINDOW_NS

__all__ = [
    "FUTURE_COLUMNS",
    "GEX_COLUMNS",
    "LEVELS_COLUMNS",
    "VACUUM_COLUMNS",
    "TriggerVectorsStage",
    "trigger_vectors",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_OF_GEX: Final = tuple(dict.fromkeys((*GEX_FEATURES, *GEX_NEEDED)))
_OF_VACUUM: Final = tuple(dict.fromkeys((*VACUUM_FEATURES, *VACUUM_NEEDED)))
GEX_COLUMNS: Final = tuple(dict.fromkeys((*GEX_KEYS, *_OF_GEX)))
"""Columns of `silver_gex` that triggers and vectors need."""

VACUUM_COLUMNS: Final = tuple(dict.fromkeys((*VACUUM_KEYS, *_OF_VACUUM)))
"""Columns of `silver_vacuum` that triggers and vectors need."""

_BLOCK_NS: Final = 120 * WINDOW_NS
"""Windows whose features are computed together, ten minutes; so many fit a core's cache. [ns]"""

_ROWS_PER_GROUP: Final = 1_000
"""Vectors of a row group, 24 MB. Writing and checking a row group takes several times its size in memory."""


def trigger_vectors(
    *,
    levels: Iterable[pa.Table],
    gex: Iterable[pa.Table],
    vacuum: Iterable[pa.Table],
    future_quotes: Iterable[pa.Table],
    strike_grid: float,
    multiplier: float,
    tick: float,
    tally: Counter[str],
) -> Iterator[pa.Table]:
    """Rows of every trigger of a day with its vector.

    Parameters
    ----------
    levels, gex, vacuum, future_quotes : row groups with at least `LEVELS_COLUMNS`, `GEX_COLUMNS`, `VACUUM_COLUMNS` and
        `FUTURE_COLUMNS`, in order of time.
    strike_grid, multiplier, tick, tally : of `TriggerVectorsStage`.

    Yields
    ------
    Tables of `GOLD_TRIGGER_VECTORS`, one per row group: whole blocks of ten minutes with at least 1,000 rows, but for the last.
    """
    stage = TriggerVectorsStage(strike_grid=strike_grid, multiplier=multiplier, tick=tick, tally=tally)
    held: list[pa.Table] = []
    for of_levels, of_gex, of_vacuum, of_futures in in_blocks((levels, gex, vacuum, future_quotes), block_ns=_BLOCK_NS):
        rows = stage.rows(levels=of_levels, gex=of_gex, vacuum=of_vacuum, future_quotes=of_futures)
        if rows.num_rows:
            held.append(rows)
        if sum(part.num_rows for part in held) >= _ROWS_PER_GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


class TriggerVectorsStage:
    """Rows of `gold_trigger_vectors`, one block of whole windows after the other; grouping does not matter.

    Parameters
    ----------
    strike_grid : distance of the product's strikes, used without options. [index points]
    multiplier : value of a point. [USD per index point]
    tick : least step of the future's price. [index points]
    tally : counts `elements_missing` and `triggers`, and what `TriggersStage` counts.
    """

    def __init__(self, *, strike_grid: float, multiplier: float, tick: float, tally: Counter[str]) -> None:
        self._triggers = TriggersStage(strike_grid=strike_grid, tick=tick, tally=tally)
        self._gex = FeatureRows(columns=_OF_GEX, future="underlying", before=WINDOWS_BEFORE)
        self._vacuum = FeatureRows(columns=_OF_VACUUM, future="symbol", before=WINDOWS_BEFORE)
        self._multiplier = multiplier
        self._tick = tick
        self._tally = tally

    def rows(
        self,
        *,
        levels: pa.Table | None,
        gex: pa.Table | None,
        vacuum: pa.Table | None,
        future_quotes: pa.Table | None,
    ) -> pa.Table:
        """Rows of every trigger of a block with its vector.

        Parameters
        ----------
        levels, gex, vacuum, future_quotes : rows of these windows in order of time, with at least `LEVELS_COLUMNS`,
            `GEX_COLUMNS`, `VACUUM_COLUMNS` and `FUTURE_COLUMNS`; None without rows. All scopes and futures may be among them.
        """
        windows, triggers = self._triggers.triggers(levels=levels, gex=gex, vacuum=vacuum, future_quotes=future_quotes)
        of_windows: dict[str, Any] = {"ends": windows.ends, "series": windows.series, "symbols": windows.symbols}
        of_gex, of_vacuum = self._gex.with_present(gex, **of_windows), self._vacuum.with_present(vacuum, **of_windows)
        if not triggers.window.size:
            return GOLD_TRIGGER_VECTORS.empty()
        window = triggers.window
        vectors = np.empty((window.size, len(BLOCKS), FEATURES), dtype=np.float32)
        own = slice(0, len(GEX_FEATURES))
        vectors[:, :, own] = _blocks(of_gex, windows.option_run, len(GEX_FEATURES))[window]
        own = slice(len(GEX_FEATURES), len(GEX_FEATURES) + len(VACUUM_FEATURES))
        vectors[:, :, own] = _blocks(of_vacuum, windows.future_run, len(VACUUM_FEATURES))[window]
        crossed = cross_blocks(
            Market(
                gex=_by_name(_OF_GEX, of_gex),
                vacuum=_by_name(_OF_VACUUM, of_vacuum),
                multiplier=self._multiplier,
                tick=self._tick,
            ),
            row=WINDOWS_BEFORE + window,
            run=np.minimum(windows.option_run, windows.future_run)[window],
            level=triggers.level,
            direction=windows.direction[window],
        )
        vectors[:, :, FEATURES - len(CROSS_ELEMENTS) :] = crossed.transpose(1, 0, 2)
        return _table(windows, triggers, vectors, tick=self._tick, tally=self._tally)


def _blocks(values: Float, run: Int, features: int) -> NDArray[np.float32]:
    """(W, blocks, features) of the first `features` columns."""
    blocks = look_back_blocks(values=values[:, :features], run=run, look_backs=LOOK_BACKS)
    return blocks.transpose(1, 0, 2).astype(np.float32)


def _by_name(names: Sequence[str], values: Float) -> dict[str, Float]:
    return {name: values[:, place] for place, name in enumerate(names)}


def _table(
    windows: TriggerWindows, triggers: Triggers, vectors: NDArray[np.float32], *, tick: float, tally: Counter[str]
) -> pa.Table:
    window, level, version = triggers.window, triggers.level, triggers.version
    flat = vectors.reshape(-1)
    missing = np.isnan(flat)
    tally["triggers"] += window.size
    tally["elements_missing"] += int(np.count_nonzero(missing))
    episode, names = episode_ids(triggers)
    columns: dict[str, NDArray[Any] | pa.Array] = {
        "ts_window_end": windows.ends[window],
        "convention": category(triggers.convention, triggers.conventions),
        "level_id": category(triggers.level_id, LEVEL_IDS),
        "session_date": windows.session_date[window],
        "underlying": category(windows.series[window], windows.symbols),
        "level": level,
        "approach_dir": windows.direction[window].astype(np.int8),
        "episode_id": category(episode, names),
        "ts_episode_start": triggers.episode_start,
        "convention_version": pa.array(version, type=pa.int32(), mask=version < 0),
        "weight_used": category(triggers.weight, triggers.weights),
        "reference_price": windows.price[window],
        "distance_ticks": (level - windows.price[window]) / tick,
        "has_option": windows.has_option[window],
        "has_future": windows.has_future[window],
        "vector_version": np.full(window.size, VECTOR_VERSION, dtype=np.int32),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat, mask=missing), VECTOR_LENGTH).cast(VECTOR),
    }
    return row_block(GOLD_TRIGGER_VECTORS, columns)


def episode_ids(triggers: Triggers) -> tuple[Int, list[str]]:
    """(n,) positions in a list of names `convention/level_id/start`, such as `field/call_wall/2026-01-06T14:31:05Z`."""
    keys = np.stack([triggers.convention, triggers.level_id, triggers.episode_start], axis=1)
    distinct, position = np.unique(keys, axis=0, return_inverse=True)
    names = [
        f"{triggers.conventions[convention]}/{LEVEL_IDS[level_id]}/{np.datetime64(start // 1_000_000_000, 's')}Z"
        for convention, level_id, start in distinct.tolist()
    ]
    return position.reshape(-1), names
