"""A listed index chain on the axis of a future, next to the future's own options: ratio, joined rows, levels of each and of both.

The future's options come in as rows that a caller has; nothing here reads a lake. `moment` says which moment both are of,
`future_side` holds the future's options, `joined` puts both on one axis, `analysis` finds the levels, `documents` makes plain
documents of them. What comes out is combined of two sources, and says so.
"""

from __future__ import annotations

from gex_assets.chain.two_markets.analysis import TwoMarkets, with_future
from gex_assets.chain.two_markets.future_side import FutureSide
from gex_assets.chain.two_markets.moment import IndexMoment

__all__ = ["FutureSide", "IndexMoment", "TwoMarkets", "with_future"]
