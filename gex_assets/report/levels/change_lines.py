"""What changed since the session before, what moved most, and what each expiration leaves, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from gex_assets.brief.movers import Mover, Movers
from gex_assets.brief.since import Change, RollOff
from gex_assets.wording import amount_text

__all__ = ["change_lines", "mover_lines", "roll_off_lines"]


def change_lines(change: Change, *, width: int) -> Iterator[str]:
    """The change of net exposure and the parts that it is made of.

    Parameters
    ----------
    width : of the screen. [characters]
    """
    said = f"net changed by {amount_text(change.net, signed=True)} since {change.session_before:%a} {change.session_before}"
    yield from textwrap.wrap(said, width)
    for name, value in change.parts.items():
        yield f"  {name:<10} {amount_text(value, signed=True):>10}"


def mover_lines(movers: Movers, *, width: int) -> Iterator[str]:
    """The largest changes of open interest by contracts, then by exposure.

    Parameters
    ----------
    width : of the screen. [characters]
    """
    yield from textwrap.wrap("open interest, largest changes in contracts", width)
    for one in movers.by_contracts:
        yield from _wrapped(f"{_option(one)}  {one.change:+,.0f} to {one.now:,.0f}", width)
    if movers.by_exposure:
        yield from textwrap.wrap("largest in USD per 1 %: change times gamma", width)
        for one in movers.by_exposure:
            yield from _wrapped(f"{_option(one)}  {amount_text(one.gex_change, signed=True)}", width)


def roll_off_lines(roll_off: Sequence[RollOff], *, width: int) -> Iterator[str]:
    """The next expirations: the share of gross exposure that ends, and put wall, call wall and flip of what is left.

    Parameters
    ----------
    width : of the screen. [characters]
    """
    leaves = any(one.call_wall is not None or one.put_wall is not None for one in roll_off)
    said = "rolls off, share of gross" + ("; left: put wall, call wall, flip" if leaves else "")
    yield from textwrap.wrap(said, width)
    for one in roll_off:
        share = "–" if one.share is None else f"{one.share:.0%}"
        line = f"{one.expires:%a} {one.expires}  {share:>4}"
        if leaves:
            line += "".join(f" {_price(value):>6}" for value in (one.put_wall, one.call_wall, one.zero_gamma))
        yield from _wrapped(line, width)


def _option(one: Mover) -> str:
    return f"{one.strike:>6,.0f} {one.right} {one.expires}"


def _price(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _wrapped(line: str, width: int) -> list[str]:
    whole = f"  {line}"
    if len(whole) <= width:
        return [whole]
    return textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="    ")
