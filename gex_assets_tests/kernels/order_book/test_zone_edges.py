"""Where zones begin and end, for the kernel, the schema's words and the slow twin alike."""

from __future__ import annotations

from gex_assets.kernels.order_book import zones as drawn
from gex_assets.kernels.order_book.zone_edges import LAST_TICK, ZONE_BEGINS, ZONES, zone_ticks
from gex_assets.schemas.silver_vacuum import DEPTH_ZONES
from gex_assets_tests.twins import vacuum as twin


def test_zones_span_the_ticks_that_the_schema_says() -> None:
    assert DEPTH_ZONES == {"at": (0, 2), "near": (3, 5), "mid": (6, 14), "far": (15, 20)}


def test_zones_are_those_of_the_twin() -> None:
    assert tuple(twin.ZONES) == ZONES
    for zone, ticks in twin.ZONES.items():
        assert zone_ticks(zone) == (ticks[0], ticks[-1])
    assert twin.ZONES["far"][-1] == LAST_TICK


def test_the_compiled_edges_are_the_beginnings() -> None:
    edges = (drawn.NEAR_FROM, drawn.MID_FROM, drawn.FAR_FROM, drawn.BEYOND_FROM)
    assert edges == (*list(ZONE_BEGINS.values())[1:], LAST_TICK + 1)
    assert len(ZONES) == drawn.COUNT
