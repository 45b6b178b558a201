"""The brief of a morning as text, against files of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.brief.facts import Brief
from gex_assets.report.levels.brief import brief_lines
from gex_assets_tests.brief.made_up_briefs import brief, frame, full, rows

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize(
    ("name", "made", "width"),
    [
        ("brief.txt", brief(), 46),
        ("brief_session.txt", brief(of_session=frame()), 46),
        ("brief_full.txt", full(frame()), 46),
        ("brief_wide.txt", full(frame()), 80),
        ("brief_missing.txt", brief(now=rows(net_gex=None, coverage=None), before=[], of_session=frame(stretches=())), 46),
    ],
)
def test_the_brief_is_the_one_of_its_file_and_fits_the_screen(name: str, made: Brief, width: int) -> None:
    lines = list(brief_lines(made, width=width))
    assert "\n".join(lines) + "\n" == (GOLDEN / name).read_text(encoding="utf-8")
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [30, 40, 80])
def test_any_screen_is_wide_enough(width: int) -> None:
    assert max(map(len, brief_lines(brief(now=rows(coverage=0.5), of_session=frame()), width=width))) <= width
    assert max(map(len, brief_lines(full(frame()), width=width))) <= max(width, 42)  # what the hedge table needs


def test_levels_that_are_none_say_so() -> None:
    text = "\n".join(brief_lines(brief(now=rows(call_wall=None, net_gex=None, zero_gamma_sigmas=4.0)), width=46))
    assert "call wall  none" in text
    assert "flip       none" in text


def test_a_flip_between_strikes_has_no_error() -> None:
    text = "\n".join(brief_lines(brief(now=rows(flip_rule="strike_sign_change", zero_gamma_se=None)), width=46))
    assert "flip       6,964.0 (was" in text
