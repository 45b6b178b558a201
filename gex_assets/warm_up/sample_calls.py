"""Tiny calls of what the small sample market compiles: five seconds of a day, of which nothing is written."""

from __future__ import annotations

from datetime import date, time
from typing import Final

from gex_assets.kernels.pricing import black76
from gex_assets.market.products import product as product_of
from gex_assets.sample.files.defects import RECORD_FAULTS, Planter
from gex_assets.sample.futures.feed import future_blocks
from gex_assets.sample.market_day import MarketDay, market_day
from gex_assets.sample.options.feed import option_blocks
from gex_assets.sample.profile import profile
from gex_assets.sample.seeds import generator

__all__ = ["futures", "greeks", "options"]

DAY: Final = date(2026, 1, 6)
SESSION: Final = (time(14, 30), time(14, 30, 5))


def _market() -> MarketDay:
    return market_day(product=product_of("ES"), day=DAY, session=SESSION, profile=profile("small"), seed=7)


def options() -> None:
    """Simulate the options, which also compiles the prices that the makers quote around."""
    for _ in option_blocks(_market(), Planter(RECORD_FAULTS, generator(7, "defects"))):
        pass


def futures() -> None:
    """Simulate the futures."""
    for _ in future_blocks(_market()):
        pass


def greeks() -> None:
    """Find the greeks that the truth stores."""
    black76.greeks(F=100.0, K=100.0, T=0.1, sigma=0.2, r=0.0, is_call=True)
