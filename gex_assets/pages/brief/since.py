"""What net exposure changed by and why, where open interest changed most, and what each expiration takes and leaves."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from gex_assets.brief.movers import Mover, Movers
from gex_assets.brief.since import Change, RollOff
from gex_assets.pages.markup import Text, joined, note, table, tag
from gex_assets.pages.words import NONE, amount, count, number, price, share
from gex_assets.schemas.open_changes import PARTS_OF_SESSIONS

__all__ = ["change_html", "movers_html", "roll_off_html"]


def change_html(change: Change, unit: str) -> Markup:
    """The parts of the change of net exposure."""
    rows = [[name, amount(value)] for name, value in change.parts.items()]
    caption = f"Net exposure changed by {amount(change.net)} {unit} since {change.session_before}"
    meaning = "; ".join(f"{name}: {PARTS_OF_SESSIONS[name]}" for name in change.parts)
    return joined([table(("because of", ">change"), rows, caption=caption), note(f"{meaning}." if meaning else "")])


def movers_html(movers: Movers) -> Markup:
    """The largest changes by contracts, and by exposure."""
    parts = [
        table(
            ("option", ">change", ">now"),
            [[_option(one), _signed(one.change), count(one.now)] for one in movers.by_contracts],
            caption="Largest changes of open interest, in contracts",
        )
    ]
    if movers.by_exposure:
        caption = "Largest by exposure: change times gamma of one contract, in USD per 1 %"
        rows = [[_option(one), _signed(one.change), amount(one.gex_change)] for one in movers.by_exposure]
        parts.append(table(("option", ">contracts", ">exposure"), rows, caption=caption))
    return joined([*parts, note("A change of open interest does not say who holds it: exposures here have its sign alone.")])


def roll_off_html(roll_off: Sequence[RollOff], unit: str) -> Markup:
    """A bar for each expiration, and below it what is left after it."""
    most = max((one.share or 0.0 for one in roll_off), default=0.0)
    lines = [_bar(one, most) for one in roll_off]
    about = "Share of gross exposure that ends with each expiration."
    if any(_leaves(one) for one in roll_off):
        about += f" Below: what the later ones leave, at the session's opening; net in {unit}."
    return joined([tag("ol", *lines, class_="rolls"), note(about)])


def _bar(one: RollOff, most: float) -> Markup:
    wide = 100 * (one.share or 0.0) / most if most else 0.0
    parts: list[Text] = [
        tag("span", f"{one.expires:%a} {one.expires}"),
        tag("span", tag("i", style=f"width:{wide:.1f}%"), class_="track"),
        tag("b", share(one.share)),
    ]
    if _leaves(one):
        walls = f"walls {_price(one.put_wall)} and {_price(one.call_wall)}"
        parts.append(tag("small", f"left: net {amount(one.net)}, {walls}, flip {number(one.zero_gamma, 1)}"))
    return tag("li", *parts)


def _leaves(one: RollOff) -> bool:
    return any(value is not None for value in (one.net, one.call_wall, one.put_wall, one.zero_gamma))


def _price(value: float | None) -> str:
    return NONE if value is None else price(value)


def _option(one: Mover) -> str:
    return f"{price(one.strike)} {one.right} {one.expires}"


def _signed(contracts: float) -> str:
    return f"{'+' if contracts > 0 else ''}{count(contracts)}"
