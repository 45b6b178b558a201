"""Two real hours of an ES future with its opening auction."""

from __future__ import annotations

from functools import cache
from typing import Any

import databento
import numpy as np

from gex_assets.kernels.order_book.books import Records
from gex_assets_tests.kernels.order_book.runs import NS
from gex_assets_tests.shared_data import shared_data
from gex_assets_tests.twins.dict_book import Record

PRE_OPEN, OPEN = 1_703_541_600 * NS, 1_703_545_200 * NS
ENDS = [PRE_OPEN + 5 * NS * (k + 1) for k in range(1440)]
"""2023-12-25 22:00 to 24:00 UTC; the session opens at 23:00."""
FUTURE = 17077


@cache
def file() -> Any:
    return databento.DBNStore.from_file(shared_data("dbn/esh4-glbx-mdp3-20231225.mbo.dbn.zst")).to_ndarray()


def columns() -> Records:
    packed = file()
    return Records(
        ts_recv=packed["ts_recv"].view(np.int64),
        instrument_id=packed["instrument_id"],
        order_id=packed["order_id"],
        action=packed["action"].view(np.uint8),
        side=packed["side"].view(np.uint8),
        price=packed["price"],
        size=packed["size"],
        flags=packed["flags"],
    )


@cache
def real_records() -> list[Record]:
    packed = file()
    names = ("ts_recv", "instrument_id", "order_id", "action", "side", "price", "size", "flags")
    lists = [packed[name].tolist() for name in names]
    return [Record(*fields[:3], fields[3].decode(), fields[4].decode(), *fields[5:]) for fields in zip(*lists, strict=True)]
