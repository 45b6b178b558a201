"""The chain block by block has the rows of the day, whatever the blocks are and whenever instruments become known."""

from collections import Counter

import pytest

from gex_assets.schemas.bronze_option_statistics import BRONZE_OPTION_STATISTICS
from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.ladders import ladders_of
from gex_assets.stages.silver.gex_chain import ChainStage
from gex_assets_tests.stages.in_blocks import SIZES
from gex_assets_tests.stages.made_up_blocks import handed_over, of_windows, only_listed
from gex_assets_tests.stages.made_up_day import MIDNIGHT, RATE, WINDOW, forward_table, open_interest, table_of
from gex_assets_tests.stages.silver.made_up_chain import FAR, FRONT, NEXT, SWITCH, chain_of, day_of, ladder_day

LATE = {5600.0: 3, 6375.0: 5, 5950.0: 12}
"""Strike of `NEXT` -> the window at whose end it is listed."""


def noon_day():
    """Strikes and an expiration that are listed during the day, one that expires, statistics and trades all day long."""
    day, forward = day_of(FRONT, NEXT, FAR, count=16, unlisted=0.2)
    for row in day.instruments:
        if row["ts_expiration"] == FAR.ts_expiration:
            row["ts_listed"] = day.ends[9]
        elif row["strike"] in LATE:
            row["ts_listed"] = day.ends[LATE[row["strike"]]]
    return only_listed(day), forward


def rows_in_blocks(day, forward, sizes, *, names_known):
    tally = Counter()
    stage = ChainStage(product="ES", rate=RATE, open_ratio=0.5, expirations="all", tally=tally)
    rows = []
    for block in handed_over(day, sizes, names_known=names_known):
        ladders = ladders_of(block.instruments, tally=Counter())
        known = {ladder.ts_expiration for ladder in ladders.by_expiration}
        own = [row for row in of_windows(forward, block.ends) if row["ts_expiration"] in known]
        stage.add_statistics(block.statistics)
        stage.add_trades(block.trades)
        rows += stage.rows(block.quotes, ladders=ladders, forward=forward_table(own) if own else None).to_pylist()
    return rows, tally


@pytest.mark.parametrize("names_known", [True, False])
@pytest.mark.parametrize("sizes", SIZES)
def test_blocks_with_what_is_known_by_then_give_the_days_rows(sizes, names_known):
    day, forward = noon_day()
    whole, tally = chain_of(day, forward, expirations="all")
    rows, counted = rows_in_blocks(day, forward, sizes, names_known=names_known)
    assert rows == whole.to_pylist()
    assert +counted == +tally


def test_the_made_up_day_grows_and_shrinks():
    """What the comparison of blocks with the day is worth."""
    day, forward = noon_day()
    whole, _ = chain_of(day, forward, expirations="all")
    rows = whole.to_pylist()
    for expiration, strikes, first in ((NEXT, LATE, None), (FAR, FAR.strikes, 9)):
        for strike in strikes:
            ends = [r["ts_window_end"] for r in rows if (r["ts_expiration"], r["strike"]) == (expiration.ts_expiration, strike)]
            assert ends == day.ends[(LATE[strike] if first is None else first) + 1 :]
    assert max(row["ts_window_end"] for row in rows if row["ts_expiration"] == SWITCH) == SWITCH - WINDOW
    for column in ("call_open_interest", "put_volume"):
        assert len({row[column] for row in rows}) > 20


def test_a_late_statistic_counts_as_if_it_had_been_published_when_it_came():
    day, forward = ladder_day(count=4)
    day.statistics = [open_interest(10, MIDNIGHT, 100)]
    late = [open_interest(10, day.ends[0], 70), open_interest(11, MIDNIGHT, 30)]
    stage = ChainStage(product="ES", rate=RATE, open_ratio=0.5, expirations="front", tally=Counter())
    inputs, rows = day.inputs, []
    stage.add_statistics(inputs["statistics"])
    for window, quotes in enumerate(day.groups(1)):
        if window == 2:
            stage.add_statistics(table_of(BRONZE_OPTION_STATISTICS, late))
        ladders = ladders_of(inputs["instruments"], tally=Counter())
        rows += stage.rows(quotes, ladders=ladders, forward=forward_table(forward)).to_pylist()
    day.statistics += [row | {"ts_recv": day.ends[1]} for row in late]
    assert rows == chain_of(day, forward)[0].to_pylist()
    assert [row["call_open_interest"] for row in rows if row["strike"] == 6025.0] == [100, 100, 70, 70]
    assert [row["put_open_interest"] for row in rows if row["strike"] == 6025.0] == [None, None, 30, 30]


def test_a_block_without_rows_gives_none_and_changes_nothing():
    day, forward = ladder_day(count=2)
    stage = ChainStage(product="ES", rate=RATE, open_ratio=0.5, expirations="front", tally=Counter())
    inputs, rows = day.inputs, []
    for quotes in day.groups(1):
        for known in (inputs["instruments"].slice(0, 0), inputs["instruments"]):
            found = stage.rows(SILVER_OPTION_QUOTES.empty(), ladders=ladders_of(known, tally=Counter()), forward=None)
            assert (found.num_rows, found.schema) == (0, SILVER_GEX_CHAIN.arrow_schema())
        ladders = ladders_of(inputs["instruments"], tally=Counter())
        rows += stage.rows(quotes, ladders=ladders, forward=forward_table(forward)).to_pylist()
    assert rows == chain_of(day, forward)[0].to_pylist()


def test_a_window_is_given_once_and_in_order():
    day, forward = ladder_day(count=3)
    stage = ChainStage(product="ES", rate=RATE, open_ratio=0.5, expirations="front", tally=Counter())
    ladders = ladders_of(day.inputs["instruments"], tally=Counter())
    first, second, _ = day.groups(1)
    stage.rows(second, ladders=ladders, forward=forward_table(forward))
    for quotes in (first, second):
        with pytest.raises(ValueError, match="Expected windows that end after"):
            stage.rows(quotes, ladders=ladders, forward=forward_table(forward))
