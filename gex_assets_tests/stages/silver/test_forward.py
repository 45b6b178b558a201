from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.errors import SettingsError
from gex_assets.schemas.silver_forward import SILVER_FORWARD
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.ladders import ladders_of
from gex_assets.stages.silver.forward import FUTURE_COLUMNS, QUOTE_COLUMNS, ForwardStage, forward
from gex_assets_tests.stages.in_blocks import SIZES
from gex_assets_tests.stages.made_up_blocks import handed_over, only_listed
from gex_assets_tests.stages.made_up_day import (
    DAY,
    MIDNIGHT,
    RATE,
    WINDOW,
    MadeUpDay,
    Series,
    date_of,
    future_quote,
    instrument,
    made_up_day,
    quote,
    windows,
)
from gex_assets_tests.stages.rows_agree import assert_rows_agree
from gex_assets_tests.twins.forward import forward_rows

EXPIRES = MIDNIGHT + 7 * WINDOW
NEAR = Series(EXPIRES, "ESH6", tuple(range(5800, 6200, 25)))
NEXT = Series(MIDNIGHT + 40 * DAY, "ESM6", tuple(range(5900, 6400, 10)))
FAR = Series(MIDNIGHT + 90 * DAY, "ESM6", (5000.0, 6000.0))


def forward_of(day, *, reference_price="parity", expirations="front", per_group=240, groups=None, futures=None, sure_se=0.15):
    inputs = day.inputs
    tally = Counter()
    tables = list(
        forward(
            day.groups(per_group) if groups is None else groups,
            instruments=inputs["instruments"],
            future_quotes=[inputs["future_quotes"]] if futures is None else futures,
            rate=RATE,
            reference_price=reference_price,
            expirations=expirations,
            sure_se=sure_se,
            tally=tally,
        )
    )
    return (pa.concat_tables(tables) if tables else None), tally


def day_of(series, *, count=12, seed=3, **changes):
    return made_up_day(ends=windows(count, gap_after=[8]), series=series, seed=seed, **changes)


@pytest.mark.parametrize(
    ("reference", "expirations", "most"), [("parity", "front", 1), ("future_mid", 2, 2), ("future_vwap", "all", 9)]
)
def test_every_column_agrees_with_the_twin(reference, expirations, most):
    day = day_of([NEAR, NEXT, FAR])
    found, tally = forward_of(day, reference_price=reference, expirations=expirations)
    expected = forward_rows(
        ends=day.ends,
        quotes=day.quotes,
        instruments=day.instruments,
        futures=day.futures,
        rate=RATE,
        reference=reference,
        most=most,
    )
    assert_rows_agree(found, [row | {"session_date": date_of(row["ts_window_end"])} for row in expected], SILVER_FORWARD)
    qualities = found.column("quality").to_pylist()
    assert {"none", "ok"} <= set(qualities)
    assert sum(tally[f"forward_{name}"] for name in ("none", "weak", "ok")) < len(qualities)


def test_forward_is_near_the_price_that_made_the_quotes():
    day = day_of([Series(MIDNIGHT + 20 * DAY, "ESH6", NEAR.strikes)], step=0.0, broken=0.0)
    found, _ = forward_of(day)
    assert np.abs(found.column("forward").to_numpy() - 6000.0).max() < 0.5


def test_an_expired_expiration_has_no_forward_and_no_years():
    found, _ = forward_of(day_of([NEAR, NEXT]))
    rows = [row for row in found.to_pylist() if row["ts_expiration"] == EXPIRES]
    before, after = rows[:6], rows[6:]
    assert all(row["years"] > 0 and row["is_front"] for row in before)
    assert all(
        (row["years"], row["forward"], row["quality"], row["method"], row["is_front"], row["n_pairs"], row["discount_factor"])
        == (0.0, None, "none", "none", False, 0, 1.0)
        for row in after
    )


def test_the_reference_price_belongs_to_each_underlying_and_moves_on_when_the_front_expires():
    day = day_of([NEAR, NEXT, FAR])
    found, _ = forward_of(day, expirations="all")
    for row in found.to_pylist():
        same = [other for other in found.to_pylist() if other["ts_window_end"] == row["ts_window_end"]]
        if row["underlying"] == "ESH6":
            assert row["reference_price"] == row["forward"]
        else:
            assert row["reference_price"] == next(o["forward"] for o in same if o["ts_expiration"] == NEXT.ts_expiration)
        assert sum(other["is_front"] for other in same) == 1


def test_a_setting_that_cannot_be_met_gives_null_and_no_substitute():
    day = day_of([NEXT])
    found, _ = forward_of(day, reference_price="future_mid", futures=())
    assert found.column("reference_price").null_count == found.num_rows
    assert found.column("future_last").null_count == found.num_rows
    assert found.column("forward").null_count < found.num_rows


