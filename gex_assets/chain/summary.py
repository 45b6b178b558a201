"""A chain file's analyses as plain documents, one per convention: what was read, what was asked, and every result.

`gex chain` prints the documents as JSON, `report.chain_page` draws them, and `gex compare` reads them: names and numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.analysis import Analysis, analyze
from gex_assets.chain.chain_warnings import ChainWarning
from gex_assets.chain.files.rows import ChainFile
from gex_assets.chain.moments import moment_ns
from gex_assets.conventions import MAGIC8_LITERAL, WEIGHTS, Convention, conventions
from gex_assets.defaults import MIN_STRIKES_REQUIRED, RATE
from gex_assets.errors import ChainError
from gex_assets.kernels.exposure.exposure import gamma_exposure
from gex_assets.market.expirations import chicago, chicago_date
from gex_assets.time_units import SECOND_NS

__all__ = ["GAMMA_SOURCES", "ChainRequest", "documents", "request_of"]

Document = dict[str, Any]

GAMMA_SOURCES: Final = {
    "published": ("published gammas", ()),
    "iv": ("published volatilities", ("gamma",)),
    "implied": ("bid and ask", ("gamma", "iv")),
}
"""Choice -> where gammas come from, and the columns left unread. By default the first that the chain has."""

ALL: Final = "all"
ZERO_DTE: Final = "0dte"
_GREEK_STEP: Final = 1e-4
_FEWEST_ROUNDED: Final = 20
"""Fewer gammas than this are not enough to conclude that they are rounded to four decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRequest:
    """What to compute from a chain file; None and () leave the choice to the file.

    Attributes
    ----------
    conventions : at least one.
    every_convention : those whose weights the chain lacks are left out, not refused.
    symbol, spot, as_of : in place of the file's.
    multiplier : in place of the symbol's. [USD per point]
    gamma : of `GAMMA_SOURCES`.
    expirations : days (as Chicago names them), or "0dte" for the day of `as_of`.
    rate : continuously compounded. [1/year]
    min_strikes_required, base_scores : as in `analyze`.
    """

    conventions: Sequence[Convention]
    every_convention: bool = False
    symbol: str | None = None
    spot: float | None = None
    as_of: datetime | None = None
    multiplier: float | None = None
    gamma: Literal["published", "iv", "implied"] | None = None
    expirations: Sequence[date | str] = ()
    rate: float = RATE
    min_strikes_required: int = MIN_STRIKES_REQUIRED
    base_scores: Mapping[str, float] = field(default_factory=dict)


def request_of(
    *,
    names: Sequence[str],
    extra: Sequence[Mapping[str, Any]] = (),
    expirations: Sequence[str] = (),
    as_of: str | None = None,
    gamma: str | None = None,
    **others: Any,
) -> ChainRequest:
    """Make a request of the options of a command line.

    Parameters
    ----------
    names : of conventions; `field` by default; "all" takes those whose weights the chain has.
    extra : an installation's own conventions.
    expirations : days as YYYY-MM-DD, or "0dte".
    as_of : a moment in ISO 8601, in UTC where it has no zone.
    gamma, others : as in `ChainRequest`.

    Raises
    ------
    ChainError
        A convention, a day or the moment cannot be used.
    """
    known = {one.name: one for one in (*conventions(extra), MAGIC8_LITERAL)}
    unknown = [name for name in names if name not in known and name != ALL]
    if unknown:
        raise ChainError(f"Expected a convention of {', '.join(known)} or {ALL}, was {unknown[0]!r}")
    if ALL in names:
        chosen = tuple(one for one in known.values() if one is not MAGIC8_LITERAL)
    else:
        chosen = tuple(known[name] for name in dict.fromkeys(names or ("field",)))
    moment = None if as_of is None else datetime.fromtimestamp(moment_ns(as_of) / SECOND_NS, tz=UTC)
    return ChainRequest(
        conventions=chosen,
        every_convention=ALL in names,
        expirations=tuple(_day_asked(text) for text in expirations),
        as_of=moment,
        gamma=cast("Literal['published', 'iv', 'implied'] | None", gamma),
        **others,
    )


