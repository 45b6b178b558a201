from __future__ import annotations

import json
from datetime import date

import databento
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.errors import SymbolError
from gex_assets.market.expirations import expiration_date
from gex_assets.market.products import MONTH_CODES, PRODUCTS
from gex_assets.market.symbols import FutureSymbol, OptionSymbol, Refusal, parse_future, parse_option
from gex_assets_tests.shared_data import shared_data

ALL_FAMILIES = ("quarterly", "weekly", "daily", "eom")
ON = date(2026, 1, 6)


def _option(symbol: str, *, product: str = "ES", on: date = ON, families: tuple[str, ...] = ALL_FAMILIES) -> OptionSymbol:
    option = parse_option(symbol, product=product, on=on, families=families)
    assert isinstance(option, OptionSymbol), (symbol, option)
    return option


def test_a_quarterly_is_read_whole() -> None:
    option = _option("ESH6 P6912.5")
    assert (option.raw_symbol, option.root, option.family, option.underlying) == ("ESH6 P6912.5", "ES", "quarterly", "ESH6")
    assert (option.right, option.strike, option.multiplier) == ("P", 6912.5, 50.0)
    assert (option.exercise, option.settlement, option.expiration_date) == ("american", "am", date(2026, 3, 20))


def test_all_others_are_european_and_settle_in_the_afternoon() -> None:
    for symbol, family in {"EW2F6 C6000": "weekly", "E1AF6 C6000": "daily", "EWF6 C6000": "eom"}.items():
        option = _option(symbol)
        assert (option.family, option.exercise, option.settlement) == (family, "european", "pm")


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("UD:1V: GN 3067770", Refusal.USER_DEFINED_SPREAD),
        ("ESH6-ESM6", Refusal.CALENDAR_SPREAD),
        ("NQH6 C25000", Refusal.OTHER_ROOT),
        ("EYCH6 C6000", Refusal.OTHER_ROOT),
        ("EW5F6 C6000", Refusal.OTHER_ROOT),
        ("EW2F6 C6000", Refusal.OTHER_FAMILY),
        ("ESF6 C6000", Refusal.OTHER_FAMILY),
        ("ESH6", Refusal.UNPARSEABLE),
        ("ESH6C6000", Refusal.UNPARSEABLE),
        ("ESH6 X6000", Refusal.UNPARSEABLE),
        ("ESH6 C", Refusal.UNPARSEABLE),
        ("ESH6 C6000.", Refusal.UNPARSEABLE),
        ("ESH6 C0", Refusal.UNPARSEABLE),
        ("ESH6 C6000 ", Refusal.UNPARSEABLE),
        ("ESH6 C6000\n", Refusal.UNPARSEABLE),
        ("ESH٦ C6000", Refusal.UNPARSEABLE),
        ("esh6 c6000", Refusal.UNPARSEABLE),
        ("", Refusal.UNPARSEABLE),
    ],
)
def test_what_is_no_outright_quarterly_is_refused_with_a_reason(symbol: str, expected: Refusal) -> None:
    assert parse_option(symbol, product="ES", on=ON, families=("quarterly",)) is expected


def test_a_month_without_a_fifth_monday_has_no_such_option() -> None:
    assert parse_option("E5AG6 C6000", product="ES", on=ON, families=ALL_FAMILIES) is Refusal.UNPARSEABLE
    assert _option("E5AM6 C6000").expiration_date == date(2026, 6, 29)


def test_an_unknown_product_is_an_error() -> None:
    with pytest.raises(SymbolError, match="Expected a product of ES, NQ, RTY, YM, was 'CL'"):
        parse_option("CLH6 C60", product="CL", on=ON, families=ALL_FAMILIES)


def test_the_ladder_of_january_2026_spans_two_decades() -> None:
    # Roots of the outrights in a job of 2026-01-06 … 19; ESZ0 is 2030
    ladder = "ESH6 ESM6 ESU6 ESZ6 ESH7 ESM7 ESU7 ESZ7 ESZ8 ESZ9 ESZ0"
    found = [_option(f"{root} C6000").expiration_date for root in ladder.split()]
    assert found == sorted(found)
    assert [day.year for day in found] == [2026] * 4 + [2027] * 4 + [2028, 2029, 2030]


@st.composite
def _contracts(draw: st.DrawFn) -> tuple[str, str, str, int, str, float]:
    product = draw(st.sampled_from(sorted(PRODUCTS)))
    option_root = draw(st.sampled_from(list(PRODUCTS[product].option_roots.values())))
    month = draw(st.sampled_from(option_root.months))
    return (
        product,
        option_root.root,
        month,
        draw(st.integers(2017, 2040)),
        draw(st.sampled_from("CP")),
        draw(st.integers(1, 99_999)) / 2,
    )


