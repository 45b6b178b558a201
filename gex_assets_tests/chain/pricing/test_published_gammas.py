from __future__ import annotations

import numpy as np
import pytest

from gex_assets.chain.pricing.published_gammas import are_confirmed, are_rounded

TRUTH = np.linspace(0.0004, 0.0031, 60)
IS_CALL = np.arange(60) % 2 == 0


def test_rounded_gammas_are_known_by_their_decimals() -> None:
    assert are_rounded(np.round(TRUTH, 4))
    assert not are_rounded(TRUTH)
    assert not are_rounded(np.round(TRUTH[:19], 4)), "nineteen may agree by chance"
    assert not are_rounded(np.zeros(60))


@pytest.mark.parametrize(
    ("factor_of_calls", "factor_of_puts", "confirmed"),
    [(1.0, 1.0, True), (1.004, 0.996, True), (1.006, 1.0, False), (1.0, 0.994, False), (2.0, 2.0, False)],
)
def test_sums_by_right_within_half_a_percent_confirm(factor_of_calls: float, factor_of_puts: float, confirmed: bool) -> None:
    published = TRUTH * np.where(IS_CALL, factor_of_calls, factor_of_puts)
    assert are_confirmed(published, TRUTH, is_call=IS_CALL) is confirmed


def test_rounding_is_no_contradiction_and_a_bias_beyond_it_is() -> None:
    assert are_confirmed(np.round(TRUTH, 4), TRUTH, is_call=IS_CALL)
    assert not are_confirmed(np.round(TRUTH * np.where(IS_CALL, 0.97, 1.03), 4), TRUTH, is_call=IS_CALL)


def test_what_has_no_other_contradicts_nothing() -> None:
    nothing = np.full(60, np.nan)
    assert are_confirmed(TRUTH, nothing, is_call=IS_CALL)
    half = np.where(IS_CALL, TRUTH, np.nan)
    assert are_confirmed(half, TRUTH, is_call=IS_CALL)
    assert not are_confirmed(2.0 * half, TRUTH, is_call=IS_CALL)
