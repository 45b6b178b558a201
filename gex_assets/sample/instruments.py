"""What is listed on a day of the sample market: futures, outright options and user-defined spreads, with their instrument ids.

Ids of outrights are the same on all days. Ids of spreads are reused by other spreads, as at the venue. Strikes are in `ladders`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from gex_assets.market.expirations import chicago_ns, expiration_ns, quarterly_expiration
from gex_assets.market.products import MONTH_CODES, QUARTERLY_MONTHS, Product
from gex_assets.sample.ladders import LISTED_LATER, ladder
from gex_assets.sample.seeds import generator
from gex_assets.time_units import MINUTE_NS

__all__ = [
    "SUNDAY",
    "Contract",
    "Listing",
    "Option",
    "Spread",
    "calendar_symbol",
    "day_end_ns",
    "day_start_ns",
    "listing",
    "quarterlies",
]

PRODUCT_NUMBERS: Final = {"ES": 0, "NQ": 1, "RTY": 2, "YM": 3}
OPTION_IDS: Final = 42_000_000
OPTION_IDS_PER_QUARTER: Final = 30_000
SPREAD_IDS: Final = 2_500_000
FUTURE_IDS: Final = 14_000

STEPS: Final = {"ES": 25, "NQ": 100, "RTY": 10, "YM": 200}
"""Distance of strikes near the money where no real ladder is known. [index points]"""

CONSECUTIVE: Final = 8
"""Quarterly series that are listed without a gap, as in January 2026."""

DECEMBER: Final = 12
SUNDAY: Final = 6
LISTED_BETWEEN: Final = (60, 1200)
"""When spreads are listed in the course of a day. [minutes of the UTC day]"""

SPREAD_KINDS: Final = ("VT", "GN", "12", "SG", "ST", "RR", "BO", "HO")
SPREAD_SHARES: Final = (0.31, 0.33, 0.12, 0.06, 0.05, 0.04, 0.05, 0.04)
HORIZONTAL: Final = "HO"
"""The kind whose first leg is a call of the last expiration."""

SPREAD_LEGS: Final[dict[str, tuple[tuple[str, int, int, int], ...]]] = {
    "VT": (("C", 0, 0, 1), ("C", 1, 0, -1)),
    "12": (("P", 1, 0, 1), ("P", 0, 0, -2)),
    "SG": (("C", 1, 0, 1), ("P", 0, 0, 1)),
    "ST": (("C", 0, 0, 1), ("P", 0, 0, 1)),
    "RR": (("C", 1, 0, 1), ("P", 0, 0, -1)),
    "BO": (("C", 0, 0, 1), ("C", 0, 1, -2), ("C", 0, 2, 1)),
    "GN": (("P", 0, 0, -1), ("C", 1, 0, 1), ("C", 1, 1, -1)),
    HORIZONTAL: (("C", 0, 0, -1),),
}
"""Legs of a spread in the front series: right, steps and strikes above the lowest leg, ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A quarterly future, and the series of options that is exercised into it."""

    symbol: str
    instrument_id: int
    year: int
    month: int
    expires: date
    ts_expiration: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An outright option; `ts_listed` is when its definition comes, None where it comes with the full set [UNIX ns]."""

    symbol: str
    instrument_id: int
    contract: Contract
    right: str
    strike: int
    ts_listed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A user-defined spread; `legs` are positions among the day's options, `ratios` what a buyer buys (+) or sells (-)."""

    symbol: str
    instrument_id: int
    kind: str
    legs: tuple[int, ...]
    ratios: tuple[int, ...]
    ts_listed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All instruments of one day. On the options' tape, options come first and spreads after them, in this order."""

    contracts: tuple[Contract, ...]
    options: tuple[Option, ...]
    spreads: tuple[Spread, ...]
    calendar_id: int

    @property
    def ids(self) -> dict[str, int]:
        """Instrument ids of options and spreads by their symbols, in the order of their positions."""
        options = {option.symbol: option.instrument_id for option in self.options}
        return options | {spread.symbol: spread.instrument_id for spread in self.spreads}


def day_start_ns(day: date) -> int:
    """Midnight UTC at which a date begins [UNIX ns]."""
    return int(datetime.combine(day, time(), tzinfo=UTC).timestamp()) * 1_000_000_000


def day_end_ns(day: date) -> int:
    """Midnight UTC at which a date ends [UNIX ns]."""
    return day_start_ns(day) + 24 * 60 * MINUTE_NS


def calendar_symbol(contracts: tuple[Contract, ...]) -> str:
    """Symbol of the calendar spread between the first two futures, which is part of every request for the parent symbol."""
    return f"{contracts[0].symbol}-{contracts[1].symbol}"


