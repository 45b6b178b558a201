"""Standard errors against the spread of answers: quotes moved within bid and ask, forwards by their error, all computed again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from gex_assets.kernels.pricing.black76 import chain_greeks, implied_volatility, price
from gex_assets.kernels.pricing.smile import LARGEST_Z, fit_smile
from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets_tests.stages.silver.made_up_levels import (
    RATE,
    SECOND,
    SESSION,
    Row,
    chain_of,
    chain_row,
    end_of,
    few_strikes,
    forward_row,
    levels_of,
    row_of,
    years_between,
)

Float = NDArray[np.float64]

MARCH, JUNE = (int(datetime(2026, month, day, 13, 30, tzinfo=UTC).timestamp()) * SECOND for month, day in ((4, 17), (6, 18)))
FORWARDS = {MARCH: 6_902.3, JUNE: 6_960.7}
ERRORS = {MARCH: 0.08, JUNE: 0.15}
"""Standard errors of the forwards [index points]; `forward_se` is twice that."""
SCOPES = ("selected", "exp:2026-04-17", "exp:2026-06-18")
STRIKES = np.arange(6_000.0, 7_601.0, 25.0)
DRAWS = 500
TRUE = (0, 11)
"""Draws without errors: the first, and one in a window that ends on a full minute, when walls are drawn."""


def smile(z: Float) -> Float:
    return 0.15 - 0.02 * z + 0.004 * z * z


def drawn(
    ts_expiration: int, dice: np.random.Generator, *, quotes: bool, forward: bool, every: int, draws: int
) -> dict[str, Float]:
    """The chain's columns, (draws, strikes): those of `TRUE` have the true middle prices and the true forward."""
    F, T = FORWARDS[ts_expiration], years_between(end_of(0), ts_expiration)
    truth = smile(np.log(STRIKES / F) / (0.15 * np.sqrt(T)))
    off = dice.normal(0, ERRORS[ts_expiration], draws) if forward else np.zeros(draws)
    off[list(TRUE)] = 0.0
    seen = (F + off)[:, None]
    sigmas = {}
    for right in ("call", "put"):
        is_call = np.full(STRIKES.size, right == "call")
        middle = price(F=F, K=STRIKES, T=T, sigma=truth, r=RATE, is_call=is_call)
        half = np.minimum(0.25 + 0.01 * middle, 0.6 * middle)
        wrong = dice.uniform(-1, 1, (draws, STRIKES.size)) * half if quotes else np.zeros((draws, STRIKES.size))
        wrong[list(TRUE)] = 0.0
        prices = np.stack([middle + wrong - half, middle + wrong, middle + wrong + half])
        sigma, _ = implied_volatility(price=prices, F=seen, K=STRIKES, T=T, r=RATE, is_call=is_call)
        sigmas[right] = np.where(np.arange(STRIKES.size) % every == 0, sigma, np.nan)
    iv = np.where(seen < STRIKES, sigmas["call"], sigmas["put"])
    above = np.searchsorted(STRIKES, F)
    for near in (above - 1, above):
        iv[:, :, near] = (sigmas["call"][:, :, near] + sigmas["put"][:, :, near]) / 2
    fit, z, accepted = fit_smile(F=seen[:, 0], K=STRIKES, T=T, iv_bid=iv[0], iv_mid=iv[1], iv_ask=iv[2])
    fit = np.where(accepted[:, None] & (np.abs(z) <= LARGEST_Z), fit, np.nan)
    used = np.where(np.isnan(fit), iv[1], fit)
    greeks = chain_greeks(F=seen, K=STRIKES, T=T, total_vol=used * np.sqrt(T), r=RATE)
    columns = {"iv_bid": iv[0], "iv_mid": iv[1], "iv_ask": iv[2], "iv_fit": fit, "total_vol": used * np.sqrt(T)}
    columns |= {"forward": seen, "years": np.array(T), "strike": STRIKES, **greeks._asdict()}
    return {name: np.broadcast_to(values, (draws, STRIKES.size)) for name, values in columns.items()}


TIED = {"call": [45, 54], "put": [18, 27]}
"""Strikes that every chain quotes, two on either side of the price."""


def tie_walls(contracts: dict[str, Float], gamma: Float) -> None:
    """Give two strikes of a right the same exposure, larger than any other."""
    for right, other in (("call", "put"), ("put", "call")):
        contracts[right][TIED[right]] = 1e5 * gamma[TIED[right]].min() / gamma[TIED[right]]
        contracts[other][TIED[right]] = 0.0


