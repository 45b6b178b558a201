"""Which prices a row has, what they are called, and how sure each is."""

from __future__ import annotations

import pytest

from gex_assets_tests.report.levels.made_up_levels import before, within


def test_levels_come_from_the_highest_to_the_lowest_with_their_names() -> None:
    assert [(one.name, round(one.price, 2)) for one in before().levels] == [
        ("2nd call wall", 7050.0),
        ("expected move up", 7005.47),
        ("call wall", 7000.0),
        ("reference", 6974.55),
        ("flip", 6963.97),
        ("put wall", 6950.0),
        ("expected move down", 6943.64),
    ]


def test_the_flip_has_the_larger_of_its_error_and_half_its_band() -> None:
    errors = {one.name: one.error for one in before().levels}
    assert errors["flip"] == pytest.approx(2.7)
    assert {one.name: one.error for one in before(zero_gamma_se=9.0).levels}["flip"] == 9.0


def test_a_flip_between_strikes_has_no_error_whatever_its_band() -> None:
    found = before(flip_rule="strike_sign_change", zero_gamma_se=None).levels
    assert {one.name: one.error for one in found}["flip"] is None


def test_the_reference_has_one_standard_error() -> None:
    assert {one.name: one.error for one in before().levels}["reference"] == 0.0013


def test_walls_say_how_many_draws_keep_them() -> None:
    assert {one.name: one.kept for one in before().levels if one.kept is not None} == {"call wall": 1.0, "put wall": 0.874}


def test_a_flip_out_of_reach_is_no_level() -> None:
    assert "flip" not in {one.name for one in before(zero_gamma_sigmas=3.5).levels}


def test_a_row_of_a_window_has_no_expected_move() -> None:
    found = {one.name: one.error for one in within().levels}
    assert "expected move up" not in found
    assert found["reference"] is None


def test_nothing_known_is_no_level() -> None:
    names = ("call_wall", "secondary_call_wall", "put_wall", "zero_gamma", "reference_price", "expected_move", "net_gex")
    assert before(**dict.fromkeys(names)).levels == ()


def test_the_title_says_what_is_counted_and_the_moment_since_when() -> None:
    assert before().title == "ES 2026-01-23 before the session, field, all, by open_interest"
    assert before().known == "could be known from 2026-01-23 00:00 UTC on"
    assert within(weight_used=None).title == "ES 2026-01-23 20:55:00 UTC, field, 0dte, by no weight"
    assert "no statistic" in within().known