def one_window(*, pairs, state="ok"):
    end, expiration = MIDNIGHT + WINDOW, MIDNIGHT + 30 * DAY
    day = MadeUpDay(ends=[end])
    for number, strike in enumerate(range(6000, 6000 + 5 * pairs, 5)):
        for right in "CP":
            key = 2 * number + (right == "P")
            day.instruments.append(
                instrument(key, strike=float(strike), right=right, ts_expiration=expiration, underlying="ESH6")
            )
            value = 100.0 + (6050.0 - strike if right == "C" else 0.0)
            day.quotes.append(quote(key, end, bid=value - 0.25, ask=value + 0.25, state=state))
    return day


@pytest.mark.parametrize(
    ("pairs", "state", "quality"),
    [
        (20, "ok", "ok"),
        (15, "ok", "ok"),
        (14, "ok", "weak"),
        (5, "ok", "weak"),
        (4, "ok", "none"),
        (20, "crossed", "none"),
        (20, "suspect", "none"),
    ],
)
def test_quality(pairs, state, quality):
    found, tally = forward_of(one_window(pairs=pairs, state=state))
    (row,) = found.to_pylist()
    assert row["quality"] == quality
    assert (row["forward"] is None) == (quality == "none")
    assert row["n_pairs"] == row["n_used"] == (pairs if state == "ok" else 0)
    assert tally[f"forward_{quality}"] == 1


def test_pairs_without_a_weight_do_not_count_for_the_fewest():
    day = one_window(pairs=6)
    for row in day.quotes[:2]:
        row["bid_price"] += 50.0 if row["instrument_id"] % 2 else 0.0
        row["ask_price"] += 50.0 if row["instrument_id"] % 2 else 0.0
    (row,) = forward_of(day)[0].to_pylist()
    assert (row["n_pairs"], row["n_used"], row["quality"]) == (6, 5, "weak")
    assert row["forward"] == pytest.approx(6050.0, abs=1.0)
    fewer = one_window(pairs=5)
    fewer.quotes[:2] = day.quotes[:2]
    (row,) = forward_of(fewer)[0].to_pylist()
    assert (row["n_pairs"], row["n_used"], row["quality"], row["forward"], row["forward_se"]) == (5, 4, "none", None, None)


def test_an_uncertain_forward_is_weak():
    day = one_window(pairs=20)
    for row in day.quotes[::4]:
        row["bid_price"] += 1.0
        row["ask_price"] += 1.0
    (row,) = forward_of(day)[0].to_pylist()
    assert row["forward_se"] > 0.15
    assert row["quality"] == "weak"
    se = row["forward_se"]
    for sure_se, quality in ((se, "ok"), (np.nextafter(se, 0.0), "weak")):
        (row,) = forward_of(day, sure_se=sure_se)[0].to_pylist()
        assert row["quality"] == quality


def test_an_unlisted_expiration_has_a_row_without_a_forward():
    day = one_window(pairs=20)
    for row in day.instruments:
        row["ts_listed"] = day.ends[0]
    (row,) = forward_of(day)[0].to_pylist()
    assert (row["quality"], row["is_front"]) == ("none", False)
    assert row["years"] > 0


def test_of_two_futures_of_one_name_the_lower_number_is_used():
    day = one_window(pairs=20)
    day.futures = [future_quote(n, day.ends[0], "ESH6", bid=n, ask=n + 1) for n in (7, 5)]
    found, tally = forward_of(day, reference_price="future_mid")
    assert found.column("reference_price").to_pylist() == [5.5]
    assert tally["future_quoted_twice"] == 1


@pytest.mark.parametrize("per_group", [1, 3, 5])
def test_any_grouping_gives_the_same_rows(per_group):
    day = day_of([NEAR, NEXT])
    assert forward_of(day, per_group=per_group)[0].equals(forward_of(day)[0])


def noon_day():
    """A strike and an expiration that are listed during the day, and one that expires; the futures have no last windows."""
    day = day_of([NEAR, NEXT, FAR], count=16, unlisted=0.2)
    for row in day.instruments:
        if row["ts_expiration"] == FAR.ts_expiration:
            row["ts_listed"] = day.ends[9]
    day.futures = [row for row in day.futures if row["ts_window_end"] < day.ends[12]]
    return only_listed(day)


def rows_in_blocks(day, sizes, *, names_known, reference_price):
    tally = Counter()
    stage = ForwardStage(rate=RATE, reference_price=reference_price, expirations="all", sure_se=0.15, tally=tally)
    rows = []
    for block in handed_over(day, sizes, names_known=names_known):
        ladders = ladders_of(block.instruments, tally=Counter())
        rows += stage.rows(block.quotes, ladders=ladders, futures=block.futures).to_pylist()
    return rows, tally


@pytest.mark.parametrize("reference_price", ["parity", "future_last"])
@pytest.mark.parametrize("sizes", SIZES)
def test_blocks_with_what_is_known_by_then_give_the_days_rows(sizes, reference_price):
    day = noon_day()
    whole, tally = forward_of(day, reference_price=reference_price, expirations="all")
    rows, counted = rows_in_blocks(day, sizes, names_known=True, reference_price=reference_price)
    assert rows == whole.to_pylist()
    assert +counted == +tally
    qualities = [row["quality"] for row in rows if row["ts_expiration"] == FAR.ts_expiration]
    assert set(qualities[:10]) == {"none"}


