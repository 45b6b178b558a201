"""A chain file next to a future's options: against a known truth, against the twin, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.chain.two_markets.future_side import FutureSide
from gex_assets.errors import ChainError
from gex_assets_tests.chain.two_markets.made_up_index import AS_OF, PART, RATE, cboe_quotes, documents_of, made_up_side
from gex_assets_tests.twins.chains import two_markets as twin

QUOTED = int(AS_OF.timestamp()) * 10**9


def document(folder: Path, text: str, side: FutureSide, **asked: Any) -> dict[str, Any]:
    (one,) = documents_of(folder, text, side, **asked)
    return one


@pytest.mark.parametrize(("root", "part", "interest"), [("SPX", PART, 1.0), ("SPY", 0.1, 3.0), ("XSP", 0.1, 0.5)])
def test_the_same_surface_on_an_index_gives_the_same_levels(tmp_path: Path, root: str, part: float, interest: float) -> None:
    """Truth: exposures are the future's times 100 * part * interest / 50, so every level of both is the future's own."""
    side = made_up_side()
    one = document(tmp_path, cboe_quotes(side, root=root, part=part, oi=interest), side)
    own, listed = one["markets"]
    times = 100.0 * part * interest / 50.0
    assert one["ratio"] == pytest.approx(1.0 / part)
    for name in ("net_gex", "gross_gex", "total_call_gex", "total_put_gex"):
        assert listed[name] == pytest.approx(times * own[name], rel=2e-5)
        assert one["both"][name] == pytest.approx((1.0 + times) * own[name], rel=2e-5)
    assert listed["gross_share"] == pytest.approx(times / (1.0 + times), rel=1e-5)
    assert own["gross_share"] + listed["gross_share"] == pytest.approx(1.0)
    for market in (listed, one["both"]):
        for name in ("call_wall", "put_wall", "abs_gamma_strike"):
            assert market["levels"][name] == pytest.approx(own["levels"][name], abs=1e-6)
        assert market["levels"]["zero_gamma"] == pytest.approx(own["levels"]["zero_gamma"], abs=0.01)
    assert one["both"]["levels"]["call_wall_underlying"] == "ESH6"  # of two strikes at one price the future's is named
    assert listed["levels"]["call_wall_underlying"] == root
    for name, sources in one["sources"].items():
        if one["both"]["levels"][name] is None:
            assert sources == []
        else:
            assert {row["underlying"] for row in sources} == {"ESH6", root}
    assert listed["levels"]["call_wall_strike"] == pytest.approx(own["levels"]["call_wall"] * part)
    assert "expirations_differ" not in {warning["code"] for warning in one["warnings"]}


def contracts(side: FutureSide, *, part: float, seed: int) -> tuple[list[twin.Contract], list[twin.Contract]]:
    """The future's contracts, and those of an index whose interest is another, in their own units."""
    other = made_up_side(seed=seed)
    rows = side.rows
    own, listed = [], []
    for row in range(rows.place.size):
        strike, years = float(rows.strikes[rows.place[row]]), float(rows.years[row])
        vol = float(rows.total_vol[row]) / math.sqrt(years)
        for place, is_call in ((0, True), (1, False)):
            of_future, of_index = (float(each.rows.weights["open_interest"][place][row]) for each in (side, other))
            prices = side.reference, side.reference
            own.append(twin.Contract("ES", strike, strike, is_call, of_future, vol, years, *prices, 50.0))
            prices = side.reference * part, side.reference * part
            listed.append(twin.Contract("SPX", strike * part, strike, is_call, of_index, vol, years, *prices, 100.0))
    return own, listed


@pytest.mark.parametrize("seed", range(2, 8))
def test_levels_are_those_of_the_twin(tmp_path: Path, seed: int) -> None:
    side, other = made_up_side(seed=seed), made_up_side(seed=seed + 100)
    one = document(tmp_path, cboe_quotes(other), side)
    own, listed = contracts(side, part=PART, seed=seed + 100)
    for market, of in ((one["markets"][0], own), (one["markets"][1], listed), (one["both"], own + listed)):
        expected = twin.found(of, reference=side.reference, rate=RATE)
        assert market["gross_gex"] == pytest.approx(expected.gross, rel=2e-5)
        assert market["net_gex"] == pytest.approx(expected.net, abs=4e-5 * expected.gross)
        assert market["levels"]["call_wall"] == pytest.approx(expected.call_wall, abs=1e-5)
        assert market["levels"]["put_wall"] == pytest.approx(expected.put_wall, abs=1e-5)
        if expected.flip is None:
            assert market["levels"]["zero_gamma"] is None
        else:
            assert market["levels"]["zero_gamma"] == pytest.approx(expected.flip, abs=0.05)
    total = sum(row["net_gex"] for row in one["grid"])
    assert total == pytest.approx(one["both"]["net_gex"])
    assert sum(row["gross_gex"] for row in one["strikes"]) == pytest.approx(one["both"]["gross_gex"])


