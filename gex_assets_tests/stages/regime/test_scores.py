from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.conventions import BUILT_IN, Convention
from gex_assets.schemas.regime_scores import BIASES, MAGNITUDES, REGIME_SCORES, REGIMES
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.stages.regime.scores import LEVELS_COLUMNS, RegimeScoresStage, regime_scores
from gex_assets_tests.stages.silver.made_up_levels import SESSION, end_of

Row = dict[str, Any]


def levels_row(window: int = 0, **given: Any) -> Row:
    return {
        "ts_window_end": end_of(window),
        "convention": "field",
        "scope": "selected",
        "session_date": SESSION,
        "convention_version": 1,
        "weight_used": "open_interest",
        "scale": "usd_per_1pct",
        "underlying": "ESH6",
        "reference_price": 6_900.0,
        "forward_quality": "ok",
        "strikes": 120,
        "net_gex": 2e9,
        "net_gex_se": 1e7,
        "gross_gex": 8e9,
        "coverage": 0.9,
        "quoted_share": 0.8,
        "call_wall": 7_000.0,
        "put_wall": 6_800.0,
        "zero_gamma": 6_850.0,
        "one_day_sigma": 0.01,
        **given,
    }


def scores_of(
    rows: Sequence[Row],
    *,
    conventions: Sequence[Convention] = tuple(BUILT_IN.values()),
    base_scores: Mapping[str, float] | None = None,
    tally: Counter[str] | None = None,
) -> list[Row]:
    table = pa.Table.from_pylist(list(rows), schema=SILVER_GEX_LEVELS.arrow_schema())
    found = list(
        regime_scores(
            [table],
            conventions=conventions,
            min_strikes_required=10,
            base_scores=base_scores or {},
            multiplier=50.0,
            tally=Counter() if tally is None else tally,
        )
    )
    assert len(found) == 1
    assert found[0].schema.equals(REGIME_SCORES.arrow_schema())
    return list(found[0].to_pylist())


def one(**given: Any) -> Row:
    return scores_of([levels_row(**given)])[0]


def test_a_window_by_hand() -> None:
    row = one()
    assert (row["regime"], row["magnitude"], row["net_gex_billions"]) == ("positive", "high", 2.0)
    assert (row["position_in_range"], row["bias"]) == (0.5, "neutral")
    assert row["expected_behavior"] == "range-bound, mean-reverting"
    assert row["confidence"] == pytest.approx(0.72)
    assert [row[f"score_{name}"] for name in ("Iron_Condor", "Butterfly", "Vertical")] == [1.2, 1.15, 0.85]
    assert row["reason"] is None
    assert (row["call_wall"], row["put_wall"], row["zero_gamma"]) == (7_000.0, 6_800.0, 6_850.0)


@pytest.mark.parametrize(
    ("error", "regime"), [(1e9, "neutral"), (0.99e9, "positive"), (None, "positive")], ids=["two errors", "outside", "unknown"]
)
def test_a_sign_inside_two_of_its_errors_is_neutral(error: float | None, regime: str) -> None:
    row = one(net_gex=2e9, gross_gex=8e9, net_gex_se=error)
    assert (row["regime"], row["net_gex_se"]) == (regime, error)
    assert row["score_Vertical"] == (1.0 if regime == "neutral" else 0.85)
    literal = one(convention="magic8", net_gex=2e9, net_gex_se=error)
    assert literal["regime"] == "positive"


def test_the_hedge_of_one_days_deviation_is_in_dollars_whatever_the_scale() -> None:
    """2e9 USD per 1 % and a day of 1 % are 2e9 USD; the same net in USD per point, at 6,900, is 69 times as much per 1 %."""
    assert one()["hedge_per_sigma"] == pytest.approx(2e9)
    assert one(net_gex=-2e9, one_day_sigma=0.005)["hedge_per_sigma"] == pytest.approx(1e9)
    assert one(convention="magic8", scale="usd_per_point")["hedge_per_sigma"] == pytest.approx(2e9 * 69.0)
    assert one(one_day_sigma=None)["hedge_per_sigma"] is None
    assert one(net_gex=0.0)["hedge_per_sigma"] == 0.0
    assert one(reference_price=None)["hedge_per_sigma"] is None


def test_without_a_regime_scores_are_the_base_scores() -> None:
    for missing, reason in (({"reference_price": None}, "no_reference_price"), ({"net_gex": None, "strikes": 0}, "no_chain")):
        tally: Counter[str] = Counter()
        row = scores_of([levels_row(**missing)], base_scores={"Vertical": 2.5}, tally=tally)[0]
        assert row["reason"] == reason
        assert +tally == {f"regime_unknown_{reason}": 1}
        assert (row["score_Vertical"], row["score_Butterfly"]) == (2.5, 1.0)
        for name in ("regime", "magnitude", "bias", "expected_behavior"):
            assert row[name] is None


def test_base_scores_are_multiplied() -> None:
    row = scores_of([levels_row(net_gex=-6e9)], base_scores={"Vertical": 50.0})[0]
    assert row["score_Vertical"] == pytest.approx(50 * 1.2 * 0.9)
    assert row["expected_behavior"] == "trending, volatile"


