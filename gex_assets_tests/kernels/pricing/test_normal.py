from __future__ import annotations

import math

import numpy as np
from mpmath import mp, mpf
from numba import njit
from numpy.typing import NDArray

from gex_assets.kernels.pricing import normal
from gex_assets_tests.twins import normal as twin


@njit
def _all(x: NDArray[np.float64], out: NDArray[np.float64], which: int) -> None:
    for i in range(x.size):
        if which == 0:
            out[i] = normal.exponential(x[i])
        elif which == 1:
            out[i] = normal.logarithm(x[i])
        elif which == 2:
            out[i] = normal.logarithm_about_one(x[i])
        else:
            out[i] = normal.mills_ratio(x[i])


def computed(which: int, x: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.empty_like(x)
    _all(x, out, which)
    return out


def worst(values: NDArray[np.float64], truths: list[mpf]) -> float:
    return max(float(abs(mpf(float(value)) / truth - 1)) for value, truth in zip(values, truths, strict=True))


def test_mills_ratio_is_right_to_the_last_digits() -> None:
    w = np.concatenate([[0.0, 1e-12], np.geomspace(1e-3, 60.0, 400)])
    with mp.workdps(40):
        assert worst(computed(3, w), [twin.mills_ratio(float(x)) for x in w]) < 5e-16


def test_the_coefficients_are_the_twins() -> None:
    again = twin.mills_coefficients(centre=normal.MILLS_CENTRE, count=len(normal.MILLS_COEFFICIENTS))
    assert list(normal.MILLS_COEFFICIENTS) == again


def test_exponential() -> None:
    x = np.concatenate([np.linspace(-707.0, 709.0, 600), np.linspace(-1.0, 1.0, 200), [0.0]])
    with mp.workdps(40):
        assert worst(computed(0, x), [mp.exp(float(value)) for value in x]) < 4e-16
    out = computed(0, np.array([0.0, -709.0, -1e6, -np.inf, np.nan]))
    assert out[:4].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert math.isnan(out[4])


def test_logarithms() -> None:
    x = np.concatenate([np.geomspace(1e-300, 1e300, 600), np.linspace(0.5, 2.0, 300)])
    truth = np.log(x)
    assert np.all(np.abs(computed(1, x) - truth) <= 3e-16 * np.maximum(np.abs(truth), 1.0))
    z = np.concatenate([np.linspace(-0.1716, 0.1716, 300), [1e-12, -1e-9]])
    with mp.workdps(40):
        assert worst(computed(2, z), [2 * mp.atanh(mpf(float(value))) for value in z]) < 5e-16
