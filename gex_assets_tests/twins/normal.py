"""Mills' ratio with 60 digits, and the polynomial through it at Chebyshev's points, the slow and obvious way."""

from __future__ import annotations

from mpmath import mp, mpf

__all__ = ["mills_coefficients", "mills_ratio"]


def mills_ratio(w: float | mpf) -> mpf:
    """(1 − Φ(w))/φ(w) by the complementary error function."""
    w = mpf(w)
    return mp.sqrt(mp.pi / 2) * mp.erfc(w / mp.sqrt(2)) * mp.exp(w * w / 2)


def mills_coefficients(*, centre: float, count: int) -> list[float]:
    """Powers of u = (w − c)/(w + c) of the polynomial through (w + c) R(w) at the `count` Chebyshev points of [−1, 1]."""
    with mp.workdps(60):
        points = [mp.cos(mp.pi * (k + mpf("0.5")) / count) for k in range(count)]
        values = [mills_ratio(centre * (1 + u) / (1 - u)) * (centre * (1 + u) / (1 - u) + centre) for u in points]
        # Newton's divided differences, multiplied out
        differences = list(values)
        for order in range(1, count):
            for k in range(count - 1, order - 1, -1):
                differences[k] = (differences[k] - differences[k - 1]) / (points[k] - points[k - order])
        powers = [mpf(0)] * count
        for k in range(count - 1, -1, -1):
            shifted = [mpf(0), *powers[:-1]]
            powers = [shifted[j] - points[k] * powers[j] for j in range(count)]
            powers[0] += differences[k]
        return [float(power) for power in powers]
