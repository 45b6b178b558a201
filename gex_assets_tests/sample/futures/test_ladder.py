from __future__ import annotations

from gex_assets.sample.futures.ladder import BEST_BID, QUEUE, append, new_ladder, remove, side_of
from gex_assets.sample.tape import ASK, BID


def test_a_queue_is_first_in_first_out_and_refuses_when_full() -> None:
    ladder = new_ladder(price_ticks=1000.7, prices=64)
    for order in range(1, QUEUE + 1):
        assert append(ladder, 5, order, 10 * order)
    assert not append(ladder, 5, 99, 1)
    assert ladder.length[5] == QUEUE
    remove(ladder, 5, 1)
    assert ladder.length[5] == QUEUE - 1
    assert ladder.order_id[5, :3].tolist() == [1, 3, 4]
    assert ladder.size[5, :3].tolist() == [10, 30, 40]
    assert ladder.order_id[5, QUEUE - 1] == 0


def test_the_spread_is_one_tick_around_the_price() -> None:
    ladder = new_ladder(price_ticks=1000.7, prices=64)
    best = int(ladder.state[BEST_BID])
    assert ladder.lowest + best == 1000
    assert [side_of(ladder, level) for level in (best - 1, best, best + 1)] == [BID, BID, ASK]
