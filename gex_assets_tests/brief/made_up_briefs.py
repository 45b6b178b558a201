"""Briefs made up by hand: levels of one session and of the one before, and a session that ran until the regular hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from gex_assets.analytics.stretches import AggressorFlow, PriceRange
from gex_assets.analytics.usual_volume import UsualVolume
from gex_assets.brief.facts import Brief
from gex_assets.brief.hedges import HedgeTable
from gex_assets.brief.movers import Mover, Movers
from gex_assets.brief.session_frame import Quality, RegimeNow, SessionFrame, Stretch
from gex_assets.brief.since import Change, RollOff
from gex_assets.market.sessions import Session
from gex_assets.time_units import SECOND_NS
from gex_assets_tests.report.levels.made_up_levels import Row, row

ODTE = 1_769_202_000 * SECOND_NS
"""2026-01-23 15:00 in Chicago."""
OPENS, REGULAR = 1_769_122_800 * SECOND_NS, 1_769_178_600 * SECOND_NS
"""2026-01-22 17:00 and 2026-01-23 08:30 in Chicago."""
MOMENT = REGULAR + 900 * SECOND_NS


def open_row(scope: str = "all", gross: float | None = 20e9, **changes: Any) -> Row:
    facts = {
        "scope": scope,
        "convention_version": "2",
        "gross_gex": gross,
        "ts_known": 1_769_126_400 * SECOND_NS,
        "open_interest_date": date(2026, 1, 22),
        "open_interest_is_final": True,
        "settlement_date": date(2026, 1, 22),
        "settlement_is_final": True,
        "worthless_share": 0.0,
        "repriced_share": 1.0,
        "coverage": 0.99,
        "forward_quality": "ok",
        "call_wall_sigmas": 0.51,
        "put_wall_sigmas": 0.5,
        "ts_first_expiration": ODTE,
    }
    return row(**{**facts, **changes})


def rows(**changes: Any) -> list[Row]:
    return [
        open_row(**changes),
        open_row("0dte", 8e9),
        open_row("exp:2026-01-23", 8e9),
        open_row("exp:2026-03-20", 11.6e9),
        open_row("exp:2026-06-18", 0.4e9),
    ]


def earlier() -> list[Row]:
    return [
        open_row(session_date=date(2026, 1, 22), call_wall=6990.0, zero_gamma=6955.08, net_gex=-420e6, reference_price=6950.1)
    ]


def frame(**changes: Any) -> SessionFrame:
    """A night and fifteen minutes of regular hours."""
    night = Stretch(
        name="overnight",
        begin_ns=OPENS,
        end_ns=REGULAR,
        first_ns=OPENS,
        last_ns=REGULAR,
        windows=11_160,
        prices=PriceRange(low=6948.25, high=6981.5, last=6974.5),
        future="ESH6",
        future_flow=AggressorFlow(bought=61_204, sold=59_970, unsigned=12),
        calls=AggressorFlow(bought=2_100, sold=1_980),
        puts=AggressorFlow(bought=1_410, sold=1_490),
    )
    regular = Stretch(
        name="regular hours",
        begin_ns=REGULAR,
        end_ns=MOMENT,
        first_ns=REGULAR,
        last_ns=MOMENT,
        windows=180,
        prices=PriceRange(low=6970.0, high=6979.75, last=6972.0),
        future="ESH6",
        future_flow=AggressorFlow(bought=20_000, sold=23_456),
    )
    facts: dict[str, Any] = {
        "session": Session(open_ns=OPENS, close_ns=ODTE + 3600 * SECOND_NS, session_date=date(2026, 1, 23)),
        "moment_ns": MOMENT,
        "regular_open_ns": REGULAR,
        "regular_close_ns": ODTE,
        "stretches": (night, regular),
        "regime": RegimeNow(
            ts_window_end=MOMENT,
            regime="positive",
            magnitude="moderate",
            scale="usd_per_1pct",
            net_gex=1.5e9,
            net_gex_se=44e6,
            confidence=0.93,
            hedge_per_sigma=1.1e9,
            reason=None,
        ),
        "quality": Quality(ts_window_end=MOMENT, forward_quality="ok", coverage=0.98, quoted_share=0.974, complete_share=0.991),
    }
    return SessionFrame(**{**facts, **changes})


def full(of_session: SessionFrame | None = None) -> Brief:
    """Everything that a brief can say of levels."""
    parts = {
        "price": 210e6,
        "time": -12.5e6,
        "volatility": 95e6,
        "weight": 1.6e9,
        "expired": -48e6,
        "listed": 0.0,
        "relabel": -853.2,
    }
    left = tuple(
        RollOff(expires=day, share=share, net=net, call_wall=7000.0, put_wall=6900.0, zero_gamma=flip)
        for day, share, net, flip in (
            (date(2026, 1, 23), 0.4, 1.1e9, 6958.25),
            (date(2026, 3, 20), 0.58, -20e6, None),
        )
    )
    some = [
        Mover(expires=date(2026, 3, 20), strike=7000.0, right="C", now=12_400.0, change=1_204.0, gex_change=12.3e6),
        Mover(expires=date(2026, 1, 23), strike=6950.0, right="P", now=800.0, change=-950.0, gex_change=-31.25e6),
    ]
    moves = (("price", -1.0, 1_204.0), ("price", 1.0, -1_180.0), ("time", 22.0, 35.0), ("volatility", -1.0, 12.0))
    facts = {"convention": "field", "scope": "all", "scale": "usd_per_1pct", "session_date": date(2026, 1, 23), "reason": None}
    around = dict.fromkeys(f"{kind}_gex_{side}" for kind in ("net", "gross") for side in ("ahead", "behind"))
    more = {"reference_price": 6974.55, "hedge_per_sigma": 1.1e9, "contracts_se": 8.0, "usd": None}
    hedges = HedgeTable(
        rows=[
            {**facts, **around, **more, "cause": cause, "move": move, "contracts": contracts, "price_at": _price_at(cause, move)}
            for cause, move, contracts in moves
        ],
        usual={9: UsualVolume(5_812.5, 20)},
    )
    change = Change(session_before=date(2026, 1, 22), net=sum(parts.values()), parts=parts, reason=None)
    made = replace(brief(of_session=of_session), change=change, left=left, hedges=hedges)
    return replace(made, movers=Movers(by_contracts=tuple(some), by_exposure=tuple(reversed(some))))


def _price_at(cause: str, move: float) -> float | None:
    return 6974.55 * (1.0 + move / 100.0) if cause == "price" else None


def brief(
    now: Sequence[Row] | None = None, before: Sequence[Row] | None = None, *, of_session: SessionFrame | None = None
) -> Brief:
    return Brief.of(
        rows() if now is None else now,
        earlier() if before is None else before,
        product="ES",
        convention="field",
        frame=of_session,
    )
