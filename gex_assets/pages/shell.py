"""What every page has: head, style, choice of theme and palette, a bar with links. Nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from markupsafe import Markup

from gex_assets.pages.markup import Section, joined, safe, tag
from gex_assets.pages.written import GENERATOR

__all__ = ["bar", "contents", "document", "page_css", "section_html", "theme_script"]

_LINE: Final = Markup("\n")
_THEME: Final = """\
(() => {
  const root = document.documentElement;
  const kept = (key, fallback) => { try { return localStorage.getItem(key) ?? fallback; } catch { return fallback; } };
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* a file may have no storage */ } };
  const apply = () => { root.dataset.theme = kept("gex-theme", root.dataset.theme ?? "auto");
    root.dataset.palette = kept("gex-palette", root.dataset.palette ?? "red-green"); };
  apply();
  addEventListener("storage", apply);
  addEventListener("click", (event) => {
    const what = event.target instanceof Element ? event.target.closest("[data-choose]")?.dataset.choose : undefined;
    if (what === "theme") {
      const chosen = root.dataset.theme;
      const dark = chosen === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
      root.dataset.theme = dark ? "light" : "dark"; keep("gex-theme", root.dataset.theme);
    } else if (what === "palette") {
      root.dataset.palette = root.dataset.palette === "blue-orange" ? "red-green" : "blue-orange";
      keep("gex-palette", root.dataset.palette);
    }
  });
})();"""
"""Runs before the first paint, so that no page flashes in the other theme."""


@cache
def page_css() -> str:
    """The style of every page."""
    return files("gex_assets.pages").joinpath("web", "page.css").read_text(encoding="utf-8")


def theme_script() -> Markup:
    """The script that applies and remembers theme and palette."""
    return tag("script", Markup(_THEME))  # noqa: S704 (our own text)


def document(*, title: str, body: Markup, head: Markup | None = None) -> str:
    """A whole page.

    Parameters
    ----------
    title : of the window.
    body : what is shown.
    head : further elements of the head.
    """
    parts = (
        Markup('<meta charset="utf-8">'),
        Markup(GENERATOR.decode()),  # noqa: S704 (our own text)
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="dark light">'),
        tag("title", title),
        Markup('<link rel="icon" href="data:,">'),  # without it a browser asks for one
        tag("style", Markup(page_css())),  # noqa: S704 (our own file)
        theme_script(),
        head or Markup(),
    )
    html = tag(
        "html", _LINE, tag("head", _LINE, joined(parts, _LINE), _LINE), _LINE, tag("body", _LINE, body, _LINE), _LINE, lang="en"
    )
    return f"<!doctype html>\n{html}\n"


def bar(name: str, links: Iterable[tuple[str, str]] = ()) -> Markup:
    """The bar at the top: where one is, links (text, address), and the buttons of theme and palette."""
    buttons = (
        tag("button", text, type="button", data_choose=what) for text, what in (("theme", "theme"), ("colours", "palette"))
    )
    shown = (tag("a", text, href=address) for text, address in links)
    return tag("header", tag("span", name, class_="name"), joined(shown), joined(buttons), class_="bar")


def section_html(section: Section) -> Markup:
    """A section with its title."""
    heading = f"{section.id}-title"
    return tag(
        "section",
        tag("h2", section.title, id=heading),
        safe(section.html),
        id=section.id,
        class_="section",
        aria_labelledby=heading,
    )


def contents(sections: Iterable[Section]) -> Markup:
    """Links to the sections of a page."""
    links = (tag("a", section.title, href=f"#{section.id}") for section in sections)
    return tag("nav", joined(links), class_="contents", aria_label="On this page")