def test_strikes_between_those_of_the_future_stand_at_their_own_price(tmp_path: Path) -> None:
    """A ratio of 1.0173 puts no strike of the index on one of the future; a wall has one market's strike behind it."""
    side = made_up_side()
    text = json.loads(cboe_quotes(made_up_side(seed=9), oi=5.0))
    text["data"]["current_price"] = side.reference / 1.0173
    one = document(tmp_path, json.dumps(text), side)
    prices = {row["strike"]: row["price"] for row in one["strikes"] if row["underlying"] == "SPX"}
    assert all(price == pytest.approx(strike * 1.0173) for strike, price in prices.items())
    wall = one["both"]["levels"]
    assert wall["call_wall_underlying"] == "SPX"
    assert wall["call_wall"] == pytest.approx(wall["call_wall_strike"] * 1.0173)
    (source,) = one["sources"]["call_wall"]
    assert (source["underlying"], source["strike"]) == ("SPX", wall["call_wall_strike"])
    assert source["net_gex"] == pytest.approx(wall["call_wall_gex"])
    assert all(row["price"] % 5.0 == 0.0 for row in one["grid"])
    assert len(one["strikes"]) == 2 * 29


def test_magic8_counts_a_point_of_both_at_its_contract_and_converts_points(tmp_path: Path) -> None:
    """Its scale is USD per point of each; a point of the index is `ratio` points of the future."""
    side = made_up_side()
    one = document(tmp_path, cboe_quotes(side), side, names=("magic8",))
    own, listed = one["markets"]
    assert listed["gross_gex"] == pytest.approx(2.0 * PART * own["gross_gex"], rel=2e-5)
    assert one["both"]["levels"]["call_wall"] == pytest.approx(own["levels"]["call_wall"])


def test_quotes_are_as_old_as_their_form_says(tmp_path: Path) -> None:
    one = document(tmp_path, cboe_quotes(made_up_side()), made_up_side())
    assert (one["file_as_of"], one["quoted_at"]) == ("2026-01-06T16:15:00+00:00", "2026-01-06T16:00:00+00:00")
    assert one["delay_minutes"] == 15.0
    assert not one["is_frozen"]
    assert one["combined"] == (
        "combined: ES options + SPX (Cboe delayed quotes, JSON, 15 min delayed, as of 2026-01-06 16:00:00 UTC)"
    )


def test_a_moment_of_the_caller_has_no_delay(tmp_path: Path) -> None:
    one = document(tmp_path, cboe_quotes(made_up_side()), made_up_side(), as_of="2026-01-06T16:00Z")
    assert (one["file_as_of"], one["delay_minutes"]) == ("2026-01-06T16:00:00+00:00", 0.0)


@pytest.mark.parametrize(
    ("after", "frozen_at"),
    [
        (timedelta(hours=7), "2026-01-06T21:00:00+00:00"),  # an evening: the day's close
        (timedelta(hours=22), "2026-01-06T21:00:00+00:00"),  # before the next opening
        (timedelta(hours=-2), "2026-01-05T21:00:00+00:00"),
    ],
)
def test_after_hours_the_ratio_is_that_of_the_last_moment_with_an_index(tmp_path: Path, after: timedelta, frozen_at: str) -> None:
    side = made_up_side(as_of=datetime.fromisoformat(frozen_at))
    text = cboe_quotes(side, quoted_ns=int((AS_OF + after).timestamp()) * 10**9)
    one = document(tmp_path, text, side)
    assert one["is_frozen"]
    assert one["ratio_at"] == frozen_at
    clock = datetime.fromisoformat(frozen_at).astimezone(UTC)
    assert f"frozen at {clock:%Y-%m-%d %H:%M:%S} UTC, when the index was last open" in one["combined"]
    assert one["both"]["levels"]["zero_gamma"] is not None


