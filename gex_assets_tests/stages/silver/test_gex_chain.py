from collections import Counter

import pytest

from gex_assets.schemas.silver_gex_chain import SILVER_GEX_CHAIN
from gex_assets.schemas.silver_quotes import SILVER_OPTION_QUOTES
from gex_assets.stages.silver.gex_chain import FORWARD_COLUMNS, QUOTE_COLUMNS, gex_chain
from gex_assets_tests.stages.made_up_day import (
    DAY,
    MIDNIGHT,
    RATE,
    MadeUpDay,
    Series,
    date_of,
    forward_table,
    open_interest,
    trade,
)
from gex_assets_tests.stages.rows_agree import assert_rows_agree
from gex_assets_tests.stages.silver.made_up_chain import FAR, FRONT, NEXT, SWITCH, chain_of, day_of, ladder_day
from gex_assets_tests.twins.gex_chain import chain_rows


@pytest.mark.parametrize(
    ("series", "expirations", "most"),
    [((NEXT,), "front", 1), ((FRONT, NEXT, FAR), 2, 2), ((NEXT, FAR), "all", 9), ((FAR,), "front", 1)],
)
def test_every_column_agrees_with_the_twin(series, expirations, most):
    day, forward = day_of(*series)
    found, tally = chain_of(day, forward, expirations=expirations, open_ratio=0.3)
    expected = chain_rows(
        ends=day.ends,
        quotes=day.quotes,
        instruments=day.instruments,
        forward=forward,
        statistics=day.statistics,
        trades=day.trades,
        rate=RATE,
        open_ratio=0.3,
        most=most,
    )
    expected = [row | {"session_date": date_of(row["ts_window_end"])} for row in expected]
    assert_rows_agree(found, expected, SILVER_GEX_CHAIN, relative=1e-8)
    statuses = Counter(row["iv_status"] for row in expected)
    assert {name: count for name, count in tally.items() if name.startswith("iv_") and count} == {
        f"iv_{name}": count for name, count in statuses.items()
    }
    assert tally["gamma_from_smile"] == sum(row["iv_filled"] for row in expected)
    assert tally["gamma_missing"] == sum(row["gamma"] is None for row in expected)


def test_the_made_up_days_hold_every_case():
    """What the comparison with the twin is worth."""
    day, forward = day_of(NEXT, FAR)
    rows = chain_of(day, forward, expirations="all")[0].to_pylist()
    assert {"OK", "ONE_SIDED", "NO_QUOTE", "BAD_INPUT"} <= {row["iv_status"] for row in rows}
    assert {True, False} == {row["iv_filled"] for row in rows}
    for name in (
        "call_open_interest",
        "put_resting_size",
        "call_flow_inventory",
        "quote_age_ns",
        "iv_fit",
        "gamma",
        "net_gex_se",
    ):
        missing = [row[name] is None for row in rows]
        assert any(missing), name
        assert not all(missing), name


def book_of(day, strike, right, end=None):
    number = next(row["instrument_id"] for row in day.instruments if (row["strike"], row["right"]) == (strike, right))
    return next(q for q in day.quotes if q["instrument_id"] == number and end in (None, q["ts_window_end"]))


def by_strike(table):
    return {row["strike"]: row for row in table.to_pylist()}


def test_the_circle_from_price_to_volatility_closes():
    found = by_strike(chain_of(*ladder_day())[0])
    assert {row["iv_status"] for row in found.values()} == {"OK"}
    for row in found.values():
        assert row["iv_mid"] == pytest.approx(0.15, abs=1e-9)
        assert row["iv_bid"] < row["iv_mid"] < row["iv_ask"]
        assert row["iv_fit"] == pytest.approx(0.15, abs=1e-6)
        assert row["iv_filled"] is False
        assert row["call_delta"] - row["put_delta"] == pytest.approx(2.718281828459045 ** (-RATE * row["years"]))


