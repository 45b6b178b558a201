from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from gex_assets.kernels.pricing import black76
from gex_assets.market.sessions import sessions
from gex_assets.sample.surface import RATE, sigma
from gex_assets_tests.sample.made_up_samples import Made
from gex_assets_tests.sample.plain_book import plain_rows

WINDOW = 5 * 10**9


@pytest.mark.parametrize("which", ["busy", "pre_open"])
def test_every_window_of_trading_has_the_truth_of_every_expiration(request: pytest.FixtureRequest, which: str) -> None:
    made: Made = request.getfixturevalue(which)
    path = made.market.path
    expected = [
        end
        for stretch in sessions(product="ES", day=made.day, start_ns=path.start_ns, end_ns=path.end_ns)
        for end in range(stretch.open_ns + WINDOW, stretch.close_ns + 1, WINDOW)
    ]
    windows = made.truth("windows")
    assert windows["ts_window_end"].to_pylist() == [end for end in expected for _ in range(2)]
    assert set(windows["underlying"].to_pylist()) == {"ESH6", "ESM6"}
    assert np.all(windows["forward"].to_numpy() > 0)


def test_the_price_moves_as_in_a_busy_market_and_hardly_otherwise(busy: Made) -> None:
    windows = busy.truth("windows").to_pandas()
    front = windows[windows["underlying"] == "ESH6"]
    moves = np.diff(front["forward"])
    in_busy = front["is_busy"].to_numpy()[1:] & front["is_busy"].to_numpy()[:-1]
    assert 0.5 < moves[in_busy].std() < 1.3
    assert moves[~in_busy & ~front["is_busy"].to_numpy()[:-1]].std() < 0.15


def test_the_surface_table_is_what_the_surface_function_says(busy: Made) -> None:
    windows = busy.truth("windows").to_pandas()
    surface = busy.truth("surface").to_pandas().merge(windows, on=["ts_window_end", "ts_expiration"])
    assert len(surface) == busy.truth("surface").num_rows > 1000
    again = sigma(F=surface["forward"], K=surface["strike"], T=surface["years"], atm=surface["atm_volatility"])
    assert np.array_equal(again, surface["volatility"])
    for name, is_call in (("call_price", True), ("put_price", False)):
        price = black76.price(
            F=surface["forward"].to_numpy(),
            K=surface["strike"].to_numpy(),
            T=surface["years"].to_numpy(),
            sigma=surface["volatility"].to_numpy(),
            r=RATE,
            is_call=is_call,
        )
        assert np.allclose(price, surface[name], rtol=0, atol=1e-8)
    assert np.all(surface["gamma"] > 0)


@pytest.mark.parametrize("which", ["busy", "version_three", "faulty", "pre_open"])
def test_inventories_are_what_the_trades_of_the_file_add_up_to(request: pytest.FixtureRequest, which: str) -> None:
    made: Made = request.getfixturevalue(which)
    spreads = {spread.instrument_id: spread for spread in made.market.listing.spreads}
    options = made.market.listing.options
    passive: dict[int, int] = defaultdict(int)
    with_spreads: dict[int, int] = defaultdict(int)
    volume: dict[int, int] = defaultdict(int)
    expected = {}
    latest, touched = 0, set[int]()
    window = 0
    for row in plain_rows(made.records("option_mbo")):
        latest = max(latest, row["ts_recv"])
        if latest // WINDOW != window:
            expected |= {((window + 1) * WINDOW, one): (passive[one], with_spreads[one], volume[one]) for one in touched}
            window, touched = latest // WINDOW, set()
        if row["action"] != "T":
            continue
        signed = row["size"] * {"B": 1, "A": -1, "N": 0}[row["side"]]
        if row["instrument_id"] in spreads:
            spread = spreads[row["instrument_id"]]
            for leg, ratio in zip(spread.legs, spread.ratios, strict=True):
                with_spreads[options[leg].instrument_id] -= signed * ratio
                touched.add(options[leg].instrument_id)
        else:
            passive[row["instrument_id"]] -= signed
            with_spreads[row["instrument_id"]] -= signed
            volume[row["instrument_id"]] += row["size"]
            touched.add(row["instrument_id"])
    expected |= {((window + 1) * WINDOW, one): (passive[one], with_spreads[one], volume[one]) for one in touched}
    table = made.truth("inventory").to_pandas()
    found = {
        (row.ts_window_end, row.instrument_id): (row.passive, row.passive_with_spreads, row.volume) for row in table.itertuples()
    }
    assert found == expected
    assert len(found) > 10


def test_levels_follow_from_the_true_gammas_and_the_open_interest_known(busy: Made) -> None:
    levels = busy.truth("levels").to_pandas()
    assert levels["net_gex_usd"].notna().all()
    row = levels.iloc[len(levels) // 2]
    surface = busy.truth("surface").to_pandas()
    front = busy.market.listing.contracts[0]
    own = surface[(surface["ts_window_end"] == row["ts_window_end"]) & (surface["ts_expiration"] == front.ts_expiration)]
    statistics = busy.records("option_statistics")
    known = statistics[(statistics["stat_type"] == 9) & (statistics["ts_recv"] < busy.market.path.start_ns)]
    latest = {number: quantity for number, quantity in known[["instrument_id", "quantity"]].tolist() if quantity < 2**31 - 1}
    by_strike: dict[float, float] = defaultdict(float)
    for option in busy.market.listing.options:
        if option.contract == front:
            by_strike[option.strike] += latest.get(option.instrument_id, 0) * (1 if option.right == "C" else -1)
    F = row["reference_price"]
    net = own["gamma"] * F**2 * 0.01 * 50 * own["strike"].map(by_strike)
    assert net.sum() == pytest.approx(row["net_gex_usd"], rel=0.05)
    above = net[own["strike"] > F]
    below = net[own["strike"] <= F]
    assert row["call_wall"] == own["strike"][above.idxmax()] > F
    assert row["put_wall"] == own["strike"][below.idxmin()] <= F