def test_a_funds_price_after_hours_is_said(tmp_path: Path) -> None:
    side = made_up_side(as_of=datetime(2026, 1, 6, 21, 0, tzinfo=UTC))
    evening = side.ts + 2 * 3_600 * 10**9
    codes = {}
    for root, part in (("SPY", 0.1), ("SPX", PART)):
        one = document(tmp_path, cboe_quotes(side, root=root, part=part, quoted_ns=evening), side)
        codes[root] = {warning["code"]: warning["text"] for warning in one["warnings"]}
    assert codes["SPY"]["price_after_hours"] == (
        "SPY is traded after its stocks close, and 695.00 is taken for its price at 21:00 UTC: --spot says another"
    )
    assert "price_after_hours" not in codes["SPX"]
    within = document(tmp_path, cboe_quotes(made_up_side(), root="SPY", part=0.1), made_up_side())
    assert "price_after_hours" not in {warning["code"] for warning in within["warnings"]}


def test_expirations_are_chosen_of_both(tmp_path: Path) -> None:
    side = made_up_side()
    one = document(tmp_path, cboe_quotes(side), side, expirations=("2026-01-09",))
    assert [market["expirations"] for market in one["markets"]] == [["2026-01-09"]] * 2


def test_unlike_expirations_are_said(tmp_path: Path) -> None:
    side = made_up_side()
    few = side.of_expirations([datetime(2026, 1, 9, tzinfo=UTC).date()], as_of_ns=side.ts)
    one = document(tmp_path, cboe_quotes(side), few)
    (said,) = [warning["text"] for warning in one["warnings"] if warning["code"] == "expirations_differ"]
    assert said == (
        "ES has options of 1 day to 2026-01-09, SPX of 2 to 2026-01-16, 1 of them the same days: sums and shares count all: "
        "--expiration 2026-01-09..2026-01-09 takes about the same of both"
    )


@pytest.mark.parametrize(
    ("change", "asked", "message"),
    [
        ({"symbol": "AAPL"}, {"symbol": "AAPL"}, "Expected a chain on SPX, XSP, SPY to stand with ES, was 'AAPL'"),
        ({}, {"product": "NQ"}, "Expected a chain on NDX, NQX, QQQ to stand with NQ, was 'SPX'"),
        ({"current_price": 6_400.0}, {}, "Expected the ratio of ES to SPX between 0.96 and 1.04, was 1.086"),
        ({"current_price": None}, {}, "Expected a price of SPX in index.json, was none: add --spot"),
        ({"timestamp": None}, {}, "Expected a moment in index.json, was none: add --as-of"),
        ({}, {"names": ("flow",)}, "Expected a column flow_inventory for the convention flow, was open_interest"),
        (
            {},
            {"names": ("magic8_literal",)},
            "Expected a convention of ES in the lake .field, flow, magic8., was",
        ),
        ({}, {"expirations": ("2026-02-20",)}, "Expected an expiration of the chain"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, change: dict[str, Any], asked: dict[str, Any], message: str
) -> None:
    side = made_up_side()
    text = json.loads(cboe_quotes(side))
    for name, value in change.items():
        (text if name == "timestamp" else text["data"])[name] = value
    if "symbol" in change:
        text["symbol"] = f"_{change['symbol']}"
        for option in text["data"]["options"]:
            option["option"] = option["option"].replace("SPXW", change["symbol"]).replace("SPX", change["symbol"])
    if text["timestamp"] is None:
        del text["timestamp"]
    with pytest.raises(ChainError, match=message):
        document(tmp_path, json.dumps(text), side, **asked)


def test_weights_of_two_kinds_are_refused(tmp_path: Path) -> None:
    side = made_up_side()
    resting = replace(side, weights={"field": "resting_size"})
    with pytest.raises(ChainError, match="Expected one kind of weight, was resting_size of ES and open_interest of SPX"):
        document(tmp_path, cboe_quotes(side), resting)


def test_a_market_without_exposure_is_refused(tmp_path: Path) -> None:
    side = made_up_side()
    nothing = np.zeros(side.rows.place.size)
    empty = replace(side, rows=replace(side.rows, weights={"open_interest": (nothing, nothing)}))
    with pytest.raises(ChainError, match="Expected options of ES with an exposure by open_interest, was none"):
        document(tmp_path, cboe_quotes(side), empty)
    with pytest.raises(ChainError, match="Expected options of SPX with an exposure under field, was none"):
        document(tmp_path, cboe_quotes(side, oi=0.0), side)
