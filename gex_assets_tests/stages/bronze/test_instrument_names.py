from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.market.symbols import Refusal
from gex_assets.stages.bronze.instrument_names import InstrumentNames, future_names, names_hold, option_names
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT
from gex_assets_tests.stages.bronze.made_up_bronze import defined, mapped


def named(*tables: pa.Table, definitions: pa.Table | None = None, families: tuple[str, ...] = ("quarterly",)) -> Any:
    tally: Counter[str] = Counter()
    names = option_names(mapped=tables, definitions=definitions, product="ES", day=DAY, families=families, tally=tally)
    return names, dict(tally)


def outrights(names: InstrumentNames[Any]) -> dict[int, str]:
    return {one: symbol.raw_symbol for one, symbol in names.outrights.items()}


def test_outrights_are_kept_and_everything_else_has_a_reason() -> None:
    names, tally = named(
        mapped(
            [
                (11, "ESH6 C6900"),
                (12, "ESH6 P6912.5"),
                (31, "UD:1V: GN 3067770"),
                (32, "ESH6-ESM6"),
                (33, "EW2F6 C6900"),
                (34, "NQH6 C20000"),
                (35, "what is this"),
            ]
        )
    )
    assert outrights(names) == {11: "ESH6 C6900", 12: "ESH6 P6912.5"}
    assert {one: refused.reason for one, refused in names.refused.items()} == {
        31: Refusal.USER_DEFINED_SPREAD,
        32: Refusal.CALENDAR_SPREAD,
        33: Refusal.OTHER_FAMILY,
        34: Refusal.OTHER_ROOT,
        35: Refusal.UNPARSEABLE,
    }
    assert tally == {reason.value: 1 for reason in Refusal} | {"other_family_weekly": 1}


def test_symbols_of_several_headers_count_once() -> None:
    same = mapped([(11, "ESH6 C6900"), (31, "UD:1V: GN 3067770")])
    names, tally = named(same, same, same)
    assert outrights(names) == {11: "ESH6 C6900"}
    assert tally == {"user_defined_spread": 1}


def test_the_first_header_is_believed() -> None:
    names, tally = named(mapped([(11, "ESH6 C6900")]), mapped([(11, "ESH6 C7000"), (12, "ESH6 C6900")]))
    assert outrights(names) == {11: "ESH6 C6900"}
    assert tally == {"conflicting_mapping": 2}


def test_a_name_ends_where_a_definition_gives_the_id_away() -> None:
    own, other = {"instrument_id": 11, "raw_symbol": "ESH6 C6900"}, {"instrument_id": 11, "raw_symbol": "UD:1V: VT 1"}
    names, _ = named(mapped([(11, "ESH6 C6900"), (12, "ESH6 P6900")]))
    never = 2**63 - 1

    def hold(*said: tuple[int, dict[str, Any]]) -> dict[int, Any]:
        return names_hold(names, defined([{**row, "ts_recv": MIDNIGHT + at} for at, row in said]))

    assert hold() == hold((0, own)) == hold((0, own), (5, own)) == hold((3, other)) == hold((3, other), (7, own)) == {}
    assert hold((0, own), (5, other)) == {11: ((-(2**63), MIDNIGHT + 5),)}
    assert hold((0, own), (5, other), (6, other), (9, own)) == {11: ((-(2**63), MIDNIGHT + 5), (MIDNIGHT + 9, never))}
    assert hold((1, other), (2, own), (5, other)) == {11: ((-(2**63), MIDNIGHT + 5),)}


def test_definitions_name_what_no_header_maps() -> None:
    definitions = defined(
        [
            {"instrument_id": 12, "raw_symbol": "ESH6 P6900"},
            {"instrument_id": 11, "raw_symbol": "ESH6 C6900"},
            {"instrument_id": 13, "raw_symbol": "ESH6 P7000", "ts_recv": MIDNIGHT + 86_400 * 10**9},
        ]
    )
    names, tally = named(mapped([(11, "ESH6 C6900")]), definitions=definitions)
    assert outrights(names) == {11: "ESH6 C6900", 12: "ESH6 P6900"}
    assert tally == {}


def test_families_are_the_settings() -> None:
    names, _ = named(mapped([(1, "EW2F6 C6900"), (2, "E1AF6 C6900"), (3, "EWF6 C1"), (4, "ESH6 C1")]), families=("daily", "eom"))
    assert outrights(names) == {2: "E1AF6 C6900", 3: "EWF6 C1"}


def test_futures_are_outrights_only() -> None:
    tally: Counter[str] = Counter()
    rows = mapped([(17077, "ESH4"), (5, "ESH4-ESM4"), (6, "NQH4"), (7, "ESZ30")])
    names = future_names(mapped=[rows], product="ES", day=date(2023, 12, 25), tally=tally)
    assert outrights(names) == {17077: "ESH4", 7: "ESZ30"}
    assert tally == {"calendar_spread": 1, "other_root": 1}


def test_no_header_is_no_name() -> None:
    names, tally = named()
    assert (names.outrights, names.refused, tally) == ({}, {}, {})


@pytest.mark.parametrize(
    ("second", "contradictions"), [("UD:1V: GN 222", 0), ("UD:1V: VT 111", 0), ("ESH6 C7000", 1), ("ESH6-ESM6", 1)]
)
def test_two_spreads_of_one_id_are_no_contradiction(second: str, contradictions: int) -> None:
    tally: Counter[str] = Counter()
    symbols = mapped([(200, "UD:1V: VT 111"), (200, second)])
    names = option_names(mapped=[symbols], definitions=None, product="ES", day=DAY, families=("quarterly",), tally=tally)
    assert names.refused[200].raw_symbol == "UD:1V: VT 111"
    assert tally["conflicting_mapping"] == contradictions
