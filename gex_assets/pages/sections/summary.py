"""The summary of a day: what its last window with a price said, by convention, each number with its error, weight and unit.

Where no window has a price, the last one stands in, and the summary says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from gex_assets.pages.day_tables import DayTables
from gex_assets.pages.markup import Section, Text, facts, joined, note, paragraph, tag
from gex_assets.pages.words import (
    CHICAGO,
    REASONS,
    amount,
    clock,
    flip_words,
    price,
    share,
    unit_of,
    weight_text,
    window_clock,
    with_error,
)

__all__ = ["LEVEL_COLUMNS", "closing_rows", "regime_words", "summary", "wall_text"]

LEVEL_COLUMNS: Final = (
    *("ts_window_end", "convention", "scope", "convention_version", "weight_used", "scale", "underlying", "reference_price"),
    *("forward_quality", "net_gex", "net_gex_se", "gross_gex", "coverage", "quoted_share"),
    *("call_wall", "call_wall_kept", "call_wall_reason", "put_wall", "put_wall_kept", "put_wall_reason"),
    *("zero_gamma", "zero_gamma_se", "zero_gamma_low", "zero_gamma_high", "zero_gamma_sigmas", "zero_gamma_reason"),
    *("flip_rule", "strikes", "dex", "vanna_exposure", "charm_exposure"),
)
"""What sections read of `silver_gex_levels`: one read for all of them."""

_SCORES: Final = (
    *("ts_window_end", "convention", "regime", "magnitude", "confidence", "reason", "hedge_per_sigma", "bias"),
    "expected_behavior",
)

_REGIMES: Final = {
    "positive": "Positive: under this convention hedging damps moves.",
    "negative": "Negative: under this convention hedging amplifies moves.",
    "neutral": "Neutral: net exposure is small next to gross exposure or to its own error.",
}


def regime_words(regime: str | None, reason: str | None) -> str:
    """A regime in a sentence; where it is unknown, why."""
    if regime is None:
        return "Unknown" + (f": {REASONS.get(reason, reason)}." if reason else ".")
    return _REGIMES.get(regime, regime)


def wall_text(row: Mapping[str, Any], right: str) -> tuple[str, str]:
    """A wall, and how sure it is or why there is none."""
    wall, reason = row[f"{right}_wall"], row[f"{right}_wall_reason"]
    if wall is None:
        return "none", REASONS.get(reason, reason) if reason else ""
    kept = row[f"{right}_wall_kept"]
    return price(wall), "kept: unknown, it moved since the last draws" if kept is None else f"kept in {share(kept)} of 500 draws"


def closing_rows(day: DayTables) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of the last window with a price, by convention and scope; where no window has one, of the last window."""
    rows = day.read("silver_gex_levels", ("ts_window_end", "reference_price"))
    if not rows.num_rows:
        return {}
    ends = rows["ts_window_end"].to_numpy()
    priced = ends[np.asarray(rows["reference_price"].is_valid())]
    last = int(priced.max() if len(priced) else ends.max())
    return {(row["convention"], row["scope"]): row for row in day.at("silver_gex_levels", LEVEL_COLUMNS, [last]).to_pylist()}


def summary(day: DayTables) -> Section:
    """The window of `closing_rows`, convention by convention, over all selected expirations."""
    rows = {convention: row for (convention, scope), row in closing_rows(day).items() if scope == "selected"}
    parts: list[Text] = []
    if not rows:
        parts.append(paragraph("No exposure is published for this day."))
    scores = _scores(day, {row["ts_window_end"] for row in rows.values()})
    for convention, row in rows.items():
        parts.append(_of_convention(convention, row, scores.get((row["ts_window_end"], convention), {})))
    return Section("summary", "Summary", joined(parts))


def _scores(day: DayTables, moments: set[int]) -> dict[tuple[int, str], dict[str, Any]]:
    rows: Sequence[dict[str, Any]] = day.at("regime_scores", _SCORES, moments).to_pylist()
    return {(row["ts_window_end"], row["convention"]): row for row in rows}


def _of_convention(convention: str, row: Mapping[str, Any], score: Mapping[str, Any]) -> Markup:
    moment, unit = row["ts_window_end"], unit_of(row["scale"])
    regime, reason = score.get("regime"), score.get("reason")
    magnitude, confidence = score.get("magnitude"), score.get("confidence")
    cards: list[tuple[Text, Text, Text]] = [
        (
            "price",
            price(row["reference_price"]),
            f"forward of {row['underlying'] or 'no future'}, quality {row['forward_quality']}",
        ),
        ("net exposure", with_error(row["net_gex"], row["net_gex_se"]), unit),
        ("gross exposure", amount(row["gross_gex"], sign=False), unit),
        ("flip (zero gamma)", *flip_words(row)[1:]),
        ("call wall", *wall_text(row, "call")),
        ("put wall", *wall_text(row, "put")),
        ("regime", _regime(regime), f"magnitude {magnitude}" if magnitude else REASONS.get(str(reason), "")),
        ("coverage", share(row["coverage"]), "of the weight has a usable volatility"),
        ("confidence", share(confidence), "coverage × quoted share × quality of the forward"),
    ]
    if (hedge := score.get("hedge_per_sigma")) is not None:
        cards.append(
            ("hedge per daily σ", amount(hedge, sign=False), "USD traded by hedges of this net exposure in a move of one σ")
        )
    which = "the last window, for none has a price" if row["reference_price"] is None else "the last window with a price"
    about = (
        f"{convention}, version {row['convention_version']}, weighted by {weight_text(row['weight_used'])}, all selected "
        f"expirations, at {window_clock(moment)} UTC ({clock(moment, zone=CHICAGO)} in Chicago), {which}."
    )
    return tag(
        "article",
        tag("h3", convention),
        paragraph(regime_words(regime, reason)),
        facts(cards),
        note(about),
        class_="convention",
    )


def _regime(regime: str | None) -> Markup:
    return tag("span", regime or "unknown", class_=f"regime {regime or 'unknown'}")