def _day_asked(text: str) -> date | str:
    if text.lower() == ZERO_DTE:
        return ZERO_DTE
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ChainError(f"Expected an expiration as YYYY-MM-DD or {ZERO_DTE}, was {text!r}") from error


def documents(chain: ChainFile, request: ChainRequest) -> list[Document]:
    """Analyse a chain file under every convention asked for.

    Raises
    ------
    ChainError
        Symbol, price or moment is needed and neither in the file nor in the request, or an expiration asked for is not there.
    """
    symbol = request.symbol or chain.symbol
    spot = request.spot if request.spot is not None else chain.spot
    as_of = request.as_of or chain.as_of
    if symbol is None:
        raise ChainError(f"Expected --symbol, as {chain.file} does not name its underlying, was none")
    if spot is None:
        raise ChainError(f"Expected --spot, as {chain.file} has no price of the underlying, was none")
    if not (math.isfinite(spot) and spot > 0.0):
        raise ChainError(f"Expected a positive spot price, was {spot:g}")
    said = list(chain.warnings)
    columns = _of_days(chain, request.expirations, as_of=as_of)
    source, columns = _inputs(columns, request.gamma, file=chain.file, said=said)
    if source != "published" and "years" not in columns and as_of is None:
        raise ChainError(f"Expected --as-of, as {chain.file} gives no moment and gammas are to be computed, was none")
    made = []
    for convention in _conventions_with_weights(request, columns):
        found = analyze(
            symbol=symbol,
            spot=spot,
            chain=columns,
            convention=convention,
            multiplier=request.multiplier,
            as_of=as_of,
            base_scores=request.base_scores,
            rate=request.rate,
            min_strikes_required=request.min_strikes_required,
            cache=False,
        )
        found = replace(found, warnings=(*said, *found.warnings))
        made.append(_document(chain, found, columns, source=source, as_of=as_of))
    return made


def _conventions_with_weights(request: ChainRequest, columns: Mapping[str, object]) -> list[Convention]:
    by_strike = "right" not in columns
    has = {name for name in WEIGHTS if name in columns} | ({"open_interest"} if by_strike else set())
    usable = [one for one in request.conventions if has.intersection(one.weights)]
    return usable if request.every_convention and usable else list(request.conventions)


def _of_days(chain: ChainFile, asked: Sequence[date | str], *, as_of: datetime | None) -> dict[str, NDArray[np.generic]]:
    columns = dict(chain.columns)
    if not asked:
        return columns
    if "expiration" not in columns:
        raise ChainError(f"Expected expirations in {chain.file} to choose from, was none")
    moments = np.asarray(columns["expiration"], dtype=np.int64)
    day_of = {int(moment): chicago_date(int(moment)) for moment in np.unique(moments)}
    days = set()
    for one in asked:
        if one == ZERO_DTE and as_of is None:
            raise ChainError(f"Expected --as-of to know what expires on its day, as {chain.file} does not give one, was none")
        day = chicago_date(moment_ns(as_of)) if one == ZERO_DTE and as_of is not None else one
        if day not in day_of.values():
            known = ", ".join(str(each) for each in sorted(set(day_of.values())))
            raise ChainError(f"Expected an expiration of {chain.file} ({known}), was {one}")
        days.add(day)
    chosen = np.isin(moments, [moment for moment, day in day_of.items() if day in days])
    return {name: values[chosen] for name, values in columns.items()}


