"""Totals, walls and crossings the slow way: dictionaries, sorted lists and the rules in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass
class Side:
    """What a strike holds: None where nothing is known."""

    call: float | None = None
    put: float | None = None
    net: float = 0.0


@dataclass
class Levels:
    net: float | None = None
    call: float | None = None
    put: float | None = None
    gross: float | None = None
    call_wall: float | None = None
    put_wall: float | None = None
    secondary_call_wall: float | None = None
    secondary_put_wall: float | None = None
    crossings: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)
    strikes: int = 0


Row = tuple[float | None, float | None, float | None, int, int]
"""Strike (None: it has no place among the others), call magnitude, put magnitude, call sign, put sign."""


def levels(rows: Sequence[Row], *, F: float | None, by_net: bool) -> Levels:
    book: dict[float, Side] = {}
    elsewhere = Side()
    out = Levels()
    for strike, call, put, call_sign, put_sign in rows:
        if call is None and put is None:
            continue
        side = elsewhere if strike is None else book.setdefault(strike, Side())
        if call is not None:
            side.call = (side.call or 0.0) + call
            side.net += call * call_sign
            out.call = (out.call or 0.0) + call * call_sign
        if put is not None:
            side.put = (side.put or 0.0) + put
            side.net += put * put_sign
            out.put = (out.put or 0.0) + put * put_sign
    out.strikes = len(book)
    if out.call is None and out.put is None:
        return out
    out.net = (out.call or 0.0) + (out.put or 0.0)
    out.gross = math.fsum((side.call or 0.0) + (side.put or 0.0) for side in (*book.values(), elsewhere))
    centre = F if F is not None else 0.0
    strong = [strike for strike, side in book.items() if side.net != 0.0]
    out.highest = sorted(strong, key=lambda strike: (-abs(book[strike].net), abs(strike - centre)))[:5]
    if F is None:
        return out
    for name in ("call", "put"):
        values = {}
        for strike, side in book.items():
            call, put = side.call or 0.0, side.put or 0.0
            value = (call - put if name == "call" else put - call) if by_net else (call if name == "call" else put)
            if value > 0.0 and (strike > F) == (name == "call"):
                values[strike] = value
        ranked = sorted(values, key=lambda strike: (-values[strike], abs(strike - F)))
        if ranked:
            setattr(out, f"{name}_wall", ranked[0])
        if len(ranked) > 1 and values[ranked[1]] >= 0.7 * values[ranked[0]]:
            setattr(out, f"secondary_{name}_wall", ranked[1])
    ordered = sorted(strong)
    everything = sorted(book)
    for low, high in pairwise(ordered):
        a, b = book[low].net, book[high].net
        if (a > 0) == (b > 0):
            continue
        between = [strike for strike in everything if low < strike < high]
        out.crossings.append(sorted([between[0], F, between[-1]])[1] if between else low - a * (high - low) / (b - a))
    return out
