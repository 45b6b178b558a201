"""The named conventions: the weight, scale, signs, walls, zero gamma and thresholds that turn gammas into levels and regimes.

Data and its validation. The formulas behind the names are in `kernels`, the rules in `analytics` and `stages`. Who holds an
option is not known: every sign model is a named assumption. Every result carries the name and version of its convention.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from gex_assets.errors import SettingsError
from gex_assets.market.products import PRODUCTS

__all__ = [
    "ANY_SYMBOL",
    "BUILT_IN",
    "CHAIN_MULTIPLIER",
    "EXPECTED_BEHAVIOR",
    "EXTREME_MULTIPLIER",
    "FLIP_RULES",
    "FORWARD_CONFIDENCE",
    "HIGH_GAMMA_STRIKES",
    "MAGIC8_LITERAL",
    "QUOTED_WITHIN_NS",
    "RESISTANCE_TEST_ABOVE",
    "SCALES",
    "SCALE_UNITS",
    "SECONDARY_WALL_SHARE",
    "SIGN_MODELS",
    "STRATEGY_MULTIPLIERS",
    "SUPPORT_TEST_BELOW",
    "WALL_RULES",
    "WEIGHTS",
    "Convention",
    "chain_multiplier",
    "conventions",
    "no_such_convention",
]

WEIGHTS: Final = MappingProxyType(
    {
        "open_interest": "latest open interest published by then",
        "resting_size": "size resting on both sides of the book",
        "flow_inventory": "what passive parties took on since the file began, signed",
        "volume": "contracts traded since the file began",
        "oi_plus_flow": "open interest + open_ratio * |flow_inventory|",
    }
)

SCALES: Final = MappingProxyType(
    {
        "usd_per_1pct": "USD of delta per 1 % move: F^2 * 0.01",
        "usd_per_point": "spot * gamma * contracts * multiplier: F",
        "delta_per_point": "contracts * multiplier per point: 1",
        "contracts_per_1pct": "futures to trade per 1 % move: F * 0.01 / multiplier",
    }
)

SCALE_UNITS: Final = MappingProxyType(
    {
        "usd_per_1pct": "USD per 1 %",
        "usd_per_point": "USD per point",
        "delta_per_point": "delta per point",
        "contracts_per_1pct": "futures per 1 %",
    }
)
"""The unit of an exposure of each scale, as people read it."""

SIGN_MODELS: Final = MappingProxyType(
    {
        "long_call_short_put": "calls +, puts -",
        "short_call_long_put": "calls -, puts +",
        "flow_signed": "sign of the measured passive inventory; the only model for flow_inventory",
        "gross": "calls +, puts +",
    }
)

WALL_RULES: Final = MappingProxyType(
    {
        "net_side": "of unsigned call - put: call wall, largest positive above the price; put wall, most negative at or below it",
        "gross_side": "call wall: largest call magnitude above the price; put wall: largest put magnitude at or below it",
        "magnitude_side": "the same as gross_side, under the name that magic8 uses",
    }
)
"""The price is the reference price. No value on a side: NULL. Ties: the strike nearest the price."""

FLIP_RULES: Final = MappingProxyType(
    {
        "profile_nearest": "root, nearest the price, of the net exposure re-priced at shifted forwards",
        "strike_sign_change": "interpolated between neighbouring strikes whose nets differ in sign, the nearest crossing",
    }
)
"""Rules of `zero_gamma`; the price is the reference price. Without a change of sign: NULL."""

SECONDARY_WALL_SHARE: Final = 0.7
"""A secondary wall has at least this share of the wall's exposure."""

HIGH_GAMMA_STRIKES: Final = 5
QUOTED_WITHIN_NS: Final = 60_000_000_000
"""Confidence counts the weight quoted within this time. [ns]"""

FORWARD_CONFIDENCE: Final = MappingProxyType({"ok": 1.0, "weak": 0.5, "none": 0.0})
"""Factor of `confidence` by the quality of the front expiration's forward."""

SUPPORT_TEST_BELOW: Final = 0.3
RESISTANCE_TEST_ABOVE: Final = 0.7
"""Bounds of `position_in_range` between which the bias is neutral."""

EXPECTED_BEHAVIOR: Final = MappingProxyType({"positive": "range-bound, mean-reverting", "negative": "trending, volatile"})

STRATEGY_MULTIPLIERS: Final = MappingProxyType(
    {
        "positive": MappingProxyType({"Iron_Condor": 1.2, "Butterfly": 1.15, "Vertical": 0.85}),
        "negative": MappingProxyType({"Iron_Condor": 0.8, "Butterfly": 0.85, "Vertical": 1.2}),
        "neutral": MappingProxyType({"Iron_Condor": 1.0, "Butterfly": 1.0, "Vertical": 1.0}),
    }
)
"""Factor of a strategy's base score by regime: those of the project's first plan, which has none for neutral."""

EXTREME_MULTIPLIER: Final = 0.9
"""On every score where the magnitude is extreme."""

CHAIN_MULTIPLIER: Final = 100.0
"""Value of a point of a listed US option, unless known otherwise: 100 shares or index units. [USD per point]"""