def _inputs(
    columns: dict[str, NDArray[np.generic]], asked: str | None, *, file: str, said: list[ChainWarning]
) -> tuple[str, dict[str, NDArray[np.generic]]]:
    """Where gammas come from, and the columns to be read."""
    there = {
        "published": any(_has_positive(columns, name) for name in ("gamma", "call_gamma", "put_gamma")),
        "iv": _has_positive(columns, "iv"),
        "implied": _has_positive(columns, "bid") and _has_positive(columns, "ask"),
    }
    found = ", ".join(GAMMA_SOURCES[name][0] for name, is_there in there.items() if is_there) or "none of them"
    source = asked if asked is not None else next((name for name, is_there in there.items() if is_there), None)
    if source is None or not there[source]:
        wanted = "gammas, volatilities, or bid and ask" if source is None else GAMMA_SOURCES[source][0]
        if columns["strike"].size == 0:
            return source or "published", columns
        raise ChainError(f"Expected {wanted} in {file}, was {found}")
    if asked is None and source != "published" and "gamma" in columns:
        said.append(ChainWarning("no_published_gamma", f"all published gammas are 0: {GAMMA_SOURCES[source][0]} are used"))
    left = GAMMA_SOURCES[source][1]
    return source, {name: values for name, values in columns.items() if name not in left}


def _has_positive(columns: dict[str, NDArray[np.generic]], name: str) -> bool:
    return name in columns and bool((np.asarray(columns[name], dtype=np.float64) > 0.0).any())


def _document(
    chain: ChainFile, found: Analysis, columns: dict[str, NDArray[np.generic]], *, source: str, as_of: datetime | None
) -> Document:
    return {
        "file": chain.file,
        "form": chain.form,
        "options_in_file": chain.options,
        "options": int(columns["strike"].size) * (1 if "right" in columns else 2),
        "gamma_from": source,
        "symbol": found.symbol,
        "spot": found.spot,
        "as_of": None if as_of is None else as_of.astimezone(UTC).isoformat(),
        "convention": found.convention,
        "convention_version": found.convention_version,
        "weight_used": found.weight_used,
        "scale": found.scale,
        "multiplier": found.multiplier,
        "net_gex": found.net_gex,
        "net_gex_rounding": _rounding(found, columns, as_of) if source == "published" else None,
        "total_call_gex": found.total_call_gex,
        "total_put_gex": found.total_put_gex,
        "regime": found.regime,
        "regime_analysis": None if found.regime_analysis is None else asdict(found.regime_analysis),
        "scores": found.scores,
        "levels": None if found.levels is None else asdict(found.levels),
        "expirations": [] if found.expirations is None else [_expiration(row) for row in found.expirations.to_pylist()],
        "strikes": [] if found.strikes is None else found.strikes.to_pylist(),
        "warnings": [{"code": str(warning), "text": warning.text} for warning in found.warnings],
    }


def _expiration(row: dict[str, Any]) -> Document:
    """A row of the expirations, with the moment in Chicago's time first."""
    ts_ns = row["ts_expiration"]
    moment = None if ts_ns is None else datetime.fromtimestamp(ts_ns / SECOND_NS, tz=UTC).astimezone(chicago()).isoformat()
    return {"expiration": moment, **row}


def _rounding(found: Analysis, columns: dict[str, NDArray[np.generic]], as_of: datetime | None) -> float | None:
    """Twice the standard error of net exposure due to gammas with four decimals; None where they have more.

    Rounding is a uniform error of up to half a step, with a standard deviation of step/√12. Errors are taken for independent.
    Where call and put of a strike are rounded alike, part of their errors cancels, and this is too large.
    """
    if "gamma" not in columns or found.weight_used is None or found.net_gex is None or found.spot is None:
        return None
    steps = np.asarray(columns["gamma"], dtype=np.float64) / _GREEK_STEP
    rounded = np.abs(steps - np.round(steps)) < 1e-6
    positive = steps > 0.0
    if positive.sum() < _FEWEST_ROUNDED or not rounded[positive].all():
        return None
    if as_of is not None and "expiration" in columns:
        alive = np.asarray(columns["expiration"], dtype=np.int64) > moment_ns(as_of)
        positive &= alive
    weight = np.asarray(columns[found.weight_used], dtype=np.float64)[positive]
    each = gamma_exposure(
        gamma=np.full(weight.size, _GREEK_STEP),
        weight=weight,
        F=np.full(weight.size, found.spot),
        multiplier=np.full(weight.size, found.multiplier),
        scale=found.scale,
    )
    return 2.0 * math.sqrt(float(np.nansum(each**2)) / 12.0)
