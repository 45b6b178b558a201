"""How old a cached option chain is, and whether it is market data at all, by what the cache says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from gex_assets.escaping import visible

__all__ = ["MAX_AGE_SECONDS", "age_warnings", "is_mock", "moment_said"]

MAX_AGE_SECONDS: Final = 300.0
"""Age beyond which a chain is stale where the cache says no `ttl`: the first plan gives none for chains. [seconds]"""

_MOMENTS: Final = ("last_updated", "timestamp")
_LIVES: Final = ("ttl", "ttl_seconds", "cache_ttl")
_MARKS: Final = ("mock", "is_mock")
_MADE_UP: Final = re.compile(r"\b(mock|mocked|simulated|synthetic|fake)\b")
_AHEAD_SECONDS: Final = 60.0

Said = Mapping[str, Any]


def moment_said(market_data: Said, file: Said | None) -> datetime | None:
    """When the chain was fetched: `last_updated` or `timestamp` of the symbol, else of the file; None where neither is a moment.

    A moment without a zone is in this machine's zone, as programs write that keep such a cache on it.
    """
    for one in (market_data, file or {}):
        for name in _MOMENTS:
            text = one.get(name)
            if isinstance(text, str):
                try:
                    return datetime.fromisoformat(text).astimezone()
                except (ValueError, OverflowError, OSError):
                    continue
    return None


def is_mock(market_data: Said, file: Said | None) -> bool:
    """Whether the cache says that the chain is made up: `source` names it so, or `mock` or `is_mock` is true.

    What the symbol says counts before what the file says.

    >>> is_mock({"source": "ibkr"}, {"source": "mock"}), is_mock({}, {"source": "mock"}), is_mock({"is_mock": True}, None)
    (False, True, True)
    """
    for one in (market_data, file or {}):
        if any(one.get(name) is True for name in _MARKS):
            return True
        source = one.get("source")
        if isinstance(source, str):
            return _MADE_UP.search(source.lower().replace("_", " ")) is not None
        if any(one.get(name) is False for name in _MARKS):
            return False
    return False


def age_warnings(market_data: Said, file: Said | None, *, now: float, max_age_seconds: float) -> list[dict[str, str]]:
    """What is said of a chain's source and age: codes `mock_chain`, `stale_chain`, `chain_ahead`, `no_moment`.

    Parameters
    ----------
    now : [seconds since 1970]
    max_age_seconds : counts where the cache says no `ttl` of its own.
    """
    return [{"code": code, "text": text} for code, text in _said(market_data, file, now, max_age_seconds)]


def _said(market_data: Said, file: Said | None, now: float, max_age_seconds: float) -> Iterator[tuple[str, str]]:
    if is_mock(market_data, file):
        source = visible(str(market_data.get("source") or (file or {}).get("source") or "mock"))[:40]
        yield "mock_chain", f"the cache says that the chain is made up ({source}): it is no market data"
    moment = moment_said(market_data, file)
    if moment is None:
        yield "no_moment", f"the cache says no moment ({' or '.join(_MOMENTS)}, ISO 8601): how old the chain is, is not known"
        return
    limit, age = _life(market_data, file, max_age_seconds), now - moment.timestamp()
    if age > limit:
        yield "stale_chain", f"Expected a chain of the last {limit:,.0f} s, was {age:,.0f} s old: fetch it again"
    elif age < -_AHEAD_SECONDS:
        yield "chain_ahead", f"Expected a moment that has been, was {-age:,.0f} s ahead: do clocks or zones differ?"


def _life(market_data: Said, file: Said | None, max_age_seconds: float) -> float:
    for one in (market_data, file or {}):
        for name in _LIVES:
            value = one.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
                return float(value)
    return max_age_seconds
