"""Chains handed in with options on several futures: one axis for their strikes, where forwards are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain import analyze, read_chain_file
from gex_assets.chain.summary import documents, request_of
from gex_assets.kernels.pricing import black76

MARCH, JUNE = 6_900.0, 6_950.0
RATE = 0.04
STRIKES = np.arange(6_500.0, 7_301.0, 25.0)


def one_future(name: str, *, forward: float, years: float, walls: dict[tuple[float, str], float]) -> dict[str, Any]:
    """Quotes of one expiration; every option has an open interest of 1, those of `walls` their own."""
    strike, is_call = np.tile(STRIKES, 2), np.repeat([True, False], STRIKES.size)
    price = black76.price(F=forward, K=strike, T=np.full(strike.size, years), sigma=0.15, r=RATE, is_call=is_call)
    right = np.where(is_call, "C", "P")
    return {
        "strike": strike,
        "right": right,
        "bid": price - 0.01,
        "ask": price + 0.01,
        "years": np.full(strike.size, years),
        "future": np.full(strike.size, name),
        "open_interest": np.array([walls.get(key, 1.0) for key in zip(strike.tolist(), right.tolist(), strict=True)]),
    }


def both(**changes: Any) -> dict[str, Any]:
    parts = [
        one_future("ESH6", forward=MARCH, years=0.1, walls={(7_000.0, "C"): 4_000.0, (6_850.0, "P"): 9_000.0}),
        one_future("ESM6", forward=JUNE, years=0.35, walls={(7_050.0, "C"): 90_000.0, (6_925.0, "C"): 95_000.0}),
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} | changes


def of(chain: dict[str, Any], **given: Any) -> Any:
    return analyze(**{"symbol": "ES", "spot": MARCH, "chain": chain, "rate": RATE, **given})


def test_a_wall_of_another_future_is_a_price_of_the_fronts() -> None:
    """6,925 on June is below its future: on March's axis it is no call wall, though above March's price at face value."""
    found = of(both())
    assert found.levels.call_wall == pytest.approx(7_050.0 * MARCH / JUNE, abs=0.05)
    assert (found.levels.call_wall_strike, found.levels.call_wall_underlying) == (7_050.0, "ESM6")
    assert (found.levels.put_wall, found.levels.put_wall_strike, found.levels.put_wall_underlying) == (6_850.0, 6_850.0, "ESH6")
    strikes = found.strikes.to_pydict()
    at = strikes["strike"].index(found.levels.call_wall)
    assert strikes["call_gex"][at] == pytest.approx(found.levels.call_wall_gex + -strikes["put_gex"][at])
    assert sum(strikes["net_gex"]) == pytest.approx(found.net_gex)
    assert not {str(one) for one in found.warnings} & {"face_value", "no_future"}


def test_without_the_column_strikes_stand_at_face_value() -> None:
    chain = both()
    del chain["future"]
    found = of(chain)
    assert (found.levels.call_wall, found.levels.call_wall_strike, found.levels.call_wall_underlying) == (6_925.0, 6_925.0, None)
    one = of(both(future=np.full(chain["strike"].size, "ESH6")))
    assert one.levels == found.levels


def test_without_quotes_nobody_knows_the_forwards_and_it_is_said() -> None:
    chain = both(gamma=np.full(2 * STRIKES.size * 2, 0.001))
    del chain["bid"], chain["ask"]
    found = of(chain)
    assert (found.levels.call_wall, found.levels.call_wall_strike) == (6_925.0, 6_925.0)
    (said,) = [one for one in found.warnings if str(one) == "face_value"]
    assert f"{2 * STRIKES.size} of {4 * STRIKES.size}" in said.text


def test_an_option_that_names_no_future_counts_in_the_totals_alone() -> None:
    names = both()["future"]
    wall = (both()["strike"] == 7_050.0) & (both()["right"] == "C") & (names == "ESM6")
    found, whole = of(both(future=np.where(wall, "", names))), of(both())
    assert found.net_gex == pytest.approx(whole.net_gex)
    assert (found.levels.call_wall, found.levels.call_wall_underlying) == (7_000.0, "ESH6")
    assert "no_future" in {str(one) for one in found.warnings}


def test_equal_requests_of_other_futures_are_two_answers() -> None:
    first, second = of(both()), of(both(future=np.full(4 * STRIKES.size, "ESM6")))
    assert first.levels.call_wall != second.levels.call_wall


def test_a_table_in_a_file_names_futures_too(tmp_path: Path) -> None:
    chain = both()
    lines = [",".join(chain), *(",".join(map(str, row)) for row in zip(*(chain[name].tolist() for name in chain), strict=True))]
    (tmp_path / "es.csv").write_text("\n".join(lines))
    (document,) = documents(read_chain_file(tmp_path / "es.csv"), request_of(names=[], symbol="ES", spot=MARCH, rate=RATE))
    assert document["levels"]["call_wall_underlying"] == "ESM6"
    assert document["levels"]["call_wall"] == pytest.approx(of(chain).levels.call_wall)
