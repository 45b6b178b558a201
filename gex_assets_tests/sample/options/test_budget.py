from __future__ import annotations

from datetime import time

import numpy as np
import pytest

from gex_assets.sample.options import budget
from gex_assets.sample.profile import profile


def test_a_smaller_budget_makes_a_quieter_day() -> None:
    whole, quarter = profile("full"), budget.budgeted(profile("full"), records=22_000_000, product="ES", session=None)
    assert whole.budget is not None
    assert whole.budget.records == 88_000_000
    assert quarter.busy_move == pytest.approx(whole.busy_move / 2, rel=1e-6)
    assert quarter.future_noise_busy == pytest.approx(whole.future_noise_busy / 4, rel=1e-6)
    hour = budget.budgeted(profile("full"), records=11_000_000, product="ES", session=(time(15), time(16)))
    assert hour.budget is not None
    assert hour.budget.records == pytest.approx(88_000_000, rel=0.1)
    assert budget.budgeted(whole, records=None, product="ES", session=None) is whole


def test_an_alias_table_stands_for_its_weights() -> None:
    weights = np.array([5.0, 0.0, 1.0, 0.25, 3.0, 0.75])
    keep, other = budget._alias(weights)
    mass = keep.copy()
    np.add.at(mass, other, 1.0 - keep)
    assert np.allclose(mass / len(weights), weights / weights.sum())
    assert np.all((keep >= 0) & (keep <= 1 + 1e-12))
