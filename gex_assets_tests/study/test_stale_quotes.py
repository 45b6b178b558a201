from __future__ import annotations

import numpy as np
import pyarrow as pa

from gex_assets.study.stale_quotes import with_stale_quotes

WINDOW = 5 * 10**9


def quotes(windows: int = 40, options: int = 50) -> pa.Table:
    ends = np.repeat(np.arange(1, windows + 1) * WINDOW, options)
    ids = np.tile(np.arange(options, dtype=np.uint32), windows)
    state = np.where(ids == 3, "one_sided", "ok")
    state[(ids == 4) & (ends == 2 * WINDOW)] = "crossed"
    bid = ends / WINDOW + 1000.0 * ids
    return pa.table(
        {
            "ts_window_end": ends,
            "instrument_id": ids,
            "book_state": pa.array(state).dictionary_encode(),
            "bid_price": bid,
            "ask_price": bid + 0.5,
        }
    )


def test_a_share_shows_what_it_showed_before_and_the_rest_is_as_it_was() -> None:
    given = quotes()
    ends = np.arange(3, 41) * WINDOW
    found = with_stale_quotes(given, ends=ends, share=0.2, lag_ns=2 * WINDOW, seed=7)
    assert np.array_equal(np.unique(found.column("ts_window_end").to_numpy()), ends)
    bid, ask = found.column("bid_price").to_numpy(), found.column("ask_price").to_numpy()
    now = found.column("ts_window_end").to_numpy() / WINDOW + 1000.0 * found.column("instrument_id").to_numpy()
    assert set(np.unique(bid - now)) == {-2.0, 0.0}
    assert np.array_equal(ask - bid, np.full(bid.size, 0.5))
    stale = bid != now
    assert 0.17 < stale.mean() < 0.22
    assert not stale[found.column("instrument_id").to_numpy() == 3].any()
    was_crossed = (found.column("instrument_id").to_numpy() == 4) & (found.column("ts_window_end").to_numpy() == 4 * WINDOW)
    assert not stale[was_crossed].any()
    everything = with_stale_quotes(given, ends=ends, share=1 - 1e-12, lag_ns=2 * WINDOW, seed=7)
    assert everything.column("bid_price").to_numpy()[was_crossed] == now[was_crossed]


def test_windows_without_an_earlier_one_are_left_out() -> None:
    found = with_stale_quotes(quotes(5), ends=np.arange(1, 6) * WINDOW, share=0.5, lag_ns=3 * WINDOW, seed=7)
    assert np.unique(found.column("ts_window_end").to_numpy()).tolist() == [4 * WINDOW, 5 * WINDOW]


def test_the_seed_decides() -> None:
    ends = np.arange(3, 41) * WINDOW
    first, again, other = (with_stale_quotes(quotes(), ends=ends, share=0.2, lag_ns=WINDOW, seed=seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
