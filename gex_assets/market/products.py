"""Products: futures, the value of a point, the ticks, and the roots of their options' symbols.

Facts only, each with its source. `symbols` parses symbols, `expirations` has dates of expiration, `sessions` trading hours. Which
products an installation works on is a setting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from gex_assets.errors import SymbolError

__all__ = [
    "FAMILIES",
    "MONTH_CODES",
    "PRODUCTS",
    "QUARTERLY_MONTHS",
    "Exercise",
    "Family",
    "OptionRoot",
    "Product",
    "RequestKind",
    "Settlement",
    "classify_request",
    "product",
]

Family = Literal["quarterly", "weekly", "daily", "eom"]
Exercise = Literal["american", "european"]
Settlement = Literal["am", "pm"]
RequestKind = Literal["future_option", "future"]

FAMILIES: Final[tuple[Family, ...]] = ("quarterly", "weekly", "daily", "eom")

MONTH_CODES: Final = "FGHJKMNQUVXZ"
"""January to December; CME Group, "Futures month codes"."""

QUARTERLY_MONTHS: Final = "HMUZ"
"""March, June, September, December: the months of every equity-index future here."""

_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY = range(5)


@dataclass(frozen=True, slots=True)
class OptionRoot:
    """Options that share a root: `EW2` is the second Friday of the month named after it, `EW` the month's last business day.

    Attributes
    ----------
    root : first letters of the symbols.
    family : the value of the setting `option_families` that keeps it.
    weekday : 0 Monday … 4 Friday; None for quarterlies (third Friday) and end of month (last business day).
    ordinal : the n-th such weekday of the month, 1…5; None where `weekday` is.
    exercise, settlement : American to the opening quotation, or European to the close.
    """

    root: str
    family: Family
    weekday: int | None = None
    ordinal: int | None = None
    exercise: Exercise = "european"
    settlement: Settlement = "pm"

    @property
    def months(self) -> str:
        """Codes of the months in which it has options."""
        return QUARTERLY_MONTHS if self.family == "quarterly" else MONTH_CODES


@dataclass(frozen=True, slots=True)
class Product:
    """One future and the options on it.

    Attributes
    ----------
    name : root of the future's symbols; names folders and assets.
    multiplier : value of a point. [USD per index point]
    future_tick : least step of the future's price. [index points]
    option_tick : least step of any option's price; larger premiums have larger ones. [index points]
    months : month codes of the future.
    sure_forward_se : standard error up to which a parity forward counts as sure. It is a judgement, no fact of the venue: 0.15
        points for ES, which is 0.0022 % of its price in January 2026 and three ticks of its options. For the others, the larger
        of these two. [index points]
    strike_grid : distance of the finest strikes listed, for levels where there are no options. [index points]
    option_roots : root -> the options that have it; options of other roots are refused.
    source : where these numbers are from.
    """

    name: str
    multiplier: float
    future_tick: float
    option_tick: float
    sure_forward_se: float
    months: str
    strike_grid: float
    option_roots: Mapping[str, OptionRoot]
    source: str

    @property
    def families(self) -> frozenset[str]:
        """Families of its options."""
        return frozenset(root.family for root in self.option_roots.values())


def _quarterly(root: str) -> OptionRoot:
    return OptionRoot(root, "quarterly", exercise="american", settlement="am")


def _fridays(roots: str, *, upto: int) -> list[OptionRoot]:
    return [OptionRoot(roots.format(n=n), "weekly", _FRIDAY, n) for n in range(1, upto + 1)]


def _weekdays(roots: str, letters: Mapping[str, int]) -> list[OptionRoot]:
    return [
        OptionRoot(roots.format(n=n, letter=letter), "daily", weekday, n)
        for letter, weekday in letters.items()
        for n in range(1, 6)
    ]


def _by_root(*series: OptionRoot) -> Mapping[str, OptionRoot]:
    return MappingProxyType({one.root: one for one in series})


_A_TO_D: Final = {"A": _MONDAY, "B": _TUESDAY, "C": _WEDNESDAY, "D": _THURSDAY}

PRODUCTS: Final[Mapping[str, Product]] = MappingProxyType(
    {
        "ES": Product(
            name="ES",
            multiplier=50.0,
            future_tick=0.25,
            option_tick=0.05,
            sure_forward_se=0.15,
            months=QUARTERLY_MONTHS,
            strike_grid=5.0,
            # The venue lists Fridays as EW1…EW4; a fifth Friday is always the month's last business day (EW). The letter
            # E of "E1A–E5E" would be Friday's and is read so, although no such series has been seen.
            option_roots=_by_root(
                _quarterly("ES"),
                *_fridays("EW{n}", upto=4),
                *_weekdays("E{n}{letter}", {**_A_TO_D, "E": _FRIDAY}),
                OptionRoot("EW", "eom"),
            ),
            source=(
                "CME Rulebook 358, 358A; cmegroup.com/trading/options/weekly-options-on-futures.html (EW1-EW4, E1A-E5D); "
                "cmegroup.com/education/brochures-and-handbooks/e-mini-s-p-500-options-bloomberg-cheat-sheet.html (EW)"
            ),
        ),
        "NQ": Product(
            name="NQ",
            multiplier=20.0,
            future_tick=0.25,
            option_tick=0.05,
            sure_forward_se=0.55,
            months=QUARTERLY_MONTHS,
            strike_grid=10.0,
            option_roots=_by_root(
                _quarterly("NQ"), *_fridays("QN{n}", upto=4), *_weekdays("Q{n}{letter}", _A_TO_D), OptionRoot("QNE", "eom")
            ),
            source=(
                "CME Rulebook 359, 359A; cmegroup.com/trading/equity-index/e-mini-nasdaq-100-monday-and-wednesday-weekly-"
                "options.html (QN1-QN4, Q1A-Q5D); contract specs of option products 6745 (QNE) and 9008"
            ),
        ),
        "RTY": Product(
            name="RTY",
            multiplier=50.0,
            future_tick=0.10,
            option_tick=0.05,
            sure_forward_se=0.15,
            months=QUARTERLY_MONTHS,
            strike_grid=5.0,
            # Tuesday is U, not B. The root of the end-of-month series could not be confirmed and is left out.
            option_roots=_by_root(
                _quarterly("RTO"),
                *_fridays("R{n}E", upto=4),
                *_weekdays("R{n}{letter}", {"A": _MONDAY, "U": _TUESDAY, "C": _WEDNESDAY, "D": _THURSDAY}),
            ),
            source=(
                "CME Rulebook 393, 393A; cmegroup.com/trading/equity-index/e-mini-russell-2000-weekly-options-european-"
                "style.html (R1A, R1U, R1C, R1D, R1E); contract specs of option product 8326 (RTO)"
            ),
        ),
        "YM": Product(
            name="YM",
            multiplier=5.0,
            future_tick=1.0,
            option_tick=0.2,
            sure_forward_se=1.05,
            months=QUARTERLY_MONTHS,
            strike_grid=50.0,
            # Daily and end-of-month series could not be confirmed and are left out.
            option_roots=_by_root(_quarterly("OYM"), *_fridays("YM{n}", upto=4)),
            source=(
                "CBOT Rulebook 27, 27A; contract specs of the E-mini Dow ($5) options (OYM) and of option product 8043 (YM1-YM4)"
            ),
        ),
    }
)

_CONTRACT: Final = rf"[{MONTH_CODES}]\d{{1,2}}"
_REQUESTS: Final[tuple[tuple[re.Pattern[str], RequestKind], ...]] = (
    (re.compile(r"(?P<root>[A-Z0-9]+)\.OPT", re.ASCII), "future_option"),
    (re.compile(rf"(?P<root>[A-Z0-9]+?){_CONTRACT}\s+[CP]\d+(\.\d+)?", re.ASCII), "future_option"),
    (re.compile(r"(?P<root>[A-Z0-9]+)\.FUT", re.ASCII), "future"),
    (re.compile(rf"(?P<root>[A-Z0-9]+?){_CONTRACT}(-[A-Z0-9]+?{_CONTRACT})?", re.ASCII), "future"),
)
_USER_DEFINED: Final = "UD:"
_CONTINUOUS: Final = re.compile(r"[A-Z0-9]+\.[cnv]\.\d+", re.ASCII)
"""`ES.c.0`, `ES.n.0`, `ES.v.0`: the nearest contract by calendar, open interest or volume; another one after every roll."""


def product(name: str) -> Product:
    """The product of that name.

    Raises
    ------
    SymbolError
        There is none.
    """
    try:
        return PRODUCTS[name]
    except KeyError:
        raise SymbolError(f"Expected a product of {', '.join(PRODUCTS)}, was {name!r}") from None


def classify_request(symbols: Sequence[str], *, not_found: Collection[str] = ()) -> tuple[str, RequestKind]:
    """Product and kind of a file, from the symbols of its request.

    Parents (``ES.OPT``, ``E1A.OPT``, ``ES.FUT``) and raw symbols (``ESM4 P5230``, ``ESH4``) are known. User-defined spreads
    (``UD:1V: GN 1``) may be among them; their names have no product.

    Parameters
    ----------
    symbols : of the request.
    not_found : those of them that the vendor did not find. They say nothing about the file, unless all symbols are such.

    Returns
    -------
    The product's name and ``future_option`` or ``future``.

    Raises
    ------
    SymbolError
        No symbol, one that cannot be read, is continuous or of no known product, or symbols of several products or kinds.

    Examples
    --------
    >>> classify_request(["EW1.OPT", "E1A.OPT"]), classify_request(["ESH4"])
    (('ES', 'future_option'), ('ES', 'future'))
    """
    found = {_classify(symbol) for symbol in symbols if symbol not in not_found and not symbol.startswith(_USER_DEFINED)}
    if not found:
        found = {_classify(symbol) for symbol in symbols if _is_known(symbol)}
    if len(found) != 1:
        raise SymbolError(f"Expected symbols of one product and kind, was {_shortened(symbols)}")
    return found.pop()


def _is_known(symbol: str) -> bool:
    try:
        _classify(symbol)
    except SymbolError:
        return False
    return True


def _classify(symbol: str) -> tuple[str, RequestKind]:
    if _CONTINUOUS.fullmatch(symbol):
        raise SymbolError(
            f"Expected symbols that always mean the same contract, was the continuous symbol {symbol!r}."
            " Ask for a parent such as ES.FUT, or for contracts by name such as ESH6"
        )
    for pattern, kind in _REQUESTS:
        if match := pattern.fullmatch(symbol):
            root = match["root"]
            for one in PRODUCTS.values():
                if root in one.option_roots if kind == "future_option" else root == one.name:
                    return one.name, kind
    raise SymbolError(f"Expected a future of {', '.join(PRODUCTS)} or options on one, was {symbol!r}")


def _shortened(symbols: Sequence[str], most: int = 5) -> str:
    return repr(list(symbols[:most])) + (f" and {len(symbols) - most} more" if len(symbols) > most else "")
