"""Crossed features by hand: depth up to a level by whole ticks, exposure between two strikes, differences, no negative zeros."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gex_assets.schemas.silver_gex import slot_column
from gex_assets.schemas.silver_vacuum import depth_column
from gex_assets.schemas.vector_layout import BLOCKS, CROSS_ELEMENTS
from gex_assets.stages.gold.cross_features import GEX_NEEDED, VACUUM_NEEDED, Market, cross_blocks

WINDOWS = 27
SIZES = {"at": 1.0, "near": 10.0, "mid": 100.0, "far": 1000.0}


Float = NDArray[np.float64]


def crossed(
    *, level: float, direction: float = 1.0, mid: float = 6000.0, tick: float = 0.25, pull: float = 1.0, net: float = 0.0
) -> dict[str, float]:
    """The crossed features now; strikes at 5995, 6000, 6005 and 6010 with exposures of their last digit, price 6000."""
    market = made_up_market(mid=mid, tick=tick, pull=pull, net=net)
    return blocks_of(market, level=level, direction=direction)["now"]


def made_up_market(*, mid: float = 6000.0, tick: float = 0.25, pull: float | Float = 1.0, net: float = 0.0) -> Market:
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
    return Market(gex=gex, vacuum=vacuum, multiplier=50.0, tick=tick)


def blocks_of(market: Market, *, level: float, direction: float = 1.0, run: int = WINDOWS - 1) -> dict[str, dict[str, float]]:
    """Block -> element -> value at the last window."""
    found = cross_blocks(
        market, row=np.array([WINDOWS - 1]), run=np.array([run]), level=np.array([level]), direction=np.array([direction])
    )
    assert found.shape == (len(BLOCKS), 1, len(CROSS_ELEMENTS))
    return {
        block: dict(zip(CROSS_ELEMENTS, values.tolist(), strict=True)) for block, values in zip(BLOCKS, found[:, 0], strict=True)
    }


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


@pytest.mark.parametrize("part", ["net", "gross"])
def test_the_price_at_which_an_exposure_changes_its_sign_has_none_of_it(part: str) -> None:
    """A flip by `strike_sign_change` is the interpolated zero of just this exposure: what is left there is rounding."""
    market = made_up_market()
    gex = dict(market.gex)
    gex[slot_column("gexoi", "neg1", "net")] = np.full(WINDOWS, -1.7e7)
    gex[slot_column("gexoi", "1", "net")] = np.full(WINDOWS, 0.9e7)
    for right in ("call", "put"):
        gex[slot_column("gexoi", "neg1", right)] = gex[slot_column("gexoi", "1", right)] = np.full(WINDOWS, 2e7)
    flip = 6000.0 + 5.0 * 1.7 / 2.6
    found = blocks_of(Market(gex=gex, vacuum=market.vacuum, multiplier=50.0, tick=0.25), level=flip)
    name = f"gexoi_level_{part}_vacuum"
    if part == "gross":
        assert found["now"][name] == pytest.approx(8e7)
    else:
        assert all(np.isnan(block[name]) for block in found.values())
        beside = blocks_of(Market(gex=gex, vacuum=market.vacuum, multiplier=50.0, tick=0.25), level=flip + 0.001)
        assert beside["now"][name] == pytest.approx(2 * 0.001 * 2.6e7 / 5.0, rel=1e-5)


def test_two_strikes_without_exposure_have_none_between_them_and_that_is_a_value() -> None:
    market = made_up_market()
    nothing = {slot_column("gex", slot, "net"): np.zeros(WINDOWS) for slot in ("neg1", "1")}
    found = blocks_of(Market(gex={**market.gex, **nothing}, vacuum=market.vacuum, multiplier=50.0, tick=0.25), level=6002.0)
    assert found["now"]["gex_level_net_vacuum"] == 0.0


def test_differences_are_of_windows_that_follow_one_another_at_the_triggers_level() -> None:
    """The pull grows with the cube of the window, so that the third difference is 6 times the factor."""
    market = made_up_market(pull=np.arange(WINDOWS, dtype=np.float64) ** 3)
    found = blocks_of(market, level=6000.0)
    n = float(WINDOWS - 1)
    first, second = [2.0 * (n**3 - (n - 1) ** 3), 2.0 * (n**3 - 2 * (n - 1) ** 3 + (n - 2) ** 3)]
    name = "gamma_pull_future_pull"
    assert found["now"][f"d1_{name}"] == pytest.approx(first)
    assert found["now"][f"d2_{name}"] == pytest.approx(second)
    assert found["now"][f"d3_{name}"] == pytest.approx(12.0)
    # the difference of order 3 of the oldest of 24 windows reaches 26 windows back
    assert found["mean_24"][f"d3_{name}"] == pytest.approx(12.0)
    assert found["step_24"][f"d2_{name}"] == pytest.approx(12.0)


@pytest.mark.parametrize(("run", "known"), [(0, 0), (1, 1), (2, 2), (3, 3), (25, 3), (26, 3), (-1, -1)])
def test_differences_do_not_reach_over_a_gap(run: int, known: int) -> None:
    found = blocks_of(made_up_market(), level=6000.0, run=run)
    name = "gamma_pull_future_pull"
    orders = [order for order in range(4) if not np.isnan(found["now"][f"d{order}_{name}" if order else name])]
    assert orders == list(range(known + 1))
    in_24 = [order for order in range(4) if not np.isnan(found["mean_24"][f"d{order}_{name}" if order else name])]
    assert in_24 == [order for order in range(4) if run >= 23 + order]
