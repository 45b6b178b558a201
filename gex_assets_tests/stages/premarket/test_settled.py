"""What is in force about earlier sessions: nothing of the session itself, the latest of several, what was withdrawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.stages.premarket.settled import Settled, settled
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, SECOND, table_of
from gex_assets_tests.stages.premarket.made_up_settlements import PUBLISHED, SESSION, Row, statistic

DATE = MIDNIGHT // DAY


def found_of(*rows: Row, ids: Sequence[int] = (1, 2), tally: Counter[str] | None = None) -> Settled:
    return settled(
        table_of(BRONZE_OPTION_STATISTICS, rows),
        instrument_ids=np.array(ids, dtype=np.uint32),
        session_date=SESSION.session_date,
        ts_open=SESSION.open_ns,
        tally=Counter() if tally is None else tally,
    )


def values(found: Any) -> list[float | None]:
    return [None if np.isnan(one) else one for one in found.value.tolist()]


def test_each_option_has_its_own_price_and_open_interest() -> None:
    found = found_of(statistic(1, price=10.5), statistic(2, quantity=70), statistic(1, quantity=30), statistic(9, price=1.0))
    assert values(found.price) == [10.5, None]
    assert values(found.open_interest) == [30, 70]
    assert found.price.trade_date.tolist() == [DATE, -1]
    assert found.price.ts_known.tolist() == [PUBLISHED, -1]


def test_nothing_of_the_session_itself_is_used_however_late_the_levels_are_made() -> None:
    tally: Counter[str] = Counter()
    later = {"ts_ref": MIDNIGHT + DAY}
    found = found_of(
        statistic(1, price=10.5),
        statistic(1, quantity=30),
        statistic(1, PUBLISHED + DAY, price=99.0, **later),
        statistic(1, PUBLISHED + DAY, quantity=99, **later),
        tally=tally,
    )
    assert (values(found.price)[0], values(found.open_interest)[0]) == (10.5, 30)
    assert tally["of_a_later_session"] == 2


def test_a_correction_on_the_next_morning_counts() -> None:
    found = found_of(statistic(1, quantity=30), statistic(1, PUBLISHED + DAY // 2, quantity=31))
    assert values(found.open_interest)[0] == 31
    assert found.open_interest.ts_known[0] == PUBLISHED + DAY // 2


@pytest.mark.parametrize(("moment", "counts"), [(SESSION.open_ns - SECOND, True), (SESSION.open_ns, False)])
def test_a_value_without_a_date_counts_where_it_came_before_the_session(moment: int, counts: bool) -> None:
    found = found_of(statistic(1, moment, price=10.5, ts_ref=-1))
    assert values(found.price)[0] == (10.5 if counts else None)
    assert found.price.trade_date[0] == -1


def test_a_withdrawn_value_leaves_the_one_before() -> None:
    found = found_of(
        statistic(1, quantity=20, ts_ref=MIDNIGHT - DAY),
        statistic(1, quantity=30),
        statistic(1, PUBLISHED + SECOND, quantity=30, is_deleted=True),
    )
    assert values(found.open_interest)[0] == 20
    assert found.open_interest.trade_date[0] == DATE - 1
    assert found.open_interest.ts_known[0] == PUBLISHED


def test_open_interest_is_final_when_it_was_published_again() -> None:
    found = found_of(
        statistic(1, quantity=30),
        statistic(2, quantity=40),
        statistic(2, PUBLISHED + SECOND, quantity=40),
        statistic(1, quantity=29, ts_ref=MIDNIGHT - DAY),
    )
    assert found.open_interest.is_final.tolist() == [False, True]


@pytest.mark.parametrize(("flags", "is_final"), [(0, False), (2, False), (1, True), (3, True)])
def test_a_settlement_is_final_when_the_venue_says_so(flags: int, is_final: bool) -> None:
    found = found_of(statistic(1, price=10.5, stat_flags=flags))
    assert found.price.is_final.tolist() == [is_final, False]


def test_no_statistics_and_no_options_are_no_fault() -> None:
    assert values(found_of().price) == [None, None]
    assert values(found_of(statistic(1, price=1.0), ids=()).price) == []
