from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.kernels.records.cover import READ, SUPERSEDED, UNCLAIMED, UNMAPPED, Part, cover_of, statuses

EDGES = st.lists(st.integers(-50, 50), unique=True, max_size=8).map(sorted)
IDS = st.sampled_from([0, 1, 7, 2**31, 2**32 - 1])


@st.composite
def patterns(draw: st.DrawFn) -> tuple[Part, ...]:
    edges = draw(EDGES)
    kinds = st.sampled_from([READ, SUPERSEDED + 1, SUPERSEDED + 9, None])
    parts = [(start, end, draw(kinds)) for start, end in pairwise(edges)]
    return tuple(Part(start, end, status) for start, end, status in parts if status is not None)


@given(said=st.dictionaries(IDS, patterns()), records=st.lists(st.tuples(IDS, st.integers(-60, 60))))
def test_statuses_are_those_found_part_by_part(said: dict[int, tuple[Part, ...]], records: list[tuple[int, int]]) -> None:
    alike: dict[tuple[Part, ...], list[int]] = {}
    for one, parts in said.items():
        alike.setdefault(parts, []).append(one)
    found = statuses(
        instrument_ids=np.array([one for one, _ in records], np.uint32),
        moments=np.array([moment for _, moment in records], np.int64),
        cover=cover_of(alike),
    )
    expected = []
    for one, moment in records:
        holding = [part.status for part in said.get(one, ()) if part.start <= moment < part.end]
        expected.append(holding[0] if holding else (UNCLAIMED if one in said else UNMAPPED))
    assert found.tolist() == expected


def test_fields_of_records_are_taken_as_they_are() -> None:
    block = np.zeros(3, dtype=[("length", "u1"), ("instrument_id", "<u4"), ("rest", "V3")])
    block["instrument_id"] = [5, 6, 5]
    found = statuses(
        instrument_ids=block["instrument_id"], moments=np.array([0, 0, 9]), cover=cover_of({(Part(0, 5, READ),): [5]})
    )
    assert found.tolist() == [READ, UNMAPPED, UNCLAIMED]
