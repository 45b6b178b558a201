"""Shares of draws that keep a wall: against a twin that draws every strike, and where the answer is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gex_assets.kernels.exposure.kept_walls import DrawnRows, kept_walls
from gex_assets.kernels.exposure.redraws import normals, seeds_of
from gex_assets_tests.twins import kept_walls as twin

Float = NDArray[np.float64]

F = 6_900.0
END = 1_767_657_660_000_000_000
NAN = math.nan


def option(strike: float, *, expiration: int = 0, call: float = 0.0, put: float = 0.0, **given: Any) -> twin.Option:
    """A strike whose volatility is a quote's own, 1 % sure, unless said otherwise."""
    plain: dict[str, Any] = {
        "own": 0.01,
        "curve": (0.0,) * 5,
        "tilt": 0.0,
        "by_vol": 1.0,
        "by_forward": 0.0,
        "forward_error": 0.0,
    }
    key = int(np.array([strike]).view(np.int64)[0])
    return twin.Option(strike=strike, expiration=expiration, key=key, call=call, put=put, **(plain | given))


def walls_of(options: list[twin.Option], *, by_net: bool) -> tuple[float, float]:
    """The walls as they are published."""
    walls = []
    for side in (0, 1):
        values: dict[float, float] = {}
        for one in options:
            mine, other = (one.call, one.put) if side == 0 else (one.put, one.call)
            if (one.strike > F) == (side == 0):
                values[one.strike] = values.get(one.strike, 0.0) + mine - (other if by_net else 0.0)
        good = {strike: value for strike, value in values.items() if value > 0}
        walls.append(max(good, key=good.__getitem__) if good else NAN)
    return walls[0], walls[1]


def shares(
    options: list[twin.Option], *, by_net: bool = True, reference_error: float = 0.0, front: int | None = None
) -> tuple[float, float]:
    """What the kernel says of one window."""
    ordered = sorted(options, key=lambda one: (one.expiration, one.strike))
    strikes = np.unique([one.strike for one in ordered])
    slots = sorted({one.expiration for one in ordered})
    seeds = seeds_of(np.full(len(slots), END), np.array(slots, dtype=np.int64))
    columns = {
        name: np.array([getattr(one, name) for one in ordered]) for name in DrawnRows._fields if name not in ("place", "slot")
    }
    rows = DrawnRows(
        place=np.searchsorted(strikes, [one.strike for one in ordered]),
        slot=np.array([slots.index(one.expiration) for one in ordered]),
        **columns,
    )
    found = kept_walls(
        first=np.array([0]),
        stop=np.array([len(ordered)]),
        prices=strikes,
        rows=rows,
        reference=np.array([F]),
        reference_error=np.array([reference_error]),
        reference_slot=np.array([-1 if front is None else slots.index(front)]),
        walls=np.array([walls_of(options, by_net=by_net)]),
        by_net=by_net,
        seeds=seeds,
        numbers=normals(seeds),
    )
    return float(found[0, 0]), float(found[0, 1])


SIZES = st.floats(0.0, 100.0)
ERRORS = st.floats(0.0, 0.3)


@st.composite
def chains(draw: st.DrawFn) -> list[twin.Option]:
    options = []
    for expiration in range(draw(st.integers(1, 2))):
        for strike in sorted(draw(st.sets(st.sampled_from([6_850.0, 6_890.0, 6_899.8, 6_905.0, 6_950.0]), min_size=2))):
            smiled = draw(st.booleans())
            options.append(
                option(
                    strike,
                    expiration=expiration,
                    call=draw(SIZES),
                    put=draw(SIZES),
                    own=0.0 if smiled else draw(ERRORS),
                    curve=tuple(draw(ERRORS) for _ in range(5)) if smiled else (0.0,) * 5,
                    tilt=draw(st.floats(-0.02, 0.02)),
                    by_vol=draw(st.floats(-3, 3)),
                    by_forward=draw(st.floats(-0.01, 0.01)),
                    forward_error=0.1 * (1 + expiration),
                )
            )
    return options


@settings(deadline=None, max_examples=25)
@given(chains(), st.booleans(), st.booleans())
def test_shares_are_those_of_the_twin(options: list[twin.Option], by_net: bool, has_front: bool) -> None:
    walls = walls_of(options, by_net=by_net)
    found = shares(options, by_net=by_net, reference_error=0.1, front=0 if has_front else None)
    expected = twin.kept(
        options,
        seeds={one.expiration: twin.derived(END, one.expiration) for one in options},
        reference=F,
        reference_error=0.1,
        reference_expiration=0 if has_front else None,
        walls=walls,
        by_net=by_net,
    )
    for ours, theirs, wall in zip(found, expected, walls, strict=True):
        if math.isnan(wall):
            assert math.isnan(ours)
        else:
            # equal values differ by their rounding
            assert ours == pytest.approx(theirs, abs=0.0041)


@settings(deadline=None, max_examples=20)
@given(st.floats(10, 1000), st.floats(0.0, 0.5), st.floats(0.001, 0.02))
def test_a_wall_far_ahead_of_the_second_is_kept_in_every_draw(size: float, second: float, own: float) -> None:
    options = [
        option(6_950.0, call=size, own=own),
        option(7_000.0, call=second * size, own=own),
        option(6_800.0, put=size, own=own),
    ]
    assert shares(options) == (1.0, 1.0)


@settings(deadline=None, max_examples=20)
@given(st.floats(10, 1000), st.floats(0.01, 0.2), st.booleans())
def test_of_two_equal_walls_each_is_kept_in_half_of_the_draws(size: float, own: float, by_net: bool) -> None:
    options = [option(strike, call=size, own=own) for strike in (6_950.0, 7_000.0)]
    options += [option(strike, put=size, own=own) for strike in (6_800.0, 6_850.0)]
    assert shares(options, by_net=by_net) == (pytest.approx(0.5, abs=0.1), pytest.approx(0.5, abs=0.1))


def test_errors_that_all_strikes_share_do_not_move_a_wall_and_errors_of_their_own_do() -> None:
    together = [
        option(strike, call=size, own=0.0, curve=(0.1, 0, 0, 0, 0)) for strike, size in ((6_950.0, 100.0), (7_000.0, 99.0))
    ]
    assert math.isclose(shares(together)[0], 1.0)
    apart = [
        option(strike, call=size, own=0.0, curve=tuple(0.1 * (j == n) for j in range(5)))
        for n, (strike, size) in enumerate(((6_950.0, 100.0), (7_000.0, 99.0)))
    ]
    assert 0.4 < shares(apart)[0] < 0.65


def test_a_price_that_may_be_on_either_side_of_a_strike_halves_its_share() -> None:
    options = [option(F + 0.001, call=100.0, own=0.001), option(6_950.0, call=10.0, own=0.001)]
    assert shares(options, reference_error=0.1, front=0)[0] == pytest.approx(0.5, abs=0.1)
    assert shares(options)[0] == 1.0


def test_without_a_wall_or_a_known_error_there_is_no_share() -> None:
    assert np.isnan(shares([option(6_950.0, put=5.0), option(6_800.0, call=5.0)])).all()
    unknown = [option(6_950.0, call=5.0), option(7_000.0, call=4.0, own=NAN), option(6_800.0, put=1.0)]
    assert np.isnan(shares(unknown, by_net=False)[0])
    assert shares(unknown, by_net=False)[1] == 1.0
