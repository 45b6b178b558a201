"""Which series expire in the afternoon: weeklies, dailies and end-of-month options, one a day, from `market.products`' roots.

The venue lists no Friday weekly on a quarterly's third Friday. Where a month's last business day is a weekly's day, it lists one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from gex_assets.market.expirations import expiration_date, expiration_ns, nearest_quarter, quarterly_expiration
from gex_assets.market.products import MONTH_CODES, QUARTERLY_MONTHS, OptionRoot, Product

__all__ = ["Afternoon", "afternoons"]

PRECEDENCE: Final = {"eom": 0, "weekly": 1, "daily": 2}
"""Of several series that would expire on one day, the venue lists the first."""

FRIDAY: Final = 4
MONTHS_AHEAD: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Afternoon:
    """One series.

    Attributes
    ----------
    root : its root.
    year, month : that its symbol names.
    expires, ts_expiration : the day, the moment. [UNIX ns]
    future : year and month of the future it is exercised into.
    """

    root: OptionRoot
    year: int
    month: int
    expires: date
    ts_expiration: int
    future: tuple[int, int]


def _is_listed(root: OptionRoot, expires: date) -> bool:
    """No series of Friday's letter has been seen, and no weekly on the day of a quarterly expiration."""
    if root.family == "daily":
        return root.weekday != FRIDAY
    is_quarter = MONTH_CODES[expires.month - 1] in QUARTERLY_MONTHS
    return not (root.family == "weekly" and is_quarter and expires == quarterly_expiration(expires.year, expires.month))


def afternoons(*, product: Product, start_ns: int, families: Collection[str], count: int) -> tuple[Afternoon, ...]:
    """The next `count` series of the families that expire after a moment, by expiration; fewer where the product has no more.

    Parameters
    ----------
    families : quarterly is passed over.
    """
    day = datetime.fromtimestamp(start_ns // 10**9, tz=UTC).date()
    by_day: dict[date, Afternoon] = {}
    roots = sorted(
        (root for root in product.option_roots.values() if root.family in families and root.family in PRECEDENCE),
        key=lambda root: PRECEDENCE[root.family],
    )
    for root in roots:
        for ahead in range(MONTHS_AHEAD):
            year, month = day.year + (day.month - 1 + ahead) // 12, (day.month - 1 + ahead) % 12 + 1
            expires = expiration_date(root, year, month)
            if expires is None or not _is_listed(root, expires):
                continue
            moment = expiration_ns(expires, root.settlement)
            if moment > start_ns:
                one = Afternoon(
                    root=root, year=year, month=month, expires=expires, ts_expiration=moment, future=nearest_quarter(moment)
                )
                by_day.setdefault(expires, one)
    return tuple(by_day[expires] for expires in sorted(by_day)[:count])
