"""A regime is told once it stayed; against a twin that looks at all windows before each."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gex_assets.notices.regime_watch import RegimeWatch

HOLD = 3
Change = tuple[int, str, str, int, int]


def watched(regimes: list[str | None]) -> list[Change]:
    watch, found = RegimeWatch(hold_windows=HOLD), []
    for n, regime in enumerate(regimes):
        change = watch.see(n, regime)
        if change is not None:
            found.append((change.ts, change.before, change.now, change.since, change.changes))
    return found


def twin(regimes: list[str | None]) -> list[Change]:
    known = [(n, one) for n, one in enumerate(regimes) if one is not None]
    found: list[Change] = []
    if not known:
        return found
    standing, stayed = known[0][1], 0
    """The regime that stays, and the place of the last window at which it was sure to."""
    for place in range(1, len(known)):
        last = known[max(place - HOLD + 1, 1) : place + 1]
        is_stretch = len(last) == HOLD and len({one for _, one in last}) == 1
        now = known[place][1]
        if not is_stretch:
            continue
        if now != standing:
            changes = sum(known[at][1] != known[at - 1][1] for at in range(stayed + 1, place + 1))
            found.append((known[place][0], standing, now, last[0][0], changes))
            standing = now
        stayed = place
    return found


def test_a_change_is_told_once_it_stayed() -> None:
    assert watched([*"aaabbbbb"]) == [(5, "a", "b", 3, 1)]


def test_a_change_that_does_not_stay_is_none_and_is_counted() -> None:
    assert watched([*"aaabbaba"]) == []
    assert watched([*"aabbabbbb"]) == [(7, "a", "b", 5, 3)]
    assert watched([*"aababaaabbb"]) == [(10, "a", "b", 8, 1)]


def test_unknown_windows_forget_nothing() -> None:
    assert watched(["a", None, "b", None, None, "b", "b"]) == [(6, "a", "b", 2, 1)]
    assert watched([None, None]) == []


@given(st.lists(st.sampled_from(["a", "a", "b", "c", None]), max_size=60))
def test_regimes_are_told_as_the_twin_tells_them(regimes: list[str | None]) -> None:
    found = watched(regimes)
    assert found == twin(regimes)
    assert all(before != now for _, before, now, _, _ in found)
    assert all(one[2] == other[1] for one, other in pairwise(found))
