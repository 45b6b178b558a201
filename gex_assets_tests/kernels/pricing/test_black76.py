from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gex_assets.kernels.pricing import black76
from gex_assets.kernels.pricing.black76 import IvStatus
from gex_assets.schemas.silver_gex_chain import IV_STATUSES
from gex_assets_tests.answers import black76 as answers
from gex_assets_tests.answers.black76_index import INDEX_ANSWERS
from gex_assets_tests.answers.black76_vectors import EDGE_CASES, EdgeCase, vectors
from gex_assets_tests.twins import black76 as twin


def column(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def arguments(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    return {name: column(rows, name) for name in ("F", "K", "T", "r")} | {"is_call": np.array([row["cp"] == "C" for row in rows])}


def test_the_statuses_are_the_tables() -> None:
    assert tuple(status.name for status in IvStatus) == IV_STATUSES
    assert [int(status) for status in IvStatus] == list(range(7))


def test_every_vector_is_met() -> None:
    rows = vectors()
    assert len(rows) == 108
    given = arguments(rows)
    iv, tolerance = column(rows, "iv"), column(rows, "iv_tol")
    sigma, status = black76.implied_volatility(price=column(rows, "market_price"), **given)
    assert np.all(status == IvStatus.OK)
    assert np.all(np.abs(sigma - iv) <= np.maximum(1e-11 * iv, tolerance))
    assert np.max(np.abs(sigma / iv - 1)) < 1e-14
    for name, values in black76.greeks(**given, sigma=iv)._asdict().items():
        np.testing.assert_allclose(values, column(rows, name), rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(black76.price(**given, sigma=column(rows, "sigma")), column(rows, "price"), rtol=1e-12)


@pytest.mark.parametrize("case", EDGE_CASES, ids=lambda case: case.about)
def test_every_edge_case_has_its_status(case: EdgeCase) -> None:
    sigma, status = black76.implied_volatility(price=case.price, F=case.F, K=case.K, T=case.T, r=0.0, is_call=case.is_call)
    assert IvStatus(status).name == case.status
    assert sigma == pytest.approx(case.iv, rel=1e-12, nan_ok=True)


def test_haug() -> None:
    # his normal distribution is a five-digit approximation: the last printed place is not always right
    for (F, T, sigma), (call, put) in answers.HAUG_FUTURES_OPTIONS.items():
        prices = black76.price(F=F, K=100.0, T=T, sigma=sigma, r=0.1, is_call=[True, False])
        np.testing.assert_allclose(prices, [call, put], atol=1e-4)
    example = dict(answers.HAUG_EXAMPLE)
    price = example.pop("price")
    assert black76.price(**example, is_call=True) == pytest.approx(price, abs=1e-4)
    deltas = dict(answers.HAUG_DELTA)
    call, put = deltas.pop("call"), deltas.pop("put")
    np.testing.assert_allclose(black76.greeks(**deltas, is_call=[True, False]).delta, [call, put], atol=1e-4)


@pytest.mark.parametrize("answer", [*answers.ANSWERS, *INDEX_ANSWERS], ids=lambda answer: answer.about)
def test_sixty_digit_answers(answer: answers.Answer) -> None:
    given = {"F": answer.F, "K": answer.K, "T": answer.T, "r": answer.r, "is_call": answer.is_call}
    assert black76.price(**given, sigma=answer.sigma) == pytest.approx(float(answer.price), rel=1e-12, abs=0)
    np.testing.assert_allclose(black76.greeks(**given, sigma=answer.sigma), [float(greek) for greek in answer.greeks], rtol=1e-12)
    sigma, status = black76.implied_volatility(price=float(answer.price), **given)
    assert status == IvStatus.OK
    ulp_of_price = np.spacing(float(answer.price)) / float(answer.greeks[2])
    assert abs(sigma - answer.sigma) <= 4 * ulp_of_price + 1e-14 * answer.sigma


def test_vector_and_single_paths_agree_where_they_meet() -> None:
    # the same options a hair inside and outside of what the vector path takes on: s = 1, ln(F/K) = 1.03
    given: dict[str, Any] = {"F": 100.0, "T": 1.0, "r": 0.02, "is_call": True}
    for name, inside, outside in (("sigma", 1.0, 1.0 + 1e-13), ("K", 280.2, 280.2 * (1 + 1e-2))):
        one = given | {"sigma": 0.7, "K": 120.0} | {name: inside}
        other = given | {"sigma": 0.7, "K": 120.0} | {name: outside}
        for option in (one, other):
            truth = [float(twin.greek(greek, **option)) for greek in ("delta", "gamma", "vega", "theta", "vanna", "charm")]
            np.testing.assert_allclose(black76.greeks(**option), truth, rtol=1e-12)


def test_a_chain_is_its_greeks() -> None:
    K = np.arange(3000.0, 9001.0, 250.0)
    T, sigma = 0.05, np.linspace(0.1, 0.6, K.size)
    chain = black76.chain_greeks(F=6000.25, K=K, T=T, total_vol=sigma * np.sqrt(T), r=0.04)
    call, put = (black76.greeks(F=6000.25, K=K, T=T, sigma=sigma, r=0.04, is_call=flag) for flag in (True, False))
    expected = (call.gamma, call.vanna, call.delta, put.delta, call.charm, put.charm)
    for name, values, truth in zip(chain._fields, chain, expected, strict=True):
        np.testing.assert_allclose(values, truth, rtol=1e-12, atol=1e-300, err_msg=name)


def test_wings_keep_their_digits() -> None:
    # a put at half the forward and a call at 1.8 times it: 1 − N(...) would be 0 or noise
    put = {"F": 6000.0, "K": 3000.0, "T": 0.1, "sigma": 0.2, "r": 0.04, "is_call": False}
    call = {"F": 6000.0, "K": 10800.0, "T": 0.1, "sigma": 0.2, "r": 0.04, "is_call": True}
    for option in (put, call):
        for name in ("delta", "charm", "theta"):
            truth = float(twin.greek(name, **option))
            assert truth != 0
            assert getattr(black76.greeks(**option), name) == pytest.approx(truth, rel=1e-11, abs=0)


def test_shapes_are_numpys() -> None:
    given: dict[str, Any] = {"F": 6000.0, "K": [[5900.0], [6000.0]], "T": 0.1, "sigma": [0.1, 0.2, 0.3], "r": 0.0}
    price = black76.price(**given, is_call=[True, False, True])
    assert price.shape == (2, 3)
    assert price[1, 1] == black76.price(F=6000.0, K=6000.0, T=0.1, sigma=0.2, r=0.0, is_call=False)
    assert all(greek.shape == (2, 3) for greek in black76.greeks(**given, is_call=True))
    sigma, status = black76.implied_volatility(price=price, F=6000.0, K=given["K"], T=0.1, r=0.0, is_call=[True, False, True])
    assert sigma.shape == status.shape == (2, 3)
    assert status.dtype == np.int8
    empty = black76.price(**(given | {"K": np.empty(0), "sigma": 0.2}), is_call=True)
    assert empty.shape == (0,)
    scalar = black76.price(F=6000, K=6000, T=1, sigma=0.2, r=0, is_call=np.True_)
    assert isinstance(scalar, float)


def test_read_only_and_strided_arguments_are_taken() -> None:
    K = np.arange(5900.0, 6100.0, 1.0)
    frozen = K.copy()
    frozen.flags.writeable = False
    given: dict[str, Any] = {"F": 6000.0, "T": 0.1, "sigma": 0.2, "r": 0.0, "is_call": True}
    assert np.array_equal(black76.price(K=frozen, **given), black76.price(K=K, **given))
    assert np.array_equal(black76.price(K=K[::-3], **given), black76.price(K=K, **given)[::-3])


def test_a_block_of_the_unanswerable_disturbs_nobody() -> None:
    K = np.tile([6000.0, math.nan, -5.0, 5900.0, math.inf, 0.0, 900.0], 100)
    given: dict[str, Any] = {"F": 6000.0, "T": 0.1, "r": 0.0, "is_call": False}
    prices = black76.price(K=K, sigma=0.4, **given)
    assert np.array_equal(np.isfinite(prices), np.tile([True, False, False, True, False, False, True], 100))
    sigma, status = black76.implied_volatility(price=prices, K=K, **given)
    np.testing.assert_allclose(sigma[status == IvStatus.OK], 0.4, rtol=1e-13)
    assert np.array_equal(status == IvStatus.BAD_INPUT, ~np.isfinite(prices))
    assert all(np.array_equal(np.isnan(greek), ~np.isfinite(prices)) for greek in black76.greeks(K=K, sigma=0.4, **given))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"T": 0.0}, "EXPIRED"),
        ({"T": -1.0, "price": -5.0}, "EXPIRED"),
        ({"T": -1.0, "F": math.nan}, "BAD_INPUT"),
        ({"T": math.inf}, "BAD_INPUT"),
        ({"price": math.inf}, "BAD_INPUT"),
        ({"r": math.nan}, "BAD_INPUT"),
        ({"r": 1e6}, "BAD_INPUT"),
        ({"K": -6000.0}, "BAD_INPUT"),
        ({"price": -0.0}, "BELOW_INTRINSIC"),
        ({"K": 5000.0, "price": 1000.0, "r": 0.0}, "BELOW_INTRINSIC"),
        ({"K": 5000.0, "price": math.nextafter(1000.0, 2000.0), "r": 0.0}, "OK"),
        ({"K": 5000.0, "price": math.exp(-0.04 * 0.1) * 1000.0}, "BELOW_INTRINSIC"),
        ({"price": 6000.0, "r": 0.0}, "ABOVE_MAX"),
        ({"price": 6000.0 * math.exp(-0.04 * 0.1)}, "ABOVE_MAX"),
        ({"price": 5999.0, "r": 0.0}, "OK"),
        ({"price": 7000.0}, "ABOVE_MAX"),
        ({"price": 5e-324, "K": 6500.0}, "OK"),
    ],
)
def test_statuses(change: dict[str, float], expected: str) -> None:
    given: dict[str, Any] = {"price": 50.0, "F": 6000.0, "K": 6000.0, "T": 0.1, "r": 0.04, "is_call": True} | change
    sigma, status = black76.implied_volatility(**given)
    assert IvStatus(status).name == expected
    assert math.isnan(sigma) == (expected != "OK")


