"""Files of a few records through Dagster: what is counted is judged, and what holds by time holds in the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gex_assets.defs.checks import JUDGES
from gex_assets.defs.run import DayRun, run_days
from gex_assets.defs.upkeep.refresh import PlannedDay, planned_refresh
from gex_assets.lake.raw.layout import RawKind, raw_file_name, raw_folder
from gex_assets.lake.tables import Lake
from gex_assets.schemas.count_registry import entry_of
from gex_assets.schemas.registry import DAY_TABLES, OPEN_TABLES
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, definitions, mapping, orders, stat_records, write_orders

CALL, PUT, SPREAD, UNMAPPED = 100, 101, 200, 999
HOUR = 3_600 * 10**9
NAMES = {CALL: "ESH6 C6900", PUT: "ESH6 P6900", SPREAD: "UD:1V: VT 111"}
BRONZE = (
    'key:"bronze_option_instruments" or key:"bronze_option_mbo" or key:"bronze_option_trades" or key:"bronze_option_statistics"'
)


def deliver(
    lake: Path, kind: RawKind, records: np.ndarray, *, names: dict[int, str] = NAMES, version: int = 3, job: str = ""
) -> None:
    path = lake / raw_folder(kind=kind, product="ES") / job / raw_file_name(kind=kind, day=DAY)
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = {"option_mbo": "mbo", "future_mbo": "mbo", "option_definition": "definition"}.get(kind, "statistics")
    mappings = [mapping(name, one) for one, name in names.items()]
    asked = {"symbols": ["ES.FUT"]} if kind == "future_mbo" else {}
    write_orders(path, [records], schema=schema, version=version, mappings=mappings, **asked)


def some_orders(ids: list[int]) -> np.ndarray:
    return orders([{"ts_recv": at, "instrument_id": one, "order_id": at + 1} for at, one in enumerate(ids)])


def run(lake: Path, select: str, **choices: Any) -> DayRun:
    (done,) = run_days(settings_for(lake, **choices), [DAY], select=select)
    return done


def rows(lake: Path, name: str) -> list[dict[str, Any]]:
    return Lake(lake).open(name, product="ES", day=DAY).read().to_pylist()


@pytest.mark.parametrize(("unmapped", "share"), [(1_000, "Expected at most 5%"), (1, "Expected at most 0.1%"), (0, None)])
def test_records_of_unmapped_ids_are_judged(tmp_path: Path, unmapped: int, share: str | None) -> None:
    deliver(tmp_path, "option_mbo", some_orders([CALL] * (6 if unmapped == 1_000 else 500) + [UNMAPPED] * unmapped))
    done = run(tmp_path, f"+({BRONZE})")
    said = [text for text in (*done.warnings, *done.failed_checks) if "books_are_sane" in text and "bronze_option_mbo" in text]
    assert done.success
    assert bool(said) == (share is not None)
    assert all(str(share) in text and f"{unmapped:,} unknown_instrument" in text for text in said)


def test_each_file_is_judged_for_itself(tmp_path: Path) -> None:
    """One of ten records of the small file is of an unmapped id: of all it is less than a thousandth."""
    deliver(tmp_path, "option_mbo", some_orders([CALL] * 1_500), names={CALL: NAMES[CALL]})
    small = some_orders([PUT] * 9 + [UNMAPPED])
    deliver(tmp_path, "option_mbo", small, names={PUT: NAMES[PUT]}, job="GLBX-20260107-AAAAAAAAAA")
    done = run(tmp_path, f"+({BRONZE})")
    assert done.success
    said = next(text for text in (*done.warnings, *done.failed_checks) if "bronze_option_mbo.books_are_sane" in text)
    assert "10.0000% of 10 records of one file are of unmapped ids" in said


def test_futures_of_unmapped_ids_are_judged_too(tmp_path: Path) -> None:
    deliver(tmp_path, "future_mbo", some_orders([7, 8, 8]), names={7: "ESH6"})
    done = run(tmp_path, '+key:"bronze_future_mbo"')
    assert any("2 unknown_instrument" in text and "bronze_future_mbo" in text for text in (*done.warnings, *done.failed_checks))


def test_two_futures_of_one_id_are_a_warning(tmp_path: Path) -> None:
    path = tmp_path / raw_folder(kind="future_mbo", product="ES") / raw_file_name(kind="future_mbo", day=DAY)
    path.parent.mkdir(parents=True)
    write_orders(path, [some_orders([7])], version=3, symbols=["ES.FUT"], mappings=[mapping("ESH6", 7), mapping("ESM6", 7)])
    done = run(tmp_path, '+key:"bronze_future_mbo"')
    assert any("bronze_future_mbo.names_and_terms_agree" in text and "1 conflicting_mapping" in text for text in done.warnings)


def test_a_setting_that_leaves_out_all_that_came_rejects_the_day_and_the_good_one_stays(tmp_path: Path) -> None:
    deliver(tmp_path, "option_mbo", some_orders([CALL, PUT]))
    assert run(tmp_path, f"+({BRONZE})").success
    before = Lake(tmp_path).open("bronze_option_instruments", product="ES", day=DAY).sha256()
    done = run(tmp_path, f"+({BRONZE})", option_families=("weekly",))
    assert not done.success
    rejection = Lake(tmp_path).rejection("bronze_option_instruments", product="ES", day=DAY)
    assert rejection is not None
    assert "2 quarterly (not enabled)" in rejection.reason
    assert Lake(tmp_path).open("bronze_option_instruments", product="ES", day=DAY).sha256() == before
    weekly, now = (plan(tmp_path, option_families=families) for families in (("weekly",), ("quarterly",)))
    assert [state.table for state in weekly.left] == ["bronze_option_instruments"]
    assert "bronze_option_mbo" in weekly.waiting
    assert not now.left  # flipped back: it is judged again, and nothing waits for it
    assert "bronze_option_instruments" in {state.table for state in now.made}
    assert run(tmp_path, f"+({BRONZE})").success
    assert Lake(tmp_path).rejection("bronze_option_instruments", product="ES", day=DAY) is None
    assert Lake(tmp_path).open("bronze_option_instruments", product="ES", day=DAY).sha256() == before


def plan(lake: Path, **choices: Any) -> PlannedDay:
    (day,) = planned_refresh(settings_for(lake, **choices), Lake(lake)).days
    return day


def spread_definition(raw_symbol: str, at: int, sides: str) -> list[dict[str, Any]]:
    common = {"instrument_id": SPREAD, "raw_symbol": raw_symbol, "ts_recv": at, "leg_count": 2}
    return [
        {
            **common,
            "leg_index": place,
            "leg_instrument_id": one,
            "leg_side": side,
            "leg_ratio_qty_numerator": 1,
            "leg_ratio_qty_denominator": 1,
        }
        for place, (one, side) in enumerate(zip((CALL, PUT), sides, strict=True))
    ]


def test_a_spreads_id_that_changes_hands_has_name_and_legs_of_the_moment(tmp_path: Path) -> None:
    second = 22 * HOUR + HOUR // 2
    said = spread_definition(NAMES[SPREAD], 0, "BA") + spread_definition("UD:1V: GN 222", second, "AB")
    deliver(tmp_path, "option_definition", definitions(said, version=3))
    bought = [(10 * HOUR, 7), (23 * HOUR + HOUR // 2, 3)]
    trades = [{"ts_recv": at, "instrument_id": SPREAD, "action": "T", "side": "B", "size": size} for at, size in bought]
    deliver(tmp_path, "option_mbo", orders([{"ts_recv": 0, "instrument_id": CALL}, *trades]))
    assert run(tmp_path, f"+({BRONZE})").success
    made = rows(tmp_path, "bronze_option_trades")
    assert [row["raw_symbol"] for row in made] == [NAMES[SPREAD], "UD:1V: GN 222"]
    flow = dict.fromkeys((CALL, PUT), 0)
    for row in made:
        for leg in row["legs"]:
            flow[leg["instrument_id"]] -= row["size"] * leg["ratio"] * (1 if leg["side"] == row["side"] else -1)
    assert flow == {CALL: -4, PUT: 4}


def test_a_multiplier_of_0_is_the_products_and_a_warning(tmp_path: Path) -> None:
    said = [
        {"instrument_id": CALL, "raw_symbol": NAMES[CALL], "unit_of_measure_qty": 0},
        {"instrument_id": PUT, "raw_symbol": NAMES[PUT], "unit_of_measure_qty": 50 * 10**9, "expiration": 0},
    ]
    deliver(tmp_path, "option_definition", definitions(said, version=3))
    deliver(tmp_path, "option_mbo", some_orders([CALL, PUT]))
    done = run(tmp_path, f"+({BRONZE})")
    assert [row["multiplier"] for row in rows(tmp_path, "bronze_option_instruments")] == [50.0, 50.0]
    assert len({row["ts_expiration"] for row in rows(tmp_path, "bronze_option_instruments")}) == 1
    said_so = next(text for text in done.warnings if "names_and_terms_agree" in text)
    assert "1 odd_multiplier" in said_so
    assert "1 odd_expiration" in said_so


@pytest.mark.parametrize("version", [1, 3])
def test_statistics_are_kept_with_their_references_and_withdrawals(tmp_path: Path, version: int) -> None:
    friday, monday = MIDNIGHT - 4 * 24 * HOUR, MIDNIGHT - 24 * HOUR
    said = [
        {"ts_recv": 1, "stat_type": 9, "ts_ref": monday, "quantity": 100},
        {"ts_recv": 2, "stat_type": 9, "ts_ref": friday, "quantity": 90},
        {"ts_recv": 3, "stat_type": 6, "ts_ref": monday, "quantity": 12},
        {"ts_recv": 4, "stat_type": 19, "ts_ref": monday, "quantity": 4},
        {"ts_recv": 7, "stat_type": 9, "ts_ref": monday, "update_action": 2},
        {"ts_recv": 5, "stat_type": 3, "ts_ref": monday, "price": 5 * 10**9},  # it steps back by 2
    ]
    deliver(tmp_path, "option_mbo", some_orders([CALL]))
    deliver(
        tmp_path,
        "option_statistics",
        stat_records([{"instrument_id": CALL, **row} for row in said], version=version),
        version=version,
    )
    assert run(tmp_path, f"+({BRONZE})").success
    made = rows(tmp_path, "bronze_option_statistics")
    assert [(row["ts_recv"] - MIDNIGHT, row["stat_type"], row["ts_ref"], row["quantity"], row["is_deleted"]) for row in made] == [
        (1, 9, monday, 100, False),
        (2, 9, friday, 90, False),
        (3, 6, monday, 12, False),
        (4, 19, monday, 4, False),
        (5, 3, monday, None, False),
        (7, 9, monday, None, True),
    ]
    assert [row["ts_recv_behind"] for row in made] == [0, 0, 0, 0, 2, 0]


COUNTED_AGAIN = {
    "silver_vacuum": "silver_future_quotes",
    "bronze_option_trades": "bronze_option_mbo",
    **dict.fromkeys(OPEN_TABLES, "open_levels"),
}
"""Tables that count the same records as another one, which is judged."""


def test_every_count_of_a_published_day_has_an_entry_and_is_judged_where_it_is_kept(published: Path) -> None:
    judged = {(name, table) for name, _, tables, _ in JUDGES for table in tables}
    judged |= {("something_was_selected", "bronze_option_instruments"), ("something_was_selected", "bronze_option_mbo")}
    lake, met = Lake(published), set[str]()
    for table in DAY_TABLES:
        for key in lake.open(table, product="ES", day=DAY).tally:
            count = entry_of(key)
            met.add(count.name)
            assert not count.read_by or {(name, COUNTED_AGAIN.get(table, table)) for name in count.read_by} & judged, (table, key)
    assert len(met) > 20
