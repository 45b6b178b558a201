"""Crossed features by hand: depth up to a level by whole ticks, exposure between two strikes, no negative zeros."""

from __future__ import annotations

import numpy as np
import pytest

from gex_assets.schemas.silver_gex import slot_column
from gex_assets.schemas.silver_vacuum import depth_column
from gex_assets.schemas.vector_layout import BLOCKS, CROSS_FEATURES
from gex_assets.stages.gold.cross_features import GEX_NEEDED, VACUUM_NEEDED, Market, cross_blocks

WINDOWS = 24
SIZES = {"at": 1.0, "near": 10.0, "mid": 100.0, "far": 1000.0}


def crossed(
    *, level: float, direction: float = 1.0, mid: float = 6000.0, tick: float = 0.25, pull: float = 1.0, net: float = 0.0
) -> dict[str, float]:
    """The crossed features now; strikes at 5995, 6000, 6005 and 6010 with exposures of their last digit, price 6000."""
    gex = dict.fromkeys(GEX_NEEDED, np.full(WINDOWS, np.nan))
    gex |= {"reference_price": np.full(WINDOWS, 6000.0), "gamma_pull_add_log": np.full(WINDOWS, 2.0)}
    gex |= {f"{family}_net_total": np.full(WINDOWS, net) for family in ("gex", "gexoi", "gexflow")}
    for slot, strike in (("1", 6005.0), ("2", 6010.0), ("neg1", 6000.0), ("neg2", 5995.0)):
        gex[slot_column("strike", slot, "")] = np.full(WINDOWS, strike)
        for part in ("call", "put", "net"):
            gex[slot_column("gex", slot, part)] = np.full(WINDOWS, strike % 10.0)
    vacuum = dict.fromkeys(VACUUM_NEEDED, np.full(WINDOWS, pull))
    vacuum |= {depth_column(side, zone): np.full(WINDOWS, size) for side in ("ask", "bid") for zone, size in SIZES.items()}
    vacuum["reference_price"] = np.full(WINDOWS, mid)
    market = Market(gex=gex, vacuum=vacuum, multiplier=50.0, tick=tick)
    found = cross_blocks(
        market, row=np.array([WINDOWS - 1]), run=np.array([WINDOWS - 1]), level=np.array([level]), direction=np.array([direction])
    )
    assert found.shape == (len(BLOCKS), 1, len(CROSS_FEATURES))
    return dict(zip(CROSS_FEATURES, found[0, 0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("ticks", "depth"),
    [(-3, 1), (0, 1), (2.9, 1), (3, 11), (5.9, 11), (6, 111), (14.9, 111), (15, 1111), (20.9, 1111), (21, None)],
)
@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_depth_counts_the_zones_up_to_the_levels_own(ticks: float, depth: float | None, direction: float) -> None:
    level = 6000.0 + direction * 0.25 * ticks
    found = crossed(level=level, direction=direction, net=50.0 * 6000.0**2 * 0.01)["gex_hedge_per_depth"]
    assert np.isnan(found) if depth is None else found == pytest.approx(1.0 / (depth + 1.0))


def test_a_level_at_a_whole_tick_is_not_a_tick_nearer_by_rounding() -> None:
    """3 ticks of 0.1 from 6000.1 to 6000.4 are 2.99999999999… in floating point."""
    assert (6000.4 - 6000.1) / 0.1 < 3.0
    found = crossed(level=6000.4, mid=6000.1, tick=0.1, net=50.0 * 6000.0**2 * 0.01)["gex_hedge_per_depth"]
    assert found == pytest.approx(1.0 / (11.0 + 1.0))


@pytest.mark.parametrize(
    ("level", "expected"),
    [(6000.0, 0.0), (6005.0, 5.0), (6001.0, 1.0), (6004.0, 4.0), (6010.0, 0.0), (6010.5, None), (5994.0, None)],
)
def test_exposure_between_two_strikes_is_interpolated_and_outside_the_slots_missing(level: float, expected: float | None) -> None:
    found = crossed(level=level)["gex_level_net_vacuum"]
    assert np.isnan(found) if expected is None else found == pytest.approx(expected * 2.0)


def test_zero_is_never_negative() -> None:
    found = crossed(level=6000.0, pull=-1.0)
    assert found["gex_level_net_vacuum"] == 0.0
    assert not [name for name, value in found.items() if value == 0.0 and np.signbit(value)]
