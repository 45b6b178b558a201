"""Three days run in two orders: no table of a day says in which, and neither does the history once its job has run."""

from __future__ import annotations

import shutil
from datetime import date, time

import pytest

from gex_assets.defs.run import run_days, run_history
from gex_assets.lake.tables import Lake
from gex_assets.sample.market import make_sample
from gex_assets.schemas.registry import DAY_TABLES, TABLES
from gex_assets_tests.conftest import settings_for

pytestmark = pytest.mark.long

DAYS = (date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8))


@pytest.fixture(scope="module")
def three_days(tmp_path_factory):
    """The files of three days, two minutes of each."""
    lake = tmp_path_factory.mktemp("three")
    make_sample(lake, start=DAYS[0], days=3, seed=5, session=(time(14, 30), time(14, 32)), dbn_version=3)
    return lake


def hashes(lake, names):
    return {(name, day): lake.open(name, product="ES", day=day).sha256() for name in names for day in DAYS}


def run_in(lake, order):
    """Run the days in this order, and the job of the history after the first and after the last."""
    settings = settings_for(lake)
    for n, day in enumerate(order):
        (done,) = run_days(settings, [day])
        assert done.success, done.failure
        if n in (0, len(order) - 1):
            assert run_history(settings).success
    return Lake(lake)


def test_the_order_in_which_days_are_run_changes_no_byte(three_days, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(three_days, other)
    one, another = run_in(three_days, DAYS), run_in(other, (DAYS[2], DAYS[0], DAYS[1]))
    assert hashes(one, TABLES) == hashes(another, TABLES)
    for name in DAY_TABLES:
        for day in DAYS:
            read = one.open(name, product="ES", day=day).lineage.inputs
            assert all(f"date={day}" in key or not key.startswith(tuple(DAY_TABLES)) for key in read)
