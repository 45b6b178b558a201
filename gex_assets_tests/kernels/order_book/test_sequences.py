"""Any sequence of records against the twin, and what may not matter: where a file ends, where blocks and groups are cut."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.order_book.books import UNDEFINED
from gex_assets_tests.kernels.order_book.runs import NS, START, TINY, Instruments, compiled, differences, made_up, twin
from gex_assets_tests.kernels.order_book.wild_sequences import (
    EXTREME_IDS,
    EXTREME_PRICES,
    STEPS,
    Case,
    Way,
    through_the_kernel,
    through_the_twin,
)
from gex_assets_tests.twins.dict_book import Record

# A gap between two sessions, instruments listed before, within and by their first record, one that expires,
# one without records, one not listed.
ENDS = [START + 5 * NS * k for k in (1, 2, 3, 6, 7, 8, 9, 10, 11, 12)]
INSTRUMENTS = {7: (None, None), 42_000_001: (START - 1, None), 8: (START + 12 * NS, START + 45 * NS), 10: (START, None)}
IDS = (7, 8, 42_000_001, 9)


def stream(seed: int) -> list[Record]:
    return made_up(seed, records=400, first=START - 3 * NS, seconds=70, ids=IDS, wild=seed % 4 != 0)


@pytest.mark.parametrize("seed", range(100))
def test_a_longer_stream_comes_out_as_the_twin_says(seed: int) -> None:
    records = stream(seed)
    places = TINY if seed % 2 else {}
    found, counted, _ = compiled(records, ends=ENDS, instruments=INSTRUMENTS, at=(17, 17, 100, 301), per_group=3, **places)
    expected, expected_counts = twin(records, ends=ENDS, instruments=INSTRUMENTS)
    assert not differences(found, expected)
    assert counted == expected_counts


@pytest.mark.parametrize("seed", range(12))
def test_a_file_cut_at_any_window_leaves_the_earlier_rows_as_they_are(seed: int) -> None:
    records = stream(seed)
    whole, _, _ = compiled(records, ends=ENDS, instruments=INSTRUMENTS)
    clock, clocks = 0, []
    for record in records:
        clock = max(clock, record.ts_recv)
        clocks.append(clock)
    for end in ENDS:
        cut = [record for record, moment in zip(records, clocks, strict=True) if moment < end]
        found, _, _ = compiled(cut, ends=ENDS, instruments=INSTRUMENTS)
        assert [row for row in found if row["ts_window_end"] <= end] == [row for row in whole if row["ts_window_end"] <= end]


@pytest.mark.parametrize("seed", range(8))
def test_blocks_groups_and_initial_room_change_nothing(seed: int) -> None:
    records = stream(seed)
    whole = compiled(records, ends=ENDS, instruments=INSTRUMENTS)[:2]
    for at in (range(1, len(records)), range(0, len(records), 7), (200,)):
        for per_group in (1, 4):
            assert compiled(records, ends=ENDS, instruments=INSTRUMENTS, at=at, per_group=per_group, **TINY)[:2] == whole


ticks = st.integers(1996, 2004) | st.integers(-2, 2) | st.integers(0, 37).map(lambda power: 2**power)
made = st.builds(
    Record,
    ts_recv=st.sampled_from(STEPS) | st.integers(0, 3 * NS),
    instrument_id=st.sampled_from([7, 7, 7, 0, 2**32 - 1, 9]),
    order_id=st.sampled_from([1, 1, 2, 3]) | st.sampled_from(EXTREME_IDS),
    action=st.sampled_from("AAAACCMMMMTFFFRNX"),
    side=st.sampled_from("BBBAAAN"),
    price=ticks.map(lambda tick: tick * 50_000_000) | st.sampled_from([*EXTREME_PRICES, UNDEFINED]),
    size=st.integers(0, 6) | st.just(2**32 - 1),
    flags=st.sampled_from([130, 130, 130, 0, 0, 0, 40, 168, 134]) | st.integers(0, 255),
)
moments = st.none() | st.sampled_from([START - 1, START, START + 5 * NS, START + 12 * NS, START + 45 * NS + 1])
listings = st.tuples(moments, moments)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Steps made moments, some of them steps back; instruments listed before and on the way; a clock that closes windows."""
    steps = draw(st.lists(made, min_size=draw(st.sampled_from([0, 5, 20, 40])), max_size=60))
    back = draw(st.lists(st.sampled_from([0, 0, 0, 0, 1, NS, 7 * NS]), min_size=len(steps), max_size=len(steps)))
    clocks = accumulate((one.ts_recv for one in steps), initial=START - draw(st.sampled_from([0, 1, 3 * NS])))
    records = [
        one._replace(ts_recv=clock - stepped) for one, (_, clock), stepped in zip(steps, pairwise(clocks), back, strict=True)
    ]
    instruments: Instruments = {7: draw(listings), 0: draw(listings)}
    later = {draw(st.integers(0, len(records))): {2**32 - 1: draw(listings)}}
    behind = draw(st.none() | st.lists(st.sampled_from([0, NS]), min_size=len(records), max_size=len(records)))
    ends = draw(st.sampled_from([ENDS, ENDS[:1], ENDS[2:5], []]))
    clock = st.sampled_from(ENDS).flatmap(lambda end: st.sampled_from([end - 1, end, end + 1]))
    closed = draw(st.dictionaries(st.integers(0, len(records)), clock, max_size=2))
    return Case(records, ends, instruments, later, behind, closed)


places = st.lists(st.integers(0, 60), max_size=3)


def as_the_twin_says(case: Case, at: list[int], written: list[int], per_group: int) -> None:
    """However it is cut into blocks, and wherever the books are written out and read back."""
    at, written = ([place for place in chosen if place <= len(case.records)] for chosen in (at, written))
    way = Way(at, per_group, TINY, written)
    found, expected = through_the_kernel(case, way), through_the_twin(case)
    assert not differences(found.rows, expected.rows)
    assert (found.counts, found.resting) == (expected.counts, expected.resting)


@pytest.mark.parametrize("examples", [15, pytest.param(500, marks=pytest.mark.long)])
def test_any_sequence_comes_out_as_the_twin_says(examples: int) -> None:
    judged = given(cases(), places, places, st.sampled_from([1, 3, 240]))(as_the_twin_says)
    settings(max_examples=examples, deadline=None)(judged)()
