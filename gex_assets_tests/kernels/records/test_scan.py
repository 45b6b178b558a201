from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gex_assets.kernels.mbo_record import MBO_NUMBERS
from gex_assets.kernels.records.scan import InstrumentSurvey, Roles, StreamFacts, code_records, id_table


def records(count: int, *, seed: int, ids: list[int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    block = np.frombuffer(rng.bytes(count * MBO_NUMBERS.itemsize), dtype=MBO_NUMBERS).copy()
    block["instrument_id"] = rng.choice(np.array(ids, dtype=np.uint32), count)
    block["ts_recv"] = 1_000 + np.cumsum(rng.integers(-3, 10, count))
    block["action"] = rng.choice(np.frombuffer(b"ACMTFNR", np.uint8), count)
    return block


IDS = [0, 1, 2**31, 2**32 - 1, *range(42_000_000, 42_004_000, 7)]


@pytest.mark.parametrize("room", [1, 3, 4096])
@pytest.mark.parametrize("block_records", [1, 97, 5_000])
def test_the_survey_counts_what_a_dictionary_would(room: int, block_records: int) -> None:
    block = records(5_000 if block_records > 1 else 300, seed=1, ids=IDS)
    survey = InstrumentSurvey(bounds=(1_500, 9_000), room=room)
    for at in range(0, len(block), block_records):
        part = block[at : at + block_records]
        survey.add(instrument_ids=part["instrument_id"], ts_recv=part["ts_recv"])
    counts = Counter(block["instrument_id"].tolist())
    clock = np.maximum.accumulate(block["ts_recv"].astype(np.int64))
    first = dict(reversed(list(zip(block["instrument_id"].tolist(), clock.tolist(), strict=True))))
    ids, seen, moments = (array.tolist() for array in survey.instruments())
    assert ids == sorted(counts)
    assert dict(zip(ids, seen, strict=True)) == counts
    assert dict(zip(ids, moments, strict=True)) == first
    ts = block["ts_recv"].astype(np.int64)
    assert survey.backsteps == np.count_nonzero(ts < np.maximum.accumulate(ts))
    assert survey.outside == np.count_nonzero((ts < 1_500) | (ts >= 9_000))


def test_an_undefined_time_is_a_step_back_and_no_new_maximum() -> None:
    survey = InstrumentSurvey(bounds=(0, 100))
    survey.add(instrument_ids=np.array([1, 1, 1], np.uint32), ts_recv=np.array([5, 2**64 - 1, 6], np.uint64))
    assert (survey.backsteps, survey.outside) == (1, 1)


def test_nothing_surveyed_is_no_instrument() -> None:
    survey = InstrumentSurvey(bounds=(0, 1))
    survey.add(instrument_ids=np.zeros(0, np.uint32), ts_recv=np.zeros(0, np.uint64))
    assert [len(array) for array in survey.instruments()] == [0, 0, 0]
    assert survey.backsteps == 0


def test_records_get_the_codes_of_their_instruments() -> None:
    block = records(3_000, seed=2, ids=[*IDS, 77, 78])
    table = id_table(ids=np.array(IDS, np.uint32), codes=np.arange(len(IDS), dtype=np.int32))
    unknown, superseded = len(IDS), len(IDS) + 1
    traded = np.arange(len(IDS) + 2) % 2 == 0
    facts = StreamFacts.start(len(IDS) + 2)
    mask = np.arange(len(block)) % 10 == 0
    codes, behind, trades = code_records(
        block=block, roles=Roles(table, unknown, superseded, traded), is_superseded=mask, facts=facts
    )
    places = {one: at for at, one in enumerate(IDS)}
    expected = [superseded if mask[at] else places.get(one, unknown) for at, one in enumerate(block["instrument_id"].tolist())]
    assert codes.tolist() == expected
    clock = np.maximum.accumulate(block["ts_recv"].astype(np.int64))
    assert behind.tolist() == (clock - block["ts_recv"].astype(np.int64)).tolist()
    assert trades.tolist() == [at for at, code in enumerate(expected) if traded[code] and block["action"][at] == ord("T")]
    assert facts.counts.tolist() == [Counter(expected)[code] for code in range(len(IDS) + 2)]
    for field, name in (("actions", "action"), ("sides", "side"), ("flags", "flags")):
        assert getattr(facts, field).tolist() == np.bincount(block[name], minlength=256).tolist()


def test_an_empty_table_knows_nobody() -> None:
    block = records(10, seed=3, ids=[1, 2])
    roles = Roles(id_table(ids=np.zeros(0, np.uint32), codes=np.zeros(0, np.int32)), 0, 1, np.zeros(2, np.bool_))
    codes, _, trades = code_records(block=block, roles=roles, is_superseded=None, facts=StreamFacts.start(2))
    assert codes.tolist() == [0] * 10
    assert len(trades) == 0
