"""A short stream of order records from a seed: no market, but the usual mix of messages and books of some depth."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.kernels.mbo_record import F_LAST
from gex_assets.lake.dbn.reader import MBO_DTYPE
from gex_assets.time_units import WINDOW_NS

__all__ = ["made_up_records"]

INSTRUMENTS: Final = 300
START_NS: Final = 1_767_700_800 * 10**9
PER_SECOND: Final = 2_000
TICK: Final = 50_000_000


def made_up_records(count: int, *, seed: int = 7) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Records, and the ends of the windows they lie in.

    Each order is added, half of them are modified once, all are cancelled after a while; prices lie within ten ticks of their
    instrument's middle, bids below it and asks above.
    """
    dice = np.random.default_rng(seed)
    orders = count // 2 + 1
    span = orders * 5 // 2 * 10**9 // PER_SECOND
    instrument = dice.integers(1, INSTRUMENTS + 1, orders).astype(np.uint32)
    is_bid = dice.random(orders) < 0.5
    away = dice.geometric(0.3, (2, orders)).clip(max=10).astype(np.int64)
    price = (40 + 8 * (instrument % 25).astype(np.int64) + np.where(is_bid, -away, away)) * TICK
    added = dice.integers(0, span, orders)
    rests = dice.exponential(20e9, orders).astype(np.int64) + 2
    changed = dice.random(orders) < 0.5
    ids = 6_500_000_000_000 + dice.permutation(orders).astype(np.uint64)

    def messages(
        letter: bytes, which: NDArray[np.bool_], moment: NDArray[np.int64], prices: NDArray[np.int64]
    ) -> NDArray[np.void]:
        made = np.zeros(int(which.sum()), MBO_DTYPE)
        made["length"], made["rtype"], made["publisher_id"], made["flags"] = 14, 160, 1, F_LAST
        made["instrument_id"], made["order_id"], made["price"] = instrument[which], ids[which], prices[which]
        made["action"], made["side"], made["size"] = letter, np.where(is_bid, b"B", b"A")[which], 1 + away[0][which]
        made["ts_recv"] = made["ts_event"] = START_NS + moment[which]
        return made

    every = np.ones(orders, np.bool_)
    moved = price[0] + np.where(is_bid, away[0] - away[1], away[1] - away[0]) * TICK
    stream = np.concatenate(
        [
            messages(b"A", every, added, price[0]),
            messages(b"M", changed, added + rests // 2, moved),
            messages(b"C", every, added + rests, moved),
        ]
    )
    stream = stream[np.argsort(stream["ts_recv"], kind="stable")][:count]
    stream["sequence"] = np.arange(count)
    last = int(stream["ts_recv"][-1])
    return stream, np.arange(START_NS + WINDOW_NS, last + WINDOW_NS, WINDOW_NS, dtype=np.int64)
