"""Numbers as people read them on a page, and what stands where there is none. Nothing is escaped here: `markup` does that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from gex_assets.analytics.reach import OUT_OF_REACH, larger_error, price_with_error, shown_flip
from gex_assets.conventions import SCALE_UNITS
from gex_assets.defaults import IN_REACH_SIGMAS
from gex_assets.time_units import DAY_NS, SECOND_NS
from gex_assets.wording import counted

__all__ = [
    "CHICAGO",
    "NONE",
    "REASONS",
    "FlipWords",
    "amount",
    "clock",
    "count",
    "days_between",
    "flip_text",
    "flip_words",
    "number",
    "price",
    "scope_text",
    "share",
    "signed",
    "unit_of",
    "weight_text",
    "window_clock",
    "with_error",
]

NONE: Final = "–"
"""Stands where there is no number; the reason is said next to it where there is one."""

CHICAGO: Final = ZoneInfo("America/Chicago")
_MINUS: Final = "\N{MINUS SIGN}"
_SIZES: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
_EXACT_BELOW: Final = 1e-3
_MOST_DIGITS: Final = 5

REASONS: Final[Mapping[str, str]] = {
    "no_reference_price": "no price could be derived from the options",
    "no_exposure": "no strike has an exposure",
    "no_crossing": "net exposure does not change sign at any price looked at",
    "no_strike_of_its_kind": "no strike of this kind lies on that side of the price",
    "no_chain": "no strike has a volatility",
    "few_strikes": "fewer strikes have an exposure than the settings require",
    OUT_OF_REACH: f"farther than {IN_REACH_SIGMAS:g} daily standard deviations from the price",
}
"""Reasons of the tables in words."""

_WEIGHTS: Final[Mapping[str, str]] = {
    "open_interest": "open interest",
    "resting_size": "resting size",
    "flow_inventory": "flow",
    "volume": "volume",
    "oi_plus_flow": "open interest + flow",
}


def number(value: float | None, digits: int = 2) -> str:
    """A number with thousands separated; a dash where there is none.

    Examples
    --------
    >>> number(1234.5), number(-0.25), number(None)
    ('1,234.50', '−0.25', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:,.{digits}f}"
    return text.replace("-", _MINUS) if float(text.replace(",", "")) else text.replace("-", "")


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign.

    Examples
    --------
    >>> signed(1.0), signed(-1.0), signed(0.0)
    ('+1.00', '−1.00', '0.00')
    """
    text = number(value, digits)
    return f"+{text}" if value is not None and math.isfinite(value) and value > 0 and text != number(0.0, digits) else text


def amount(value: float | None, *, sign: bool = True) -> str:
    """An exposure with three digits and its size: k, m, bn or tn.

    Examples
    --------
    >>> amount(-1_042_000_000.0), amount(88_300_000.0), amount(12.0, sign=False), amount(999_999_999.0)
    ('−1.04 bn', '+88.3 m', '12.0', '+1.00 bn')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0.0:
        return "0"
    rounded = float(f"{value:.3g}")
    size, name = next(((size, f" {name}") for size, name in _SIZES if abs(rounded) >= size), (1.0, ""))
    scaled = abs(rounded) / size
    digits = max(0, 2 - math.floor(math.log10(scaled))) if scaled >= _EXACT_BELOW else 6
    before = _MINUS if value < 0 else "+" if sign else ""
    return f"{before}{scaled:.{digits}f}{name}"


def with_error(value: float | None, error: float | None, *, unit: str = "") -> str:
    """An exposure and its standard error, both in the size of the larger one, with no more digits than the error leaves.

    Examples
    --------
    >>> with_error(-2_230_000_000.0, 41_000_000.0, unit="USD per 1 %")
    '−2.23 ± 0.04 bn USD per 1 %'
    >>> with_error(88e6, None), with_error(1_714_600.0, 12.0)
    ('+88.0 m, error unknown', '+1.7146 ± <0.0001 m')
    """
    after = f" {unit}" if unit else ""
    if value is None:
        return NONE
    if error is None or not math.isfinite(error):
        return f"{amount(value)}{after}, error unknown"
    largest = max(abs(value), error)
    size, name = next(((size, f" {name}") for size, name in _SIZES if largest >= size), (1.0, ""))
    scaled, of_error = value / size, error / size
    most = _MOST_DIGITS - 1 - (math.floor(math.log10(abs(scaled))) if scaled else 0)
    digits = min(max(-math.floor(math.log10(of_error)), 0), max(most, 0)) if of_error > 0 else 2
    least = 10.0**-digits
    said = f"{of_error:.{digits}f}" if of_error == 0 or of_error >= least / 2 else f"<{least:.{digits}f}"
    return f"{signed(scaled, digits)} ± {said}{name}{after}"


def price(value: float | None) -> str:
    """A price in index points; whole numbers without decimals.

    Examples
    --------
    >>> price(6900.0), price(6919.834)
    ('6900', '6919.83')
    """
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"


