"""The page of a brief, made for a phone's width first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from markupsafe import Markup

from gex_assets.analytics.reach import shown_flip
from gex_assets.brief.facts import NOT_ADVICE, Brief, chicago_moment
from gex_assets.pages.brief.hedges import hedges_html
from gex_assets.pages.brief.ladder import ladder
from gex_assets.pages.brief.session import session_parts
from gex_assets.pages.brief.since import change_html, movers_html, roll_off_html
from gex_assets.pages.bundle import bundle
from gex_assets.pages.markup import Section, Text, facts, joined, note, table, tag
from gex_assets.pages.shell import bar, document, section_html
from gex_assets.pages.words import NONE, amount, flip_words, number, share, signed, unit_of, weight_text, with_error

__all__ = ["brief_page", "page_without_levels"]

_LEVELS: Final = (
    ("price", "reference_price"),
    ("call wall", "call_wall"),
    ("flip", "zero_gamma"),
    ("put wall", "put_wall"),
)


def brief_page(brief: Brief, *, links: Iterable[tuple[str, str]] = (), head: Markup | None = None) -> str:
    """A brief as one HTML document that loads nothing.

    Parameters
    ----------
    links : of the bar: text and address.
    head : further elements of the head, such as the lineage of a published page.
    """
    name = f"{brief.product} · {brief.session_date}"
    sections = [one for one in _sections(brief) if one is not None]
    parts = tag("main", _title(brief), ladder(brief), _facts(brief), *map(section_html, sections), class_="page brief")
    styles = tag("style", Markup(bundle("web/brief.css")))  # noqa: S704 (our own file)
    return document(title=f"{name} · brief", body=joined([bar(name, links), parts]), head=joined([styles, head or Markup()]))


def page_without_levels(product: str, why: str, *, links: Iterable[tuple[str, str]] = (), head: Markup | None = None) -> str:
    """The page of a product of which no session has levels; it says why.

    Parameters
    ----------
    links, head : as of `brief_page`.
    """
    parts = tag("main", tag("h1", f"{product}: brief"), tag("p", why), class_="page brief")
    return document(title=f"{product} · brief", body=joined([bar(f"{product} · brief", links), parts]), head=head)


def _title(brief: Brief) -> Markup:
    row = brief.all
    known = (
        "no statistic says since when" if row["ts_known"] is None else f"known from {chicago_moment(row['ts_known'])} Chicago on"
    )
    settled = {True: "final", False: "an early count", None: "final or not is unknown"}[row["open_interest_is_final"]]
    about = (
        f"{row['convention']} {row['convention_version']}, weighted by {weight_text(row['weight_used'])}; open interest of "
        f"{row['open_interest_date'] or 'no date'} ({settled}), {known}."
    )
    title = tag("h1", f"Session of {brief.session_date:%a} {brief.session_date}")
    missing = [tag("p", f"{len(brief.missing)} missing: see below", class_="note warn")] if brief.missing else []
    return joined([title, note(about), *missing])


def _facts(brief: Brief) -> Markup:
    row = shown_flip(brief.all)
    flip = flip_words(brief.all)
    cards: list[tuple[Text, Text, Text]] = [
        ("net exposure", with_error(row["net_gex"], row["net_gex_se"]), unit_of(row["scale"])),
        ("flip", flip.text, flip.about),
        ("0DTE", share(brief.share_0dte), "of gross exposure"),
    ]
    if row["expected_move"] is not None:
        cards.append(
            ("expected move", f"±{number(row['expected_move'], 1)}", f"to {chicago_moment(row['ts_first_expiration'])} Chicago")
        )
    if brief.frame is not None and brief.frame.regime is not None:
        now = brief.frame.regime
        words = tag("span", now.regime, class_=f"regime {now.regime}") if now.regime else NONE
        cards.append(
            (
                "regime",
                words,
                f"{now.magnitude or (now.reason or '').replace('_', ' ')}, {chicago_moment(now.ts_window_end)} Chicago",
            )
        )
    return facts(cards)


def _sections(brief: Brief) -> Iterator[Section | None]:
    yield Section("changes", "Against the session before", _changes(brief)) if brief.before else None
    if brief.frame is not None:
        yield Section("session", "The session so far", session_parts(brief.frame))
    if brief.movers.by_contracts:
        yield Section("movers", "Where open interest changed most", movers_html(brief.movers))
    if brief.hedges is not None:
        yield Section("hedges", "What hedges may trade", hedges_html(brief.hedges))
    if brief.roll_off:
        yield Section("roll-off", "What rolls off next", roll_off_html(brief.roll_off, unit_of(brief.all["scale"])))
    if brief.missing:
        yield Section("missing", "What is missing", tag("ul", *(tag("li", one) for one in brief.missing), class_="note warn"))
    yield Section(
        "about", "How to read this", note(NOT_ADVICE, " Levels are of the session's opening, by settlements and open interest.")
    )


def _changes(brief: Brief) -> Markup:
    now, before = shown_flip(brief.all), shown_flip(brief.before["all"])
    rows = []
    for name, column in _LEVELS:
        both = now[column], before[column]
        change = None if None in both else now[column] - before[column]
        rows.append([name, number(now[column]), number(before[column]), signed(change)])
    for name, column in (("net", "net_gex"), ("gross", "gross_gex")):
        both = now[column], before[column]
        change = None if None in both else now[column] - before[column]
        sign = column == "net_gex"
        rows.append([name, amount(now[column], sign=sign), amount(before[column], sign=sign), amount(change)])
    caption = (
        f"Levels of {brief.session_date} and of {before['session_date']}, all expirations; exposures in {unit_of(now['scale'])}"
    )
    levels = table(("level", ">now", ">before", ">change"), rows, caption=caption)
    parts = [] if brief.change is None or brief.change.net is None else [change_html(brief.change, unit_of(now["scale"]))]
    return joined([levels, *parts])
