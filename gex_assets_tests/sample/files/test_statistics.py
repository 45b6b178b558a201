from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import databento
import numpy as np
import pytest

from gex_assets_tests.sample.made_up_samples import Made

NS = 10**9
DAY = 86_400 * NS
MIDNIGHT = 1_767_657_600 * NS
MONDAY = date(2026, 1, 5)


def test_open_interest_of_the_day_before_comes_early_then_final_then_again_as_the_session_starts(busy: Made) -> None:
    records = busy.records("option_statistics")
    counted = records[records["stat_type"] == 9]
    moments = np.unique((counted["ts_recv"].astype(np.int64) - MIDNIGHT) // (60 * NS))
    assert moments.tolist() == [6 * 60 + 5, 15 * 60 + 10, 23 * 60]
    assert np.all(counted["ts_ref"] == MIDNIGHT - DAY)
    assert np.all(counted["price"] == 2**63 - 1)
    early, final = (
        counted[(counted["ts_recv"] // (60 * NS)).astype(np.int64) - MIDNIGHT // (60 * NS) == at] for at in moments[:2]
    )
    assert np.array_equal(early["instrument_id"], final["instrument_id"])
    differ = np.mean(early["quantity"] != final["quantity"])
    assert 0.02 < differ < 0.3


def test_settlements_of_the_day_come_after_the_close(busy: Made) -> None:
    records = busy.records("option_statistics")
    settled = records[records["stat_type"] == 3]
    assert len(settled) == len(busy.market.listing.options)
    assert np.all(settled["ts_ref"] == MIDNIGHT)
    assert np.all((settled["ts_recv"] > MIDNIGHT + 21 * 3600 * NS) & (settled["ts_recv"] < MIDNIGHT + 22 * 3600 * NS))
    assert np.all(settled["price"] % 50_000_000 == 0)
    assert np.all(settled["quantity"] == 2**31 - 1)


@pytest.mark.parametrize(("which", "undefined"), [("busy", 2**31 - 1), ("version_three", 2**63 - 1)])
def test_some_open_interest_is_undefined_in_the_versions_own_way(
    request: pytest.FixtureRequest, which: str, undefined: int
) -> None:
    made: Made = request.getfixturevalue(which)
    counted = made.records("option_statistics")
    counted = counted[counted["stat_type"] == 9]
    share = np.mean(counted["quantity"] == undefined)
    assert 0 < share < 0.05
    assert counted["quantity"][counted["quantity"] != undefined].max() < 100_000


def test_the_day_before_the_first_has_statistics_so_that_open_interest_is_known_from_the_start(busy: Made) -> None:
    store = databento.DBNStore.from_file(busy.path("option_statistics", MONDAY))
    records = store.to_ndarray()
    assert np.all(records["ts_recv"] < MIDNIGHT)
    assert np.any(records["stat_type"] == 9)


def test_open_interest_lies_in_puts_below_and_calls_above_and_at_round_strikes(busy: Made) -> None:
    records = busy.records(
        "option_statistics",
    )
    counted = records[records["stat_type"] == 9][: len(busy.market.listing.options)]
    front = busy.market.listing.contracts[0]
    by = {number: int(quantity) for number, quantity in counted[["instrument_id", "quantity"]].tolist()}
    own = [one for one in busy.market.listing.options if one.contract == front and by[one.instrument_id] < 10**6]
    level = busy.market.reference

    def total(right: str, *, above: bool) -> int:
        return sum(by[one.instrument_id] for one in own if one.right == right and (one.strike > level) == above)

    assert total("C", above=True) > total("C", above=False)
    assert total("P", above=False) > total("P", above=True)
    near = [one for one in own if abs(one.strike - level) < 400]
    hundreds = np.mean([by[one.instrument_id] for one in near if one.strike % 100 == 0])
    others = np.mean([by[one.instrument_id] for one in near if one.strike % 100 != 0])
    assert hundreds > 1.3 * others


def test_holidays_bring_no_counts_of_their_own(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 1, 19), session=(time(14, 30), time(14, 31)))
    records = made.records("option_statistics")
    assert set(np.unique(records["stat_type"]).tolist()) == {9}
    assert np.all(records["ts_ref"] == MIDNIGHT + 10 * DAY)
