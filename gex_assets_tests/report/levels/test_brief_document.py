"""A program gets all that the brief says."""

from __future__ import annotations

import json

import pytest

from gex_assets.report.levels.brief_document import brief_document
from gex_assets_tests.brief.made_up_briefs import brief, frame, full


def test_a_program_gets_the_same() -> None:
    document = json.loads(json.dumps(brief_document(brief())))
    assert (document["call_wall"], document["before"]["call_wall"]) == (7000.0, 6990.0)
    second = document["roll_off"][1]
    assert (second["expires"], second["share"], second["net"]) == ("2026-03-20", pytest.approx(0.58), None)
    assert document["session"] is None
    assert brief_document(brief(before=[]))["before"] is None


def test_the_session_is_told_with_moments_and_contracts() -> None:
    session = json.loads(json.dumps(brief_document(brief(of_session=frame())), allow_nan=False))["session"]
    night, regular = session["stretches"]
    assert night["reference_price"] == {"low": 6948.25, "high": 6981.5, "last": 6974.5}
    assert night["future"] == {"symbol": "ESH6", "bought": 61_204, "sold": 59_970, "unsigned": 12}
    assert (regular["calls"], regular["ts_end"]) == (None, session["ts_moment"])
    assert session["regime"]["magnitude"] == "moderate"
    assert session["quality"]["complete_share"] == 0.991


def test_changes_and_movers_are_numbers() -> None:
    document = json.loads(json.dumps(brief_document(full()), allow_nan=False))
    assert document["change"]["net"] == pytest.approx(sum(document["change"]["parts"].values()))
    assert document["movers"]["by_contracts"][0] == {
        "expires": "2026-03-20",
        "strike": 7000.0,
        "right": "C",
        "now": 12400.0,
        "change": 1204.0,
        "gex_change": 12300000.0,
    }
    assert document["roll_off"][0]["put_wall"] == 6900.0
