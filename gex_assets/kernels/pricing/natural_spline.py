r"""Natural cubic splines with five fixed knots in compiled code: their terms, their value, and weighted least squares.

A natural cubic spline is straight beyond its outer knots, so it has as many parameters as knots. `smile` fits volatilities with
it, `exposure.smile_errors` follows how the fit answers to its quotes. Nothing here is cached by itself: a unit that calls these
functions closes over the fingerprint of this module and over `CONSTANTS`.

T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning", Springer 2009, section 5.2.1 (the terms).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gex_assets.kernels.pricing.lanes import Floats

__all__ = [
    "CONSTANTS",
    "KNOTS",
    "TERMS",
    "cholesky",
    "solve_lower",
    "solve_transposed",
    "spline_terms",
    "spline_value",
    "weighted_spline",
]

KNOTS: Final = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Where the spline's third derivative may change, in z."""

TERMS: Final = len(KNOTS)
"""A natural spline has as many parameters as knots."""

_SINGULAR: Final = 1e-13
"""A pivot below this share of its diagonal element is rounding: the matrix is singular."""

CONSTANTS: Final = hash((KNOTS, _SINGULAR))
"""Changes with the tuples and floats in here; `fingerprint` does not see tuples."""


@njit(nogil=True, error_model="numpy", inline="always")
def _ramp(z: float, knot: float) -> float:
    """((z − knot)₊³ − (z − last knot)₊³)/(last knot − knot); the difference of two of them is straight beyond the last knot."""
    return (max(z - knot, 0.0) ** 3 - max(z - KNOTS[4], 0.0) ** 3) / (KNOTS[4] - knot)


@njit(nogil=True, error_model="numpy")
def spline_terms(z: float) -> tuple[float, float, float, float]:
    """The spline's terms at z after the constant 1: z, and one cubic term for each of the first three knots."""
    last = _ramp(z, KNOTS[3])
    return z, _ramp(z, KNOTS[0]) - last, _ramp(z, KNOTS[1]) - last, _ramp(z, KNOTS[2]) - last


@njit(nogil=True, error_model="numpy")
def spline_value(c: Floats, terms: tuple[float, float, float, float]) -> float:
    """c₀ + Σ c_j t_j."""
    t1, t2, t3, t4 = terms
    return float(c[0] + c[1] * t1 + c[2] * t2 + c[3] * t3 + c[4] * t4)


@njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def _sum_moments(x: Floats, y: Floats, weight: Floats, count: int, moments: Floats, right: Floats) -> None:
    """Σ w t_j t_k into the lower triangle of `moments` (5, 5), Σ w y t_j into `right` (5,).

    One scalar per sum, with reassociation allowed, so that LLVM makes vector code of the loop.
    """
    s00 = s10 = s20 = s30 = s40 = s11 = s21 = s31 = s41 = s22 = s32 = s42 = s33 = s43 = s44 = 0.0
    r0 = r1 = r2 = r3 = r4 = 0.0
    for i in range(count):
        w0, value = weight[i], y[i]
        t1, t2, t3, t4 = x[0, i], x[1, i], x[2, i], x[3, i]
        w1, w2, w3, w4 = w0 * t1, w0 * t2, w0 * t3, w0 * t4
        s00, s10, s20, s30, s40 = s00 + w0, s10 + w1, s20 + w2, s30 + w3, s40 + w4
        s11, s21, s31, s41 = s11 + w1 * t1, s21 + w1 * t2, s31 + w1 * t3, s41 + w1 * t4
        s22, s32, s42 = s22 + w2 * t2, s32 + w2 * t3, s42 + w2 * t4
        s33, s43, s44 = s33 + w3 * t3, s43 + w3 * t4, s44 + w4 * t4
        r0, r1, r2, r3, r4 = r0 + w0 * value, r1 + w1 * value, r2 + w2 * value, r3 + w3 * value, r4 + w4 * value
    moments[0, 0] = s00
    moments[1, 0], moments[1, 1] = s10, s11
    moments[2, 0], moments[2, 1], moments[2, 2] = s20, s21, s22
    moments[3, 0], moments[3, 1], moments[3, 2], moments[3, 3] = s30, s31, s32, s33
    moments[4, 0], moments[4, 1], moments[4, 2], moments[4, 3], moments[4, 4] = s40, s41, s42, s43, s44
    right[0], right[1], right[2], right[3], right[4] = r0, r1, r2, r3, r4


@njit(nogil=True, error_model="numpy")
def cholesky(A: Floats) -> bool:
    """L with L Lᵀ = A (5, 5), in place, lower triangle; false where A is singular."""
    for i in range(TERMS):
        scale = A[i, i]
        for j in range(i + 1):
            rest = A[i, j]
            for k in range(j):
                rest -= A[i, k] * A[j, k]
            if i != j:
                A[i, j] = rest / A[j, j]
            elif rest > _SINGULAR * scale:
                A[i, i] = np.sqrt(rest)
            else:
                return False
    return True


@njit(nogil=True, error_model="numpy")
def solve_lower(L: Floats, b: Floats) -> None:
    """L⁻¹ b in place."""
    for i in range(TERMS):
        rest = b[i]
        for k in range(i):
            rest -= L[i, k] * b[k]
        b[i] = rest / L[i, i]


@njit(nogil=True, error_model="numpy")
def solve_transposed(L: Floats, b: Floats) -> None:
    """L⁻ᵀ b in place."""
    for i in range(TERMS - 1, -1, -1):
        rest = b[i]
        for k in range(i + 1, TERMS):
            rest -= L[k, i] * b[k]
        b[i] = rest / L[i, i]


@njit(nogil=True, error_model="numpy")
def weighted_spline(x: Floats, y: Floats, weight: Floats, count: int, coefficients: Floats, moments: Floats) -> bool:
    """Minimize Σ w (y − spline)² by Cholesky's factor of the normal equations; false where they are singular.

    Parameters
    ----------
    x : (4, n) `spline_terms` of each point.
    y, weight : (n,) values and weights.
    count : points in use, the first ones.
    coefficients : (5,) written to.
    moments : (5, 5) scratch memory.
    """
    _sum_moments(x, y, weight, count, moments, coefficients)
    if not cholesky(moments):
        return False
    solve_lower(moments, coefficients)
    solve_transposed(moments, coefficients)
    return True