def test_the_out_of_the_money_side_counts_and_both_at_the_two_strikes_around():
    day, forward = ladder_day()
    for row in day.instruments:
        book = book_of(day, row["strike"], row["right"])
        book["bid_price"] += 0.5 if row["right"] == "C" else 0.0
        book["ask_price"] += 0.5 if row["right"] == "C" else 0.0
    plain, dearer = by_strike(chain_of(*ladder_day())[0]), by_strike(chain_of(day, forward)[0])
    raised = {strike: dearer[strike]["iv_mid"] - plain[strike]["iv_mid"] for strike in dearer}
    assert raised[5975.0] == 0.0
    vega_ratio = raised[6050.0] / raised[6025.0]
    assert raised[6000.0] > 0
    assert 1.9 < vega_ratio < 2.6
    assert dearer[6025.0]["quote_age_ns"] == 10
    assert dearer[6050.0]["quote_age_ns"] == 12
    assert dearer[5975.0]["quote_age_ns"] == 7


def test_next_to_the_forward_one_side_is_enough():
    day, forward = ladder_day()
    book_of(day, 6000.0, "P").update(book_state="one_sided", bid_price=None)
    book_of(day, 6025.0, "P").update(book_state="crossed")
    found = by_strike(chain_of(day, forward)[0])
    assert (found[6000.0]["iv_status"], found[6025.0]["iv_status"]) == ("OK", "OK")
    assert found[6000.0]["iv_mid"] == pytest.approx(0.15, abs=1e-9)
    assert found[6000.0]["quote_age_ns"] == 8


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("one_sided", "ONE_SIDED"),
        ("empty", "NO_QUOTE"),
        ("unseen", "NO_QUOTE"),
        ("suspect", "NO_QUOTE"),
        ("crossed", "NO_QUOTE"),
        ("expired", "EXPIRED"),
    ],
)
def test_only_ok_books_feed_a_volatility(state, status):
    day, forward = ladder_day()
    book_of(day, 6075.0, "C").update(book_state=state)
    row = by_strike(chain_of(day, forward)[0])[6075.0]
    assert (row["iv_status"], row["iv_mid"], row["quote_age_ns"]) == (status, None, None)
    assert row["iv_filled"] is True
    assert row["gamma"] is not None
    assert row["call_resting_size"] is not None


def test_far_from_the_money_the_strikes_own_volatility_counts_or_none():
    """Beyond 2.5 standard deviations the smile is silent; few strikes make none."""
    day, forward = ladder_day(strikes=(5000, 5990, 6050))
    found = by_strike(chain_of(day, forward)[0])
    assert all(row["iv_fit"] is None for row in found.values())
    assert found[6050.0]["total_vol"] == pytest.approx(0.15 * found[6050.0]["years"] ** 0.5)
    book_of(day, 6050.0, "C").update(book_state="empty")
    book_of(day, 6050.0, "P").update(book_state="empty")
    row = by_strike(chain_of(day, forward)[0])[6050.0]
    names = ("total_vol", "gamma", "vanna", "call_delta", "put_charm", "call_gex_resting", "put_gex_flow")
    assert {row[name] for name in names} == {None}
    assert row["iv_filled"] is False


def test_without_a_forward_only_weights_are_known():
    day, forward = ladder_day()
    forward[0]["forward"] = None
    for row in chain_of(day, forward)[0].to_pylist():
        assert (row["iv_status"], row["iv_mid"], row["gamma"], row["call_gex_resting"]) == ("BAD_INPUT", None, None, None)
        assert row["call_resting_size"] is not None


def test_exposure_is_gamma_times_weight():
    day, forward = ladder_day()
    row = by_strike(chain_of(day, forward)[0])[6025.0]
    assert row["call_resting_size"] == 3 + 10
    assert row["call_gex_resting"] == pytest.approx(row["gamma"] * 13 * 50 * 6010.0**2 * 0.01)


def test_a_premium_is_the_midpoint_in_dollars_and_missing_unless_the_book_is_ok():
    day, forward = ladder_day(strikes=[5900, 6010, 6100])
    for row in day.quotes:
        row["book_state"] = {0: "ok", 1: "crossed", 2: "one_sided"}.get(row["instrument_id"], "ok")
    found = chain_of(day, forward)[0].to_pylist()
    books = {row["instrument_id"]: row for row in day.quotes}
    assert found[0]["call_premium"] == pytest.approx(50.0 * (books[0]["bid_price"] + books[0]["ask_price"]) / 2)
    assert (found[0]["put_premium"], found[1]["call_premium"]) == (None, None)
    # both rights in the money too, which have no part in the volatility
    assert found[2]["put_premium"] > found[2]["call_premium"] > 0.0


