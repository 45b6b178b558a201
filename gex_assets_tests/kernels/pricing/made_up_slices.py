"""Smiles of one window for the tests of the fit."""

from __future__ import annotations

from typing import Any

import numpy as np


def a_slice(sigma: Any = 0.2, *, n: int = 41, half: float = 0.002) -> dict[str, Any]:
    """One window, T = 0.04 and strikes so that z runs from −2 to 2 where sigma is 0.2."""
    z = np.linspace(-2.0, 2.0, n)
    mid = np.full(n, sigma) if np.isscalar(sigma) else sigma(z)
    return {
        "F": [6000.0],
        "K": 6000.0 * np.exp(z * 0.04),
        "T": 0.04,
        "iv_bid": (mid - half)[None],
        "iv_mid": mid[None],
        "iv_ask": (mid + half)[None],
    }
