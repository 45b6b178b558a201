from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import Analysis, analyze
from gex_assets.chain.further_tables import STRIKE_EXPIRATION_COLUMNS, STRIKE_GREEK_COLUMNS, ZERO_DTE_COLUMNS
from gex_assets.kernels.pricing import black76
from gex_assets_tests.chain.made_up_chains import AS_OF, RATE, SPOT, rows

CHAIN = rows()


def analysed(**given: Any) -> Analysis:
    columns = {
        "strike": [row.strike for row in CHAIN],
        "right": [row.right for row in CHAIN],
        "open_interest": [row.open_interest for row in CHAIN],
        "iv": [row.iv for row in CHAIN],
        "years": [row.years for row in CHAIN],
    }
    return analyze(symbol="SPX", spot=SPOT, chain=columns, rate=RATE, **given)


def plain(convention: str, name: str) -> list[tuple[float, float, float]]:
    """(strike, years, exposure) of every option by the formulas, priced with the spot price as forward."""
    made = []
    for row in CHAIN:
        greeks = black76.greeks(F=SPOT, K=row.strike, T=row.years, sigma=row.iv, r=RATE, is_call=row.right == "C")
        sign = (1 if row.right == "C" else -1) * (-1 if convention == "magic8" else 1)
        multiplier = 10.0 if convention == "magic8" else 100.0
        per_unit = {"dex": greeks.delta, "vanna_exposure": greeks.vanna * 0.01, "charm_exposure": greeks.charm / 365.0}[name]
        made.append((row.strike, row.years, float(sign * per_unit * row.open_interest * multiplier * SPOT)))
    return made


@pytest.mark.parametrize("convention", ["field", "magic8"])
@pytest.mark.parametrize("name", ["dex", "vanna_exposure", "charm_exposure"])
def test_other_greeks_by_strike_are_the_plain_sums(convention: str, name: str) -> None:
    found = analysed(convention=convention)
    assert found.strike_greeks is not None
    assert found.strike_expirations is not None
    assert found.levels is not None
    assert tuple(found.strike_greeks.column_names) == tuple(STRIKE_GREEK_COLUMNS)
    truth = plain(convention, name)
    scale = max(abs(value) for _, _, value in truth)
    for row in found.strike_greeks.to_pylist():
        expected = math.fsum(value for strike, _, value in truth if strike == row["strike"])
        assert row[name] == pytest.approx(expected, abs=1e-10 * scale)
    for row in found.strike_expirations.to_pylist():
        expected = math.fsum(
            value for strike, years, value in truth if strike == row["strike"] and math.isclose(years, row["years"])
        )
        assert row[name] == pytest.approx(expected, abs=1e-10 * scale)
    assert math.fsum(found.strike_greeks[name].to_pylist()) == pytest.approx(getattr(found.levels, name), rel=1e-9)


def test_strikes_and_expirations_add_up_either_way() -> None:
    found = analysed()
    assert found.strike_expirations is not None
    assert found.strikes is not None
    assert found.expirations is not None
    assert tuple(found.strike_expirations.column_names) == tuple(STRIKE_EXPIRATION_COLUMNS)
    table = found.strike_expirations.to_pylist()
    assert len(table) == len({(row["strike"], row["years"]) for row in table}) == len(CHAIN) // 2
    for one in found.strikes.to_pylist():
        parts = [row for row in table if row["strike"] == one["strike"]]
        for name in ("call_gex", "put_gex", "net_gex"):
            assert math.fsum(row[name] for row in parts) == pytest.approx(one[name], rel=1e-9, abs=1e-3)
    for one in found.expirations.to_pylist():
        net = math.fsum(row["net_gex"] for row in table if row["years"] == one["years"])
        assert net == pytest.approx(one["net_gex"], rel=1e-9)


def test_what_is_not_known_is_null() -> None:
    chain = {"strike": [5900.0, 6000.0], "right": ["P", "C"], "gamma": [0.001, np.nan], "open_interest": [10, 20]}
    found = analyze(symbol="SPX", spot=6000.0, chain=chain)
    assert found.strike_greeks is not None
    assert found.strike_greeks["dex"].to_pylist() == [None, None]
    assert found.strike_expirations is not None
    assert found.strike_expirations.to_pylist()[1] == {
        "ts_expiration": None,
        "years": None,
        "strike": 6000.0,
        **dict.fromkeys(("call_gex", "put_gex", "net_gex", "dex", "vanna_exposure", "charm_exposure")),
    }
    assert found.zero_dte is None
    literal = analyze(symbol="SPX", spot=6000.0, chain=chain, convention="magic8_literal")
    assert (literal.strike_greeks, literal.strike_expirations, literal.zero_dte) == (None, None, None)


def test_the_part_of_the_day_itself_is_told_apart() -> None:
    """0.001 · 10 · 100 · 6000² · 0.01 = 360,000 for each unit of weight over ten."""
    day, later = "2026-01-06T21:00Z", "2026-01-16"
    chain = {
        "strike": [6000.0, 6000.0, 6010.0, 6000.0],
        "right": ["C", "P", "C", "P"],
        "gamma": [0.001] * 4,
        "open_interest": [30, 10, 20, 40],
        "expiration": [day, day, later, later],
    }
    found = analyze(symbol="SPX", spot=6000.0, chain=chain, as_of=AS_OF)
    assert found.zero_dte is not None
    assert tuple(found.zero_dte.column_names) == tuple(ZERO_DTE_COLUMNS)
    today, rest = found.zero_dte.to_pylist()
    unit = pytest.approx
    assert (today["part"], today["options"], today["call_gex"], today["put_gex"]) == ("0dte", 2, unit(1.08e6), unit(-0.36e6))
    assert (rest["part"], rest["options"], rest["net_gex"], rest["gross_gex"]) == ("later", 2, unit(-0.72e6), unit(2.16e6))
    assert (today["gross_share"], rest["gross_share"]) == (unit(0.4), unit(0.6))
    without = analyze(symbol="SPX", spot=6000.0, chain=chain, as_of="2026-01-05T15:00Z").zero_dte
    assert without is not None
    first = without.to_pylist()[0]
    assert (first["options"], first["net_gex"], first["gross_gex"], first["gross_share"]) == (0, None, 0.0, 0.0)
