"""Which strikes are listed: the real ladders of ES quarterlies in January 2026, a rule for others, one for dailies and weeklies.

The real ladders are Databento's symbology from 2026-01-06 to 2026-01-20, written as ranges; the tests compare them with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

__all__ = ["KNOWN", "LISTED_LATER", "afternoon_ladder", "ladder", "ranges"]

KNOWN: Final[dict[tuple[str, int, int], str]] = {
    ("ES", 2026, 3): (
        "100 500:3600:100 3650:5000:50 5025 5050:5400:50 5425:7750:25 7800:8100:50 8200:9000:100 9200 9400:9600:100 "
        "9800 10000 10100 10500:12000:500"
    ),
    ("ES", 2026, 6): (
        "100 500 1000:3600:100 3650:5450:50 5475 5500:6000:50 6040 6050:8100:50 8200:9200:100 9400:9600:100 9800 10000:12000:500"
    ),
    ("ES", 2026, 9): (
        "1200:3600:100 3650:6000:50 6025 6050:6700:50 6725 6750:8200:50 8300:9200:100 9400:9600:100 9800 10000:12000:500"
    ),
    ("ES", 2026, 12): "100 800:3600:100 3650:8200:50 8300:9200:100 9400:9600:100 9800 10000:12000:500",
    ("ES", 2027, 3): "500 800:1200:100 1400:3200:200 3300:3700:100 3750:8300:50 8400:8600:100 8800:10000:200",
    ("ES", 2027, 6): "800:1200:100 1400:3800:200 3900:4400:100 4450:8300:50 8400:8800:100 9000:10000:200",
    ("ES", 2027, 9): "1400:4200:200 4300:4800:100 4850:8400:50 8500:8800:100 9000:10200:200",
    ("ES", 2027, 12): "900:5000:100 5050:8500:50 8600:9600:100 9800:10200:200 10500:12000:500",
    ("ES", 2028, 12): "1100:10000:100 10200 10400:10600:100 11000:12000:500",
    ("ES", 2029, 12): "1200 1400:10400:100 10600:10800:200",
    ("ES", 2030, 12): "1600:4800:200 4900:9800:100 10000:11400:200",
}
"""Ladders by product and expiration month: single strikes and first:last:step."""

LISTED_LATER: Final[dict[tuple[str, int, int], dict[int, date]]] = {("ES", 2026, 3): {7725: date(2026, 1, 13)}}
"""Strikes that were listed later, and the date whose file has their definition."""


def ranges(text: str) -> tuple[int, ...]:
    """Spell out "100 500:700:100" as (100, 500, 600, 700)."""
    strikes: list[int] = []
    for word in text.split():
        first, *rest = (int(part) for part in word.split(":"))
        strikes += range(first, rest[0] + 1, rest[1]) if rest else (first,)
    return tuple(strikes)


def _by_rule(*, level: float, step: int, front: bool) -> Iterable[int]:
    centre = round(level / (4 * step)) * 4 * step
    near = step if front else 2 * step
    yield from range(4 * step * round(0.08 * centre / (4 * step)), int(0.52 * centre), 4 * step)
    yield from range(2 * step * round(0.52 * centre / (2 * step)), int(0.78 * centre), 2 * step)
    yield from range(near * round(0.78 * centre / near), int(1.12 * centre) + near, near)
    yield from range(2 * step * round(1.12 * centre / (2 * step)), int(1.20 * centre), 2 * step)
    yield from range(4 * step * round(1.20 * centre / (4 * step)), int(1.70 * centre), 4 * step)


def ladder(*, product: str, year: int, month: int, on: date, level: float, step: int, front: bool) -> tuple[int, ...]:
    """List the strikes of one quarterly series.

    Parameters
    ----------
    product, year, month : the series.
    on : the day whose file it is; strikes that were listed later are left out.
    level : the future's price when the series became the nearest, where the ladder follows the rule. [index points]
    step : distance of strikes near the money of the front series; twice and four times as much further out. [index points]
    front : whether the series is the nearest one.

    Returns
    -------
    Strikes, increasing. [index points]
    """
    key = (product, year, month)
    if key in KNOWN:
        later = LISTED_LATER.get(key, {})
        return tuple(strike for strike in ranges(KNOWN[key]) if strike not in later or later[strike] <= on)
    return tuple(sorted({strike for strike in _by_rule(level=level, step=step, front=front) if strike > 0}))


WIDE: Final = ((0.40, 0.65, 20), (0.65, 0.78, 10), (0.78, 0.86, 5), (0.86, 0.89, 2), (0.89, 1.07, 1), (1.07, 1.12, 5))
NEAR: Final = ((0.85, 0.93, 10), (0.93, 0.985, 5), (0.985, 1.015, 1), (1.015, 1.05, 5))
"""Stretches of a ladder as shares of the level, and the distance of strikes in them in steps of the product's grid."""

BEYOND: Final = ((1.05, 1.15, 20),)


def afternoon_ladder(*, level: float, grid: int, is_wide: bool) -> tuple[int, ...]:
    """List the strikes of a daily, weekly or end-of-month series.

    The wide rule follows the real ladders of E1AF6, E2BF6 and EW3F6 in January 2026, which have 325 to 388 strikes. For ES they
    are 5 points apart from 11 % below the price to 7 % above it. The near one has about 90 strikes, 5 points apart within 1.5 %.

    Parameters
    ----------
    level : price at the expiration's date. [index points]
    grid : distance of the finest strikes. [index points]

    Returns
    -------
    Strikes, increasing. [index points]
    """
    strikes = set[int]()
    for low, high, steps in (*(WIDE if is_wide else NEAR), *BEYOND):
        step = grid * steps
        strikes |= set(range(round(low * level / step) * step, round(high * level / step) * step + 1, step))
    return tuple(sorted(strike for strike in strikes if strike > 0))
