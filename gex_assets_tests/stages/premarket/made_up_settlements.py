"""A made-up evening: two expirations settled on a smile that the code does not know, and what the levels then truly are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from gex_assets.conventions import BUILT_IN, Convention
from gex_assets.market.expirations import expiration_ns, settlement_ns
from gex_assets.market.products import FAMILIES
from gex_assets.market.sessions import Session, session_after, session_before
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.open_levels import OPEN_LEVELS
from gex_assets.stages.expirations_in_force import HowMany
from gex_assets.stages.premarket.open_levels import open_levels
from gex_assets.stages.premarket.opening import Opening, opening_of
from gex_assets.stages.premarket.opening_windows import OpeningWindows
from gex_assets.stages.premarket.tables import Choices, premarket_tables
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, RATE, SECOND, black76, instrument, open_interest, table_of

Row = dict[str, Any]

EVENING = date(2026, 1, 6)
"""A Tuesday: its settlements are published at 15:35 in Chicago, and Wednesday's session opens at 17:00."""
SESSION: Session = session_after(product="ES", day=EVENING)
BEFORE: Session = session_before(product="ES", session_date=SESSION.session_date)
"""Tuesday's own session, which Monday's settlements are about."""
SETTLED = settlement_ns(EVENING)
PUBLISHED = SETTLED + 35 * 60 * SECOND
ODTE = expiration_ns(date(2026, 1, 7), "pm")
QUARTERLY = expiration_ns(date(2026, 3, 20), "am")
ENDED = ODTE - DAY
"""Expires on the session before."""
F_BEFORE = 6_880.0
SETTLED_BEFORE = SETTLED - DAY
TICK = 0.05
FAR: tuple[float, ...] = tuple(range(6_000, 7_625, 25))
F = 6_903.12
YEAR = 365 * DAY
LIVE = tuple(BUILT_IN[name] for name in ("field", "flow", "magic8"))


def smile(strike: float, years: float) -> float:
    """The truth: skewed, steeper where little time is left."""
    z = math.log(strike / F) / (0.15 * math.sqrt(years))
    return 0.15 * (1.0 - 0.05 * z + 0.01 * z * z) if abs(z) < 3 else 0.15 * (1.0 - 0.05 * math.copysign(3, z) + 0.09)


def statistic(
    number: int, ts: int = PUBLISHED, *, price: float | None = None, quantity: int | None = None, **changes: Any
) -> Row:
    """A settlement where a price is given, else an open interest; about the evening's own trade date."""
    kind = {"stat_type": 3, "price": price, "stat_flags": 3} if price is not None else {"stat_type": 9}
    row: Row = open_interest(number, ts, quantity, **{"ts_ref": MIDNIGHT, **kind, **changes})
    return row


@dataclass
class Evening:
    """Options by number, with their true volatility and what is published of them."""

    instruments: list[Row] = field(default_factory=list)
    statistics: list[Row] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        ladders: Iterable[tuple[int, str, Sequence[float]]],
        *,
        forward: Callable[[str], float] = lambda _: F,
        interest: Callable[[int], int] = lambda number: 100 + (number * 7_919) % 4_000,
    ) -> Evening:
        """Every strike's call and put: settled to a tick, with some open interest.

        Parameters
        ----------
        ladders : expiration, its future, and strikes.
        forward : the price of a future.
        interest : open interest of an option, by its number.
        """
        made, number = cls(), 0
        for ts_expiration, underlying, strikes in ladders:
            T = (ts_expiration - SETTLED) / YEAR
            for strike in strikes:
                for right in ("C", "P"):
                    number += 1
                    made.instruments.append(
                        instrument(number, strike=strike, right=right, ts_expiration=ts_expiration, underlying=underlying)
                    )
                    fair = black76(F=forward(underlying), K=strike, T=T, sigma=smile(strike, T), r=RATE, is_call=right == "C")
                    made.statistics.append(statistic(number, price=round(fair / TICK) * TICK, raw_symbol=str(number)))
                    made.statistics.append(statistic(number, quantity=interest(number)))
        return made

    @property
    def tables(self) -> dict[str, pa.Table]:
        return {
            "statistics": table_of(BRONZE_OPTION_STATISTICS, self.statistics),
            "instruments": table_of(BRONZE_OPTION_INSTRUMENTS, self.instruments).sort_by("instrument_id"),
        }

    def said_of(self, number: int, stat_type: int) -> Row:
        (row,) = [one for one in self.statistics if (one["instrument_id"], one["stat_type"]) == (number, stat_type)]
        return row


