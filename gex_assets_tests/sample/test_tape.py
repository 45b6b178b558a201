from __future__ import annotations

import numpy as np
import pytest

from gex_assets.sample import tape


@pytest.fixture(scope="module")
def empty() -> tape.Tape:
    return tape.new_tape(capacity=10, seed=3, first_order_id=100, start_ns=0)


def test_dice_are_uniform_and_independent(empty: tape.Tape) -> None:
    thrown = np.array([tape.uniform(empty.dice) for _ in range(20_000)])
    assert thrown.min() >= 0
    assert thrown.max() < 1
    assert thrown.mean() == pytest.approx(0.5, abs=0.01)
    assert thrown.var() == pytest.approx(1 / 12, rel=0.03)
    assert abs(np.corrcoef(thrown[1:], thrown[:-1])[0, 1]) < 0.03


def test_other_distributions_have_their_moments(empty: tape.Tape) -> None:
    normal = np.array([tape.normal(empty.dice) for _ in range(20_000)])
    assert normal.mean() == pytest.approx(0, abs=0.03)
    assert normal.std() == pytest.approx(1, rel=0.02)
    waits = np.array([tape.exponential(empty.dice, 5.0) for _ in range(20_000)])
    assert waits.mean() == pytest.approx(5, rel=0.03)
    picked = np.bincount([tape.pick(empty.dice, np.array([1.0, 1.0, 4.0])) for _ in range(8_000)], minlength=3)
    assert picked[1] == 0
    assert picked[2] / picked[0] == pytest.approx(3, rel=0.15)


def test_a_packet_begins_where_records_are_received_later() -> None:
    own = tape.new_tape(capacity=10, seed=3, first_order_id=100, start_ns=0)
    tape.begin_event(own, 1_000_000)
    tape.record(own, 0, tape.TRADE, tape.BID, 1, 5, 1)
    tape.record(own, 0, tape.FILL, tape.ASK, 2, 5, 1)
    tape.new_packet(own, 9_000)
    tape.record(own, 0, tape.CANCEL, tape.ASK, 2, 5, 1)
    tape.end_event(own)
    out = tape.drained(own)
    assert out["packet"].tolist() == [True, False, True]
    assert out["last"].tolist() == [False, False, True]
    assert np.diff(out["ts_recv"]).tolist() == [0, 9_000]
    assert len(tape.drained(own)["ts_recv"]) == 0
