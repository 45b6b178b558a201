from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.kernels.records.cover import READ, SUPERSEDED, UNCLAIMED, UNMAPPED, statuses
from gex_assets.lake.raw.claims import Claim, Times, claimed_stretches, cover_among, intersection, union, without
from gex_assets_tests.twins.claims import DeliveredFile, status

MOMENTS = range(-2, 22)
IDS = (1, 2, 3)


@st.composite
def times(draw: st.DrawFn, most: int = 3) -> Times:
    edges = sorted(draw(st.lists(st.integers(0, 20), unique=True, min_size=0, max_size=2 * most)))
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def days(draw: st.DrawFn) -> list[Claim]:
    count = draw(st.integers(1, 4))
    claims = []
    for rank in draw(st.permutations(range(1, count + 1))):
        mapped = draw(st.sets(st.sampled_from(IDS)))
        added = draw(st.dictionaries(st.sampled_from(IDS), st.integers(-1, 20)))
        claims.append(
            Claim(
                rank=rank,
                times=draw(times()),
                ids=np.array(sorted(mapped), np.uint32),
                since={one: moment for one, moment in added.items() if one not in mapped},
                ts_complete=tuple(sorted(draw(st.sets(st.integers(0, 20), max_size=2)))),
            )
        )
    return claims


def moments_of(stretches: Times) -> set[int]:
    return {moment for start, end in stretches for moment in range(start, end)}


@given(one=times(), other=times())
def test_stretches_are_sets_of_moments(one: Times, other: Times) -> None:
    assert moments_of(intersection(one, other)) == moments_of(one) & moments_of(other)
    assert moments_of(without(one, other)) == moments_of(one) - moments_of(other)
    joined = union([*one, *other])
    assert moments_of(joined) == moments_of(one) | moments_of(other)
    assert all(before[1] < after[0] for before, after in pairwise(joined))


def as_files(claims: list[Claim]) -> dict[int, list[DeliveredFile]]:
    """The twin knows files of one stretch; a claim of several is as many files of equal rank, which never overlap."""
    nothing = np.zeros(0)
    return {
        claim.rank: [
            DeliveredFile(str(claim.rank), (-claim.rank,), start, end, frozenset(claim.ids.tolist()), nothing, claim.since)
            for start, end in claim.times
        ]
        for claim in claims
    }


def expected(claims: list[Claim], claim: Claim, one: int, moment: int) -> int:
    files = as_files(claims)
    every = [file for same in files.values() for file in same]
    own = [status(file, every, one, moment) for file in files[claim.rank]]
    taken = [said for said in own if said not in ("unmapped", "unclaimed")]
    if taken:
        return READ if taken[0] == "read" else SUPERSEDED + int(taken[0])
    is_named = one in claim.ids.tolist() or one in claim.since
    within = moment in moments_of(claim.times)
    return UNMAPPED if not is_named or (within and moment < claim.since.get(one, -(10**9))) else UNCLAIMED


@given(claims=days())
def test_a_record_is_read_where_its_file_claims_it_and_no_better_one_does(claims: list[Claim]) -> None:
    for claim in claims:
        for one in (*IDS, 4):
            found = statuses(
                instrument_ids=np.full(len(MOMENTS), one, np.uint32),
                moments=np.array(MOMENTS, np.int64),
                cover=cover_among(claim, claims),
            )
            assert found.tolist() == [expected(claims, claim, one, moment) for moment in MOMENTS]


def of(claims: list[Claim], **choices: Any) -> dict[int, list[tuple[int, int, int | None]]]:
    found: dict[int, list[tuple[int, int, int | None]]] = {}
    for row in claimed_stretches(claims, **choices).to_pylist():
        found.setdefault(row["instrument_id"], []).append((row["ts_start"], row["ts_end"], row["ts_complete"]))
    return found


@given(claims=days())
def test_stretches_of_instruments_are_the_moments_at_which_some_file_is_read(claims: list[Claim]) -> None:
    found = of(claims)
    for one in IDS:
        stretches = found.get(one, [])
        reading = {moment: [claim.rank for claim in claims if expected(claims, claim, one, moment) == READ] for moment in MOMENTS}
        assert all(len(ranks) <= 1 for ranks in reading.values())
        assert moments_of(tuple(part[:2] for part in stretches)) == {moment for moment, ranks in reading.items() if ranks}
        assert stretches == sorted(stretches, key=lambda part: part[:2])
        for start, end, complete in stretches:
            (rank,) = {rank for moment in range(start, end) for rank in reading[moment]}  # each of one file
            (claim,) = (claim for claim in claims if claim.rank == rank)
            assert complete == next((moment for moment in claim.ts_complete if start <= moment < end), None)
    assert set(found) <= set(IDS)


def claim(rank: int, *stretches: tuple[int, int], ids: tuple[int, ...] = (1,), since: Mapping[int, int] | None = None) -> Claim:
    return Claim(rank=rank, times=stretches, ids=np.array(ids, np.uint32), since=since or {}, ts_complete=(stretches[0][0],))


def test_a_newer_file_of_two_minutes_takes_two_minutes_only() -> None:
    assert of([claim(2, (0, 20)), claim(1, (0, 2))]) == {1: [(0, 2, 0), (2, 20, None)]}
    assert of([claim(2, (0, 20)), claim(1, (5, 7))]) == {1: [(0, 5, 0), (5, 7, 5), (7, 20, None)]}


def test_a_name_that_holds_for_a_part_of_the_day_claims_that_part() -> None:
    held = {1: ((-(2**63), 5), (9, 2**63 - 1))}
    assert of([claim(1, (0, 20), ids=(1, 2))], names_hold=held) == {1: [(0, 5, 0), (9, 20, None)], 2: [(0, 20, 0)]}
    found = statuses(
        instrument_ids=np.array([1, 1, 1, 2], np.uint32),
        moments=np.array([4, 5, 9, 5], np.int64),
        cover=cover_among(claim(1, (0, 20), ids=(1, 2)), [], names_hold=held),
    )
    assert found.tolist() == [READ, UNCLAIMED, READ, READ]


def test_only_the_instruments_of_interest_are_told() -> None:
    assert of([claim(1, (0, 20), ids=(1, 2, 3))], instruments=[3, 7]) == {3: [(0, 20, 0)]}
    assert of([]) == {}