def quarterlies(*, product: Product, day: date, count: int) -> tuple[Contract, ...]:
    """The next `count` quarterly contracts that have not expired when the UTC date begins; after the eighth only Decembers."""
    found: list[Contract] = []
    year, start = day.year, day_start_ns(day)
    while len(found) < count:
        for code in QUARTERLY_MONTHS:
            month = MONTH_CODES.index(code) + 1
            if len(found) >= CONSECUTIVE and month != DECEMBER:
                continue
            expires = quarterly_expiration(year, month)
            moment = expiration_ns(expires, "am")
            if moment > start and len(found) < count:
                quarter = (year - 2017) * 4 + month // 3
                found.append(
                    Contract(
                        symbol=f"{product.name}{code}{year % 10}",
                        instrument_id=FUTURE_IDS + 1000 * PRODUCT_NUMBERS[product.name] + quarter,
                        year=year,
                        month=month,
                        expires=expires,
                        ts_expiration=moment,
                    )
                )
        year += 1
    return tuple(found)


def listing(
    *, product: Product, day: date, count: int, spreads: int, ladder_level: float, spread_level: float, seed: int
) -> Listing:
    """List a day's instruments.

    Parameters
    ----------
    count : quarterly series, from the front on.
    spreads : number of user-defined spreads; every fifth is defined in the course of the day.
    ladder_level, spread_level : prices around which ladders made by the rule, and spreads, lie. [index points]
    """
    contracts = quarterlies(product=product, day=day, count=max(count, 2))
    root = next(series.root for series in product.option_roots.values() if series.family == "quarterly")
    options = tuple(
        option
        for k, contract in enumerate(contracts[:count])
        for option in _series(product=product, root=root, contract=contract, day=day, level=ladder_level, is_front=k == 0)
    )
    return Listing(
        contracts=contracts,
        options=options,
        spreads=_spreads(product=product, day=day, options=options, count=spreads, level=spread_level, seed=seed),
        calendar_id=FUTURE_IDS + 1000 * PRODUCT_NUMBERS[product.name] + 500 + contracts[0].instrument_id % 100,
    )


def _minute(day: date, minute: int) -> int:
    """Moment of a minute of the day; on Sundays one within the session's first hour [UNIX ns]."""
    return day_start_ns(day) + (minute if day.weekday() < SUNDAY else 23 * 60 + minute % 40) * MINUTE_NS


def _series(*, product: Product, root: str, contract: Contract, day: date, level: float, is_front: bool) -> list[Option]:
    strikes = ladder(
        product=product.name,
        year=contract.year,
        month=contract.month,
        on=day,
        level=level,
        step=STEPS[product.name],
        front=is_front,
    )
    later = LISTED_LATER.get((product.name, contract.year, contract.month), {})
    base = OPTION_IDS + 2_000_000 * PRODUCT_NUMBERS[product.name]
    base += OPTION_IDS_PER_QUARTER * (((contract.year - 2017) * 4 + contract.month // 3) % 60)
    grid = 5 if STEPS[product.name] < 100 else 25
    return [
        Option(
            symbol=f"{root}{contract.symbol.removeprefix(product.name)} {right}{strike}",
            instrument_id=base + 2 * (strike // grid) + (right == "P"),
            contract=contract,
            right=right,
            strike=strike,
            ts_listed=chicago_ns(day, time(8, 15)) if later.get(strike) == day else None,
        )
        for strike in strikes
        for right in "CP"
    ]


def _spreads(
    *, product: Product, day: date, options: tuple[Option, ...], count: int, level: float, seed: int
) -> tuple[Spread, ...]:
    """List spreads near the money. The week decides which ids are in use; from Wednesday on some belong to other spreads."""
    week = day - timedelta(days=(day.weekday() + 1) % 7)
    made: list[Spread] = []
    near: dict[tuple[str, str], list[int]] = {}
    for k, option in enumerate(options):
        if abs(option.strike - level) <= 0.04 * level and option.ts_listed is None:
            near.setdefault((option.contract.symbol, option.right), []).append(k)
    front, last = options[0].contract.symbol, options[-1].contract.symbol
    for k in range(count):
        dice = generator(seed, product.name, "spread", week.isoformat(), k)
        number = SPREAD_IDS + 90_000 * PRODUCT_NUMBERS[product.name] + k * 1_500 + int(dice.integers(0, 1_500))
        is_reused = k % 10 == 3 and day.weekday() in {2, 3, 4}
        if is_reused:
            dice = generator(seed, product.name, "spread again", week.isoformat(), k)
        kind = str(dice.choice(SPREAD_KINDS, p=SPREAD_SHARES))
        calls, puts, far = near.get((front, "C"), []), near.get((front, "P"), []), near.get((last, "C"), [])
        n = len(calls)
        if n < 8 or len(puts) < 8 or not far:
            continue
        i = int(dice.integers(0, n - 6))
        step = 1 + int(dice.integers(0, 4))
        legs = [(far[int(dice.integers(0, len(far)))], 1)] if kind == HORIZONTAL else []
        outrights = {"C": calls, "P": puts}
        legs += [(outrights[right][i + steps * step + more], ratio) for right, steps, more, ratio in SPREAD_LEGS[kind]]
        made.append(
            Spread(
                symbol=f"UD:1V: {kind} {number}",
                instrument_id=number,
                kind=kind,
                legs=tuple(leg for leg, _ in legs),
                ratios=tuple(ratio for _, ratio in legs),
                ts_listed=_minute(day, int(dice.integers(*LISTED_BETWEEN))) if k % 5 == 4 and not is_reused else None,
            )
        )
    return tuple(made)
