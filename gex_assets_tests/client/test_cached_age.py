"""What a cache says of its own age and source, and how it is taken."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from gex_assets.client.cached_age import MAX_AGE_SECONDS, age_warnings, is_mock, moment_said

NOW = datetime(2026, 1, 6, 15, 0, tzinfo=UTC).timestamp()


def codes(market_data: dict[str, Any], file: dict[str, Any] | None = None) -> list[str]:
    return [one["code"] for one in age_warnings(market_data, file, now=NOW, max_age_seconds=MAX_AGE_SECONDS)]


@pytest.mark.parametrize(
    ("market_data", "file", "expected"),
    [
        ({"last_updated": "2026-01-06T14:55:00Z"}, None, []),
        ({"last_updated": "2026-01-06T14:54:59Z"}, None, ["stale_chain"]),
        ({"timestamp": "2026-01-06T09:59:00-05:00"}, None, []),
        ({"last_updated": "2026-01-06T14:59:00Z"}, {"timestamp": "2026-01-05T15:00:00Z"}, []),
        ({}, {"timestamp": "2026-01-05T15:00:00Z"}, ["stale_chain"]),
        ({"last_updated": "yesterday"}, {"timestamp": "2026-01-06T14:59:30Z"}, []),
        ({"last_updated": "2026-01-06T14:50:00Z", "ttl": 900}, None, []),
        ({"last_updated": "2026-01-06T14:58:30Z"}, {"cache_ttl": 60}, ["stale_chain"]),
        ({"last_updated": "2026-01-06T14:58:30Z", "ttl": True}, {"ttl": -1}, []),
        ({"last_updated": "2026-01-06T15:01:00Z"}, None, []),
        ({"last_updated": "2026-01-06T15:01:01Z"}, None, ["chain_ahead"]),
        ({}, {}, ["no_moment"]),
        ({"last_updated": 1767711600}, None, ["no_moment"]),
        ({"source": "MOCK", "last_updated": "2025-06-25T00:26:16.177604+00:00"}, None, ["mock_chain", "stale_chain"]),
    ],
)
def test_age_and_source_are_said(market_data: dict[str, Any], file: dict[str, Any] | None, expected: list[str]) -> None:
    assert codes(market_data, file) == expected


def test_a_moment_without_a_zone_is_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        found = moment_said({"last_updated": "2026-01-06T09:58:00"}, None)
        assert found is not None
        assert found.timestamp() == NOW - 120
        assert codes({"last_updated": "2026-01-06T09:58:00"}) == []
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("market_data", "file", "expected"),
    [
        ({"source": "mock"}, None, True),
        ({"source": "mock_data"}, None, True),
        ({"source": "Simulated quotes"}, None, True),
        ({"source": "ibkr"}, {"source": "mock"}, False),
        ({"mock": True, "source": "ibkr"}, None, True),
        ({"is_mock": False}, {"is_mock": True}, False),
        ({"mock": "no"}, None, False),
        ({"source": "mockingbird"}, None, False),
        ({"source": 7}, {}, False),
    ],
)
def test_what_is_made_up_is_known_by_its_source_or_mark(
    market_data: dict[str, Any], file: dict[str, Any] | None, expected: bool
) -> None:
    assert is_mock(market_data, file) is expected


def test_a_source_that_steers_a_terminal_is_shown_as_letters() -> None:
    (said, _) = age_warnings({"source": "mock \x1b[2J"}, None, now=NOW, max_age_seconds=1.0)
    assert "\x1b" not in said["text"]
