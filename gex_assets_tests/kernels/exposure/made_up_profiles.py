"""Chains of one window for the kernels of re-pricing, and their profile's roots."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gex_assets.kernels.exposure.gamma_profile import Roots, profile_coefficient, profile_roots

F = 6_900.0


def found(
    strike: Any, signed_weight: Any, total_vol: Any, *, forward: Any = F, reference: float = F
) -> tuple[Roots, dict[str, Any]]:
    """Roots of one window, and the inputs they came from."""
    strike, signed_weight, total_vol, forward = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (strike, signed_weight, total_vol, forward))
    )
    inputs = {
        "first": np.array([0]),
        "stop": np.array([strike.size]),
        "moneyness": np.log(forward / strike),
        "total_vol": total_vol.copy(),
        "coefficient": profile_coefficient(
            signed_weight=signed_weight, F=forward, T=np.float64(0.1), r=0.04, dollars=50.0 * forward**2 * 0.01
        ),
        "F": np.array([reference]),
    }
    return profile_roots(**inputs), inputs


@st.composite
def chains(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    size = draw(st.integers(2, 25))
    strikes = np.array(sorted(draw(st.sets(st.integers(230, 325), min_size=size, max_size=size)))) * 25.0
    weights = np.array(draw(st.lists(st.integers(-1_000, 1_000), min_size=size, max_size=size)), dtype=np.float64)
    vols = np.array(draw(st.lists(st.floats(0.005, 0.12), min_size=size, max_size=size)))
    forwards = np.array(draw(st.lists(st.sampled_from([6_880.0, F, 6_960.0]), min_size=size, max_size=size)))
    return strikes, weights, vols, forwards
