from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gex_assets.market.products import product
from gex_assets.sample.market import make_sample
from gex_assets.sample.market_day import market_day
from gex_assets.sample.options.budget import budgeted
from gex_assets.sample.profile import profile
from gex_assets_tests.sample.made_up_samples import BUSY, PRE_OPEN, TUESDAY, Made


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    def made(**arguments: Any) -> Made:
        arguments = {"start": TUESDAY, "days": 1, "session": BUSY, **arguments}
        lake = tmp_path_factory.mktemp("lake")
        report = make_sample(lake, **arguments)
        name, session = arguments.get("product", "ES"), arguments["session"]
        intensities = arguments.get("profile", "small")
        intensities = profile(intensities) if isinstance(intensities, str) else intensities
        market = market_day(
            product=product(name),
            day=report.days[0],
            session=session,
            profile=budgeted(intensities, records=arguments.get("records"), product=name, session=session),
            seed=arguments.get("seed", 7),
        )
        return Made(lake, report, report.days[0], market)

    return made


@pytest.fixture(scope="session")
def busy(make: Callable[..., Made]) -> Made:
    """Ten minutes, busy in their middle half."""
    return make()


@pytest.fixture(scope="session")
def pre_open(make: Callable[..., Made]) -> Made:
    """From the closed market over the pre-open into the new session."""
    return make(session=PRE_OPEN)


@pytest.fixture(scope="session")
def faulty(make: Callable[..., Made]) -> Made:
    """Ten minutes with every fault that a record can have."""
    from gex_assets.sample.files.defects import RECORD_FAULTS

    return make(defects=RECORD_FAULTS)


@pytest.fixture(scope="session")
def version_three(make: Callable[..., Made]) -> Made:
    return make(dbn_version=3)
