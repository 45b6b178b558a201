from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gex_assets.kernels.pricing import black76
from gex_assets.lake.tables import Lake
from gex_assets.stages.silver.forward import QUOTE_COLUMNS
from gex_assets.study.baselines import one_strike_forwards, quoted_gamma
from gex_assets_tests.conftest import DAY
from gex_assets_tests.twins.parity_forward import Pair, one_strike_forward


def test_one_strike_is_the_twins(published: Path) -> None:
    lake = Lake(published)
    instruments = lake.open("bronze_option_instruments", product="ES", day=DAY).read()
    end = int(datetime(2026, 1, 6, 14, 32, tzinfo=UTC).timestamp()) * 10**9
    quotes = lake.open("silver_option_quotes", product="ES", day=DAY).read(QUOTE_COLUMNS)
    quotes = quotes.filter(np.isin(quotes.column("ts_window_end").to_numpy(), [end, end + 5 * 10**9]))
    found = one_strike_forwards([quotes], instruments=instruments, rate=0.04).to_pylist()
    assert len(found) == 2
    of = {row["instrument_id"]: row for row in instruments.to_pylist()}
    for row in found:
        sides: dict[float, dict[str, tuple[float, float]]] = {}
        for quote in quotes.to_pylist():
            option = of[quote["instrument_id"]]
            is_asked = quote["ts_window_end"] == row["ts_window_end"] and option["ts_expiration"] == row["ts_expiration"]
            if is_asked and quote["book_state"] == "ok":
                sides.setdefault(option["strike"], {})[option["right"]] = (quote["bid_price"], quote["ask_price"])
        pairs = [Pair(strike, *both["C"], *both["P"]) for strike, both in sorted(sides.items()) if len(both) == 2]
        years = (row["ts_expiration"] - row["ts_window_end"]) / (365 * 86_400 * 10**9)
        assert row["one_strike"] == pytest.approx(one_strike_forward(pairs, np.exp(-0.04 * years)), abs=1e-9)


def test_quoted_gamma_is_black76s() -> None:
    F, K, T, iv = 6000.0, np.array([5900.0, 6000.0]), np.array([0.1, 0.1]), np.array([0.2, np.nan])
    gamma = quoted_gamma(F=np.array([F, F]), K=K, T=T, iv=iv, rate=0.04)
    assert gamma[0] == pytest.approx(black76.greeks(F=F, K=5900.0, T=0.1, sigma=0.2, r=0.04, is_call=True).gamma, rel=1e-13)
    assert np.isnan(gamma[1])
