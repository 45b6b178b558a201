from __future__ import annotations

import json
import re

import databento
import pytest

from gex_assets.errors import SymbolError
from gex_assets.market.products import FAMILIES, PRODUCTS, classify_request, product
from gex_assets_tests.shared_data import shared_data


def test_multipliers_are_the_contracts() -> None:
    assert {name: one.multiplier for name, one in PRODUCTS.items()} == {"ES": 50.0, "NQ": 20.0, "RTY": 50.0, "YM": 5.0}


def test_the_error_of_a_sure_forward_grows_with_the_price_and_is_three_ticks_for_es() -> None:
    prices = {"ES": 6_905.0, "NQ": 25_300.0, "RTY": 2_540.0, "YM": 48_900.0}
    for name, one in PRODUCTS.items():
        expected = max(3 * one.option_tick, 0.15 * prices[name] / prices["ES"])
        assert one.sure_forward_se == pytest.approx(expected, abs=0.02)
    assert PRODUCTS["ES"].sure_forward_se == 0.15


def test_the_option_roots_of_es_by_family() -> None:
    roots = PRODUCTS["ES"].option_roots
    by_family = {family: [root for root, one in roots.items() if one.family == family] for family in FAMILIES}
    assert by_family["quarterly"] == ["ES"]
    assert by_family["weekly"] == ["EW1", "EW2", "EW3", "EW4"]
    assert by_family["eom"] == ["EW"]
    assert sorted(by_family["daily"]) == sorted(f"E{n}{letter}" for n in range(1, 6) for letter in "ABCDE")


def test_no_root_belongs_to_two_products() -> None:
    roots = [root for one in PRODUCTS.values() for root in one.option_roots]
    assert len(roots) == len(set(roots))
    assert all(re.fullmatch("[A-Z0-9]{1,4}", root) for root in roots)
    assert all(one.source for one in PRODUCTS.values())


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        (["ES.OPT"], ("ES", "future_option")),
        (["EW1.OPT", "E1A.OPT", "EW.OPT"], ("ES", "future_option")),
        (["ESM4 P5230", "ESM4 P5250"], ("ES", "future_option")),
        (["RTO.OPT"], ("RTY", "future_option")),
        (["OYMH6 C45000"], ("YM", "future_option")),
        (["ES.FUT"], ("ES", "future")),
        (["ESH4"], ("ES", "future")),
        (["ESH4", "ESH4-ESM4"], ("ES", "future")),
        (["UD:1V: GN 3067770", "ESH6 C6900"], ("ES", "future_option")),
    ],
)
def test_requests_are_told_apart(symbols: list[str], expected: tuple[str, str]) -> None:
    assert classify_request(symbols) == expected


@pytest.mark.parametrize(
    "symbols",
    [
        [],
        ["ALL_SYMBOLS"],
        ["ES.OPT", "NQ.OPT"],
        ["ES.OPT", "ES.FUT"],
        ["CL.OPT"],
        ["UD:1V: GN 1"],
        ["UD:1V: GN 1", "CL.OPT"],
        ["RTO.FUT"],
        ["ES"],
    ],
)
def test_requests_of_nothing_or_of_several_things_are_refused(symbols: list[str]) -> None:
    with pytest.raises(SymbolError, match="Expected"):
        classify_request(symbols)


@pytest.mark.parametrize("symbols", [["ES.c.0"], ["ES.n.0"], ["ES.v.1"], ["ESH6", "ES.c.0"], ["ES.FUT", "NQ.v.12"]])
def test_continuous_symbols_mean_another_contract_after_a_roll_and_are_refused(symbols: list[str]) -> None:
    with pytest.raises(SymbolError, match=r"was the continuous symbol '\w+\.[cnv]\.\d+'\. Ask for a parent such as ES\.FUT"):
        classify_request(symbols)


@pytest.mark.parametrize(
    ("symbols", "absent"),
    [
        (["ES.OPT", "EW5.OPT"], ["EW5.OPT"]),
        (["ES.OPT", "NQ.OPT"], ["NQ.OPT"]),
        (["ES.OPT"], ["ES.OPT"]),
        (["ES.OPT", "EW5.OPT"], ["ES.OPT", "EW5.OPT"]),
        (["ESH6 C6900", "nonsense", "ES.c.0"], ["nonsense", "ES.c.0"]),
    ],
)
def test_names_that_were_not_found_do_not_decide(symbols: list[str], absent: list[str]) -> None:
    assert classify_request(symbols, not_found=absent) == ("ES", "future_option")


def test_names_that_were_found_decide_even_if_others_were_not() -> None:
    for symbols, absent in ((["ES.OPT", "EW5.OPT"], ["ES.OPT"]), (["ES.OPT", "NQ.OPT", "X"], ["X"]), (["X"], ["X"])):
        with pytest.raises(SymbolError, match="Expected"):
            classify_request(symbols, not_found=absent)


def test_a_long_request_is_shortened_in_the_message() -> None:
    with pytest.raises(SymbolError, match="and 995 more"):
        classify_request(["ES.OPT"] * 999 + ["ES.FUT"])


def test_real_requests_are_told_apart() -> None:
    metadata = json.loads(shared_data("sidecars/es_opt_mbo.metadata.json").read_text())
    assert classify_request(metadata["query"]["symbols"]) == ("ES", "future_option")
    for name, kind in {
        "definition-glbx-es-opt": "future_option",
        "es_options_definition_2024-05": "future_option",
        "esh4-glbx-mdp3-20231225.mbo": "future",
    }.items():
        symbols = databento.DBNStore.from_file(shared_data(f"dbn/{name}.dbn.zst")).metadata.symbols
        assert classify_request(symbols) == ("ES", kind)


def test_an_unknown_product_is_named() -> None:
    assert product("ES").name == "ES"
    with pytest.raises(SymbolError, match="Expected a product of ES, NQ, RTY, YM, was 'es'"):
        product("es")
