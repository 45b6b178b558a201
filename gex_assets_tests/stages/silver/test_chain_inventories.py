"""Since when an inventory counts: the run of an option's claims, and for what opened, the end of open interest's session."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.bronze_option_trades import BRONZE_OPTION_TRADES
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.claim_runs import ALWAYS, claim_runs
from gex_assets.stages.ladders import ladders_of
from gex_assets.stages.silver.gex_chain import ChainStage
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, instrument, open_interest, quote, table_of, trade
from gex_assets_tests.twins import gex_chain as twin

Row = dict[str, Any]
HOUR = 3_600 * 10**9
CALL, PUT, SPREAD = 10, 11, 200
STRIKE, EXPIRES = 6900.0, MIDNIGHT + 10 * DAY
CLAIMS = pa.list_(pa.struct([("ts_start", pa.int64()), ("ts_end", pa.int64()), ("ts_complete", pa.int64())]))


def options(claims: list[tuple[int, int]] | None = None) -> pa.Table:
    """A call and a put of one strike, with claims or without the column."""
    rows = [
        instrument(number, strike=STRIKE, right=right, ts_expiration=EXPIRES, underlying="ESH6")
        for number, right in ((CALL, "C"), (PUT, "P"))
    ]
    schema = BRONZE_OPTION_INSTRUMENTS.arrow_schema()
    names = [name for name in schema.names if name != "claims"]
    table = pa.Table.from_pylist(
        [{name: row[name] for name in names} for row in rows], schema=pa.schema([schema.field(name) for name in names])
    )
    if claims is None:
        return table
    said = [{"ts_start": start, "ts_end": end, "ts_complete": None} for start, end in claims]
    return table.append_column("claims", pa.array([said] * 2, CLAIMS))


def chain(
    ends: list[int],
    *,
    trades: list[Row] = (),
    statistics: list[Row] = (),
    net: dict[int, list[int]] | None = None,
    claims: list[tuple[int, int]] | None = None,
    per_block: int = 100,
) -> list[Row]:
    stage = ChainStage(product="ES", rate=0.04, open_ratio=0.5, expirations="front", tally=Counter())
    stage.add_statistics(table_of(BRONZE_OPTION_STATISTICS, statistics))
    stage.add_trades(table_of(BRONZE_OPTION_TRADES, trades))
    nets = net or {}
    rows: list[Row] = []
    for at in range(0, len(ends), per_block):
        quotes = [
            quote(number, end, state="empty", aggressor_net=nets.get(number, [0] * len(ends))[w])
            for w, end in list(enumerate(ends))[at : at + per_block]
            for number in (CALL, PUT)
        ]
        table = table_of(SILVER_OPTION_QUOTES, quotes)
        rows += stage.rows(table, ladders=ladders_of(options(claims), tally=Counter()), forward=None).to_pylist()
    return rows


def spread(index: int, ts: int, size: int, legs: list[tuple[int, int, str]], side: str = "B") -> Row:
    return trade(index, SPREAD, ts, side=side, size=size, legs=legs)


BUYS_CALL = [(CALL, 1, "B"), (PUT, 1, "A")]


@pytest.mark.parametrize("per_block", [1, 100])
def test_spreads_flow_restarts_after_a_hole_and_volume_does_not(per_block: int) -> None:
    ends = [MIDNIGHT + WINDOW, MIDNIGHT + 2 * WINDOW, MIDNIGHT + HOUR + WINDOW]
    trades = [
        spread(0, MIDNIGHT, 7, BUYS_CALL),
        spread(1, MIDNIGHT + 30 * 60 * 10**9, 9, BUYS_CALL),
        spread(2, MIDNIGHT + HOUR, 2, BUYS_CALL),
    ]
    hole = [(MIDNIGHT, MIDNIGHT + 2 * WINDOW), (MIDNIGHT + HOUR, MIDNIGHT + DAY)]
    touching = [(MIDNIGHT, MIDNIGHT + 2 * WINDOW), (MIDNIGHT + 2 * WINDOW, MIDNIGHT + DAY)]
    after_hole = chain(ends, trades=trades, claims=hole, per_block=per_block)
    assert [row["call_flow_inventory"] for row in after_hole] == [-7, -7, -2]
    assert [row["put_flow_inventory"] for row in after_hole] == [7, 7, 2]
    assert [row["call_volume"] for row in after_hole] == [7, 7, 18]
    for claims in (touching, None):
        whole = chain(ends, trades=trades, claims=claims, per_block=per_block)
        assert [row["call_flow_inventory"] for row in whole] == [-7, -7, -18]


def test_what_was_traded_before_an_option_is_claimed_is_no_flow_of_it() -> None:
    ends = [MIDNIGHT + WINDOW, MIDNIGHT + 2 * WINDOW]
    trades = [spread(0, MIDNIGHT + 1, 5, BUYS_CALL), spread(1, MIDNIGHT + WINDOW + 1, 1, BUYS_CALL)]
    rows = chain(ends, trades=trades, claims=[(MIDNIGHT + WINDOW, MIDNIGHT + DAY)])
    assert [row["call_flow_inventory"] for row in rows] == [-5, -1]


BEFORE, AFTER = MIDNIGHT + 22 * HOUR, MIDNIGHT + 23 * HOUR + WINDOW


@pytest.mark.parametrize("per_block", [1, 100])
@pytest.mark.parametrize(
    ("ts_ref", "opening"),
    [
        (MIDNIGHT - DAY, [10, 16]),  # Monday's session is over before the day begins: all flow is after it
        (MIDNIGHT, [0, 6]),  # Tuesday's is over at 22:00
        (MIDNIGHT + DAY, [0, 0]),  # Wednesday's is not over within the day
        (-1, [10, 16]),  # undefined: older than any session
    ],
)
def test_only_flow_after_open_interests_session_has_opened_more(ts_ref: int, opening: list[int], per_block: int) -> None:
    """Bought 4 outright and 6 by a spread before 22:00; 1 outright and 5 by a spread after 23:00."""
    trades = [
        trade(0, CALL, MIDNIGHT + HOUR, side="B", size=4),
        spread(1, MIDNIGHT + 2 * HOUR, 6, [(CALL, 1, "B")]),
        trade(2, CALL, AFTER - WINDOW, side="B", size=1),
        spread(3, AFTER - WINDOW, 5, [(CALL, 1, "B")]),
    ]
    rows = chain(
        [BEFORE, AFTER],
        trades=trades,
        statistics=[open_interest(CALL, MIDNIGHT + 1, 100, ts_ref=ts_ref)],
        net={CALL: [4, 5]},
        per_block=per_block,
    )
    assert [row["call_flow_inventory"] for row in rows] == [-10, -16]
    assert [row["call_oi_plus_flow"] for row in rows] == [100 + 0.5 * one for one in opening]
    assert [row["call_open_interest_ts_ref"] for row in rows] == [None if ts_ref == -1 else ts_ref] * 2
    assert [row["put_oi_plus_flow"] for row in rows] == [None, None]


def test_opening_flow_is_an_amount_whatever_its_sign() -> None:
    """Bought 9 before the session's end and sold 2 after it: 2 may have opened, not 7."""
    trades = [trade(0, CALL, MIDNIGHT, side="B", size=9), trade(1, CALL, AFTER - WINDOW, side="A", size=2)]
    said = [open_interest(CALL, MIDNIGHT + 1, 100, ts_ref=MIDNIGHT)]
    rows = chain([BEFORE, AFTER], trades=trades, statistics=said, net={CALL: [9, 7]})
    assert [row["call_oi_plus_flow"] for row in rows] == [100.0, 101.0]
    assert [row["call_flow_inventory"] for row in rows] == [-9, -7]