def share(value: float | None) -> str:
    """A share in percent.

    Examples
    --------
    >>> share(0.9731), share(1.0), share(0.9999)
    ('97.3 %', '100 %', '>99.9 %')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if value in {0.0, 1.0}:
        return f"{value:.0%}".replace("%", " %")
    text = f"{100 * value:.1f}"
    return ">99.9 %" if text == "100.0" else "<0.1 %" if text == "0.0" else f"{text} %"


def count(value: float | None) -> str:
    """A whole number."""
    return number(value, 0)


def days_between(number: int, first: date, last: date) -> str:
    """How many days there are, and which are the first and the last.

    Examples
    --------
    >>> days_between(1, date(2026, 1, 6), date(2026, 1, 6)), days_between(2, date(2026, 1, 6), date(2026, 1, 9))
    ('1 day, 2026-01-06', '2 days from 2026-01-06 to 2026-01-09')
    """
    return f"{counted(number, 'day')}, {first}" if number == 1 else f"{counted(number, 'day')} from {first} to {last}"


def clock(moment_ns: int | None, *, seconds: bool = False, zone: ZoneInfo | None = None) -> str:
    """The time of day, in UTC unless a zone is given.

    Examples
    --------
    >>> clock(1_767_709_805_000_000_000, seconds=True), clock(1_767_709_805_000_000_000, zone=CHICAGO)
    ('14:30:05', '08:30')
    """
    if moment_ns is None:
        return NONE
    moment = datetime.fromtimestamp(moment_ns // SECOND_NS, tz=zone or UTC)
    return f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"


def window_clock(end_ns: int, *, seconds: bool = False) -> str:
    """The time in UTC at which a window ends: a day's last one ends at 24:00.

    Examples
    --------
    >>> window_clock(1_767_744_000_000_000_000)
    '24:00'
    """
    text = clock(end_ns, seconds=seconds)
    return f"24{text[2:]}" if end_ns % DAY_NS == 0 else text


class FlipWords(NamedTuple):
    """Zero gamma in words.

    Attributes
    ----------
    is_shown : whether there is one in reach.
    text : the price with the larger of its standard error and half its band; "none", or a dash where no reason is known.
    about : its band, or why there is none.
    """

    is_shown: bool
    text: str
    about: str


def flip_words(row: Mapping[str, Any], *, reasons: Mapping[str, str] = REASONS) -> FlipWords:
    """Zero gamma of a row of the levels, of a day or of a chain.

    Examples
    --------
    >>> row = {"zero_gamma": 6974.87, "zero_gamma_se": 0.4, "zero_gamma_low": 6970.0, "zero_gamma_high": 6978.0}
    >>> flip_words(row | {"zero_gamma_sigmas": 0.9, "zero_gamma_reason": None})
    FlipWords(is_shown=True, text='6974.9 ± 4.0', about='band 6970.0 to 6978.0')
    >>> flip_words(row | {"zero_gamma_sigmas": 9.0, "zero_gamma_reason": None})[1:]
    ('none', 'farther than 3 daily standard deviations from the price')
    """
    shown = shown_flip(row)
    value, reason = shown.get("zero_gamma"), shown.get("zero_gamma_reason")
    if value is None:
        why = "" if reason is None else reasons.get(reason, REASONS.get(reason, reason))
        return FlipWords(is_shown=False, text="none" if why else NONE, about=why)
    low, high = shown.get("zero_gamma_low"), shown.get("zero_gamma_high")
    error = larger_error(shown.get("zero_gamma_se"), low=low, high=high, rule=shown.get("flip_rule"))
    band = "" if low is None or high is None else f"band {low:.1f} to {high:.1f}"
    return FlipWords(is_shown=True, text=price_with_error(value, error), about=band)


def flip_text(row: Mapping[str, Any]) -> str:
    """Zero gamma with its error, or why there is none, in one go.

    Examples
    --------
    >>> flip_text({"zero_gamma": None, "zero_gamma_reason": "no_crossing"})
    'none: net exposure does not change sign at any price looked at'
    """
    flip = flip_words(row)
    return f"{flip.text}: {flip.about}" if flip.about and not flip.is_shown else flip.text


def scope_text(scope: str) -> str:
    """Which expirations a scope counts.

    Examples
    --------
    >>> scope_text("selected"), scope_text("exp:2026-03-20")
    ('all selected', '2026-03-20')
    """
    return {"selected": "all selected", "0dte": "0DTE"}.get(scope, scope.removeprefix("exp:"))


def unit_of(scale: str | None) -> str:
    """The unit of an exposure."""
    return NONE if scale is None else SCALE_UNITS.get(scale, scale)


def weight_text(weight: str | None) -> str:
    """What exposures are weighted by."""
    return "no weight" if weight is None else _WEIGHTS.get(weight, weight)
