"""Zero gamma of rows made up one by one: which of them are re-priced, and what the rest must not change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from gex_assets.analytics.chain_levels import ChainRows, SignedChain, levels, signed
from gex_assets.analytics.zero_gamma import ZeroGamma, ZeroGammaFinder, profile_of
from gex_assets.conventions import BUILT_IN, conventions
from gex_assets.kernels.exposure.exposure import SCALE_NAMES, power_of_price
from gex_assets.stages.silver.chain_scopes import chain_rows
from gex_assets_tests.stages.silver.made_up_levels import (
    RATE,
    STRIKES,
    SUCCESSOR,
    F,
    Row,
    chain_of,
    chain_row,
    end_of,
    few_strikes,
    forward_row,
    levels_of,
    row_of,
)

FIELD = BUILT_IN["field"]


def arrays_of(rows: Sequence[Row], windows: int = 1) -> ChainRows:
    table = chain_of(rows)
    at = np.searchsorted([end_of(window) for window in range(windows)], table["ts_window_end"].to_numpy())
    return chain_rows(table, at, windows)[0]


def signed_of(rows: Sequence[Row], windows: int = 1, **given: Any) -> SignedChain:
    return signed(arrays_of(rows, windows), **({"convention": FIELD, "weight": "open_interest"} | given))


def found_of(chain: SignedChain, *, fill: bool = True) -> tuple[ZeroGamma, tuple[float, float]]:
    reference = np.full(chain.rows.windows, F)
    finder = ZeroGammaFinder(chain, chosen=np.ones(chain.rows.windows, dtype=np.bool_), rate=RATE, fill=fill)
    zero_gamma = finder.find(reference=reference, found=levels(chain, reference=reference))
    low, high = finder.band(reference=reference, zero_gamma=zero_gamma)
    return zero_gamma, (float(low[0]), float(high[0]))


WITHOUT_VOLATILITY = [chain_row(0, 6_900.0 + 50 * k, call=9_000.0, ts_expiration=SUCCESSOR, sigma=None) for k in range(-3, 4)]
"""An expiration that has a forward and weights, but no volatility at any strike."""


@pytest.mark.parametrize("fill", [True, False])
def test_an_expiration_without_any_volatility_changes_nothing(fill: bool) -> None:
    alone, together = signed_of(few_strikes()), signed_of([*few_strikes(), *WITHOUT_VOLATILITY])
    profile = profile_of(together, rate=RATE, fill=fill)
    assert profile.rows.tolist() == list(range(len(STRIKES)))
    assert profile.before.tolist() == [0, 1, 2, 3, 4, *[len(STRIKES)] * 8]
    expected, band = found_of(alone, fill=fill)
    found, other = found_of(together, fill=fill)
    assert expected.prices.size > 0
    np.testing.assert_array_equal(found.prices, expected.prices)
    assert other == band
    nothing = found_of(signed_of(WITHOUT_VOLATILITY), fill=fill)[0]
    assert (nothing.prices.size, nothing.first.tolist(), np.isnan(nothing.nearest).all()) == (0, [0, 0], True)


def test_in_the_table_such_an_expiration_has_no_exposure_and_no_part_in_the_others() -> None:
    forward = [forward_row(0, forward_se=0.1), forward_row(0, ts_expiration=SUCCESSOR, is_front=False, forward_se=0.1)]
    alone = row_of(levels_of([chain_of(few_strikes())], forward))
    table = levels_of([chain_of([*few_strikes(), *WITHOUT_VOLATILITY])], forward)
    selected, own = row_of(table), row_of(table, scope="exp:2026-06-18")
    for name in ("net_gex", "zero_gamma", "zero_gamma_roots", "net_gex_se", "zero_gamma_se", "call_wall", "put_wall"):
        assert selected[name] == alone[name], name
    assert selected["coverage"] < alone["coverage"] == 1.0
    assert (own["strikes"], own["net_gex"], own["zero_gamma_reason"], own["coverage"]) == (0, None, "no_exposure", 0.0)


def test_a_strike_without_volatility_takes_its_neighbours_only_where_gaps_are_filled() -> None:
    rows = few_strikes()
    rows[3] = chain_row(0, 7_000.0, call=350.0, put=60.0, sigma=None)
    chain = signed_of(rows)
    assert profile_of(chain, rate=RATE, fill=True).rows.tolist() == [0, 1, 2, 3, 4]
    assert profile_of(chain, rate=RATE, fill=False).rows.tolist() == [0, 1, 2, 4]
    whole = found_of(signed_of(few_strikes()))[0].nearest[0]
    filled, without = (found_of(chain, fill=fill)[0].nearest[0] for fill in (True, False))
    left_out = found_of(signed_of([rows[k] for k in (0, 1, 2, 4)]), fill=False)[0].nearest[0]
    assert without == left_out != filled
    # all strikes have one volatility, so the neighbours' is the strike's own
    assert filled == pytest.approx(whole, abs=1e-9)


def test_without_a_forward_a_row_is_not_repriced() -> None:
    rows = [*few_strikes(), chain_row(0, 7_300.0, call=9_000.0, forward=None)]
    assert profile_of(signed_of(rows), rate=RATE, fill=True).rows.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("scale", SCALE_NAMES)
def test_the_profile_knows_the_power_of_its_scale(scale: str) -> None:
    of = conventions([{"name": "mine", "scale": scale}])[-1]
    chain = signed_of(few_strikes(), convention=of)
    assert profile_of(chain, rate=RATE).power == power_of_price(scale=scale) - 1.0
    assert found_of(chain)[0].nearest == pytest.approx(found_of(signed_of(few_strikes()))[0].nearest, abs=1e-6)


def test_contracts_per_percent_are_dollars_per_point_in_another_unit_errors_included() -> None:
    rows, forward = [*few_strikes(0), *few_strikes(1, sigma=0.16)], [forward_row(window, forward_se=0.1) for window in (0, 1)]
    points, contracts = (
        row_of(levels_of([chain_of(rows)], forward, only=conventions([{"name": "mine", "scale": scale}])[-1:]), "mine", window=1)
        for scale in ("usd_per_point", "contracts_per_1pct")
    )
    unit = 0.01 / 50.0
    for name in (
        "net_gex",
        "gross_gex",
        "net_gex_se_quotes",
        "net_gex_se_forward",
        "net_gex_change",
        "net_gex_change_volatility",
    ):
        assert contracts[name] == pytest.approx(unit * points[name], rel=1e-9), name
    assert contracts["zero_gamma_se"] == pytest.approx(points["zero_gamma_se"], rel=1e-6)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_signed_contracts_times_gamma_and_factor_are_the_signed_exposure(name: str) -> None:
    rows = few_strikes(call_flow_inventory=-7.0, put_flow_inventory=3.0)
    rows[1] |= {"call_open_interest": None, "put_flow_inventory": None}
    chain = signed_of(rows, convention=BUILT_IN[name], weight=BUILT_IN[name].weights[0])
    for contracts, exposure in ((chain.call_contracts, chain.call_exposure), (chain.put_contracts, chain.put_exposure)):
        assert contracts * chain.rows.gamma * chain.factor == pytest.approx(exposure, nan_ok=True)
    net = levels(chain, reference=np.array([F])).net[0]
    assert np.nansum(chain.call_exposure) + np.nansum(chain.put_exposure) == pytest.approx(net)


def test_under_the_other_rule_the_crossings_of_the_levels_are_zero_gamma() -> None:
    chain = signed_of(few_strikes(), convention=BUILT_IN["magic8"])
    reference = np.array([F])
    found = levels(chain, reference=reference)
    finder = ZeroGammaFinder(chain, chosen=np.ones(1, dtype=np.bool_), rate=RATE)
    zero_gamma = finder.find(reference=reference, found=found)
    assert finder.profile is None
    np.testing.assert_array_equal(zero_gamma.prices, found.crossings)
    assert zero_gamma.peak.tolist() == [0.0]
    assert zero_gamma.nearest[0] in found.crossings


def test_a_band_is_found_only_in_the_windows_chosen() -> None:
    chain = signed_of([*few_strikes(0), *few_strikes(1)], windows=2)
    reference = np.full(2, F)
    for convention in (FIELD, BUILT_IN["magic8"]):
        one = signed(chain.rows, convention=convention, weight="open_interest")
        finder = ZeroGammaFinder(one, chosen=np.array([False, True]), rate=RATE)
        zero_gamma = finder.find(reference=reference, found=levels(one, reference=reference))
        low, high = finder.band(reference=reference, zero_gamma=zero_gamma)
        assert np.isnan([low[0], high[0]]).all()
        assert low[1] <= zero_gamma.nearest[1] <= high[1]
