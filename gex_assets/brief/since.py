"""What changed since the session before, and what each expiration leaves, from rows of `open_changes` and `open_roll_off`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gex_assets.analytics.reach import shown_flip
from gex_assets.market.expirations import chicago_date
from gex_assets.schemas.open_changes import PARTS_OF_SESSIONS

__all__ = ["Change", "RollOff", "before_of", "change_of", "roll_off_of"]

Row = Mapping[str, Any]

_LEVELS: Final = ("reference_price", "call_wall", "put_wall", "zero_gamma", "net_gex", "gross_gex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of net exposure from the opening of the session before to that of the session.

    Attributes
    ----------
    net : the change; None with a reason. [the convention's scale]
    parts : by name, in the order of the table; they add up to it.
    reason : why there is none; None where there is one.
    """

    session_before: date
    net: float | None
    parts: Mapping[str, float]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollOff:
    """What ends with an expiration, and what is left after it at the session's opening; unknown values are None.

    Attributes
    ----------
    share : of gross exposure that ends. [1]
    net, call_wall, put_wall, zero_gamma : of the later expirations. A flip out of reach is None, as everywhere that people look.
    """

    expires: date
    share: float | None
    net: float | None = None
    call_wall: float | None = None
    put_wall: float | None = None
    zero_gamma: float | None = None


def before_of(changes: Row, *, now: Row) -> dict[str, Any] | None:
    """Levels of the session before as a row like one of `open_levels`, without errors; None where there is no price.

    Parameters
    ----------
    changes : the row of `open_changes` over all expirations.
    now : the same of `open_levels`.
    """
    if changes["reference_price_before"] is None:
        return None
    found = {name: changes[f"{name}_before"] for name in _LEVELS}
    none = dict.fromkeys(("zero_gamma_se", "zero_gamma_low", "zero_gamma_high", "net_gex_se"))
    reason = changes["zero_gamma_reason_before"]
    return _with_distance(
        {
            **found,
            **none,
            "session_date": changes["session_before"],
            "zero_gamma_reason": reason,
            "flip_rule": changes["flip_rule"],
        },
        now,
    )


def change_of(changes: Row) -> Change:
    """The change that a row of `open_changes` tells."""
    parts = {name: changes[f"net_gex_change_{name}"] for name in PARTS_OF_SESSIONS}
    return Change(
        session_before=changes["session_before"],
        net=changes["net_gex_change"],
        parts={name: value for name, value in parts.items() if value is not None},
        reason=changes["change_reason"],
    )


def roll_off_of(rows: Sequence[Row], *, now: Row) -> tuple[RollOff, ...]:
    """The next expirations, the earliest first.

    Parameters
    ----------
    rows : of `open_roll_off` of one convention.
    now : the row of `open_levels` over all expirations.
    """
    found = []
    for row in sorted(rows, key=lambda one: one["ts_expiration"]):
        shown = shown_flip(_with_distance(row, now))
        found.append(
            RollOff(
                expires=chicago_date(row["ts_expiration"]),
                share=row["expiring_share"],
                net=row["net_gex"],
                call_wall=row["call_wall"],
                put_wall=row["put_wall"],
                zero_gamma=shown["zero_gamma"],
            )
        )
    return tuple(found)


def _with_distance(row: Row, now: Row) -> dict[str, Any]:
    """The row with the distance of its flip in one day's standard deviations of the session, where both are known."""
    flip, reference, sigma = row["zero_gamma"], row["reference_price"], now.get("one_day_sigma")
    if flip is None or reference is None or not sigma:
        return {**row, "zero_gamma_sigmas": None}
    # it loads compiled code, which a brief without such rows does without
    from gex_assets.analytics.at_the_money import distance_in_sigmas

    return {**row, "zero_gamma_sigmas": float(distance_in_sigmas(flip, reference=reference, sigma=sigma))}
