"""Hedges over moves against integrals of gamma, charm and vanna with 60 digits, and what must hold of any book."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.analytics.chain_levels import ChainRows, Scope, signed
from gex_assets.analytics.hedges import PRICE_MOVES, VOLATILITY_MOVES, Hedge, Hedges, Move
from gex_assets.analytics.level_errors import LevelErrors, QuotedVolatilities
from gex_assets.conventions import BUILT_IN, Convention
from gex_assets_tests.analytics.made_up_books import FIELD, MULTIPLIER, RATE, Held, book_rows, chain_of, rows_of
from gex_assets_tests.twins import hedges as twin
from gex_assets_tests.twins.hedges import Option

MAGIC8 = BUILT_IN["magic8"]
HOURS = 22.0
MOVES = tuple(
    Move(cause, size)  # type: ignore[arg-type]
    for cause, sizes in (("price", PRICE_MOVES), ("time", (HOURS,)), ("volatility", VOLATILITY_MOVES))
    for size in sizes
)


def hedges_of(rows: ChainRows, convention: Convention = FIELD, scope: Scope | None = None, **changes: Any) -> dict[Move, Hedge]:
    moves = changes.pop("moves", MOVES)
    made = Hedges(rows, moves=moves, rate=RATE, **{"future_multiplier": MULTIPLIER, **changes})
    return dict(zip(moves, made.of(chain_of(rows, convention), scope=scope), strict=True))


BOOK: list[Held] = [
    (strike, years, sigma, calls, puts)
    for years, sigma in ((HOURS / 8760 + 0.004, 0.12), (0.02, 0.14), (0.25, 0.17))
    for strike, calls, puts in ((6_850.0, 120.0, 900.0), (6_900.0, 700.0, 300.0), (6_925.0, 1_500.0, 50.0), (7_100.0, 40.0, 0.0))
]


def options_of(book: Sequence[Held], signs: tuple[int, int], *, forward: float = 6_903.12) -> list[Option]:
    return [
        Option(sign * size, forward, strike, years, sigma, is_call)
        for strike, years, sigma, calls, puts in book
        for sign, size, is_call in ((signs[0], calls, True), (signs[1], puts, False))
    ]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.cause} {move.size}")
def test_it_is_the_integral_along_the_way(move: Move) -> None:
    few = BOOK[::3]
    book = options_of(few, (1, -1))
    along = {"price": twin.over_price, "time": twin.over_time, "volatility": twin.over_volatility}[move.cause]
    found = hedges_of(rows_of([few]))[move]
    assert found.contracts[0] == pytest.approx(along(book, move.size, r=RATE), rel=1e-9, abs=1e-9)


def test_options_of_another_multiplier_than_the_future_count_by_the_ratio() -> None:
    small, usual = rows_of([BOOK], multiplier=5.0), rows_of([BOOK])
    for move, found in hedges_of(small).items():
        assert found.contracts[0] == pytest.approx(hedges_of(usual)[move].contracts[0] / 10, rel=1e-12)


def test_long_gamma_sells_rallies_and_buys_dips_and_more_the_further_they_go() -> None:
    long = rows_of([[(6_900.0, 0.01, 0.12, 500.0, 0.0)]])
    found = hedges_of(long)
    traded = [found[Move("price", size)].contracts[0] for size in PRICE_MOVES]
    assert traded == sorted(traded, reverse=True)
    assert traded[0] > 0 > traded[-1]
    against = hedges_of(long, MAGIC8)
    assert [against[Move("price", size)].contracts[0] for size in PRICE_MOVES] == pytest.approx([-one for one in traded])


def test_a_book_around_the_price_that_is_symmetric_trades_the_same_both_ways() -> None:
    """Without a rate, calls at F·e^x and F·e^{−x − s²} have mirrored deltas at shifts ±y."""
    F, s, x = 6_900.0, 0.012, 0.004
    years = (s / 0.15) ** 2
    book = [(F * math.exp(side * x + s * s / 2), years, 0.15, 800.0, 0.0) for side in (-1, 1)]
    rows = rows_of([book], forward=F)
    up, down = 100 * math.expm1(0.006), 100 * math.expm1(-0.006)
    moves = (Move("price", up), Move("price", down))
    one, other = (
        hedge.contracts[0] for hedge in Hedges(rows, moves=moves, rate=0.0, future_multiplier=MULTIPLIER).of(chain_of(rows))
    )
    assert one == pytest.approx(-other, rel=1e-12)


@pytest.mark.parametrize("convention", [FIELD, MAGIC8])
def test_a_small_move_trades_what_net_exposure_says(convention: Convention) -> None:
    """net_gex per 1 % in futures is the slope of the same."""
    rows = rows_of([BOOK])
    per_percent = signed(rows, convention=replace(convention, scale="contracts_per_1pct"), weight="open_interest")
    slope = np.sum(per_percent.call_exposure + per_percent.put_exposure)
    moves = (Move("price", 1e-3), Move("price", -1e-3))
    found = hedges_of(rows, convention, moves=moves)
    centred = (found[moves[0]].contracts[0] - found[moves[1]].contracts[0]) / 2e-3
    assert centred == pytest.approx(-slope, rel=1e-5)


def test_what_expires_before_the_close_ends_at_its_intrinsic_delta() -> None:
    years = HOURS / 8760
    book = [(6_880.0, years, 0.12, 100.0, 30.0), (6_940.0, years, 0.12, 200.0, 70.0)]
    rows = rows_of([book])
    found = hedges_of(rows)[Move("time", HOURS)].contracts[0]
    before = np.sum(np.array([100.0, 200.0]) * rows.call_delta - np.array([30.0, 70.0]) * rows.put_delta)
    assert found == pytest.approx(-((100.0 * 1 + 200.0 * 0) - (30.0 * 0 + 70.0 * -1) - before), rel=1e-12)


@given(book_rows)
@settings(max_examples=25, deadline=None)
def test_the_whole_is_the_sum_of_its_expirations_and_a_way_is_the_sum_of_its_stretches(book: list[Held]) -> None:
    rows = rows_of([book])
    whole, size = hedges_of(rows), sum(one[3] + one[4] for one in book) + 1
    starts = rows.expiration_starts
    parts = [hedges_of(rows, scope=Scope(starts[[k]], starts[[k + 1]])) for k in range(starts.size - 1)]
    for move, found in whole.items():
        assert found.contracts[0] == pytest.approx(sum(part[move].contracts[0] for part in parts), abs=1e-9 * size)
        assert found.usd[0] == pytest.approx(found.contracts[0] * MULTIPLIER * 6_903.12, rel=1e-9, abs=1e-3 * size)
    first, second = 0.4, 0.6
    there = hedges_of(rows, moves=(Move("price", first),))[Move("price", first)].contracts[0]
    moved = replace(rows, forward=rows.forward * (1 + first / 100))
    further = Move("price", 100 * ((1 + (first + second) / 100) / (1 + first / 100) - 1))
    rest = hedges_of(moved, moves=(further,))[further].contracts[0]
    assert whole[Move("price", 1.0)].contracts[0] == pytest.approx(there + rest, abs=1e-8 * size)


@given(book_rows, st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_windows_do_not_meet(book: list[Held], cut: int) -> None:
    both = rows_of([book[:cut], book[cut:]])
    for move, found in hedges_of(both).items():
        for window, part in enumerate((book[:cut], book[cut:])):
            alone = hedges_of(rows_of([part]))[move].contracts[0] if part else math.nan
            assert found.contracts[window] == pytest.approx(alone, rel=1e-12, abs=1e-9, nan_ok=True)


def test_what_is_not_known_has_no_part_and_nothing_known_is_nan() -> None:
    lone = (6_900.0, 0.01, 0.12, 500.0, 20.0)
    alone = hedges_of(rows_of([[lone]]))
    for unknown in ((6_950.0, 0.01, math.nan, 100.0, 100.0), (6_950.0, 0.01, 0.12, math.nan, math.nan)):
        for move, found in hedges_of(rows_of([[lone, unknown]])).items():
            assert found.contracts[0] == alone[move].contracts[0]
        assert all(np.isnan(found.contracts[0]) for found in hedges_of(rows_of([[unknown]])).values())
    half = hedges_of(rows_of([[(6_900.0, 0.01, 0.12, 500.0, math.nan)]]))[Move("price", 1.0)]
    assert half.contracts[0] == hedges_of(rows_of([[(6_900.0, 0.01, 0.12, 500.0, 0.0)]]))[Move("price", 1.0)].contracts[0]
    nothing = hedges_of(rows_of([[]]))
    assert all(np.isnan(found.contracts[0]) and np.isnan(found.usd[0]) for found in nothing.values())


def test_a_fall_of_volatility_below_none_leaves_the_intrinsic_delta() -> None:
    rows = rows_of([[(6_880.0, 0.01, 0.008, 100.0, 0.0)]])
    found = hedges_of(rows)[Move("volatility", -1.0)]
    assert found.contracts[0] == pytest.approx(-100.0 * (math.exp(-RATE * 0.01) - rows.call_delta[0]))


def errors_of(rows: ChainRows, *, half: float, forward_error: float) -> LevelErrors:
    sigma = rows.total_vol / np.sqrt(rows.years)
    quotes = QuotedVolatilities(sigma - half, sigma, sigma + half, np.full(sigma.size, np.nan))
    return LevelErrors(rows, quotes, forward_error=np.full(sigma.size, forward_error), reference=np.array([rows.forward[0]]))


@pytest.mark.parametrize(("half", "forward_error"), [(0.002, 0.0), (0.0, 0.1), (0.002, 0.1)])
def test_the_standard_error_is_how_wide_answers_spread(half: float, forward_error: float) -> None:
    dice, draws = np.random.default_rng(3), 120
    rows = rows_of([BOOK])
    stated = hedges_of(rows, errors=errors_of(rows, half=half, forward_error=forward_error))
    spread: dict[Move, list[float]] = {move: [] for move in MOVES}
    root = np.sqrt(rows.years)
    for _ in range(draws):
        off = dice.normal(0.0, forward_error, 3)[rows.expiration] if forward_error else 0.0
        F = rows.forward + off
        wrong = dice.uniform(-1, 1, root.size) * half
        # An implied volatility follows the forward: at a given price, by -delta/vega.
        out_of_money = np.where(rows.strikes[rows.place] > rows.forward, rows.call_delta, rows.put_delta)
        nearest = np.isin(rows.strikes[rows.place], [6_900.0, 6_925.0])
        delta = np.where(nearest, (rows.call_delta + rows.put_delta) / 2, out_of_money)
        vega = rows.gamma * rows.forward**2 * rows.total_vol * root
        sigma = rows.total_vol / root + wrong - off * delta / vega
        drawn = hedges_of(replace(rows, forward=F, total_vol=sigma * root))
        for move, found in drawn.items():
            spread[move].append(found.contracts[0])
    for move, found in stated.items():
        assert np.std(spread[move]) == pytest.approx(found.contracts_se[0], rel=0.25), move


def test_without_errors_there_is_no_standard_error() -> None:
    assert all(np.isnan(found.contracts_se[0]) for found in hedges_of(rows_of([BOOK])).values())