def gamma(*, forward: float, strike: float, years: float, sigma: float) -> float:
    """Black-76 by the book."""
    s = sigma * math.sqrt(years)
    d_plus = math.log(forward / strike) / s + s / 2
    return math.exp(-RATE * years - d_plus * d_plus / 2) / math.sqrt(2 * math.pi) / (forward * s)


def usual() -> Evening:
    """0DTE strikes 5 points apart and the quarterly's 25 points apart, on one future."""
    near = [6_800.0 + 5 * k for k in range(41)]
    far = [6_000.0 + 25 * k for k in range(65)]
    return Evening.of([(ODTE, "ESH6", near), (QUARTERLY, "ESH6", far)])


def two_days(*, ended: bool = True, far: Sequence[float] = FAR) -> Evening:
    """The usual evening, Monday's statistics of the same options, and options that ended on Tuesday.

    Parameters
    ----------
    ended : whether there are options that ended.
    far : strikes of the quarterly.
    """
    near = [6_800.0 + 5 * k for k in range(41)]
    ladders = [(ODTE, "ESH6", near), (QUARTERLY, "ESH6", far)]
    made = Evening.of([ladders[0], *ladders] if ended else ladders)
    if ended:
        gone = range(1, 2 * len(near) + 1)
        made.instruments = [one | ({"ts_expiration": ENDED} if one["instrument_id"] in gone else {}) for one in made.instruments]
        made.statistics = [one for one in made.statistics if one["instrument_id"] not in gone]
    for one in made.instruments:
        number, T = one["instrument_id"], (one["ts_expiration"] - SETTLED_BEFORE) / YEAR
        fair = black76(F=F_BEFORE, K=one["strike"], T=T, sigma=smile(one["strike"], T), r=RATE, is_call=one["right"] == "C")
        monday: dict[str, Any] = {"ts_ref": MIDNIGHT - DAY, "raw_symbol": str(number)}
        made.statistics.append(statistic(number, PUBLISHED - DAY, price=round(fair / TICK) * TICK, **monday))
        made.statistics.append(statistic(number, PUBLISHED - DAY, quantity=500 + number, **monday))
    return made


def opening(evening: Evening, *, session: Session = SESSION, expirations: HowMany = "all", tally: Counter[str]) -> Opening:
    """What is known of the evening's options when a session opens."""
    return opening_of(**evening.tables, session=session, expirations=expirations, rate=RATE, tick=TICK, tally=tally)


def tables_of(
    evening: Evening,
    *,
    expirations: HowMany = "all",
    tally: Counter[str] | None = None,
    conventions: Sequence[Convention] = LIVE,
) -> dict[str, pa.Table]:
    """Every table of the evening, under usual settings unless said otherwise."""
    tally = Counter() if tally is None else tally
    return premarket_tables(
        opening(evening, expirations=expirations, tally=tally),
        before=opening(evening, session=BEFORE, tally=Counter()),
        choices=choices(conventions),
        tally=tally,
    )


def rows_of(
    evening: Evening,
    *,
    expirations: HowMany = "all",
    tally: Counter[str] | None = None,
    conventions: Sequence[Convention] = LIVE,
) -> dict[tuple[str, str], Row]:
    """Levels of the evening by convention and scope, under usual settings unless said otherwise."""
    tables = tables_of(evening, expirations=expirations, tally=tally, conventions=conventions)
    assert tables["open_levels"].schema == OPEN_LEVELS.arrow_schema()
    return {(row["convention"], row["scope"]): row for row in tables["open_levels"].to_pylist()}


def hedges_of(evening: Evening, *, expirations: HowMany = "all", conventions: Sequence[Convention] = LIVE) -> pa.Table:
    """Hedges of the evening, under usual settings unless said otherwise."""
    return tables_of(evening, expirations=expirations, conventions=conventions)["open_hedges"]


def choices(conventions: Sequence[Convention] = LIVE, expirations: HowMany = "all") -> Choices:
    """Usual settings."""
    return Choices(
        conventions=conventions,
        families=FAMILIES,
        max_dte=75,
        expirations=expirations,
        rate=RATE,
        tick=TICK,
        sure_se=0.15,
        multiplier=50.0,
    )


def opening_levels(evening: Evening, session: Session) -> dict[tuple[str, str], Row]:
    """Rows of `OPEN_LEVELS` of one opening alone."""
    made, tally = opening(evening, session=session, tally=Counter()), Counter[str]()
    windows = OpeningWindows([made], rate=RATE, sure_se=0.15)
    table = open_levels(made, windows=windows, conventions=made.conventions(LIVE, tally=tally))
    return {(row["convention"], row["scope"]): row for row in table.to_pylist()}
