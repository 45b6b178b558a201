"""Where labels of a ladder stand, whatever the levels, and what the ladder shows."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.pages.brief.ladder import ladder, rungs_of, spread
from gex_assets_tests.brief.made_up_briefs import brief, frame, rows

GAP = 0.065
PLACES = st.lists(st.floats(0.0, 1.0), max_size=8).map(sorted)


@given(PLACES)
def test_labels_are_in_order_apart_and_inside(places: list[float]) -> None:
    found = spread(places, gap=GAP)
    assert len(found) == len(places)
    assert all(later - earlier >= GAP - 1e-9 for earlier, later in itertools.pairwise(found))
    assert all(GAP / 2 - 1e-9 <= place <= 1 - GAP / 2 + 1e-9 for place in found)


@given(PLACES)
def test_labels_with_room_stay_where_their_levels_are(places: list[float]) -> None:
    inside = [place for place in places if GAP <= place <= 1 - GAP]
    if all(later - earlier >= GAP for earlier, later in itertools.pairwise(inside)):
        assert spread(inside, gap=GAP) == pytest.approx(inside)


def test_rungs_go_from_the_highest_price_to_the_lowest() -> None:
    assert [(one.name, one.price, one.about) for one in rungs_of(brief())] == [
        ("2nd call wall", 7050.0, ""),
        ("call wall", 7000.0, "0.5σ"),
        ("price", 6974.5523, ""),
        ("flip", 6963.9697, "± 2.7"),
        ("put wall", 6950.0, "0.5σ"),
    ]


def test_a_flip_that_is_nobodys_level_is_not_on_it() -> None:
    assert "flip" not in {one.name for one in rungs_of(brief(now=rows(zero_gamma_sigmas=4.0)))}


def test_the_night_and_the_expected_move_are_areas_with_a_legend() -> None:
    drawn = str(ladder(brief(of_session=frame())))
    assert drawn.count("<rect") == 3 + 3
    for text in ("expected move", "range of the night", "error of the flip"):
        assert text in drawn
    assert "range of the night" not in str(ladder(brief()))


def test_without_any_level_a_sentence_says_so() -> None:
    none = dict.fromkeys(
        ("call_wall", "put_wall", "secondary_call_wall", "secondary_put_wall", "zero_gamma", "reference_price", "expected_move")
    )
    assert str(ladder(brief(now=rows(**none)))) == "<p>No level is known.</p>"
