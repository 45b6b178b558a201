"""The hedge table as text for a phone and as a document; what is not known is said."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gex_assets.analytics.usual_volume import UsualVolume
from gex_assets.brief.hedges import HedgeTable, hedge_rows, usual_before
from gex_assets.errors import GexError
from gex_assets.lake.tables import Lake
from gex_assets.report.levels.hedges import hedge_document, hedge_lines
from gex_assets.schemas.open_hedges import OPEN_HEDGES
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.stages.premarket.made_up_settlements import EVENING, SESSION, hedges_of, usual

Row = dict[str, Any]

USUAL = {9: UsualVolume(5_812.5, 20), 14: UsualVolume(9_000.0, 18)}


def row(cause: str = "price", size: float = 0.25, **changes: Any) -> Row:
    of_price = cause == "price"
    return {
        "session_date": date(2026, 1, 7),
        "convention": "field",
        "scope": "all",
        "scale": "usd_per_1pct",
        "cause": cause,
        "move": size,
        "reference_price": 6_903.12,
        "price_at": 6_903.12 * (1 + size / 100) if of_price else None,
        "contracts": -1_453.4,
        "contracts_se": 31.6,
        "usd": -5e8,
        "net_gex_ahead": 1.2345e9 if of_price else None,
        "net_gex_behind": -3.21e8 if of_price else None,
        "gross_gex_ahead": 2e9 if of_price else None,
        "gross_gex_behind": 1e9 if of_price else None,
        "hedge_per_sigma": 1.5e9,
        "reason": None,
        **changes,
    }


ROWS = [
    row(size=-1.0, contracts=123_456.0, contracts_se=12_345.0),
    row(size=0.25),
    row("time", 22.0, contracts=0.3, contracts_se=None),
    row("volatility", -1.0, contracts=88.0),
]


def table(**changes: Any) -> HedgeTable:
    return HedgeTable.of(changes.pop("rows", ROWS), **{"convention": "field", "usual": USUAL, **changes})


def test_it_fits_a_phone() -> None:
    assert list(hedge_lines(table(), width=46)) == [
        "hedges: futures to trade, + to buy, of who",
        "holds what the convention assumes",
        "move        price  futures       ±   5 min",
        "-1 %      6,834.1 +123,456  12,345   2124%",
        "+0.25 %   6,920.4   -1,453      32     25%",
        "22 h                    +0              0%",
        "-1 vol                 +88      32      2%",
        "5 min: share of the usual five minutes at",
        "09:00 Chicago, 5,812 futures over 20 sessions",
        "net at five strikes above +1.234 bn, below",
        "-321.0 m USD per 1 %",
        "a day's σ at constant gamma: 1.500 bn USD",
    ]


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (80, ["move", "price", "futures", "±", "5", "min"]),
        (42, ["move", "price", "futures", "±", "5", "min"]),
        (41, ["move", "price", "futures", "5", "min"]),
        (34, ["move", "price", "futures", "5", "min"]),
        (33, ["move", "futures", "5", "min"]),
        (26, ["move", "futures", "5", "min"]),
    ],
)
def test_a_narrow_screen_has_fewer_columns(width: int, heads: list[str]) -> None:
    lines = list(hedge_lines(table(), width=width))
    assert max(map(len, lines)) <= width
    assert heads in [line.split() for line in lines]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"usual": {}}, "no share: no futures are published of sessions before"),
        ({"hour": 3}, "no share: no session before has futures of 03:00 Chicago"),
        ({"usual": {9: UsualVolume(0.0, 2)}}, "no share: nothing usually trades at 09:00 Chicago"),
    ],
)
def test_without_a_usual_volume_it_says_why(changes: dict[str, Any], said: str) -> None:
    lines = list(hedge_lines(table(**changes), width=80))
    assert said in lines
    assert not any("5 min" in line or line.endswith("%") for line in lines[:5])
    document = hedge_document(table(**changes))
    assert document["no_share"] == said
    assert {one["share_of_usual"] for one in document["moves"]} == {None}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no_options", "none: no option of the scope outlives the opening"),
        ("no_open_interest", "none: no open interest, so nothing to hedge"),
        ("no_volatility", "none: no option with open interest has a volatility"),
    ],
)
def test_without_hedges_it_says_why(reason: str, said: str) -> None:
    none = [row(contracts=None, contracts_se=None, usd=None, reason=reason)]
    assert list(hedge_lines(table(rows=none), width=80))[1:] == [said]


def test_the_document_has_every_move_and_hour() -> None:
    document = hedge_document(table(hour=14))
    assert [(one["cause"], one["move"], one["contracts"]) for one in document["moves"]] == [
        (one["cause"], one["move"], one["contracts"]) for one in ROWS
    ]
    assert document["moves"][1]["share_of_usual"] == pytest.approx(1_453.4 / 9_000)
    assert document["usual_five_minutes"]["9"] == {"contracts": 5_812.5, "sessions": 20}
    assert (document["hour"], document["session_date"], document["no_share"]) == (14, "2026-01-07", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"convention": "flow"}, "Expected a convention of field, was flow: nothing is computed by it here"),
        ({"scope": "1dte"}, "Expected a scope of all, was '1dte'"),
        ({"hour": 24}, "Expected an hour of Chicago's clock from 0 to 23, was 24"),
        ({"rows": []}, "Expected a convention of none, was field: nothing is computed by it here"),
    ],
)
def test_what_is_not_there_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(GexError, match=said):
        table(**changes)


def test_rows_are_those_of_the_session_asked_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    made = hedges_of(usual())
    publish(lake, OPEN_HEDGES, made, day=EVENING)
    publish(lake, OPEN_HEDGES, OPEN_HEDGES.empty(), day=EVENING + timedelta(days=1))
    assert hedge_rows(lake, product="ES", session=SESSION.session_date) == made.to_pylist()
    assert hedge_rows(lake, product="ES", session=date(2026, 1, 9)) == []
    assert hedge_rows(lake, product="ES", session=EVENING) == []
    assert usual_before(lake, product="ES", session=SESSION.session_date) == {}
    for scope in ("all", "selected", "0dte"):
        lines = list(hedge_lines(HedgeTable.of(made.to_pylist(), convention="field", scope=scope, usual=USUAL), width=46))
        assert max(map(len, lines)) <= 46