ANY_SYMBOL: Final = "DEFAULT"
"""Stands in the setting `multipliers` for every symbol that it does not name; the project's first plan calls it so."""

_PLAN_INDEX_MULTIPLIERS: Final = (("SPX", 10.0), ("RUT", 10.0))
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_TAKEN: Final = ("magic8_literal", "none")
_MOST: Final = 1e300


@dataclass(frozen=True, slots=True)
class Convention:
    """A named, versioned set of choices.

    Attributes
    ----------
    name, version : are in every row made by it; a change of any other attribute is a new version.
    weights : of `WEIGHTS`, in order of preference; the first that exists is used for the whole day.
    scale, sign_model, wall_rule, flip_rule : of `SCALES`, `SIGN_MODELS`, `WALL_RULES`, `FLIP_RULES`.
    neutral_share : the regime is neutral where |net| <= neutral_share * gross; None: never, and 0 is negative.
    neutral_errors : nor has a net exposure a sign within so many of its standard errors, where one is known: the regime is
        neutral there too. 0: errors are not looked at.
    extreme_above, high_above, moderate_above : |net| beyond which a magnitude holds; below all it is low. [unit of the scale]
    index_multipliers : (symbol, value of a point) of index chains handed to the calculator, where unlike the contract's.
    """

    name: str
    version: int
    weights: tuple[str, ...]
    scale: str
    sign_model: str
    wall_rule: str
    flip_rule: str
    neutral_share: float | None
    neutral_errors: float = 0.0
    extreme_above: float = 5e9
    high_above: float = 1e9
    moderate_above: float = 500e6
    index_multipliers: tuple[tuple[str, float], ...] = ()

    @property
    def magnitudes(self) -> tuple[tuple[str, float], ...]:
        """(name, |net| above which it holds), largest first; `low` has a bound of -inf."""
        return (("extreme", self.extreme_above), ("high", self.high_above), ("moderate", self.moderate_above), ("low", -math.inf))


_FIELD: Final = Convention(
    name="field",
    version=2,
    weights=("open_interest", "resting_size"),
    scale="usd_per_1pct",
    sign_model="long_call_short_put",
    wall_rule="net_side",
    flip_rule="profile_nearest",
    neutral_share=0.05,
    neutral_errors=2.0,
)

BUILT_IN: Final[Mapping[str, Convention]] = MappingProxyType(
    {
        "field": _FIELD,
        "flow": Convention(
            name="flow",
            version=2,
            weights=("flow_inventory",),
            scale="usd_per_1pct",
            sign_model="flow_signed",
            wall_rule="gross_side",
            flip_rule="profile_nearest",
            neutral_share=0.05,
            neutral_errors=2.0,
        ),
        "magic8": Convention(
            name="magic8",
            version=1,
            weights=("open_interest", "resting_size"),
            scale="usd_per_point",
            sign_model="short_call_long_put",
            wall_rule="magnitude_side",
            flip_rule="strike_sign_change",
            neutral_share=0.0,
            index_multipliers=_PLAN_INDEX_MULTIPLIERS,
        ),
    }
)
"""Computed for every window, in this order."""

MAGIC8_LITERAL: Final = Convention(
    name="magic8_literal",
    version=1,
    weights=("open_interest",),
    scale="usd_per_point",
    sign_model="short_call_long_put",
    wall_rule="signed_maximum",
    flip_rule="first_strike_sign_change",
    neutral_share=None,
    index_multipliers=_PLAN_INDEX_MULTIPLIERS,
)
"""The code of the project's first plan to the letter, for the calculator only.

Each wall is the maximum of the signed exposure over all strikes, on either side of the price. For calls, which are never
positive, that is the smallest. `zero_gamma` is the first change of sign from below. A net of zero is negative. No other
convention may use its wall rule and its flip rule."""


def conventions(extra: Sequence[Mapping[str, Any]] = ()) -> tuple[Convention, ...]:
    """The conventions computed by an installation: the built-in ones, then its own.

    Parameters
    ----------
    extra : one mapping each: `name`, and any attribute of `Convention` except index_multipliers; the version is 1 and
        what else is left out is as in `field`.

    Raises
    ------
    SettingsError
        A key is unknown, a value is of another type or out of range, or a name is taken.
    """
    result = list(BUILT_IN.values())
    for place, given in enumerate(extra):
        one = _user_defined(given, place)
        if one.name in (*(other.name for other in result), *_TAKEN):
            raise SettingsError(f"conventions[{place}]: Expected a convention name that is not taken, was {one.name!r}")
        result.append(one)
    return tuple(result)


def no_such_convention(name: str, there: Iterable[str]) -> str:
    """What to say where a convention is asked for of which there are no rows.

    Examples
    --------
    >>> no_such_convention("fields", ["field", "magic8"])
    'Expected a convention of field, magic8, was fields: did you mean field? `gex refresh` makes what is new in the settings'
    >>> no_such_convention("flow", ["field", "magic8"])
    'Expected a convention of field, magic8, was flow: nothing is computed by it here'
    """
    known = list(there)
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    todo = "nothing is computed by it here" if name in BUILT_IN else f"{meant}`gex refresh` makes what is new in the settings"
    return f"Expected a convention of {', '.join(known) or 'none'}, was {name}: {todo}"


