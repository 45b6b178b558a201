"""Huber's quartic through one window's volatilities, slowly: numpy's least squares, reweighted until nothing moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["huber_quartic"]

Floats = NDArray[np.float64]


def huber_quartic(z: Floats, iv: Floats, half: Floats) -> Floats:
    """Coefficients, highest power first, that minimize Huber's function of the residuals in half spreads."""
    weight = np.ones_like(z)
    for _ in range(300):
        coefficients = np.polyfit(z, iv, 4, w=np.sqrt(weight) / half)
        residual = np.abs(iv - np.polyval(coefficients, z)) / half
        bend = 1.345 * max(1.482602218505602 * float(np.median(residual)), 0.02)
        weight = np.minimum(1.0, bend / np.maximum(residual, 1e-300))
    return coefficients
