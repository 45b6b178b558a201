"""Black's model with 100 digits: the price as Black wrote it, every greek as a numerical derivative, volatility by bisection.

Nothing is shared with the kernel but the definition: no Mills ratio, no series, no closed form of a greek.
"""

from __future__ import annotations

from mpmath import mp, mpf

__all__ = ["DIGITS", "greek", "implied_volatility", "price"]

DIGITS = 100


def _normal(x: mpf) -> mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def price(*, F: mpf, K: mpf, T: mpf, sigma: mpf, r: mpf, is_call: bool) -> mpf:
    with mp.workdps(DIGITS):
        F, K, T, sigma, r = (mpf(x) for x in (F, K, T, sigma, r))
        total = sigma * mp.sqrt(T)
        d_plus = mp.log(F / K) / total + total / 2
        d_minus = d_plus - total
        if is_call:
            return mp.exp(-r * T) * (F * _normal(d_plus) - K * _normal(d_minus))
        return mp.exp(-r * T) * (K * _normal(-d_minus) - F * _normal(-d_plus))


_BY = {
    "delta": (("F",), 1),
    "gamma": (("F", "F"), 1),
    "vega": (("sigma",), 1),
    "theta": (("T",), -1),
    "vanna": (("F", "sigma"), 1),
    "charm": (("F", "T"), -1),
}


def greek(name: str, *, F: float, K: float, T: float, sigma: float, r: float, is_call: bool) -> mpf:
    """The derivatives that define a greek, by central differences small enough for 25 digits of 100."""
    variables, sign = _BY[name]
    with mp.workdps(DIGITS):

        def bumped(left: tuple[str, ...], at: dict[str, mpf]) -> mpf:
            if not left:
                return price(**at, is_call=is_call)
            step = at[left[0]] * mpf(10) ** -15
            up = bumped(left[1:], at | {left[0]: at[left[0]] + step})
            down = bumped(left[1:], at | {left[0]: at[left[0]] - step})
            return (up - down) / (2 * step)

        return sign * bumped(variables, {"F": mpf(F), "K": mpf(K), "T": mpf(T), "sigma": mpf(sigma), "r": mpf(r)})


def implied_volatility(*, target: float, F: float, K: float, T: float, r: float, is_call: bool) -> mpf:
    """Volatility by bisection of the price between 0 and 100/√T."""
    with mp.workdps(DIGITS):
        low, high = mpf(0), 100 / mp.sqrt(mpf(T))
        for _ in range(90):
            middle = (low + high) / 2
            if price(F=F, K=K, T=T, sigma=middle, r=r, is_call=is_call) < target:
                low = middle
            else:
                high = middle
        return (low + high) / 2