def chain_multiplier(symbol: str, *, convention: Convention, multipliers: Mapping[str, float] = MappingProxyType({})) -> float:
    """Value of a point of the options on a symbol handed to the calculator.

    The futures of `products` keep their own multiplier under every convention. Of any other symbol the first of these counts:
    its own in `multipliers`; the convention's index multiplier (10 for SPX and RUT in `magic8`, as in the project's first plan;
    their contracts say 100); `DEFAULT` in `multipliers`; 100.

    Parameters
    ----------
    symbol : what the options are on.
    convention : whose index multipliers count.
    multipliers : symbol in capitals -> value of a point, an installation's own. [USD per point]

    Returns
    -------
    multiplier [USD per point]

    Raises
    ------
    SettingsError
        `multipliers` names a product: what a point of its options is worth is a fact.

    Examples
    --------
    >>> chain_multiplier("SPX", convention=BUILT_IN["magic8"]), chain_multiplier("SPX", convention=BUILT_IN["field"])
    (10.0, 100.0)
    """
    facts = [name for name in multipliers if name in PRODUCTS]
    if facts:
        raise SettingsError(f"multipliers: Expected symbols other than {', '.join(PRODUCTS)}, was {facts[0]}: remove it")
    root = symbol.strip().upper().lstrip("^$._")
    if root in PRODUCTS:
        return PRODUCTS[root].multiplier
    chosen = {ANY_SYMBOL: CHAIN_MULTIPLIER, **multipliers}
    of_convention = dict(convention.index_multipliers).get(root, chosen[ANY_SYMBOL])
    return multipliers.get(root, of_convention)


_KEYS: Final = tuple(one.name for one in fields(Convention) if one.name != "index_multipliers")


def _user_defined(given: Mapping[str, Any], place: int) -> Convention:
    where = f"conventions[{place}]"
    if not isinstance(given, Mapping):
        raise SettingsError(f"{where}: Expected a table with a name, was {given!r}")
    for key in given:
        if key not in _KEYS:
            raise SettingsError(f"{where}: Expected keys of {', '.join(_KEYS)}, was {key!r}")
    name = given.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SettingsError(f"{where}.name: Expected up to 40 of a-z, 0-9 and _ after a letter, was {name!r}")
    where = f"convention {name}"
    one = Convention(
        name=name,
        version=_whole(given.get("version", 1), f"{where}.version"),
        weights=_weights(given.get("weights", _FIELD.weights), f"{where}.weights"),
        scale=_choice(given.get("scale", _FIELD.scale), SCALES, f"{where}.scale"),
        sign_model=_choice(given.get("sign_model", _FIELD.sign_model), SIGN_MODELS, f"{where}.sign_model"),
        wall_rule=_choice(given.get("wall_rule", _FIELD.wall_rule), WALL_RULES, f"{where}.wall_rule"),
        flip_rule=_choice(given.get("flip_rule", _FIELD.flip_rule), FLIP_RULES, f"{where}.flip_rule"),
        neutral_share=_number(given.get("neutral_share", _FIELD.neutral_share), f"{where}.neutral_share", most=1.0),
        neutral_errors=_number(given.get("neutral_errors", _FIELD.neutral_errors), f"{where}.neutral_errors"),
        extreme_above=_number(given.get("extreme_above", _FIELD.extreme_above), f"{where}.extreme_above"),
        high_above=_number(given.get("high_above", _FIELD.high_above), f"{where}.high_above"),
        moderate_above=_number(given.get("moderate_above", _FIELD.moderate_above), f"{where}.moderate_above"),
    )
    if "flow_inventory" in one.weights and one.sign_model != "flow_signed":
        raise SettingsError(f"{where}.sign_model: Expected flow_signed with the weight flow_inventory, was {one.sign_model!r}")
    if not one.moderate_above <= one.high_above <= one.extreme_above:
        bounds = (one.moderate_above, one.high_above, one.extreme_above)
        raise SettingsError(f"{where}: Expected moderate_above <= high_above <= extreme_above, was {bounds}")
    return one


def _choice(value: object, known: Mapping[str, str], where: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise SettingsError(f"{where}: Expected one of {', '.join(known)}, was {value!r}")
    return value


def _weights(value: object, where: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise SettingsError(f"{where}: Expected one or more of {', '.join(WEIGHTS)}, was {value!r}")
    chosen = tuple(_choice(name, WEIGHTS, where) for name in names)
    if len(set(chosen)) != len(chosen):
        raise SettingsError(f"{where}: Expected each weight once, was {list(chosen)}")
    return chosen


def _whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise SettingsError(f"{where}: Expected a whole number of at least 1, was {value!r}")
    return value


def _number(value: object, where: str, *, most: float = _MOST) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= most:
        bounds = "of at least 0" if most == _MOST else f"from 0 to {most:g}"
        raise SettingsError(f"{where}: Expected a number {bounds}, was {value!r}")
    return float(value)
