"""One made sample with what its tests ask of it: files, records, headers and truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.lake.dbn import reader as dbn
from gex_assets.sample.market import SampleReport
from gex_assets.sample.market_day import MarketDay
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
