"""A future's options of a published day: the window by a moment, its levels as published, and what is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gex_assets.errors import GexError
from gex_assets.lake.existing import existing_lake
from gex_assets.lake.ranges.latest import rows_at
from gex_assets.report.future_side import future_side
from gex_assets_tests.chain.two_markets.made_up_index import RATE, cboe_quotes, documents_of


def ns(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1e9)


def test_the_future_alone_has_its_published_levels(published: Path, tmp_path: Path) -> None:
    """The chain next to it is made of its own rows, so both have the same levels, within quotes that are rounded nowhere."""
    lake = existing_lake(published)
    side = future_side(lake, product="ES", until_ns=ns("2026-01-06T14:35:03"), rate=RATE)
    assert side.ts == ns("2026-01-06T14:35:00")
    stored = lake.open("silver_gex_levels", product="ES", day=datetime(2026, 1, 6, tzinfo=UTC).date())
    rows = rows_at(stored, side.ts).to_pylist()
    for one in documents_of(tmp_path, cboe_quotes(side, part=1.0), side, names=("field", "magic8")):
        (row,) = [row for row in rows if (row["convention"], row["scope"]) == (one["convention"], "selected")]
        own, _ = one["markets"]
        assert one["future_price"] == row["reference_price"]
        for name in ("net_gex", "gross_gex", "total_call_gex", "total_put_gex"):
            assert own[name] == pytest.approx(row[name], rel=1e-9)
        for name in ("call_wall", "put_wall", "secondary_call_wall", "secondary_put_wall", "zero_gamma", "abs_gamma_strike"):
            assert own["levels"][name] == pytest.approx(row[name], rel=1e-9)
        both = one["both"]["levels"]
        assert both["call_wall"] == pytest.approx(row["call_wall"])
        assert both["put_wall"] == pytest.approx(row["put_wall"])
        assert both["zero_gamma"] == pytest.approx(row["zero_gamma"], rel=2e-4)


def test_at_the_close_without_a_window_there_are_the_settlements(published: Path, tmp_path: Path) -> None:
    """A chain of the evening: the index closed when the venue settled, and both stand at that moment."""
    lake = existing_lake(published)
    side = future_side(lake, product="ES", until_ns=ns("2026-01-06T21:00"), rate=RATE)
    assert (side.about, side.ts) == ("by the settlements of 2026-01-06", ns("2026-01-06T21:00"))
    rows = lake.open("open_levels", product="ES", day=datetime(2026, 1, 6, tzinfo=UTC).date()).read().to_pylist()
    text = cboe_quotes(side, part=0.99, quoted_ns=ns("2026-01-06T23:30"))
    for one in documents_of(tmp_path, text, side, names=("field", "magic8")):
        (row,) = [row for row in rows if (row["convention"], row["scope"]) == (one["convention"], "all")]
        own, listed = one["markets"]
        assert one["is_frozen"]
        assert one["future_price"] == row["reference_price"]
        for name in ("net_gex", "gross_gex", "total_call_gex", "total_put_gex"):
            assert own[name] == pytest.approx(row[name], rel=1e-9)
        names = ("call_wall", "put_wall", "secondary_call_wall", "zero_gamma", "dex", "vanna_exposure", "charm_exposure")
        for name in names:
            assert own["levels"][name] == pytest.approx(row[name], rel=1e-9)
        assert own["expirations"] == listed["expirations"]
        assert one["both"]["levels"]["call_wall"] == pytest.approx(row["call_wall"])


def test_settlements_are_of_the_close_alone(published: Path) -> None:
    with pytest.raises(GexError, match="that ends in the minute to 2026-01-06 20:59:59 UTC"):
        future_side(existing_lake(published), product="ES", until_ns=ns("2026-01-06T20:59:59"), rate=RATE)


def test_other_days_and_moments_are_refused_with_what_there_is(published: Path) -> None:
    lake = existing_lake(published)
    with pytest.raises(GexError, match=r"Expected ES of 2026-01-07 in the lake, .* \(15:00:00 UTC\), was 2026-01-06: run that"):
        future_side(lake, product="ES", until_ns=ns("2026-01-07T15:00"), rate=RATE)
    with pytest.raises(GexError, match=r"Expected NQ of 2026-01-06 in the lake, .*, was none: run that day first"):
        future_side(lake, product="NQ", until_ns=ns("2026-01-06T15:00"), rate=RATE)
    with pytest.raises(
        GexError, match=r"Expected a window of ES with levels that ends in the minute to 2026-01-06 20:00:00 .*, was 1\d:"
    ):
        future_side(lake, product="ES", until_ns=ns("2026-01-06T20:00"), rate=RATE)
    with pytest.raises(GexError, match="in the minute to 2026-01-06 03:00:00 UTC, was none"):
        future_side(lake, product="ES", until_ns=ns("2026-01-06T03:00"), rate=RATE)
