"""The staged profiles: what they list, the story of their price, and the truth of every series."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import numpy as np
import pytest

from gex_assets.errors import SettingsError
from gex_assets.market.expirations import chicago_ns
from gex_assets.market.products import product
from gex_assets.market.symbols import OptionSymbol, parse_option
from gex_assets.sample.course import OPEN
from gex_assets.sample.market import make_sample
from gex_assets.sample.market_day import MarketDay, market_day
from gex_assets.sample.profile import PROFILES, profile, with_families
from gex_assets.sample.staging import attractions, stage
from gex_assets_tests.sample.made_up_samples import TUESDAY, Made
from gex_assets_tests.sample.plain_book import PlainBook, plain_rows

NS = 10**9
LAST_HALF_HOUR = (time(20, 40), time(21, 2))


@pytest.fixture(scope="session")
def lively(make: Callable[..., Made]) -> Made:
    """Ten minutes of a staged day."""
    return make(profile="lively", dbn_version=3)


@pytest.fixture(scope="session")
def expiring(make: Callable[..., Made]) -> Made:
    """The end of the dailies, 21:00 UTC, in the middle of a request."""
    return make(profile="lively", session=LAST_HALF_HOUR)


def day_of(day: date, name: str = "ES", seed: int = 7, which: str = "lively") -> MarketDay:
    return market_day(product=product(name), day=day, session=None, profile=profile(which), seed=seed)


def test_every_record_refers_to_what_rests_and_no_book_is_crossed(lively: Made, expiring: Made) -> None:
    for made in (lively, expiring):
        book = PlainBook()
        book.apply_all(made.records("option_mbo"))
        assert book.complaints == {}
        assert book.crossed == []


def test_the_nearest_two_afternoons_and_two_quarterlies_are_listed(lively: Made) -> None:
    assert [one.symbol for one in lively.market.listing.series] == ["E1BF6", "E1CF6", "ESH6", "ESM6"]
    assert [one.contract.symbol for one in lively.market.listing.series] == ["ESH6", "ESH6", "ESH6", "ESM6"]


def test_symbols_mean_what_the_definitions_say(lively: Made) -> None:
    by_symbol = {option.symbol: option for option in lively.market.listing.options}
    rows = lively.records("option_definition")
    seen = Counter[str]()
    for row in rows[rows["security_update_action"] == b"A"]:
        option = by_symbol.get(row["raw_symbol"].decode())
        if option is None:
            continue
        symbol = parse_option(option.symbol, product="ES", on=lively.day, families=["quarterly", "daily"])
        assert isinstance(symbol, OptionSymbol)
        assert row["expiration"] == symbol.ts_expiration == option.series.ts_expiration
        assert row["underlying"].decode() == symbol.underlying
        assert row["strike_price"] == option.strike * NS
        assert row["cfi"].decode() == f"O{option.right}{'A' if symbol.exercise == 'american' else 'E'}FPS"
        seen[option.series.symbol] += 1
    assert min(seen.values()) > 50
    assert len(seen) == 4


def test_the_request_names_every_root(lively: Made) -> None:
    assert lively.header("option_mbo").symbols == ("ES.OPT", "E1A.OPT", "E1B.OPT", "E1C.OPT")


def test_dailies_have_strikes_five_points_apart_near_the_money_and_wide_ones_the_venues_number() -> None:
    near, wide = (
        {one.strike for one in day_of(TUESDAY, which=which).listing.options if one.series.symbol == "E1BF6"}
        for which in ("lively", "wide")
    )
    for strikes in (near, wide):
        assert set(range(6850, 7000, 5)) <= strikes
    assert 80 < len(near) < 100
    assert 325 <= len(wide) <= 388


@pytest.mark.parametrize("day", [date(2026, 1, 9), date(2026, 1, 30), date(2026, 3, 20), date(2026, 6, 18), date(2026, 11, 25)])
@pytest.mark.parametrize("name", ["ES", "NQ", "RTY", "YM"])
def test_ids_are_given_once_and_every_series_has_a_future(day: date, name: str) -> None:
    listing = day_of(day, name).listing
    assert len(set(listing.ids.values())) == len(listing.ids) == len(listing.options) + len(listing.spreads)
    assert len({one.ts_expiration for one in listing.series}) == len(listing.series) >= 3
    assert all(one.contract in listing.contracts for one in listing.series)


def test_a_daily_keeps_strikes_and_numbers_until_it_expires() -> None:
    monday, tuesday = (
        {one.symbol: one.instrument_id for one in day_of(day).listing.options if one.series.symbol == "E1BF6"}
        for day in (date(2026, 1, 5), TUESDAY)
    )
    assert monday == tuesday != {}


@pytest.mark.parametrize("seed", range(20))
def test_one_wall_holds_and_one_breaks(seed: int) -> None:
    day = [date(2026, 1, 6), date(2026, 1, 9), date(2026, 7, 8), date(2026, 4, 14)][seed % 4]
    market, told = day_of(day, seed=seed), stage(product="ES", day=day, seed=seed)
    course = market.course()
    moments = course.start_ns + course.step_ns * np.arange(len(course.price))
    is_open = market.path.phase == OPEN
    before_close = is_open & (moments < chicago_ns(day, time(15)))
    price = course.price[before_close]
    travelled = (course.price[is_open].max() - course.price[is_open].min()) / price[0]
    assert 0.008 < travelled < 0.014
    assert told.call_wall - 6 < price.max() < told.call_wall
    near = np.flatnonzero(price > told.call_wall - 6)
    away = np.flatnonzero(price < told.call_wall - 6)
    assert np.count_nonzero((away > near[0]) & (away < near[-1])) > 1000  # it came, left and came again
    first_below = int(np.flatnonzero(price < told.put_wall)[0])
    assert first_below > near[-1]
    assert price.min() < told.put_wall - 10
    assert price[-1] < told.put_wall
    assert np.all(price[: near[0]] > told.put_wall)


def test_seed_and_day_decide_and_a_part_of_a_day_is_a_part_of_its_story() -> None:
    whole = day_of(TUESDAY)
    part = market_day(
        product=product("ES"), day=TUESDAY, session=(time(16), time(18)), profile=profile("lively"), seed=7
    ).course()
    first = (part.start_ns - whole.path.start_ns) // part.step_ns
    away = part.price - whole.course().price[first : first + len(part.price)]
    assert np.abs(away).max() < 20
    ranges = {stage(product="ES", day=TUESDAY, seed=seed).price for seed in range(5)}
    assert len(ranges) == 5


def test_a_sunday_has_no_story() -> None:
    sunday = date(2026, 1, 11)
    assert len(stage(product="ES", day=sunday, seed=7).at) == 2
    market = day_of(sunday)
    assert np.ptp(market.course().price[market.path.phase == OPEN]) < 20


def test_open_interest_is_concentrated_on_round_strikes_and_walls(lively: Made) -> None:
    rows = lively.records("option_statistics")
    own = rows[(rows["stat_type"] == 9) & (rows["quantity"] < 2**31)]
    known = dict(own[["instrument_id", "quantity"]].tolist())
    told = stage(product="ES", day=lively.day, seed=7)
    daily = [one for one in lively.market.listing.options if one.series.symbol == "E1BF6"]
    total = sum(known.get(one.instrument_id, 0) for one in daily)
    round_ = [one for one in daily if one.strike % 25 == 0 and abs(one.strike - told.put_wall) < 100]
    assert sum(known.get(one.instrument_id, 0) for one in round_) > 0.6 * total
    largest = {right: max((known.get(one.instrument_id, 0), one.strike) for one in daily if one.right == right) for right in "CP"}
    assert largest["C"][1] == told.call_wall
    assert largest["P"][1] == told.put_wall


def test_customers_trade_at_few_strikes() -> None:
    market = day_of(TUESDAY)
    preferred = attractions(market.listing, stage(product="ES", day=TUESDAY, seed=7))
    assert {market.listing.options[one.option].series.symbol for one in preferred} == {"E1BF6", "ESH6"}
    assert 0.5 < sum(one.share for one in preferred) < 0.8


def test_dailies_have_no_rows_and_few_records_after_their_expiration(expiring: Made) -> None:
    expired = next(one for one in expiring.market.listing.series if one.symbol == "E1BF6")
    windows = expiring.truth("windows").to_pandas()
    own = windows[windows["ts_expiration"] == expired.ts_expiration]
    assert own["ts_window_end"].max() == expired.ts_expiration - 5 * NS
    assert windows["ts_window_end"].max() > expired.ts_expiration
    ids = [one.instrument_id for one in expiring.market.listing.options if one.series == expired]
    records = expiring.records("option_mbo")
    late = records[np.isin(records["instrument_id"], ids) & (records["ts_event"] > expired.ts_expiration + NS)]
    assert not len(late)


def test_levels_of_every_series_follow_from_true_gammas_and_open_interest(lively: Made) -> None:
    levels = lively.truth("series_levels").to_pandas()
    assert set(levels["ts_expiration"]) == {one.ts_expiration for one in lively.market.listing.series}
    first = lively.truth("levels").to_pandas()
    own = levels[levels["ts_expiration"] == levels["ts_expiration"].min()].drop(columns="ts_expiration").reset_index(drop=True)
    assert own.equals(first)
    statistics = lively.records("option_statistics")
    known = statistics[(statistics["stat_type"] == 9) & (statistics["ts_recv"] < lively.market.path.start_ns)]
    latest = {number: quantity for number, quantity in known[["instrument_id", "quantity"]].tolist() if quantity < 2**31 - 1}
    surface = lively.truth("surface").to_pandas()
    end = surface["ts_window_end"].iloc[len(surface) // 2]
    for series in lively.market.listing.series:
        by_strike: dict[float, float] = defaultdict(float)
        for option in lively.market.listing.options:
            if option.series == series:
                by_strike[option.strike] += latest.get(option.instrument_id, 0) * (1 if option.right == "C" else -1)
        at = surface[(surface["ts_window_end"] == end) & (surface["ts_expiration"] == series.ts_expiration)]
        (row,) = levels[(levels["ts_window_end"] == end) & (levels["ts_expiration"] == series.ts_expiration)].itertuples()
        net = at["gamma"] * row.reference_price**2 * 0.01 * 50 * at["strike"].map(by_strike)
        assert abs(net.sum() - row.net_gex_usd) < 0.04 * row.gross_gex_usd  # the surface ends at 2.5 standard deviations


def test_inventories_add_up(lively: Made) -> None:
    passive: dict[int, int] = defaultdict(int)
    for row in plain_rows(lively.records("option_mbo")):
        if row["action"] == "T":
            passive[row["instrument_id"]] -= row["size"] * {"B": 1, "A": -1, "N": 0}[row["side"]]
    last = lively.truth("inventory").to_pandas().groupby("instrument_id")["passive"].last()
    assert {k: v for k, v in last.items() if v} == {
        k: v for k, v in passive.items() if v and k in {one.instrument_id for one in lively.market.listing.options}
    }


def test_families_choose_what_is_listed(make: Callable[..., Made]) -> None:
    made = make(profile=with_families(profile("small"), ("weekly", "eom")), session=(time(14, 30), time(14, 31)))
    assert [one.symbol for one in made.market.listing.series] == ["EW2F6", "EW3F6"]
    with pytest.raises(SettingsError, match="Expected families of quarterly, weekly, daily, eom, was 'monthly'"):
        with_families(profile("small"), ("monthly",))
    with pytest.raises(SettingsError, match="no budget"):
        with_families(profile("full"), ("weekly",))


def test_families_that_a_product_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Expected families of quarterly, weekly, was 'daily'"):
        with_families(profile("small"), ("weekly", "daily"), listed=product("YM").families)
    dailies = with_families(profile("small"), ("daily",))
    with pytest.raises(SettingsError, match=r"Expected a family of options that YM has \(quarterly, weekly\), was daily"):
        make_sample(tmp_path, start=date(2026, 1, 6), days=1, seed=7, profile=dailies, product="YM")
    assert not any(tmp_path.iterdir())


def test_only_profiles_that_say_so_are_staged() -> None:
    assert {name for name, one in PROFILES.items() if one.is_staged} == {"lively", "wide"}
