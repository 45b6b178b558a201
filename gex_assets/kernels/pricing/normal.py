r"""The normal distribution and the elementary functions, written so that LLVM can turn loops over them into vector code.

`exp`, `log` and Mills' ratio are branch-free arithmetic for one lane, to be inlined into compiled loops. No function checks its
range: each docstring says where it holds.

The compiled units that these are inlined into close over their fingerprint (`compiled_unit`) and `COEFFICIENTS`, so that
numba's disk cache, which looks only at a unit's own file, notices a change here. Nothing in between may be cached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from numba import njit
from numba.extending import intrinsic

__all__ = ["COEFFICIENTS", "DENSITY_AT_ZERO", "exponential", "logarithm", "logarithm_about_one", "mills_ratio", "polynomial"]

DENSITY_AT_ZERO: Final = 0.3989422804014327
"""φ(0) = 1/√(2π)."""

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
"""ln 2 in two parts, the first with zeros at its end, so that n·ln 2 is exact for every exponent n."""

_ROUND: Final = 6755399441055744.0
"""1.5·2^52: adding it leaves the nearest whole number in the last bits of the sum."""

_SQRT_HALF_BITS: Final = 0x3FE6A09E667F3BCD
_WHOLE_TO_FLOAT: Final = 0x4330000000080000
_WHOLE_OFFSET: Final = 4503599627894784.0
"""2^52 + 2^19, and its bit pattern: a small signed whole number added to the pattern reads as that number above it."""

LOG_COEFFICIENTS: Final = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
"""fdlibm's `e_log.c` (Sun Microsystems, 1993): (2 atanh z)/z − 2 in powers of z², |z| ≤ 0.1716, error below 2^-58."""

_EXP_COEFFICIENTS: Final = (
    1.0,
    1.0,
    1 / 2,
    1 / 6,
    1 / 24,
    1 / 120,
    1 / 720,
    1 / 5040,
    1 / 40320,
    1 / 362880,
    1 / 3628800,
    1 / 39916800,
    1 / 479001600,
    1 / 6227020800,
)
"""Taylor's series; the first term left out is below 5e-18 for |x| ≤ (ln 2)/2."""

MILLS_CENTRE: Final = 4.0
MILLS_COEFFICIENTS: Final = (
    1.8932190633084853,
    -1.5237709108199835,
    0.9704095548675874,
    -0.46754096299832926,
    0.1513917623124891,
    -0.01890045086179461,
    -0.008722295275113486,
    0.00408785568219404,
    0.00033424462447582926,
    -0.0005792693112383798,
    -4.7833112184110975e-06,
    8.809575792458322e-05,
    1.7965666540766273e-06,
    -1.4843347253192145e-05,
    -1.5791693622508298e-06,
    2.5688741365377523e-06,
    6.836016680202922e-07,
    -4.006262909600915e-07,
    -2.1840990663360633e-07,
    4.482320698500524e-08,
    5.4154267181159925e-08,
    -1.509241818614183e-09,
    -9.520279114401458e-09,
    -2.9433098761634534e-10,
    8.812534041624495e-10,
)
"""(w + 4)·R(w) in powers of u = (w − 4)/(w + 4): the polynomial through the 25 Chebyshev points of u ∈ [−1, 1].

The mapping is Schonfelder's (Math. Comp. 32, 1978, 1232-1240) for erfc; the numbers are ours, computed with 60 digits by
`gex_assets_tests/twins/normal.py`, which a test repeats.
"""

COEFFICIENTS: Final = hash((LOG_COEFFICIENTS, _EXP_COEFFICIENTS, MILLS_COEFFICIENTS))
"""A number that changes with them, the same in every process (hashes of floats are not salted)."""


def _polynomial(typing_context: Any, x: Any, coefficients: Any) -> Any:
    del typing_context
    count = coefficients.count

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        at, terms = arguments
        value = builder.extract_value(terms, count - 1)
        for power in range(count - 2, -1, -1):
            product = builder.fmul(value, at, flags=("contract",))
            value = builder.fadd(product, builder.extract_value(terms, power), flags=("contract",))
        return value

    return x(x, coefficients), generate


polynomial = cast("Callable[[float, tuple[float, ...]], float]", intrinsic(_polynomial))
"""Horner's rule over a constant tuple, lowest power first, in compiled code; unrolled, fused where the processor can."""


@njit(inline="always")
def exponential(x: float) -> float:
    """e^x within an ulp for −708 ≤ x ≤ 709; 0 below; NaN or nonsense above."""
    shifted = x * 1.4426950408889634 + _ROUND
    whole = shifted - _ROUND
    rest = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    value = polynomial(rest, _EXP_COEFFICIENTS)
    bits = np.float64(value).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    scaled = np.int64(bits).view(np.float64)
    return 0.0 if x < -708.0 else scaled


@njit(inline="always")
def logarithm_about_one(z: float) -> float:
    """2 atanh z = ln((1 + z)/(1 − z)) within an ulp, for |z| ≤ 0.1716, that is between √½ and √2."""
    square = z * z
    return 2.0 * z + z * square * polynomial(square, LOG_COEFFICIENTS)


@njit(inline="always")
def logarithm(x: float) -> float:
    """Natural logarithm of a positive normal number, within two ulps of it or, about 1, of x − 1."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    mantissa = np.int64(bits - (exponent << 52)).view(np.float64)
    whole = np.int64(exponent + _WHOLE_TO_FLOAT).view(np.float64) - _WHOLE_OFFSET
    above_one = mantissa - 1.0
    return whole * _LN2_HIGH + (whole * _LN2_LOW + logarithm_about_one(above_one / (2.0 + above_one)))


@njit(inline="always")
def mills_ratio(w: float) -> float:
    r"""Mills' ratio R(w) = (1 − Φ(w))/φ(w) = √(π/2)·erfcx(w/√2) for w ≥ 0.

    Returns
    -------
    R(w), relative error below 5e-16 everywhere; R(0) = √(π/2), w·R(w) → 1.

    References
    ----------
    J. P. Mills, "Table of the ratio: area to bounding ordinate", Biometrika 18 (1926) 395-400.
    """
    scale = 1.0 / (w + MILLS_CENTRE)
    return polynomial((w - MILLS_CENTRE) * scale, MILLS_COEFFICIENTS) * scale
