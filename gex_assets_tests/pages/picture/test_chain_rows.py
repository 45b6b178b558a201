"""Stretches of the chain give every row its line and window, however irregular the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.chain_rows import ChainRows

Row = tuple[int, int, float]
"""End of the window, expiration, strike."""

WINDOWS = st.lists(st.sets(st.tuples(st.integers(1, 2), st.sampled_from([10.0, 15.0, 20.0])), max_size=4), max_size=8)


@dataclass
class MadeUpChain:
    """Stands for a day whose chain has these rows in these row groups."""

    parts: list[list[Row]]
    asked: list[str] = field(default_factory=list)

    def stored(self, name: str) -> MadeUpChain:
        self.asked.append(name)
        return self

    def groups(self, columns: Any) -> Any:
        for part in self.parts:
            table = {
                "ts_window_end": pa.array([one[0] for one in part], pa.int64()),
                "ts_expiration": pa.array([one[1] for one in part], pa.int64()),
                "strike": pa.array([one[2] for one in part], pa.float64()),
                "underlying": pa.array([f"F{one[1]}" for one in part], pa.string()).dictionary_encode(),
                "multiplier": pa.array([50.0 * one[1] for one in part], pa.float64()),
            }
            yield pa.table(table).select(list(columns))


def chain_of(parts: list[list[Row]]) -> ChainRows:
    return ChainRows.of(cast("DayTables", MadeUpChain(parts)))


def rows_in(chain: ChainRows, parts: list[list[Row]]) -> list[list[Row]]:
    """The rows as the stretches tell them."""
    found = []
    for part, stretches in zip(parts, chain.groups, strict=True):
        numbers, rows = np.arange(len(part)), []
        for one in stretches:
            ladder, cells = chain.ladders[one.ladder], one.cells(numbers)
            assert (np.diff(cells.ravel()) == 1).all()
            rows += [
                (int(end), int(expiration), float(strike))
                for end in one.ends
                for expiration, strike in zip(ladder.expiration, ladder.strike, strict=True)
            ]
        found.append(rows)
    return found


@given(windows=WINDOWS, cut=st.integers(0, 8))
def test_every_row_is_in_its_place(windows: list[set[tuple[int, float]]], cut: int) -> None:
    rows = [[(end, *line) for line in sorted(lines)] for end, lines in enumerate(windows)]
    parts = [[one for window in some for one in window] for some in (rows[:cut], rows[cut:])]
    chain = chain_of(parts)
    assert rows_in(chain, parts) == parts
    assert chain.contracts == {one[1]: (f"F{one[1]}", 50.0 * one[1]) for part in parts for one in part}


def test_a_regular_day_has_one_ladder_and_a_stretch_per_row_group() -> None:
    early, late = (
        [(end, one, strike) for end in ends for one in (1, 2) for strike in (10.0, 15.0)] for ends in (range(4), (4, 5))
    )
    chain = chain_of([early, late])
    assert len(chain.ladders) == 1
    assert [[one.ends.tolist() for one in group] for group in chain.groups] == [[[0, 1, 2, 3]], [[4, 5]]]


@pytest.mark.parametrize("parts", [[], [[]]])
def test_a_chain_without_rows_has_none(parts: list[list[Row]]) -> None:
    assert chain_of(parts).ladders == []
