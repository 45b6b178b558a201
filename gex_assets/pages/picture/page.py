"""The picture as one HTML file that needs no network: template, style, script, header and blobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gex_assets.conventions import Convention
from gex_assets.errors import GexError
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.pages.stored import lineage_text
from gex_assets.pages.bundle import bundle
from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.picture.axes import Axes, windows_of
from gex_assets.pages.picture.blobs import Blob, blobs
from gex_assets.pages.picture.header import Shown, header, shown
from gex_assets.time_units import SECOND_NS, WINDOW_NS

__all__ = ["LARGEST_FILE", "Picture", "has_windows", "heatmap_page", "json_text", "page_html", "page_that_fits", "picture"]

LARGEST_FILE: Final = 10_000_000
"""No page is larger, all that is in the file counted. [bytes]"""

_MOST_STRIDE: Final = 64
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; worker-src blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""What the page may load: nothing but itself, and the events of the server that it came from."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A packed day.

    Attributes
    ----------
    header : what the page has to know, as JSON's own types.
    blobs : in the order of the page.
    """

    header: Mapping[str, Any]
    blobs: tuple[Blob, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing, in words."""
        return tuple(self.header["notes"])


def picture(tables: DayTables, *, conventions: Sequence[Convention], stride: int = 1, until_ns: int | None = None) -> Picture:
    """Pack the published tables of a day.

    Parameters
    ----------
    conventions : of the installation; what the tables do not have is left out.
    stride : every how many windows one is packed.
    until_ns : end of the last window that is packed, for a page that gets the others one by one; None for all. [UNIX ns UTC]

    Raises
    ------
    GexError
        The day has no window.
    """
    return _Drawing.of(tables, conventions, until_ns).picture(stride)


def page_that_fits(
    tables: DayTables,
    *,
    conventions: Sequence[Convention],
    draw: Callable[[Picture], bytes],
    largest: int = LARGEST_FILE,
    until_ns: int | None = None,
) -> tuple[Picture, bytes]:
    """Pack a day as finely as the whole page allows, and the page.

    Where it is too large, only every second window is packed, or every fourth, and a note of the picture says so.

    Parameters
    ----------
    conventions, until_ns : as of `picture`.
    draw : makes the page, which has more than the picture.
    largest : most bytes of the page.

    Raises
    ------
    GexError
        The day has no window, or is too large however coarse.
    """
    drawing, stride = _Drawing.of(tables, conventions, until_ns), 1
    room = largest - len(draw(drawing.picture(stride, made=())))
    while stride <= _MOST_STRIDE:
        made = drawing.blobs_within(room, stride)
        if made is not None:
            packed = drawing.picture(stride, made=made)
            page = draw(packed)
            if len(page) <= largest:
                return packed, page
        stride *= 2
    raise GexError(
        f"Expected a page of {tables.product} {tables.day} of at most {largest / 1e6:,.1f} MB, was more at the coarsest step, "
        f"{_MOST_STRIDE * WINDOW_NS // SECOND_NS} s: select fewer options"
    )


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A day that is packed, perhaps several times.

    Attributes
    ----------
    whole : the axes with every window of the day.
    until_ns : as of `picture`.
    """

    tables: DayTables
    conventions: Sequence[Shown]
    whole: Axes
    until_ns: int | None

    @classmethod
    def of(cls, tables: DayTables, conventions: Sequence[Convention], until_ns: int | None) -> _Drawing:
        return cls(tables, shown(tables, conventions), Axes.of(tables), until_ns)

    def axes(self, stride: int) -> Axes:
        axes = self.whole.every(stride)
        return axes if self.until_ns is None else axes.until(self.until_ns)

    def blobs(self, stride: int) -> Iterator[Blob]:
        weighted = [(one.convention, one.weight) for one in self.conventions if one.weight is not None]
        return blobs(self.tables, self.axes(stride), first=weighted[0] if weighted else None)

    def blobs_within(self, room: int, stride: int) -> tuple[Blob, ...] | None:
        """All blobs; None as soon as their text is known to be longer than `room`: the others are not packed."""
        made = []
        for blob in self.blobs(stride):
            room -= len(blob.text)
            if room < 0:
                return None
            made.append(blob)
        return tuple(made)

    def picture(self, stride: int, *, made: Sequence[Blob] | None = None) -> Picture:
        axes = self.axes(stride)
        if not axes.windows:
            of, day = f"{self.tables.product} {self.tables.day}", self.tables.day
            if self.tables.stored("silver_gex_levels") is not None:
                raise GexError(
                    f"Expected windows of {of} in the lake, was a published day without rows: gex status --date {day} says what "
                    "was delivered. Choose another day"
                )
            raise GexError(
                f"Expected windows of {of} in the lake, was none: run the day with `gex run --date {day}`, or choose another"
            )
        found = tuple(self.blobs(stride) if made is None else made)
        return Picture(header(self.tables, axes, found, conventions=self.conventions), found)


def has_windows(tables: DayTables) -> bool:
    """Whether there is anything to draw."""
    return bool(windows_of(tables).size)


def json_text(value: Any) -> str:
    """JSON that may stand inside of a script element: no letter in it can end the element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page_html(
    *,
    title: str,
    lineage: Lineage,
    packed: Picture | None,
    head: Markup | None = None,
    below: Markup | None = None,
    styles: Sequence[str] = (),
    script: str | None = None,
) -> bytes:
    """A page with a picture, or without one, and with what stands below it.

    Parameters
    ----------
    lineage : what all of it was drawn from.
    packed : the picture; None where there is none.
    head, below : further elements of the head, and the part below the picture.
    styles : besides that of the picture.
    script : the browser's half, where not that of the package.
    """
    about = lineage_text(lineage)
    header = None if packed is None else json_text({**packed.header, "lineage": json.loads(about)})
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=title,
            policy=_POLICY,
            lineage=_inlined(about, "script"),
            styles=[_inlined(style, "style") for style in (*styles, *([] if packed is None else [bundle("web/heatmap.css")]))],
            head=head or Markup(),
            below=below,
            header=None if header is None else _inlined(header, "script"),
            blobs=_blobs(packed),
            script=_inlined((bundle("web/heatmap.js") if script is None else script) if packed is not None else "", "script"),
        )
        .encode()
    )


def heatmap_page(packed: Picture, *, lineage: Lineage, script: str | None = None) -> bytes:
    """The picture alone as a page.

    Parameters
    ----------
    lineage : what it was drawn from.
    script : the browser's half, where not that of the package.
    """
    return page_html(title=packed.header["title"], lineage=lineage, packed=packed, script=script)


def _blobs(packed: Picture | None) -> tuple[Blob, ...]:
    return () if packed is None else packed.blobs


def _inlined(text: str, element: str) -> Markup:
    if f"</{element}" in text.lower():
        raise GexError(f"Expected no </{element} in what is inlined, was one: escape it where it is built")
    return Markup(text)  # noqa: S704 - our own bundle, or JSON without a <


def _environment() -> Environment:
    return Environment(loader=PackageLoader("gex_assets.pages.picture", "templates"), autoescape=True, undefined=StrictUndefined)
