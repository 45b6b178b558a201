"""Random order records of many instruments."""

from __future__ import annotations

import numpy as np

from gex_assets.kernels.mbo_record import MBO_NUMBERS


def records(count: int, *, seed: int, ids: list[int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    block = np.frombuffer(rng.bytes(count * MBO_NUMBERS.itemsize), dtype=MBO_NUMBERS).copy()
    block["instrument_id"] = rng.choice(np.array(ids, dtype=np.uint32), count)
    block["ts_recv"] = 1_000 + np.cumsum(rng.integers(-3, 10, count))
    block["action"] = rng.choice(np.frombuffer(b"ACMTFNR", np.uint8), count)
    return block


IDS = [0, 1, 2**31, 2**32 - 1, *range(42_000_000, 42_004_000, 7)]
