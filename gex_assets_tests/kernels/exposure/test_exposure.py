import math

import numpy as np
import pytest

from gex_assets.errors import SettingsError
from gex_assets.kernels.exposure.exposure import (
    SCALE_NAMES,
    SIGN_MODEL_NAMES,
    gamma_exposure,
    power_of_price,
    scale_factor,
    signs,
)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("usd_per_1pct", 0.002 * 100 * 50 * 6000.0**2 * 0.01),
        ("usd_per_point", 0.002 * 100 * 50 * 6000.0),
        ("delta_per_point", 0.002 * 100 * 50),
        ("contracts_per_1pct", 0.002 * 100 * 60.0),
    ],
)
def test_exposure_in_each_scale(scale, expected):
    found = gamma_exposure(gamma=0.002, weight=-100.0, F=6000.0, multiplier=50.0, scale=scale)
    assert math.isclose(found, expected, rel_tol=1e-14)


def test_scales_agree_with_each_other():
    """A futures contract moves multiplier dollars a point: contracts per 1 % times that is USD of delta per 1 % over F."""
    F, multiplier = np.array([4000.0, 6000.0]), 50.0
    usd = gamma_exposure(gamma=0.003, weight=7.0, F=F, multiplier=multiplier)
    contracts = gamma_exposure(gamma=0.003, weight=7.0, F=F, multiplier=multiplier, scale="contracts_per_1pct")
    np.testing.assert_allclose(usd, contracts * multiplier * F, rtol=1e-14)


def test_seed_example_of_the_calculator():
    calls = gamma_exposure(gamma=0.01, weight=1000.0, F=500.0, multiplier=100.0, scale="usd_per_point")
    puts = gamma_exposure(gamma=0.01, weight=500.0, F=500.0, multiplier=100.0, scale="usd_per_point")
    call_sign, put_sign = signs(sign_model="short_call_long_put", call_flow=0.0, put_flow=0.0)
    assert (float(calls * call_sign), float(puts * put_sign)) == (-500_000.0, 250_000.0)


@pytest.mark.parametrize("scale", SCALE_NAMES)
def test_missing_inputs_give_missing_exposure(scale):
    for missing in ("gamma", "weight", "F"):
        inputs = {"gamma": 0.1, "weight": 1.0, "F": 100.0} | {missing: math.nan}
        assert np.isnan(gamma_exposure(**inputs, multiplier=50.0, scale=scale))


def test_factor_does_not_alias_its_input():
    F = np.array([1.0, 2.0])
    scale_factor(scale="usd_per_point", F=F, multiplier=1.0)[0] = 9.0
    assert F[0] == 1.0


def test_flow_signs_follow_the_inventory_and_stay_unknown_without():
    calls, puts = signs(sign_model="flow_signed", call_flow=[5.0, -2.0, 0.0, math.nan], put_flow=[-1.0, 1.0, 0.0, 3.0])
    np.testing.assert_array_equal(calls, [1.0, -1.0, 0.0, math.nan])
    np.testing.assert_array_equal(puts, [-1.0, 1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("model", "pair"), [("long_call_short_put", (1, -1)), ("short_call_long_put", (-1, 1)), ("gross", (1, 1))]
)
def test_constant_signs(model, pair):
    calls, puts = signs(sign_model=model, call_flow=[math.nan, 1.0], put_flow=[-1.0, 0.0])
    assert (calls.tolist(), puts.tolist()) == ([pair[0]] * 2, [pair[1]] * 2)
    assert model in SIGN_MODEL_NAMES


def test_unknown_names_are_refused():
    with pytest.raises(SettingsError, match="Expected a scale of"):
        scale_factor(scale="usd", F=1.0, multiplier=1.0)
    with pytest.raises(SettingsError, match="Expected a sign model of"):
        signs(sign_model="dealer", call_flow=1.0, put_flow=1.0)


@pytest.mark.parametrize("scale", SCALE_NAMES)
def test_a_scale_grows_with_its_power_of_the_price(scale):
    low, high = (scale_factor(scale=scale, F=price, multiplier=50.0) for price in (4000.0, 8000.0))
    assert float(high) == pytest.approx(float(low) * 2.0 ** power_of_price(scale=scale), rel=1e-14)