def levels_of_draws(*, quotes: bool, forward: bool, every: int = 1, draws: int = DRAWS, ties: bool = False) -> pa.Table:
    """Levels of chains that differ by their errors alone; every window is one of them. In ties, March's walls are two each."""
    dice = np.random.default_rng(12)
    contracts = {name: dice.integers(0, 900, STRIKES.size).astype(float) for name in ("call", "put")}
    slope = (STRIKES - 6_900) / 400
    contracts["call"] *= 1 + np.tanh(slope)
    contracts["put"] *= 1 - np.tanh(slope)
    parts: list[dict[str, Any]] = []
    prices: list[Row] = []
    for ts_expiration in (MARCH, JUNE):
        given = drawn(ts_expiration, dice, quotes=quotes, forward=forward, every=every, draws=draws)
        if ties and ts_expiration == MARCH:
            tie_walls(contracts, given["gamma"][0])
        ends = np.repeat([end_of(window) for window in range(draws)], STRIKES.size)
        part: dict[str, Any] = {name: np.ascontiguousarray(values).ravel() for name, values in given.items()}
        part |= {
            "ts_window_end": ends,
            "ts_expiration": np.full(ends.size, ts_expiration),
            "multiplier": np.full(ends.size, 50.0),
        }
        for right, held in contracts.items():
            for weight in ("resting_size", "open_interest", "flow_inventory", "volume", "oi_plus_flow"):
                part[f"{right}_{weight}"] = np.tile(held, draws)
        parts.append(part)
        prices += [
            forward_row(
                window,
                reference_price=given["forward"][window, 0] if ts_expiration == MARCH else FORWARDS[JUNE],
                ts_expiration=ts_expiration,
                is_front=ts_expiration == MARCH,
                forward_se=2 * ERRORS[ts_expiration] if forward or not quotes else 0.0,
            )
            for window in range(draws)
        ]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((rows["strike"], rows["ts_expiration"], rows["ts_window_end"]))
    size = order.size
    table = {name: pa.array(values[order], from_pandas=True) for name, values in rows.items()}
    table |= {
        "session_date": pa.array([SESSION] * size),
        "underlying": pa.array(["ESH6"] * size).dictionary_encode(),
        "iv_status": pa.array(["OK"] * size).dictionary_encode(),
        "iv_filled": pa.array([False] * size),
        "quote_age_ns": pa.array([SECOND] * size),
    }
    chain = pa.table({name: table.get(name, pa.nulls(size, pa.float64())) for name in SILVER_GEX_CHAIN.column_names})
    return levels_of([chain], prices)


def of(table: pa.Table, convention: str, scope: str) -> list[Row]:
    return [row for row in table.to_pylist() if (row["convention"], row["scope"]) == (convention, scope)]


@pytest.fixture(scope="module", params=[1, 9], ids=["smile", "raw"])
def every(request: pytest.FixtureRequest) -> int:
    """Every strike is quoted and there is a smile; or every ninth, and each volatility is a quote's own."""
    return int(request.param)


