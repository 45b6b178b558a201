"""A session up to a moment as text: range and flow of its night and its regular hours, the regime, the quality."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from gex_assets.analytics.stretches import AggressorFlow
from gex_assets.brief.facts import chicago_moment
from gex_assets.brief.session_frame import Quality, RegimeNow, SessionFrame, Stretch
from gex_assets.conventions import SCALE_UNITS
from gex_assets.wording import amount_text

__all__ = ["session_lines"]


def session_lines(frame: SessionFrame, *, width: int) -> Iterator[str]:
    """The lines; what is unknown is left out, and `frame.missing` says why.

    Parameters
    ----------
    width : of the screen. [characters]
    """
    for one in frame.stretches:
        yield from textwrap.wrap(_when(one), width)
        for line in _stretch(one):
            yield from textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="    ")
    if any(flow is not None for one in frame.stretches for flow in (one.future_flow, one.calls, one.puts)):
        yield from textwrap.wrap("flow: contracts that aggressors bought less sold, of those traded", width)
    if frame.regime is not None:
        for line in _regime(frame.regime):
            yield from textwrap.wrap(line, width, subsequent_indent="  ")
    if frame.quality is not None:
        yield from textwrap.wrap(_quality(frame.quality), width, subsequent_indent="  ")


def _when(one: Stretch) -> str:
    if one.first_ns is None or one.last_ns is None:
        return f"{one.name}, {chicago_moment(one.begin_ns)}–{_clock(one.begin_ns, one.end_ns)} Chicago: no window is published"
    return f"{one.name}, {chicago_moment(one.first_ns)}–{_clock(one.first_ns, one.last_ns)} Chicago"


def _clock(begin: int, end: int) -> str:
    """The end with its day of the week where that is another one."""
    first, last = chicago_moment(begin), chicago_moment(end)
    return last.split()[1] if first.split()[0] == last.split()[0] else last


def _stretch(one: Stretch) -> Iterator[str]:
    if one.prices is not None:
        low, high, last = (f"{value:,.2f}" for value in (one.prices.low, one.prices.high, one.prices.last))
        yield f"range  {low}–{high}, last {last}"
    for name, flow in ((one.future or "", one.future_flow), ("calls", one.calls), ("puts", one.puts)):
        if flow is not None and flow.traded:
            yield f"{name:<6} {_flow(flow)}"


def _flow(flow: AggressorFlow) -> str:
    return f"{flow.net:+,} of {flow.traded:,}"


def _regime(now: RegimeNow) -> Iterator[str]:
    at = f"regime at {chicago_moment(now.ts_window_end)} Chicago"
    if now.regime is None:
        yield f"{at}: unknown, {(now.reason or 'no reason is given').replace('_', ' ')}"
        return
    yield f"{at}: {now.regime}, {now.magnitude}"
    if now.net_gex is not None:
        error = "" if now.net_gex_se is None else f" ± {amount_text(now.net_gex_se)}"
        sure = "" if now.confidence is None else f", confidence {now.confidence:.0%}"
        yield f"  net {amount_text(now.net_gex, signed=True)}{error} {SCALE_UNITS[now.scale]}{sure}"


def _quality(quality: Quality) -> str:
    said = [f"forward {quality.forward_quality or 'unknown'}"]
    shares = (("coverage", quality.coverage), ("quoted", quality.quoted_share), ("books complete", quality.complete_share))
    said += [f"{name} {value:.0%}" for name, value in shares if value is not None]
    return f"quality: {', '.join(said)}"
