"""How a robust curve answers when its quotes are drawn again: exact integrals over what each quote may be, roots by Brent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from gex_assets_tests.twins.smile import cardinal

__all__ = ["CurveErrors", "at_the_money", "of_curve"]

Floats = NDArray[np.float64]
STEPS = 2
"""How often the mean curve is moved to where its quotes pull it; documented."""


class CurveErrors(NamedTuple):
    covariance: Floats
    shift: Floats
    tilt: Floats


def at_the_money(F: float, K: Floats, mid: Floats) -> float:
    nearest = np.argsort(np.abs(K - F) + np.where(np.isfinite(mid), 0.0, np.inf), kind="stable")[:5]
    return float(np.median(mid[nearest]))


def share_within(residual: Floats, bound: float) -> Floats:
    """P(|r + u| ≤ bound), u uniform in [−1, 1]."""
    return np.asarray((np.clip(residual + 1, -bound, bound) - np.clip(residual - 1, -bound, bound)) / 2)


def median_of_redrawn(residual: Floats) -> float:
    excess = lambda bound: float(np.mean(share_within(residual, bound))) - 0.5  # noqa: E731
    return float(brentq(excess, 0.0, float(np.abs(residual).max()) + 1.0, xtol=1e-15))


def clipped(residual: Floats, bend: float) -> tuple[Floats, Floats]:
    """Mean and variance of r + u cut off at ±bend, by antiderivatives of the cut number and of its square."""

    def first(y: Floats) -> Floats:
        return np.where(np.abs(y) <= bend, y * y / 2, bend * np.abs(y) - bend * bend / 2)

    def second(y: Floats) -> Floats:
        return np.where(np.abs(y) <= bend, y**3 / 3, np.sign(y) * (bend * bend * np.abs(y) - 2 * bend**3 / 3))

    mean, square = ((f(residual + 1) - f(residual - 1)) / 2 for f in (first, second))
    return mean, square - mean * mean


def of_curve(z: Floats, residual: Floats, half: Floats, tilt: Floats, at: Floats | None = None) -> CurveErrors:
    """Covariance of the curve at some moneyness (at the quotes by default), its mean shift, its answer to the quotes' tilts.

    Residuals are in half widths. Beyond the outermost quote the curve is level.
    """
    terms = cardinal(z)
    shift = np.zeros(terms.shape[1])
    for step in range(STEPS + 1):
        here = residual - terms @ shift / half
        bend = 1.345 * max(1.482602218505602 * median_of_redrawn(here), 0.02)
        within = share_within(here, bend)
        mean, variance = clipped(here, bend)
        inverse = np.linalg.inv((terms * (within / half**2)[:, None]).T @ terms)
        if step < STEPS:
            shift = shift + inverse @ (terms.T @ (mean / half))
    middle = (terms * (variance / half**2)[:, None]).T @ terms
    wanted = cardinal(np.clip(z if at is None else at, z.min(), z.max()))
    answer = wanted @ inverse
    return CurveErrors(answer @ middle @ answer.T, wanted @ shift, answer @ (terms.T @ (within * tilt / half**2)))
