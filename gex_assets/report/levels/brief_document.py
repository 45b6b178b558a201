"""The brief of a session for a program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from gex_assets.analytics.reach import shown_flip
from gex_assets.analytics.stretches import AggressorFlow
from gex_assets.brief.facts import Brief
from gex_assets.brief.movers import Mover
from gex_assets.brief.session_frame import SessionFrame, Stretch
from gex_assets.report.levels.hedges import hedge_document

__all__ = ["brief_document"]

_LEVELS: Final = (
    *("reference_price", "call_wall", "put_wall", "zero_gamma", "zero_gamma_se"),
    *("net_gex", "net_gex_se", "gross_gex"),
)


def brief_document(brief: Brief) -> dict[str, Any]:
    """All that the brief says, as JSON has it: dates as text, moments in UNIX ns UTC, what is unknown as null."""
    row, before = shown_flip(brief.all), shown_flip(brief.before["all"]) if brief.before else None
    return {
        "product": brief.product,
        "session_date": str(row["session_date"]),
        "convention": row["convention"],
        "scale": row["scale"],
        "ts_known": row["ts_known"],
        "open_interest_date": None if row["open_interest_date"] is None else str(row["open_interest_date"]),
        "open_interest_is_final": row["open_interest_is_final"],
        "expected_move": row["expected_move"],
        **{name: row[name] for name in _LEVELS},
        "before": None
        if before is None
        else {"session_date": str(before["session_date"]), **{name: before[name] for name in _LEVELS}},
        "share_0dte": brief.share_0dte,
        "session": None if brief.frame is None else _session(brief.frame),
        "change": None if brief.change is None else {**asdict(brief.change), "session_before": str(brief.change.session_before)},
        "movers": {
            "by_contracts": [_mover(one) for one in brief.movers.by_contracts],
            "by_exposure": [_mover(one) for one in brief.movers.by_exposure],
        },
        "hedges": None if brief.hedges is None else hedge_document(brief.hedges),
        "roll_off": [{**asdict(one), "expires": str(one.expires)} for one in brief.roll_off],
        "missing": list(brief.missing),
    }


def _mover(one: Mover) -> dict[str, Any]:
    return {**asdict(one), "expires": str(one.expires)}


def _session(frame: SessionFrame) -> dict[str, Any]:
    return {
        "ts_open": frame.session.open_ns,
        "ts_close": frame.session.close_ns,
        "ts_regular_open": frame.regular_open_ns,
        "ts_regular_close": frame.regular_close_ns,
        "ts_moment": frame.moment_ns,
        "stretches": [_stretch(one) for one in frame.stretches],
        "regime": None if frame.regime is None else asdict(frame.regime),
        "quality": None if frame.quality is None else asdict(frame.quality),
    }


def _stretch(one: Stretch) -> dict[str, Any]:
    return {
        "name": one.name,
        "ts_begin": one.begin_ns,
        "ts_end": one.end_ns,
        "ts_first": one.first_ns,
        "ts_last": one.last_ns,
        "windows": one.windows,
        "reference_price": None if one.prices is None else asdict(one.prices),
        "future": None if one.future_flow is None else {"symbol": one.future, **_flow(one.future_flow)},
        "calls": None if one.calls is None else _flow(one.calls),
        "puts": None if one.puts is None else _flow(one.puts),
    }


def _flow(flow: AggressorFlow) -> dict[str, int]:
    return {"bought": flow.bought, "sold": flow.sold, "unsigned": flow.unsigned}
