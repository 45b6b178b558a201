"""The session up to a moment: where the price was and what was traded, at night and in the regular hours; how good it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from gex_assets.analytics.stretches import AggressorFlow
from gex_assets.brief.facts import chicago_moment
from gex_assets.brief.session_frame import SessionFrame
from gex_assets.pages.markup import Text, joined, note, paragraph, table
from gex_assets.pages.words import NONE, count, number, share, unit_of, with_error

__all__ = ["session_parts"]

_FLOW: Final = "Flow is contracts that aggressors bought less sold, of all traded."


def session_parts(frame: SessionFrame) -> Markup:
    """A table with a column for each part of the session that has begun, then regime and quality of the last window."""
    if not frame.stretches:
        return paragraph("Nothing of the session is published yet.")
    names = ("", *(f">{one.name}" for one in frame.stretches))
    rows = [list(row) for row in _rows(frame)]
    opens, closes = (chicago_moment(one).split()[1] for one in (frame.regular_open_ns, frame.regular_close_ns))
    begins = chicago_moment(frame.session.open_ns)
    caption = f"The session began {begins} Chicago; its regular hours are {opens}–{closes}"
    parts: list[Text] = [table(names, rows, caption=caption), note(_FLOW)]
    return joined([*parts, *(note(one) for one in _last_window(frame))])


def _rows(frame: SessionFrame) -> Iterator[tuple[Text, ...]]:
    some = frame.stretches
    yield "from", *(NONE if one.first_ns is None else chicago_moment(one.first_ns) for one in some)
    yield "to", *(NONE if one.last_ns is None else chicago_moment(one.last_ns) for one in some)
    for name in ("low", "high", "last"):
        yield name, *(number(None if one.prices is None else getattr(one.prices, name)) for one in some)
    future = next((one.future for one in some if one.future is not None), None)
    if future is not None:
        yield f"{future} flow", *(_flow(one.future_flow) for one in some)
    if any(one.calls is not None for one in some):
        yield "calls flow", *(_flow(one.calls) for one in some)
        yield "puts flow", *(_flow(one.puts) for one in some)


def _flow(flow: AggressorFlow | None) -> Text:
    if flow is None:
        return NONE
    return f"{'+' if flow.net > 0 else ''}{count(flow.net)} of {count(flow.traded)}"


def _last_window(frame: SessionFrame) -> Iterator[str]:
    now, quality = frame.regime, frame.quality
    if now is not None and now.regime is not None:
        sure = "" if now.confidence is None else f", confidence {share(now.confidence)}"
        net = with_error(now.net_gex, now.net_gex_se, unit=unit_of(now.scale))
        yield f"Regime at {chicago_moment(now.ts_window_end)} Chicago: {now.regime}, {now.magnitude}; net {net}{sure}."
    elif now is not None:
        why = (now.reason or "no reason is given").replace("_", " ")
        yield f"No regime at {chicago_moment(now.ts_window_end)} Chicago: {why}."
    if quality is not None:
        yield (
            f"Quality of that window: forward {quality.forward_quality or 'unknown'}, coverage {share(quality.coverage)}, "
            f"quoted within 60 s {share(quality.quoted_share)}, books complete {share(quality.complete_share)}."
        )
