"""The page about the first plan names every key, rule and number that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from gex_assets.analytics.seed_keys import seed_keys
from gex_assets.client.cached_age import MAX_AGE_SECONDS
from gex_assets.client.magic8 import ADJUSTS_NOT, TTL_SECONDS
from gex_assets.conventions import EXTREME_MULTIPLIER, MAGIC8_LITERAL, STRATEGY_MULTIPLIERS
from gex_assets_tests.client.first_plan import PLAN

PAGE = (Path(__file__).parents[2] / "docs" / "seed_000.md").read_text(encoding="utf-8")


def test_every_key_is_on_the_page() -> None:
    keys = seed_keys(net={}, levels={}, regime={}, scores={})
    named = set(re.findall(r"`(\w+)`", PAGE))
    words = {*keys, *keys["levels"], *keys["regime_analysis"], "strike_gex", *ADJUSTS_NOT, *PLAN}
    unnamed = words - named - {"levels", "regime_analysis", "call_wall", "magnitude", "bias"}
    assert not unnamed, unnamed


def test_numbers_on_the_page_are_those_of_the_code_and_of_the_plan() -> None:
    assert f"kept for {TTL_SECONDS:.0f} s" in PAGE
    assert f"else than {MAX_AGE_SECONDS:.0f} s" in PAGE
    assert f"all times {EXTREME_MULTIPLIER:g}" in PAGE
    for regime in ("positive", "negative"):
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {regime}: ")]
        said = {name: float(value) for name, value in re.findall(r"(\w+) (\d\.\d+)", line)}
        assert said == dict(STRATEGY_MULTIPLIERS[regime])
    assert "`extreme` above 5e9, `high` above 1e9, `moderate` above 500e6" in PAGE
    assert [MAGIC8_LITERAL.extreme_above, MAGIC8_LITERAL.high_above, MAGIC8_LITERAL.moderate_above] == list(
        PLAN["regime_thresholds"].values()
    )
