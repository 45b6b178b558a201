"""Finds triggers: windows in which the price is near a level and moves towards it, and the episodes that they form.

`trigger_windows` has the price of each window. `trigger_vectors` adds the vectors.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.kernels.features.triggers import approached
from gex_assets.schemas.gold_trigger_vectors import LEVEL_IDS, NO_CONVENTION, REACH_TICKS, STRIKE_LEVELS
from gex_assets.stages.categories import GrowingNames, codes_of
from gex_assets.stages.gold.episodes import Episodes
from gex_assets.stages.gold.trigger_windows import OPTION_COLUMNS, TriggerWindows, TriggerWindowsStage

__all__ = ["LEVELS_COLUMNS", "Triggers", "TriggersStage"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_WALLS: Final = tuple(name for name in LEVEL_IDS if name not in STRIKE_LEVELS)
_BY_NAME: Final = np.argsort(LEVEL_IDS)
_NO_CONVENTION: Final = 0
"""Position of `NO_CONVENTION` among the conventions: it is the first."""

LEVELS_COLUMNS: Final = (*OPTION_COLUMNS, "convention", "scope", "convention_version", "weight_used", "flip_rule", *_WALLS)
"""Columns of `silver_gex_levels` that triggers need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """Triggers sorted by window, convention and level, (n,) each.

    Attributes
    ----------
    window, convention, level_id : positions in `TriggerWindows`, in `conventions` and in `LEVEL_IDS`.
    level : price of the level. [index points]
    episode_start : end of the first window of the episode. [UNIX ns UTC]
    version : of the convention; -1 for strike levels.
    weight : position in `weights`; -1 where the convention has none, and for strike levels.
    conventions, weights : their names so far; a later block may have more.
    """

    window: Int
    convention: Int
    level_id: Int
    level: Float
    episode_start: Int
    version: Int
    weight: Int
    conventions: tuple[str, ...]
    weights: tuple[str, ...]


class _Levels(NamedTuple):
    """Levels of C conventions in W windows: prices (C, levels, W), NaN where unknown; version and weight (C, W), -1 for none."""

    price: Float
    version: Int
    weight: Int


class TriggersStage:
    """Triggers of every level of every convention, one block of whole windows after the other; grouping does not matter.

    Parameters
    ----------
    strike_grid : distance of the product's strikes, used without options. [index points]
    tick : least step of the future's price. [index points]
    tally : counts triggers by level as `triggers_{level_id}`, those that begin an episode as `episodes`, and what
        `TriggerWindowsStage` counts.
    """

    def __init__(self, *, strike_grid: float, tick: float, tally: Counter[str]) -> None:
        self._windows = TriggerWindowsStage(strike_grid=strike_grid, tally=tally)
        self._reach = REACH_TICKS * tick
        self._episodes = Episodes(reach=self._reach)
        self._conventions = GrowingNames(NO_CONVENTION)
        self._weights = GrowingNames()
        self._tally = tally

    def triggers(
        self,
        *,
        levels: pa.Table | None,
        gex: pa.Table | None,
        vacuum: pa.Table | None,
        future_quotes: pa.Table | None,
    ) -> tuple[TriggerWindows, Triggers]:
        """The windows of a block and their triggers.

        Parameters
        ----------
        levels : rows of `silver_gex_levels` (at least `LEVELS_COLUMNS`); scopes other than `selected` are left out. None without
            rows, as all others.
        gex, vacuum, future_quotes : rows with the columns that `trigger_windows` names.
        """
        selected = None if levels is None else levels.filter(pa.array(codes_of(levels["scope"], ("selected",)) == 0))
        windows = self._windows.windows(selected=selected, gex=gex, vacuum=vacuum, future_quotes=future_quotes)
        found = self._levels(windows, selected)
        near = approached(price=windows.price, level=found.price, direction=windows.direction, reach=self._reach)
        # A table's rows are in order of window, names of conventions and names of levels.
        by_name = np.argsort(self._conventions.names)
        window, place, rank = np.nonzero(near[by_name][:, _BY_NAME].transpose(2, 0, 1))
        convention, level_id = by_name[place], _BY_NAME[rank]
        ends, level = windows.ends[window], found.price[convention, level_id, window]
        start = self._episodes.advance(ends=ends, convention=convention, level_id=level_id, level=level)
        for name, count in zip(LEVEL_IDS, np.bincount(level_id, minlength=len(LEVEL_IDS)).tolist(), strict=True):
            self._tally[f"triggers_{name}"] += count
        self._tally["episodes"] += int(np.count_nonzero(start == ends))
        triggers = Triggers(
            window=window,
            convention=convention,
            level_id=level_id,
            level=level,
            episode_start=start,
            version=found.version[convention, window],
            weight=found.weight[convention, window],
            conventions=self._conventions.names,
            weights=self._weights.names,
        )
        return windows, triggers

    def _levels(self, windows: TriggerWindows, selected: pa.Table | None) -> _Levels:
        """Strike levels without a convention, and the walls and zero gamma of every convention."""
        convention = weight = np.empty(0, np.int64)
        if selected is not None:
            convention = self._conventions.add(selected["convention"])
            weight = self._weights.add(selected["weight_used"])
        shape = (len(self._conventions.names), windows.ends.size)
        found = _Levels(
            price=np.full((shape[0], len(LEVEL_IDS), shape[1]), np.nan), version=np.full(shape, -1), weight=np.full(shape, -1)
        )
        for level_id, price in zip(STRIKE_LEVELS, (windows.above, windows.below), strict=True):
            found.price[_NO_CONVENTION, LEVEL_IDS.index(level_id)] = price
        if selected is not None:
            window = np.searchsorted(windows.ends, selected["ts_window_end"].to_numpy())
            found.version[convention, window] = selected["convention_version"].to_numpy()
            found.weight[convention, window] = weight
            for level_id in _WALLS:
                found.price[convention, LEVEL_IDS.index(level_id), window] = _prices(selected, level_id)
        return found


def _prices(levels: pa.Table, level_id: str) -> Float:
    """Prices of a level; NaN where there is none.

    A zero gamma that is one of many crossings between strikes is no level that the price could approach: some crossing is always
    near. So only that of a re-priced profile counts.
    """
    price: Float = levels[level_id].to_numpy()
    if level_id != "zero_gamma":
        return price
    return np.where(codes_of(levels["flip_rule"], ("profile_nearest",)) == 0, price, np.nan)
