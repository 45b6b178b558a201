from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import databento
import numpy as np
import pytest

from gex_assets.market.expirations import expiration_ns, quarterly_expiration
from gex_assets.market.symbols import OptionSymbol, Refusal, parse_option
from gex_assets_tests.sample.made_up_samples import TUESDAY, Made
from gex_assets_tests.shared_data import shared_data

NS = 10**9
MIDNIGHT = 1_767_657_600 * NS
UNDEFINED = 2**63 - 1


def decoded(made: Made) -> list[Any]:
    return list(databento.DBNStore.from_file(made.path("option_definition")))


@pytest.mark.parametrize("which", ["busy", "version_three"])
def test_outrights_decode_to_what_their_symbols_say(request: pytest.FixtureRequest, which: str) -> None:
    made: Made = request.getfixturevalue(which)
    found = 0
    for one in decoded(made):
        said = parse_option(one.raw_symbol, product="ES", on=made.day, families=["quarterly"])
        if isinstance(said, Refusal):
            assert said is Refusal.USER_DEFINED_SPREAD
            continue
        assert isinstance(said, OptionSymbol)
        found += 1
        assert one.strike_price == round(said.strike * 1e9)
        assert one.expiration == said.ts_expiration
        assert str(one.instrument_class) == said.right
        assert one.underlying == said.underlying
        assert one.unit_of_measure_qty == 50 * NS
        assert one.contract_multiplier == 2**31 - 1
        assert one.min_price_increment == UNDEFINED
        assert one.cfi == ("OCAFPS" if said.right == "C" else "OPAFPS")
        assert (one.security_type, one.exchange, one.asset, one.currency) == ("OOF", "XCME", "ES", "USD")
        assert one.channel_id == 1
    assert found >= 2 * (190 + 141)


def test_the_full_set_comes_at_midnight_with_the_weeks_engine_times(busy: Made) -> None:
    records = busy.records("option_definition")
    first = records[records["ts_recv"] == MIDNIGHT]
    assert len(first) > 600
    assert np.array_equal(first, records[: len(first)])
    assert np.all(first["ts_event"] < MIDNIGHT - 86_400 * NS)
    assert set(np.unique(first["security_update_action"]).tolist()) == {b"A"}


def test_later_ones_list_change_and_take_off(busy: Made) -> None:
    records = busy.records("option_definition")
    later = records[records["ts_recv"] > MIDNIGHT]
    assert set(np.unique(later["security_update_action"]).tolist()) == {b"A", b"M", b"D"}
    assert np.all(np.diff(records["ts_recv"].astype(np.int64)) >= 0)
    added = later[later["security_update_action"] == b"A"]
    orders = busy.records("option_mbo")
    for one in added:
        own = orders[orders["instrument_id"] == one["instrument_id"]]
        assert len(own) == 0 or own["ts_recv"].min() > one["ts_recv"]


def test_version_three_has_a_record_for_every_leg(version_three: Made) -> None:
    records = [one for one in decoded(version_three) if str(one.security_update_action) == "A" and one.leg_count]
    by_spread: dict[int, list[Any]] = {}
    for one in records:
        by_spread.setdefault(one.instrument_id, []).append(one)
    spreads = {spread.instrument_id: spread for spread in version_three.market.listing.spreads}
    assert set(by_spread) == set(spreads)
    for number, legs in by_spread.items():
        spread = spreads[number]
        assert [leg.leg_index for leg in legs] == list(range(len(spread.legs)))
        assert {leg.leg_count for leg in legs} == {len(spread.legs)}
        for leg, place, ratio in zip(legs, spread.legs, spread.ratios, strict=True):
            option = version_three.market.listing.options[place]
            assert leg.leg_instrument_id == option.instrument_id
            assert leg.leg_raw_symbol == option.symbol
            assert str(leg.leg_side) == ("B" if ratio > 0 else "A")
            assert (leg.leg_ratio_qty_numerator, leg.leg_ratio_qty_denominator) == (abs(ratio), 1)
        assert str(legs[0].instrument_class) == "T"
        assert legs[0].raw_symbol == spread.symbol


def test_version_one_has_spreads_without_legs(busy: Made) -> None:
    records = busy.records("option_definition")
    spreads = records[records["instrument_class"] == b"T"]
    assert "leg_count" not in (records.dtype.names or ())
    assert len(np.unique(spreads["instrument_id"])) == len(busy.market.listing.spreads)


def test_values_are_those_of_a_real_definition(version_three: Made) -> None:
    real = next(iter(databento.DBNStore.from_file(shared_data("dbn/es_option_definition_v3.dbn.zst"))))
    own = next(one for one in decoded(version_three) if one.raw_symbol.startswith("ESM6 C"))
    same = [
        "display_factor high_limit_price low_limit_price max_price_variation unit_of_measure_qty min_price_increment",
        "min_price_increment_amount price_ratio inst_attrib_value market_depth_implied market_depth market_segment_id",
        "max_trade_vol min_trade_vol contract_multiplier decay_quantity original_contract_size appl_id decay_start_date",
        "channel_id currency settl_currency secsubtype group exchange asset cfi security_type unit_of_measure",
        "strike_price_currency match_algorithm main_fraction price_display_format sub_fraction underlying_product",
        "maturity_day maturity_week user_defined_instrument contract_multiplier_unit flow_schedule_type tick_rule leg_count",
        "leg_index leg_side leg_price leg_delta leg_instrument_id",
    ]
    for name in " ".join(same).split():
        assert getattr(own, name) == getattr(real, name), name


def test_a_strike_listed_later_comes_in_the_middle_of_its_day(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 1, 13), session=(time(14, 10), time(14, 20)))
    records = made.records("option_definition")
    own = records[records["raw_symbol"] == b"ESH6 C7725"]
    assert len(own) == 1
    assert own["ts_recv"][0] == MIDNIGHT + 7 * 86_400 * NS + (14 * 60 + 15) * 60 * NS + 350_000
    orders = made.records("option_mbo")
    first = orders["ts_recv"][orders["instrument_id"] == own["instrument_id"][0]].min()
    assert own["ts_recv"][0] < first < own["ts_recv"][0] + 60 * NS


def test_on_sundays_definitions_come_with_the_start_up(make: Callable[..., Made]) -> None:
    made = make(start=date(2026, 1, 11), session=(time(23, 0), time(23, 1)))
    records = made.records("option_definition")
    assert records["ts_recv"][0] > MIDNIGHT + 5 * 86_400 * NS + 12 * 3600 * NS


def test_the_listed_series_are_the_next_quarterlies(busy: Made) -> None:
    moments = {contract.symbol: contract.ts_expiration for contract in busy.market.listing.contracts}
    assert moments == {
        "ESH6": expiration_ns(quarterly_expiration(2026, 3), "am"),
        "ESM6": expiration_ns(quarterly_expiration(2026, 6), "am"),
    }
    assert busy.day == TUESDAY
