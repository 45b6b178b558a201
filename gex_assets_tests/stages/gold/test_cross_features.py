from __future__ import annotations

from gex_assets.kernels.order_book.zones import BEYOND_FROM, FAR_FROM, MID_FROM, NEAR_FROM, ZONES
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES
from gex_assets.stages.gold.cross_features import LAST_TICK, ZONE_BEGINS


def test_zones_are_those_that_the_kernel_draws():
    assert tuple(DEPTH_ZONES) == tuple(ZONE_BEGINS) == ZONES
    begins = (0, NEAR_FROM, MID_FROM, FAR_FROM)
    assert tuple(ZONE_BEGINS.values()) == begins
    ends = (*(begin - 1 for begin in begins[1:]), BEYOND_FROM - 1)
    assert tuple(DEPTH_ZONES.values()) == tuple(f"{first}-{last}" for first, last in zip(begins, ends, strict=True))
    assert ends[-1] == LAST_TICK
