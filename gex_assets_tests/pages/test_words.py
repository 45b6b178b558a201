"""Numbers as they stand on pages."""

import math

import pytest

from gex_assets.analytics.reach import OUT_OF_REACH
from gex_assets.pages import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1_042_000_000.0, "−1.04 bn"),
        (999_999.6, "+1.00 m"),
        (0.0, "0"),
        (-0.5, "−0.500"),
        (12_345.0, "+12.3 k"),
        (3.2e12, "+3.20 tn"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_amounts_have_three_digits(value: float | None, text: str) -> None:
    assert words.amount(value) == text


def test_an_exposure_and_its_error_have_one_size() -> None:
    assert words.with_error(-2.23e9, 41e6) == "−2.23 ± 0.04 bn"
    assert words.with_error(5e6, 2e9) == "0 ± 2 bn"
    assert words.with_error(5e6, 0.0, unit="USD per 1 %") == "+5.00 ± 0.00 m USD per 1 %"
    assert words.with_error(None, 3.0) == "–"


def test_rounded_zero_has_no_sign() -> None:
    assert words.number(-0.001) == "0.00"
    assert words.signed(0.001) == "0.00"
    assert words.signed(-0.001) == "0.00"


def test_shares_do_not_round_to_certainty() -> None:
    assert words.share(0.9999) == ">99.9 %"
    assert words.share(0.0001) == "<0.1 %"
    assert (words.share(1.0), words.share(0.0), words.share(None)) == ("100 %", "0 %", "–")


def test_a_flip_out_of_reach_is_none() -> None:
    row = {"zero_gamma": 7900.0, "zero_gamma_sigmas": 9.0, "zero_gamma_se": 1.0, "zero_gamma_low": None, "zero_gamma_high": None}
    assert words.flip_text(row) == "none: farther than 3 daily standard deviations from the price"
    assert words.flip_text(row | {"zero_gamma_sigmas": None}) == "7900.0 ± 1.0"


def test_a_flip_shows_no_more_digits_than_it_has() -> None:
    row = {"zero_gamma": 6974.87, "zero_gamma_se": 0.004, "zero_gamma_low": 6950.0, "zero_gamma_high": 6990.0}
    assert words.flip_text(row) == "6975 ± 20"
    assert words.flip_text(row | {"zero_gamma_low": None}) == "6974.87 ± <0.01"


def test_every_reason_of_the_levels_and_regimes_has_words() -> None:
    from gex_assets.schemas.regime_scores import REASONS
    from gex_assets.schemas.silver_gex_levels import WALL_REASONS, ZERO_GAMMA_REASONS

    assert {*REASONS, *WALL_REASONS, *ZERO_GAMMA_REASONS, OUT_OF_REACH} == set(words.REASONS)


def test_every_weight_and_scale_has_words() -> None:
    from gex_assets.conventions import SCALES, WEIGHTS

    assert all(words.weight_text(name) != name or name == "volume" for name in WEIGHTS)
    assert all(words.unit_of(name) != name for name in SCALES)
