"""Triggers and vectors of a made-up day, for the tests of the stage and of the lake."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS
from gex_assets.stages.gold.trigger_vectors import trigger_vectors
from gex_assets.stages.gold.trigger_windows import TriggerWindows
from gex_assets.stages.gold.triggers import TriggersStage
from gex_assets_tests.stages.gold.made_up_gold import MadeUpGold
from gex_assets_tests.twins.trigger_vectors import GRID, MULTIPLIER, TICK


def vectors_of(day: MadeUpGold, *, windows: int = 50, tally: Counter[str] | None = None) -> pa.Table:
    """The table of a day, its inputs in row groups of so many windows."""
    tables = groups_of_vectors(day, windows=windows, tally=tally)
    return pa.concat_tables([GOLD_TRIGGER_VECTORS.empty(), *tables]).unify_dictionaries().combine_chunks()


def windows_of(day: MadeUpGold) -> TriggerWindows:
    """The windows of a day."""
    stage = TriggersStage(strike_grid=GRID, tick=TICK, tally=Counter())
    return stage.triggers(**tables_of(day))[0]


def tables_of(day: MadeUpGold) -> dict[str, pa.Table | None]:
    """A day as one block: the arguments of a stage."""
    names = {"levels": "levels", "gex": "gex", "vacuum": "vacuum", "future_quotes": "quotes"}
    return {name: next(day.groups(rows, max(1, len(day.ends))), None) for name, rows in names.items()}


def groups_of_vectors(day: MadeUpGold, *, windows: int = 50, tally: Counter[str] | None = None) -> list[pa.Table]:
    """The row groups of a day."""
    made = trigger_vectors(
        levels=day.groups("levels", windows),
        gex=day.groups("gex", windows),
        vacuum=day.groups("vacuum", windows),
        future_quotes=day.groups("quotes", windows),
        strike_grid=GRID,
        multiplier=MULTIPLIER,
        tick=TICK,
        tally=Counter() if tally is None else tally,
    )
    return list(made)
