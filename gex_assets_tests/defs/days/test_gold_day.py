"""The gold tables of the sample's day: with options, with futures, with both; what reads what; what SQL sees."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from gex_assets.defs.run import run_days
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets.schemas.vector_layout import VECTOR_LENGTH, elements
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.twins.outcomes import outcome, turning

PRODUCT_TYPES = {"option": "product_type=future_option", "future": "product_type=future"}
KEY = ("ts_window_end", "convention", "level_id")


def without(delivered: Path, lake: Path, *kinds: str) -> Path:
    """The delivered day without the files of some kinds, through every asset."""
    shutil.copytree(delivered, lake)
    for kind in kinds:
        shutil.rmtree(lake / "raw" / "source=databento" / PRODUCT_TYPES[kind])
    (run,) = run_days(settings_for(lake), [DAY])
    assert run.success, run.failure
    return lake


@pytest.fixture(scope="module")
def options_only(delivered, tmp_path_factory) -> Path:
    return without(delivered, tmp_path_factory.mktemp("options") / "lake", "future")


@pytest.fixture(scope="module")
def futures_only(delivered, tmp_path_factory) -> Path:
    return without(delivered, tmp_path_factory.mktemp("futures") / "lake", "option")


def rows_of(lake: Path, name: str, columns: list[str] | None = None) -> list[dict[str, Any]]:
    return Lake(lake).open(name, product="ES", day=DAY).read(columns).to_pylist()


def known_by_source(lake: Path) -> dict[str, int]:
    """How many elements of all vectors are not NULL, by the table they are from."""
    known = dict.fromkeys(("silver_gex", "silver_vacuum", "cross"), 0)
    for row in rows_of(lake, "gold_trigger_vectors", ["vector"]):
        for one, value in zip(elements(), row["vector"], strict=True):
            known[one.source] += value is not None
    return known


def test_with_both_all_parts_of_the_vectors_are_there(published):
    rows = rows_of(published, "gold_trigger_vectors")
    assert {row["has_option"] and row["has_future"] for row in rows} == {True}
    assert min(known_by_source(published).values()) > 0


def test_with_options_alone_the_futures_part_is_null(options_only, published):
    """The options' part is the same as with futures."""
    rows, both = rows_of(options_only, "gold_trigger_vectors"), rows_of(published, "gold_trigger_vectors")
    assert len(rows) == len(both) > 0
    own = [number for number, one in enumerate(elements()) if one.source == "silver_gex"]
    for row, other in zip(rows, both, strict=True):
        assert (row["has_option"], row["has_future"]) == (True, False)
        assert [row["vector"][n] for n in own] == [other["vector"][n] for n in own]
        assert [row[name] for name in KEY] == [other[name] for name in KEY]
    known = known_by_source(options_only)
    assert (known["silver_vacuum"], known["cross"]) == (0, 0)
    assert {row["price_source"] for row in rows_of(options_only, "gold_trigger_outcomes")} == {"reference_price"}


@pytest.mark.long
def test_with_futures_alone_the_products_grid_is_approached(futures_only):
    rows = rows_of(futures_only, "gold_trigger_vectors")
    assert {row["convention"] for row in rows} == {"none"}
    assert {row["level_id"] for row in rows} == {"strike_above", "strike_below"}
    for row in rows:
        assert row["level"] % 5.0 == 0.0
        assert abs(row["level"] - row["reference_price"]) <= 5.0
        assert (row["has_option"], row["has_future"]) == (False, True)
    known = known_by_source(futures_only)
    assert (known["silver_gex"], known["cross"]) == (0, 0)
    assert known["silver_vacuum"] > 0
    assert {row["price_source"] for row in rows_of(futures_only, "gold_trigger_outcomes")} == {"future_trades"}


