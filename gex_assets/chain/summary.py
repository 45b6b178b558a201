"""A chain file's analyses as plain documents, one per convention: what was read, what was asked, and every result.

`gex chain` prints the documents as JSON, `report.chain_page` draws them, and `gex compare` reads them: names and numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from gex_assets.chain.analysis import ASSUMED_MULTIPLIER, Analysis, analysis_of
from gex_assets.chain.expiration_choice import NEXT, ZERO_DTE, ExpirationChoice, expiration_choice
from gex_assets.chain.files.rows import ChainFile
from gex_assets.chain.moments import moment_ns
from gex_assets.chain.pricing.priced_chain import GAMMA_SOURCES
from gex_assets.chain.pricing.published_gammas import GAMMA_STEP, are_rounded
from gex_assets.chain.reading import IV_DECIMAL, IV_PERCENT
from gex_assets.chain.request import AnalysisRequest
from gex_assets.conventions import MAGIC8_LITERAL, WEIGHTS, Convention, conventions
from gex_assets.defaults import MIN_STRIKES_REQUIRED, RATE
from gex_assets.errors import ChainError
from gex_assets.kernels.exposure.exposure import gamma_exposure
from gex_assets.market.expirations import chicago
from gex_assets.time_units import SECOND_NS

__all__ = ["FURTHER_TABLES", "GAMMA_SOURCES", "ChainRequest", "analyses", "documents", "request_of"]

Document = dict[str, Any]

ALL: Final = "all"
FURTHER_TABLES: Final = ("strike_greeks", "strike_expirations", "profile")
"""Tables that a document holds where they are asked for: a chain has thousands of their rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRequest:
    """What to compute from a chain file; None and () leave the choice to the file.

    Attributes
    ----------
    conventions : at least one.
    every_convention : those whose weights the chain lacks are left out, not refused.
    symbol, spot, as_of : in place of the file's.
    multiplier : in place of the symbol's. [USD per point]
    multipliers : as in `analyze`.
    gamma : of `GAMMA_SOURCES`.
    expirations : as `expiration_choice` reads them.
    tables : of `FURTHER_TABLES`, those that documents hold.
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
    expirations: Sequence[ExpirationChoice] = ()
    tables: Sequence[str] = ()
    rate: float = RATE
    min_strikes_required: int = MIN_STRIKES_REQUIRED
    base_scores: Mapping[str, float] = field(default_factory=dict)
    multipliers: Mapping[str, float] = field(default_factory=dict)


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
    expirations : YYYY-MM-DD, A..B, "next", "monthly" or "0dte".
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
        expirations=tuple(expiration_choice(text) for text in expirations),
        as_of=moment,
        gamma=cast("Literal['published', 'iv', 'implied'] | None", gamma),
        **others,
    )


def documents(chain: ChainFile, request: ChainRequest) -> list[Document]:
    """Analyse a chain file under every convention asked for.

    Raises
    ------
    ChainError
        As `analyses`.
    """
    as_of = request.as_of or chain.as_of
    return [_document(chain, found, dict(chain.columns), request=request, as_of=as_of) for found in analyses(chain, request)]


def analyses(chain: ChainFile, request: ChainRequest) -> Iterator[Analysis]:
    """A chain file under each convention asked for, with the warnings of its reader first.

    Raises
    ------
    ChainError
        Symbol, price or moment is needed and neither in the file nor in the request, or an expiration asked for is not there.
    """
    symbol = request.symbol or chain.symbol
    spot = request.spot if request.spot is not None else chain.spot
    as_of = request.as_of or chain.as_of
    columns = dict(chain.columns)
    needs_moment = _needs_moment(columns, request, file=chain.file)
    if symbol is None or spot is None or (as_of is None and needs_moment):
        raise _asked_for(chain.file, symbol=symbol is None, spot=spot is None, moment=as_of is None and needs_moment)
    if not (math.isfinite(spot) and spot > 0.0):
        raise ChainError(f"Expected a positive spot price, was {spot:g}")
    # what the caller says of a symbol wins over the file, whose contract sizes may be left at a default
    of_file = None if symbol.upper() in {name.upper() for name in request.multipliers} else chain.multiplier
    for convention in _conventions_with_weights(request, columns):
        asked = AnalysisRequest.of(
            symbol=symbol,
            spot=spot,
            convention=convention,
            multiplier=request.multiplier if request.multiplier is not None else of_file,
            multipliers=request.multipliers,
            as_of=as_of,
            base_scores=request.base_scores,
            rate=request.rate,
            min_strikes_required=request.min_strikes_required,
            gamma=request.gamma,
            expirations=request.expirations,
        )
        found = analysis_of(asked, columns, cache=False)
        warnings = [one for one in found.warnings if not (chain.is_listed and one == ASSUMED_MULTIPLIER)]
        yield replace(found, warnings=(*chain.warnings, *warnings))


def _needs_moment(columns: Mapping[str, NDArray[np.generic]], request: ChainRequest, *, file: str) -> bool:
    """Whether nothing can be computed without a moment: gammas are to be computed, or expirations are named by it."""
    source = _source(columns, request.gamma, file=file)
    named = {NEXT, ZERO_DTE}.intersection(one for one in request.expirations if isinstance(one, str))
    return bool(named) or (source != "published" and "years" not in columns)


def _asked_for(file: str, *, symbol: bool, spot: bool, moment: bool) -> ChainError:
    """All that a chain needs and neither file nor caller says, in one question."""
    needed = [
        one
        for is_missing, *one in (
            (symbol, "an underlying", "--symbol NAME"),
            (spot, "a price of the underlying", "--spot PRICE"),
            (moment, "a moment", "--as-of 2026-01-06T15:00-05:00 (or --date 2026-01-06, its close)"),
        )
        if is_missing
    ]
    names, options = zip(*needed, strict=True)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return ChainError(
        f"Expected {listed} in {file}, was {'none' if len(names) == 1 else 'none of them'}: add {' '.join(options)}"
    )


def _conventions_with_weights(request: ChainRequest, columns: Mapping[str, object]) -> list[Convention]:
    by_strike = "right" not in columns
    has = {name for name in WEIGHTS if name in columns}
    if by_strike:
        has |= {"open_interest"} | ({"volume"} if "call_volume" in columns or "put_volume" in columns else set())
    usable = [one for one in request.conventions if has.intersection(one.weights)]
    return usable if request.every_convention and usable else list(request.conventions)


def _source(columns: Mapping[str, NDArray[np.generic]], asked: str | None, *, file: str) -> str:
    """The source asked for, else the first that the file has; refused where the file does not have it."""
    there = {
        "published": _has_positive(columns, "gamma"),
        "iv": any(_has_positive(columns, name) for name in ("iv", IV_PERCENT, IV_DECIMAL)),
        "implied": _has_positive(columns, "bid") and _has_positive(columns, "ask"),
    }
    found = ", ".join(GAMMA_SOURCES[name] for name, is_there in there.items() if is_there) or "none of them"
    source = asked if asked is not None else next((name for name, is_there in there.items() if is_there), None)
    if columns["strike"].size and (source is None or not there[source]):
        wanted = "gammas, volatilities, or bid and ask" if source is None else GAMMA_SOURCES[source]
        raise ChainError(f"Expected {wanted} in {file}, was {found}")
    return source or "published"


def _has_positive(columns: Mapping[str, NDArray[np.generic]], name: str) -> bool:
    """Whether a column has a positive value, also under its names in tables of one row per strike."""
    there = [columns[one] for one in (name, f"call_{name}", f"put_{name}") if one in columns]
    return any(bool((np.asarray(values, dtype=np.float64) > 0.0).any()) for values in there)


def _document(
    chain: ChainFile,
    found: Analysis,
    columns: Mapping[str, NDArray[np.generic]],
    *,
    request: ChainRequest,
    as_of: datetime | None,
) -> Document:
    tables = {name: getattr(found, name) for name in FURTHER_TABLES if name in request.tables}
    return {
        "file": chain.file,
        "form": chain.form,
        "options_in_file": chain.options,
        "options": found.options,
        "gamma_from": found.gamma_from,
        "symbol": found.symbol,
        "spot": found.spot,
        "as_of": None if as_of is None else as_of.astimezone(UTC).isoformat(),
        "convention": found.convention,
        "convention_version": found.convention_version,
        "weight_used": found.weight_used,
        "scale": found.scale,
        "multiplier": found.multiplier,
        "net_gex": found.net_gex,
        "net_gex_rounding": _rounding(found, columns, as_of) if found.gamma_from == "published" else None,
        "total_call_gex": found.total_call_gex,
        "total_put_gex": found.total_put_gex,
        "reason": found.reason,
        "regime": found.regime,
        "regime_analysis": None if found.regime_analysis is None else asdict(found.regime_analysis),
        "scores": found.scores,
        "levels": None if found.levels is None else asdict(found.levels),
        "expirations": [] if found.expirations is None else [_expiration(row) for row in found.expirations.to_pylist()],
        "strikes": [] if found.strikes is None else found.strikes.to_pylist(),
        "zero_dte": [] if found.zero_dte is None else found.zero_dte.to_pylist(),
        **{name: [] if table is None else [_expiration(row) for row in table.to_pylist()] for name, table in tables.items()},
        "warnings": [{"code": str(warning), "text": warning.text} for warning in found.warnings],
    }


def _expiration(row: dict[str, Any]) -> Document:
    """A row of the expirations, with the moment in Chicago's time first; a row without a moment as it is."""
    if "ts_expiration" not in row:
        return row
    ts_ns = row["ts_expiration"]
    moment = None if ts_ns is None else datetime.fromtimestamp(ts_ns / SECOND_NS, tz=UTC).astimezone(chicago()).isoformat()
    return {"expiration": moment, **row}


def _rounding(found: Analysis, columns: Mapping[str, NDArray[np.generic]], as_of: datetime | None) -> float | None:
    """Twice the standard error of net exposure due to gammas with four decimals; None where they have more.

    Rounding is a uniform error of up to half a step, with a standard deviation of step/√12. Errors are taken for independent.
    Where call and put of a strike are rounded alike, part of their errors cancels, and this is too large.
    """
    if "gamma" not in columns or found.weight_used is None or found.net_gex is None or found.spot is None:
        return None
    gamma = np.asarray(columns["gamma"], dtype=np.float64)
    if not are_rounded(gamma):
        return None
    positive = gamma > 0.0
    if as_of is not None and "expiration" in columns:
        alive = np.asarray(columns["expiration"], dtype=np.int64) > moment_ns(as_of)
        positive &= alive
    weight = np.asarray(columns[found.weight_used], dtype=np.float64)[positive]
    each = gamma_exposure(
        gamma=np.full(weight.size, GAMMA_STEP),
        weight=weight,
        F=np.full(weight.size, found.spot),
        multiplier=np.full(weight.size, found.multiplier),
        scale=found.scale,
    )
    return 2.0 * math.sqrt(float(np.nansum(each**2)) / 12.0)