@pytest.mark.parametrize(("interest", "share"), [(8, 0.25), (1, 2.0), (0, None), (None, None)])
def test_volume_over_open_interest_is_missing_where_nothing_was_open(interest, share):
    day, forward = ladder_day(strikes=[6000, 6010])
    day.trades = [trade(0, 0, MIDNIGHT, side="B", size=2)]
    if interest is not None:
        day.statistics = [open_interest(0, MIDNIGHT, interest)]
    call = chain_of(day, forward)[0].to_pylist()[0]
    assert (call["call_volume"], call["call_volume_over_oi"]) == (2.0, share)
    assert call["put_volume_over_oi"] is None


def test_the_error_of_a_strike_is_that_of_its_gamma_times_what_field_holds():
    """Open interest where any is in force when the first window ends, else what rests in the book, all day."""
    day, forward = ladder_day(count=3)
    resting = {row["strike"]: row for row in chain_of(day, forward)[0].to_pylist() if row["ts_window_end"] == day.ends[1]}
    day.statistics = [open_interest(10, day.ends[1] - 1, 100)]
    late = {row["strike"]: row for row in chain_of(day, forward)[0].to_pylist() if row["ts_window_end"] == day.ends[1]}
    day.statistics = [open_interest(10, day.ends[0] - 1, 100)]
    early = {row["strike"]: row for row in chain_of(day, forward)[0].to_pylist() if row["ts_window_end"] == day.ends[1]}
    for found, held in ((resting, "resting_size"), (late, "resting_size"), (early, "open_interest")):
        row = found[6025.0]
        assert row["gamma_se"] > 0
        net = row[f"call_{held}"] - (row[f"put_{held}"] or 0.0)
        assert row["net_gex_se"] == pytest.approx(row["gamma_se"] * abs(net) * 50 * 6010.0**2 * 0.01, rel=1e-12)
    assert early[6050.0]["net_gex_se"] is None
    assert late[6025.0]["call_open_interest"] == 100


def test_the_choice_of_a_weight_does_not_depend_on_how_windows_are_grouped():
    day, forward = ladder_day(count=4)
    day.statistics = [open_interest(10, day.ends[1] - 1, 100)]
    whole, one_by_one = (chain_of(day, forward, per_group=count)[0].to_pylist() for count in (240, 1))
    assert whole == one_by_one
    assert {row["net_gex_se"] is None for row in whole} == {False}


def test_without_an_error_of_the_forward_gamma_has_none():
    day, forward = ladder_day()
    forward[0]["forward_se"] = None
    for row in chain_of(day, forward)[0].to_pylist():
        assert row["gamma"] > 0
        assert (row["gamma_se"], row["net_gex_se"]) == (None, None)


def test_late_open_interest_counts_from_then_on():
    day, forward = ladder_day(count=3)
    day.statistics = [open_interest(10, day.ends[0], 100), open_interest(10, day.ends[1], 70)]
    rows = [row for row in chain_of(day, forward)[0].to_pylist() if row["strike"] == 6025.0]
    assert [row["call_open_interest"] for row in rows] == [None, 100, 70]
    assert [row["put_open_interest"] for row in rows] == [None] * 3
    assert rows[0]["call_gex_oi"] is rows[0]["call_oi_plus_flow"] is None
    assert rows[1]["call_gex_oi"] == pytest.approx(rows[1]["gamma"] * 100 * 50 * 6010.0**2 * 0.01)


