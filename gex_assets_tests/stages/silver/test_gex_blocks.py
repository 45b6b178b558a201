"""`GexStage` gives the day's rows block by block, from what is known at each block's end."""

from collections import Counter

import pyarrow as pa
import pytest

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.ladders import ladders_of
from gex_assets.stages.silver.gex import GexStage
from gex_assets_tests.stages.in_blocks import SIZES, blocks, in_windows, plain
from gex_assets_tests.stages.made_up_day import DAY, MIDNIGHT, WINDOW, Series, forward_table, made_up_day, table_of, windows
from gex_assets_tests.stages.silver.made_up_ladders import chain_table, features, ladder_day, made_up_chain, made_up_forward

ENDS = windows(30, gap_after=[3, 26])
NOON = ENDS[12] + WINDOW // 2
"""Some options are listed in this moment, half a window before an end."""
FRONT = Series(ENDS[19], "ESH6", tuple(range(5900, 6101, 25)))
AT_NOON = Series(ENDS[15], "ESH6", tuple(range(5890, 6111, 10)))
"""Listed at noon, and the first to expire."""
LATER = Series(MIDNIGHT + 3 * DAY, "ESH6", tuple(range(5900, 6105, 10)))
NEXT = Series(MIDNIGHT + 40 * DAY, "ESM6", tuple(range(5960, 6041, 20)))
NEXT_AT_NOON = Series(MIDNIGHT + 30 * DAY, "ESM6", tuple(range(5950, 6041, 15)))
EARLY_MONTH = Series(MIDNIGHT + 20 * DAY, "ESG6", tuple(range(5950, 6041, 15)))
"""An underlying that is known from noon on, and comes before the others by name."""
NEW_AT_NOON = {one.ts_expiration for one in (AT_NOON, NEXT_AT_NOON, EARLY_MONTH)}


def growing_day(seed):
    """Three expirations and every seventh strike are listed at noon; options have quotes once they are listed."""
    series = (FRONT, AT_NOON, LATER, NEXT, NEXT_AT_NOON, EARLY_MONTH)
    day = made_up_day(ends=ENDS, series=series, seed=seed, unlisted=0.1)
    for place, option in enumerate(day.instruments):
        if option["ts_expiration"] in NEW_AT_NOON or place % 14 in (4, 5):
            option["ts_listed"] = NOON
    listed = {option["instrument_id"]: option["ts_listed"] for option in day.instruments}
    day.quotes = [row for row in day.quotes if (listed[row["instrument_id"]] or row["ts_window_end"]) < row["ts_window_end"]]
    return day


def expirations_of(options):
    return {option["ts_expiration"] for option in options}


def in_blocks(day, chain, forward, sizes, *, tally, every_time=False):
    """Rows of each block from the options listed before its end; `every_time`: with ladders made for every block.

    An expiration has no forward in windows before its first option was listed.
    """
    stage, tables, known, ladders = GexStage(tally=tally), [], None, None
    listed = [option for option in day.instruments if option["ts_listed"] is not None]
    begins = {one: min(row["ts_listed"] for row in listed if row["ts_expiration"] == one) for one in expirations_of(listed)}
    forward = [row for row in forward if begins.get(row["ts_expiration"], row["ts_window_end"]) < row["ts_window_end"]]
    chains, forwards, quotes = chain_table(chain), forward_table(forward), table_of(SILVER_OPTION_QUOTES, day.quotes)
    for ends in blocks(day.ends, sizes):
        so_far = [option for option in listed if option["ts_listed"] < ends[-1]]
        if every_time or so_far != known:
            known, ladders = so_far, ladders_of(table_of(BRONZE_OPTION_INSTRUMENTS, so_far), tally=Counter())
        quotes_of, chain_of, forward_of = (in_windows(table, ends) for table in (quotes, chains, forwards))
        tables.append(stage.rows(quotes_of, chain=chain_of, forward=forward_of, ladders=ladders))
    return pa.concat_tables(tables)


@pytest.mark.parametrize("sizes", SIZES)
def test_a_day_whose_options_are_listed_as_it_goes_has_the_rows_of_the_whole_day(sizes):
    day = growing_day(seed=sum(sizes))
    chain, forward = made_up_chain(day, most=5), made_up_forward(day)
    assert expirations_of(chain) == expirations_of(day.instruments)
    whole, tally = features(day, chain, forward)
    found = Counter()
    assert plain(in_blocks(day, chain, forward, sizes, tally=found)).equals(plain(whole))
    assert +found == +tally
    assert {"ESG6", "ESH6", "ESM6"} == set(whole["underlying"].to_pylist())


def test_ladders_made_again_change_nothing():
    day = growing_day(seed=1)
    chain, forward = made_up_chain(day, most=5), made_up_forward(day)
    rows = [in_blocks(day, chain, forward, [2], tally=Counter(), every_time=every_time) for every_time in (False, True)]
    assert plain(rows[0]).equals(plain(rows[1]))


def test_a_strike_listed_at_noon_has_differences_from_its_second_window_on():
    day, chain, forward = ladder_day([6005.0] * 5)
    noon = day.ends[1] + WINDOW // 2
    new = {row["instrument_id"] for row in day.instruments if row["strike"] == 6010.0}
    for row in day.instruments:
        row["ts_listed"] = noon if row["instrument_id"] in new else row["ts_listed"]
    day.quotes = [row for row in day.quotes if row["instrument_id"] not in new or row["ts_window_end"] > noon]
    chain = [row for row in chain if row["strike"] != 6010.0 or row["ts_window_end"] > noon]
    rows = in_blocks(day, chain, forward, [1], tally=Counter()).to_pylist()
    assert [row["strike_1"] for row in rows] == [6020.0, 6020.0, 6010.0, 6010.0, 6010.0]
    assert [row["relabel_1"] for row in rows] == [None, False, True, False, False]
    assert [row["d1_gex_strike_1_call"] for row in rows] == [None, 1000.0, None, 5000.0, 7000.0]
    assert [row["d1_gex_strike_2_call"] for row in rows] == [None, 1000.0, 3000.0, 5000.0, 7000.0]


def test_windows_that_a_clock_closes_have_rows_without_chain_and_forward():
    day, chain, forward = ladder_day([6005.0] * 4)
    ladders = ladders_of(day.inputs["instruments"], tally=Counter())
    stage, quotes = GexStage(tally=Counter()), table_of(SILVER_OPTION_QUOTES, day.quotes)
    rows = []
    for number, end in enumerate(day.ends):
        silent = number == 1
        inputs = {"chain": None, "forward": None} if silent else {
            "chain": in_windows(chain_table(chain), [end]), "forward": in_windows(forward_table(forward), [end])
        }  # fmt: skip
        rows += stage.rows(in_windows(quotes, [end]), **inputs, ladders=ladders).to_pylist()
    assert [row["reference_price"] for row in rows] == [6005.0, None, 6005.0, 6005.0]
    assert [row["d1_gex_strike_1_call"] for row in rows] == [None, None, None, 5000.0]
    assert stage.rows(quotes.slice(0, 0), chain=None, forward=None, ladders=ladders).num_rows == 0
