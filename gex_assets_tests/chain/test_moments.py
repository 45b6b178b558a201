from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.chain.moments import day_of_midnight, moment_ns, moments_ns
from gex_assets.errors import ChainError

NOON = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
NOON_NS = 1_767_700_800_000_000_000


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=-6))),
        "2026-01-06T12:00:00Z",
        " 2026-01-06 12:00 ",
        "2026-01-06T06:00-06:00",
        NOON_NS,
        NOON_NS // 10**3,
        NOON_NS // 10**6,
        NOON_NS // 10**9,
        np.int64(NOON_NS),
    ],
)
def test_a_moment_in_every_form(moment: Any) -> None:
    assert moment_ns(moment) == NOON_NS


def test_a_moment_keeps_its_microseconds() -> None:
    assert moment_ns(NOON + timedelta(microseconds=1)) == NOON_NS + 1_000
    assert moment_ns(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1_000
    assert moment_ns(datetime(2026, 1, 7, tzinfo=UTC)) - moment_ns(datetime(2026, 1, 6, tzinfo=UTC)) == 86_400 * 10**9


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "Expected a moment with a time of day, was True"),
        (date(2026, 1, 6), "Expected a moment with a time of day"),
        (1.5, r"Expected a moment \(datetime, ISO string or UNIX time\), was float"),
        ("noon", "Expected a moment in ISO 8601, was 'noon'"),
    ],
)
def test_what_is_no_moment(value: Any, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        moment_ns(value)


CLOSE, EARLY_CLOSE = 1_771_621_200 * 10**9, 1_795_802_400 * 10**9
"""15:00 Chicago of 2026-02-20, and 12:00 of 2026-11-27, the day after Thanksgiving."""


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([date(2026, 2, 20), date(2026, 11, 27)]), [CLOSE, EARLY_CLOSE]),
        (pa.array(["2026-02-20", "2026-11-27"]), [CLOSE, EARLY_CLOSE]),
        (pa.array([datetime(2026, 2, 20), datetime(2026, 11, 27)]), [CLOSE, EARLY_CLOSE]),  # noqa: DTZ001
        (pa.array(["2026-02-20T00:00Z", "2026-02-20T00:00:01"]), [CLOSE, CLOSE - 75_599 * 10**9]),
        (pa.array([datetime(2026, 2, 20, tzinfo=UTC)], pa.timestamp("us", tz="UTC")), [CLOSE]),
        (pa.array([datetime(2026, 2, 20, 5, tzinfo=UTC)], pa.timestamp("us", tz="America/New_York")), [CLOSE]),
        (pa.array([1_771_545_600, 1_771_545_600_000]), [CLOSE, CLOSE]),
        (pa.array([CLOSE // 10**9, CLOSE // 10**6, CLOSE // 10**3, CLOSE]), [CLOSE] * 4),
        (pa.array([float(CLOSE // 10**6)]), [CLOSE]),
        (pa.array([20260220, 20261127]), [CLOSE, EARLY_CLOSE]),
        (pa.array([NOON, None], pa.timestamp("ns", tz="America/Chicago")).drop_null(), [NOON_NS]),
        (pa.array([NOON.replace(tzinfo=None)], pa.timestamp("s")), [NOON_NS]),
        (pa.array([NOON_NS, NOON_NS + 7]), [NOON_NS, NOON_NS + 7]),
        (pa.chunked_array([[NOON_NS], [NOON_NS + 7]]), [NOON_NS, NOON_NS + 7]),
    ],
)
def test_expirations_of_every_type(column: pa.Array, expected: list[int]) -> None:
    assert moments_ns(column).tolist() == expected


@pytest.mark.parametrize("number", [7, 261_316, 99_999_999, -1, 20261301])
def test_a_number_that_is_no_unix_time_is_refused(number: int) -> None:
    with pytest.raises(ChainError, match=rf"Expected a UNIX time in s, ms, µs or ns, or a day as YYYYMMDD, was {number}"):
        moments_ns(pa.array([number]))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 2, 20, tzinfo=UTC), date(2026, 2, 20)),
        (datetime(2026, 2, 20), date(2026, 2, 20)),  # noqa: DTZ001
        (datetime(2026, 2, 20, 5, tzinfo=UTC), date(2026, 2, 20)),
        (datetime(2026, 2, 20, tzinfo=timezone(timedelta(hours=5, minutes=30))), date(2026, 2, 20)),
        (datetime(2026, 2, 20, 21, tzinfo=UTC), None),
        (datetime(2026, 2, 20, 0, 0, 1, tzinfo=UTC), None),
    ],
)
def test_a_midnight_is_its_day(moment: datetime, day: date | None) -> None:
    assert day_of_midnight(moment) == day


def test_an_expiration_in_every_row() -> None:
    with pytest.raises(ChainError, match="Expected a moment in every row of column expiration, was NULL"):
        moments_ns(pa.array(["2026-02-20", None]))
