from __future__ import annotations

from datetime import date, time

import pytest

from gex_assets.market.products import product
from gex_assets.sample.instruments import SPREAD_KINDS, SPREAD_LEGS, SPREAD_SHARES, Listing, quarterlies
from gex_assets.sample.market_day import market_day
from gex_assets.sample.profile import profile


def listed(day: date, name: str = "ES") -> Listing:
    session = (time(14, 30), time(14, 31))
    return market_day(product=product(name), day=day, session=session, profile=profile("small"), seed=7).listing


def test_outrights_keep_their_numbers_and_puts_and_calls_have_the_same_strikes() -> None:
    days = [listed(date(2026, 1, day)) for day in (6, 7, 8)]
    assert len({frozenset((one.symbol, one.instrument_id) for one in day.options) for day in days}) == 1
    calls = [(one.contract.symbol, one.strike) for one in days[0].options if one.right == "C"]
    puts = [(one.contract.symbol, one.strike) for one in days[0].options if one.right == "P"]
    assert calls == puts


def test_numbers_are_given_once_a_day_in_every_product() -> None:
    numbers: list[int] = []
    for name in ("ES", "NQ", "RTY", "YM"):
        day = listed(date(2026, 1, 6), name)
        numbers += list(day.ids.values())
        numbers += [contract.instrument_id for contract in day.contracts] + [day.calendar_id]
        assert len(day.ids) == len(day.options) + len(day.spreads)
    assert len(set(numbers)) == len(numbers)


def test_spreads_take_numbers_over_from_one_another() -> None:
    tuesday, wednesday = (listed(date(2026, 1, day)) for day in (6, 7))
    before = {spread.instrument_id: spread.symbol for spread in tuesday.spreads}
    after = {spread.instrument_id: spread.symbol for spread in wednesday.spreads}
    assert any(before[number] != after[number] for number in before.keys() & after.keys())
    assert any(before[number] == after[number] for number in before.keys() & after.keys())


def test_legs_are_options_of_the_day_near_the_money() -> None:
    day = listed(date(2026, 1, 6))
    for spread in day.spreads:
        assert len(set(spread.legs)) == len(spread.legs) == len(spread.ratios) >= 2
        assert all(5800 < day.options[leg].strike < 8000 for leg in spread.legs)


def test_a_series_is_listed_until_it_has_expired() -> None:
    symbols = [
        tuple(contract.symbol for contract in quarterlies(product=product("ES"), day=day, count=2))
        for day in (date(2026, 3, 20), date(2026, 3, 22), date(2026, 12, 20))
    ]
    assert symbols == [("ESH6", "ESM6"), ("ESM6", "ESU6"), ("ESH7", "ESM7")]


def test_beyond_two_years_only_decembers_are_listed() -> None:
    def symbols(day: date, count: int) -> list[str]:
        return [contract.symbol for contract in quarterlies(product=product("ES"), day=day, count=count)]

    consecutive = ["ESH6", "ESM6", "ESU6", "ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7"]
    assert symbols(date(2026, 1, 6), 11) == [*consecutive, "ESZ8", "ESZ9", "ESZ0"]
    assert symbols(date(2026, 4, 1), 10) == [*consecutive[1:], "ESH8", "ESZ8", "ESZ9"]


def test_every_kind_of_spread_has_legs() -> None:
    assert set(SPREAD_LEGS) == set(SPREAD_KINDS)
    assert sum(SPREAD_SHARES) == pytest.approx(1.0)