def test_too_few_strikes_null_the_row() -> None:
    row = one(strikes=9)
    assert row["reason"] == "few_strikes"
    assert row["reference_price"] == 6_900.0
    nulls = {name for name, value in row.items() if value is None}
    assert nulls == {
        "regime",
        "magnitude",
        "net_gex",
        "net_gex_se",
        "gross_gex",
        "hedge_per_sigma",
        "net_gex_billions",
        "call_wall",
        "put_wall",
        "zero_gamma",
        "position_in_range",
        "bias",
        "expected_behavior",
        "confidence",
        "score_Iron_Condor",
        "score_Butterfly",
        "score_Vertical",
    }
    assert one(strikes=10)["reason"] is None


def test_zero_is_a_value() -> None:
    row = one(net_gex=0.0, gross_gex=0.0)
    assert (row["regime"], row["net_gex"], row["magnitude"], row["reason"]) == ("neutral", 0.0, "low", None)
    assert row["expected_behavior"] is None


@pytest.mark.parametrize(("quality", "factor"), [("ok", 1.0), ("weak", 0.5), ("none", 0.0)])
def test_confidence(quality: str, factor: float) -> None:
    assert one(forward_quality=quality)["confidence"] == pytest.approx(0.72 * factor)
    assert one(forward_quality=quality, coverage=None)["confidence"] is None


def test_walls_that_are_missing_leave_the_bias_undefined() -> None:
    row = one(call_wall=None)
    assert (row["bias"], row["position_in_range"], row["call_wall"]) == ("undefined", None, None)


def test_only_the_scope_selected_and_known_conventions_count() -> None:
    tally: Counter[str] = Counter()
    rows = [
        levels_row(scope="0dte"),
        levels_row(),
        levels_row(convention="magic8", net_gex=-1.0),
        levels_row(convention="theirs"),
    ]
    found = scores_of(rows, tally=tally)
    assert [(row["convention"], row["regime"]) for row in found] == [("field", "positive"), ("magic8", "negative")]
    assert tally["unknown_convention"] == 1
    assert (tally["regime_positive"], tally["regime_negative"]) == (1, 1)


def test_empty_levels_give_empty_scores_and_columns_named_are_enough() -> None:
    empty = SILVER_GEX_LEVELS.empty()
    arguments: dict[str, Any] = {
        "conventions": tuple(BUILT_IN.values()),
        "min_strikes_required": 10,
        "base_scores": {},
        "multiplier": 50.0,
        "tally": Counter(),
    }
    assert [table.num_rows for table in regime_scores([empty], **arguments)] == [0]
    table = pa.Table.from_pylist([levels_row()], schema=SILVER_GEX_LEVELS.arrow_schema())
    (part,) = regime_scores([table.select(LEVELS_COLUMNS)], **arguments)
    (whole,) = regime_scores([table], **arguments)
    assert part.equals(whole)


@given(st.floats(-1e11, 1e11), st.floats(0, 1e11), st.floats(1, 1e5), st.floats(1, 1e5), st.floats(1, 1e5))
def test_every_known_window_has_a_regime_and_a_bias(net: float, more: float, F: float, call_wall: float, put_wall: float) -> None:
    row = one(net_gex=net, gross_gex=abs(net) + more, reference_price=F, call_wall=call_wall, put_wall=put_wall)
    assert row["regime"] in REGIMES
    assert row["magnitude"] in MAGNITUDES
    assert row["bias"] in BIASES
    assert (row["bias"] == "undefined") == (call_wall <= put_wall)
    assert 0 <= row["confidence"] <= 1


def test_rows_and_counts_do_not_depend_on_blocks() -> None:
    """A convention begins at noon; some windows have no price, too few strikes, or a convention that nobody knows."""
    dice = random.Random(4)
    rows = [
        levels_row(
            window,
            convention=convention,
            scope=scope,
            net_gex=dice.choice([None, dice.gauss(0.0, 3e9)]),
            reference_price=dice.choice([None, 6_900.0, 6_990.0]),
            strikes=dice.choice([3, 40]),
            forward_quality=dice.choice(["ok", "weak", "none"]),
        )
        for window in range(60)
        for convention in ("field", "flow", "theirs")[: 2 + (window > 30)]
        for scope in ("0dte", "selected")
    ]
    arguments: dict[str, Any] = {"conventions": tuple(BUILT_IN.values()), "min_strikes_required": 10, "base_scores": {}}
    arguments["multiplier"] = 50.0
    of_day: Counter[str] = Counter()
    expected = scores_of(rows, tally=of_day)
    assert len({(row["regime"], row["reason"]) for row in expected}) > 4
    table = pa.Table.from_pylist(rows, schema=SILVER_GEX_LEVELS.arrow_schema())
    for count in (1, 7):
        of_blocks: Counter[str] = Counter()
        stage = RegimeScoresStage(**arguments, tally=of_blocks)
        found: list[Row] = []
        for first in range(0, 60, count):
            ends = pa.array([end_of(window) for window in range(first, first + count)])
            found += stage.rows(table.filter(pc.is_in(table["ts_window_end"], ends))).to_pylist()
        assert found == expected
        assert of_blocks == of_day