def test_a_hole_after_the_session_counts_from_the_later_of_the_two() -> None:
    trades = [trade(0, CALL, MIDNIGHT, side="B", size=9), trade(1, CALL, AFTER - WINDOW, side="B", size=2)]
    said = [open_interest(CALL, MIDNIGHT + 1, 100, ts_ref=MIDNIGHT - DAY)]
    hole = [(MIDNIGHT, BEFORE), (BEFORE + 1, MIDNIGHT + DAY)]
    rows = chain([BEFORE, AFTER], trades=trades, statistics=said, net={CALL: [9, 2]}, claims=hole)
    assert [row["call_oi_plus_flow"] for row in rows] == [104.5, 101.0]


@pytest.mark.parametrize("seed", range(6))
def test_weights_are_those_of_the_slow_twin_however_the_day_is_cut(seed: int) -> None:
    dice = random.Random(seed)
    ends = sorted(MIDNIGHT + n * WINDOW for n in dice.sample(range(1, 17_280), 12))
    moments = sorted(dice.choice([dice.randrange(MIDNIGHT, ends[-1]), dice.choice(ends), BEFORE]) for _ in range(60))
    trades = [
        trade(at, dice.choice([CALL, PUT]), ts, side=dice.choice("BAN"), size=dice.randrange(1, 9))
        if dice.random() < 0.5
        else spread(
            at,
            ts,
            dice.randrange(1, 9),
            [(dice.choice([CALL, PUT]), dice.randrange(1, 3), dice.choice("BA"))],
            dice.choice("BAN"),
        )
        for at, ts in enumerate(moments)
    ]
    said = {
        (number, ts): open_interest(
            number, ts, dice.choice([None, dice.randrange(99)]), ts_ref=ref, is_deleted=dice.random() < 0.2
        )
        for number in (CALL, PUT)
        for ts, ref in zip(
            dice.sample(moments, 6), dice.choices([-1, MIDNIGHT - 3 * DAY, MIDNIGHT - DAY, MIDNIGHT], k=6), strict=True
        )
    }
    edges = sorted(dice.sample(range(MIDNIGHT, ends[-1], 10**9), 4))
    claims = dice.choice([None, [(MIDNIGHT, edges[0]), (edges[0], edges[1]), (edges[2], edges[3]), (edges[3], MIDNIGHT + DAY)]])
    net = {number: [dice.randrange(-50, 50) for _ in ends] for number in (CALL, PUT)}
    rows = chain(ends, trades=trades, statistics=list(said.values()), net=net, claims=claims, per_block=dice.choice([1, 3, 100]))
    expected = twin.chain_rows(
        ends=ends,
        quotes=[
            quote(number, end, state="empty", aggressor_net=net[number][w])
            for w, end in enumerate(ends)
            for number in (CALL, PUT)
        ],
        instruments=options(claims).to_pylist(),
        forward=[],
        statistics=list(said.values()),
        trades=trades,
        rate=0.04,
        open_ratio=0.5,
        most=1,
    )
    names = [
        f"{right}_{name}" for right in ("call", "put") for name in ("open_interest", "open_interest_ts_ref", "flow_inventory")
    ]
    names += [f"{right}_{name}" for right in ("call", "put") for name in ("volume", "oi_plus_flow")]
    assert [{name: row[name] for name in names} for row in rows] == [{name: row[name] for name in names} for row in expected]


def test_runs_join_what_touches_and_begin_again_after_a_hole() -> None:
    runs = claim_runs(options([(5, 10), (10, 20), (25, 30)]))
    assert list(zip(runs.instrument_ids.tolist(), runs.starts.tolist(), strict=True)) == [
        (CALL, 5),
        (CALL, 25),
        (PUT, 5),
        (PUT, 25),
    ]
    found = runs.at(np.array([5, 6, 25, 26]), instrument_ids=np.array([9, PUT], dtype=np.uint32))
    assert found.tolist() == [[ALWAYS, ALWAYS], [ALWAYS, 5], [ALWAYS, 5], [ALWAYS, 25]]
    assert claim_runs(options()).starts.size == 0
    assert claim_runs(options([])).starts.size == 0
