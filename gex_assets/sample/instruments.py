"""What is listed on a day of the sample market: futures, outright options and user-defined spreads, with their instrument ids.

Ids of outrights are the same on all days. Ids of spreads are reused by other spreads, as at the venue. Strikes are in `ladders`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from gex_assets.market.expirations import chicago_ns, expiration_ns, quarterly_expiration
from gex_assets.market.products import MONTH_CODES, QUARTERLY_MONTHS, Product
from gex_assets.sample.afternoons import Afternoon, afternoons
from gex_assets.sample.ladders import LISTED_LATER, afternoon_ladder, ladder
from gex_assets.sample.profile import Choice
from gex_assets.sample.seeds import generator
from gex_assets.time_units import MINUTE_NS, midnight_ns

__all__ = [
    "STEPS",
    "SUNDAY",
    "Contract",
    "Levels",
    "Listing",
    "Option",
    "Series",
    "Spread",
    "calendar_symbol",
    "day_end_ns",
    "day_start_ns",
    "listed_roots",
    "listing",
    "quarterlies",
]

PRODUCT_NUMBERS: Final = {"ES": 0, "NQ": 1, "RTY": 2, "YM": 3}
OPTION_IDS: Final = 42_000_000
OPTION_IDS_PER_QUARTER: Final = 30_000
AFTERNOON_IDS: Final = 51_000_000
OPTION_IDS_PER_AFTERNOON: Final = 20_000
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
    """A quarterly future."""

    symbol: str
    instrument_id: int
    year: int
    month: int
    expires: date
    ts_expiration: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The options that expire at one moment.

    Attributes
    ----------
    symbol : the options' symbols without right and strike, `ESH6` or `E1BF6`.
    root, family : of `products.OptionRoot`.
    contract : the future they are exercised into.
    month, year : that the symbol names.
    expires, ts_expiration : the day in Chicago, the moment. [UNIX ns]
    is_european : exercised at the expiration only, as all but quarterlies.
    """

    symbol: str
    root: str
    family: str
    contract: Contract
    year: int
    month: int
    expires: date
    ts_expiration: int
    is_european: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An outright option; `ts_listed` is when its definition comes, None where it comes with the full set [UNIX ns]."""

    symbol: str
    instrument_id: int
    series: Series
    right: str
    strike: int
    ts_listed: int | None

    @property
    def contract(self) -> Contract:
        """The future it is exercised into."""
        return self.series.contract


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
class Levels:
    """Prices around which things are listed.

    Attributes
    ----------
    ladder : quarterly ladders made by the rule. [index points]
    spreads : user-defined spreads. [index points]
    at_expiration : the other families' ladders, from the day of expiration. [index points]
    """

    ladder: float
    spreads: float
    at_expiration: Callable[[date], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All instruments of one day. On the options' tape, options come first and spreads after them, in this order.

    Options come by series, series by expiration. `contracts` has at least two futures, from the front on.
    """

    contracts: tuple[Contract, ...]
    series: tuple[Series, ...]
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
    return midnight_ns(day)


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


def listed_roots(*, product: Product, days: Iterable[date], choice: Choice) -> tuple[str, ...]:
    """Roots of the series that are listed on any of the days, quarterlies first: what a request names."""
    found = {one.root for one in product.option_roots.values() if one.family == "quarterly" and choice.quarterlies}
    for day in days:
        near = afternoons(product=product, start_ns=day_start_ns(day), families=choice.families, count=choice.afternoons)
        found |= {one.root.root for one in near}
    return tuple(sorted(found, key=lambda root: (product.option_roots[root].family != "quarterly", root)))


def listing(*, product: Product, day: date, choice: Choice, levels: Levels, seed: int) -> Listing:
    """List a day's instruments."""
    contracts = quarterlies(product=product, day=day, count=max(choice.quarterlies, 2))
    listed = [_quarterly(product, contract) for contract in contracts[: choice.quarterlies]]
    found = afternoons(product=product, start_ns=day_start_ns(day), families=choice.families, count=choice.afternoons)
    listed += [_afternoon(one, contracts) for one in found]
    series = tuple(sorted(listed, key=lambda one: one.ts_expiration))
    front = next((one for one in series if one.family == "quarterly"), None)
    options = tuple(
        option
        for one in series
        for option in (
            _quarterly_options(product=product, series=one, day=day, level=levels.ladder, is_front=one == front)
            if one.family == "quarterly"
            else _afternoon_options(product=product, series=one, level=levels.at_expiration(one.expires), is_wide=choice.is_wide)
        )
    )
    return Listing(
        contracts=contracts,
        series=series,
        options=options,
        spreads=_spreads(product=product, day=day, options=options, count=choice.spreads, level=levels.spreads, seed=seed),
        calendar_id=FUTURE_IDS + 1000 * PRODUCT_NUMBERS[product.name] + 500 + contracts[0].instrument_id % 100,
    )


