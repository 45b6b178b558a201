"""Made-up evenings through the settlements' chain."""

from __future__ import annotations

from collections import Counter

import numpy as np

from gex_assets.stages.ladders import ladders_of
from gex_assets.stages.premarket.settled import settled
from gex_assets.stages.premarket.settlement_chain import SettlementChain, settlement_chain
from gex_assets_tests.stages.made_up_day import RATE
from gex_assets_tests.stages.premarket.made_up_settlements import SESSION, TICK, Evening

__all__ = ["chain_of", "column"]


def chain_of(evening: Evening, *, tally: Counter[str] | None = None) -> SettlementChain:
    tally = Counter() if tally is None else tally
    tables = evening.tables
    ladders = ladders_of(tables["instruments"], tally=tally)
    found = settled(
        tables["statistics"],
        instrument_ids=ladders.instrument_ids,
        session_date=SESSION.session_date,
        ts_open=SESSION.open_ns,
        tally=tally,
    )
    return settlement_chain(ladders, found, ts_open=SESSION.open_ns, rate=RATE, tick=TICK, tally=tally)


def column(chain: SettlementChain, name: str) -> np.ndarray:
    return np.asarray(chain.rows[name].to_numpy())