@pytest.mark.parametrize("kind", ["published", "options_only", "futures_only"])
def test_every_trigger_has_the_outcome_that_the_twin_sees(kind, request):
    lake = request.getfixturevalue(kind)
    triggers, found = rows_of(lake, "gold_trigger_vectors"), rows_of(lake, "gold_trigger_outcomes")
    assert [[row[name] for name in KEY] for row in found] == [[row[name] for name in KEY] for row in triggers]
    windows = "silver_gex" if kind == "options_only" else "silver_future_quotes"
    until = max(row["ts_window_end"] for row in rows_of(lake, windows, ["ts_window_end"]))
    prices: dict[str, list[tuple[int, float]]] = {}
    if kind == "options_only":
        for row in rows_of(lake, "silver_gex", ["ts_window_end", "underlying", "reference_price"]):
            if row["reference_price"] is not None:
                prices.setdefault(row["underlying"], []).append((row["ts_window_end"], row["reference_price"]))
    else:
        for row in sorted(rows_of(lake, "bronze_future_mbo"), key=lambda row: row["record_index"]):
            if row["action"] == "T":
                ts = row["ts_recv"] + row["ts_recv_behind"]
                prices.setdefault(row["symbol"], []).append((ts, row["price"] / 1e9))
    bests: dict[str, list[Any]] = {}
    for row in rows_of(lake, "silver_future_bbo"):
        bests.setdefault(row["symbol"], []).append((row["ts_recv"], row["bid_price"], row["ask_price"]))
    for row in found:
        expected = outcome(
            prices[row["underlying"]],
            start=row["ts_window_end"],
            level=row["level"],
            direction=row["approach_dir"],
            until=until,
            tick=0.25,
        )
        seen = [] if kind == "options_only" else bests[row["underlying"]]
        expected |= turning(expected, seen, level=row["level"], direction=row["approach_dir"], tick=0.25)
        assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert len({row["outcome_1"] for row in found}) > 1
    assert any(row["turned_back_1"] is not None for row in found) == (kind != "options_only")


def test_no_feature_is_made_of_what_happened_afterwards(published):
    """Outcomes are an input of nothing, and vectors are made of silver alone."""
    lake = Lake(published)

    def inputs(name: str) -> set[str]:
        return {key.split("/")[0] for key in lake.open(name, product="ES", day=DAY).lineage.inputs}

    assert inputs("gold_trigger_vectors") == {
        "silver_future_quotes",
        "silver_gex",
        "silver_gex_levels",
        "silver_vacuum",
    }
    assert "gold_trigger_vectors" in inputs("gold_trigger_outcomes")
    assert inputs("gold_vector_dictionary") == set()
    assert not [name for name in DAY_TABLES if "gold_trigger_outcomes" in inputs(name)]


def test_sql_finds_an_element_by_its_name(published):
    """Of a vector the SQL of any DuckDB sees a list with NULLs, which begins with 1."""
    answer = query(
        published,
        """SELECT v.ts_window_end, v.vector[d.index + 1] AS element, g.gex_net_total::FLOAT AS feature
           FROM gold_trigger_vectors v, gold_vector_dictionary d
           JOIN silver_gex g ON g.ts_window_end = v.ts_window_end AND g.underlying = v.underlying
           WHERE d.name = 'gex_net_total_now' AND d.date = v.date""",
    ).to_pylist()
    assert answer
    assert all(row["element"] == row["feature"] is not None for row in answer)
    (described,) = query(published, "SELECT typeof(vector) AS kind FROM gold_trigger_vectors LIMIT 1").to_pylist()
    assert described["kind"] == f"FLOAT[{VECTOR_LENGTH}]"
    (counted,) = query(
        published, "SELECT sum(len(vector::FLOAT[]) - list_count(vector::FLOAT[])) AS missing FROM gold_trigger_vectors"
    ).to_pylist()
    assert counted["missing"] == Lake(published).open("gold_trigger_vectors", product="ES", day=DAY).tally["elements_missing"] > 0
