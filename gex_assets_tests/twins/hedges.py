"""What a position's holder trades over a move, with 60 digits: gamma, charm or vanna integrated along the way by quadrature.

Nothing is shared with the code but the definitions: no difference of deltas is taken where time and volatility are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mpmath import mp, mpf

__all__ = ["DIGITS", "Option", "over_price", "over_time", "over_volatility"]

DIGITS = 60


class Option(NamedTuple):
    """Signed contracts of one option."""

    contracts: float
    F: float
    K: float
    T: float
    sigma: float
    is_call: bool


def _d(F: mpf, K: mpf, T: mpf, sigma: mpf) -> tuple[mpf, mpf, mpf]:
    s = sigma * mp.sqrt(T)
    d_plus = mp.log(F / K) / s + s / 2
    return d_plus, d_plus - s, mp.exp(-d_plus * d_plus / 2) / mp.sqrt(2 * mp.pi)


def _gamma(one: Option, F: mpf, r: mpf) -> mpf:
    _, _, bell = _d(F, mpf(one.K), mpf(one.T), mpf(one.sigma))
    return mp.exp(-r * one.T) * bell / (F * mpf(one.sigma) * mp.sqrt(one.T))


def _vanna(one: Option, sigma: mpf, r: mpf) -> mpf:
    _, d_minus, bell = _d(mpf(one.F), mpf(one.K), mpf(one.T), sigma)
    return -mp.exp(-r * one.T) * bell * d_minus / sigma


def _charm(one: Option, T: mpf, r: mpf) -> mpf:
    """Change of delta per year that passes."""
    d_plus, d_minus, bell = _d(mpf(one.F), mpf(one.K), T, mpf(one.sigma))
    side = mp.erfc(-d_plus / mp.sqrt(2)) / 2 if one.is_call else -mp.erfc(d_plus / mp.sqrt(2)) / 2
    return mp.exp(-r * T) * (r * side + bell * d_minus / (2 * T))


def _total(book: Sequence[Option], change: Callable[[Option], mpf], ratio: float) -> float:
    with mp.workdps(DIGITS):
        return float(-mpf(ratio) * mp.fsum(mpf(one.contracts) * change(one) for one in book))


def _steps(low: mpf, high: mpf, count: int = 3) -> list[mpf]:
    """Stretches short enough for quadrature of a narrow bell."""
    return [low + (high - low) * k / count for k in range(count + 1)]


def over_price(book: Sequence[Option], percent: float, *, r: float, ratio: float = 1.0) -> float:
    """Futures bought while every forward goes up by so many per cent."""

    def change(one: Option) -> mpf:
        F = mpf(one.F)
        return mp.quad(lambda x: _gamma(one, x, mpf(r)), _steps(F, F * (1 + mpf(percent) / 100)))

    return _total(book, change, ratio)


def over_volatility(book: Sequence[Option], points: float, *, r: float, ratio: float = 1.0) -> float:
    """Futures bought while every volatility goes up by so many points."""

    def change(one: Option) -> mpf:
        sigma = mpf(one.sigma)
        return mp.quad(lambda x: _vanna(one, x, mpf(r)), _steps(sigma, sigma + mpf(points) / 100))

    return _total(book, change, ratio)


def over_time(book: Sequence[Option], hours: float, *, r: float, ratio: float = 1.0) -> float:
    """Futures bought while time passes; no option of the book expires in it."""

    def change(one: Option) -> mpf:
        T = mpf(one.T)
        return mp.quad(lambda left: _charm(one, left, mpf(r)), _steps(T - mpf(hours) / 8760, T))

    return _total(book, change, ratio)
