"""Files that were taken away or refused: what is published of them stays, and what else comes for the day is read."""

from __future__ import annotations

import pytest

from gex_assets.lake.freshness import delivered_sha256
from gex_assets_tests.conftest import DAY
from gex_assets_tests.defs.sensing.made_up_deliveries import Deliveries


@pytest.fixture
def made_up(tmp_path, monkeypatch) -> Deliveries:
    return Deliveries(tmp_path / "lake", monkeypatch)


def tables(request) -> set[str]:
    return {key.path[-1] for key in request.asset_selection}


def test_files_that_were_taken_away_leave_the_published_day_alone(made_up):
    paths = [made_up.put(made_up.key("option_mbo", DAY, job), b"A") for job in ("GLBX-20260121-AAA", "GLBX-20260122-BBB")]
    made_up.put(made_up.key("future_mbo", DAY), b"A")
    made_up.run(DAY, made_up.tick()[DAY])
    paths[0].unlink()  # of two: what is left is another state
    made_up.run(DAY, made_up.tick()[DAY])
    assert made_up.why_stale(DAY) == []
    paths[1].unlink()
    assert made_up.tick() == {}
    assert "were taken away and what is published stays" in made_up.skipped.skip_message
    assert made_up.why_stale(DAY) != []


def test_statistics_that_were_taken_away_hide_neither_orders_that_come_later_nor_a_bad_file(made_up):
    statistics = made_up.put(made_up.key("option_statistics", DAY), b"A")
    for kind in ("future_mbo", "option_definition"):
        made_up.put(made_up.key(kind, DAY), b"A")
    made_up.run(DAY, made_up.tick()[DAY])
    statistics.unlink()
    made_up.put(made_up.key("option_mbo", DAY), b"late")
    made_up.put(made_up.key("option_definition", DAY), b"BAD")
    request = made_up.tick()[DAY]
    assert {"raw_option_mbo", "raw_option_definition"} <= tables(request)
    assert not {"raw_option_statistics", "bronze_option_statistics", "open_levels", "raw_future_mbo"} & tables(request)
    assert set(made_up.run(DAY, request)) == {"raw_option_definition"}
    assert made_up.lake.open("raw_option_mbo", product="ES", day=DAY).num_rows == 1
    assert made_up.lake.open("raw_option_statistics", product="ES", day=DAY).num_rows == 1
    assert made_up.lake.rejection("raw_option_definition", product="ES", day=DAY) is not None
    assert made_up.tick() == {}
    made_up.put(made_up.key("option_statistics", DAY), b"B")
    assert tables(made_up.tick()[DAY]) >= {"raw_option_statistics"}


def test_a_bad_file_next_to_refused_statistics_is_refused_on_record_before_its_day_begins(made_up):
    made_up.put(made_up.key("option_statistics", DAY), b"BAD")
    made_up.run(DAY, made_up.tick()[DAY])
    made_up.put(made_up.key("option_definition", DAY), b"BAD too")
    request = made_up.tick()[DAY]
    assert tables(request) == {"raw_option_definition"}
    assert set(made_up.run(DAY, request)) == {"raw_option_definition"}
    assert made_up.lake.rejection("raw_option_definition", product="ES", day=DAY) is not None
    assert made_up.tick() == {}


def test_a_refused_file_hides_no_other_that_came_back_as_it_was_while_a_run_waits(made_up):
    """The run that waits may read what lies there between, and publish that."""
    key = made_up.key("option_mbo", DAY)
    made_up.put(key, b"A")
    made_up.put(made_up.key("option_definition", DAY), b"BAD")
    made_up.run(DAY, made_up.tick()[DAY])
    made_up.put(key, b"B")
    waiting = made_up.tick()[DAY]
    made_up.put(key, b"A", age_s=100)
    assert delivered_sha256(made_up.lake, key)  # as the status does: it is known now that the bytes are those of before
    assert tables(made_up.tick()[DAY]) >= {"raw_option_mbo"}
    assert "raw_option_definition" not in tables(waiting)
