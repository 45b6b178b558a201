"""What a brief says of levels: shares by hand, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.brief.facts import Brief, level_words, read_brief
from gex_assets.errors import GexError
from gex_assets.lake.tables import Lake
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets_tests.brief.made_up_briefs import MOMENT, brief, frame, rows
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.stages.premarket.made_up_settlements import EVENING, SESSION, rows_of, usual


def test_shares_are_of_the_gross_exposure_of_all() -> None:
    assert brief().share_0dte == pytest.approx(0.4)
    assert [(str(one.expires), round(one.share or 0.0, 3)) for one in brief().roll_off] == [
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
        ({"coverage": 0.8, "worthless_share": 0.1}, "10% of open interest has no volatility"),
        ({"settlement_date": date(2026, 1, 21)}, "settlements are of 2026-01-21: those of 2026-01-22 have not come"),
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


def test_what_settled_at_nothing_is_not_missing() -> None:
    assert brief(now=rows(coverage=0.6, worthless_share=0.4)).missing == ()


def test_a_first_session_has_nothing_to_compare_with() -> None:
    assert "no levels of an earlier session" in brief(before=[]).missing[0]
    assert {one.before for one in level_words(brief(before=[]))} == {None}


def test_levels_that_were_not_known_at_the_moment_say_so() -> None:
    made = brief(now=rows(ts_known=MOMENT + 1), of_session=frame())
    assert made.missing == ("these levels were not known before Fri 08:45 Chicago, after the moment",)
    assert replace(made, frame=frame(moment_ns=MOMENT + 1)).missing == ()


def test_what_the_session_lacks_comes_last() -> None:
    made = brief(now=rows(coverage=0.5), of_session=frame(missing=("no windows",)))
    assert made.missing == ("50% of open interest has no volatility", "no windows")


def test_an_unknown_convention_is_refused_with_those_there_are() -> None:
    with pytest.raises(GexError, match="Expected a convention of field, was flow: nothing is computed by it here"):
        Brief.of(rows(), [], product="ES", convention="flow")


def test_a_session_before_its_first_window_has_levels_alone(tmp_path: Any) -> None:
    lake = Lake(tmp_path)
    levels = pa.Table.from_pylist(list(rows_of(usual()).values()), schema=OPEN_LEVELS.arrow_schema())
    publish(lake, OPEN_LEVELS, levels, day=EVENING)
    made = read_brief(lake, product="ES", session=None, convention="field")
    assert made.session_date == SESSION.session_date
    names = ("open_changes", "open_roll_off", "open_chain", "open_hedges")
    assert made.missing[-5:] == (
        *(f"{name} is not published: run the day before once more" for name in names),
        "nothing of the session is published: no range, flow or regime",
    )
    assert read_brief(lake, product="ES", session=None, convention="field", with_frame=False).frame is None
    with pytest.raises(GexError, match="Expected levels before the session of 2026-01-09, was none"):
        read_brief(lake, product="ES", session=date(2026, 1, 9), convention="field")
    by_a_moment = read_brief(lake, product="ES", session=None, convention="field", clock=time(14, 0))
    assert by_a_moment.missing[-1] == "nothing of the session by 14:00 UTC is published: no range, flow or regime"