@given(_contracts(), st.sampled_from([1, 2]))
def test_symbols_come_back_as_what_they_were_made_of(contract: tuple[str, str, str, int, str, float], digits: int) -> None:
    product, root, month, year, right, strike = contract
    on = date(year - 1, 12, 1)
    symbol = f"{root}{month}{str(year)[-digits:]} {right}{strike:g}"
    expires = expiration_date(PRODUCTS[product].option_roots[root], year, MONTH_CODES.index(month) + 1)
    option = parse_option(symbol, product=product, on=on, families=ALL_FAMILIES)
    if expires is None:
        # A fifth weekday that this month does not have: refused, or ten years on where that month has it
        assert option is Refusal.UNPARSEABLE or (isinstance(option, OptionSymbol) and option.expiration_date.year == year + 10)
        return
    assert isinstance(option, OptionSymbol)
    assert (option.raw_symbol, option.root, option.right, option.strike) == (symbol, root, right, strike)
    assert option.expiration_date == expires
    assert option.expiration_date >= on
    future = parse_future(option.underlying, product=product, on=on)
    assert isinstance(future, FutureSymbol)
    assert future.ts_expiration >= option.ts_expiration


@given(st.text(max_size=20))
def test_no_text_makes_it_stumble(text: str) -> None:
    option = parse_option(text, product="ES", on=ON, families=ALL_FAMILIES)
    future = parse_future(text, product="ES", on=ON)
    assert isinstance(option, OptionSymbol | Refusal)
    assert isinstance(future, FutureSymbol | Refusal)


def test_futures_are_read() -> None:
    future = parse_future("ESZ0", product="ES", on=ON)
    assert isinstance(future, FutureSymbol)
    assert (future.root, future.year, future.month) == ("ES", 2030, 12)
    assert parse_future("ESH6-ESM6", product="ES", on=ON) is Refusal.CALENDAR_SPREAD
    assert parse_future("UD:1V: GN 1", product="ES", on=ON) is Refusal.USER_DEFINED_SPREAD
    assert parse_future("NQH6", product="ES", on=ON) is Refusal.OTHER_ROOT
    assert parse_future("ESF6", product="ES", on=ON) is Refusal.UNPARSEABLE
    assert parse_future("ESH6 C6000", product="ES", on=ON) is Refusal.UNPARSEABLE


def test_a_real_header_of_august_2023_holds_1944_outright_quarterlies() -> None:
    header = databento.DBNStore.from_file(shared_data("dbn/definition-glbx-es-opt.dbn.zst")).metadata
    read = {
        symbol: parse_option(symbol, product="ES", on=date(2023, 8, 1), families=("quarterly",)) for symbol in header.mappings
    }
    assert len(read) == 11_294
    outrights = [option for option in read.values() if isinstance(option, OptionSymbol)]
    assert len(outrights) == 1_944
    assert {reason for reason in read.values() if isinstance(reason, Refusal)} == {Refusal.USER_DEFINED_SPREAD}
    assert min(option.expiration_date for option in outrights) == date(2023, 9, 15)


def test_a_real_symbology_of_january_2026_holds_2694_outright_quarterlies() -> None:
    symbols = json.loads(shared_data("sidecars/es_opt_mbo.symbology.json").read_text())["result"]
    read = [parse_option(symbol, product="ES", on=ON, families=ALL_FAMILIES) for symbol in symbols]
    assert sum(isinstance(one, OptionSymbol) for one in read) == 2_694
    assert read.count(Refusal.USER_DEFINED_SPREAD) == 4_444
    assert len(read) == 2_694 + 4_444


@pytest.mark.parametrize("name", ["es_options_definition_2024-05", "es_option_definition_v3", "definition-glbx-es-opt"])
def test_real_definitions_say_what_the_symbols_say(name: str) -> None:
    records = list(databento.DBNStore.from_file(shared_data(f"dbn/{name}.dbn.zst")))
    assert records
    for record in records:
        option = _option(record.raw_symbol, on=date(2024, 5, 9) if "M4" in record.raw_symbol else date(2026, 6, 24))
        assert option.ts_expiration == record.expiration
        assert (option.underlying, option.strike) == (record.underlying, record.strike_price / 1e9)
        assert option.multiplier == record.unit_of_measure_qty / 1e9


def test_a_real_header_of_futures_holds_outrights_and_calendars() -> None:
    header = databento.DBNStore.from_file(shared_data("dbn/definition-glbx-es-futspread.dbn.zst")).metadata
    read = [parse_future(symbol, product="ES", on=date(2023, 8, 1)) for symbol in header.mappings]
    assert sum(isinstance(one, FutureSymbol) for one in read) == sum("-" not in symbol for symbol in header.mappings)
    assert {one for one in read if isinstance(one, Refusal)} == {Refusal.CALENDAR_SPREAD}
