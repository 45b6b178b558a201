"""An index chain next to a future's options as plain documents, one per convention: what was combined of what, and every level.

`gex chain --with` prints them as JSON, and pages draw them. `kind` and `combined` say in each that two sources were combined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Final

from gex_assets.chain.files.rows import ChainFile
from gex_assets.chain.summary import ChainRequest, analyses
from gex_assets.chain.two_markets.analysis import Market, TwoMarkets, with_future
from gex_assets.chain.two_markets.future_side import FutureSide
from gex_assets.chain.two_markets.moment import checked_ratio, index_moment
from gex_assets.conventions import CHAIN_MULTIPLIER
from gex_assets.time_units import MINUTE_NS, SECOND_NS

__all__ = ["KIND", "documents_with_future"]

Document = dict[str, Any]

KIND: Final = "two_markets"
_AT_STRIKES: Final = ("call_wall", "secondary_call_wall", "put_wall", "secondary_put_wall", "abs_gamma_strike")
"""Levels that stand on strikes; zero gamma is of all of them."""
_SAME: Final = 1e-9
"""Prices that differ by at most this share are one, as on the axis."""


def documents_with_future(
    chain: ChainFile, request: ChainRequest, *, product: str, future_at: Callable[[int], FutureSide]
) -> list[Document]:
    """Put a chain file next to a future's options under every convention asked for.

    Parameters
    ----------
    chain, request : as for `summary.documents`. Its expirations choose those of both markets. Points of the chain are worth what
        the contract says, also under `magic8`: exposures of two markets add up in one unit alone.
    product : the future.
    future_at : its options at a moment in UNIX ns UTC.

    Raises
    ------
    ChainError
        As `index_moment`, `summary.analyses` and `with_future`.
    GexError
        As `future_at`.
    """
    moment = index_moment(chain, request, product=product)
    future = future_at(moment.ts_ratio)
    checked_ratio(moment, future_price=future.reference)
    is_said = request.multiplier is not None or moment.symbol in {name.upper() for name in request.multipliers}
    asked = replace(
        request,
        symbol=moment.symbol,
        as_of=datetime.fromtimestamp(moment.ts_ratio / SECOND_NS, tz=UTC),
        multiplier=request.multiplier if is_said else chain.multiplier or CHAIN_MULTIPLIER,
    )
    by_name = {one.name: one for one in request.conventions}
    return [
        _document(
            chain,
            with_future(
                found,
                future,
                moment=moment,
                convention=by_name[found.convention],
                rate=request.rate,
                expirations=tuple(request.expirations),
            ),
        )
        for found in analyses(chain, asked)
    ]


def _document(chain: ChainFile, found: TwoMarkets) -> Document:
    moment = found.moment
    return {
        "kind": KIND,
        "combined": _combined(chain, found),
        "file": chain.file,
        "form": chain.form,
        "product": found.future.name,
        "symbol": moment.symbol,
        "file_as_of": _iso(moment.ts_file),
        "delay_minutes": moment.delay_ns / MINUTE_NS,
        "quoted_at": _iso(moment.ts_quotes),
        "ratio_at": _iso(moment.ts_ratio),
        "is_frozen": moment.is_frozen,
        "future_from": found.future_from,
        "future_at": _iso(found.ts_future),
        "ratio": found.ratio,
        "future_price": found.future_price,
        "index_price": moment.price,
        "convention": found.convention.name,
        "convention_version": found.convention.version,
        "weight_used": found.weight,
        "scale": found.convention.scale,
        "markets": [_market(one) for one in (found.future, found.index)],
        "both": _market(found.both),
        "sources": _sources(found),
        "strikes": found.strikes.to_pylist(),
        "grid": found.grid.to_pylist(),
        "warnings": [{"code": str(warning), "text": warning.text} for warning in found.warnings],
    }


def _combined(chain: ChainFile, found: TwoMarkets) -> str:
    """One line that says what was combined; it goes on top of whatever shows the numbers."""
    moment = found.moment
    delay = f", {moment.delay_ns / MINUTE_NS:g} min delayed" if moment.delay_ns else ""
    quoted = f"as of {_clock(moment.ts_quotes)} UTC"
    frozen = f", frozen at {_clock(moment.ts_ratio)} UTC, when the index was last open" if moment.is_frozen else ""
    return f"combined: {found.future.name} options + {moment.symbol} ({chain.form}{delay}, {quoted}{frozen})"


def _market(one: Market) -> Document:
    return {
        "market": one.name,
        "options": one.options,
        "expirations": [str(day) for day in one.expirations],
        "net_gex": one.exposures.net,
        "gross_gex": one.exposures.gross,
        "gross_share": one.gross_share,
        "total_call_gex": one.exposures.call,
        "total_put_gex": one.exposures.put,
        "levels": asdict(one.levels),
    }


def _sources(found: TwoMarkets) -> dict[str, list[Document]]:
    """Level of both -> the strikes that stand at its price, of either market, the largest net exposure first."""
    rows = [row for row in found.strikes.to_pylist() if row["price"] is not None]
    sources = {}
    for name in _AT_STRIKES:
        price = getattr(found.both.levels, name)
        at = [] if price is None else [row for row in rows if abs(row["price"] - price) <= _SAME * price]
        at.sort(key=lambda row: -abs(row["net_gex"] or 0.0))
        sources[name] = [{key: row[key] for key in ("underlying", "strike", "net_gex")} for row in at]
    return sources


def _iso(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns / SECOND_NS, tz=UTC).isoformat()


def _clock(ts_ns: int) -> str:
    return f"{datetime.fromtimestamp(ts_ns // SECOND_NS, tz=UTC):%Y-%m-%d %H:%M:%S}"
