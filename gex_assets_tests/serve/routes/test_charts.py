"""Levels for charts over HTTP: the bytes of `gex levels --format`, live, and refused where nothing answers."""

from __future__ import annotations

import shutil
import time as time_of_day
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from gex_assets.lake.ranges.latest import last_known_window
from gex_assets.lake.tables import Lake
from gex_assets.report.levels.formats import FORMATS, as_text
from gex_assets.report.levels.stored import levels_before, levels_within
from gex_assets.schemas.silver_gex_levels import SILVER_GEX_LEVELS
from gex_assets.serve.routes.charts import MEDIA, SHEET_SUFFIX
from gex_assets_tests.conftest import DAY
from gex_assets_tests.lake.made_up_tables import publish
from gex_assets_tests.serve.servers import Client, running

PATH = "/v1/levels/ES/chart"


def text(served: Client, query: str) -> str:
    answer = served.ask(f"{PATH}?{query}")
    assert answer.status == 200, answer.body
    return str(answer.plain.decode())


@pytest.mark.parametrize("style", FORMATS)
def test_every_form_is_what_the_command_writes(served: Client, published: Path, style: str) -> None:
    lake = Lake(published)
    before = levels_before(lake, product="ES", session=None, conventions=["field", "magic8"], scope="0dte")
    assert text(served, f"format={style}&session=latest&convention=field&convention=magic8&scope=0dte") == as_text(before, style)
    within = levels_within(lake, product="ES", day=DAY, clock=time(14, 35), conventions=["magic8"], scope="selected")
    assert text(served, f"format={style}&date={DAY}&at=14:35&convention=magic8") == as_text(within, style)
    assert served.ask(f"{PATH}?format={style}").headers["content-type"] == MEDIA[style]


def test_without_a_day_it_is_the_last_known_window(served: Client, published: Path) -> None:
    (found,) = served.json(PATH)
    assert found["ts_known"] == last_known_window(Lake(published).open("silver_gex_levels", product="ES", day=DAY), "net_gex")
    assert (found["convention"], found["scope"], found["product"]) == ("field", "selected", "ES")
    assert text(served, "format=json") == text(served, f"format=json&date={DAY}")


def test_conventions_are_repeated_or_separated_by_commas(served: Client) -> None:
    assert text(served, "convention=flow,field") == text(served, "convention=flow&convention=field&convention=flow")


def test_a_session_by_its_date_is_the_latest_here(served: Client) -> None:
    assert text(served, f"session={DAY + timedelta(days=1)}") == text(served, "session=latest")


def test_what_sierra_charts_study_puts_behind_an_address_is_taken_up(served: Client) -> None:
    address = f"{PATH}?format=sierra&scope=0dte&sheet="
    answer = served.ask(address + SHEET_SUFFIX)
    assert answer.status == 200, answer.body
    assert answer.body == served.ask(f"{PATH}?format=sierra&scope=0dte").body
    assert urlsplit(address + SHEET_SUFFIX).path == PATH
    assert "sheet" in served.problem(f"{PATH}?sheet=/etc/passwd", 422)


def test_a_reader_that_has_the_levels_gets_none(served: Client) -> None:
    first = served.ask(f"{PATH}?format=sierra")
    assert first.headers["cache-control"] == "private, no-cache"
    again = served.ask(f"{PATH}?format=sierra", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert served.ask(f"{PATH}?format=csv").headers["etag"] != first.headers["etag"]


def test_a_day_published_later_answers_from_then_on(published: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    later = DAY + timedelta(days=1)
    day_ns = 86_400 * 1_000_000_000
    rows = Lake(lake).open("silver_gex_levels", product="ES", day=DAY).read()
    moved = rows.set_column(
        rows.schema.get_field_index("ts_window_end"),
        rows.schema.field("ts_window_end"),
        pa.array([end + day_ns for end in rows["ts_window_end"].to_pylist()], pa.int64()),
    )
    with running(lake) as client:
        before = client.ask(f"{PATH}?format=csv")
        publish(Lake(lake), SILVER_GEX_LEVELS, moved, day=later)
        for _ in range(200):
            time_of_day.sleep(0.02)
            after = client.ask(f"{PATH}?format=csv", If_None_Match=before.headers["etag"])
            if after.status == 200:
                break
        assert after.status == 200
        known = [int(one.plain.decode().splitlines()[1].split(",")[5]) for one in (before, after)]
        assert known[1] - known[0] == day_ns


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("session=2026-01-07&date=2026-01-06", 422, "Expected session or date, was both"),
        ("at=14:30", 422, "Expected date with at, was at alone"),
        ("date=2026-01-06&at=25:00", 422, "at: Expected a time of day, was 25:00"),
        ("date=2026-02-30", 422, "date: Expected a day"),
        ("session=2026-02-30", 422, "session: Expected a day"),
        ("session=tomorrow", 422, "session"),
        ("convention=,", 422, "convention: Expected names of conventions, was none"),
        ("format=excel", 422, "format"),
        ("forms=csv", 422, "Expected parameters of format, session, date, at, convention, scope, sheet, was forms"),
        ("date=2026-01-09", 404, "Expected published levels of ES on 2026-01-09, was none"),
        ("session=2026-01-09", 404, "Expected levels before the session of 2026-01-09, was none"),
        ("convention=fields", 404, "Expected a convention of field, flow, magic8, was fields: did you mean field"),
        ("scope=1dte", 404, "Expected a scope of"),
        ("date=2026-01-06&at=03:00", 404, "Expected a window of 2026-01-06 by 03:00:00 with levels, was none"),
    ],
)
def test_what_is_not_there_is_a_problem_with_its_reason(served: Client, query: str, status: int, said: str) -> None:
    assert said in served.problem(f"{PATH}?{query}", status)


def test_a_product_without_levels_is_told_what_there_is(served: Client) -> None:
    assert "products are ['ES']" in served.problem("/v1/levels/NQ/chart", 404)
    assert "for NQ" in served.problem("/v1/levels/NQ/chart?session=latest", 404)


def test_the_description_has_an_example_of_every_form(served: Client) -> None:
    operation = served.json("/v1/openapi.json")["paths"]["/v1/levels/{product}/chart"]["get"]
    content = operation["responses"]["200"]["content"]
    named = {name for media in content.values() for name in media.get("examples", {})}
    assert named | {"json"} == set(FORMATS) == set(MEDIA)
