"""Zero gamma as text: digits by its uncertainty, and nothing that is out of reach."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from gex_assets.report.zero_gamma import with_zero_gamma_text, zero_gamma_text

KNOWN: dict[str, Any] = {"error": 0.6, "low": 8_010.0, "high": 8_068.0, "sigmas": 1.2}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "8,033 ± 29"),  # half of the band, not the smaller error next to it
        ({"error": 41.0}, "8,033 ± 41"),
        ({"low": 8_032.0, "high": 8_034.0, "error": 1.8}, "8,032.8 ± 1.8"),
        ({"low": None, "high": None}, "8,032.81 ± 0.60"),
        ({"error": None}, "8,033 ± 29"),
        ({"error": None, "low": None, "high": None}, "8,032.8"),
        ({"error": 0.0, "low": 8_032.81, "high": 8_032.81}, "8,032.8"),
        ({"error": 0.0004, "low": None, "high": None}, "8,032.81 ± <0.01"),
        ({"error": 1_240.0}, "8,033 ± 1,240"),
        ({"sigmas": 3.0}, "8,033 ± 29"),
        ({"sigmas": 3.01}, "none in reach"),
        ({"sigmas": None}, "8,033 ± 29"),
    ],
)
def test_the_larger_uncertainty_gives_the_digits(given: dict[str, Any], text: str) -> None:
    assert zero_gamma_text(8_032.81, **(KNOWN | given)) == text


def test_a_price_that_is_missing_is_none_and_not_out_of_reach() -> None:
    assert zero_gamma_text(None, error=None, low=None, high=None, sigmas=None) == "–"
    assert zero_gamma_text(float("nan"), **KNOWN) == "–"


def test_one_column_of_text_stands_where_the_numbers_were() -> None:
    names = ("zero_gamma", "zero_gamma_se", "zero_gamma_low", "zero_gamma_high", "zero_gamma_sigmas", "flip_rule")
    near, by_sign = "profile_nearest", "strike_sign_change"
    rows = [
        *[(8_032.81, 0.6, 8_010.0, 8_068.0, 1.2, near), (8_032.81, None, 8_032.8, 8_032.82, 1.2, by_sign)],
        *[(7_000.0, None, None, None, 9.0, near), (*(None,) * 5, near)],
    ]
    table = pa.table(
        {
            "before": [1, 2, 3, 4],
            **{name: pa.array([row[at] for row in rows]) for at, name in enumerate(names)},
            "after": [5, 6, 7, 8],
        }
    )
    assert with_zero_gamma_text(table).to_pydict() == {
        "before": [1, 2, 3, 4],
        "zero gamma": ["8,033 ± 29", "8,032.8", "none in reach", "–"],
        "after": [5, 6, 7, 8],
    }