def _quarterly(product: Product, contract: Contract) -> Series:
    root = next(one.root for one in product.option_roots.values() if one.family == "quarterly")
    return Series(
        symbol=f"{root}{contract.symbol.removeprefix(product.name)}",
        root=root,
        family="quarterly",
        contract=contract,
        year=contract.year,
        month=contract.month,
        expires=contract.expires,
        ts_expiration=contract.ts_expiration,
        is_european=False,
    )


def _afternoon(one: Afternoon, contracts: tuple[Contract, ...]) -> Series:
    return Series(
        symbol=f"{one.root.root}{MONTH_CODES[one.month - 1]}{one.year % 10}",
        root=one.root.root,
        family=one.root.family,
        contract=next(contract for contract in contracts if (contract.year, contract.month) == one.future),
        year=one.year,
        month=one.month,
        expires=one.expires,
        ts_expiration=one.ts_expiration,
        is_european=True,
    )


def _minute(day: date, minute: int) -> int:
    """Moment of a minute of the day; on Sundays one within the session's first hour [UNIX ns]."""
    return day_start_ns(day) + (minute if day.weekday() < SUNDAY else 23 * 60 + minute % 40) * MINUTE_NS


def _quarterly_options(*, product: Product, series: Series, day: date, level: float, is_front: bool) -> list[Option]:
    strikes = ladder(
        product=product.name,
        year=series.year,
        month=series.month,
        on=day,
        level=level,
        step=STEPS[product.name],
        front=is_front,
    )
    later = LISTED_LATER.get((product.name, series.year, series.month), {})
    base = OPTION_IDS + 2_000_000 * PRODUCT_NUMBERS[product.name]
    base += OPTION_IDS_PER_QUARTER * (((series.year - 2017) * 4 + series.month // 3) % 60)
    grid = 5 if STEPS[product.name] < 100 else 25
    return [
        Option(
            symbol=f"{series.symbol} {right}{strike}",
            instrument_id=base + 2 * (strike // grid) + (right == "P"),
            series=series,
            right=right,
            strike=strike,
            ts_listed=chicago_ns(day, time(8, 15)) if later.get(strike) == day else None,
        )
        for strike in strikes
        for right in "CP"
    ]


def _afternoon_options(*, product: Product, series: Series, level: float, is_wide: bool) -> list[Option]:
    """Options of one afternoon; two series of one product that expire within 100 days of each other share no instrument id."""
    grid = int(product.strike_grid) * max(round(STEPS[product.name] / 5 / product.strike_grid), 1)
    base = AFTERNOON_IDS + 2_000_000 * PRODUCT_NUMBERS[product.name]
    base += OPTION_IDS_PER_AFTERNOON * (series.expires.toordinal() % 100)
    return [
        Option(
            symbol=f"{series.symbol} {right}{strike}",
            instrument_id=base + 2 * (strike // grid) + (right == "P"),
            series=series,
            right=right,
            strike=strike,
            ts_listed=None,
        )
        for strike in afternoon_ladder(level=level, grid=grid, is_wide=is_wide)
        for right in "CP"
    ]


def _spreads(
    *, product: Product, day: date, options: tuple[Option, ...], count: int, level: float, seed: int
) -> tuple[Spread, ...]:
    """List spreads near the money. The week decides which ids are in use; from Wednesday on some belong to other spreads."""
    week = day - timedelta(days=(day.weekday() + 1) % 7)
    made: list[Spread] = []
    near: dict[tuple[str, str], list[int]] = {}
    if not options:
        return ()
    for k, option in enumerate(options):
        if abs(option.strike - level) <= 0.04 * level and option.ts_listed is None:
            near.setdefault((option.series.symbol, option.right), []).append(k)
    front, last = options[0].series.symbol, options[-1].series.symbol
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
