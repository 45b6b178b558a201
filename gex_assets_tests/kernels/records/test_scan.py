from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gex_assets.kernels.records.cover import READ, SUPERSEDED, UNCLAIMED, UNMAPPED, Cover, Part, cover_of
from gex_assets.kernels.records.id_table import id_table
from gex_assets.kernels.records.scan import InstrumentSurvey, Roles, StreamFacts, code_records
from gex_assets_tests.kernels.records.made_up_records import IDS, records

COVER = {
    1: [(0, 3_000, READ), (4_000, 9_000, SUPERSEDED + 1)],
    2: [(1_500, 20_000, READ)],
    3: [(0, 2_000, SUPERSEDED + 2), (2_000, 5_000, READ), (5_000, 5_001, SUPERSEDED + 1)],
    4: [],
}
"""Parts of every other instrument of `IDS`, by its place; the others are unmapped."""


def cover() -> Cover:
    return cover_of({tuple(Part(*part) for part in parts): [IDS[place]] for place, parts in COVER.items()})


def status(place: int | None, moment: int) -> int:
    """Part by part."""
    if place not in COVER:
        return UNMAPPED
    return next((found for start, end, found in COVER[place] if start <= moment < end), UNCLAIMED)


@pytest.mark.parametrize("room", [1, 3, 4096])
@pytest.mark.parametrize("block_records", [1, 97, 5_000])
def test_the_survey_counts_what_a_dictionary_would(room: int, block_records: int) -> None:
    block = records(5_000 if block_records > 1 else 300, seed=1, ids=IDS)
    survey = InstrumentSurvey(cover=cover(), ranks=2, room=room)
    for at in range(0, len(block), block_records):
        part = block[at : at + block_records]
        survey.add(instrument_ids=part["instrument_id"], ts_recv=part["ts_recv"])
    clock = np.maximum.accumulate(block["ts_recv"].astype(np.int64))
    known = list(zip(block["instrument_id"].tolist(), clock.tolist(), strict=True))
    found = [status(IDS.index(one), moment) for one, moment in known]
    read = [record for record, at in zip(known, found, strict=True) if at == READ]
    ids, seen, moments = (array.tolist() for array in survey.instruments())
    assert dict(zip(ids, seen, strict=True)) == Counter(one for one, _ in read)
    assert ids == sorted(ids)
    assert dict(zip(ids, moments, strict=True)) == dict(reversed(read))
    assert [survey.with_status(one) for one in range(SUPERSEDED + 3)] == [found.count(one) for one in range(SUPERSEDED + 3)]
    assert survey.backsteps == np.count_nonzero(block["ts_recv"].astype(np.int64) < clock)
    assert survey.last_moment == clock[-1]


def test_an_undefined_time_is_a_step_back_and_no_new_maximum() -> None:
    survey = InstrumentSurvey(cover=cover_of({(Part(0, 100, READ),): [1]}))
    survey.add(instrument_ids=np.array([1, 1, 1], np.uint32), ts_recv=np.array([5, 2**64 - 1, 6], np.uint64))
    assert (survey.backsteps, survey.with_status(READ), survey.last_moment) == (1, 3, 6)


def test_nothing_surveyed_is_no_instrument() -> None:
    survey = InstrumentSurvey(cover=cover_of({}))
    survey.add(instrument_ids=np.zeros(0, np.uint32), ts_recv=np.zeros(0, np.uint64))
    assert [len(array) for array in survey.instruments()] == [0, 0, 0]
    assert (survey.backsteps, survey.last_moment) == (0, None)


def test_records_get_the_codes_of_their_instruments() -> None:
    block = records(3_000, seed=2, ids=[*IDS, 77, 78])
    table = id_table(ids=np.array(IDS, np.uint32), codes=np.arange(len(IDS), dtype=np.int32))
    unknown, unclaimed, superseded = range(len(IDS), len(IDS) + 3)
    traded = np.arange(len(IDS) + 3) % 2 == 0
    facts = StreamFacts.start(len(IDS) + 3)
    said = np.random.default_rng(5).choice(np.array([READ, UNMAPPED, UNCLAIMED, SUPERSEDED + 1], np.int16), len(block))
    codes, behind, trades = code_records(
        block=block, roles=Roles(table, unknown, unclaimed, superseded, traded), statuses=said, facts=facts
    )
    places = {one: at for at, one in enumerate(IDS)}
    other = {UNMAPPED: unknown, UNCLAIMED: unclaimed, SUPERSEDED + 1: superseded}
    ids = zip(block["instrument_id"].tolist(), said.tolist(), strict=True)
    expected = [places.get(one, unknown) if status == READ else other[status] for one, status in ids]
    assert codes.tolist() == expected
    clock = np.maximum.accumulate(block["ts_recv"].astype(np.int64))
    assert behind.tolist() == (clock - block["ts_recv"].astype(np.int64)).tolist()
    assert trades.tolist() == [at for at, code in enumerate(expected) if traded[code] and block["action"][at] == ord("T")]
    assert facts.counts.tolist() == [Counter(expected)[code] for code in range(len(IDS) + 3)]
    for field, name in (("actions", "action"), ("sides", "side"), ("flags", "flags")):
        assert getattr(facts, field).tolist() == np.bincount(block[name], minlength=256).tolist()


def test_an_empty_table_knows_nobody() -> None:
    block = records(10, seed=3, ids=[1, 2])
    roles = Roles(id_table(ids=np.zeros(0, np.uint32), codes=np.zeros(0, np.int32)), 0, 1, 2, np.zeros(3, np.bool_))
    codes, _, trades = code_records(block=block, roles=roles, statuses=None, facts=StreamFacts.start(3))
    assert codes.tolist() == [0] * 10
    assert len(trades) == 0