def test_spreads_and_outright_flow_make_the_inventory_of_the_passive():
    day, forward = ladder_day(count=2)
    for row in day.quotes:
        if row["instrument_id"] == 10:
            row["aggressor_net"] = 4
    legs = [(10, 2, "A"), (11, 1, "B")]
    day.trades = [
        trade(0, 10, MIDNIGHT, side="B", size=4),
        trade(1, 999, MIDNIGHT, side="B", size=3, legs=legs),
        trade(2, 999, day.ends[0], side="N", size=1, legs=legs),
    ]
    day.statistics = [open_interest(10, MIDNIGHT, 100)]
    rows = [row for row in chain_of(day, forward)[0].to_pylist() if row["strike"] == 6025.0]
    assert [row["call_flow_inventory"] for row in rows] == [-(4 - 6)] * 2
    assert [row["put_flow_inventory"] for row in rows] == [-3] * 2
    assert [row["call_volume"] for row in rows] == [4 + 6, 4 + 6 + 2]
    assert [row["call_oi_plus_flow"] for row in rows] == [101.0] * 2
    assert rows[0]["put_gex_flow"] == pytest.approx(rows[0]["gamma"] * 3 * 50 * 6010.0**2 * 0.01)


def test_a_right_that_is_not_listed_has_no_weights_and_a_strike_without_both_no_row():
    day, forward = ladder_day(count=2)
    for row in day.instruments:
        if row["strike"] == 6075.0 or (row["strike"], row["right"]) == (6050.0, "C"):
            row["ts_listed"] = day.ends[0]
    first, second = (
        {row["strike"]: row for row in chain_of(day, forward)[0].to_pylist() if row["ts_window_end"] == end} for end in day.ends
    )
    assert 6075.0 not in first
    assert 6075.0 in second
    row = first[6050.0]
    assert {row[name] for name in row if name.startswith("call_") and name not in ("call_delta", "call_charm")} == {None}
    assert row["iv_status"] == "NO_QUOTE"
    assert row["put_resting_size"] is not None
    assert second[6050.0]["iv_status"] == "OK"


def test_the_successor_takes_over_when_the_front_expires():
    day, forward = day_of(FRONT, NEXT)
    found, _ = chain_of(day, forward)
    for row in found.to_pylist():
        assert row["underlying"] == ("ESH6" if row["ts_window_end"] < SWITCH else "ESM6")
    assert set(found.column("ts_window_end").to_pylist()) == set(day.ends)


@pytest.mark.parametrize("per_group", [1, 3, 7])
def test_any_grouping_gives_the_same_rows(per_group):
    day, forward = day_of(FRONT, NEXT)
    assert chain_of(day, forward, expirations=2, per_group=per_group)[0].equals(chain_of(day, forward, expirations=2)[0])


@pytest.mark.parametrize("cells", [1, 300])
def test_any_number_of_windows_at_once_gives_the_same_rows(cells, monkeypatch):
    day, forward = day_of(FRONT, NEXT)
    whole, _ = chain_of(day, forward, expirations="all")
    monkeypatch.setattr("gex_assets.stages.silver.gex_chain._CELLS_AT_ONCE", cells)
    assert chain_of(day, forward, expirations="all")[0].equals(whole)


@pytest.mark.parametrize("unlisted", [0.0, 0.2])
def test_rows_of_several_underlyings_come_by_window_expiration_and_strike(unlisted):
    """Where every strike is there in every window, and where some are missing."""
    day, forward = day_of(NEXT, FAR, Series(MIDNIGHT + 40 * DAY, "ESM6", (5900.0, 6000.0)), unlisted=unlisted)
    whole, _ = chain_of(day, forward, expirations="all")
    keys = list(zip(*(whole.column(name).to_pylist() for name in ("ts_window_end", "ts_expiration", "strike")), strict=True))
    assert keys == sorted(set(keys))
    assert {key[0] for key in keys} == set(day.ends)
    strikes = {key[1:] for key in keys}
    assert len({expiration for expiration, _ in strikes}) == 3
    assert (len(keys) == len(day.ends) * len(strikes)) is (unlisted == 0.0)
    assert chain_of(day, forward, expirations="all", per_group=1)[0].to_pylist() == whole.to_pylist()


