"""Strikes of several futures on one axis, the slow way: one row after the other, prices compared with each other."""

from __future__ import annotations

from collections.abc import Sequence

Row = tuple[float, float | None, int]
"""Strike, the expiration's forward, number of the future; rows of one window, by expiration."""

Place = tuple[float, float, int]
"""Price on the axis, the strike that stands there, its future."""


def places(rows: Sequence[Row], *, front: int, front_forward: float | None) -> list[Place | None]:
    """Where each row stands; None where it has no place."""
    found: list[Place | None] = []
    for strike, _, future in rows:
        if future == front:
            found.append((strike, strike, future))
            continue
        forwards = [forward for _, forward, other in rows if other == future and forward is not None]
        if front_forward is None or not forwards:
            found.append(None)
        else:
            found.append((strike * (front_forward / forwards[0]), strike, future))
    return [None if one is None else _named(one, found, front=front) for one in found]


def _named(place: Place, all_places: Sequence[Place | None], *, front: int) -> Place:
    """Of the rows at one price the first of the front's future, else the first."""
    here = [one for one in all_places if one is not None and abs(one[0] - place[0]) <= 1e-9 * place[0]]
    return next((one for one in here if one[2] == front), here[0])
