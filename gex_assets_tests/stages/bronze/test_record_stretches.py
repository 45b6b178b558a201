from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gex_assets.kernels.records.id_table import id_table
from gex_assets.kernels.records.scan import Roles, StreamFacts
from gex_assets.stages.bronze.record_stretches import count_oddities, letters, stretches
from gex_assets_tests.lake.made_up_files import random_orders
from gex_assets_tests.stages.bronze.made_up_bronze import blocks


@pytest.mark.parametrize("block_records", [1, 64, 100, 1_000])
def test_stretches_begin_at_multiples_of_their_length(block_records: int) -> None:
    records = random_orders(1_000, seed=1, ids=[11, 12, 99])
    table = id_table(ids=np.array([11, 12], np.uint32), codes=np.array([0, 1], np.int32))
    facts = StreamFacts.start(5)
    made = stretches(
        blocks(records, block_records),
        roles=Roles(table, 2, 3, 4, np.array([True, False, False, False, False])),
        kept=2,
        stretch_records=300,
        facts=facts,
    )
    for at, stretch in enumerate(made):
        part = records[300 * at : 300 * (at + 1)]
        order = [place for one in (11, 12) for place in np.flatnonzero(part["instrument_id"] == one)]
        assert stretch.columns(slice(None)).record_index.tolist() == [300 * at + place for place in order]
        assert stretch.counts.tolist() == [np.count_nonzero(part["instrument_id"] == one) for one in (11, 12)]
        traded = np.flatnonzero((part["instrument_id"] == 11) & (part["action"] == b"T"))
        assert stretch.trades.record_index.tolist() == [300 * at + place for place in traded]
    assert at == 3
    assert facts.counts.sum() == 1_000


def test_unusual_letters_come_after_the_usual_ones() -> None:
    met = np.zeros(256, dtype=np.int64)
    met[[ord("B"), ord("Z"), 0]] = 1
    values, codes = letters(met, "ABN")
    assert values == ["A", "B", "N", "\0", "Z"]
    assert [codes[ord(letter)] for letter in values] == [0, 1, 2, 3, 4]


def test_only_what_is_odd_is_counted() -> None:
    facts = StreamFacts.start(1)
    facts.actions[[ord("A"), ord("?")]] = [5, 2]
    facts.sides[[ord("B"), 0]] = [6, 1]
    facts.flags[[130, 0, 40, 168, 16, 64, 1, 5]] = [9, 9, 9, 9, 1, 1, 1, 1]
    tally: Counter[str] = Counter()
    count_oddities(facts, tally)
    assert tally == {"odd_action": 2, "odd_side": 1, "odd_flag": 4, "maybe_bad_book": 1}
