"""Which path answers with which table, and what it can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gex_assets.schemas.registry import TABLES
from gex_assets.schemas.table import Table
from gex_assets.serve.answers.parameters import ByConvention, ByConventionAndScope, ByLevel, ByStrike, RowParameters

__all__ = ["SERVED", "SPECS", "TableSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """An endpoint of rows.

    Attributes
    ----------
    path : below /v1.
    summary : its title in the documentation.
    example : some columns of a row.
    """

    path: str
    name: str
    parameters: type[RowParameters]
    summary: str
    example: Mapping[str, Any]

    @property
    def table(self) -> Table:
        """The table's schema."""
        return TABLES[self.name]


_FIELD: Final = {"convention": "field", "convention_version": 2, "weight_used": "open_interest", "scale": "usd_per_1pct"}
_AT: Final = {"date": "2026-01-06", "ts_window_end": "2026-01-06T14:30:05Z"}
_LEVELS: Final = {
    **_AT,
    **_FIELD,
    "scope": "selected",
    "reference_price": 6919.75,
    "net_gex": 1.2e9,
    "net_gex_se": 4.1e7,
    "call_wall": 6950.0,
    "put_wall": 6850.0,
    "zero_gamma": 6893.4,
}

SPECS: Final = (
    TableSpec(
        path="levels",
        name="silver_gex_levels",
        parameters=ByConventionAndScope,
        summary="Net exposure, walls and zero gamma, every 5 s",
        example=_LEVELS,
    ),
    TableSpec(
        path="chain",
        name="silver_gex_chain",
        parameters=ByStrike,
        summary="Volatility, gamma, contracts and exposure of every strike, every 5 s",
        example={**_AT, "ts_expiration": "2026-03-20T13:30:00Z", "strike": 6900.0, "gamma": 0.0011, "call_open_interest": 1200},
    ),
    TableSpec(
        path="windows",
        name="silver_gex",
        parameters=RowParameters,
        summary="Exposure and order flow at the five strikes above and below the price, every 5 s",
        example={**_AT, "underlying": "ESH6", "strike_1": 6925.0, "gex_strike_1_net": 2.3e7},
    ),
    TableSpec(
        path="features",
        name="gold_trigger_vectors",
        parameters=ByLevel,
        summary="Vectors of features at moments when the price nears a level",
        example={**_AT, "convention": "field", "level_id": "call_wall", "level": 6950.0, "distance_ticks": 12.0},
    ),
    TableSpec(
        path="feature-names",
        name="gold_vector_dictionary",
        parameters=RowParameters,
        summary="What each element of a vector is",
        example={"date": "2026-01-06", "vector_version": 1, "index": 0, "name": "gex_strike_1_call_now"},
    ),
    TableSpec(
        path="regimes",
        name="regime_scores",
        parameters=ByConvention,
        summary="Regime, magnitude, bias and strategy scores, every 5 s",
        example={**_AT, **_FIELD, "regime": "positive", "magnitude": "high", "bias": "neutral", "score_Iron_Condor": 1.2},
    ),
    TableSpec(
        path="events",
        name="regime_events",
        parameters=ByConvention,
        summary="Changes of regime within a day",
        example={**_AT, **_FIELD, "regime_from": "negative", "regime_to": "positive"},
    ),
    TableSpec(
        path="history",
        name="regime_history",
        parameters=ByConvention,
        summary="A row per day: its last regime compared with the sessions before",
        example={**_AT, **_FIELD, "regime": "positive", "sessions_seen": 20, "net_gex_percentile": 0.85},
    ),
    TableSpec(
        path="profile",
        name="silver_gex_profile",
        parameters=ByConventionAndScope,
        summary="Net exposure re-priced over a grid of prices, once a minute",
        example={**_AT, "convention": "field", "scope": "selected", "price": 6900.0, "net_gex": 1.1e8},
    ),
    TableSpec(
        path="forward",
        name="silver_forward",
        parameters=RowParameters,
        summary="The forward of each expiration, its error, and the future next to it",
        example={**_AT, "ts_expiration": "2026-03-20T13:30:00Z", "forward": 6919.75, "forward_se": 0.04},
    ),
    TableSpec(
        path="vacuum",
        name="silver_vacuum",
        parameters=RowParameters,
        summary="How the future's book thins out above and below the price, every 5 s",
        example={**_AT, "symbol": "ESH6", "u17_up_total_log": 0.12},
    ),
)

SERVED: Final = tuple(spec.name for spec in SPECS)
"""Tables that the API answers from. Order data are not among them: they are the vendor's."""
