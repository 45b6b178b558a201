"""Tables are walked over in step: blocks of the grid, whatever the groups, and no more read than one group beyond."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pytest

from gex_assets.stages.gold.blocks import in_blocks

Ends = list[int]


def table(ends: Iterable[int]) -> pa.Table:
    return pa.table({"ts_window_end": pa.array(list(ends), type=pa.int64())})


def cut(ends: Ends, chance: random.Random) -> Iterator[pa.Table]:
    """Groups of random lengths, some without rows."""
    first = 0
    while first < len(ends):
        count = chance.randrange(0, 7)
        yield table(ends[first : first + count])
        first += count


def found(*inputs: Iterable[pa.Table], block_ns: int = 10) -> list[list[Ends | None]]:
    return [
        [None if rows is None else rows["ts_window_end"].to_pylist() for rows in block]
        for block in in_blocks(inputs, block_ns=block_ns)
    ]


def test_a_block_ends_with_its_last_window_and_blocks_without_rows_do_not_exist():
    assert found([table([5, 10, 15])], [table([20, 45, 50])]) == [[[5, 10], None], [[15], [20]], [None, [45, 50]]]
    assert found([], [table([])]) == []


@pytest.mark.parametrize("seed", range(20))
def test_blocks_do_not_depend_on_groups(seed):
    chance = random.Random(seed)
    inputs = [sorted(chance.choices(range(5, 500, 5), k=chance.randrange(60))) for _ in range(3)]
    blocks = found(*(cut(ends, chance) for ends in inputs))
    assert blocks == found(*([table(ends)] for ends in inputs))
    numbers = []
    for block in blocks:
        (number,) = {(end - 1) // 10 for ends in block for end in ends or []}
        numbers.append(number)
    assert numbers == sorted(set(numbers))
    for place, ends in enumerate(inputs):
        assert [end for block in blocks for end in block[place] or []] == ends


def test_one_group_is_read_beyond_a_block_and_no_more():
    read: Ends = []

    def groups() -> Iterator[pa.Table]:
        for end in (10, 20, 30, 40):
            read.append(end)
            yield table([end])

    next(in_blocks([groups()], block_ns=10))
    assert read == [10, 20]
