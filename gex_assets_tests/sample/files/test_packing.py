from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from gex_assets.sample import tape
from gex_assets.sample.files.packing import Packer
from gex_assets.sample.files.records import SEPARATE_ENDS_FROM, records
from gex_assets.sample.seeds import generator

IDS = np.array([11, 12, 13], np.uint32)


def written() -> tape.Tape:
    own = tape.new_tape(capacity=50, seed=3, first_order_id=100, start_ns=0)
    for k in range(12):
        tape.begin_event(own, 1_000_000 * (k + 1))
        tape.record(own, k % 3, tape.TRADE, tape.NO_SIDE, 0, tape.NO_PRICE if k == 2 else 5 + k, 1)
        tape.record(own, k % 3, tape.FILL, tape.ASK, 2, 5 + k, 2)
        tape.new_packet(own, 9_000)
        tape.record(own, k % 3, tape.CANCEL, tape.BID, 2, 5 + k, 3)
        tape.end_event(own)
    return own


def packed(day: date) -> tuple[np.ndarray, np.ndarray]:
    pack = Packer(ids=IDS, tick_1e9=50_000_000, channel=1, outrights=2, day=day, sequence=(40, 9), seed=5)
    return pack(written())


def test_one_pass_makes_the_records_that_the_steps_make() -> None:
    own, is_other = packed(date(2026, 1, 6))
    expected, starts = records(tape.drained(written()), ids=IDS, tick_1e9=50_000_000, channel=1, dice=generator(1, "delays"))
    for name in set(expected.dtype.names or ()) - {"ts_in_delta", "sequence"}:
        assert np.array_equal(own[name], expected[name]), name
    assert np.array_equal(is_other, own["instrument_id"] == 13)
    for group, last in ((~is_other, 40), (is_other, 9)):
        assert np.array_equal(own["sequence"][group], last + np.cumsum(starts[group]))
    assert np.all(np.diff(own["ts_in_delta"])[~starts[1:]] == 0)


@pytest.mark.parametrize("day", [date.fromordinal(SEPARATE_ENDS_FROM.toordinal() - 1), SEPARATE_ENDS_FROM])
def test_ends_of_their_own_begin_on_their_day_and_repeat_the_record_before(day: date) -> None:
    own, is_other = packed(day)
    ends = np.flatnonzero(own["action"] == b"N")
    assert (len(ends) > 0) == (day >= SEPARATE_ENDS_FROM)
    for name in (
        "instrument_id",
        "ts_event",
        "ts_recv",
        "ts_in_delta",
        "sequence",
        "length",
        "rtype",
        "publisher_id",
        "channel_id",
    ):
        assert np.array_equal(own[name][ends], own[name][ends - 1]), name
    assert np.array_equal(is_other[ends], is_other[ends - 1])
    assert np.all((own["order_id"][ends] == 0) & (own["size"][ends] == 0) & (own["price"][ends] == 2**63 - 1))
    assert np.all((own["flags"][ends] == 130) & (own["flags"][ends - 1] == 0) & (own["side"][ends] == b"N"))
    assert len(own) == 36 + len(ends)
