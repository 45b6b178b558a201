"""Comparison of two results: of `gex chain --format json`, or another program's numbers under their common names.

A result is read from JSON (an object, a list of objects or one a line, however nested) or CSV (name and value, one wide row, or
one row per strike). Nothing is recomputed: the numbers compared are those in the two files.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from gex_assets.chain.agreement import allowed_points, is_price, strike_step, unit_factor
from gex_assets.chain.files.cells import read_cells, snake_case
from gex_assets.chain.files.contents import bytes_of, name_of, text_of, unpacked
from gex_assets.chain.files.json_text import document_of
from gex_assets.chain.files.numbers import number_in
from gex_assets.errors import ChainError

__all__ = ["COMMON_NAMES", "Comparison", "Difference", "Result", "compare", "read_result"]

_log = logging.getLogger(__name__)

COMMON_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "spot": ("spot_price", "underlying_price", "current_price", "price", "last", "last_price"),
    "net_gex": (
        "gex",
        "total_gex",
        "gex_total",
        "total_net_gex",
        "net_gamma",
        "net_gamma_exposure",
        "gamma_exposure",
        "total_gamma_exposure",
        "total_gamma",
    ),
    "total_call_gex": ("call_gex", "calls_gex", "call_gamma_exposure", "total_call_gamma"),
    "total_put_gex": ("put_gex", "puts_gex", "put_gamma_exposure", "total_put_gamma"),
    "gross_gex": ("abs_gex", "absolute_gex", "total_abs_gex", "gross_gamma"),
    "call_wall": ("call_wall_strike", "call_resistance", "resistance"),
    "put_wall": ("put_wall_strike", "put_support", "support"),
    "zero_gamma": (
        "gamma_flip",
        "flip",
        "flip_point",
        "flip_price",
        "flip_level",
        "gamma_flip_level",
        "gamma_flip_point",
        "zero_gamma_level",
        "zero_gex",
        "zero_gamma_strike",
    ),
    "abs_gamma_strike": ("absolute_gamma_strike", "absolute_gamma", "abs_gamma", "largest_gamma_strike", "max_gamma_strike"),
    "dex": ("net_dex", "total_dex", "delta_exposure", "net_delta_exposure"),
    "vanna_exposure": ("vex", "net_vex", "total_vanna", "net_vanna"),
    "charm_exposure": ("cex", "net_cex", "total_charm", "net_charm"),
}
"""Our name of a number -> names that other programs give it, in small letters with underscores.

A name that ends in _billions, _bn, _millions or _mm is in that unit. A number under any other name is compared where both files
have it."""

_STRIKE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "strike": ("strike_price", "k"),
    "net_gex": ("net", *COMMON_NAMES["net_gex"]),
    "call_gex": ("call", "calls", "total_call_gex", *COMMON_NAMES["total_call_gex"]),
    "put_gex": ("put", "puts", "total_put_gex", *COMMON_NAMES["total_put_gex"]),
}
_LEFT_OUT: Final = frozenset(("net_gex_billions", "options_in_file", "convention_version", "options", "net_gex_rounding"))
"""Numbers of ours that repeat another one, or are about the file."""

_KINDS: Final = ("symbol", "convention", "scale", "weight_used", "regime")
_UNITS: Final = {"_billions": 1e9, "_bn": 1e9, "_millions": 1e6, "_mm": 1e6}
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a file holds: named numbers, words that say what they are of, and (strike, column) -> number."""

    file: str
    numbers: Mapping[str, float | None]
    words: Mapping[str, str] = field(default_factory=dict)
    strikes: Mapping[tuple[float, str], float] = field(default_factory=dict)


