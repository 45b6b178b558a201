from __future__ import annotations

from typing import Any

import pytest

from gex_assets.conventions import (
    BUILT_IN,
    CHAIN_MULTIPLIER,
    EXPECTED_BEHAVIOR,
    EXTREME_MULTIPLIER,
    FLIP_RULES,
    FORWARD_CONFIDENCE,
    HIGH_GAMMA_STRIKES,
    MAGIC8_LITERAL,
    QUOTED_WITHIN_NS,
    RESISTANCE_TEST_ABOVE,
    SCALES,
    SECONDARY_WALL_SHARE,
    SIGN_MODELS,
    STRATEGY_MULTIPLIERS,
    SUPPORT_TEST_BELOW,
    WALL_RULES,
    WEIGHTS,
    chain_multiplier,
    conventions,
)
from gex_assets.errors import SettingsError
from gex_assets.kernels.exposure.exposure import SCALE_NAMES, SIGN_MODEL_NAMES
from gex_assets.schemas.regime_scores import EXPECTED_BEHAVIORS, MAGNITUDES, REGIMES, STRATEGIES
from gex_assets.schemas.silver_forward import FORWARD_QUALITIES
from gex_assets.schemas.silver_gex_chain import EXPOSURE_WEIGHTS


@pytest.mark.parametrize(
    ("name", "weights", "scale", "sign", "walls", "flip", "neutral", "errors"),
    [
        (
            "field",
            ("open_interest", "resting_size"),
            "usd_per_1pct",
            "long_call_short_put",
            "net_side",
            "profile_nearest",
            0.05,
            2.0,
        ),
        ("flow", ("flow_inventory",), "usd_per_1pct", "flow_signed", "gross_side", "profile_nearest", 0.05, 2.0),
        (
            "magic8",
            ("open_interest", "resting_size"),
            "usd_per_point",
            "short_call_long_put",
            "magnitude_side",
            "strike_sign_change",
            0.0,
            0.0,
        ),
    ],
)
def test_built_in_conventions_make_these_choices(
    *, name: str, weights: tuple[str, ...], scale: str, sign: str, walls: str, flip: str, neutral: float, errors: float
) -> None:
    one = BUILT_IN[name]
    assert (one.name, one.weights, one.scale, one.sign_model) == (name, weights, scale, sign)
    assert (one.wall_rule, one.flip_rule, one.neutral_share, one.neutral_errors) == (walls, flip, neutral, errors)
    assert one.magnitudes[:3] == (("extreme", 5e9), ("high", 1e9), ("moderate", 500e6))


def test_names_are_those_that_kernels_and_tables_use() -> None:
    assert tuple(SCALES) == tuple(SCALE_NAMES)
    assert set(SIGN_MODELS) == set(SIGN_MODEL_NAMES)
    assert set(WEIGHTS) == {column for column, _, _ in EXPOSURE_WEIGHTS.values()}
    assert tuple(name for name, _ in BUILT_IN["field"].magnitudes) == MAGNITUDES
    assert set(STRATEGY_MULTIPLIERS) == set(REGIMES)
    assert all(tuple(by_strategy) == STRATEGIES for by_strategy in STRATEGY_MULTIPLIERS.values())
    assert tuple(EXPECTED_BEHAVIOR.values()) == EXPECTED_BEHAVIORS
    assert set(FORWARD_CONFIDENCE) == set(FORWARD_QUALITIES)


def test_the_built_in_ones_come_first() -> None:
    assert [one.name for one in conventions()] == ["field", "flow", "magic8"]
    assert [one.name for one in conventions([{"name": "mine"}])] == ["field", "flow", "magic8", "mine"]


