"""Triggers and vectors of a made-up day, for the tests of the stage and of the lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle

import pyarrow as pa
import pyarrow.compute as pc

from gex_assets.schemas.gold_trigger_vectors import GOLD_TRIGGER_VECTORS
from gex_assets.stages.gold.trigger_vectors import TriggerVectorsStage, trigger_vectors
from gex_assets.stages.gold.trigger_windows import TriggerWindows
from gex_assets.stages.gold.triggers import TriggersStage
from gex_assets_tests.stages.gold.made_up_gold import MadeUpGold
from gex_assets_tests.twins.trigger_vectors import GRID, MULTIPLIER, TICK

Block = dict[str, pa.Table | None]


def vectors_of(day: MadeUpGold, *, windows: int = 50, tally: Counter[str] | None = None) -> pa.Table:
    """The table of a day, its inputs in row groups of so many windows."""
    tables = groups_of_vectors(day, windows=windows, tally=tally)
    return pa.concat_tables([GOLD_TRIGGER_VECTORS.empty(), *tables]).unify_dictionaries().combine_chunks()


def windows_of(day: MadeUpGold) -> TriggerWindows:
    """The windows of a day."""
    stage = TriggersStage(strike_grid=GRID, tick=TICK, tally=Counter())
    (block,) = blocks_of(day, [len(day.ends)])
    return stage.triggers(**block)[0]


def stage_of(tally: Counter[str] | None = None) -> TriggerVectorsStage:
    """A stage before its first window."""
    return TriggerVectorsStage(strike_grid=GRID, multiplier=MULTIPLIER, tick=TICK, tally=Counter() if tally is None else tally)


def blocks_of(day: MadeUpGold, counts: Sequence[int]) -> Iterator[Block]:
    """The rows of so many windows after the other, as the arguments of a stage; the counts begin again until the day ends."""
    names = {"levels": "levels", "gex": "gex", "vacuum": "vacuum", "future_quotes": "quotes"}
    tables = {name: next(day.groups(rows, max(1, len(day.ends))), None) for name, rows in names.items()}
    first = 0
    for count in cycle(counts):
        if first >= len(day.ends):
            return
        last = min(first + count, len(day.ends)) - 1
        yield {name: _between(table, day.ends[first], day.ends[last]) for name, table in tables.items()}
        first += count


def _between(table: pa.Table | None, first: int, last: int) -> pa.Table | None:
    """Rows of the windows that end from the first moment to the last; None without rows."""
    if table is None:
        return None
    ends = table["ts_window_end"]
    rows = table.filter(pc.and_(pc.greater_equal(ends, first), pc.less_equal(ends, last)))
    return rows if rows.num_rows else None


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


def words(table: pa.Table) -> pa.Table:
    """The same without codes of words, which depend on the words that were known."""
    plain_fields = [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(plain_fields)).combine_chunks()
