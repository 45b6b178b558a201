from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import analyze
from gex_assets.chain.expiration_choice import choose_expirations, expiration_choice
from gex_assets.chain.reading import Options
from gex_assets.errors import ChainError

DAYS = ("2026-01-06", "2026-01-07", "2026-01-16", "2026-01-30", "2026-06-18", "2026-06-30")
"""January's third Friday is the 16th; June's is a holiday, so its monthly options expire on the 18th."""
MOMENTS = [int(datetime.fromisoformat(f"{day}T15:00-06:00").timestamp()) * 10**9 for day in DAYS]
OPENING = int(datetime.fromisoformat("2026-01-16T08:30-06:00").timestamp()) * 10**9
AS_OF = int(datetime.fromisoformat("2026-01-06T10:00-06:00").timestamp()) * 10**9


def chain() -> Options:
    moments = np.array([*MOMENTS, OPENING])
    return Options(strike=np.full(7, 6000.0), is_call=np.full(7, fill_value=True), entry=None, ts_expiration=moments, numbers={})


def chosen(*asked: Any, as_of_ns: int | None = AS_OF) -> set[str]:
    found = choose_expirations(chain(), [expiration_choice(one) for one in asked], as_of_ns=as_of_ns)
    assert found.ts_expiration is not None
    names = {moment: day[5:] for day, moment in zip(DAYS, MOMENTS, strict=True)} | {OPENING: "opening"}
    return {names[moment] for moment in found.ts_expiration.tolist()}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("2026-01-07",), {"01-07"}),
        (("2026-01-16",), {"01-16", "opening"}),
        ((date(2026, 1, 30), "2026-01-07"), {"01-07", "01-30"}),
        (("2026-01-07..2026-01-30",), {"01-07", "01-16", "opening", "01-30"}),
        ((" 2026-01-08 .. 2026-06-20 ",), {"01-16", "opening", "01-30", "06-18"}),
        (("NEXT",), {"01-06"}),
        (("0DTE",), {"01-06"}),
        (("monthly",), {"01-16", "opening", "06-18"}),
        (("monthly", "next"), {"01-06", "01-16", "opening", "06-18"}),
        ((), {"01-06", "01-07", "01-16", "opening", "01-30", "06-18", "06-30"}),
    ],
)
def test_expirations_are_chosen(asked: tuple[Any, ...], expected: set[str]) -> None:
    assert chosen(*asked) == expected


def test_the_next_one_has_not_expired() -> None:
    assert chosen("next", as_of_ns=MOMENTS[0]) == {"01-07"}
    assert chosen("next", as_of_ns=OPENING) == {"01-16", "opening"}, "the day's other moment comes later"


@pytest.mark.parametrize(
    ("asked", "as_of_ns", "message"),
    [
        ("2026-01-08", AS_OF, r"Expected an expiration of the chain \(2026-01-06, .*\), was 2026-01-08"),
        ("2026-02-01..2026-03-01", AS_OF, r"Expected an expiration of the chain .*, was 2026-02-01..2026-03-01"),
        ("0dte", MOMENTS[1] + 86_400 * 10**9, r"Expected an expiration of the chain .*, was 0dte"),
        ("next", MOMENTS[-1], r"Expected an expiration of the chain .*, was next"),
        ("next", None, "Expected as_of to know which expiration is next, was none"),
        ("0dte", None, "Expected as_of to know which expiration is 0dte, was none"),
        ("soon", AS_OF, "Expected an expiration as YYYY-MM-DD, A..B, next, monthly, 0dte, was 'soon'"),
        ("2026-01-30..2026-01-07", AS_OF, "Expected a range of days as A..B with B not before A"),
        ("2026-01-07..2026-01-30..2026-02-01", AS_OF, "Expected a range of days as A..B"),
    ],
)
def test_a_choice_that_meets_nothing_is_refused(asked: str, as_of_ns: int | None, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        chosen(asked, as_of_ns=as_of_ns)


def test_analyze_takes_them_one_or_several() -> None:
    columns = {
        "strike": [6000.0] * 7,
        "right": ["C", "P"] * 3 + ["C"],
        "gamma": [0.001 * 2.0**n for n in range(7)],
        "open_interest": [100] * 7,
        "expiration": [*MOMENTS, OPENING],
    }
    unit = 100 * 100 * 360_000
    given: dict[str, Any] = {"symbol": "SPX", "spot": 6000.0, "chain": columns, "as_of": AS_OF}
    one = analyze(**given, expirations="2026-01-07")
    assert one.net_gex == pytest.approx(-0.002 * unit)
    assert (one.options, one.expirations and one.expirations.num_rows) == (1, 1)
    several = analyze(**given, expirations=["next", date(2026, 1, 16)])
    assert several.net_gex == pytest.approx((0.001 + 0.004 + 0.064) * unit)
    assert analyze(**given).options == 7
    with pytest.raises(ChainError, match="Expected expirations in the chain to choose from, was none"):
        analyze(**given | {"chain": {name: columns[name] for name in columns if name != "expiration"}}, expirations="next")
