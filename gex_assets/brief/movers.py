"""Options whose open interest changed most since the session before, by contracts and by exposure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gex_assets.market.expirations import chicago_date

__all__ = ["MOVER_COLUMNS", "Mover", "Movers", "movers"]

Row = Mapping[str, Any]

_RIGHTS: Final = (("C", "call"), ("P", "put"))
MOVER_COLUMNS: Final = (
    *("ts_expiration", "strike", "contract_gex"),
    *(f"{name}_open_interest{suffix}" for _, name in _RIGHTS for suffix in ("", "_before")),
)
"""Columns of `open_chain` that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """An option whose open interest changed.

    Attributes
    ----------
    right : C or P.
    now, change : open interest, and how much more it is than for the session before. [contracts]
    gex_change : the change times the exposure of one contract at the session's opening; None where that is unknown.
        [USD per 1 %]
    """

    expires: date
    strike: float
    right: str
    now: float
    change: float
    gex_change: float | None


@dataclass(frozen=True, slots=True)
class Movers:
    """The largest changes by contracts, and by exposure."""

    by_contracts: tuple[Mover, ...] = ()
    by_exposure: tuple[Mover, ...] = ()


def movers(chain: Sequence[Row], *, most: int = 5) -> Movers:
    """The options with the largest changes, the largest first.

    An option whose open interest is unknown for one of both sessions has no change: it is not taken for none.

    Parameters
    ----------
    chain : rows of `open_chain` with at least `MOVER_COLUMNS`.
    most : how many of each.
    """
    found = [one for one in _changes(chain) if one.change]
    by_contracts = sorted(found, key=lambda one: (-abs(one.change), *_place(one)))[:most]
    known = [one for one in found if one.gex_change]
    by_exposure = sorted(known, key=lambda one: (-abs(one.gex_change or 0.0), *_place(one)))[:most]
    return Movers(tuple(by_contracts), tuple(by_exposure))


def _changes(chain: Sequence[Row]) -> Iterator[Mover]:
    for row in chain:
        for right, name in _RIGHTS:
            now, before = row[f"{name}_open_interest"], row[f"{name}_open_interest_before"]
            if now is None or before is None:
                continue
            gex = row["contract_gex"]
            yield Mover(
                expires=chicago_date(row["ts_expiration"]),
                strike=row["strike"],
                right=right,
                now=now,
                change=now - before,
                gex_change=None if gex is None else (now - before) * gex,
            )


def _place(one: Mover) -> tuple[date, float, str]:
    return one.expires, one.strike, one.right