def test_a_row_does_not_know_what_comes_later():
    """Neither later records nor strikes that are listed later change a row."""
    day, forward = day_of(FRONT, NEXT)
    whole, _ = chain_of(day, forward, expirations="all")
    last = day.ends[4]
    early = [row | {"ts_listed": None if (row["ts_listed"] or last) >= last else row["ts_listed"]} for row in day.instruments]
    cut = MadeUpDay(
        ends=day.ends[:5],
        instruments=[row for row in early if row["ts_listed"] is not None],
        quotes=[row for row in day.quotes if row["ts_window_end"] <= last],
        statistics=[row for row in day.statistics if row["ts_recv"] < last],
        trades=[row for row in day.trades if row["ts_recv"] < last],
    )
    found, _ = chain_of(cut, [row for row in forward if row["ts_window_end"] <= last], expirations="all")
    assert found.num_rows > 0
    assert found.cast(whole.schema).to_pydict() == whole.slice(0, found.num_rows).to_pydict()
    assert max(whole.slice(found.num_rows).column("ts_window_end").to_pylist()) > last
    assert min(whole.slice(found.num_rows).column("ts_window_end").to_pylist()) > last


def test_only_the_named_columns_are_needed():
    day, forward = day_of(NEXT)
    groups = [group.select(QUOTE_COLUMNS) for group in day.groups()]
    prices = [forward_table(forward).select(FORWARD_COLUMNS)]
    projected, _ = chain_of(day, forward, groups=groups, forward_groups=prices)
    assert projected.equals(chain_of(day, forward)[0])


def test_empty_inputs_give_no_rows():
    nothing = MadeUpDay(ends=[])
    assert chain_of(nothing, [])[0] is None
    found, _ = chain_of(nothing, [], groups=[SILVER_OPTION_QUOTES.empty()])
    assert (found.num_rows, found.schema) == (0, SILVER_GEX_CHAIN.arrow_schema())
    day, forward = day_of(FRONT)
    found, _ = chain_of(MadeUpDay(ends=day.ends, quotes=day.quotes), forward)
    assert (found.num_rows, found.schema) == (0, SILVER_GEX_CHAIN.arrow_schema())


def test_groups_after_the_last_expiration_are_empty_tables():
    day, forward = day_of(FRONT)
    inputs = day.inputs
    tables = list(
        gex_chain(
            day.groups(2),
            instruments=inputs["instruments"],
            forward=[forward_table(forward)],
            statistics=inputs["statistics"],
            trades=inputs["trades"],
            product="ES",
            rate=RATE,
            open_ratio=0.5,
            expirations="front",
            tally=Counter(),
        )
    )
    assert len(tables) == 5
    assert [table.num_rows > 0 for table in tables] == [True, True, True, False, False]
    assert all(table.schema == SILVER_GEX_CHAIN.arrow_schema() for table in tables)


def test_only_a_complete_book_says_what_rests():
    """Without it depth is only what has come since: size and exposure by it are missing, open interest is not."""
    day, forward = ladder_day()
    day.statistics.append(open_interest(book_of(day, 6025.0, "C")["instrument_id"], MIDNIGHT, 700))
    for right in "CP":
        book_of(day, 6025.0, right)["is_complete"] = False
    found = by_strike(chain_of(day, forward)[0])
    row = found[6025.0]
    for name in ("call_resting_size", "put_resting_size", "call_gex_resting", "put_gex_resting"):
        assert row[name] is None
    assert row["call_open_interest"] == 700
    assert row["call_gex_oi"] > 0
    assert row["iv_mid"] == pytest.approx(0.15, abs=1e-9)
    assert (row["call_flow_inventory"], row["call_volume"]) == (0, 0)
    assert found[6000.0]["call_gex_resting"] > 0


def test_an_option_whose_claims_have_ended_has_no_weight_by_its_book():
    day, forward = ladder_day(count=3)
    number = book_of(day, 6025.0, "C")["instrument_id"]
    day.quotes = [row for row in day.quotes if row["instrument_id"] != number or row["ts_window_end"] != day.ends[1]]
    rows = [row for row in chain_of(day, forward)[0].to_pylist() if row["strike"] == 6025.0]
    assert [row["call_resting_size"] for row in rows] == [3 + number, None, 3 + number]
    assert [row["call_flow_inventory"] for row in rows] == [0, None, 0]
    assert [row["put_resting_size"] is None for row in rows] == [False, False, False]
