"""Conventions of an installation, from gex.toml through the graph: every scale, sign model, wall rule and flip rule once."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from gex_assets.conventions import FLIP_RULES, SCALES, SIGN_MODELS, WALL_RULES
from gex_assets.defs.run import run_days
from gex_assets.lake.tables import Lake
from gex_assets.settings import load
from gex_assets_tests.conftest import DAY

OWN = {
    "seller": ("delta_per_point", "short_call_long_put", "gross_side", "strike_sign_change", "open_interest"),
    "all_long": ("contracts_per_1pct", "gross", "magnitude_side", "profile_nearest", "oi_plus_flow"),
    "by_trades": ("usd_per_point", "long_call_short_put", "net_side", "strike_sign_change", "volume"),
    "measured": ("usd_per_1pct", "flow_signed", "gross_side", "profile_nearest", "flow_inventory"),
}


@pytest.fixture(scope="module")
def rows(published, tmp_path_factory):
    """silver_gex_levels of scope selected in the last window with a forward, and regime_scores, by convention."""
    home = tmp_path_factory.mktemp("own")
    shutil.copytree(published, home / "lake")
    tables = [
        f'[[conventions]]\nname = "{name}"\nversion = {n + 2}\nscale = "{scale}"\nsign_model = "{sign}"\n'
        f'wall_rule = "{walls}"\nflip_rule = "{flip}"\nweights = ["{weight}"]\n'
        for n, (name, (scale, sign, walls, flip, weight)) in enumerate(OWN.items())
    ]
    (home / "gex.toml").write_text("\n".join(tables))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        settings = load(lake=home / "lake")
    (done,) = run_days(settings, [DAY], select='key:"silver_gex_levels"+')
    assert done.success, done.failure
    lake = Lake(home / "lake")
    levels = lake.open("silver_gex_levels", product="ES", day=DAY).read().to_pylist()
    regimes = lake.open("regime_scores", product="ES", day=DAY).read().to_pylist()
    last = max(row["ts_window_end"] for row in levels if row["forward_quality"] == "ok")
    return (
        {row["convention"]: row for row in levels if row["ts_window_end"] == last and row["scope"] == "selected"},
        {row["convention"]: row for row in regimes if row["ts_window_end"] == last},
    )


def test_every_choice_there_is_was_made_once():
    from gex_assets.conventions import BUILT_IN

    for place, known in enumerate((SCALES, SIGN_MODELS, WALL_RULES, FLIP_RULES)):
        built_in = {(one.scale, one.sign_model, one.wall_rule, one.flip_rule)[place] for one in BUILT_IN.values()}
        assert {choices[place] for choices in OWN.values()} | built_in == set(known)
    assert {choices[0] for choices in OWN.values()} == set(SCALES)


def test_rows_carry_what_they_were_made_by(rows):
    levels, regimes = rows
    assert set(levels) == set(regimes) == {"field", "flow", "magic8", *OWN}
    for n, (name, (scale, _, _, _, weight)) in enumerate(OWN.items()):
        row = levels[name]
        assert (row["convention_version"], row["scale"], row["weight_used"]) == (n + 2, scale, weight)
        assert regimes[name]["convention_version"] == n + 2


def test_each_choice_does_what_it_says(rows):
    levels, _ = rows
    F = levels["field"]["reference_price"]
    field, seller, all_long, measured = (levels[name] for name in ("field", "seller", "all_long", "measured"))
    assert field["weight_used"] == "open_interest"
    # one expiration, so that its forward is the reference price: the scales are in fixed ratios
    assert seller["net_gex"] * F * F * 0.01 == pytest.approx(-field["net_gex"], rel=1e-9)
    assert seller["gross_gex"] * F * F * 0.01 == pytest.approx(field["gross_gex"], rel=1e-9)
    assert all_long["net_gex"] == pytest.approx(all_long["gross_gex"], rel=1e-12)
    assert all_long["gross_gex"] * F * 50 > field["gross_gex"]
    assert all_long["zero_gamma"] is None
    assert all_long["zero_gamma_reason"] == "no_crossing"
    assert (measured["net_gex"], measured["call_wall"]) == (levels["flow"]["net_gex"], levels["flow"]["call_wall"])
    for row in levels.values():
        assert row["call_wall"] is None or row["call_wall"] > F
        assert row["put_wall"] is None or row["put_wall"] <= F
    assert np.sign(levels["by_trades"]["total_put_gex"]) == -1