class Difference(NamedTuple):
    """One number of two results.

    Attributes
    ----------
    name : of the number, or of the column of a strike.
    strike : None for numbers of the whole chain.
    first, second : None where a file has none.
    absolute : second - first; None where one is missing.
    relative : abs(absolute) / abs(first); infinite where only the second is not 0; None where one is missing.
    over : whether they differ by more than the tolerance: prices in points, others by their relative difference.
    points : how far apart prices may be; None for numbers that are no prices. [index points]
    units : factor of 1e3, 1e6, 1e9 or their reciprocals that the second is of the first; None for any other ratio.
    """

    name: str
    strike: float | None
    first: float | None
    second: float | None
    absolute: float | None
    relative: float | None
    over: bool
    points: float | None = None
    units: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two results and their differences.

    Attributes
    ----------
    files : name of the first's and the second's.
    conventions : which result of each file was taken; None where it names no convention.
    tolerance : relative difference that is still agreement. [1]
    step : distance between neighbouring strikes; None where no result has strikes. [index points]
    numbers : of the whole chain.
    strikes : values at strikes, of the columns that both have.
    words : (kind, first's, second's), of the kinds that both name: symbol, scale and others.
    """

    files: tuple[str, str]
    conventions: tuple[str | None, str | None]
    tolerance: float
    step: float | None
    numbers: tuple[Difference, ...]
    strikes: tuple[Difference, ...]
    words: tuple[tuple[str, str, str], ...]

    @property
    def over(self) -> tuple[Difference, ...]:
        """Everything that differs by more than the tolerance."""
        return tuple(one for one in (*self.numbers, *self.strikes) if one.over)


def compare(first: Result, second: Result, *, tolerance: float = 0.01, points: float | None = None) -> Comparison:
    """Compare two results and log what differs by more than the tolerance.

    Parameters
    ----------
    first, second : relative differences are relative to the first.
    tolerance : relative difference that is still agreement, of numbers that are no prices. [1]
    points : difference of prices that is still agreement; by default half a step of the strike grid for walls and a step for
        others, or 0.05 % where no strikes are known. [index points]

    Raises
    ------
    ChainError
        The two have no number in common.
    """
    names = dict.fromkeys((*first.numbers, *second.numbers))
    near = first.numbers.get("spot") or second.numbers.get("spot")
    step = strike_step((strike for strike, _ in (*first.strikes, *second.strikes)), near=near)
    numbers = tuple(
        _of_prices(one, step=step, points=points) if is_price(one.name) else one
        for one in (
            _difference(name, None, first.numbers.get(name), second.numbers.get(name), tolerance=tolerance) for name in names
        )
    )
    columns = {name for _, name in first.strikes} & {name for _, name in second.strikes}
    largest = max((abs(value) for value in (*first.strikes.values(), *second.strikes.values())), default=0.0)
    keys = sorted({key for key in (*first.strikes, *second.strikes) if key[1] in columns})
    strikes = tuple(
        _difference(
            name,
            strike,
            first.strikes.get((strike, name)),
            second.strikes.get((strike, name)),
            tolerance=tolerance,
            nothing=_ROUNDING * largest,
        )
        for strike, name in keys
    )
    if not any(one.absolute is not None for one in (*numbers, *strikes)):
        raise ChainError(
            f"Expected a number that both {first.file} and {second.file} have, was "
            f"{_some(first)} in the one and {_some(second)} in the other"
        )
    words = tuple((kind, first.words[kind], second.words[kind]) for kind in first.words if kind in second.words)
    for one in numbers:
        if one.over and one.units is not None:
            _log.warning("%s is %g times as much: other units? %.10g against %.10g", one.name, one.units, one.first, one.second)
        elif one.over and one.points is not None:
            _log.warning("%s differs by %.10g points: %.10g against %.10g", one.name, one.absolute, one.first, one.second)
        elif one.over:
            _log.warning("%s differs by %s: %.10g against %.10g", one.name, _percent(one.relative), one.first, one.second)
    apart = [one for one in strikes if one.over]
    if apart:
        _log.warning("%d of %d values at strikes differ by more than %s", len(apart), len(strikes), _percent(tolerance))
    return Comparison(
        files=(first.file, second.file),
        conventions=(first.words.get("convention"), second.words.get("convention")),
        tolerance=tolerance,
        step=step,
        numbers=numbers,
        strikes=strikes,
        words=words,
    )


def read_result(path: Path | str, *, convention: str | None = None) -> Result:
    """Read a result from a file.

    Parameters
    ----------
    path : JSON or CSV; the content decides which.
    convention : which of several results in the file; the first by default.

    Raises
    ------
    ChainError
        The file cannot be read, has no numbers, or no result under the convention.
    """
    file = name_of(path)
    text = text_of(unpacked(bytes_of(path), file=file), file=file)
    if not text.strip():
        raise ChainError(f"Expected a result in {file}, was an empty file")
    if text.lstrip()[0] in "{[":
        found = _of_document(_chosen(_documents(text, file=file), convention, file=file), file=file)
    else:
        found = _of_cells(text, file=file, convention=convention)
    if not any(value is not None for value in found.numbers.values()) and not found.strikes:
        raise ChainError(f"Expected named numbers in {file}, was none")
    return found


def _difference(
    name: str, strike: float | None, first: float | None, second: float | None, *, tolerance: float, nothing: float = 0.0
) -> Difference:
    if first is None or second is None:
        return Difference(name, strike, first, second, None, None, over=False)
    absolute = second - first
    apart = abs(absolute) if abs(absolute) > nothing else 0.0
    relative = apart / abs(first) if first else math.inf if apart else 0.0
    over = relative > tolerance
    return Difference(
        name, strike, first, second, absolute, relative, over=over, units=unit_factor(first, second) if over else None
    )


def _of_prices(one: Difference, *, step: float | None, points: float | None) -> Difference:
    """The difference of two prices, judged in points."""
    if one.first is None or one.absolute is None:
        return one
    allowed = allowed_points(one.name, one.first, step=step, points=points)
    # a share of a price's last bit is no difference
    return one._replace(over=abs(one.absolute) > allowed * (1.0 + 1e-9), points=allowed)


def _documents(text: str, *, file: str) -> list[Mapping[str, Any]]:
    """The objects of a JSON file: one, a list, or one a line."""
    found = document_of(text, file=file).content
    if isinstance(found, Mapping):
        return [found]
    if isinstance(found, list) and found and all(isinstance(one, Mapping) for one in found):
        return [{"strikes": found}] if all(_strike_of(one) is not None for one in found) else found
    raise ChainError(f"Expected an object of named numbers in {file}, was {type(found).__name__}")


def _chosen(documents: Sequence[Mapping[str, Any]], convention: str | None, *, file: str) -> Mapping[str, Any]:
    if convention is None:
        return documents[0]
    # another program names no convention: its one result is taken
    named = {str(one["convention"]): one for one in documents if "convention" in one}
    if not named:
        return documents[0]
    if convention not in named:
        raise ChainError(f"Expected the convention {convention} in {file}, was {', '.join(named)}")
    return named[convention]


def _of_document(document: Mapping[str, Any], *, file: str) -> Result:
    numbers: dict[str, float | None] = {}
    strikes: dict[tuple[float, str], float] = {}
    for name, value in _leaves(document, strikes):
        number = _number(value)
        ours, unit = _our_name(name, COMMON_NAMES)
        if ours not in _LEFT_OUT and (number is not None or value is None) and (ours not in numbers or numbers[ours] is None):
            numbers[ours] = None if number is None else number * unit
    numbers = {name: value for name, value in numbers.items() if value is not None or name in COMMON_NAMES}
    words = {kind: str(document[kind]) for kind in _KINDS if isinstance(document.get(kind), str)}
    return Result(file=file, numbers=numbers, words=words, strikes=strikes)


def _leaves(document: Mapping[str, Any], strikes: dict[tuple[float, str], float]) -> Iterator[tuple[str, Any]]:
    """Names and values, outer ones first; values by strike are added to `strikes` instead."""
    deeper: list[Mapping[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            by_strike = {
                price: number for key, number in value.items() if (price := _number(key)) and _number(number) is not None
            }
            if value and len(by_strike) == len(value):
                strikes |= {(price, "net_gex"): float(number) for price, number in by_strike.items()}
            elif name != "scores":
                deeper.append(value)
        elif isinstance(value, list):
            for row in value:
                if isinstance(row, Mapping) and (strike := _strike_of(row)) is not None:
                    _add_strike(strikes, strike, row)
        else:
            yield str(name), value
    for inner in deeper:
        yield from _leaves(inner, strikes)


def _strike_of(row: Mapping[str, Any]) -> float | None:
    return next((_number(value) for name, value in row.items() if _our_name(str(name), _STRIKE_NAMES)[0] == "strike"), None)


def _add_strike(strikes: dict[tuple[float, str], float], strike: float, row: Mapping[str, Any]) -> None:
    """Values of one row; rows of one strike (expirations, rights) add up."""
    for name, value in row.items():
        ours, unit = _our_name(str(name), _STRIKE_NAMES)
        number = _number(value)
        if ours in _STRIKE_NAMES and ours != "strike" and number is not None:
            strikes[strike, ours] = strikes.get((strike, ours), 0.0) + number * unit


def _of_cells(text: str, *, file: str, convention: str | None) -> Result:
    cells = read_cells(text, file=file, is_header=any, expected="names")
    names = [snake_case(title) for title in cells.header]
    rows = [dict(zip(names, row, strict=True)) for row in cells.rows]
    if any(_our_name(name, _STRIKE_NAMES)[0] == "strike" for name in names):
        if "convention" in names:
            chosen = convention or (rows[0]["convention"] if rows else None)
            rows = [row for row in rows if row["convention"] == chosen]
        return _of_document({"strikes": rows}, file=file)
    if len(names) == 2:
        pairs = [tuple(cells.header), *cells.rows]
        return _of_document({name.strip(): value for name, value in pairs}, file=file)
    if len(rows) == 1:
        return _of_document(rows[0], file=file)
    raise ChainError(f"Expected name and value, one row, or a column strike in {file}, was {', '.join(cells.header)}")


def _our_name(name: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, float]:
    """Our name, and the factor of its unit."""
    snake = snake_case(name)
    if snake in _LEFT_OUT:
        return snake, 1.0
    unit = 1.0
    for suffix, worth in _UNITS.items():
        if snake.endswith(suffix):
            snake, unit = snake.removesuffix(suffix), worth
            break
    ours = next((ours for ours, others in known.items() if snake == ours or snake in others), snake)
    return ours, unit


def _number(value: object) -> float | None:
    """A finite number, also from the text of a cell; None for everything else."""
    if isinstance(value, bool):
        return None
    number = number_in(value) if isinstance(value, str) else value
    if not isinstance(number, int | float) or not math.isfinite(number):
        return None
    return float(number)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.3g}" if math.isinf(share) else f"{share * 100.0:.3g} %"


def _some(result: Result) -> str:
    names = [*result.numbers, *dict.fromkeys(name for _, name in result.strikes)]
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
