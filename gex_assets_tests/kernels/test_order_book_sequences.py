"""Whole sequences of records against the twin, in every field of every row and every count."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.kernels.order_book import UNDEFINED
from gex_assets_tests.kernels.order_book_runs import NS, START, TINY, compiled, differences, made_up, twin
from gex_assets_tests.twins.dict_book import Record

# A gap between two sessions, instruments listed before, within and by their first record, one that expires,
# one without records, one not listed.
ENDS = [START + 5 * NS * k for k in (1, 2, 3, 6, 7, 8, 9, 10, 11, 12)]
INSTRUMENTS = {7: (None, None), 42_000_001: (START - 1, None), 8: (START + 12 * NS, START + 45 * NS), 10: (START, None)}
IDS = (7, 8, 42_000_001, 9)


def stream(seed: int) -> list[Record]:
    return made_up(seed, records=400, first=START - 3 * NS, seconds=70, ids=IDS, wild=seed % 4 != 0)


@pytest.mark.parametrize("hundred", range(5))
def test_random_sequences_come_out_as_the_twin_says(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        records = stream(seed)
        places = TINY if seed % 2 else {}
        found, counted, _ = compiled(records, ends=ENDS, instruments=INSTRUMENTS, at=(17, 17, 100, 301), per_group=3, **places)
        expected, expected_counts = twin(records, ends=ENDS, instruments=INSTRUMENTS)
        assert not differences(found, expected), seed
        assert counted == expected_counts, seed


def test_the_random_sequences_meet_everything() -> None:
    seen: set[str] = set()
    for seed in range(60):
        rows, counted = twin(stream(seed), ends=ENDS, instruments=INSTRUMENTS)
        seen |= (
            set(counted) | {row["book_state"] for row in rows} | {name for row in rows for name, value in row.items() if value}
        )
    kinds = {
        "unknown_cancel",
        "unknown_modify",
        "duplicate_add",
        "excess_cancel",
        "odd_action",
        "odd_flag",
        "odd_side",
        "odd_size",
    }
    kinds |= {"off_tick", "ts_recv_backstep", "undefined_price", "crossed_in_session", "maybe_bad_book", "unselected"}
    states = {"expired", "unseen", "suspect", "empty", "one_sided", "crossed", "ok"}
    flow = {f"{side}_{name}_size" for side in ("bid", "ask") for name in ("pull_rest", "exec", "reprice_toward", "reprice_away")}
    assert seen >= kinds | states | flow


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


tenths = st.integers(-20, 300).map(lambda tenth: START + tenth * NS // 10)
records_of_two = st.builds(
    Record,
    ts_recv=tenths,
    instrument_id=st.sampled_from([7, 42_000_001]),
    order_id=st.sampled_from([0, 1, 2, 3, 2**64 - 1]),
    action=st.sampled_from("AAACCMMMMTFFFRN"),
    side=st.sampled_from("BBAAN"),
    price=st.integers(1996, 2004).map(lambda tick: tick * 50_000_000) | st.just(UNDEFINED),
    size=st.integers(0, 6),
    flags=st.sampled_from([130, 130, 130, 0, 0, 0, 40, 168, 134]),
)


@settings(max_examples=250, deadline=None)
@given(
    st.lists(records_of_two, max_size=60).map(lambda records: sorted(records, key=lambda record: record.ts_recv)),
    st.lists(st.integers(0, 60), max_size=3).map(sorted),
)
def test_any_sequence_comes_out_as_the_twin_says(records: Sequence[Record], at: Sequence[int]) -> None:
    at = [place for place in at if place <= len(records)]
    found, counted, _ = compiled(records, ends=ENDS, instruments=INSTRUMENTS, at=at, per_group=3, **TINY)
    expected, expected_counts = twin(records, ends=ENDS, instruments=INSTRUMENTS)
    assert not differences(found, expected)
    assert counted == expected_counts
