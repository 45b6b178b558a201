"""The brief of a morning against a file of answers, its shares by hand, and what it says is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gex_assets.errors import GexError
from gex_assets.report.levels.brief import Brief, brief_document, brief_lines
from gex_assets_tests.report.levels.made_up_levels import Row, row

GOLDEN = Path(__file__).with_name("golden") / "brief.txt"
ODTE = 1_769_202_000 * 1_000_000_000
"""2026-01-23 15:00 in Chicago."""


def open_row(scope: str = "all", gross: float | None = 20e9, **changes: Any) -> Row:
    facts = {
        "scope": scope,
        "gross_gex": gross,
        "ts_known": 1_769_126_400 * 1_000_000_000,
        "open_interest_date": date(2026, 1, 22),
        "open_interest_is_final": True,
        "settlement_is_final": True,
        "repriced_share": 1.0,
        "coverage": 0.99,
        "forward_quality": "ok",
        "call_wall_sigmas": 0.51,
        "put_wall_sigmas": 0.5,
        "ts_first_expiration": ODTE,
    }
    return row(**{**facts, **changes})


def rows(**changes: Any) -> list[Row]:
    return [
        open_row(**changes),
        open_row("0dte", 8e9),
        open_row("exp:2026-01-23", 8e9),
        open_row("exp:2026-03-20", 11.6e9),
        open_row("exp:2026-06-18", 0.4e9),
    ]


def earlier() -> list[Row]:
    return [
        open_row(session_date=date(2026, 1, 22), call_wall=6990.0, zero_gamma=6955.08, net_gex=-420e6, reference_price=6950.1)
    ]


def brief(now: Sequence[Row] | None = None, before: Sequence[Row] | None = None) -> Brief:
    return Brief.of(rows() if now is None else now, earlier() if before is None else before, product="ES", convention="field")


def test_the_brief_is_the_one_of_its_file_and_fits_a_phone() -> None:
    lines = list(brief_lines(brief(), width=46))
    assert "\n".join(lines) + "\n" == GOLDEN.read_text(encoding="utf-8")
    assert max(map(len, lines)) <= 46


@pytest.mark.parametrize("width", [30, 40, 80])
def test_any_screen_is_wide_enough(width: int) -> None:
    assert max(map(len, brief_lines(brief(now=rows(coverage=0.5)), width=width))) <= width


def test_shares_are_of_the_gross_exposure_of_all() -> None:
    assert brief().share_0dte == pytest.approx(0.4)
    assert [(str(day), round(share, 3)) for day, share in brief().roll_off] == [
        ("2026-01-23", 0.4),
        ("2026-03-20", 0.58),
        ("2026-06-18", 0.02),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"open_interest_is_final": False}, "open interest is an early count"),
        ({"settlement_is_final": False}, "not all settlements are final"),
        ({"coverage": 0.9}, "10% of open interest has no volatility"),
        ({"repriced_share": 0.97}, "3% of near options miss their settlement by more than a tick"),
        ({"forward_quality": "weak"}, "the forward is weak"),
        ({"reference_price": None}, "no forward"),
        ({"net_gex": None}, "no open interest, so no exposure"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], said: str) -> None:
    assert brief().missing == ()
    (found,) = brief(now=rows(**changes)).missing
    assert said in found
    assert said.split(maxsplit=1)[0] in "\n".join(brief_lines(brief(now=rows(**changes)), width=46))


def test_a_first_session_has_nothing_to_compare_with() -> None:
    alone = brief(before=[])
    assert "no levels of an earlier session" in alone.missing[0]
    assert "was" not in "\n".join(brief_lines(alone, width=46))


def test_levels_that_are_none_say_so() -> None:
    text = "\n".join(brief_lines(brief(now=rows(call_wall=None, net_gex=None, zero_gamma_sigmas=4.0)), width=46))
    assert "call wall  none" in text
    assert "flip       none" in text


def test_a_flip_between_strikes_has_no_error() -> None:
    text = "\n".join(brief_lines(brief(now=rows(flip_rule="strike_sign_change", zero_gamma_se=None)), width=46))
    assert "flip       6,964.0 (was" in text


def test_a_program_gets_the_same() -> None:
    document = json.loads(json.dumps(brief_document(brief())))
    assert (document["call_wall"], document["before"]["call_wall"]) == (7000.0, 6990.0)
    assert document["roll_off"][1] == {"expires": "2026-03-20", "share": pytest.approx(0.58)}
    assert brief_document(brief(before=[]))["before"] is None


def test_an_unknown_convention_is_refused_with_those_there_are() -> None:
    with pytest.raises(GexError, match="Expected a convention of field, was 'flow'"):
        Brief.of(rows(), [], product="ES", convention="flow")
