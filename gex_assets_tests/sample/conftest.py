from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.lake.dbn import reader as dbn
from gex_assets.market.products import product
from gex_assets.sample.market import SampleReport, make_sample
from gex_assets.sample.market_day import MarketDay, market_day
from gex_assets.sample.options.budget import budgeted
from gex_assets.sample.profile import profile
from gex_assets_tests.sample.plain_book import read

TUESDAY = date(2026, 1, 6)
BUSY = (time(14, 30), time(14, 40))
PRE_OPEN = (time(22, 40), time(23, 5))


@dataclass(frozen=True)
class Made:
    lake: Path
    report: SampleReport
    day: date
    market: MarketDay

    def path(self, kind: str, day: date | None = None) -> Path:
        return next(one.file.path for one in self.report.files if one.kind == kind and one.day == (day or self.day))

    def records(self, kind: str) -> np.ndarray:
        return read(self.path(kind))

    def header(self, kind: str) -> dbn.Header:
        return dbn.read_header(self.path(kind))

    def truth(self, name: str) -> pa.Table:
        return pq.read_table(self.lake / "truth" / f"product={self.market.product.name}" / f"date={self.day}" / f"{name}.parquet")

    def symbols(self) -> dict[int, str]:
        return {number: symbol for symbol, number in self.market.listing.ids.items()}


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    def made(**arguments: Any) -> Made:
        arguments = {"start": TUESDAY, "days": 1, "session": BUSY, **arguments}
        lake = tmp_path_factory.mktemp("lake")
        report = make_sample(lake, **arguments)
        name, session = arguments.get("product", "ES"), arguments["session"]
        intensities = profile(arguments.get("profile", "small"))
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