def test_what_is_left_out_is_as_in_field() -> None:
    mine = conventions([{"name": "mine", "version": 3, "weights": "volume", "neutral_share": 0, "extreme_above": 10**10}])[-1]
    assert (mine.version, mine.weights, mine.neutral_share, mine.extreme_above) == (3, ("volume",), 0.0, 1e10)
    assert isinstance(mine.neutral_share, float)
    assert (mine.scale, mine.sign_model, mine.wall_rule, mine.neutral_errors) == (
        *("usd_per_1pct", "long_call_short_put", "net_side"),
        2.0,
    )
    assert conventions([{"name": "mine", "neutral_errors": 0}])[-1].neutral_errors == 0.0
    assert hash(mine) == hash(
        conventions([{"name": "mine", "version": 3, "weights": ["volume"], "neutral_share": 0.0, "extreme_above": 1e10}])[-1]
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"conventions\[0\]\.name: Expected .* was None"),
        ({"name": "Mine"}, "was 'Mine'"),
        ({"name": "a" * 41}, "Expected up to 40"),
        ({"name": 7}, "was 7"),
        ({"name": "field"}, "Expected a convention name that is not taken, was 'field'"),
        ({"name": "magic8_literal"}, "not taken"),
        ({"name": "none"}, "not taken"),
        ({"name": "mine", "wieghts": ["volume"]}, r"Expected keys of name, version, .*, was 'wieghts'"),
        ({"name": "mine", "index_multipliers": {}}, "was 'index_multipliers'"),
        ({"name": "mine", "version": 0}, "convention mine.version: Expected a whole number of at least 1, was 0"),
        ({"name": "mine", "version": True}, "was True"),
        ({"name": "mine", "version": 1.5}, "was 1.5"),
        ({"name": "mine", "weights": []}, "was \\[\\]"),
        ({"name": "mine", "weights": ["gamma"]}, "was 'gamma'"),
        ({"name": "mine", "weights": ["volume", "volume"]}, "Expected each weight once"),
        ({"name": "mine", "weights": {"volume": 1}}, "Expected one or more of"),
        ({"name": "mine", "scale": "usd"}, "convention mine.scale: Expected one of usd_per_1pct, .*, was 'usd'"),
        ({"name": "mine", "sign_model": None}, "was None"),
        ({"name": "mine", "wall_rule": "signed_maximum"}, "was 'signed_maximum'"),
        ({"name": "mine", "flip_rule": "first_strike_sign_change"}, "was 'first_strike_sign_change'"),
        ({"name": "mine", "weights": "flow_inventory"}, "Expected flow_signed with the weight flow_inventory"),
        ({"name": "mine", "neutral_share": 1.1}, "Expected a number from 0 to 1, was 1.1"),
        ({"name": "mine", "neutral_share": float("nan")}, "was nan"),
        ({"name": "mine", "neutral_share": "0.05"}, "was '0.05'"),
        ({"name": "mine", "neutral_errors": -0.1}, "convention mine.neutral_errors: Expected a number of at least 0, was -0.1"),
        ({"name": "mine", "high_above": -1}, "Expected a number of at least 0, was -1"),
        ({"name": "mine", "extreme_above": float("inf")}, "was inf"),
        ({"name": "mine", "extreme_above": 10**400}, "Expected a number"),
        ({"name": "mine", "high_above": 6e9}, "Expected moderate_above <= high_above <= extreme_above"),
    ],
)
def test_unusable_conventions_are_refused_clearly(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        conventions([given])


def test_a_name_is_given_once() -> None:
    with pytest.raises(SettingsError, match="not taken, was 'mine'"):
        conventions([{"name": "mine"}, {"name": "mine", "version": 2}])
    with pytest.raises(SettingsError, match="Expected a table with a name, was 'mine'"):
        conventions(["mine"])  # type: ignore[list-item]


def test_flow_weights_may_be_signed_by_flow() -> None:
    mine = conventions([{"name": "mine", "weights": ["flow_inventory", "volume"], "sign_model": "flow_signed"}])[-1]
    assert mine.weights == ("flow_inventory", "volume")


def test_the_literal_convention_is_for_the_calculator_only() -> None:
    assert MAGIC8_LITERAL.name not in BUILT_IN
    assert MAGIC8_LITERAL.wall_rule not in WALL_RULES
    assert MAGIC8_LITERAL.flip_rule not in FLIP_RULES
    assert (MAGIC8_LITERAL.neutral_share, MAGIC8_LITERAL.neutral_errors) == (None, 0.0)


@pytest.mark.parametrize(
    ("symbol", "convention", "multiplier"),
    # the first plan has 10 for SPX and RUT; all others are those of the contracts
    [
        ("SPX", "magic8", 10.0),
        ("^spx", "magic8", 10.0),
        ("RUT", "magic8", 10.0),
        ("SPY", "magic8", 100.0),
        ("SPX", "field", 100.0),
        ("ES", "magic8", 50.0),
        ("NQ", "field", 20.0),
        ("YM", "flow", 5.0),
    ],
)
def test_chains_have_their_multipliers(symbol: str, convention: str, multiplier: float) -> None:
    assert chain_multiplier(symbol, convention=BUILT_IN[convention]) == multiplier


@pytest.mark.parametrize(
    ("symbol", "convention", "multiplier"),
    [
        ("SPX", "magic8", 25.0),  # the setting wins over the plan's 10
        ("^spx", "field", 25.0),
        ("RUT", "magic8", 10.0),  # and the plan's over DEFAULT
        ("RUT", "field", 7.0),
        ("SPY", "magic8", 7.0),
        ("ES", "magic8", 50.0),
    ],
)
def test_an_installation_has_its_own_multipliers(symbol: str, convention: str, multiplier: float) -> None:
    own = {"SPX": 25.0, "DEFAULT": 7.0}
    assert chain_multiplier(symbol, convention=BUILT_IN[convention], multipliers=own) == multiplier


def test_what_a_point_of_a_future_is_worth_is_no_choice() -> None:
    with pytest.raises(SettingsError, match="multipliers: Expected symbols other than ES, NQ, RTY, YM, was NQ"):
        chain_multiplier("SPX", convention=BUILT_IN["field"], multipliers={"NQ": 100.0})


def test_strategies_are_weighed_as_the_seed_does() -> None:
    assert STRATEGY_MULTIPLIERS["positive"] == {"Iron_Condor": 1.2, "Butterfly": 1.15, "Vertical": 0.85}
    assert STRATEGY_MULTIPLIERS["negative"] == {"Iron_Condor": 0.8, "Butterfly": 0.85, "Vertical": 1.2}


def test_constants_that_every_convention_shares() -> None:
    assert dict(FORWARD_CONFIDENCE) == {"ok": 1.0, "weak": 0.5, "none": 0.0}
    assert (SECONDARY_WALL_SHARE, HIGH_GAMMA_STRIKES, QUOTED_WITHIN_NS) == (0.7, 5, 60 * 10**9)
    assert (SUPPORT_TEST_BELOW, RESISTANCE_TEST_ABOVE, EXTREME_MULTIPLIER, CHAIN_MULTIPLIER) == (0.3, 0.7, 0.9, 100.0)