@pytest.mark.parametrize(("quotes", "forward"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize(("convention", "scope"), [("field", scope) for scope in SCOPES] + [("magic8", "selected")])
def test_answers_spread_as_wide_as_their_standard_error_says(
    draws: dict[tuple[bool, bool], pa.Table], quotes: bool, forward: bool, convention: str, scope: str
) -> None:
    rows = of(draws[quotes, forward], convention, scope)
    first = rows[0]
    parts = (first["net_gex_se_quotes"] if quotes else 0.0, first["net_gex_se_forward"] if forward else 0.0)
    assert np.std([row["net_gex"] for row in rows[1:]]) == pytest.approx(np.hypot(*parts), rel=0.2)
    whole = [first[f"net_gex_se_{part}"] for part in ("quotes", "forward", "shape")]
    assert first["net_gex_se"] == pytest.approx(np.linalg.norm(whole))
    if convention == "magic8":
        assert first["zero_gamma_se"] is None
        return
    alone = of(draws[True, False], convention, scope)[0]["zero_gamma_se"]
    both = of(draws[True, True], convention, scope)[0]["zero_gamma_se"]
    expected = {(True, False): alone, (False, True): np.sqrt(both**2 - alone**2), (True, True): both}[quotes, forward]
    assert np.std([row["zero_gamma"] for row in rows[1:]]) == pytest.approx(expected, rel=0.2, abs=0.01 * both)


@pytest.fixture(scope="module")
def draws(every: int) -> dict[tuple[bool, bool], pa.Table]:
    kinds = [(True, False), (False, True), (True, True)]
    return {(quotes, forward): levels_of_draws(quotes=quotes, forward=forward, every=every) for quotes, forward in kinds}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("convention", ["field", "flow", "magic8"])
def test_walls_are_kept_in_as_many_draws_as_their_share_says(
    draws: dict[tuple[bool, bool], pa.Table], convention: str, scope: str
) -> None:
    """500 chains drawn and fitted again against the 500 draws of the row."""
    agree(of(draws[True, True], convention, scope))


def agree(rows: list[Row]) -> list[float]:
    """The shares that a row states, after comparing them with those of the chains."""
    shares = []
    for wall in ("call_wall", "put_wall"):
        said = rows[TRUE[1]][f"{wall}_kept"]
        found = np.mean([row[wall] == rows[TRUE[1]][wall] for row in rows])
        assert said == pytest.approx(found, abs=0.02 + 4 * np.sqrt(2 * found * (1 - found) / DRAWS))
        shares.append(said)
    return shares


def test_of_two_strikes_with_the_same_exposure_each_is_the_wall_in_half_of_the_draws(every: int) -> None:
    table = levels_of_draws(quotes=True, forward=True, every=every, ties=True)
    for convention in ("field", "magic8"):
        assert agree(of(table, convention, SCOPES[1])) == pytest.approx([0.5, 0.5], abs=0.12)


def test_a_share_is_of_the_latest_full_minute_and_of_the_same_wall(draws: dict[tuple[bool, bool], pa.Table]) -> None:
    rows = of(draws[True, True], "field", "selected")
    minute, moved = 11, 0
    for window, row in enumerate(rows):
        minute = window if row["ts_window_end"] % (60 * SECOND) == 0 else minute
        if window < 11:
            assert row["call_wall_kept"] is None
        elif row["call_wall"] == rows[minute]["call_wall"]:
            assert row["call_wall_kept"] == rows[minute]["call_wall_kept"] is not None
        else:
            moved += 1
            assert row["call_wall_kept"] is None
        assert row["band_ts"] == (None if window < 11 else rows[minute]["ts_window_end"])


def test_without_a_zero_gamma_a_forward_or_its_error_there_is_no_standard_error() -> None:
    rows = few_strikes(0)
    known = row_of(levels_of([chain_of(rows)], [forward_row(0, forward_se=0.1)]))
    assert known["net_gex_se"] > known["net_gex_se_quotes"] > 0
    assert known["zero_gamma_se"] > 0
    unsure = row_of(levels_of([chain_of(rows)], [forward_row(0)]))
    assert unsure["net_gex_se_quotes"] == known["net_gex_se_quotes"]
    assert (unsure["net_gex_se_forward"], unsure["net_gex_se"], unsure["zero_gamma_se"]) == (None, None, None)
    nothing = row_of(levels_of([chain_of([])], [forward_row(0, forward_se=0.1)]))
    assert [nothing[name] for name in SILVER_GEX_LEVELS.column_names if "_se" in name and "session" not in name] == [None] * 5
    long = [{**row, "put_open_interest": 0.0} for row in rows]
    alone = row_of(levels_of([chain_of(long)], [forward_row(0, forward_se=0.1)]))
    assert alone["net_gex_se"] > 0
    assert (alone["zero_gamma_reason"], alone["zero_gamma_se"]) == ("no_crossing", None)


def test_wider_quotes_mean_a_larger_error_and_a_forward_twice_as_unsure_twice_that_error() -> None:
    narrow, wide = (
        row_of(levels_of([chain_of(few_strikes(0, spread=spread))], [forward_row(0, forward_se=0.1)]))
        for spread in (0.002, 0.006)
    )
    assert wide["net_gex_se_quotes"] == pytest.approx(3 * narrow["net_gex_se_quotes"])
    assert wide["net_gex_se_forward"] == pytest.approx(narrow["net_gex_se_forward"])
    unsure = row_of(levels_of([chain_of(few_strikes(0, spread=0.002))], [forward_row(0, forward_se=0.2)]))
    assert unsure["net_gex_se_forward"] == pytest.approx(2 * narrow["net_gex_se_forward"])


def test_a_strike_without_weight_and_without_quote_says_nothing_of_the_error() -> None:
    with_it = [*few_strikes(0), chain_row(0, 7_200.0, call=0.0, put=0.0, iv_bid=None, iv_mid=None, iv_ask=None)]
    forward = [forward_row(0, forward_se=0.1)]
    one, other = (row_of(levels_of([chain_of(rows)], forward)) for rows in (few_strikes(0), with_it))
    assert one["net_gex_se"] == pytest.approx(other["net_gex_se"], rel=1e-9)