@pytest.mark.parametrize("sizes", SIZES)
def test_an_expiration_nobody_knew_of_has_rows_from_then_on_and_changes_no_other(sizes):
    day = noon_day()
    whole, _ = forward_of(day, expirations="all")
    rows, _ = rows_in_blocks(day, sizes, names_known=False, reference_price="parity")
    keys = {(row["ts_window_end"], row["ts_expiration"]) for row in rows}
    missing = [row for row in whole.to_pylist() if (row["ts_window_end"], row["ts_expiration"]) not in keys]
    assert rows == [row for row in whole.to_pylist() if row not in missing]
    assert missing
    assert {(row["ts_expiration"], row["quality"], row["is_front"], row["n_pairs"]) for row in missing} == {
        (FAR.ts_expiration, "none", False, 0)
    }


def test_a_block_without_rows_gives_none_and_changes_nothing():
    """A clock may close windows before anything is listed."""
    stage = ForwardStage(rate=RATE, reference_price="parity", expirations="front", sure_se=0.15, tally=Counter())
    day = day_of([NEAR])
    ladders = ladders_of(day.inputs["instruments"], tally=Counter())
    none = ladders_of(day.inputs["instruments"].slice(0, 0), tally=Counter())
    for known in (none, ladders):
        found = stage.rows(SILVER_OPTION_QUOTES.empty(), ladders=known, futures=None)
        assert (found.num_rows, found.schema) == (0, SILVER_FORWARD.arrow_schema())
    (quotes,) = day.groups()
    assert stage.rows(quotes, ladders=ladders, futures=day.inputs["future_quotes"]).equals(forward_of(day)[0])


def test_a_row_does_not_know_what_comes_later():
    day = day_of([NEAR, NEXT])
    whole, _ = forward_of(day)
    cut = MadeUpDay(
        ends=day.ends[:5],
        instruments=day.instruments,
        quotes=[row for row in day.quotes if row["ts_window_end"] <= day.ends[4]],
        futures=[row for row in day.futures if row["ts_window_end"] <= day.ends[4]],
    )
    assert forward_of(cut)[0].equals(whole.slice(0, 10))


def test_only_the_named_columns_are_needed():
    day = day_of([NEAR])
    futures = [day.inputs["future_quotes"].select(FUTURE_COLUMNS)]
    projected, _ = forward_of(day, groups=[group.select(QUOTE_COLUMNS) for group in day.groups()], futures=futures)
    assert projected.equals(forward_of(day)[0])


def test_empty_inputs_give_no_rows():
    nothing = MadeUpDay(ends=[])
    assert forward_of(nothing)[0] is None
    found, _ = forward_of(nothing, groups=[SILVER_OPTION_QUOTES.empty()])
    assert (found.num_rows, found.schema) == (0, SILVER_FORWARD.arrow_schema())
    day = day_of([NEAR])
    found, _ = forward_of(MadeUpDay(ends=day.ends, quotes=day.quotes))
    assert (found.num_rows, found.schema) == (0, SILVER_FORWARD.arrow_schema())


def test_an_unknown_reference_is_refused():
    with pytest.raises(SettingsError, match="Expected a reference_price"):
        forward_of(day_of([NEAR]), reference_price="spot")


@pytest.mark.parametrize(
    ("incomplete", "used", "quality"), [((), 0, "ok"), ((0,), 1, "weak"), ((0, 1), 1, "weak"), ((5, 8), 2, "weak")]
)
def test_one_incomplete_book_of_the_pairs_used_makes_a_forward_weak(incomplete, used, quality):
    day = one_window(pairs=20)
    for place, row in enumerate(day.quotes):
        row["is_complete"] = place not in incomplete
    (row,) = forward_of(day)[0].to_pylist()
    assert (row["n_incomplete"], row["quality"]) == (used, quality)
    assert row["forward"] == pytest.approx(6050.0, abs=0.01)


def test_incomplete_books_that_no_pair_uses_leave_a_forward_ok():
    """Of 40 pairs the 31 nearest the money are used: the farthest strikes do not count."""
    day = one_window(pairs=40)
    for row in day.quotes:
        row["is_complete"] = row["instrument_id"] < 2 * 35
    (row,) = forward_of(day)[0].to_pylist()
    assert (row["n_pairs"], row["n_used"], row["n_incomplete"], row["quality"]) == (40, 31, 0, "ok")


def test_windows_in_which_options_have_no_row_have_no_forward_of_them():
    """Claims that pause: nothing of the window before is kept."""
    day = day_of([NEXT])
    gone = day.ends[3:6]
    day.quotes = [row for row in day.quotes if row["ts_window_end"] not in gone or row["instrument_id"] == 50]
    found = {row["ts_window_end"]: row for row in forward_of(day)[0].to_pylist()}
    assert [found[end]["quality"] for end in gone] == ["none"] * 3
    assert [(found[end]["n_pairs"], found[end]["forward"], found[end]["reference_price"]) for end in gone] == [
        (0, None, None)
    ] * 3
    assert found[day.ends[6]]["forward"] is not None