def test_where_time_or_volatility_is_gone() -> None:
    given: dict[str, Any] = {"F": 6000.0, "K": [5900.0, 6100.0], "r": 0.04, "is_call": True}
    assert black76.price(**given, T=0.0, sigma=0.2).tolist() == [100.0, 0.0]
    np.testing.assert_allclose(black76.price(**given, T=0.5, sigma=0.0), [100.0 * math.exp(-0.02), 0.0])
    for T, sigma in ((-0.1, 0.2), (0.1, -0.2), (0.1, math.nan), (math.nan, 0.2), (0.1, math.inf)):
        assert np.all(np.isnan(black76.price(**given, T=T, sigma=sigma)))
    for T, sigma in ((0.0, 0.2), (0.1, 0.0), (-0.1, 0.2), (0.1, math.nan)):
        assert all(np.all(np.isnan(greek)) for greek in black76.greeks(**given, T=T, sigma=sigma))
        chain = black76.chain_greeks(F=6000.0, K=given["K"], T=T, total_vol=sigma, r=0.04)
        assert all(np.all(np.isnan(greek)) for greek in chain)


def test_a_callers_mistake_is_said() -> None:
    with pytest.raises(ValueError, match="shape"):
        black76.price(F=[1.0, 2.0], K=[1.0, 2.0, 3.0], T=1.0, sigma=1.0, r=0.0, is_call=True)
    with pytest.raises(TypeError, match="Expected is_call of bool"):
        black76.price(F=1.0, K=1.0, T=1.0, sigma=1.0, r=0.0, is_call=["C", "P"])


def test_other_programs_take_it_from_the_kernels() -> None:
    from gex_assets import kernels
    from gex_assets.kernels import black76 as taken

    assert taken is black76
    with pytest.raises(AttributeError, match="has no attribute 'black77'"):
        _ = kernels.black77
